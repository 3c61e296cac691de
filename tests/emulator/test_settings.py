"""Settings with an etag on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.settings import (
    DefaultNamespaceSetting,
    RestrictWorkspaceAdminsMessage,
    RestrictWorkspaceAdminsMessageStatus,
    RestrictWorkspaceAdminsSetting,
    SettingsAPI,
    StringMessage,
)

from fixtures.emulator.server import Running
from fixtures.emulator.workspace_settings import TYPES
from lakedrill.inventory.kinds.settings import TYPES as KNOWN

PATH = "/api/2.0/settings/types/restrict_workspace_admins/names/default"
RESTRICTED = RestrictWorkspaceAdminsMessageStatus.RESTRICT_TOKENS_AND_JOB_RUN_AS
MASK = "restrict_workspace_admins.status"


def _set(workspace: WorkspaceClient, etag: str | None) -> RestrictWorkspaceAdminsSetting:
    setting = RestrictWorkspaceAdminsSetting(RestrictWorkspaceAdminsMessage(RESTRICTED), etag=etag)
    return workspace.settings.restrict_workspace_admins.update(allow_missing=True, setting=setting, field_mask=MASK)


def _etag(error: DatabricksError) -> str:
    info = error.get_error_details().error_info
    assert info is not None
    return str(info.metadata["etag"])


def test_a_setting_is_its_default_until_it_is_set(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    setting = primary.settings.restrict_workspace_admins.get()
    assert setting.restrict_workspace_admins.status is RestrictWorkspaceAdminsMessageStatus.ALLOW_ALL
    assert setting.setting_name == "default"
    changed = _set(primary, setting.etag)
    assert changed.restrict_workspace_admins.status is RESTRICTED
    assert primary.settings.restrict_workspace_admins.get() == changed
    assert secondary.settings.restrict_workspace_admins.get() == setting


def test_a_change_needs_the_present_etag_and_is_told_it(primary: WorkspaceClient) -> None:
    """As the Terraform provider's retry expects it: NOT_FOUND where nothing was set, RESOURCE_CONFLICT later."""
    with pytest.raises(NotFound) as first:
        _set(primary, None)
    _set(primary, _etag(first.value))
    with pytest.raises(ResourceConflict) as stale:
        _set(primary, _etag(first.value))
    assert _etag(stale.value) == primary.settings.restrict_workspace_admins.get().etag


def test_a_setting_goes_back_to_its_default(primary: WorkspaceClient) -> None:
    api = primary.settings.restrict_workspace_admins
    before = api.get()
    etag = _set(primary, before.etag).etag
    with pytest.raises(ResourceConflict):
        api.delete(etag=before.etag)
    assert api.delete(etag=etag).etag == before.etag
    assert api.get() == before


def test_dbfs_is_on_from_the_start(primary: WorkspaceClient) -> None:
    setting = primary.settings.disable_legacy_dbfs.get()
    assert setting.disable_legacy_dbfs.value is False


@pytest.mark.parametrize(
    ("setting", "mask", "said"),
    [
        ({"restrict_workspace_admins": {"status": "MAYBE"}}, MASK, "Invalid status: MAYBE"),
        ({"other": {}}, "other.x", "Invalid field_mask: other.x"),
        ({}, MASK, "Invalid field_mask"),
    ],
)
def test_a_wrong_change_is_refused(primary: WorkspaceClient, setting: dict[str, Any], mask: str, said: str) -> None:
    body = {"setting": {**setting, "etag": primary.settings.restrict_workspace_admins.get().etag}, "field_mask": mask}
    with pytest.raises(InvalidParameterValue, match=said):
        primary.api_client.do("PATCH", PATH, body=body)


def test_an_unknown_setting_is_not_found(primary: WorkspaceClient) -> None:
    with pytest.raises(NotFound, match="Setting type nope does not exist"):
        primary.api_client.do("GET", "/api/2.0/settings/types/nope/names/default")


def _patch(workspace: WorkspaceClient, name: str, setting: dict[str, Any], mask: str = "") -> Any:
    path = f"/api/2.0/settings/types/{name}/names/default"
    etag = {}
    try:
        found = workspace.api_client.do("GET", path)
        etag = {"etag": found["etag"]} if "etag" in found else {}
    except NotFound as unset:
        etag = {"etag": _etag(unset)}
    body = {"allow_missing": True, "field_mask": mask or ",".join(setting), "setting": {**setting, **etag}}
    return workspace.api_client.do("PATCH", path, body=body)


