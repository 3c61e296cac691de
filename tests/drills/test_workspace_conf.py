"""The configuration of a workspace, in a drill: compared key by key, set only where drill.yaml asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Emulator, Running, Site
from lakedrill.inventory.kinds.workspace_conf import KEYS
from lakedrill.parity.outcome import Outcome, Record
from migrate.step import Action
from tests.support.wire import between
from tests.support.workspaces import Ground
from tests.support.workspaces import Site as Side

pytestmark = pytest.mark.drill

PATH = "/api/2.0/workspace-conf"
ALL = len(KEYS)
CLOUDS = ("AWS", "AZURE")


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    """Every workspace has a configuration: it alone would not show that the primary is the right one."""
    ground.primary.job("nightly", tasks=[])


@pytest.fixture
def clouds(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Two workspaces, each on the cloud that the test says."""
    with Running(
        Emulator(sites=(Site("primary", "us", request.param[0]), Site("secondary", "us", request.param[1])))
    ) as up:
        yield up


def _set(side: Side, **conf: str) -> None:
    side.do("PATCH", PATH, conf)


def _now(side: Side, key: str) -> Any:
    return side.do("GET", PATH, keys=key)[key]


def _patches(ground: Ground) -> int:
    return sum(entry.write and entry.path == PATH for entry in ground.log())


def _of_conf(ground: Ground) -> dict[str, Record]:
    """Return the judgements of all keys that are neither equal nor there by themselves."""
    found = (r for r in ground.records() if (r.kind, r.aspect) == ("workspace_conf", "definition"))
    return {record.key: record for record in found if record.outcome is not Outcome.EQUAL}


def test_it_is_told_and_not_touched_unless_asked_for(ground: Ground) -> None:
    _set(ground.primary, enableWebTerminal="true", maxTokenLifetimeDays="90")
    _set(ground.secondary, maxTokenLifetimeDays="365")
    before = _patches(ground)
    failures = {step.key: (step.action, reason, step.changes) for step, reason in ground.copy().failures}
    reason = "differs in value; it changes how the whole workspace behaves: `apply: [workspace_conf]` in drill.yaml asks for it"
    assert failures == {
        "enableWebTerminal": (Action.BLOCKED, reason, (("value", None, "true"),)),
        "maxTokenLifetimeDays": (Action.BLOCKED, reason, (("value", "365", "90"),)),
    }
    assert _patches(ground) == before
    assert {r.key for r in ground.red()} == set(failures)


def test_it_is_set_where_that_is_asked_for_and_once(ground: Ground) -> None:
    _set(ground.primary, enableWebTerminal="true", projectsAllowList="https://git.example.com/größe")
    ground.configure(apply=["workspace_conf"])
    assert ground.copy().failures == []
    assert _now(ground.secondary, "enableWebTerminal") == "true"
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    assert _patches(ground) == 2


def test_what_the_primary_never_set_is_told(ground: Ground) -> None:
    """Nobody knows what it means that it was never set, and no request takes back what was."""
    _set(ground.secondary, enableWebTerminal="true")
    ground.configure(apply=["workspace_conf"])
    ((step, reason),) = ground.copy().failures
    assert (step.key, reason) == (
        "enableWebTerminal",
        "the primary never set it, and no request takes back what was set; set it by hand, or `ignore` it",
    )
    assert [(r.key, r.outcome) for r in ground.red()] == [("enableWebTerminal", Outcome.DIFFERENT)]


def test_it_is_all_listed_by_one_request(ground: Ground) -> None:
    with ground.watched() as seen:
        ground.plan()
    assert sum(entry.path == PATH for entry in seen) == 2  # and once more at the end


@pytest.mark.parametrize(("clouds", "lacks"), [(CLOUDS, "secondary"), (CLOUDS[::-1], "primary")], indirect=["clouds"])
def test_a_key_that_one_side_lacks_is_said_for_that_key_alone(clouds: Running, lacks: str, tmp_path: Path) -> None:
    ground = Ground(clouds, tmp_path, {"mapping": [], "apply": ["workspace_conf"]})
    ground.primary.group("g")
    _set(ground.primary, enableWebTerminal="true")
    failures = {step.key: reason for step, reason in ground.copy().failures}
    assert _now(ground.secondary, "enableWebTerminal") == "true"
    told = 'FEATURE_DISABLED: Invalid keys: ["enableGp3"]'
    assert failures == ({} if lacks == "primary" else failures)
    found = _of_conf(ground)
    assert {r.key for r in found.values() if r.outcome is Outcome.UNSUPPORTED} == {"enableGp3", "enableEnforceImdsV2"}
    assert found["enableGp3"].reason == f"{lacks}: {told}"
    assert len(found) == 2


@pytest.mark.parametrize("clouds", [("AZURE", "AZURE")], indirect=True)
def test_a_key_that_both_lack_is_no_matter(clouds: Running, tmp_path: Path) -> None:
    ground = Ground(clouds, tmp_path, {"mapping": []})
    ground.primary.group("g")
    assert ground.copy().failures == []
    assert {r.outcome for r in _of_conf(ground).values()} == {Outcome.NOT_APPLICABLE}
    assert ground.red() == []


def test_a_key_that_is_refused_is_not_equal(ground: Ground) -> None:
    """As a workspace does with some, to admins too; the others are judged nevertheless."""
    text = "unauthorized to perform ReadAction on /org_admin_conf/enableGp3"
    refusal = json.dumps({"error_code": "PERMISSION_DENIED", "message": text}).encode()
    app = ground.running.emulator.apps["secondary"]

    def change(_method: str, path: str, _sent: bytes, answered: bytes) -> tuple[int, bytes] | None:
        return (403, refusal) if path == PATH and b'"enableGp3"' in answered else None

    _set(ground.primary, enableWebTerminal="true")
    with between(app, change):
        found = {key: (r.outcome, r.reason) for key, r in _of_conf(ground).items()}
    assert found.pop("enableGp3") == (Outcome.UNVERIFIABLE, f"secondary: PERMISSION_DENIED: {text}")
    assert [outcome for outcome, _ in found.values()] == [Outcome.DIFFERENT]


def test_a_caller_who_may_read_none_has_listed_nothing(ground: Ground) -> None:
    ground.faults({"path": PATH, "status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": -1})
    comparison = ground.comparison(keep=True)
    listing = comparison.judge_listing("secondary", "workspace_conf")
    assert (listing.outcome, listing.reason) == (Outcome.UNVERIFIABLE, "PERMISSION_DENIED: No")


def test_lists_that_hold_this_host_out_are_not_switched_on(ground: Ground) -> None:
    """The service would let it happen: it sees the address of whoever asks, which need not be where people are."""
    made = {"label": "office", "list_type": "ALLOW", "ip_addresses": ["127.0.0.0/8"]}
    for side in (ground.primary, ground.secondary):
        side.post("/api/2.0/ip-access-lists", **made)
    _set(ground.primary, enableIpAccessLists="true")
    for settings, said in (
        ({}, "would this host be let in? Say `from: ADDRESS` in drill.yaml, its address as the service sees it"),
        ({"from": "198.51.100.7"}, "would lock out this host: no allow list holds 198.51.100.7: office"),
    ):
        ground.configure(apply=["workspace_conf"], **settings)
        ((step, reason),) = ground.copy().failures
        assert (step.key, reason) == ("enableIpAccessLists", said)
        assert _now(ground.secondary, "enableIpAccessLists") is None
    ground.configure(apply=["workspace_conf"], **{"from": "127.0.0.1"})
    assert ground.copy().failures == []
    assert _now(ground.secondary, "enableIpAccessLists") == "true"
