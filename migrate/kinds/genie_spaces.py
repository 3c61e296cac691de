"""Genie spaces: each one request, only where drill.yaml asks for it."""

from __future__ import annotations

from typing import Any

from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.genie_spaces import API, get
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer


class GenieSpaces(Writer):
    """Genie spaces (`/api/2.0/genie/spaces`)."""

    name = "genie_spaces"
    how = "where `apply` in drill.yaml asks for it, without conversations"
    unasked = "whoever makes one lends everybody who asks it their own right to use its warehouse"
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the space in its folder."""
        answer = target.send("POST", API, wanted.definition)
        return str(answer.document["space_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace what was read, in another folder if need be; a space that somebody changed since is refused."""
        etag: dict[str, Any] = {"etag": present["etag"]} if "etag" in present else {}
        return target.send("PATCH", f"{API}/{key}", {**wanted.definition, **etag})

    def permanent(self, document: Document) -> str:
        """What people asked on the secondary is nowhere else (databricks/cli, bundle/phases/deploy.go)."""
        return "its conversations would be lost"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the spaces of this title."""
        listed = target.pages(API, "spaces", page_size=100)
        return [str(found["space_id"]) for found in listed if found.get("title") == wanted.definition["title"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the space as it is now."""
        return get(target, key)
