"""What queries, alerts and dashboards share: they lie in a folder, belong to somebody, and go to the trash."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Entry, Field, Reference

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

SOURCE = "https://docs.databricks.com/api/workspace/queries/create"
NOBODY = "Unavailable"
"""What the service calls an owner who is gone."""

FOLDER = Reference(
    "parent_path",
    ("directories",),
    SOURCE,
    by="path",
    pattern=r"^(?:/Workspace)?(/(?!Repos/|Workspace(?:/|$)).+)$",
)
OWNER = Reference(
    "owner_user_name",
    ("users", "service_principals"),
    SOURCE,
    by="name",
    unless=("owner_user_name", (NOBODY,)),
)
OWNED = Field("owner_user_name", "whose it is", SOURCE)
ASSIGNED = (
    Field("id", "the workspace's own", SOURCE),
    Field("create_time", "when this copy was made", SOURCE),
    Field("update_time", "when this copy was written", SOURCE),
    Field("lifecycle_state", "only what is not in the trash is captured", SOURCE),
)


def listed(workspace: Workspace, api: str, key: str) -> Iterable[Entry]:
    """Return what a listing shows. One request at a time: the service warns of ten (SDK `QueriesAPI.list`)."""
    return [Entry(document["id"], document) for document in workspace.pages(api, key, page_size=100)]


def whole(workspace: Workspace, api: str, key: str) -> Document:
    """Return an object as it is told by itself, with its folder. Raises Refused where it is gone, or in the trash."""
    found = workspace.get(f"{api}/{key}")
    if found.get("lifecycle_state", "ACTIVE") != "ACTIVE":
        raise Refused("RESOURCE_DOES_NOT_EXIST", f"{key} is in the trash", gone=True)
    return found


def fetch(workspace: Workspace, api: str, by: str, value: str) -> Entry | None:
    """Return an object by id; None where it is gone, or in the trash."""
    return if_there(lambda: Entry(value, whole(workspace, api, value))) if by == "id" else None