def test_what_has_no_default_is_not_found_until_it_is_set(primary: WorkspaceClient) -> None:
    """And the refusal tells the etag with which it is set for the first time."""
    api = primary.settings.default_namespace
    with pytest.raises(NotFound) as caught:
        api.get()
    setting = DefaultNamespaceSetting(StringMessage("main"), etag=_etag(caught.value))
    made = api.update(allow_missing=True, setting=setting, field_mask="namespace.value")
    assert api.get() == made
    api.delete(etag=str(made.etag))
    with pytest.raises(NotFound) as again:
        api.get()
    assert _etag(again.value) == _etag(caught.value)


def test_the_compliance_profile_stays_and_switches_others_on(primary: WorkspaceClient) -> None:
    profile, monitoring = "compliance_security_profile_workspace", "enhanced_security_monitoring_workspace"
    on = {profile: {"is_enabled": True, "compliance_standards": ["HIPAA"]}}
    _patch(primary, "shield_csp_enablement_ws_db", on)
    assert primary.settings.enhanced_security_monitoring.get().enhanced_security_monitoring_workspace.is_enabled
    update = primary.settings.automatic_cluster_update.get().automatic_cluster_update_workspace
    assert (update.enabled, update.can_toggle) == (True, False)
    for name, setting in (
        ("shield_csp_enablement_ws_db", {profile: {"is_enabled": False}}),
        ("shield_esm_enablement_ws_db", {monitoring: {"is_enabled": False}}),
        ("automatic_cluster_update", {"automatic_cluster_update_workspace": {"enabled": False}}),
    ):
        with pytest.raises(InvalidParameterValue):
            _patch(primary, name, setting)


def test_domains_are_changed_only_while_approved_ones_may(primary: WorkspaceClient) -> None:
    policy, domains = "aibi_dashboard_embedding_access_policy", "aibi_dashboard_embedding_approved_domains"
    _patch(primary, "aibi_dash_embed_ws_apprvd_domains", {domains: {"approved_domains": ["a.example.com"]}})
    _patch(primary, "aibi_dash_embed_ws_acc_policy", {policy: {"access_policy_type": "DENY_ALL_DOMAINS"}})
    with pytest.raises(InvalidParameterValue, match="unless the access policy is ALLOW_APPROVED_DOMAINS"):
        _patch(primary, "aibi_dash_embed_ws_apprvd_domains", {domains: {"approved_domains": []}})


def test_a_mask_names_what_is_taken(primary: WorkspaceClient) -> None:
    field, name = "automatic_cluster_update_workspace", "automatic_cluster_update"
    window = {"week_day_based_schedule": {"day_of_week": "MONDAY", "frequency": "EVERY_WEEK"}}
    _patch(primary, name, {field: {"enabled": True, "maintenance_window": window}}, f"{field}.maintenance_window")
    found = primary.settings.automatic_cluster_update.get().automatic_cluster_update_workspace
    assert (found.enabled, found.maintenance_window.week_day_based_schedule.frequency.value) == (False, "EVERY_WEEK")
    _patch(primary, name, {field: {"enabled": True}}, f"{field}.enabled,{field}.maintenance_window")
    found = primary.settings.automatic_cluster_update.get().automatic_cluster_update_workspace
    assert (found.enabled, found.maintenance_window) == (True, None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"is_enabled": "yes"}, "unexpected value for compliance_security_profile_workspace.is_enabled"),
        ({"compliance_standards": "HIPAA"}, "unexpected value for .*compliance_standards"),
        ({"compliance_standards": ["NICE"]}, "Invalid compliance_standards: NICE"),
        ({"colour": 1}, "unknown field 'colour'"),
        (7, "unexpected value for compliance_security_profile_workspace"),
    ],
)
def test_a_value_of_another_shape_is_refused(primary: WorkspaceClient, value: Any, said: str) -> None:
    with pytest.raises(DatabricksError, match=said):
        _patch(primary, "shield_csp_enablement_ws_db", {"compliance_security_profile_workspace": value})


def test_some_have_neither_an_etag_nor_a_way_back(primary: WorkspaceClient) -> None:
    found = primary.settings.enable_export_notebook.get_enable_export_notebook()
    assert found.boolean_val is not None
    assert found.boolean_val.value is True
    _patch(primary, "enable-export-notebook", {"boolean_val": {"value": False}})
    with pytest.raises(NotFound):
        primary.api_client.do("DELETE", "/api/2.0/settings/types/enable-export-notebook/names/default")


def test_they_are_for_admins(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    with pytest.raises(PermissionDenied):
        theirs.settings.disable_legacy_dbfs.get()
    with pytest.raises(PermissionDenied):
        theirs.settings.disable_legacy_dbfs.delete(etag="x")


def test_the_sdk_knows_no_other() -> None:
    """What it can read of a workspace's settings is all that is compared."""
    known = {name for name, each in vars(SettingsAPI).items() if isinstance(each, property)}
    assert len(known) == len(KNOWN) == len(TYPES)
