"""The configuration of a workspace: one object a key. No API lists the keys, so those are known that somebody has named."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Entry, Facet, Identity, Kind, Shape
from lakedrill.inventory.snapshot import LACKING

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/workspace-conf"
ADDRESSES = "enableIpAccessLists"
"""Whether IP access lists have an effect."""
_ANALYSIS = "github.com/databricks-industry-solutions/security-analysis-tool (core/wssettingsclient.py)"
_POWERSHELL = "powershellgallery.com/packages/DatabricksPS/1.12.1 (Public/WorkspaceConfig.ps1)"
_TERRAFORM = "registry.terraform.io/providers/databricks/databricks (resources/workspace_conf, and examples of it)"
KEYS = {
    ADDRESSES: _TERRAFORM,
    "customerApprovedWSLoginExpirationTime": _TERRAFORM,
    "enable-X-Content-Type-Options": _ANALYSIS,
    "enable-X-Frame-Options": _ANALYSIS,
    "enable-X-XSS-Protection": _ANALYSIS,
    "enableDatabricksAutologgingAdminConf": _ANALYSIS,
    "enableDbfsFileBrowser": _ANALYSIS,
    "enableDcs": _ANALYSIS,
    "enableDeprecatedClusterNamedInitScripts": _TERRAFORM,
    "enableDeprecatedGlobalInitScripts": _TERRAFORM,
    "enableEnforceImdsV2": _ANALYSIS,
    "enableExportNotebook": _ANALYSIS,
    "enableFileStoreEndpoint": _ANALYSIS,
    "enableGp3": _ANALYSIS,
    "enableHlsRuntime": _ANALYSIS,
    "enableJobViewAcls": _ANALYSIS,
    "enableJobsEmailsV2": _ANALYSIS,
    "enableLibraryAndInitScriptOnSharedCluster": _ANALYSIS,
    "enableNotebookGitVersioning": _ANALYSIS,
    "enableNotebookTableClipboard": _ANALYSIS,
    "enableProjectTypeInWorkspace": _ANALYSIS,
    "enableProjectsAllowList": _ANALYSIS,
    "enableResultsDownloading": _ANALYSIS,
    "enableTokensConfig": _TERRAFORM,
    "enableUploadDataUis": _ANALYSIS,
    "enableVerboseAuditLogs": _ANALYSIS,
    "enableWebTerminal": _ANALYSIS,
    "enableWorkspaceFilesystem": _ANALYSIS,
    "enforceClusterViewAcls": _ANALYSIS,
    "enforceUserIsolation": _ANALYSIS,
    "enforceWorkspaceViewAcls": _ANALYSIS,
    "heapAnalyticsAdminConsent": _ANALYSIS,
    "intercomAdminConsent": _ANALYSIS,
    "maxTokenLifetimeDays": _TERRAFORM,
    "mlflowModelRegistryEmailNotificationsEnabled": _ANALYSIS,
    "mlflowModelServingEndpointCreationEnabled": _ANALYSIS,
    "mlflowRunArtifactDownloadEnabled": _ANALYSIS,
    "projectsAllowList": _TERRAFORM,
    "projectsAllowListPermissions": _TERRAFORM,
    "rStudioUserDefaultHomeBase": _POWERSHELL,
    "reposIpynbResultsExportPermissions": _TERRAFORM,
    "storeInteractiveNotebookResultsInCustomerAccount": _ANALYSIS,
}
"""The keys that are asked for, and who names each. `jobsListBackendPaginationEnabled` is not among them: its read is refused
to admins too ("unauthorized to perform ReadAction on /org_admin_conf/…", security-analysis-tool)."""
_UNKNOWN = "INVALID_PARAMETER_VALUE"
"""With it a workspace says that it has no such key: `Invalid keys: ["…"]`."""


class WorkspaceConf(Kind):
    """The configuration of a workspace (`/api/2.0/workspace-conf`): texts, and null for what nobody ever set."""

    name = "workspace_conf"
    identity = Identity("key")
    is_everywhere = True
    handles = {}
    id_is_name = True
    why_no_permissions = "admins only"
    shapes = {Facet.DEFINITION: Shape()}

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return all keys. One that the workspace refuses is without a value; where it refuses all, the listing failed."""
        try:
            told = _values(workspace, KEYS)
        except Refused as refusal:
            told = _not_refused(workspace, refusal)
        return [Entry(key, {"key": key, **({"value": told[key]} if key in told else {})}) for key in KEYS]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return a key with its value. Raises the refusal of one that has none."""
        return entry.document if "value" in entry.document else read(workspace, entry.id)


def read(workspace: Workspace, key: str) -> Document:
    """Return one key with its value. Raises Refused, LACKING where the workspace has no such key."""
    try:
        return {"key": key, "value": _values(workspace, [key])[key]}
    except Refused as refusal:
        if refusal.code != _UNKNOWN:
            raise
        raise Refused(LACKING, refusal.message) from None


def _values(workspace: Workspace, keys: Collection[str]) -> Document:
    found = workspace.get(API, keys=",".join(keys))
    return {key: found.get(key) for key in keys}


def _not_refused(workspace: Workspace, refusal: Refused) -> Document:
    """Return what can be read after a refusal: all that it does not name, else key by key. Raises it where nothing can."""
    if refusal.passing:
        raise refusal
    rest = [key for key in KEYS if f'"{key}"' not in refusal.message]
    told: Document = {}
    for parts in ([rest] if len(rest) < len(KEYS) else [], [[key] for key in KEYS]):
        for keys in parts:
            with contextlib.suppress(Refused):
                told |= _values(workspace, keys)
        if told:
            return told
    raise refusal
