"""One run at a time writes to a secondary, from whatever folder or machine, and a dead one is in nobody's way."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Running
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kinds._tree import RESERVED
from migrate import lock as lock_
from migrate import plan, sending
from migrate.alone import Alone
from migrate.copy import Choices, copy, planned
from migrate.lock import LAST_RUN, LOCK, Lock, Lost, Run, look
from migrate.target import Target
from tests.support.killer import Killer
from tests.support.workspaces import Ground

HOUR = 3600
STRANGER = {"drill": "theirs", "who": "stranger@example.com", "token": "f" * 32}


@pytest.fixture
def other(emulator: Running, tmp_path: Path) -> Ground:
    """Another folder with a drill of the same two workspaces, as on another machine."""
    (tmp_path / "other").mkdir()
    return Ground(emulator, tmp_path / "other")


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)
    return Killer(monkeypatch)


def _plant(ground: Ground, *, ago: int = 0, role: str = "secondary", name: str = LOCK, **changes: Any) -> None:
    """Leave a stranger's lock, written so many seconds ago."""
    site = ground.primary if role == "primary" else ground.secondary
    at = time.time() - ago
    ground.running.control("clock", {"advance_ms": -ago * 1000})
    site.folder(RESERVED)
    document = {**STRANGER, "taken_at": at, "seen_at": at, **changes}
    site.file(f"{RESERVED}/{name}", json.dumps(document).encode(), overwrite=True)
    ground.running.control("clock", {"advance_ms": ago * 1000})


def _left(ground: Ground) -> tuple[Run | None, Run | None]:
    """Who has the lock, and who wrote last."""
    sight = look(Target(ground.drill.secondary))
    return sight.holder, sight.last


def _refused(ground: Ground, **choices: Any) -> str:
    """Copy, and return why that was refused; nothing was written."""
    before = ground.digest("secondary")
    with pytest.raises(UsageError) as caught:
        ground.copy(**choices)
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)
    assert ground.digest("secondary") == before
    return str(caught.value)


