"""The facts about lists of libraries, the same for a cluster, a job's task and a cluster policy."""

from __future__ import annotations

from lakedrill.inventory.kind import Reference

SOURCE = "https://docs.databricks.com/api/workspace/libraries/install"
FILES = ("egg", "jar", "requirements", "whl")
"""The sorts of library that are a file. One in object storage or on a volume is not the workspace's."""
ON_DBFS = r"^dbfs:(/(?!mnt/|Volumes/|databricks-datasets/).*)$"
"""A file of the workspace's own DBFS. Mounts and volumes lead elsewhere, and every workspace has the sample data sets."""
_IN_THE_TREE = r"^/Workspace(/(?!Repos/).*)$"


def references(at: str) -> tuple[Reference, ...]:
    """Return what libraries point at; `at` is the path before `libraries`, with its dot."""
    return tuple(
        Reference(f"{at}libraries[].{name}", (kind,), SOURCE, by="path", pattern=pattern)
        for name in FILES
        for kind, pattern in (("files", _IN_THE_TREE), ("dbfs_files", ON_DBFS))
    )
