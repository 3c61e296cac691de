"""Init scripts and libraries on DBFS: sent in blocks of at most a megabyte."""

from __future__ import annotations

import base64

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Facet
from migrate.target import Answer, Target, Unclear
from migrate.writer import Wanted, Writer

_BLOCK = 1024 * 1024
"""The most that one request takes (MAX_BLOCK_SIZE_EXCEEDED)."""


class DbfsFiles(Writer):
    """Files (`/api/2.0/dbfs`)."""

    name = "dbfs_files"
    with_definition = frozenset({Facet.CONTENT})
    takes_any = False

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Put the file where nothing lies yet."""
        return wanted.definition["path"], _put(target, wanted, overwrite=False)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Put it over what is there."""
        return _put(target, wanted, overwrite=True)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the file."""
        return target.send("POST", "/api/2.0/dbfs/delete", {"path": key, "recursive": False})

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the path, if a file lies there."""
        found = if_there(lambda: target.get("/api/2.0/dbfs/get-status", path=wanted.definition["path"]))
        return [] if found is None else [wanted.definition["path"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the file as it is now."""
        return target.get("/api/2.0/dbfs/get-status", path=key)


def _put(target: Target, wanted: Wanted, *, overwrite: bool) -> Answer:
    content, path = wanted.content(), wanted.definition["path"]
    if len(content) <= _BLOCK:
        body = {"path": path, "contents": base64.b64encode(content).decode(), "overwrite": overwrite}
        return target.send("POST", "/api/2.0/dbfs/put", body)
    handle = target.send("POST", "/api/2.0/dbfs/create", {"path": path, "overwrite": overwrite}).document["handle"]
    try:
        for start in range(0, len(content), _BLOCK):
            block = base64.b64encode(content[start : start + _BLOCK]).decode()
            target.send("POST", "/api/2.0/dbfs/add-block", {"handle": handle, "data": block})
        return target.send("POST", "/api/2.0/dbfs/close", {"handle": handle})
    except Refused as refusal:
        raise Unclear(f"{path} was begun and not finished: {refusal}") from None
