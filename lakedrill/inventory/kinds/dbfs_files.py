"""Files on DBFS that a cluster, a job or a pipeline names, and all where init scripts once ran for lying there.

DBFS as a whole is data, and no part of a drill.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape
from lakedrill.inventory.kinds import _libraries, clusters, jobs

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/dbfs/getstatus"
LEGACY_SCRIPTS = "/databricks/init"
"""What lay here ran on all clusters, and below it on those that a folder was named for: the service ended that, and the
scripts are still there. Recovery guides copy the folder."""
_OFF = "DBFS root is disabled"
"""The service's words where DBFS is switched off [K]: no code says so."""
_BLOCK = 1024 * 1024
"""The most that one read gives."""


class DbfsFiles(Kind):
    """Init scripts and libraries on DBFS (`/api/2.0/dbfs`)."""

    name = "dbfs_files"
    identity = Identity("path")
    handles = {"path": "path"}
    why_no_permissions = "DBFS has none"
    named_only = True
    shapes = {
        Facet.DEFINITION: Shape(
            assigned=(
                Field("modification_time", "when this copy was written", _SOURCE),
                Field("file_size", "of the content, compared there", _SOURCE),
            )
        ),
        Facet.CONTENT: Shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return the files that are named and exist; a name without a file is a broken reference of who names it.

        And all below `LEGACY_SCRIPTS`, whatever names them.
        """
        documents = [*clusters.documents(workspace), *clusters.libraries(workspace), *jobs.documents(workspace)]
        named = {path for document in documents for path in _destinations(document)}
        legacy = {each["path"]: each for each in _below(workspace, LEGACY_SCRIPTS)}
        found = (self.fetch(workspace, "path", path) for path in sorted(named - legacy.keys()))
        return [
            *(entry for entry in found if entry is not None),
            *(Entry(path, legacy[path]) for path in sorted(legacy)),
        ]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return the file at a path, given without `dbfs:`."""
        found = if_there(lambda: workspace.get("/api/2.0/dbfs/get-status", path=value)) if by == "path" else None
        if found is None:
            return None
        return None if found.get("is_dir") else Entry(found["path"], found)

    def content(self, workspace: Workspace, document: Document) -> bytes:
        """Return the file's bytes, block by block."""
        data = b""
        while True:
            block = workspace.get("/api/2.0/dbfs/read", path=document["path"], offset=len(data), length=_BLOCK)
            data += base64.b64decode(block.get("data", ""))
            if not block.get("bytes_read"):
                return data


def _below(workspace: Workspace, folder: str) -> Iterator[Document]:
    """Yield the files below a folder; none where there is no folder, or no DBFS."""
    try:
        children = workspace.get("/api/2.0/dbfs/list", path=folder).get("files", [])
    except Refused as refusal:
        if refusal.gone or refusal.code == "FEATURE_DISABLED" or _OFF in refusal.message:
            return
        raise
    for child in children:
        if child.get("is_dir"):
            yield from _below(workspace, child["path"])
        else:
            yield child


def _destinations(value: Any) -> Iterator[str]:
    """Yield the paths, without `dbfs:`, of all scripts, libraries and code on DBFS that a document names at any depth."""
    if isinstance(value, dict):
        yield from _libraries.on_dbfs(value)
        scripts = [script.get("dbfs", {}).get("destination", "") for script in value.get("init_scripts", [])]
        for destination in (*scripts, value.get("python_file", ""), value.get("jar_uri", "")):
            if found := re.match(_libraries.ON_DBFS, destination):
                yield found[1]
        for child in value.values():
            yield from _destinations(child)
    elif isinstance(value, list):
        for child in value:
            yield from _destinations(child)
