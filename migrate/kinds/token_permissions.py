"""Who may use tokens and passwords: nothing but access control lists, which are written as those of everything else."""

from __future__ import annotations

from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Blocked, Options, Wanted, Writer

_LACKS = "the secondary lets nobody use {}"


class TokenPermissions(Writer):
    """Who may use tokens and passwords (`/api/2.0/permissions/authorization/…`)."""

    name = "token_permissions"
    takes_any = False

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """A workspace has it or has not."""
        return {number: _LACKS.format(document["name"]) for number, document in documents.items()}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """There is nothing to make."""
        raise Blocked(_LACKS.format(wanted.definition["name"]))

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """There is nothing to change but who may."""
        return Answer({}, "")

    def permanent(self, document: Document) -> str:
        """It can be changed, and never removed."""
        return "every workspace has one"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the one that there is."""
        return [str(wanted.definition["name"])]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return its name: there is nothing else."""
        return {"name": str(wanted.definition["name"])}
