"""Genie spaces: what people may ask about which tables, and what Genie is told of them. Titles may repeat.

What was asked so far is no part of one: no API gives conversations to another workspace.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import (
    Default,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Kind,
    Reference,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds import _sql

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/genie/spaces"
_SOURCE = "https://docs.databricks.com/api/genie/v1/genie-space"
_SERIALIZED = "serialized_space"


class GenieSpaces(Kind):
    """Genie spaces (`/api/2.0/genie/spaces`), those in the trash left out."""

    name = "genie_spaces"
    identity = Identity("title")
    handles = {}
    permissions = "genie"
    shapes = {
        Facet.DEFINITION: Shape(
            parsed=(Field(_SERIALIZED, "data sources, instructions and benchmarks", _SOURCE),),
            references=(_sql.FOLDER, Reference("warehouse_id", ("warehouses",), _SOURCE)),
            assigned=(
                Field("space_id", "the workspace's own", _SOURCE),
                Field("create_time", "when this copy was made", _SOURCE),
                Field("update_time", "when this copy was written", _SOURCE),
                Field("etag", "counts the writes of this copy", _SOURCE),
            ),
            defaulted=(Default("description", "none", _SOURCE, value=""),),
            free=(
                Field("description", "text", _SOURCE),
                Field(f"{_SERIALIZED}.instructions", "text and SQL", _SOURCE),
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every space, without what it holds."""
        return [Entry(str(found["space_id"]), found) for found in workspace.pages(API, "spaces", page_size=100)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the space with what it holds."""
        return get(workspace, entry.id)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a space by id."""
        return if_there(lambda: Entry(value, get(workspace, value))) if by == "id" else None


def get(workspace: Workspace, key: str) -> Document:
    """Return a space with what it holds. Raises Refused where it is gone, in the trash, or shown to the caller in part only."""
    found = workspace.get(f"{API}/{key}", include_serialized_space="true")
    if _SERIALIZED not in found:
        raise Refused(
            "PERMISSION_DENIED", "what a space holds is told to those who may edit it (CAN_EDIT)", denied=True
        )
    return found
