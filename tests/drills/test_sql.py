"""SQL in a drill: what is made costs nothing, and an edit leaves it so."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient

from lakedrill.inventory.kind import Facet
from migrate.copy import Choices, planned
from migrate.step import Action
from tests.support.workspaces import ANALYST, PATCH, Ground, Site

pytestmark = pytest.mark.drill

WAREHOUSES = "/api/2.0/sql/warehouses"
QUERIES = "/api/2.0/sql/queries"
ALERTS = "/api/2.0/sql/alerts"
ALERTS_V2 = "/api/2.0/alerts"
ALERT = {
    "display_name": "a",
    "parent_path": "/Shared",
    "query_text": "SELECT 1 AS n",
    "evaluation": {"comparison_operator": "EQUAL", "source": {"name": "n"}},
    "schedule": {"quartz_cron_schedule": "0 0 3 * * ?", "timezone_id": "UTC"},
}
CONDITION = {"op": "EQUAL", "operand": {"column": {"name": "a"}}, "threshold": {"value": {"string_value": "b"}}}


def _warehouse(site: Site, name: str = "bi", **fields: Any) -> str:
    return str(site.post(WAREHOUSES, name=name, cluster_size="Small", **fields)["id"])


def _states(site: Site) -> dict[str, str]:
    return {w["name"]: w["state"] for w in site.do("GET", WAREHOUSES).get("warehouses", [])}


def test_a_warehouse_is_stopped_before_the_copy_ends(ground: Ground) -> None:
    _warehouse(ground.primary)
    assert ground.copy().failures == []
    assert _states(ground.secondary) == {"bi": "STOPPED"}
    assert ground.red() == []


def test_an_edit_starts_no_standby(ground: Ground) -> None:
    key = _warehouse(ground.primary)
    ground.copy()
    ground.primary.post(f"{WAREHOUSES}/{key}/edit", name="bi", cluster_size="Large")
    assert ground.copy().failures == []
    assert _states(ground.secondary) == {"bi": "STOPPED"}
    assert ground.red() == []
    assert [step.action for step in ground.copy().steps if step.kind == "warehouses"] == [Action.LEAVE] * 3


def test_one_that_runs_on_the_secondary_is_stopped_where_it_is_ours_to(ground: Ground) -> None:
    _warehouse(ground.primary)
    key = _warehouse(ground.secondary)
    ground.configure(adopt=["warehouses:*"])
    report = ground.copy()
    assert [s.action for s in report.steps if s.kind == "warehouses" and s.facet is Facet.STATE] == [Action.ADOPT]
    assert ground.secondary.do("GET", f"{WAREHOUSES}/{key}")["state"] == "STOPPED"


@pytest.mark.parametrize("running", [True, False])
def test_an_extra_one_that_runs_is_not_deleted(ground: Ground, running: bool) -> None:
    ground.primary.folder("/Shared/lib")
    key = _warehouse(ground.secondary)
    if not running:
        ground.secondary.post(f"{WAREHOUSES}/{key}/stop")
        ground.running.control("clock", {"advance_ms": 2_000})
    with planned(ground.drill, Choices(prune=True), write=False):
        pass
    ground.copy(prune=True)
    assert list(_states(ground.secondary)) == (["bi"] if running else [])


def _query(site: Site, name: str = "q", **fields: Any) -> str:
    given = {"display_name": name, "query_text": "SELECT 1", "parent_path": "/Shared", **fields}
    return str(site.post(QUERIES, query=given)["id"])


def _queries(site: Site) -> dict[str, dict[str, Any]]:
    listed = site.do("GET", QUERIES).get("results", [])
    return {query["display_name"]: site.do("GET", f"{QUERIES}/{query['id']}") for query in listed}


def _set(site: Site, key: str, **fields: Any) -> None:
    site.do("PATCH", f"{QUERIES}/{key}", {"query": fields, "update_mask": ",".join(fields)})


def test_a_query_is_copied_whole_and_belongs_to_its_owner(ground: Ground) -> None:
    ground.primary.user(ANALYST)
    key = _query(ground.primary, warehouse_id=_warehouse(ground.primary), tags=["a"])
    _set(ground.primary, key, owner_user_name=ANALYST)
    assert ground.copy().failures == []
    found = _queries(ground.secondary)["q"]
    assert (found["owner_user_name"], found["parent_path"]) == (ANALYST, "/Workspace/Shared")
    assert found["warehouse_id"] == ground.secondary.do("GET", WAREHOUSES)["warehouses"][0]["id"]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_what_was_taken_off_a_query_is_taken_off_its_copy(ground: Ground) -> None:
    key = _query(ground.primary, tags=["a"], description="d", run_as_mode="VIEWER")
    ground.copy()
    _set(ground.primary, key, tags=None, description="", run_as_mode="OWNER", display_name="renamed")
    assert [step.action for step, _ in ground.copy().failures] == [Action.RENAME]
    assert ground.copy(rename=True).failures == []
    assert "tags" not in _queries(ground.secondary)["renamed"]
    assert ground.red() == []


def test_queries_that_back_each_others_parameters_are_copied(ground: Ground) -> None:
    def backed(by: str) -> list[dict[str, Any]]:
        return [{"name": "p", "query_backed_value": {"query_id": by, "values": ["1"]}}]

    one = _query(ground.primary, "one")
    two = _query(ground.primary, "two", parameters=backed(one))
    _set(ground.primary, one, parameters=backed(two))
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_a_query_whose_owner_is_gone_is_copied_and_told(ground: Ground) -> None:
    """What refers to it need not wait; that it is the copier's own is red."""
    key = ground.primary.user(ANALYST)
    query = _query(ground.primary)
    _set(ground.primary, query, owner_user_name=ANALYST)
    ground.primary.do("DELETE", f"/api/2.0/preview/scim/v2/Users/{key}")
    ((step, reason),) = [failed for failed in ground.copy().failures if failed[0].kind != "directories"]
    assert (step.key, step.facet) == ("q", Facet.DEFINITION)
    assert "owner_user_name: 'Unavailable' was sent" in reason
    assert list(_queries(ground.secondary)) == ["q"]
    assert [r.aspect for r in ground.red() if r.counted and r.kind == "queries"] == ["definition"]


