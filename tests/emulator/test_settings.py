"""Settings with an etag on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, ResourceConflict
from databricks.sdk.service.settings import (
    RestrictWorkspaceAdminsMessage,
    RestrictWorkspaceAdminsMessageStatus,
    RestrictWorkspaceAdminsSetting,
)

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
