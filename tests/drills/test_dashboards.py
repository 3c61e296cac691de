"""Dashboards in a drill: drafts that fire nothing, published only where that is asked for, with nobody's credentials."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from databricks.sdk.errors import NotFound

from lakedrill.inventory.kind import Facet
from lakedrill.parity.outcome import Colour
from migrate.copy import Choices, compared, copy
from migrate.kinds import WRITERS
from migrate.step import Action
from tests.support.workspaces import ANALYST, Ground, Site

pytestmark = pytest.mark.drill

WAREHOUSES = "/api/2.0/sql/warehouses"
BOARDS = "/api/2.0/lakeview/dashboards"
CRON = {"quartz_cron_expression": "0 0 8 * * ?", "timezone_id": "UTC"}


def _warehouse(site: Site) -> str:
    return str(site.post(WAREHOUSES, name="w", cluster_size="Small")["id"])


def _dashboard(site: Site, name: str = "d", **fields: Any) -> str:
    given = {
        "display_name": name,
        "parent_path": "/Shared",
        "serialized_dashboard": '{"pages": [{"name": "p"}]}',
        **fields,
    }
    return str(site.post(BOARDS, **given)["dashboard_id"])


def _boards(site: Site) -> dict[str, dict[str, Any]]:
    listed = site.do("GET", BOARDS).get("dashboards", [])
    return {board["display_name"]: site.do("GET", f"{BOARDS}/{board['dashboard_id']}") for board in listed}


def _schedules(site: Site, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.do("GET", f"{BOARDS}/{key}/schedules").get("schedules", [])
    return found


def test_a_dashboard_is_copied_as_a_draft_with_its_schedules_paused(ground: Ground) -> None:
    user = ground.primary.user(ANALYST)
    key = _dashboard(ground.primary, warehouse_id=_warehouse(ground.primary))
    ground.primary.post(f"{BOARDS}/{key}/published")
    ground.primary.grant("dashboards", key, "CAN_MANAGE", user_name=ANALYST)
    schedule = ground.primary.post(f"{BOARDS}/{key}/schedules", cron_schedule=CRON)["schedule_id"]
    whom = {"user_subscriber": {"user_id": int(user)}}
    ground.primary.post(f"{BOARDS}/{key}/schedules/{schedule}/subscriptions", subscriber=whom)
    me = ground.primary.client.current_user.me().user_name
    report = ground.copy()
    assert report.failures == []
    assert [line["found"] for line in report.beyond if line["id"] == "embedded-credentials"] == [
        [f"/Shared/d.lvdash.json ({ANALYST}, {me})"]
    ]
    copied = _boards(ground.secondary)["d"]
    (there,) = _schedules(ground.secondary, copied["dashboard_id"])
    assert there["pause_status"] == "PAUSED"
    with pytest.raises(NotFound):
        ground.secondary.do("GET", f"{BOARDS}/{copied['dashboard_id']}/published")
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_facets_of_one_object_are_written_one_after_the_other(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read for one of them would not find the schedule that is written for another."""
    key = _dashboard(ground.primary)
    ground.primary.post(f"{BOARDS}/{key}/schedules", cron_schedule=CRON)
    ground.primary.post(f"{BOARDS}/{key}/published", embed_credentials=False)
    ground.copy(publish=True)
    copied = _boards(ground.secondary)["d"]["dashboard_id"]
    (there,) = _schedules(ground.secondary, copied)
    ground.secondary.do("DELETE", f"{BOARDS}/{copied}/schedules/{there['schedule_id']}")
    ground.secondary.do("DELETE", f"{BOARDS}/{copied}/published")
    writer, under_way, met = WRITERS["dashboards"], set[str](), set[Facet]()
    write = writer.write_facet

    def watched(target: Any, key: str, facet: Facet, *rest: Any) -> Any:
        assert key not in under_way
        under_way.add(key)
        met.add(facet)
        time.sleep(0.3)  # so long that another would begin
        under_way.remove(key)
        return write(target, key, facet, *rest)

    monkeypatch.setattr(writer, "write_facet", watched)
    assert ground.copy(publish=True, takes=(("primary", "dashboards:*"),)).failures == []
    assert met == {Facet.PUBLISHED, Facet.SCHEDULES}


