"""Alerts with a schedule of their own on the wire."""

import base64
import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import sql

from fixtures.emulator.server import Running

ALERTS = "/api/2.0/alerts"
GIVEN = {
    "display_name": "a",
    "parent_path": "/Shared",
    "query_text": "SELECT 1 AS n",
    "warehouse_id": "w",
    "evaluation": {"comparison_operator": "EQUAL", "source": {"name": "n"}},
    "schedule": {"quartz_cron_schedule": "0 0 3 * * ?", "timezone_id": "UTC"},
}


def _made(workspace: WorkspaceClient, **given: Any) -> str:
    return str(_do(workspace, "POST", ALERTS, {**GIVEN, **given})["id"])


def _do(workspace: WorkspaceClient, method: str, path: str, body: Any = None) -> Any:
    return workspace.api_client.do(method, path, body=body)


def _set(workspace: WorkspaceClient, key: str, **fields: Any) -> Any:
    return _do(workspace, "PATCH", f"{ALERTS}/{key}?update_mask={','.join(fields)}", fields)


def test_an_alert_runs_as_who_made_it_and_fires_unless_it_is_paused(primary: WorkspaceClient) -> None:
    found = primary.alerts_v2.get_alert(_made(primary))
    assert found.schedule.pause_status is sql.SchedulePauseStatus.UNPAUSED
    assert found.effective_run_as == sql.AlertV2RunAs(user_name="drill@example.com")
    assert found.parent_path == "/Workspace/Shared"
    assert [alert.id for alert in primary.alerts_v2.list_alerts()] == [found.id]


def test_its_file_goes_where_the_alert_goes(primary: WorkspaceClient) -> None:
    key = _made(primary)
    exported = primary.workspace.export("/Shared/a.dbalert.json")
    assert json.loads(base64.b64decode(str(exported.content)))["query_text"] == "SELECT 1 AS n"
    _set(primary, key, display_name="b")
    assert [each.path for each in primary.workspace.list("/Shared")] == ["/Shared/b.dbalert.json"]
    primary.alerts_v2.trash_alert(key)
    assert list(primary.workspace.list("/Shared")) == list(primary.alerts_v2.list_alerts()) == []
    assert primary.alerts_v2.get_alert(key).lifecycle_state is sql.AlertLifecycleState.DELETED
    primary.alerts_v2.trash_alert(key, purge=True)
    with pytest.raises(ResourceDoesNotExist, match=f"Alert with ID '{key}' does not exist."):
        primary.alerts_v2.get_alert(key)


def test_an_alert_goes_with_its_file(primary: WorkspaceClient) -> None:
    key = _made(primary)
    primary.workspace.delete("/Shared/a.dbalert.json")
    assert primary.alerts_v2.get_alert(key).lifecycle_state is sql.AlertLifecycleState.DELETED


def test_another_name_is_found_where_one_is_taken(primary: WorkspaceClient) -> None:
    _made(primary)
    key = _made(primary)
    assert primary.alerts_v2.get_alert(key).display_name == "a (1)"
    assert _set(primary, key, display_name="a")["display_name"] == "a (2)"


def test_an_update_sets_what_its_mask_names(primary: WorkspaceClient) -> None:
    key = _made(primary, custom_summary="s", custom_description="d")
    found = _set(primary, key, custom_summary=None)
    assert "custom_summary" not in found
    assert found["custom_description"] == "d"
    body = {**GIVEN, "query_text": "SELECT 2"}
    found = _do(primary, "PATCH", f"{ALERTS}/{key}?update_mask=*", body)
    assert found["query_text"] == "SELECT 2"
    assert "custom_description" not in found
    with pytest.raises(InvalidParameterValue, match="parent_path"):
        _set(primary, key, parent_path="/Users")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"query_text": ""}, "Missing required field: query_text"),
        ({"evaluation": {"source": {"name": "n"}}}, "an operator and a source"),
        ({"evaluation": {"comparison_operator": "EQUAL"}}, "an operator and a source"),
        ({"schedule": {"quartz_cron_schedule": "daily", "timezone_id": "UTC"}}, "Invalid schedule"),
        ({"schedule": {"quartz_cron_schedule": "0 0 3 * * ?", "timezone_id": "Moon"}}, "Invalid schedule"),
        ({"run_as": {"service_principal_name": "nobody"}}, "no such service principal"),
        ({"run_as": {"user_name": "a", "service_principal_name": "b"}}, "exactly one"),
    ],
)
def test_a_wrong_alert_is_refused(primary: WorkspaceClient, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        _made(primary, **given)
    with pytest.raises(BadRequest, match="unexpected value for parameters"):
        _made(primary, parameters={})
    with pytest.raises(NotFound):
        _made(primary, parent_path="/Nowhere")
    assert list(primary.alerts_v2.list_alerts()) == []


def test_nobody_lets_an_alert_run_as_another_user(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    bot = primary.service_principals.create(display_name="bot")
    key = _made(primary)
    with pytest.raises(PermissionDenied, match="run_as"):
        _set(primary, key, run_as={"user_name": "ann@example.com"})
    found = _set(primary, key, run_as={"service_principal_name": bot.application_id})
    assert found["effective_run_as"] == {"service_principal_name": bot.application_id}
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    assert list(theirs.alerts_v2.list_alerts()) == []
    with pytest.raises(ResourceDoesNotExist):
        theirs.alerts_v2.get_alert(key)
