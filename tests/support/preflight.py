"""Sides as a preflight sees them, made by hand: nothing is called."""

from __future__ import annotations

from typing import Any

from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document, Entry
from lakedrill.preflight.sight import Seen

ME: Document = {"id": "1", "userName": "ops@example.com", "groups": [{"display": "admins"}]}


def refused(code: str = "PERMISSION_DENIED") -> Refused:
    return Refused(code, "no")


def seen(role: str = "primary", *, answers: dict[str, Document] | None = None, **listings: Any) -> Seen:
    """Return a side with these documents, or an error, by kind; it answers by path, and refuses all others."""

    def read(path: str, **_query: Any) -> Document:
        if path not in (answers or {}):
            raise refused()
        return (answers or {})[path]

    entries = {
        kind: found if isinstance(found, ReadError) else [Entry(str(n), each) for n, each in enumerate(found)]
        for kind, found in listings.items()
    }
    return Seen(role, ME, admin=True, name="ops@example.com", account_id="a", listings=entries, read=read)
