"""Notebooks. Their content is compared as source, the one export that is the same each time it is taken."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Document, Entry, Facet, Identity, Kind, Shape, permissions_shape
from lakedrill.inventory.kinds import _tree

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace


class Notebooks(Kind):
    """Notebooks (`/api/2.0/workspace`)."""

    name = "notebooks"
    identity = Identity("path")
    handles = {"path": "path"}
    permissions = "notebooks"
    shapes = {
        Facet.DEFINITION: Shape(references=(_tree.OWNER,), assigned=_tree.ASSIGNED),
        Facet.CONTENT: Shape(),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every notebook outside Git folders."""
        return _tree.of_type(workspace, "NOTEBOOK")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return the notebook at a path."""
        return _tree.at(workspace, value, "NOTEBOOK") if by == "path" else None

    def content(self, workspace: Workspace, document: Document) -> bytes:
        """Return the notebook as source. One of more than 10 MB is refused: MAX_NOTEBOOK_SIZE_EXCEEDED."""
        answer = workspace.get("/api/2.0/workspace/export", path=document["path"], format="SOURCE")
        return base64.b64decode(answer["content"])

    def carried(self, workspace: Workspace, document: Document) -> bytes | None:
        """Return the notebook with its outputs, as `.ipynb`, whose export differs from time to time."""
        answer = workspace.get("/api/2.0/workspace/export", path=document["path"], format="JUPYTER")
        return base64.b64decode(answer["content"])
