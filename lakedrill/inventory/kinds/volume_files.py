"""Files on volumes that a cluster, a job or a pipeline names. Volumes as a whole are data, and no part of a drill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape
from lakedrill.inventory.kinds import clusters, jobs
from lakedrill.inventory.paths import mentions

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/files/getmetadata"
_METASTORES = "https://docs.databricks.com/api/workspace/metastores/current"
_API = "/api/2.0/fs/files"
_ROOT_PARTS = 4
"""`Volumes`, catalog, schema, volume."""


class VolumeFiles(Kind):
    """Init scripts, libraries and code on volumes (`/api/2.0/fs/files`)."""

    name = "volume_files"
    identity = Identity("path")
    handles = {"path": "path"}
    why_no_permissions = "its volume's grants"
    named_only = True
    shapes = {
        Facet.DEFINITION: Shape(
            assigned=(
                Field("last_modified", "when this copy was written", _SOURCE),
                Field("file_size", "of the content, compared there", _SOURCE),
                Field("metastore_id", "the region's own, or one that both sides share", _METASTORES),
            )
        ),
        Facet.CONTENT: Shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return the files that are named and exist; a name without a file is a broken reference of who names it."""
        named = {self.fold("path", name) for name in _named(workspace)}
        found = (self.fetch(workspace, "path", path) for path in sorted(named))
        return [entry for entry in found if entry is not None]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return the file at a path. One that the caller may not see is there: its content says why it can't be read."""
        metastore = metastore_of(workspace) if by in ("path", "id") else ""
        if not metastore:
            return None
        path = self.fold("path", value)
        document: Document = {"path": path, "metastore_id": metastore}
        try:
            found = workspace.head(_API + quote(path), "content-length", "last-modified")
        except Refused as refusal:
            if refusal.gone:
                return None
            if not refusal.denied:
                raise
            return Entry(path, document)
        about = {"file_size": int(found["content-length"] or 0), "last_modified": found["last-modified"]}
        return Entry(path, document | about)

    def content(self, workspace: Workspace, document: Document) -> bytes:
        """Return the file's bytes."""
        return workspace.download(_API + quote(document["path"]))

    def fold(self, handle: str, value: str) -> str:  # noqa: ARG002 - a path, whatever points at it
        """Return a path as it is looked up: names of catalog, schema and volume have no case."""
        parts = [part for part in value.split("/") if part]
        return "/".join(("", *parts[:1], *(part.lower() for part in parts[1:_ROOT_PARTS]), *parts[_ROOT_PARTS:]))


def metastore_of(workspace: Workspace) -> str:
    """Return the id of a workspace's metastore, read once a capture; empty where it has none. Raises what a read raises."""

    def read() -> str:
        found = if_there(lambda: workspace.get("/api/2.1/unity-catalog/current-metastore-assignment"))
        return "" if found is None else str(found["metastore_id"])

    return workspace.shared("metastore", read)


def volume_of(path: str) -> str:
    """Return the full name of the volume that a path lies in."""
    return ".".join(path.split("/")[2 : _ROOT_PARTS + 1])


def _named(workspace: Workspace) -> Iterator[str]:
    """Yield the paths that clusters, their libraries and jobs name. What pipelines and policies name is followed."""
    documents = (*clusters.documents(workspace), *clusters.libraries(workspace))
    for kind, found in ((clusters.Clusters, documents), (jobs.Jobs, jobs.documents(workspace))):
        shapes = kind.shapes.values()
        references = [r for shape in shapes for r in shape.references if VolumeFiles.name in r.kinds]
        for document in found:
            yield from (name for r in references for each in mentions(r, document) for name in each.names)
