"""Workspace configuration on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, InvalidState, PermissionDenied

from fixtures.emulator.server import Emulator, Running, Site
from fixtures.plugin import client
from lakedrill.inventory.kinds.workspace_conf import KEYS


def test_values_are_text_and_null_where_never_set(primary: WorkspaceClient) -> None:
    keys = "enableIpAccessLists,maxTokenLifetimeDays,enableWebTerminal"
    assert primary.workspace_conf.get_status(keys) == dict.fromkeys(keys.split(","))
    primary.workspace_conf.set_status({"enableIpAccessLists": "true", "maxTokenLifetimeDays": "90"})
    assert primary.workspace_conf.get_status(keys) == {
        "enableIpAccessLists": "true",
        "maxTokenLifetimeDays": "90",
        "enableWebTerminal": None,
    }


def test_each_workspace_has_its_own(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    primary.workspace_conf.set_status({"enableDbfsFileBrowser": "true"})
    assert secondary.workspace_conf.get_status("enableDbfsFileBrowser") == {"enableDbfsFileBrowser": None}


def test_unknown_keys_and_wrong_values_are_refused_whole(primary: WorkspaceClient) -> None:
    with pytest.raises(InvalidParameterValue, match=r'^Invalid keys: \["nope"\]$'):
        primary.workspace_conf.get_status("enableWebTerminal,nope")
    with pytest.raises(InvalidParameterValue, match=r'^Invalid keys: \["nope"\]$'):
        primary.workspace_conf.set_status({"nope": "true"})
    with pytest.raises(InvalidParameterValue, match=r'^Some values are not allowed: \{"enableWebTerminal":"yes"\}$'):
        primary.workspace_conf.set_status({"enableWebTerminal": "yes", "enableIpAccessLists": "true"})
    assert primary.workspace_conf.get_status("enableIpAccessLists") == {"enableIpAccessLists": None}


@pytest.mark.parametrize("key", ["maxTokenLifetimeDays", "storeInteractiveNotebookResultsInCustomerAccount"])
def test_what_was_set_is_never_unset(primary: WorkspaceClient, key: str) -> None:
    for value in ("", None):
        with pytest.raises(InvalidParameterValue, match=r"^Some values are not allowed"):
            primary.api_client.do("PATCH", "/api/2.0/workspace-conf", body={key: value})


def test_all_that_are_known_are_served(primary: WorkspaceClient) -> None:
    assert primary.workspace_conf.get_status(",".join(KEYS)) == dict.fromkeys(KEYS)


def test_one_cloud_lacks_what_another_has() -> None:
    with Running(Emulator(sites=(Site("primary", "westeurope", "AZURE"),))) as running:
        azure = client(running, "primary")
        with pytest.raises(InvalidParameterValue, match=r'^Invalid keys: \["enableGp3"\]$'):
            azure.workspace_conf.get_status("enableWebTerminal,enableGp3")


def test_it_is_for_admins(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann").workspace_conf
    with pytest.raises(PermissionDenied):
        theirs.get_status("enableWebTerminal")
    with pytest.raises(PermissionDenied):
        theirs.set_status({"enableWebTerminal": "true"})


def test_nobody_switches_lists_on_that_shut_him_out(primary: WorkspaceClient) -> None:
    """Somebody else may have made them, who calls from elsewhere."""
    made = {"label": "elsewhere", "list_type": "ALLOW", "ip_addresses": ["198.51.100.0/24"]}
    where = {"X-Forwarded-For": "198.51.100.7"}
    primary.api_client.do("POST", "/api/2.0/ip-access-lists", body=made, headers=where)
    with pytest.raises(InvalidState, match=r"Your current IP 127\.0\.0\.1 will not be allowed"):
        primary.workspace_conf.set_status({"enableIpAccessLists": "true"})
    primary.workspace_conf.set_status({"enableIpAccessLists": "false"})
