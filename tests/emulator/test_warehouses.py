"""SQL warehouses on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import sql

from fixtures.emulator.server import Running

GIVEN = {"name": "bi", "cluster_size": "Small"}


def _made(workspace: WorkspaceClient, **given: Any) -> str:
    return str(workspace.api_client.do("POST", "/api/2.0/sql/warehouses", body={**GIVEN, **given})["id"])  # type: ignore[call-overload]


def _turn(emulator: Running, seconds: int) -> None:
    emulator.control("clock", {"advance_ms": seconds * 1000})


def test_a_warehouse_starts_by_itself_and_stops_when_told(emulator: Running, primary: WorkspaceClient) -> None:
    key = _made(primary)
    assert primary.warehouses.get(key).state is sql.State.STARTING
    _turn(emulator, 2)
    assert primary.warehouses.get(key).num_clusters == 1
    primary.warehouses.stop(key)
    assert primary.warehouses.get(key).state is sql.State.STOPPING
    _turn(emulator, 2)
    primary.warehouses.stop(key)
    assert primary.warehouses.get(key).state is sql.State.STOPPED
    primary.warehouses.start(key)
    assert primary.warehouses.get(key).state is sql.State.STARTING


def test_one_that_never_stops_by_itself_does_not(emulator: Running, primary: WorkspaceClient) -> None:
    busy, idle = _made(primary, auto_stop_mins=0), _made(primary, name="idle", auto_stop_mins=10)
    _turn(emulator, 60 * 60)
    assert primary.warehouses.get(busy).state is sql.State.RUNNING
    assert primary.warehouses.get(idle).state is sql.State.STOPPED


def test_an_edit_replaces_all_and_starts_it(emulator: Running, primary: WorkspaceClient) -> None:
    key = _made(primary, auto_stop_mins=20, enable_photon=False)
    primary.warehouses.stop(key)
    _turn(emulator, 2)
    primary.warehouses.edit(key, name="bi", cluster_size="Large")
    found = primary.warehouses.get(key)
    assert (found.cluster_size, found.auto_stop_mins, found.enable_photon) == ("Large", 120, True)
    assert found.state is sql.State.STARTING


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "name is required"),
        ({"name": "x" * 100}, "fewer than 100"),
        ({"cluster_size": "Tiny"}, "cluster_size must be one of"),
        ({"auto_stop_mins": 5}, "at least 10"),
        ({"min_num_clusters": 0}, "between 1 and 30"),
        ({"min_num_clusters": 3, "max_num_clusters": 2}, "between min_num_clusters and 40"),
        ({"max_num_clusters": 41}, "between min_num_clusters and 40"),
        ({"warehouse_type": "OTHER"}, "Unknown warehouse_type"),
        ({"spot_instance_policy": "OTHER"}, "Unknown spot_instance_policy"),
        ({"channel": {"name": "OTHER"}}, "Unknown channel"),
        ({"channel": {"name": "CHANNEL_NAME_CUSTOM"}}, "dbsql_version"),
        ({"channel": {"dbsql_version": "2025.30"}}, "dbsql_version"),
        ({"tags": {"custom_tags": [{"key": str(n), "value": ""} for n in range(45)]}}, "fewer than 45"),
        ({"enable_serverless_compute": True, "warehouse_type": "CLASSIC"}, "must be of type PRO"),
    ],
)
def test_a_wrong_warehouse_is_refused(primary: WorkspaceClient, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        _made(primary, **given)
    assert list(primary.warehouses.list()) == []


def test_a_serverless_warehouse_is_pro(primary: WorkspaceClient) -> None:
    found = primary.warehouses.get(_made(primary, enable_serverless_compute=True, warehouse_type="TYPE_UNSPECIFIED"))
    assert found.warehouse_type is sql.GetWarehouseResponseWarehouseType.PRO


def test_a_name_is_free_again_when_its_warehouse_is_gone(primary: WorkspaceClient) -> None:
    key = _made(primary)
    with pytest.raises(InvalidParameterValue, match="SQL warehouse with name `bi` already exists"):
        _made(primary)
    primary.warehouses.delete(key)
    with pytest.raises(ResourceDoesNotExist):
        primary.warehouses.get(key)
    assert _made(primary) != key


def test_others_see_what_they_may(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    key = _made(primary)
    assert list(theirs.warehouses.list()) == []
    for call in (theirs.warehouses.get, theirs.warehouses.stop):
        with pytest.raises(PermissionDenied):
            call(key)
    with pytest.raises(PermissionDenied):
        _made(theirs, name="mine")
    grant = sql.WarehouseAccessControlRequest(
        user_name="ann@example.com", permission_level=sql.WarehousePermissionLevel.CAN_USE
    )
    primary.warehouses.update_permissions(key, access_control_list=[grant])
    assert [warehouse.id for warehouse in theirs.warehouses.list()] == [key]
    theirs.warehouses.stop(key)
    with pytest.raises(PermissionDenied):
        theirs.warehouses.edit(key, name="bi", cluster_size="Large")


def test_a_put_without_an_owner_keeps_the_owner(primary: WorkspaceClient) -> None:
    key = _made(primary)
    given = [
        {"user_name": "drill@example.com", "permission_level": "CAN_USE"},
        {"group_name": "users", "permission_level": "CAN_VIEW"},
    ]
    primary.api_client.do("PUT", f"/api/2.0/permissions/sql/warehouses/{key}", body={"access_control_list": given})
    found = primary.warehouses.get_permissions(key).access_control_list or []
    levels = {
        entry.user_name or entry.group_name: [p.permission_level for p in entry.all_permissions or []]
        for entry in found
    }
    assert levels["drill@example.com"] == [sql.WarehousePermissionLevel.IS_OWNER]
    assert levels["users"] == [sql.WarehousePermissionLevel.CAN_VIEW]