def test_a_run_that_writes_gives_the_lock_back_and_says_who_it_was(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")

    with ground.watched() as seen:
        assert ground.copy().exit_code == 0

    holder, last = _left(ground)
    assert holder is None
    assert last is not None
    assert last.drill == "t"
    caller = ground.secondary.do("GET", "/api/2.0/preview/scim/v2/Me")["userName"]
    assert last.who == caller
    sent = [entry.request_id for entry in seen if entry.method != "GET"]
    lines = [json.loads(line) for line in (ground.home / "journal.jsonl").read_text().splitlines()]
    assert [line["request_id"] for line in lines if line["event"] == "sent"] == sent


def test_a_run_with_nothing_to_write_takes_no_lock(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.copy()

    with ground.watched() as seen:
        assert ground.copy().exit_code == 0

    assert [entry.path for entry in seen if entry.method != "GET"] == []


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_the_reserved_folder_is_no_object_of_either_side(ground: Ground, role: str) -> None:
    """A primary has one where it was a secondary before."""
    ground.primary.notebook("/Shared/n")
    ground.primary.notebook("/Shared/.lakedrill-of-ours")
    site = ground.primary if role == "primary" else ground.secondary
    _plant(ground, role=role, name=LAST_RUN)
    site.notebook(f"{RESERVED}/n")
    site.folder(f"{RESERVED}/deeper")

    report = ground.copy()

    assert report.exit_code == 0
    assert not [
        step.key for step in report.steps if step.key.startswith(RESERVED) and step.key[len(RESERVED) :] != "-of-ours"
    ]
    records = ground.records()
    assert not [r.key for r in records if f"{r.key}/".startswith(f"{RESERVED}/")]
    assert [r.key for r in records if r.outcome.colour.value != "green"] == []
    assert "/Shared/.lakedrill-of-ours" in {r.key for r in records}
    if role == "primary":
        paths = [o["path"] for o in ground.secondary.do("GET", "/api/2.0/workspace/list", path=RESERVED)["objects"]]
        assert paths == [f"{RESERVED}/{LAST_RUN}"]


def test_a_reference_into_the_reserved_folder_leads_to_nothing(ground: Ground) -> None:
    ground.primary.folder(RESERVED)
    ground.primary.notebook(f"{RESERVED}/n")
    task = {"task_key": "t", "notebook_task": {"notebook_path": f"{RESERVED}/n"}}
    ground.primary.job("j", tasks=[task])

    report = ground.copy()

    assert report.exit_code == 1
    assert ground.secondary.jobs() == {}


def test_a_held_lock_is_told_with_owner_and_age_before_anything_is_read(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    _plant(ground, ago=200)

    with ground.watched() as seen, ground.watched("primary") as read:
        said = _refused(ground)

    assert (
        "drill theirs of stranger@example.com is writing to it (taken 3 minutes ago, last seen 3 minutes ago)" in said
    )
    assert "--wait SECONDS" in said
    asked = {entry.path for entry in seen if entry.caller}
    assert asked <= {f"/api/2.0/{p}" for p in ("preview/scim/v2/Me", "workspace/list", "workspace/export")}
    assert read == []
    with planned(ground.drill, Choices(), write=False) as (_, steps, _, _):
        assert any(step.action.writes for step in steps)


def test_who_waits_goes_on_when_the_other_has_ended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_, "_LOOK_SECONDS", 0.01)
    ground.primary.notebook("/Shared/n")
    _plant(ground)
    told: list[str] = []

    def end(line: str) -> None:
        told.append(line)
        if line.startswith("waiting"):
            ground.secondary.post("/api/2.0/workspace/delete", path=f"{RESERVED}/{LOCK}")

    assert ground.copy(wait=60, tell=end).exit_code == 0
    assert told[0].startswith("waiting for drill theirs of stranger@example.com, ")
    assert ground.red() == []


def test_a_lock_that_was_not_renewed_for_long_is_taken_over_with_a_word(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    _plant(ground, ago=HOUR)
    told: list[str] = []

    assert ground.copy(tell=told.append).exit_code == 0

    assert "the lock of drill theirs of stranger@example.com was taken over: taken 60 minutes ago" in "\n".join(told)
    assert _left(ground)[0] is None
    assert ground.red() == []


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"drill": 5}'])
def test_what_no_run_wrote_is_not_taken_for_free(ground: Ground, content: bytes) -> None:
    ground.primary.notebook("/Shared/n")
    ground.secondary.folder(RESERVED)
    ground.secondary.file(f"{RESERVED}/{LOCK}", content)

    assert "nobody knows whom" in _refused(ground)


def test_of_two_runs_at_once_one_leaves_and_nothing_of_the_other_is_lost(ground: Ground, other: Ground) -> None:
    for i in range(3):
        ground.primary.notebook(f"/Shared/n{i}")
    begun, go_on = threading.Event(), threading.Event()
    reports = []

    def pause(_kind: str, _done: int, _total: int) -> None:
        begun.set()
        assert go_on.wait(60)

    first = threading.Thread(target=lambda: reports.append(copy(ground.drill, Choices(), applying=pause)))
    first.start()
    try:
        assert begun.wait(60)
        assert "drill t of " in _refused(other)
    finally:
        go_on.set()
        first.join()

    assert [report.exit_code for report in reports] == [0]
    assert ground.red() == []
    assert other.writes_of_a_copy() == 0
    assert ground.writes_of_a_copy() == 0


def test_a_run_whose_reading_another_one_made_old_writes_nothing(
    ground: Ground, other: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one came and went while this one read."""
    ground.primary.job("j", tasks=[])
    make, runs = plan.make, [other]

    def slow(*args: Any, **choices: Any) -> Any:
        while runs:
            assert runs.pop().copy().exit_code == 0
        return make(*args, **choices)

    monkeypatch.setattr(plan, "make", slow)
    with pytest.raises(UsageError, match="wrote to it while this run read; nothing was written, run again"):
        ground.copy()

    assert len(ground.secondary.jobs()["j"]) == 1
    assert _left(ground)[0] is None
    assert ground.copy().exit_code == 0
    assert len(ground.secondary.jobs()["j"]) == 1


def test_two_runs_of_one_folder_are_told_apart_before_any_request(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")

    with Alone(ground.home), ground.watched() as seen, ground.watched("primary") as read:
        said = _refused(ground)

    assert "another run of this drill is under way on this machine" in said
    assert [*seen, *read] == []
    assert ground.copy().exit_code == 0


def test_a_run_that_is_killed_while_it_takes_or_gives_back_the_lock_resumes_at_once(
    ground: Ground, other: Ground, killer: Killer
) -> None:
    """The folder's next run knows the lock as its own; to all others it is held until it is stale."""
    ground.primary.notebook("/Shared/n")
    ground.copy()
    total = killer.total
    for n, after in ((2, True), (total - 1, False), (total, False), (total, True)):
        ground.running.emulator.reset()
        (ground.home / "journal.jsonl").unlink()
        ground.primary.notebook("/Shared/n")
        killer.at(n, after=after)
        with pytest.raises(KeyboardInterrupt):
            ground.copy()
        killer.rest()
        assert (_left(ground)[0] is None) is (n == total and after)
        if n == 2:
            assert "is writing to it" in _refused(other)

        assert ground.copy().exit_code == 0

        assert _left(ground)[0] is None
        assert ground.secondary.object_id("/Shared/n")
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_a_run_that_fails_or_is_stopped_gives_the_lock_back(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")

    def stop(_kind: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(ground.drill, Choices(), applying=stop)

    holder, last = _left(ground)
    assert holder is None
    assert last is not None
    assert ground.copy().exit_code == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "/api/2.0/workspace/import", "drop": True, "after": True},
        pytest.param({"path": "/api/2.0/workspace/import", "drop": True}, marks=pytest.mark.slow),
        pytest.param({"path": "/api/2.0/workspace/mkdirs", "drop": True, "after": True}, marks=pytest.mark.slow),
        {"path": "/api/2.0/workspace/import", "drop": True, "after": True, "offset": 2},
        {"path": "/api/2.0/workspace/delete", "drop": True, "after": True},
    ],
)
def test_a_lost_answer_to_the_lock_is_looked_into(
    ground: Ground, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    monkeypatch.setattr("migrate.lock.SEEN_SECONDS", 0.5)
    ground.primary.notebook("/Shared/n")
    ground.faults({"method": "POST", **fault})

    assert ground.copy().exit_code == 0

    assert all(rule["times"] == 0 for rule in ground.running.control("secondary/faults"))
    assert _left(ground)[0] is None
    assert ground.writes_of_a_copy() == 0


def test_a_secondary_that_takes_no_lock_is_told(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    rule = {
        "path": "/api/2.0/workspace/import",
        "status": 403,
        "code": "PERMISSION_DENIED",
        "message": "No.",
        "times": -1,
    }
    ground.faults(rule)
    with pytest.raises(UsageError, match=r"/Shared/.lakedrill/lock can't be written: PERMISSION_DENIED: No"):
        ground.copy()
    rule = {
        "path": "/api/2.0/workspace/list",
        "status": 403,
        "code": "PERMISSION_DENIED",
        "message": "No.",
        "times": -1,
    }
    ground.faults(rule)
    with pytest.raises(UsageError, match=r"whether another run writes to it can't be read: PERMISSION_DENIED: No"):
        ground.copy()


@pytest.fixture
def held(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Lock, Target]]:
    """A lock that is renewed quickly, and its target."""
    monkeypatch.setattr(lock_, "RENEW_SECONDS", 0.02)
    with Alone(ground.home) as alone:
        yield Lock("t", alone), Target(ground.drill.secondary)


def test_a_lock_is_renewed_while_a_run_lasts(ground: Ground, held: tuple[Lock, Target]) -> None:
    lock, target = held
    with lock.held(target):
        first = look(target).holder
        assert first is not None
        end = time.monotonic() + 60
        while (now := look(target).holder) is None or now.seen_at == first.seen_at:
            assert time.monotonic() < end
        assert (now.token, now.taken_at) == (first.token, first.taken_at)
    assert look(target).holder is None


def test_a_run_whose_lock_was_taken_away_writes_nothing_more(ground: Ground, held: tuple[Lock, Target]) -> None:
    lock, target = held

    def write_until_refused() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            target.send("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared"})

    with pytest.raises(Lost, match=r"drill theirs of stranger@example.com has it") as caught, lock.held(target):
        ground.secondary.post("/api/2.0/workspace/delete", path=f"{RESERVED}/{LOCK}")
        _plant(ground)
        write_until_refused()

    assert caught.value.exit_code == 1
    holder = look(target).holder
    assert holder is not None
    assert holder.token == STRANGER["token"]


def test_a_run_that_slept_too_long_writes_nothing_more(
    ground: Ground, held: tuple[Lock, Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does whose machine was put to sleep: others may have taken the lock over meanwhile."""
    lock, target = held
    monkeypatch.setattr(lock_, "RENEW_SECONDS", 100.0)
    digest = ""

    def sleep() -> str:
        lock._seen_at = (lock._seen_at[0] - HOUR, lock._seen_at[1])  # the other clock stands still
        return ground.digest("secondary")

    with pytest.raises(Lost, match="could not be renewed for 60 minutes"), lock.held(target):
        digest = sleep()
        target.send("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/never"})

    assert ground.digest("secondary") == digest
