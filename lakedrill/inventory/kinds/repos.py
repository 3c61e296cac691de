"""Git folders: clones of a remote, at a commit of a branch. What lies in them comes from there, and is compared by digests."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import ReadError, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape, permissions_shape
from lakedrill.inventory.kinds import _tree

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/repos"
_SOURCE = "https://docs.databricks.com/api/workspace/repos/get"
_THREADS = 8
SETTLED = ("url", "provider", "sparse_checkout")
"""What is settled when a Git folder is made; the patterns of a sparse checkout may change, not that there are some."""


class Repos(Kind):
    """Git folders (`/api/2.0/repos`), wherever in the tree they lie.

    They are found by the tree: the listing of their own API lacks those with the Git CLI (SDK `ReposAPI.list`). Edits that
    nobody committed are told by no API; they show in the digests where both sides are at one commit.
    """

    name = "repos"
    identity = Identity("path")
    handles = {"path": "path"}
    permissions = "repos"
    encloses = frozenset({"directories", "notebooks", "files"})
    told_apart = (Facet.FILES,)
    shapes = {
        Facet.DEFINITION: Shape(
            references=(_tree.OWNER,),
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("git_cli_enabled", "through which door Git gets at it, which no request says", _SOURCE),
            ),
        ),
        Facet.FILES: Shape(
            takes=("files",),
            given=(
                Field("head_commit_id", "at different commits nobody can tell whether files were edited", _SOURCE),
                Field("sparse_checkout", "with different patterns nobody can tell whether files were edited", _SOURCE),
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every Git folder, with its commit, so that one that moves meanwhile is seen to."""
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(lambda entry: _told(workspace, entry), _tree.of_type(workspace, "REPO")))

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the Git folder as its own API tells it."""
        return entry.document if "id" in entry.document else get(workspace, entry.id)

    def part(self, workspace: Workspace, facet: Facet, key: str) -> Document:  # noqa: ARG002 - there is one
        """Return the digests of what lies in a Git folder, by path. One file of more than 10 MB is refused, and so all are."""
        top = get(workspace, key)["path"]
        leaves = [found for found in _tree.below(workspace, top) if found["object_type"] != "DIRECTORY"]
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            digests = pool.map(lambda leaf: _digest(workspace, leaf), leaves)
            paths = (str(leaf["path"]).removeprefix(f"{top}/") for leaf in leaves)
            return {"files": dict(zip(paths, digests, strict=True))}

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a Git folder by id: the tree lists all of them by path."""
        return if_there(lambda: Entry(value, get(workspace, value))) if by == "id" else None

    def mended_by(self, facet: Facet | None, primary: Document, secondary: Document) -> str:
        """Return what mends a Git folder, which a copy changes only where nobody else can have: no edit is ever discarded."""
        if facet is Facet.FILES:
            return "commit and push the edits, or revert them, where they were made; then update the other side"
        if facet is not Facet.DEFINITION:
            return ""
        if any(_settled(primary, name) != _settled(secondary, name) for name in SETTLED):
            return "once nothing in it is unpushed, remove the secondary's and copy again"
        path = shlex.quote(str(secondary["path"]))
        if "branch" not in primary:
            return f"databricks repos update {path} --tag TAG, with the primary's tag, which no API tells"
        branch = shlex.quote(str(primary["branch"]))
        return f"databricks repos update {path} --branch {branch}, on the side whose commit is older"


def get(workspace: Workspace, key: str) -> Document:
    """Return a Git folder by id. Its path is the tree's: some are told with `/Workspace` before it (databricks/cli)."""
    found = workspace.get(f"{API}/{key}")
    path = str(found["path"])
    return {**found, "path": path.removeprefix("/Workspace") if path.startswith("/Workspace/") else path}


def _told(workspace: Workspace, entry: Entry) -> Entry:
    """Return an entry with what its API tells; where that fails, `whole` will say so of this one alone."""
    try:
        return Entry(entry.id, get(workspace, entry.id))
    except ReadError:
        return entry


def _digest(workspace: Workspace, leaf: Document) -> Document:
    how = "SOURCE" if leaf["object_type"] == "NOTEBOOK" else "AUTO"
    content = base64.b64decode(workspace.get("/api/2.0/workspace/export", path=leaf["path"], format=how)["content"])
    about: Document = {name: leaf[name] for name in ("object_type", "language") if name in leaf}
    return {**about, "sha256": hashlib.sha256(content).hexdigest()}


def _settled(document: Document, name: str) -> object:
    """Return what of a field is settled when a Git folder is made."""
    return name in document if name == "sparse_checkout" else document.get(name)
