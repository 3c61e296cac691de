"""No value of a secret is found in what a drill writes, prints, logs or raises: whichever way it was read, whatever fails."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.values import Values
from lakedrill.inventory.workspace import Workspace
from migrate import sending
from migrate.kinds import WRITERS
from migrate.target import Target
from migrate.writer import Wanted
from tests.support.land import Land
from tests.support.planted import FORMS, VALUES, echoing, left_in, plant, shown_in, value_of
from tests.support.workspaces import Ground

pytestmark = pytest.mark.drill

COPY = {"scopes": [{"scope": "vital", "values": "copy"}]}
CLOSED = {"path": "/api/2.0/secrets/get", "status": 400, "code": "BAD_REQUEST", "message": "not enabled", "times": -1}


@pytest.fixture(params=["over REST", "by command"])
def planted(request: pytest.FixtureRequest, ground: Ground) -> Ground:
    """A primary with planted values, which gives them one way only."""
    plant(ground)
    ground.configure(secrets=COPY)
    if request.param == "by command":
        ground.configure(secrets={**COPY, "cluster": "reader"})
        ground.primary.cluster("reader")
        ground.later()
        ground.faults(CLOSED, role="primary")
    return ground


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that will not be is waited for."""
    monkeypatch.setattr(type(WRITERS["secrets"]), "settle_seconds", 0.1)
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)


def _said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> bytes:
    logged = "\n".join(f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records)
    return "\n".join([*capfd.readouterr(), logged]).encode()


def test_the_forms_are_found() -> None:
    """What finds nothing is put to the test itself."""
    assert all(shown_in(value) for value in VALUES.values() if value)
    assert all(shown_in(b"x" + form + b"y") for form in FORMS)


@pytest.mark.slow
def test_a_whole_drill(planted: Ground, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    land = Land(planted.running, planted.folder)
    with caplog.at_level(logging.DEBUG):
        codes = {
            verb: land.run(*verb.split())
            for verb in ("doctor", "snapshot", "plan --all", "migrate", "plan --json", "check", "report")
        }
        planted.secondary.post("/api/2.0/secrets/put", scope="vital", key="text", string_value="somebody else's")
        again = land.run("migrate"), land.run("check", "--primary-live")

    assert codes == {**dict.fromkeys(codes, 0), "doctor": codes["doctor"]}
    assert again == (1, 1)
    assert {key: value_of(planted, "secondary", f"vital/{key}") for key in VALUES} == {
        **VALUES,
        "text": b"somebody else's",
    }
    assert shown_in(_said(capfd, caplog)) == []
    assert left_in(planted.folder) == {}


@pytest.mark.parametrize(
    ("role", "path", "rule"),
    [
        ("secondary", "/api/2.0/secrets/put", {"status": 400, "code": "INVALID_PARAMETER_VALUE"}),
        pytest.param("secondary", "/api/2.0/secrets/put", {"status": 500}, marks=pytest.mark.slow),
        ("secondary", "/api/2.0/secrets/put", {"status": 503, "after": True}),
        ("secondary", "/api/2.0/secrets/get", {"status": 500}),
        ("primary", "/api/2.0/secrets/get", {"status": 403, "code": "PERMISSION_DENIED"}),
    ],
    ids=["put refused", "put broke", "answer lost", "not read back", "not read"],
)
def test_a_service_that_repeats_values(
    ground: Ground,
    quick: None,
    role: str,
    path: str,
    rule: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All that is told, kept and raised has nothing of them."""
    plant(ground, "text", "lines")
    ground.configure(secrets={"scopes": [{"scope": "*", "values": "copy"}]})
    ground.primary.cluster("uses", spark_conf={"a": "{{secrets/vital/text}}"})
    ground.faults(
        *(echoing(path, VALUES[key], **{**rule, "times": n}) for key, n in (("text", 1), ("lines", -1))), role=role
    )
    land = Land(ground.running, ground.folder)
    with caplog.at_level(logging.DEBUG):
        assert land.run("migrate") == (0 if rule.get("after") else 2 if role == "primary" else 1)
        land.run("plan", "--json")

    assert shown_in(_said(capfd, caplog)) == []
    assert left_in(ground.folder) == {}


def test_what_is_raised(ground: Ground) -> None:
    """Neither the words of an exception nor its traceback."""
    plant(ground, "text")
    ground.secondary.post("/api/2.0/secrets/scopes/create", scope="vital")
    ground.configure(secrets=COPY)
    values, drill = Values(ground.drill), ground.drill
    wanted = Wanted(
        CATALOGUE["secrets"], "vital/text", {Facet.DEFINITION: {"name": "vital/text"}}, lambda: VALUES["text"]
    )
    raised: list[BaseException] = []
    for status in (400, 403, 404, 429, 500):
        for role, path in (("primary", "/api/2.0/secrets/get"), ("secondary", "/api/2.0/secrets/put")):
            ground.faults(echoing(path, VALUES["text"], status=status), role=role)
        with pytest.raises(ReadError) as unread:
            values.read(Workspace(drill.primary, budget=1), "vital/text")
        with pytest.raises(ReadError) as unwritten:
            WRITERS["secrets"].update(Target(drill.secondary), "vital/text", wanted, {})
        raised += [unread.value, unwritten.value]
    told = "".join("".join(traceback.format_exception(error)) + repr(error) for error in raised)
    assert shown_in(told.encode()) == []
