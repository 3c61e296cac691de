"""What all SQL warehouses share, on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, PermissionDenied
from databricks.sdk.service import sql

from fixtures.emulator.server import Running

PATH = "/api/2.0/sql/config/warehouses"
PARAMETERS = {"configuration_pairs": [{"key": "ANSI_MODE", "value": "true"}]}


def _now(workspace: WorkspaceClient) -> dict[str, object]:
    found: dict[str, object] = workspace.warehouses.get_workspace_warehouse_config().as_dict()
    return found


def test_it_is_set_as_a_whole(primary: WorkspaceClient) -> None:
    assert _now(primary) == {"security_policy": "DATA_ACCESS_CONTROL"}
    policy = sql.SetWorkspaceWarehouseConfigRequestSecurityPolicy.PASSTHROUGH
    primary.warehouses.set_workspace_warehouse_config(security_policy=policy, enable_serverless_compute=True)
    assert _now(primary) == {"security_policy": "PASSTHROUGH", "enable_serverless_compute": True}
    primary.api_client.do("PUT", PATH, body={"global_param": {"config_pair": PARAMETERS["configuration_pairs"]}})
    kept = {"security_policy": "DATA_ACCESS_CONTROL", "enable_serverless_compute": True}
    assert _now(primary) == {**kept, "sql_configuration_parameters": PARAMETERS}


def test_setting_it_restarts_what_runs_and_starts_nothing(emulator: Running, primary: WorkspaceClient) -> None:
    keys = [str(primary.warehouses.create(name=name, cluster_size="Small").id) for name in ("a", "b")]
    primary.warehouses.stop(keys[1])
    emulator.control("clock", {"advance_ms": 2_000})
    primary.warehouses.set_workspace_warehouse_config()
    states = [primary.warehouses.get(key).state for key in keys]
    assert states == [sql.State.STARTING, sql.State.STOPPED]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"security_policy": "SOME"}, "security_policy"),
        ({"security_policy": 1}, "unexpected value for security_policy"),
        ({"data_access_config": [{"value": "a"}]}, "needs a key"),
        ({"data_access_config": [{"key": "a", "value": "b" * 2**19}]}, "larger than 512K"),
        ({"enabled_warehouse_types": [{"warehouse_type": "BIG"}]}, "warehouse_type"),
        ({"enable_serverless_compute": False}, "only be set to true"),
        ({"google_service_account": "a@example.com"}, "only be set on GCP"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    primary: WorkspaceClient, given: dict[str, object], said: str
) -> None:
    with pytest.raises(DatabricksError, match=said):
        primary.api_client.do("PUT", PATH, body=given)
    assert _now(primary) == {"security_policy": "DATA_ACCESS_CONTROL"}


def test_it_is_for_admins(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann").warehouses
    for call in (theirs.get_workspace_warehouse_config, theirs.set_workspace_warehouse_config):
        with pytest.raises(PermissionDenied):
            call()
