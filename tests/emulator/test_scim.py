"""SCIM on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service import iam

from fixtures.emulator.server import Running
from fixtures.emulator.state import Document, State

BOTH = pytest.mark.parametrize("emulator", ["federated", "local"], indirect=True)
PATCH = [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]
SCIM = "/api/2.0/preview/scim/v2"


def _values(items: list[iam.ComplexValue] | None) -> list[str | None]:
    return [item.value for item in items or []]


def _add(attribute: str, *values: str) -> iam.Patch:
    return iam.Patch(op=iam.PatchOp.ADD, path=attribute, value=[{"value": value} for value in values])


def _user(workspace: WorkspaceClient, name: str, /, **more: Any) -> str:
    return str(workspace.users.create(user_name=name, **more).id)


def _group(workspace: WorkspaceClient, name: str, *members: str) -> str:
    created = workspace.groups.create(display_name=name, members=[iam.ComplexValue(value=m) for m in members])
    return str(created.id)


def _account(emulator: Running, family: str, **document: Any) -> str:
    return str(emulator.control(f"account/{family}", document)["id"])


@BOTH
def test_a_new_workspace_has_its_caller_and_two_groups(primary: WorkspaceClient) -> None:
    me = primary.current_user.me()
    assert me.user_name == "drill@example.com"
    assert [(group.display, group.type) for group in me.groups or []] == [("admins", "direct")]

    found = {group.display_name: group for group in primary.groups.list()}
    assert set(found) == {"admins", "users"}
    assert _values(found["admins"].members) == [me.id]
    assert found["users"].members == []
    assert _values(found["users"].entitlements) == ["workspace-access", "databricks-sql-access"]
    assert {str(group.meta.resource_type) for group in found.values() if group.meta} == {"WorkspaceGroup"}


@BOTH
def test_me_tells_the_workspace_in_a_header(emulator: Running, primary: WorkspaceClient) -> None:
    answer = primary.api_client.do("GET", f"{SCIM}/Me", response_headers=["X-Databricks-Org-Id"])
    assert isinstance(answer, dict)
    assert answer["X-Databricks-Org-Id"] == str(emulator.emulator.apps["primary"].workspace.workspace_id)


@BOTH
def test_a_user_has_defaults_from_its_name(primary: WorkspaceClient) -> None:
    created = primary.users.create(
        user_name="Ann@example.com", entitlements=[iam.ComplexValue(value="workspace-access")]
    )

    found = primary.users.get(str(created.id))
    assert found == created
    assert (found.user_name, found.display_name, found.active) == ("Ann@example.com", "Ann@example.com", True)
    assert found.emails == [iam.ComplexValue(type="work", value="Ann@example.com", primary=True)]
    assert _values(found.entitlements) == ["workspace-access"]
    assert found.groups == []
    assert [user.id for user in primary.users.list(filter='userName eq "ann@EXAMPLE.com"')] == [created.id]


@BOTH
def test_a_name_is_taken_whatever_its_case(primary: WorkspaceClient) -> None:
    _user(primary, "ann@example.com")
    _group(primary, "team")

    with pytest.raises(ResourceConflict, match=r"User with username ANN@example\.com already exists\.") as user:
        _user(primary, "ANN@example.com")
    assert user.value.error_code == "SCIM_409"
    with pytest.raises(ResourceConflict, match=r"Group with name Team already exists\."):
        _group(primary, "Team")
    with pytest.raises(ResourceConflict, match=r"Group with name admins already exists\."):
        _group(primary, "admins")


@BOTH
def test_a_missing_principal_is_a_404(primary: WorkspaceClient) -> None:
    for call in (primary.users.get, primary.users.delete, primary.groups.get, primary.service_principals.delete):
        with pytest.raises(NotFound, match="with id 17 not found") as refusal:
            call("17")
        assert refusal.value.error_code == "SCIM_404"
    with pytest.raises(NotFound):
        primary.groups.get(_user(primary, "ann@example.com"))


@BOTH
def test_an_application_id_is_made_unless_given(primary: WorkspaceClient) -> None:
    made = primary.service_principals.create(display_name="robot")
    given = primary.service_principals.create(application_id="8d2b7c5e-0000-4000-8000-0000000000aa")

    assert len(str(made.application_id)) == 36
    assert primary.service_principals.get(str(made.id)) == made
    assert given.display_name == given.application_id
    query = f"applicationId eq '{given.application_id}'"
    assert [found.id for found in primary.service_principals.list(filter=query)] == [given.id]
    assert [found.id for found in primary.service_principals.list(filter='displayName eq "ROBOT"')] == [made.id]


@BOTH
def test_groups_nest_and_tell_direct_from_indirect(primary: WorkspaceClient) -> None:
    ann = _user(primary, "ann@example.com", display_name="Ann")
    robot = str(primary.service_principals.create(display_name="robot").id)
    inner = _group(primary, "inner", ann, robot)
    outer = _group(primary, "outer", inner)

    members = primary.groups.get(inner).members
    assert members == [
        iam.ComplexValue(value=ann, display="Ann", ref=f"Users/{ann}", type="direct"),
        iam.ComplexValue(value=robot, display="robot", ref=f"ServicePrincipals/{robot}", type="direct"),
    ]
    groups = primary.users.get(ann).groups
    assert groups == [
        iam.ComplexValue(value=inner, display="inner", ref=f"Groups/{inner}", type="direct"),
        iam.ComplexValue(value=outer, display="outer", ref=f"Groups/{outer}", type="indirect"),
    ]
    with pytest.raises(BadRequest, match="cannot be a member of itself"):
        primary.groups.patch(inner, operations=[_add("members", outer)], schemas=PATCH)
    listed = {group.id: group for group in primary.groups.list()}
    assert listed[inner] == primary.groups.get(inner)


@BOTH
def test_groups_nest_ten_levels_deep(primary: WorkspaceClient) -> None:
    """Whichever end a chain grows at; users at the bottom are no level."""
    top = middle = _group(primary, "group 0", _user(primary, "ann@example.com"))
    for level in range(1, 6):
        top = _group(primary, f"group {level}", top)
    for level in range(6, 11):
        below = _group(primary, f"group {level}")
        primary.groups.patch(middle, operations=[_add("members", below)], schemas=PATCH)
        middle = below

    for group, member in ((_group(primary, "above"), top), (middle, _group(primary, "below"))):
        with pytest.raises(BadRequest, match="10 levels deep"):
            primary.groups.patch(group, operations=[_add("members", member)], schemas=PATCH)


@BOTH
def test_membership_is_patched_in_every_form(primary: WorkspaceClient) -> None:
    ann, bob = _user(primary, "ann@example.com"), _user(primary, "bob@example.com")
    group = _group(primary, "team")

    def patch(**operation: Any) -> list[str | None]:
        body = {"schemas": [PATCH[0].value], "Operations": [operation]}
        assert primary.api_client.do("PATCH", f"{SCIM}/Groups/{group}", body=body) == {}
        return _values(primary.groups.get(group).members)

    assert patch(op="add", path="members", value=[{"value": ann}]) == [ann]
    assert patch(op="Add", value={"members": [{"value": bob}, {"value": ann}]}) == [ann, bob]
    assert patch(op="remove", path=f'members[value eq "{ann}"]') == [bob]
    assert patch(op="remove", path=f'members[value eq "{ann}"]') == [bob]
    assert patch(op="replace", path="members", value=[{"value": ann}]) == [ann]
    assert patch(op="remove", path="members", value=[{"value": ann}]) == []


@BOTH
def test_entitlements_roles_and_names_are_patched(primary: WorkspaceClient) -> None:
    group = _group(primary, "team")
    operations = [
        _add("entitlements", "allow-cluster-create", "workspace-access"),
        _add("roles", "arn:aws:iam::1:instance-profile/x"),
        iam.Patch(op=iam.PatchOp.REMOVE, path='entitlements[value eq "workspace-access"]'),
        iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value="crew"),
    ]
    primary.groups.patch(group, operations=operations, schemas=PATCH)

    found = primary.groups.get(group)
    assert found.display_name == "crew"
    assert _values(found.entitlements) == ["allow-cluster-create"]
    assert _values(found.roles) == ["arn:aws:iam::1:instance-profile/x"]
    assert [each.id for each in primary.groups.list(filter='displayName eq "crew"')] == [group]
    assert not list(primary.groups.list(filter='displayName eq "team"'))


@BOTH
def test_a_bad_patch_changes_nothing(primary: WorkspaceClient) -> None:
    group = _group(primary, "team")
    renamed = iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value="crew")
    for bad, message in (
        (_add("colour", "red"), "invalidPath No such attribute with the name : colour in the current resource"),
        (_add("entitlements", "fly"), "invalidValue Unknown entitlement: fly"),
        (_add("members", "17"), "invalidValue Member with id 17 does not exist"),
    ):
        with pytest.raises(BadRequest, match=message) as refusal:
            primary.groups.patch(group, operations=[renamed, bad], schemas=PATCH)
        assert refusal.value.error_code == "SCIM_400"
    assert primary.groups.get(group).display_name == "team"


@BOTH
def test_a_user_is_switched_off_and_on(primary: WorkspaceClient) -> None:
    ann = _user(primary, "ann@example.com")
    for value in ([{"value": "false"}], "True"):
        primary.users.patch(
            ann, operations=[iam.Patch(op=iam.PatchOp.REPLACE, path="active", value=value)], schemas=PATCH
        )
        assert primary.users.get(ann).active is (value == "True")


@BOTH
def test_put_clears_what_it_leaves_out_but_never_the_name(primary: WorkspaceClient) -> None:
    ann = _user(primary, "ann@example.com", entitlements=[iam.ComplexValue(value="workspace-access")])
    group = _group(primary, "team", ann)
    primary.users.update(ann, user_name="other@example.com", display_name="Ann")
    primary.groups.update(group, display_name="crew")

    assert primary.users.get(ann).user_name == "ann@example.com"
    assert primary.users.get(ann).entitlements == []
    assert primary.groups.get(group).display_name == "crew"
    assert primary.groups.get(group).members == []


@pytest.mark.parametrize(
    ("emulator", "name"), [("federated", "ann@example.com"), ("local", "Ann")], indirect=["emulator"]
)
def test_the_accounts_names_are_not_the_workspaces_to_change(primary: WorkspaceClient, name: str) -> None:
    ann = _user(primary, "ann@example.com")
    primary.users.update(ann, display_name="Ann")
    assert primary.users.get(ann).display_name == name


@BOTH
def test_system_groups_stay(primary: WorkspaceClient) -> None:
    for group in list(primary.groups.list()):
        with pytest.raises(BadRequest, match="is a system group and cannot be deleted"):
            primary.groups.delete(str(group.id))
        renamed = [iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value="x")]
        with pytest.raises(BadRequest, match="is a system group and cannot be renamed"):
            primary.groups.patch(str(group.id), operations=renamed, schemas=PATCH)
    users = next(group for group in primary.groups.list() if group.display_name == "users")
    primary.groups.patch(str(users.id), operations=[_add("members", _user(primary, "ann@example.com"))], schemas=PATCH)
    assert primary.groups.get(str(users.id)).members == []


@BOTH
def test_a_deleted_user_is_in_no_group(primary: WorkspaceClient) -> None:
    ann, bob = _user(primary, "ann@example.com"), _user(primary, "bob@example.com")
    group = _group(primary, "team", ann, bob)
    primary.users.delete(ann)

    assert _values(primary.groups.get(group).members) == [bob]
    with pytest.raises(NotFound):
        primary.users.get(ann)
    primary.groups.delete(group)
    assert primary.users.get(bob).groups == []


@BOTH
def test_only_admins_write(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _user(primary, "ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = ann
    other = WorkspaceClient(host=primary.config.host, token="dapi-ann")
    admins = next(str(group.id) for group in primary.groups.list() if group.display_name == "admins")

    assert other.current_user.me().id == ann
    for refused in (
        lambda: _group(other, "mine"),
        lambda: other.users.delete(ann),
        lambda: other.groups.patch(admins, operations=[_add("members", ann)], schemas=PATCH),
        lambda: other.groups.update(admins),
    ):
        with pytest.raises(PermissionDenied, match="Only workspace admins"):
            refused()
    primary.groups.patch(admins, operations=[_add("members", _group(primary, "bosses", ann))], schemas=PATCH)
    _group(other, "mine")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('userName sw "a"', ["ann@x", "al@y"]),
        ("userName co '@y'", ["al@y"]),
        ('userName ne "al@y" and not_there ne "1" and userName co "@x"', ["ann@x", "bob@x"]),
        ('displayName eq "Bob" or userName eq "al@y"', ["bob@x", "al@y"]),
        ('(userName sw "b" or userName sw "a") and active eq false', ["al@y"]),
        ('emails.value eq "bob@x"', ["bob@x"]),
        ('emails co "@X" and name.givenName pr', ["bob@x"]),
        ('userName eq "a \\" b"', []),
    ],
)
def test_filters(primary: WorkspaceClient, query: str, names: list[str]) -> None:
    _user(primary, "ann@x")
    _user(primary, "bob@x", display_name="Bob", name=iam.Name(given_name="Bob"))
    _user(primary, "al@y", active=False)

    assert [user.user_name for user in primary.users.list(filter=query)] == names


def test_a_malformed_filter_is_refused(primary: WorkspaceClient) -> None:
    for query in (
        "userName",
        "userName is 'a'",
        "userName eq 'a' and",
        "(userName pr",
        "userName pr)",
        "userName eq 'a",
    ):
        with pytest.raises(BadRequest, match="invalidFilter Given filter is not supported") as refusal:
            list(primary.users.list(filter=query))
        assert refusal.value.error_code == "SCIM_400"


def test_a_listing_is_paged_sorted_and_cut_down(emulator: Running, primary: WorkspaceClient) -> None:
    for name in ("c@x", "a@x", "b@x"):
        _user(primary, name)
    app = emulator.emulator.apps["primary"]
    before = len(app.log)
    order = iam.ListSortOrder.DESCENDING
    users = list(primary.users.list(count=2, sort_by="userName", sort_order=order, attributes="userName,emails.value"))

    assert [user.user_name for user in users] == ["drill@example.com", "c@x", "b@x", "a@x"]
    assert len(app.log) - before == 3
    assert all(user.id and user.emails and user.display_name is None and user.active is None for user in users)
    past = primary.api_client.do("GET", f"{SCIM}/Users", query={"startIndex": 5, "count": 2})
    assert past == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 4,
        "startIndex": 5,
        "itemsPerPage": 0,
    }
    lean = next(iter(primary.groups.list(filter="displayName eq admins", excluded_attributes="members,entitlements")))
    assert (lean.members, lean.entitlements, lean.display_name) == ([], [], "admins")


def test_users_of_one_account_have_one_id_in_all_workspaces(
    primary: WorkspaceClient, secondary: WorkspaceClient
) -> None:
    ann = _user(primary, "ann@example.com", entitlements=[iam.ComplexValue(value="workspace-access")])
    assert not list(secondary.users.list(filter='userName eq "ann@example.com"'))

    assert _user(secondary, "ann@example.com") == ann
    assert secondary.users.get(ann).entitlements == []
    primary.users.delete(ann)
    assert secondary.users.get(ann).user_name == "ann@example.com"
    account = secondary.api_client.do("GET", f"/api/2.0/account/scim/v2/Users/{ann}")
    assert isinstance(account, dict)
    assert account["userName"] == "ann@example.com"


def test_being_switched_off_is_each_workspaces_own(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    ann = _user(primary, "ann@example.com")
    _user(secondary, "ann@example.com")
    primary.users.update(ann, active=False)

    assert primary.users.get(ann).active is False
    assert secondary.users.get(ann).active is True


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_workspaces_of_local_identity_share_nothing(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    assert _user(primary, "ann@example.com") != _user(secondary, "ann@example.com")
    assert primary.current_user.me().id != secondary.current_user.me().id


def test_an_account_groups_members_are_seen_and_not_to_be_changed(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _account(emulator, "Users", userName="ann@example.com", displayName="Ann")
    inner = _account(emulator, "Groups", displayName="inner", members=[{"value": ann}])
    outer = _account(emulator, "Groups", displayName="outer", members=[{"value": inner}])
    with pytest.raises(NotFound):
        primary.users.get(ann)
    primary.api_client.do(
        "PUT", f"/api/2.0/preview/permissionassignments/principals/{outer}", body={"permissions": ["USER"]}
    )

    group = primary.groups.get(outer)
    assert group.meta is not None
    assert group.meta.resource_type == "Group"
    assert _values(group.members) == [inner]
    assert [user.id for user in primary.users.list(filter='displayName eq "Ann"')] == [ann]
    assert [(g.display, g.type) for g in primary.users.get(ann).groups or []] == [
        ("inner", "direct"),
        ("outer", "indirect"),
    ]
    for refused in (
        _add("members", ann),
        iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{inner}"]'),
        iam.Patch(op=iam.PatchOp.REPLACE, path="displayName", value="other"),
    ):
        with pytest.raises(BadRequest, match="Error in performing the patch operation on group resource"):
            primary.groups.patch(outer, operations=[refused], schemas=PATCH)
    primary.groups.patch(outer, operations=[_add("entitlements", "allow-cluster-create")], schemas=PATCH)
    primary.groups.update(outer, display_name="outer", entitlements=[iam.ComplexValue(value="workspace-access")])
    assert _values(primary.groups.get(outer).entitlements) == ["workspace-access"]
    assert _values(primary.groups.get(outer).members) == [inner]


def test_a_group_made_in_the_workspace_is_a_memberless_namesake(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _user(primary, "ann@example.com")
    account = _account(emulator, "Groups", displayName="team", members=[{"value": ann}])
    local = primary.groups.create(display_name="team")

    assert local.id != account
    assert local.meta is not None
    assert local.meta.resource_type == "WorkspaceGroup"
    assert local.members == []


def test_a_listing_reads_everything_once(
    emulator: Running, primary: WorkspaceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many users and groups there are."""
    reads: list[str] = []
    find = State.find

    def counted(self: State, family: str, **more: Any) -> list[Document]:
        reads.append(family)
        return find(self, family, **more)

    needed = []
    for size in (5, 50):
        keys = [_account(emulator, "Users", userName=f"u{n}-of-{size}@x") for n in range(size)]
        for key in keys:
            group = _account(emulator, "Groups", displayName=f"g{key}", members=[{"value": each} for each in keys])
            path = f"/api/2.0/preview/permissionassignments/principals/{group}"
            primary.api_client.do("PUT", path, body={"permissions": ["USER"]})
        with monkeypatch.context() as patched:
            patched.setattr(State, "find", counted)
            primary.api_client.do("GET", f"{SCIM}/Users")
            primary.api_client.do("GET", f"{SCIM}/Groups")
        needed.append(len(reads))
        reads.clear()
    assert needed[0] == needed[1]
