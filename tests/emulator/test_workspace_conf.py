"""Workspace configuration on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue


def test_values_are_text_and_null_where_never_set(primary: WorkspaceClient) -> None:
    keys = "enableIpAccessLists,maxTokenLifetimeDays,enableWebTerminal"
    assert primary.workspace_conf.get_status(keys) == dict.fromkeys(keys.split(","))
    primary.workspace_conf.set_status({"enableIpAccessLists": "true", "maxTokenLifetimeDays": "90"})
    assert primary.workspace_conf.get_status(keys) == {
        "enableIpAccessLists": "true",
        "maxTokenLifetimeDays": "90",
        "enableWebTerminal": None,
    }
    primary.workspace_conf.set_status({"maxTokenLifetimeDays": ""})
    assert primary.workspace_conf.get_status("maxTokenLifetimeDays") == {"maxTokenLifetimeDays": None}


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
