"""Global init scripts: run on every cluster, in order. Names may repeat."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/globalinitscripts/list"


class GlobalInitScripts(Kind):
    """Global init scripts (`/api/2.0/global-init-scripts`). Only admins may list them."""

    name = "global_init_scripts"
    identity = Identity("name")
    handles = {}
    why_no_permissions = "admins only"
    shapes = {
        Facet.DEFINITION: Shape(
            assigned=(
                Field("script_id", "the workspace's own", _SOURCE),
                Field("script", "the content, compared as such", _SOURCE),
                *(
                    Field(name, "who wrote this copy, and when", _SOURCE)
                    for name in ("created_at", "created_by", "updated_at", "updated_by")
                ),
            ),
        ),
        Facet.CONTENT: Shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every script, without its text."""
        answer = workspace.get("/api/2.0/global-init-scripts")
        return [Entry(script["script_id"], script) for script in answer.get("scripts", [])]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the script with its text."""
        return workspace.get(f"/api/2.0/global-init-scripts/{entry.id}")

    def content(self, workspace: Workspace, document: Document) -> bytes:  # noqa: ARG002 - it came with the document
        """Return the script's text."""
        return base64.b64decode(document["script"])
