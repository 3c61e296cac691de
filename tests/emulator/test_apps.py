"""Apps on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound, PermissionDenied
from databricks.sdk.service import apps

from fixtures.emulator.server import Running

API = "/api/2.0/apps"


def _made(workspace: WorkspaceClient, name: str = "app", **rest: Any) -> dict[str, Any]:
    return workspace.api_client.do("POST", API, body={"name": name, **rest})  # type: ignore[return-value]


def test_the_listing_comes_in_pages(primary: WorkspaceClient) -> None:
    names = [f"app-{number:02d}" for number in range(25)]
    for name in names:
        _made(primary, name)
    assert [each.name for each in primary.apps.list()] == names
    assert [each.name for each in primary.apps.list(page_size=7)] == names


def test_one_that_is_deleted_goes_after_a_while(emulator: Running, primary: WorkspaceClient) -> None:
    _made(primary)
    primary.apps.delete("app")
    (listed,) = primary.apps.list()
    assert listed.compute_status
    assert listed.compute_status.state == apps.ComputeState.DELETING
    emulator.control("clock", {"advance_ms": 2_000})
    assert list(primary.apps.list()) == []
    with pytest.raises(NotFound):
        primary.apps.get("app")
    with pytest.raises(NotFound):
        primary.apps.get_permissions("app")


def test_a_resource_leads_to_what_is_there(primary: WorkspaceClient) -> None:
    """To a model of the service's own too; what is of Unity Catalog nobody looks for."""
    other = {"name": "other", "app": {"name": "nobody", "permission": "CAN_USE"}}
    with pytest.raises(NotFound):
        _made(primary, resources=[other])
    _made(primary, "nobody")
    model = {"name": "model", "serving_endpoint": {"name": "databricks-gte-large-en", "permission": "CAN_QUERY"}}
    job = primary.jobs.create(name="nightly").job_id
    night = {"name": "night", "job": {"id": str(job), "permission": "CAN_VIEW"}}
    found = _made(primary, resources=[other, model, night])
    assert found["resources"] == [other, model, night]
    with pytest.raises(InvalidParameterValue):
        primary.api_client.do("PATCH", f"{API}/app", body={"name": "app", "resources": [other, other]})


def test_access_is_granted_by_the_name(emulator: Running, primary: WorkspaceClient) -> None:
    _made(primary)
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    with pytest.raises(NotFound):
        ann.apps.get("app")
    assert list(ann.apps.list()) == []
    use = apps.AppAccessControlRequest(user_name="ann@example.com", permission_level=apps.AppPermissionLevel.CAN_USE)
    primary.apps.set_permissions("app", access_control_list=[use])
    assert ann.apps.get("app").name == "app"
    with pytest.raises(PermissionDenied):
        ann.apps.delete("app")