def test_what_is_published_or_unpaused_by_hand_is_unsafe_and_taken_back(ground: Ground) -> None:
    key = _dashboard(ground.primary)
    ground.primary.post(f"{BOARDS}/{key}/schedules", cron_schedule=CRON)
    ground.copy()
    copied = _boards(ground.secondary)["d"]["dashboard_id"]
    ground.secondary.post(f"{BOARDS}/{copied}/published", embed_credentials=True)
    (there,) = _schedules(ground.secondary, copied)
    path = f"{BOARDS}/{copied}/schedules/{there['schedule_id']}"
    ground.secondary.do("PUT", path, {"cron_schedule": CRON, "pause_status": "UNPAUSED", "etag": there["etag"]})
    found = {(record.aspect, record.counted) for record in ground.red()}
    assert found == {("published", True), ("schedules", True), ("safety", False)}
    assert [step.action for step, _ in ground.copy().failures] == [Action.CONFLICT] * 2
    assert ground.copy(takes=(("primary", "dashboards:*"),)).failures == []
    assert [schedule["pause_status"] for schedule in _schedules(ground.secondary, copied)] == ["PAUSED"]
    assert ground.red() == []


def _published(site: Site, key: str) -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", f"{BOARDS}/{key}/published")
    return found


def test_publish_gives_no_credentials_and_is_kept(ground: Ground) -> None:
    """Only what the primary has published. A later copy, which does not ask, leaves it as it is; so does the verdict."""
    warehouse = _warehouse(ground.primary)
    key = _dashboard(ground.primary)
    _dashboard(ground.primary, "draft")
    ground.primary.post(f"{BOARDS}/{key}/published", embed_credentials=True, warehouse_id=warehouse)
    assert ground.copy(publish=True).failures == []
    copied = {name: board["dashboard_id"] for name, board in _boards(ground.secondary).items()}
    found = _published(ground.secondary, copied["d"])
    (theirs,) = ground.secondary.do("GET", WAREHOUSES)["warehouses"]
    assert (found["embed_credentials"], found["warehouse_id"]) == (False, theirs["id"])
    with pytest.raises(NotFound):
        _published(ground.secondary, copied["draft"])
    assert ground.red() == []
    assert ground.writes_of_a_copy() == ground.writes_of_a_copy(publish=True) == 0
    ground.primary.do("DELETE", f"{BOARDS}/{key}/published")
    assert [record.aspect for record in ground.red()] == ["published"]
    assert ground.copy().failures == []
    assert ground.red() == []


@pytest.mark.parametrize("publish", [True, False])
def test_a_draft_that_changed_is_published_anew_where_that_is_asked_for(ground: Ground, publish: bool) -> None:
    key = _dashboard(ground.primary)
    ground.primary.post(f"{BOARDS}/{key}/published")
    ground.copy(publish=True)
    copied = _boards(ground.secondary)["d"]["dashboard_id"]
    ground.later()
    ground.primary.do("PATCH", f"{BOARDS}/{key}", {"display_name": "e"})
    assert ground.copy(rename=True, publish=publish).failures == []
    assert _published(ground.secondary, copied)["display_name"] == ("e" if publish else "d")
    assert ground.copy(publish=True).failures == []
    assert _published(ground.secondary, copied)["display_name"] == "e"
    assert ground.red() == []


