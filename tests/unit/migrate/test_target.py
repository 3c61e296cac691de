import pytest

from fixtures.emulator.server import Running
from lakedrill.inventory.errors import Refused
from lakedrill.inventory.workspace import Workspace, WriteRefusedError
from migrate.target import Once, Target, Unclear
from tests.support.workspaces import Ground

CREATE = "/api/2.2/jobs/create"


@pytest.fixture
def target(emulator: Running, tmp_path_factory: pytest.TempPathFactory) -> Target:
    ground = Ground(emulator, tmp_path_factory.mktemp("drill"))
    return Target(ground.drill.secondary, "drill/t")


def _sent(running: Running) -> int:
    return sum(entry.path == CREATE for entry in running.emulator.apps["secondary"].log)


@pytest.mark.parametrize("fault", [{"status": s} for s in (408, 429, 500, 502, 503, 504)] + [{"drop": True}])
def test_a_write_leaves_once_and_an_unclear_answer_is_told_as_such(
    target: Target, emulator: Running, fault: dict[str, object]
) -> None:
    told: list[tuple[str, str, str, str]] = []
    target.told = lambda *said: told.append(said)
    rule = {"path": CREATE, "code": "TEMPORARILY_UNAVAILABLE", "times": -1, **fault}
    emulator.control("secondary/faults", [rule])

    with pytest.raises(Unclear):
        target.send("POST", CREATE, {"name": "j"})

    assert _sent(emulator) == 1
    ((method, path, request_id, became),) = told
    assert (method, path, became) == ("POST", CREATE, "unclear")
    assert bool(request_id) is ("status" in fault)


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503}, {"drop": True}])
def test_a_write_without_a_body_leaves_once_too(target: Target, emulator: Running, fault: dict[str, object]) -> None:
    """And what is read afterwards is asked for again, as ever."""
    path = "/api/2.0/ip-access-lists/x"
    rule = {"path": path, "code": "TEMPORARILY_UNAVAILABLE", "retry_after": 1, **fault}
    emulator.control("secondary/faults", [{**rule, "times": -1}])
    with pytest.raises(Unclear):
        target.send("DELETE", path, None)
    log = emulator.emulator.apps["secondary"].log
    assert [entry.method for entry in log if entry.path == path] == ["DELETE"]
    emulator.control("secondary/faults", [{**rule, "path": "/api/2.2/jobs/list", "times": 1}])
    assert target.get("/api/2.2/jobs/list") is not None


def test_how_long_the_service_wants_us_to_wait_is_heard(target: Target, emulator: Running) -> None:
    emulator.control("secondary/faults", [{"path": CREATE, "status": 429, "retry_after": 7}])

    with pytest.raises(Unclear) as caught:
        target.send("POST", CREATE, {"name": "j"})

    assert caught.value.wait_seconds == 7


def test_a_refusal_is_no_unclear_answer(target: Target, emulator: Running) -> None:
    told: list[str] = []
    target.told = lambda *said: told.append(said[-1])

    with pytest.raises(Refused, match="Job 5 does not exist") as caught:
        target.send("POST", "/api/2.2/jobs/delete", {"job_id": 5})

    assert caught.value.gone
    assert told == ["refused"]


def test_an_answer_has_the_requests_id(target: Target, emulator: Running) -> None:
    answer = target.send("POST", CREATE, {"name": "j"})

    log = emulator.emulator.apps["secondary"].log
    assert answer.request_id == next(entry.request_id for entry in log if entry.path == CREATE)
    assert set(answer.document) == {"job_id"}


def test_a_workspace_that_was_opened_for_reading_refuses_to_write(target: Target) -> None:
    reading = Workspace(target.connection)

    with pytest.raises(WriteRefusedError):
        reading.post(CREATE, {"name": "j"})


def test_a_body_is_read_and_iterated_alike() -> None:
    body = Once({"a": 1})

    assert b"".join(body) == body.read() == b'{"a": 1}'
    assert len(body) == 8
    assert not body.seekable()
    assert len(Once(None)) == 0
