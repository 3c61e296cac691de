"""The settings of a workspace, one object a type. Every workspace has each, though nobody may ever have set it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Reference, Shape
from lakedrill.inventory.snapshot import LACKING

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/settings/types/{}/names/default"
_SOURCE = "https://docs.databricks.com/api/workspace/settings"
_UPDATE = "https://docs.databricks.com/api/workspace/automaticclusterupdate/get"


@dataclass(frozen=True, slots=True)
class Type:
    """One type of setting."""

    field: str
    """Where its value stands."""
    is_deleted: bool = True
    """It has a DELETE, which takes it back to its default."""


TYPES = {
    "aibi_dash_embed_ws_acc_policy": Type("aibi_dashboard_embedding_access_policy"),
    "aibi_dash_embed_ws_apprvd_domains": Type("aibi_dashboard_embedding_approved_domains"),
    "automatic_cluster_update": Type("automatic_cluster_update_workspace", is_deleted=False),
    "dashboard_email_subscriptions": Type("boolean_val"),
    "default_namespace_ws": Type("namespace"),
    "default_warehouse_id": Type("string_val"),
    "disable_legacy_access": Type("disable_legacy_access"),
    "disable_legacy_dbfs": Type("disable_legacy_dbfs"),
    "enable-export-notebook": Type("boolean_val", is_deleted=False),
    "enable-notebook-table-clipboard": Type("boolean_val", is_deleted=False),
    "enable-results-downloading": Type("boolean_val", is_deleted=False),
    "llm_proxy_partner_powered": Type("boolean_val"),
    "restrict_workspace_admins": Type("restrict_workspace_admins"),
    "shield_csp_enablement_ws_db": Type("compliance_security_profile_workspace", is_deleted=False),
    "shield_esm_enablement_ws_db": Type("enhanced_security_monitoring_workspace", is_deleted=False),
    "sql_results_download": Type("boolean_val"),
}
"""Those of a workspace that the SDK knows (`databricks.sdk.service.settings.SettingsAPI`)."""
TOLD = frozenset({"can_toggle", "enablement_details"})
"""Fields of a value that nobody can set."""
_NEVER_SET = "NOT_FOUND"
"""With an etag in its details, a 404 with this code is the answer for what was never set (SDK DefaultNamespaceAPI)."""
_ABSENT = frozenset({LACKING, "ENDPOINT_NOT_FOUND", "NOT_FOUND", "RESOURCE_DOES_NOT_EXIST"})
"""With these a workspace says that it has no such setting: of another tier, another cloud, or not yet."""


class Settings(Kind):
    """The settings of a workspace (`/api/2.0/settings/types/…`)."""

    name = "settings"
    identity = Identity("type")
    is_everywhere = True
    handles = {}
    id_is_name = True
    why_no_permissions = "admins only"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                Reference(
                    "string_val.value",
                    ("warehouses",),
                    "https://docs.databricks.com/api/workspace/defaultwarehouseid/get",
                ),
            ),
            assigned=(
                Field("etag", "which version it is", _SOURCE),
                Field("setting_name", "always default, and nothing where it was never set", _SOURCE),
                Field("automatic_cluster_update_workspace.can_toggle", "whether it can be set", _UPDATE),
                Field("automatic_cluster_update_workspace.enablement_details", "why it can't be set", _UPDATE),
            ),
            unordered=(
                Field(
                    "aibi_dashboard_embedding_approved_domains.approved_domains",
                    "each may embed",
                    "https://docs.databricks.com/api/workspace/aibidashboardembeddingapproveddomains/get",
                ),
                Field(
                    "compliance_security_profile_workspace.compliance_standards",
                    "each holds",
                    "https://docs.databricks.com/api/workspace/compliancesecurityprofile/get",
                ),
            ),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return all settings. One that the workspace lacks has nothing but its name; where it lacks all, so did the listing.

        Any other refusal fails the listing: an admin may read all of them.
        """
        found, lacking = [], None
        for name in TYPES:
            try:
                found.append(Entry(name, read(workspace, name)))
            except Refused as refusal:
                if refusal.code != LACKING:
                    raise
                found.append(Entry(name, {"type": name}))
                lacking = refusal
        if lacking and all(len(entry.document) == 1 for entry in found):
            raise lacking
        return found

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return a setting. Raises the refusal of one that the workspace lacks."""
        return entry.document if len(entry.document) > 1 else read(workspace, entry.id)


def read(workspace: Workspace, name: str) -> Document:
    """Return one setting under its name; with its etag alone where it was never set.

    Raises Refused, LACKING where the workspace has no such setting.
    """
    try:
        return {"type": name, **workspace.get(API.format(name))}
    except Refused as refusal:
        if refusal.code == _NEVER_SET and refusal.etag:
            return {"type": name, "etag": refusal.etag}
        if refusal.code not in _ABSENT:
            raise
        raise Refused(LACKING, refusal.message) from None