def test_a_query_that_moved_is_made_anew_when_that_is_asked_for(ground: Ground) -> None:
    ground.primary.folder("/Shared/x")
    old = _query(ground.primary)
    ground.copy()
    ground.primary.do("DELETE", f"{QUERIES}/{old}")
    _query(ground.primary, parent_path="/Shared/x")
    assert [step.action for step, _ in ground.copy().failures] == [Action.REPLACE]
    assert ground.copy(replace=("queries:q",)).failures == []
    assert _queries(ground.secondary)["q"]["parent_path"] == "/Workspace/Shared/x"
    assert ground.red() == []


def test_extra_queries_go_to_the_trash_before_their_folder_does_but_not_from_a_callers_home(ground: Ground) -> None:
    ground.primary.folder("/Shared/lib")
    ground.secondary.folder("/Shared/x")
    _query(ground.secondary, parent_path="/Shared/x")
    _query(ground.secondary, "mine", parent_path=None)
    with planned(ground.drill, Choices(prune=True), write=False):
        pass
    steps = ground.copy(prune=True).steps
    told = {(step.kind, step.key): step.reason for step in steps if step.action is Action.EXTRA}
    assert list(_queries(ground.secondary)) == ["mine"]
    assert told == {("queries", "mine"): "the primary has none; spared: it lies in a caller's home"}
    lying = ground.secondary.do("GET", "/api/2.0/workspace/list", path="/Shared")["objects"]
    assert [each["path"] for each in lying] == ["/Shared/.lakedrill", "/Shared/lib"]


def test_a_query_in_the_trash_is_nothing_that_a_job_can_use(ground: Ground) -> None:
    query = _query(ground.primary)
    task = {"query": {"query_id": query}, "warehouse_id": _warehouse(ground.primary)}
    ground.primary.job("j", tasks=[{"task_key": "a", "sql_task": task}])
    ground.primary.do("DELETE", f"{QUERIES}/{query}")
    (step, reason), *_ = ground.copy().failures
    assert (step.kind, step.action) == ("jobs", Action.BLOCKED)
    assert query in reason


