"""Genie spaces on the wire."""

import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, PermissionDenied
from databricks.sdk.service import iam

from fixtures.emulator.server import Running

TABLE = {"identifier": "main.sales.orders"}


def _warehouse(workspace: WorkspaceClient) -> str:
    made: Any = workspace.api_client.do("POST", "/api/2.0/sql/warehouses", body={"name": "w", "cluster_size": "Small"})
    return str(made["id"])


def test_what_a_space_holds_becomes_of_the_second_version(primary: WorkspaceClient) -> None:
    warehouse, text = _warehouse(primary), json.dumps({"version": 1, "config": {}})
    made = primary.genie.create_space(warehouse, text, title="s", parent_path="/Workspace/Shared/")
    assert json.loads(str(made.serialized_space)) == {"version": 2, "config": {}, "data_sources": {}}
    text = json.dumps({"version": 2, "data_sources": {"tables": [TABLE]}})
    made = primary.genie.update_space(made.space_id, serialized_space=text, etag=made.etag)
    assert (made.serialized_space, made.etag, made.parent_path) == (text, "2", "/Shared")
    found = primary.genie.get_space(made.space_id)
    assert (found.title, found.serialized_space, found.etag) == ("s", None, None)


def test_an_etag_counts_what_a_space_holds(primary: WorkspaceClient) -> None:
    made = primary.genie.create_space(_warehouse(primary), "{}", title="s", description="d")
    primary.genie.update_space(made.space_id, title="t", description="", etag=made.etag)
    found = primary.genie.get_space(made.space_id, include_serialized_space=True)
    assert (found.title, found.description, found.etag) == ("t", "", "1")
    primary.genie.update_space(made.space_id, serialized_space='{"a": 1}')
    with pytest.raises(DatabricksError, match="expected 2, got 1"):
        primary.genie.update_space(made.space_id, title="u", etag="1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"serialized_space": "{"}, "not valid JSON"),
        ({"serialized_space": "[]"}, "not a JSON object"),
        ({"serialized_space": ""}, "Missing required field"),
        ({"warehouse_id": "x"}, "Warehouse x does not exist"),
        ({"parent_path": "/Nowhere"}, "doesn't exist"),
    ],
)
def test_a_wrong_space_is_refused(primary: WorkspaceClient, given: dict[str, Any], said: str) -> None:
    body = {"warehouse_id": _warehouse(primary), "serialized_space": "{}", "parent_path": "/Shared", **given}
    with pytest.raises(DatabricksError, match=said):
        primary.genie.create_space(**body)
    assert not primary.genie.list_spaces().spaces


def test_spaces_of_one_title_are_listed_in_pages_and_one_in_the_trash_is_not(primary: WorkspaceClient) -> None:
    warehouse = _warehouse(primary)
    one, two = (primary.genie.create_space(warehouse, "{}", title="s", parent_path="/Shared") for _ in range(2))
    first = primary.genie.list_spaces(page_size=1)
    second = primary.genie.list_spaces(page_size=1, page_token=first.next_page_token)
    assert [each.space_id for page in (first, second) for each in page.spaces or []] == [one.space_id, two.space_id]
    primary.genie.trash_space(one.space_id)
    assert [each.space_id for each in primary.genie.list_spaces().spaces or []] == [two.space_id]
    with pytest.raises(NotFound, match="has been trashed"):
        primary.genie.get_space(one.space_id)
    assert primary.permissions.get("genie", one.space_id).object_type == "genie-space"


def test_what_a_space_holds_is_for_those_who_may_edit_it(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    made = primary.genie.create_space(_warehouse(primary), "{}", title="s", parent_path="/Shared")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    assert not theirs.genie.list_spaces().spaces
    with pytest.raises(NotFound):
        theirs.genie.get_space(made.space_id)
    level = iam.AccessControlRequest(user_name="ann@example.com", permission_level=iam.PermissionLevel.CAN_RUN)
    primary.permissions.update("genie", made.space_id, access_control_list=[level])
    assert theirs.genie.get_space(made.space_id).title == "s"
    with pytest.raises(PermissionDenied):
        theirs.genie.get_space(made.space_id, include_serialized_space=True)
