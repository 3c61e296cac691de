"""Assignment to a workspace, and the account's principals, on the wire."""

from typing import Any
from urllib.error import HTTPError

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service import iam

from fixtures.emulator.server import Running

PATH = "/api/2.0/preview/permissionassignments"
ACCOUNT = "/api/2.0/account/scim/v2"


def _account(emulator: Running, family: str, **document: Any) -> str:
    return str(emulator.control(f"account/{family}", document)["id"])


def _do(workspace: WorkspaceClient, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer = workspace.api_client.do(method, path, **more)
    assert isinstance(answer, dict)
    return answer


def _assign(workspace: WorkspaceClient, key: str, *permissions: str) -> dict[str, Any]:
    return _do(workspace, "PUT", f"{PATH}/principals/{key}", body={"permissions": list(permissions)})


def _assigned(workspace: WorkspaceClient) -> dict[str, list[str]]:
    answer = iam.PermissionAssignments.from_dict(_do(workspace, "GET", PATH))
    return {
        str(p.user_name or p.group_name or p.service_principal_name): [x.value for x in assignment.permissions or []]
        for assignment in answer.permission_assignments or []
        if (p := assignment.principal)
    }


def test_the_caller_is_assigned_as_admin(primary: WorkspaceClient) -> None:
    assert _assigned(primary) == {"drill@example.com": ["ADMIN"]}


def test_admin_is_membership_in_admins(emulator: Running, primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com", displayName="Ann")
    answer = _assign(primary, ann, "ADMIN")
    assert answer == {
        "principal": {"principal_id": int(ann), "display_name": "Ann", "user_name": "ann@example.com"},
        "permissions": ["ADMIN"],
    }
    assert [group.display for group in primary.users.get(ann).groups or []] == ["admins"]
    assert "ann@example.com" not in _assigned(secondary)

    _assign(primary, ann, "USER")
    assert primary.users.get(ann).groups == []
    admins = next(str(group.id) for group in primary.groups.list(filter="displayName eq 'admins'"))
    patch = iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": ann}])
    primary.groups.patch(admins, operations=[patch])
    assert _assigned(primary)["ann@example.com"] == ["ADMIN"]


def test_assignment_by_name_answers_each_item(emulator: Running, primary: WorkspaceClient) -> None:
    _account(emulator, "Groups", displayName="Team")
    robot = _account(emulator, "ServicePrincipals", displayName="robot")
    name = _do(primary, "GET", f"{ACCOUNT}/ServicePrincipals/{robot}")["applicationId"]
    items = [
        {"group_name": "Team", "permissions": ["USER"]},
        {"user_name": "nobody@example.com", "permissions": ["USER"]},
        {"service_principal_name": name, "permissions": ["ADMIN"]},
        {"user_name": "drill@example.com", "permissions": ["ADMIN"]},
        {"group_name": "Team", "permissions": ["OWNER"]},
    ]
    answer = _do(primary, "POST", PATH, body={"permission_assignments": items})["permission_assignments"]

    parsed = [iam.PermissionAssignment.from_dict(item) for item in answer]
    assert [bool(item.error) for item in parsed] == [False, True, False, True, True]
    assert "nobody@example.com not found in the account" in str(parsed[1].error)
    assert "already assigned" in str(parsed[3].error)
    assert _assigned(primary) == {"drill@example.com": ["ADMIN"], "Team": ["USER"], name: ["ADMIN"]}


def test_refusals_by_id(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com")
    _assign(primary, ann, "USER")

    with pytest.raises(BadRequest, match="is already assigned") as again:
        _assign(primary, ann, "USER")
    assert again.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(NotFound, match="Principal 17 not found in the account") as missing:
        _assign(primary, "17", "USER")
    assert missing.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(NotFound, match="Principal 17 not in workspace"):
        primary.api_client.do("DELETE", f"{PATH}/principals/17")
    primary.groups.create(display_name="team")
    with pytest.raises(BadRequest, match="Group with name team already exists in the workspace"):
        _assign(primary, _account(emulator, "Groups", displayName="team"), "USER")


def test_unassigning_a_group_hides_its_members(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com")
    group = _account(emulator, "Groups", displayName="team", members=[{"value": ann}])
    _assign(primary, group, "ADMIN")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = ann
    other = WorkspaceClient(host=primary.config.host, token="dapi-ann")
    assert "team" in _assigned(other)

    _assign(primary, group, "USER")
    with pytest.raises(PermissionDenied, match="Only workspace admins"):
        _assigned(other)
    primary.api_client.do("DELETE", f"{PATH}/principals/{group}")
    with pytest.raises(NotFound):
        primary.users.get(ann)
    assert _assigned(primary) == {"drill@example.com": ["ADMIN"]}


def test_the_account_is_readable_from_the_workspace(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com")
    group = _account(emulator, "Groups", displayName="team", externalId="e1", members=[{"value": ann}])

    users = _do(primary, "GET", f"{ACCOUNT}/Users", query={"attributes": "id,userName", "startIndex": 1, "count": 100})
    assert [user["userName"] for user in users["Resources"]] == ["drill@example.com", "ann@example.com"]
    found = iam.Group.from_dict(_do(primary, "GET", f"{ACCOUNT}/Groups/{group}"))
    assert (found.display_name, found.external_id) == ("team", "e1")
    assert [member.ref for member in found.members or []] == [f"Users/{ann}"]
    named = _do(primary, "GET", f"{ACCOUNT}/Groups", query={"filter": 'displayName eq "TEAM"'})
    assert [each["id"] for each in named["Resources"]] == [group]
    assert not list(primary.users.list(filter='userName eq "ann@example.com"'))


def test_who_leaves_the_company_is_gone_everywhere(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com")
    group = _account(emulator, "Groups", displayName="team", members=[{"value": ann}])
    _assign(primary, ann, "ADMIN")
    emulator.control(f"account/Users/{ann}", method="DELETE")

    assert "ann@example.com" not in _assigned(primary)
    assert "members" not in _do(primary, "GET", f"{ACCOUNT}/Groups/{group}")
    with pytest.raises(NotFound):
        primary.users.get(ann)


def test_an_account_group_is_filled_anew(emulator: Running) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com")
    group = emulator.control("account/Groups", {"displayName": "team", "members": [{"value": ann}]})
    again = emulator.control("account/Groups", {"id": group["id"], "displayName": "crew"})

    assert again["id"] == group["id"]
    assert (again["displayName"], "members" in again) == ("crew", False)
    with pytest.raises(HTTPError, match="409"):
        emulator.control("account/Groups", {"displayName": "Crew"})
    with pytest.raises(HTTPError, match="404"):
        emulator.control("account/Groups", {"displayName": "odd", "members": [{"value": "17"}]})


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_there_is_no_account_where_identity_is_local(emulator: Running, primary: WorkspaceClient) -> None:
    with pytest.raises(BadRequest, match="Permission assignment APIs are not available for this workspace"):
        _assigned(primary)
    assert _do(primary, "GET", f"{ACCOUNT}/Users")["totalResults"] == 0
    with pytest.raises(HTTPError, match="400"):
        emulator.control("account/Users", {"userName": "ann@example.com"})
