"""Folders of the workspace tree, empty ones too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Entry, Facet, Identity, Kind, Shape, permissions_shape
from lakedrill.inventory.kinds import _tree

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace


class Directories(Kind):
    """Folders (`/api/2.0/workspace`)."""

    name = "directories"
    identity = Identity("path", builtin=frozenset({"/Users", "/Shared", "/Repos"}))
    handles = {"path": "path"}
    permissions = "directories"
    shapes = {
        Facet.DEFINITION: Shape(references=(_tree.OWNER,), assigned=_tree.ASSIGNED),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every folder below the root."""
        return _tree.of_type(workspace, "DIRECTORY")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return the folder at a path."""
        return _tree.at(workspace, value, "DIRECTORY") if by == "path" else None