def test_a_dashboard_with_its_publishers_credentials_is_theirs_to_publish(ground: Ground) -> None:
    """When the secondary is to serve it ought to be published as on the primary; without credentials it is as it should."""
    keys = {name: _dashboard(ground.primary, name) for name in ("embedded", "plain")}
    for name, key in keys.items():
        ground.primary.post(f"{BOARDS}/{key}/published", embed_credentials=name == "embedded")
    drill = replace(ground.drill, posture="active")

    def red() -> list[tuple[str, str]]:
        comparison = ground.comparison()
        serving = compared(drill, comparison.primary.snapshot, comparison.secondary.snapshot, comparison.mapping)
        found = [serving.judge(pair, aspect) for pair in serving.pairs for aspect in serving.aspects(pair)]
        return [(record.key, record.aspect) for record in found if record.outcome.colour is not Colour.GREEN]

    ((step, reason),) = copy(drill, Choices()).failures
    assert (step.key, step.facet) == ("/Shared/embedded.lvdash.json", Facet.PUBLISHED)
    assert "nobody can publish it so for somebody else" in reason
    copied = _boards(ground.secondary)
    assert not _published(ground.secondary, copied["plain"]["dashboard_id"])["embed_credentials"]
    assert red() == [(step.key, "published")]
    ground.secondary.post(f"{BOARDS}/{copied['embedded']['dashboard_id']}/published")
    assert red() == []


def test_a_draft_that_changes_and_is_renamed_keeps_its_id(ground: Ground) -> None:
    key = _dashboard(ground.primary)
    ground.copy()
    before = _boards(ground.secondary)["d"]["dashboard_id"]
    ground.primary.do("PATCH", f"{BOARDS}/{key}", {"display_name": "e", "serialized_dashboard": '{"pages": []}'})
    assert ground.copy(rename=True).failures == []
    after = _boards(ground.secondary)
    assert {name: board["dashboard_id"] for name, board in after.items()} == {"e": before}
    assert ground.red() == []


def test_two_schedules_that_are_alike_are_both_there(ground: Ground) -> None:
    key = _dashboard(ground.primary)
    for _ in range(2):
        ground.primary.post(f"{BOARDS}/{key}/schedules", cron_schedule=CRON)
    ground.copy()
    copied = _boards(ground.secondary)["d"]["dashboard_id"]
    assert len(_schedules(ground.secondary, copied)) == 2
    ground.primary.do("DELETE", f"{BOARDS}/{key}/schedules/{_schedules(ground.primary, key)[0]['schedule_id']}")
    assert ground.copy().failures == []
    assert len(_schedules(ground.secondary, copied)) == 1
    assert ground.red() == []


def test_the_same_dashboard_in_other_words_is_equal(ground: Ground) -> None:
    _dashboard(ground.primary, serialized_dashboard='{"pages": [], "datasets": [{"name": "a", "query": "SELECT 1"}]}')
    ground.copy()
    copied = _boards(ground.secondary)["d"]["dashboard_id"]
    text = '{ "datasets": [ {"query": "SELECT 1", "name": "a"} ], "pages": [] }'
    ground.secondary.do("PATCH", f"{BOARDS}/{copied}", {"serialized_dashboard": text})
    assert ground.red() == []


def test_an_old_task_names_an_old_dashboard_and_this_is_none(ground: Ground) -> None:
    task = {"dashboard": {"dashboard_id": _dashboard(ground.primary)}, "warehouse_id": _warehouse(ground.primary)}
    ground.primary.job("j", tasks=[{"task_key": "a", "sql_task": task}])
    (step, reason), *_ = ground.copy().failures
    assert (step.kind, step.action) == ("jobs", Action.BLOCKED)
    assert "dashboard_id" in reason


def test_one_that_does_not_parse_is_told_and_the_others_are_copied(ground: Ground) -> None:
    """What it holds goes over as it is, and that it is right nobody can say."""
    text = '{"datasets": [], "settings": {}, "settings": {"a": NaN}}\n'
    _dashboard(ground.primary, "odd", serialized_dashboard=text)
    _dashboard(ground.primary)
    assert ground.copy().failures == []
    assert _boards(ground.secondary)["odd"]["serialized_dashboard"] == text
    (record,) = ground.red()
    named = (record.name, record.aspect, record.outcome.value)
    assert named == ("dashboards:/Shared/odd.lvdash.json", "definition", "unverifiable")
    assert "primary: serialized_dashboard holds no JSON object: NaN is not JSON" in record.reason
    assert ground.writes_of_a_copy() == 0
