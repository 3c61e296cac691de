"""No copy locks out the host that it runs on: what IP access lists would make of calls from here, before they are written."""

from __future__ import annotations

from collections.abc import Iterable

from lakedrill.inventory.addresses import shut_out
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.ip_access_lists import API
from lakedrill.inventory.workspace import Workspace


def listed(workspace: Workspace) -> list[Document]:
    """Return the lists of a workspace as they are now."""
    found: list[Document] = workspace.get(API).get("ip_access_lists", [])
    return found


def locked_out(workspace: Workspace, lists: Iterable[Document]) -> str:
    """Return why a workspace that has these lists would not, or may not, let this host in; empty where it would."""
    enabled = [each for each in lists if each.get("enabled")]
    if not enabled:
        return ""
    calls_from = workspace.connection.calls_from
    if not calls_from:
        return "would this host be let in? Say `from: ADDRESS` in drill.yaml, its address as the service sees it"
    why = shut_out(enabled, calls_from)
    return f"would lock out this host: {why}" if why else ""
