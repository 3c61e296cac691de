"""Rule sets of the account on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, ResourceConflict
from databricks.sdk.service import iam

USER, MANAGER = "roles/servicePrincipal.user", "roles/servicePrincipal.manager"


def _principal(workspace: WorkspaceClient) -> str:
    return str(workspace.service_principals.create(display_name="etl").application_id)


def _name(workspace: WorkspaceClient, application_id: str) -> str:
    return f"accounts/{workspace.config.account_id}/servicePrincipals/{application_id}/ruleSets/default"


def test_a_rule_set_is_replaced_under_its_etag(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    """And it is the account's: both workspaces show the same."""
    name = _name(primary, _principal(primary))
    before = primary.account_access_control_proxy.get_rule_set(name, "")
    rules = [iam.GrantRule(USER, ["groups/engineers"])]
    with pytest.raises(InvalidParameterValue, match="Principal groups/engineers not found"):
        _update(primary, name, before.etag, rules)

    rules = [iam.GrantRule(USER, ["users/drill@example.com"])]
    after = _update(primary, name, before.etag, rules)
    assert after.grant_rules == rules
    assert after.etag != before.etag
    assert secondary.account_access_control_proxy.get_rule_set(name, "") == after
    with pytest.raises(ResourceConflict, match="Conflict with another RuleSet operation"):
        _update(primary, name, before.etag, [])
    assert _update(primary, name, after.etag, []).grant_rules == []


def _update(workspace: WorkspaceClient, name: str, etag: str, rules: list[iam.GrantRule]) -> iam.RuleSetResponse:
    return workspace.account_access_control_proxy.update_rule_set(name, iam.RuleSetUpdateRequest(name, etag, rules))


def test_the_caller_may_use_what_nobody_has_set(primary: WorkspaceClient) -> None:
    found = primary.account_access_control_proxy.get_rule_set(_name(primary, _principal(primary)), "")
    me = ["users/drill@example.com"]
    assert {rule.role: rule.principals for rule in found.grant_rules or []} == {USER: me, MANAGER: me}


def test_roles_depend_on_the_resource(primary: WorkspaceClient) -> None:
    account = f"accounts/{primary.config.account_id}"
    resource = f"{account}/servicePrincipals/{_principal(primary)}"
    proxy = primary.account_access_control_proxy
    assert {role.name for role in proxy.get_assignable_roles_for_resource(resource).roles or []} == {USER, MANAGER}
    assert USER not in {role.name for role in proxy.get_assignable_roles_for_resource(account).roles or []}
    assert proxy.get_rule_set(f"{account}/ruleSets/default", "").grant_rules == []


def test_what_the_account_lacks_has_no_rules(primary: WorkspaceClient) -> None:
    proxy = primary.account_access_control_proxy
    with pytest.raises(NotFound, match="Service principal with application id none not found"):
        proxy.get_rule_set(_name(primary, "none"), "")
    with pytest.raises(InvalidParameterValue, match="Invalid rule set name"):
        proxy.get_rule_set("accounts/x/ruleSets/other", "")
    name = _name(primary, _principal(primary))
    with pytest.raises(InvalidParameterValue, match="Role roles/none is not assignable"):
        _update(primary, name, proxy.get_rule_set(name, "").etag, [iam.GrantRule("roles/none")])


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_a_workspace_without_an_account_has_none(primary: WorkspaceClient) -> None:
    with pytest.raises(BadRequest, match="does not belong to an account"):
        primary.account_access_control_proxy.get_rule_set("accounts/x/servicePrincipals/y/ruleSets/default", "")
