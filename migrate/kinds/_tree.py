"""What the writers of folders, notebooks and files share: objects lie at a path, and are imported there."""

from __future__ import annotations

import base64

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from migrate.patience import until
from migrate.target import Answer, Target

_STATUS = "/api/2.0/workspace/get-status"


def ids_at(target: Target, path: str) -> list[str]:
    """Return the id of what lies at a path; none where nothing does."""
    found = if_there(lambda: str(target.get(_STATUS, path=path)["object_id"]))
    return [] if found is None else [found]


def put(target: Target, definition: Document, content: bytes, *, overwrite: bool, **how: str) -> tuple[str, Answer]:
    """Import content at the path of a definition; its folder must be there. Return the object's id."""
    body = {"path": definition["path"], "content": base64.b64encode(content).decode(), "overwrite": overwrite, **how}
    answer = target.send("POST", "/api/2.0/workspace/import", body)
    return str(answer.document.get("object_id") or made_at(target, definition["path"])), answer


def made_at(target: Target, path: str) -> str:
    """Return the id of what was just made at a path, which may not be seen at once."""
    return str(until(lambda: target.get(_STATUS, path=path))["object_id"])


def delete(target: Target, document: Document) -> Answer:
    """Remove what lies at a document's path, and nothing inside it."""
    return target.send("POST", "/api/2.0/workspace/delete", {"path": document["path"], "recursive": False})
