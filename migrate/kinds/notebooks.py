"""Notebooks, as source unless the operator wants their outputs carried along."""

from __future__ import annotations

from lakedrill.inventory.kind import Document, Facet
from migrate.kinds import _tree
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer


class Notebooks(Writer):
    """Notebooks (`/api/2.0/workspace/import`)."""

    name = "notebooks"
    how = "yes, as source"
    with_definition = frozenset({Facet.CONTENT})
    takes_any = False

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Import the notebook where nothing lies yet."""
        return _put(target, wanted, overwrite=False)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Import over it; its id and permissions stay."""
        return _put(target, wanted, overwrite=True)[1]

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the notebook."""
        return _tree.delete(target, document)

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of what lies at the path."""
        return _tree.ids_at(target, wanted.definition["path"])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the notebook as it is now."""
        return target.get("/api/2.0/workspace/get-status", path=wanted.definition["path"])


def _put(target: Target, wanted: Wanted, *, overwrite: bool) -> tuple[str, Answer]:
    if wanted.carried is not None:
        return _tree.put(target, wanted.definition, wanted.carried(), overwrite=overwrite, format="JUPYTER")
    how = {"format": "SOURCE", "language": wanted.definition["language"]}
    return _tree.put(target, wanted.definition, wanted.content(), overwrite=overwrite, **how)
