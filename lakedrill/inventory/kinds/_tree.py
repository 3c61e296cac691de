"""What folders, notebooks and workspace files share: one walk through the tree, and who a path belongs to."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Entry, Field, Reference

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

SOURCE = "https://docs.databricks.com/api/workspace/workspace/list"
_THREADS = 8

RESERVED = "/Shared/.lakedrill"
"""Where this product keeps its own things in a secondary. The folder and what is in it are no objects of a workspace: they are
not listed, not looked up, and so neither copied, compared nor pruned, on either side."""

ASSIGNED = (
    Field("object_id", "the workspace's own", SOURCE),
    Field("created_at", "when this copy was made", SOURCE),
    Field("modified_at", "when this copy was written", SOURCE),
    Field("resource_id", "the id again, as text", SOURCE),
)
OWNER = Reference(
    "path", ("users", "service_principals"), SOURCE, by="name", pattern=r"^/(?:Users|Repos)/([^/]+)", optional=True
)
"""The home that a path lies in. Not a broken reference where nobody has that name: the home outlives its user."""


def of_type(workspace: Workspace, object_type: str) -> Iterable[Entry]:
    """Return the tree's objects of one type: DIRECTORY, NOTEBOOK or FILE."""
    objects = workspace.shared("tree", lambda: _walk(workspace))
    return [Entry(str(o["object_id"]), o) for o in objects if o["object_type"] == object_type]


def at(workspace: Workspace, path: str, object_type: str) -> Entry | None:
    """Return the object at a path if it is of this type."""
    if _is_reserved(path):
        return None
    try:
        found = workspace.get("/api/2.0/workspace/get-status", path=path)
    except Refused as refusal:
        if refusal.gone:
            return None
        raise
    return Entry(str(found["object_id"]), found) if found["object_type"] == object_type else None


def _walk(workspace: Workspace) -> list[Document]:
    """Return every object below the root. Git folders are listed and not entered: their files belong to the repository."""
    found: list[Document] = []
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        pending = {pool.submit(_children, workspace, "/")}
        while pending:
            done, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                children = future.result()
                found += children
                pending |= {
                    pool.submit(_children, workspace, child["path"])
                    for child in children
                    if child["object_type"] == "DIRECTORY"
                }
    return sorted(found, key=lambda o: str(o["path"]))


def _children(workspace: Workspace, path: str) -> list[Document]:
    children: list[Document] = workspace.get("/api/2.0/workspace/list", path=path).get("objects", [])
    return [child for child in children if not _is_reserved(child["path"])]


def _is_reserved(path: str) -> bool:
    return f"{path}/".startswith(f"{RESERVED}/")