def test_an_alert_watches_the_copy_of_its_query(ground: Ground) -> None:
    ground.primary.folder("/Shared/x")
    queries = [_query(ground.primary, parent_path=folder, query_text=folder) for folder in ("/Shared", "/Shared/x")]
    alert = {"display_name": "a", "parent_path": "/Shared", "query_id": queries[1], "condition": CONDITION}
    ground.primary.post(ALERTS, alert=alert)
    assert ground.copy().failures == []
    (copied,) = ground.secondary.do("GET", ALERTS)["results"]
    assert ground.secondary.do("GET", f"{QUERIES}/{copied['query_id']}")["query_text"] == "/Shared/x"
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def _alert(site: Site, name: str = "a", **fields: Any) -> str:
    return str(site.post(ALERTS_V2, **{**ALERT, "display_name": name, **fields})["id"])


def test_an_alert_with_a_schedule_is_copied_paused_and_its_file_is_nobody_elses(ground: Ground) -> None:
    warehouse = _warehouse(ground.primary)
    _alert(ground.primary, warehouse_id=warehouse)
    ground.primary.file("/Shared/plain.dbalert.json", b"{}")
    report = ground.copy()
    assert report.failures == []
    assert [step.key for step in report.steps if step.kind == "files"] == ["/Shared/plain.dbalert.json"] * 3
    (copied,) = ground.secondary.do("GET", ALERTS_V2)["alerts"]
    assert (copied["display_name"], copied["schedule"]["pause_status"]) == ("a", "PAUSED")
    assert copied["warehouse_id"] != warehouse
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_an_alert_that_runs_as_another_user_is_copied_paused_and_told(ground: Ground) -> None:
    """Only they could let it: the copy is there, fires nothing, and is red."""
    user = ground.primary.user(ANALYST)
    ground.running.emulator.apps["primary"].workspace.tokens["dapi-ann"] = user
    join = {"op": "add", "path": "members", "value": [{"value": user}]}
    groups = ground.primary.do("GET", "/api/2.0/preview/scim/v2/Groups", filter='displayName eq "admins"')["Resources"]
    body = {"schemas": [PATCH], "Operations": [join]}
    ground.primary.do("PATCH", f"/api/2.0/preview/scim/v2/Groups/{groups[0]['id']}", body)
    theirs = WorkspaceClient(host=ground.running.emulator.hosts["primary"], token="dapi-ann")
    theirs.api_client.do("POST", ALERTS_V2, body={**ALERT, "warehouse_id": _warehouse(ground.primary)})
    ((step, reason),) = [failed for failed in ground.copy().failures if failed[0].kind == "alerts_v2"]
    assert step.facet is Facet.DEFINITION
    assert "effective_run_as" in reason
    (copied,) = ground.secondary.do("GET", ALERTS_V2)["alerts"]
    assert copied["schedule"]["pause_status"] == "PAUSED"
    assert ("alerts_v2", "definition") in {(r.kind, r.aspect) for r in ground.red() if r.counted}


def test_an_alert_that_is_unpaused_is_unsafe(ground: Ground) -> None:
    _alert(ground.primary, warehouse_id=_warehouse(ground.primary))
    ground.copy()
    (copied,) = ground.secondary.do("GET", ALERTS_V2)["alerts"]
    schedule = {**copied["schedule"], "pause_status": "UNPAUSED"}
    ground.secondary.do("PATCH", f"{ALERTS_V2}/{copied['id']}", {"schedule": schedule}, update_mask="schedule")
    assert {r.aspect for r in ground.red()} == {"definition", "safety"}


@pytest.mark.parametrize(
    ("code", "told"), [("ENDPOINT_NOT_FOUND", set()), ("PERMISSION_DENIED", {"alerts_v2", "files"})]
)
def test_files_can_be_told_from_alerts_where_there_are_none(ground: Ground, code: str, told: set[str]) -> None:
    ground.primary.file("/Shared/data.bin")
    rule = {"path": ALERTS_V2, "status": 404 if code == "ENDPOINT_NOT_FOUND" else 403, "code": code, "times": -1}
    ground.faults({**rule, "message": "No."}, role="primary")
    assert {line.partition(" ")[0] for line in ground.copy().unread} == told
