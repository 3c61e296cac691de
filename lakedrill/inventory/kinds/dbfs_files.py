"""Files on DBFS that a cluster, a job or a pipeline names. DBFS as a whole is data, and no part of a drill."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape
from lakedrill.inventory.kinds import _libraries, clusters, jobs

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/dbfs/getstatus"
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
        """Return the files that are named and exist; a name without a file is a broken reference of who names it."""
        documents = [*clusters.documents(workspace), *clusters.libraries(workspace), *jobs.documents(workspace)]
        named = {path for document in documents for path in _destinations(document)}
        found = (self.fetch(workspace, "path", path) for path in sorted(named))
        return [entry for entry in found if entry is not None]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return the file at a path, given without `dbfs:`."""
        if by != "path":
            return None
        try:
            found = workspace.get("/api/2.0/dbfs/get-status", path=value)
        except Refused as refusal:
            if refusal.gone:
                return None
            raise
        return None if found.get("is_dir") else Entry(found["path"], found)

    def content(self, workspace: Workspace, document: Document) -> bytes:
        """Return the file's bytes, block by block."""
        data = b""
        while True:
            block = workspace.get("/api/2.0/dbfs/read", path=document["path"], offset=len(data), length=_BLOCK)
            data += base64.b64decode(block.get("data", ""))
            if not block.get("bytes_read"):
                return data


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
