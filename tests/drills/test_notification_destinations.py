"""Notification destinations: email is copied, the others wait for somebody, and so does what tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakedrill.inventory.kind import Facet
from migrate.copy import Choices, planned
from migrate.step import Action
from tests.support.workspaces import Ground, Site

API = "/api/2.0/notification-destinations"
SECRET = "hunter2-T0B0XYZ"
HOOK = {"slack": {"url": f"https://hooks.example.com/{SECRET}"}}
BY_HAND = (
    "by hand: the service tells nobody what opens a destination of type SLACK; "
    "set one up on the secondary under the same name: ops (notification_destinations)"
)
pytestmark = [pytest.mark.drill, pytest.mark.parametrize("emulator", ["local"], indirect=True)]


def _make(site: Site, name: str, config: dict[str, Any]) -> str:
    return str(site.post(API, display_name=name, config=config)["id"])


def _mail(*addresses: str) -> dict[str, Any]:
    return {"email": {"addresses": list(addresses)}}


def _there(site: Site) -> dict[str, dict[str, Any]]:
    found = site.do("GET", API).get("results", [])
    return {each["id"]: site.do("GET", f"{API}/{each['id']}") for each in found}


def _telling(site: Site, name: str, key: str) -> int:
    return site.job(name, webhook_notifications={"on_failure": [{"id": key}]})


def test_what_nobody_can_copy_is_made_by_hand_and_then_found(ground: Ground) -> None:
    ops, mail = _make(ground.primary, "ops", HOOK), _make(ground.primary, "mail", _mail("a@example.com"))
    _telling(ground.primary, "tells ops", ops)
    _telling(ground.primary, "tells mail", mail)
    told: list[str] = []

    report = ground.copy(tell=told.append)

    stuck = {(s.kind, s.key): reason for s, reason in report.failures if s.facet is Facet.DEFINITION}
    assert BY_HAND in told
    lines = {line["id"]: line["found"] for line in json.loads((ground.home / "plan.json").read_text())["manual"]}
    assert lines["not-copied"] == ["notification_destinations:ops"]
    assert lines["notification-secrets"] == ["ops"]
    assert stuck["notification_destinations", "ops"].startswith("by hand: ")
    assert stuck["jobs", "tells ops"] == "refers to notification_destinations:ops, which is blocked"
    assert list(ground.secondary.jobs()) == ["tells mail"]
    written = [file.read_bytes() for file in ground.home.rglob("*") if file.is_file()]
    assert written
    assert not any(SECRET.encode() in data for data in written)

    mine = _make(ground.secondary, "ops", {"slack": {"url": "https://hooks.example.com/mine"}})
    assert ground.copy().failures == []
    job = ground.secondary.jobs()["tells ops"][0]
    assert job["settings"]["webhook_notifications"] == {"on_failure": [{"id": mine}]}
    assert ground.writes_of_a_copy() == 0
    assert ground.red() == []


def test_one_that_was_made_otherwise_is_for_whoever_knows_what_opens_it(ground: Ground) -> None:
    _make(ground.primary, "hook", {"generic_webhook": {"url": "https://example.com", "username": "u"}})
    _make(ground.secondary, "hook", {"generic_webhook": {"url": "https://example.com"}})
    before = _there(ground.secondary)
    told: list[str] = []

    for settings in ({}, {"adopt": ["notification_destinations:*"]}):
        ground.configure(**settings)
        report = ground.copy(replace=("notification_destinations:hook",), tell=told.append)
        (step, reason) = report.failures[0]
        assert step.action is Action.BLOCKED
        assert reason.startswith("by hand: ")
        assert told.pop().endswith("under the same name: hook (notification_destinations)")
    assert _there(ground.secondary) == before


def test_addresses_and_names_follow_and_twins_stay_two(ground: Ground) -> None:
    one = _make(ground.primary, "on call", _mail("a@example.com", "b@example.com"))
    other = _make(ground.primary, "on call", _mail("c@example.com"))
    _telling(ground.primary, "tells the other", other)
    assert ground.copy().failures == []
    before = _there(ground.secondary)

    ground.primary.do("PATCH", f"{API}/{one}", {"config": _mail("d@example.com")})
    ground.primary.do("PATCH", f"{API}/{other}", {"display_name": "off call"})
    assert ground.copy(rename=True).failures == []

    after = _there(ground.secondary)
    assert before.keys() == after.keys()
    assert {each["display_name"]: each["config"] for each in after.values()} == {
        "on call": _mail("d@example.com"),
        "off call": _mail("c@example.com"),
    }
    assert ground.red() == []


def test_an_extra_one_goes_unless_it_could_not_be_made_again(ground: Ground) -> None:
    _make(ground.primary, "mail", _mail("a@example.com"))
    ground.copy()
    kept, gone = _make(ground.secondary, "ops", HOOK), _make(ground.secondary, "old", _mail("b@example.com"))
    with planned(ground.drill, Choices(prune=True), write=False):
        pass  # what would go is shown

    report = ground.copy(prune=True)

    assert kept in _there(ground.secondary)
    assert gone not in _there(ground.secondary)
    spared = [step.reason for step in report.steps if step.key == "ops"]
    assert spared == ["the primary has none; spared: what opens it would be lost"]
