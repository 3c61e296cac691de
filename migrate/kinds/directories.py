"""Folders, one at a time and the outer ones first: the service makes duplicates of folders that are made side by side."""

from __future__ import annotations

from typing import Any

from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _tree
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer

_KNOWN = frozenset({"DIRECTORY", "NOTEBOOK", "FILE", "QUERY", "ALERT", "DASHBOARD"})


class Directories(Writer):
    """Folders (`/api/2.0/workspace/mkdirs`)."""

    name = "directories"
    serial = True
    takes_any = False

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the folder."""
        answer = target.send("POST", "/api/2.0/workspace/mkdirs", {"path": wanted.definition["path"]})
        return _tree.made_at(target, wanted.definition["path"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Refuse: a folder is its path."""
        raise Blocked("a folder has nothing but its path")

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the folder. The service refuses one that holds something."""
        return _tree.delete(target, document)

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """What this product knows nothing of may lie in it: Git folders, experiments, libraries."""
        found = target.get("/api/2.0/workspace/list", path=document["path"]).get("objects", [])
        strange = [f"{o['object_type']} {o['path']}" for o in found if o["object_type"] not in _KNOWN]
        return f"it holds {strange[0]}" if strange else ""

    def rank(self, target: Workspace, document: Document) -> Any:
        """The outer ones first."""
        return document["path"].split("/")

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the folder."""
        return _tree.ids_at(target, wanted.definition["path"])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the folder as it is now."""
        return target.get("/api/2.0/workspace/get-status", path=wanted.definition["path"])
