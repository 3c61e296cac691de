"""IP access lists, in a drill: compared always, written where drill.yaml asks for it, and never against this host."""

from __future__ import annotations

from typing import Any

import pytest

from lakedrill.parity.outcome import Outcome
from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

PATH = "/api/2.0/ip-access-lists"
HERE = "127.0.0.0/8"
OFFICE = "198.51.100.0/24"


def _list(side: Site, label: str, kind: str, *addresses: str, caller: str = "") -> str:
    body = {"label": label, "list_type": kind, "ip_addresses": list(addresses)}
    headers = {"X-Forwarded-For": caller} if caller else None
    made: Any = side.client.api_client.do("POST", PATH, body=body, headers=headers)
    return str(made["ip_access_list"]["list_id"])


def _now(side: Site) -> dict[tuple[str, str], list[str]]:
    found = side.do("GET", PATH).get("ip_access_lists", [])
    return {(each["label"], each["list_type"]): each["ip_addresses"] for each in found if each["enabled"]}


def _asked(ground: Ground, calls_from: str = "127.0.0.1") -> None:
    said = {"from": calls_from} if calls_from else {}
    ground.configure(apply=["ip_access_lists"], adopt=["ip_access_lists:*"], **said)


def _writes(ground: Ground) -> list[str]:
    return [entry.method for entry in ground.log() if entry.write and entry.path.startswith(PATH)]


def test_they_are_told_and_not_touched_unless_asked_for(ground: Ground) -> None:
    """Neither one that is missing nor one that differs."""
    for side, addresses in ((ground.primary, [HERE]), (ground.secondary, [HERE, OFFICE])):
        _list(side, "here", "ALLOW", *addresses)
    _list(ground.primary, "office", "ALLOW", OFFICE)
    before = _writes(ground)
    why = "it decides who may call the workspace: `apply: [ip_access_lists]` in drill.yaml asks for it"
    failures = {step.key: (step.action, reason) for step, reason in ground.copy().failures}
    assert failures == {"ALLOW here": (Action.BLOCKED, f"differs in ip_addresses[]; {why}")}
    assert _writes(ground) == before
    assert {(r.key, r.outcome) for r in ground.red()} == {
        ("ALLOW here", Outcome.DIFFERENT),
        ("ALLOW office", Outcome.MISSING),
    }


def test_what_lets_this_host_in_is_written_first_and_all_once(ground: Ground) -> None:
    """The service refuses an allow list that shuts its caller out, whatever comes next."""
    _list(ground.primary, "here", "ALLOW", HERE)
    _list(ground.primary, "office", "ALLOW", OFFICE, "203.0.113.7")
    _list(ground.primary, "office", "BLOCK", "198.51.100.66")
    off = _list(ground.primary, "not yet", "BLOCK", "192.0.2.1")
    ground.primary.do("PATCH", f"{PATH}/{off}", {"enabled": False})
    for key in [
        each["list_id"] for each in ground.primary.do("GET", PATH)["ip_access_lists"] if each["label"] == "here"
    ]:
        ground.primary.do("PATCH", f"{PATH}/{key}", {"label": "this host"})
    _list(ground.secondary, "office", "BLOCK", "198.51.100.1")
    _asked(ground)
    assert ground.copy().failures == []
    assert _now(ground.secondary) == _now(ground.primary)
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


@pytest.mark.parametrize(
    ("kind", "address", "calls_from", "said"),
    [
        ("ALLOW", OFFICE, "127.0.0.1", "would lock out this host: no allow list holds 127.0.0.1: x"),
        ("BLOCK", HERE, "127.0.0.1", "would lock out this host: the block list x holds 127.0.0.1"),
        ("ALLOW", HERE, "192.0.2.0/24", "would lock out this host: no allow list holds 192.0.2.0/24: x"),
        (
            "ALLOW",
            HERE,
            "",
            "would this host be let in? Say `from: ADDRESS` in drill.yaml, its address as the service sees it",
        ),
    ],
)
def test_no_copy_locks_this_host_out(ground: Ground, kind: str, address: str, calls_from: str, said: str) -> None:
    """The primary's lists are right for those who call it; whether for the copier is seen beforehand, in the plan."""
    _list(ground.primary, "x", kind, address, caller="" if (kind, address) == ("ALLOW", HERE) else "198.51.100.7")
    _asked(ground, calls_from)
    ((step,),) = [[step for step in ground.plan() if step.kind == "ip_access_lists"]]
    assert (step.action, step.reason) == (Action.BLOCKED, said)
    assert [reason for _, reason in ground.copy().failures] == [said]
    assert _writes(ground) == []


def test_a_change_that_would_lock_this_host_out_is_none(ground: Ground) -> None:
    _list(ground.primary, "x", "ALLOW", OFFICE, caller="198.51.100.7")
    _list(ground.secondary, "x", "ALLOW", HERE)
    _asked(ground)
    ((step, reason),) = ground.copy().failures
    assert (step.action, reason) == (Action.BLOCKED, "would lock out this host: no allow list holds 127.0.0.1: x")
    assert _now(ground.secondary) == {("x", "ALLOW"): [HERE]}


def test_one_that_is_off_is_not_on_for_a_moment(ground: Ground) -> None:
    """A new list is enabled, and would shut this host out until it is switched off."""
    key = _list(ground.primary, "x", "ALLOW", OFFICE, caller="198.51.100.7")
    ground.primary.do("PATCH", f"{PATH}/{key}", {"enabled": False})
    _asked(ground)
    ((_, reason),) = ground.copy().failures
    assert reason == "would lock out this host: no allow list holds 127.0.0.1: x"
    assert _writes(ground) == []


def test_what_the_service_refuses_is_told_in_its_words(ground: Ground) -> None:
    """Where drill.yaml says another address than the service sees."""
    _list(ground.primary, "x", "ALLOW", OFFICE, caller="198.51.100.7")
    _asked(ground, "198.51.100.7")
    ((_, reason),) = ground.copy().failures
    assert reason == "INVALID_STATE: Your current IP 127.0.0.1 will not be allowed to access the workspace."


def test_an_allow_list_too_many_stays_and_a_block_list_goes(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])
    _list(ground.secondary, "here", "ALLOW", HERE)
    _list(ground.secondary, "them", "BLOCK", OFFICE)
    ground.configure(apply=["ip_access_lists"], **{"from": "127.0.0.1"})
    ground.copy()
    found = {step.key: (step.action, step.reason) for step in ground.plan(prune=True) if step.kind == "ip_access_lists"}
    assert found["ALLOW here"] == (
        Action.EXTRA,
        "the primary has none; spared: who is let in by it would be locked out",
    )
    assert found["BLOCK them"][0] is Action.DELETE


def test_a_tier_without_them_is_said_once(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])
    rule = {"path": PATH, "status": 404, "code": "FEATURE_DISABLED", "message": "Not in this tier", "times": -1}
    ground.faults(rule)
    comparison = ground.comparison(keep=True)
    assert comparison.judge_listing("secondary", "ip_access_lists").outcome is Outcome.UNSUPPORTED
    ground.faults(rule, role="primary")
    assert ground.comparison().judge_listing("primary", "ip_access_lists").outcome is Outcome.NOT_APPLICABLE
