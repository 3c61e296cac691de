"""What the writers of queries and alerts share: the object is wrapped in its noun, and an update names what it sets."""

from __future__ import annotations

from typing import ClassVar

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds._sql import NOBODY, whole
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_FOLDER, _OWNER = "parent_path", "owner_user_name"


class SqlObjects(Writer):
    """A kind of the SQL APIs. Who makes an object owns it, until an update says whose it is."""

    api: ClassVar[str]
    noun: ClassVar[str]
    circular: ClassVar[frozenset[str]] = frozenset()
    """Fields that may lead to others of the kind."""
    renames = True
    create_only = frozenset({_FOLDER})

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the object in its folder. One of a circle is made without what closes it."""
        left_out = {_OWNER, *(self.circular if wanted.deferred else ())}
        body = {name: value for name, value in wanted.definition.items() if name not in left_out}
        answer = target.send("POST", self.api, {self.noun: body, "auto_resolve_display_name": False})
        return str(answer.document["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set every field, and reset what is there and not wanted. Its folder stays, and an owner who is gone gets nothing."""
        left_out = {_FOLDER, *([_OWNER] if wanted.definition.get(_OWNER, NOBODY) == NOBODY else [])}
        body = {name: value for name, value in wanted.definition.items() if name not in left_out}
        assigned = {field.path for field in wanted.kind.shapes[Facet.DEFINITION].assigned}
        mask = ",".join(sorted(body.keys() | (present.keys() - assigned - left_out)))
        request = {self.noun: body, "update_mask": mask, "auto_resolve_display_name": False}
        return target.send("PATCH", f"{self.api}/{key}", request)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Move it to the trash, where it stays for thirty days."""
        return target.send("DELETE", f"{self.api}/{key}", None)

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the objects of this name."""
        listed = target.pages(self.api, "results", page_size=100)
        return [found["id"] for found in listed if found.get("display_name") == wanted.definition["display_name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the object as it is now. One in the trash is gone."""
        return whole(target, self.api, key)
