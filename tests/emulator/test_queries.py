"""Queries of Databricks SQL on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from databricks.sdk.service import sql

from fixtures.emulator.server import Running

QUERIES = "/api/2.0/sql/queries"
GIVEN = {"display_name": "q", "query_text": "SELECT 1", "parent_path": "/Shared"}


def _made(workspace: WorkspaceClient, **given: Any) -> str:
    answer: Any = workspace.api_client.do("POST", QUERIES, body={"query": {**GIVEN, **given}})
    return str(answer["id"])


def test_a_query_lies_in_its_folder_by_default_the_callers_home(primary: WorkspaceClient) -> None:
    assert primary.queries.get(_made(primary)).parent_path == "/Workspace/Shared"
    assert (
        primary.queries.get(_made(primary, parent_path="/Workspace/Shared", display_name="r")).parent_path
        == "/Workspace/Shared"
    )
    assert primary.queries.get(_made(primary, parent_path=None)).parent_path == "/Workspace/Users/drill@example.com"
    shown = {str(each.path): each.resource_id for each in primary.workspace.list("/Shared")}
    assert shown.keys() == {"/Shared/q", "/Shared/r"}
    assert primary.queries.get(str(shown["/Shared/q"])).display_name == "q"


def test_a_name_is_taken_by_whatever_lies_in_the_folder(primary: WorkspaceClient) -> None:
    _made(primary)
    with pytest.raises(ResourceAlreadyExists, match="Node named 'q' already exists"):
        _made(primary)
    answer: Any = primary.api_client.do("POST", QUERIES, body={"query": GIVEN, "auto_resolve_display_name": True})
    assert answer["display_name"] == "q (1)"
    with pytest.raises(ResourceAlreadyExists):
        primary.queries.update(answer["id"], "display_name", query=sql.UpdateQueryRequestQuery(display_name="q"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"display_name": ""}, "between 1 and 255"),
        ({"run_as_mode": "ADMIN"}, "OWNER or VIEWER"),
        ({"parameters": [{"name": "p"}]}, "a name and one value"),
        ({"parameters": [{"text_value": {"value": "a"}}]}, "a name and one value"),
        ({"parameters": [{"name": "p", "query_backed_value": {"query_id": "x"}}]}, "Query x does not exist"),
    ],
)
def test_a_wrong_query_is_refused(primary: WorkspaceClient, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        _made(primary, **given)
    with pytest.raises(BadRequest, match="unexpected value for tags"):
        _made(primary, tags="a")
    with pytest.raises(NotFound):
        _made(primary, parent_path="/Nowhere")
    assert list(primary.queries.list()) == []


def test_an_update_sets_what_its_mask_names(primary: WorkspaceClient) -> None:
    key = _made(primary, description="d", tags=["a"], run_as_mode="VIEWER")
    primary.queries.update(key, "tags,run_as_mode,nothing", query=sql.UpdateQueryRequestQuery(description="e"))
    found = primary.queries.get(key)
    assert (found.description, found.tags, found.run_as_mode) == ("d", None, sql.RunAsMode.OWNER)
    primary.queries.update(key, "*", query=sql.UpdateQueryRequestQuery(display_name="r"))
    found = primary.queries.get(key)
    assert (found.display_name, found.description, found.query_text) == ("r", "", None)
    assert [each.path for each in primary.workspace.list("/Shared")] == ["/Shared/r"]
    with pytest.raises(InvalidParameterValue, match="parent_path"):
        primary.queries.update(key, "parent_path", query=sql.UpdateQueryRequestQuery())


def test_the_trash_holds_what_was_deleted(primary: WorkspaceClient) -> None:
    key = _made(primary)
    primary.queries.delete(key)
    assert primary.queries.get(key).lifecycle_state is sql.LifecycleState.TRASHED
    assert list(primary.queries.list()) == []
    assert list(primary.workspace.list("/Shared")) == []
    with pytest.raises(ResourceDoesNotExist):
        primary.queries.delete(key)
    assert _made(primary) != key


def test_what_lies_in_a_folder_goes_with_it(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs("/Shared/x")
    key = _made(primary, parent_path="/Shared/x")
    with pytest.raises(BadRequest, match="is not empty"):
        primary.workspace.delete("/Shared/x")
    primary.workspace.delete("/Shared/x", recursive=True)
    assert primary.queries.get(key).lifecycle_state is sql.LifecycleState.TRASHED


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_who_is_in_the_workspace_can_be_the_owner_and_one_who_is_gone_is_unavailable(
    emulator: Running, primary: WorkspaceClient
) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    bot = primary.service_principals.create(display_name="bot")
    key = _made(primary)
    nobody = sql.UpdateQueryRequestQuery(owner_user_name="nobody@example.com")
    with pytest.raises(InvalidParameterValue, match="cannot be the owner"):
        primary.queries.update(key, "owner_user_name", query=nobody)
    to_bot = sql.UpdateQueryRequestQuery(owner_user_name=str(bot.application_id))
    assert primary.queries.update(key, "owner_user_name", query=to_bot).owner_user_name == bot.application_id
    ours = sql.UpdateQueryRequestQuery(owner_user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    assert list(theirs.queries.list()) == []
    with pytest.raises(ResourceDoesNotExist):
        theirs.queries.get(key)
    primary.queries.update(key, "owner_user_name", query=ours)
    assert [query.id for query in theirs.queries.list()] == [key]
    with pytest.raises(PermissionDenied, match="Only workspace admins"):
        theirs.queries.update(
            key, "owner_user_name", query=sql.UpdateQueryRequestQuery(owner_user_name="drill@example.com")
        )
    primary.users.delete(str(ann.id))
    assert primary.queries.get(key).owner_user_name == "Unavailable"
