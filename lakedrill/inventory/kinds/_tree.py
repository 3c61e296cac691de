"""What folders, notebooks and workspace files share: one walk through the tree, and who a path belongs to."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
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
    """Return the tree's objects of one type: DIRECTORY, NOTEBOOK, FILE or REPO."""
    return [Entry(str(o["object_id"]), o) for o in _objects(workspace) if _type(o) == object_type]


def at(workspace: Workspace, path: str, object_type: str) -> Entry | None:
    """Return the object at a path if it is of this type."""
    if _is_reserved(path) or _is_in_git(workspace, path):
        return None
    found = if_there(lambda: workspace.get("/api/2.0/workspace/get-status", path=path))
    if found is None:
        return None
    return Entry(str(found["object_id"]), found) if _type(found) == object_type else None


def below(workspace: Workspace, path: str) -> list[Document]:
    """Return every object below a folder, or in a Git folder."""
    return _walk(workspace, path)


def _objects(workspace: Workspace) -> list[Document]:
    return workspace.shared("tree", lambda: _walk(workspace, "/"))


def _type(found: Document) -> str:
    """Return an object's type. A Git folder with the Git CLI is told as a folder that has a mark (SDK `DirectoryInfo`)."""
    return "REPO" if found.get("directory_info", {}).get("is_git_folder") else str(found["object_type"])


def _is_in_git(workspace: Workspace, path: str) -> bool:
    """Say whether a path leads into a Git folder, whose files belong to the repository."""
    known = workspace.shared("git folders", lambda: {o["path"] for o in _objects(workspace) if _type(o) == "REPO"})
    parts = path.split("/")
    return any("/".join(parts[:depth]) in known for depth in range(2, len(parts)))


def _walk(workspace: Workspace, top: str) -> list[Document]:
    """Return every object below a folder. Git folders are listed and not entered: their files belong to the repository."""
    found: list[Document] = []
    with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
        pending = {pool.submit(_children, workspace, top)}
        while pending:
            done, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                children = future.result()
                found += children
                pending |= {
                    pool.submit(_children, workspace, child["path"])
                    for child in children
                    if _type(child) == "DIRECTORY"
                }
    return sorted(found, key=lambda o: str(o["path"]))


def _children(workspace: Workspace, path: str) -> list[Document]:
    children: list[Document] = workspace.get("/api/2.0/workspace/list", path=path).get("objects", [])
    return [child for child in children if not _is_reserved(child["path"])]


def _is_reserved(path: str) -> bool:
    return f"{path}/".startswith(f"{RESERVED}/")
