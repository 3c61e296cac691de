"""Request budgets end to end: a drill within the service's limits is hardly refused, one without a budget is."""

import itertools
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.emulator.app import Entry
from fixtures.emulator.server import Emulator, Running
from lakedrill.cli._emulator import write_drill
from lakedrill.cli.main import main
from lakedrill.inventory.budget import Budget, limit_of
from lakedrill.inventory.connection import Connection, Rate
from lakedrill.inventory.drill import load
from lakedrill.inventory.errors import Refused
from lakedrill.inventory.workspace import Workspace, _PatientClock
from migrate.copy import Choices, copy
from migrate.forecast import Forecast
from migrate.target import Target, Unclear
from tests.support.land import Land
from tests.support.workspaces import IDS, Ground, furnish

ME = "/api/2.0/preview/scim/v2/Me"
GROUP = "/api/2.0/preview/scim/v2/Groups/77"
SCALES = itertools.count(900_000)


@pytest.fixture
def quick() -> Rate:
    """A rate at which nobody has to wait, and which no other test has: a budget outlives its test until it is collected."""
    return Rate(scale=next(SCALES))


def _connection(ground: Ground, rate: Rate | None) -> Connection:
    return Connection("secondary", "secondary", IDS["secondary"], ground.folder / "databrickscfg", rate)


def _refused(log: list[Entry]) -> int:
    return sum(entry.status == 429 for entry in log)


def _limit(ground: Ground, scale: float) -> None:
    for role in IDS:
        ground.running.control(f"{role}/limits", {"on": True, "scale": scale})


def test_a_copy_within_its_budget_is_hardly_refused(ground: Ground) -> None:
    """Twenty groups with members are twice what the bucket for SCIM updates holds. Both sides' minute is 0.6 seconds."""
    user = ground.primary.user("member@example.com")
    for n in range(20):
        ground.primary.group(f"team-{n:02}", user)
    ground.configure(rate={"scale": 100})
    _limit(ground, 100)

    with ground.watched("primary") as read, ground.watched() as written:
        report = ground.copy()

    assert report.failures == []
    assert sum(limit_of(entry.method, entry.path).family == "SCIM updates" for entry in written) >= 20
    for log in (read, written):
        assert _refused(log) <= len(log) / 100


def test_without_a_budget_the_service_refuses(ground: Ground) -> None:
    """That the law above means something: of thirty updates at once, ten pass."""
    _limit(ground, 0.01)
    target = Target(_connection(ground, None))
    before = target.rate_budget.throttled["SCIM updates"]
    outcomes: Counter[type] = Counter()

    for _ in range(30):
        with pytest.raises((Refused, Unclear)) as caught:
            target.send("PATCH", GROUP, {"Operations": []})
        outcomes[caught.type] += 1

    assert outcomes == {Refused: 10, Unclear: 20}
    assert target.rate_budget.throttled["SCIM updates"] == before + 20


def test_what_the_sdk_sends_again_takes_its_turn_too(ground: Ground, quick: Rate) -> None:
    """And a refusal halves the share."""
    workspace = Workspace(_connection(ground, quick))
    ground.faults({"path": ME, "status": 429, "code": "REQUEST_LIMIT_EXCEEDED", "retry_after": 0, "times": 1})
    before = workspace.rate_budget.sent["SCIM reads"]

    workspace.get(ME)

    assert workspace.rate_budget.sent["SCIM reads"] == before + 2
    assert workspace.rate_budget.throttled == {"SCIM reads": 1}


def test_scim_s_words_for_too_fast_are_known_whatever_their_status(ground: Ground, quick: Rate) -> None:
    """The write had no effect and is worth sending again, other than one that was refused for what it says."""
    target = Target(_connection(ground, quick))
    text = "REQUEST_LIMIT_EXCEEDED: GetUserPermissionsRequest RPC token bucket limit has been exceeded."
    ground.faults({"path": GROUP, "status": 400, "code": "BAD_REQUEST", "message": text})

    with pytest.raises(Unclear, match="token bucket"):
        target.send("PATCH", GROUP, {"Operations": []})

    assert target.rate_budget.throttled == {"SCIM updates": 1}


