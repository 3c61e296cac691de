"""Workspace files, imported RAW: with AUTO a file that begins like a notebook would become one."""

from __future__ import annotations

from lakedrill.inventory.kind import Document, Facet
from migrate.kinds import _tree
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer


class Files(Writer):
    """Workspace files (`/api/2.0/workspace/import`)."""

    name = "files"
    how = "yes, up to 10 MB"
    with_definition = frozenset({Facet.CONTENT})
    takes_any = False

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Import the file where nothing lies yet."""
        return _tree.put(target, wanted.definition, wanted.content(), overwrite=False, format="RAW")

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Import over it; its id and permissions stay."""
        return _tree.put(target, wanted.definition, wanted.content(), overwrite=True, format="RAW")[1]

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the file."""
        return _tree.delete(target, document)

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of what lies at the path."""
        return _tree.ids_at(target, wanted.definition["path"])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the file as it is now."""
        return target.get("/api/2.0/workspace/get-status", path=wanted.definition["path"])
