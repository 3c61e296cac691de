"""Workspace files: whatever lies in the tree and is neither folder nor notebook, init scripts among them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape, permissions_shape
from lakedrill.inventory.kinds import _tree, alerts_v2

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SIZE = Field("size", "of the content, compared there", _tree.SOURCE)


class Files(Kind):
    """Workspace files (`/api/2.0/workspace`, object type FILE)."""

    name = "files"
    identity = Identity("path")
    handles = {"path": "path"}
    permissions = "files"
    shapes = {
        Facet.DEFINITION: Shape(references=(_tree.OWNER,), assigned=(*_tree.ASSIGNED, _SIZE)),
        Facet.CONTENT: Shape(),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every file outside Git folders that is not an alert's own."""
        of_alerts = alerts_v2.files(workspace)
        return [entry for entry in _tree.of_type(workspace, "FILE") if entry.document["path"] not in of_alerts]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return the file at a path."""
        if by != "path" or value in alerts_v2.files(workspace):
            return None
        return _tree.at(workspace, value, "FILE")

    def content(self, workspace: Workspace, document: Document) -> bytes:
        """Return the file's bytes."""
        answer = workspace.get("/api/2.0/workspace/export", path=document["path"], format="AUTO")
        return base64.b64decode(answer["content"])
