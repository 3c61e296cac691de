"""The facts about lists of libraries, the same for a cluster, a job's task and a cluster policy."""

from __future__ import annotations

from collections.abc import Iterator

from lakedrill.inventory.kind import Document, Reference
from lakedrill.inventory.paths import mentions

SOURCE = "https://docs.databricks.com/api/workspace/libraries/install"
_LEAVING = "UNINSTALL_ON_RESTART"
"""The status of a library that somebody took away from a cluster that runs."""
ON_DBFS = r"^dbfs:(/(?!mnt/|Volumes/|databricks-datasets/).*)$"
"""A file of the workspace's own DBFS. Mounts and volumes lead elsewhere, and every workspace has the sample data sets."""
ON_A_VOLUME = r"^(?:dbfs:)?(/Volumes/[^/]+/[^/]+/[^/]+/.+)$"
_IN_THE_TREE = r"^/Workspace(/.*)$"
_FILES = (
    ("files", _IN_THE_TREE, ("jar", "requirements", "whl")),
    ("dbfs_files", ON_DBFS, ("egg", "jar", "whl")),
    ("volume_files", ON_A_VOLUME, ("jar", "requirements", "whl")),
)
"""The sorts of library that may be a file that a workspace reaches. One in object storage is not."""


def references(at: str) -> tuple[Reference, ...]:
    """Return what libraries point at; `at` is the path before `libraries`, with its dot."""
    return tuple(
        Reference(f"{at}libraries[].{name}", (kind,), SOURCE, by="path", pattern=pattern)
        for kind, pattern, names in _FILES
        for name in names
    )


def on_dbfs(document: Document) -> Iterator[str]:
    """Yield the paths, without `dbfs:`, of the libraries on DBFS among a document's own `libraries`."""
    for reference in references(""):
        if "dbfs_files" in reference.kinds:
            yield from (name for mention in mentions(reference, document) for name in mention.names)


def installed(statuses: list[Document]) -> list[Document]:
    """Return the libraries that are to be there. How far the installation of one has come is of the run, not of the cluster."""
    return [status["library"] for status in statuses if status.get("status") != _LEAVING]
