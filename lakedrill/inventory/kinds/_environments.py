"""The facts about a serverless environment, the same for a job and for a pipeline."""

from __future__ import annotations

from lakedrill.inventory.kind import Reference

SOURCE = "https://docs.databricks.com/api/workspace/jobs/create"
IN_THE_TREE = r"^/Workspace(/.*)$"
_DEPENDENCY = r"^(?:-[rce] *|--(?:requirement|constraint|editable)[ =])?/Workspace(/.+?)/?$"
"""A line of a pip requirements file that names a file or a project of the tree."""
_ON_A_VOLUME = r"^(?:-[rc] *|--(?:requirement|constraint)[ =])?(/Volumes/[^/]+/[^/]+/[^/]+/.*\.[^/]+)$"
"""The same of a volume. A project there is a folder, and those are data."""


def references(at: str) -> tuple[Reference, ...]:
    """Return what dependencies point at; `at` is the path before `dependencies`, with its dot."""
    return (
        Reference(f"{at}dependencies[]", ("files", "directories"), SOURCE, by="path", pattern=_DEPENDENCY),
        Reference(f"{at}dependencies[]", ("volume_files",), SOURCE, by="path", pattern=_ON_A_VOLUME),
    )
