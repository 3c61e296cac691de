"""The groups API before SCIM, on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, PermissionDenied, ResourceAlreadyExists

from fixtures.emulator.server import Running

LOCAL = pytest.mark.parametrize("emulator", ["local"], indirect=True)


def _get(w: WorkspaceClient, verb: str, **query: str) -> Any:
    return w.api_client.do("GET", f"/api/2.0/groups/{verb}", query=query)


def _post(w: WorkspaceClient, verb: str, **body: str) -> Any:
    return w.api_client.do("POST", f"/api/2.0/groups/{verb}", body=body)


@LOCAL
def test_groups_come_and_go_by_name(primary: WorkspaceClient) -> None:
    assert _get(primary, "list") == {"group_names": ["admins", "users"]}
    assert _post(primary, "create", group_name="Data Ops") == {"group_name": "Data Ops"}
    with pytest.raises(ResourceAlreadyExists):
        _post(primary, "create", group_name="data ops")
    found = next(primary.groups.list(filter='displayName eq "Data Ops"'))
    assert found.meta is not None
    assert found.meta.resource_type == "WorkspaceGroup"
    assert _post(primary, "delete", group_name="Data Ops") == {}
    assert _get(primary, "list") == {"group_names": ["admins", "users"]}
    for verb in ("delete", "create"):
        with pytest.raises(InvalidParameterValue, match="group_name"):
            _post(primary, verb)
    with pytest.raises(InvalidParameterValue, match="system group"):
        _post(primary, "delete", group_name="users")


@LOCAL
def test_members_are_direct_ones(primary: WorkspaceClient) -> None:
    primary.users.create(user_name="ann@example.com")
    robot = primary.service_principals.create(display_name="robot")
    for name in ("a", "b"):
        _post(primary, "create", group_name=name)
    assert _get(primary, "list-members", group_name="a") == {}
    _post(primary, "add-member", parent_name="a", user_name="ann@example.com")
    _post(primary, "add-member", parent_name="a", user_name="ANN@example.com")
    _post(primary, "add-member", parent_name="b", group_name="a")
    group = next(primary.groups.list(filter='displayName eq "a"'))
    primary.api_client.do(
        "PATCH",
        f"/api/2.0/preview/scim/v2/Groups/{group.id}",
        body={"Operations": [{"op": "add", "path": "members", "value": [{"value": robot.id}]}]},
    )

    assert _get(primary, "list-members", group_name="a") == {"members": [{"user_name": "ann@example.com"}]}
    assert _get(primary, "list-members", group_name="b") == {"members": [{"group_name": "a"}]}
    assert _get(primary, "list-parents", user_name="ann@example.com") == {"group_names": ["a"]}
    assert _get(primary, "list-parents", group_name="a") == {"group_names": ["b"]}
    with pytest.raises(InvalidParameterValue, match="member of itself"):
        _post(primary, "add-member", parent_name="a", group_name="b")
    _post(primary, "remove-member", parent_name="a", user_name="ann@example.com")
    assert _get(primary, "list-parents", user_name="ann@example.com") == {}
    with pytest.raises(NotFound, match="not a member"):
        _post(primary, "remove-member", parent_name="a", user_name="ann@example.com")


@LOCAL
def test_who_is_missing_is_named(primary: WorkspaceClient) -> None:
    _post(primary, "create", group_name="a")
    for body in ({"user_name": "nobody"}, {"group_name": "nobody"}):
        with pytest.raises(NotFound, match="nobody does not exist") as caught:
            _post(primary, "add-member", parent_name="a", **body)
        assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(NotFound, match="Group x does not exist"):
        _get(primary, "list-members", group_name="x")
    for both in ({}, {"user_name": "u", "group_name": "g"}):
        with pytest.raises(InvalidParameterValue, match="Exactly one"):
            _get(primary, "list-parents", **both)


def test_a_federated_workspace_lets_account_groups_in_and_out(primary: WorkspaceClient, emulator: Running) -> None:
    me = primary.current_user.me().id
    emulator.control("account/Groups", {"displayName": "Analysts", "members": [{"value": me}]})
    assert _get(primary, "list") == {"group_names": ["admins", "users"]}
    with pytest.raises(NotFound) as caught:
        _post(primary, "create", group_name="new-group")
    assert str(caught.value) == "Account group with name 'new-group' does not exist"
    assert _post(primary, "create", group_name="analysts") == {"group_name": "Analysts"}
    assert _get(primary, "list-members", group_name="Analysts") == {"members": [{"user_name": "drill@example.com"}]}
    assert _get(primary, "list-parents", user_name="drill@example.com") == {"group_names": ["admins", "Analysts"]}
    for verb in ("add-member", "remove-member"):
        with pytest.raises(BadRequest) as refused:
            _post(primary, verb, parent_name="Analysts", user_name="drill@example.com")
        text = "Group membership cannot be updated as Analysts can only be managed in account."
        assert (refused.value.error_code, str(refused.value)) == ("MALFORMED_REQUEST", text)
    _post(primary, "delete", group_name="Analysts")
    assert _get(primary, "list") == {"group_names": ["admins", "users"]}
    assert len(emulator.emulator.account.state.find("Groups")) == 1


@LOCAL
def test_only_for_admins(primary: WorkspaceClient, emulator: Running) -> None:
    made = primary.users.create(user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(made.id)
    host = emulator.emulator.hosts["primary"]
    ann = WorkspaceClient(config=Config(host=host, token="dapi-ann", retry_timeout_seconds=5))
    with pytest.raises(PermissionDenied):
        _get(ann, "list")
    with pytest.raises(PermissionDenied):
        _post(ann, "add-member", parent_name="admins", user_name="ann@example.com")
    _post(primary, "add-member", parent_name="admins", user_name="ann@example.com")
    assert _get(ann, "list-members", group_name="admins") == {
        "members": [{"user_name": "drill@example.com"}, {"user_name": "ann@example.com"}]
    }