def test_one_workspace_that_is_open_twice_has_one_budget(ground: Ground, quick: Rate) -> None:
    reading, writing = Workspace(_connection(ground, quick)), Target(_connection(ground, quick))

    assert reading.rate_budget is writing.rate_budget
    assert Workspace(replace(_connection(ground, quick), role="primary")).rate_budget is not reading.rate_budget


def test_the_sdk_s_patience_does_not_count_our_own_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _PatientClock()
    before = clock.time()

    monkeypatch.setattr(Budget, "waited", lambda: 1000.0)

    assert clock.time() < before - 900


@pytest.mark.parametrize("emulator", ["federated", "local"], indirect=True)
def test_the_forecast_comes_true(ground: Ground) -> None:
    """Of each family nearly as many requests as were foretold. What goes in circles is not foreseen."""
    furnish(ground)
    forecasts: list[Forecast] = []
    sent: list[int] = []

    def expect(forecast: Forecast) -> None:
        forecasts.append(forecast)
        sent.append(len(ground.log()))

    copy(ground.drill, Choices(), expect=expect)

    (forecast,) = forecasts
    real = len(ground.log()) - sent[0]
    assert forecast.requests == pytest.approx(real, rel=0.05)
    assert next(iter(forecast.seconds)) == "users"
    assert list(forecast.seconds)[-1] == "permissions"


def test_a_drill_on_the_emulator_says_how_fast_it_may_be(tmp_path: Path) -> None:
    """Off where nothing is enforced; where it is, the scale that the emulator was told."""
    (tmp_path / "databrickscfg").touch()

    assert load(write_drill(tmp_path, "d", dedicated=False)).primary.rate is None
    assert load(write_drill(tmp_path, "d", dedicated=False, limits=1.0)).primary.rate == Rate()
    assert load(write_drill(tmp_path, "d", dedicated=False, limits=50.0)).primary.rate == Rate(scale=50)


def test_plan_and_migrate_say_how_long_it_takes(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    ground.primary.notebook("/Shared/a")
    land = Land(ground.running, ground.folder)

    land.run("plan")
    planned = re.search(
        r"to write this takes about \d+ s: ([\d,]+) requests to the secondary\n", capsys.readouterr().out
    )
    land.run("migrate")
    written = re.search(r"writing takes about \d+ s: ([\d,]+) requests to the secondary\n", capsys.readouterr().out)
    land.run("plan")

    assert planned
    assert written
    assert planned[1] == written[1]
    assert "takes about" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["0", "fast", "nan", "1e9"])
def test_a_scale_that_can_not_be_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", f"--limits={text}"]) == 4
    assert "--limits" in capsys.readouterr().err


@pytest.mark.slow
def test_a_demo_within_the_limits_finds_what_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--limits", "30", "--drift", "--dir", str(tmp_path)]) == 1
    assert " 0 apart" in capsys.readouterr().out
    assert load(tmp_path / "drill.yaml").secondary.rate == Rate(scale=30)


@pytest.mark.slow
def test_a_drill_of_the_small_estate_is_hardly_refused(tmp_path: Path) -> None:
    from fixtures import estate  # noqa: PLC0415

    with Running(Emulator()) as running:
        land = Land(running, tmp_path).write().fill(estate.SMALL)
        write_drill(tmp_path, "drill", dedicated=False, limits=30)
        since = {role: len(land.log(role)) for role in IDS}
        for role in IDS:
            running.control(f"{role}/limits", {"on": True, "scale": 30})

        assert land.run("migrate") == 0
        assert land.run("check") == 0

        for role in IDS:
            log = land.log(role)[since[role] :]
            assert _refused(log) <= len(log) / 100
