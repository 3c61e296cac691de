"""Queries of Databricks SQL. Names may repeat, but not in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

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
from lakedrill.inventory.kinds._sql import SOURCE

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/sql/queries"


class Queries(Kind):
    """Queries (`/api/2.0/sql/queries`), those in the trash left out."""

    name = "queries"
    identity = Identity("display_name")
    handles = {}
    permissions = "sql/queries"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                _sql.FOLDER,
                _sql.OWNER,
                Reference("warehouse_id", ("warehouses",), SOURCE),
                Reference("parameters[].query_backed_value.query_id", ("queries",), SOURCE, deferrable=True),
            ),
            assigned=(*_sql.ASSIGNED, Field("last_modifier_user_name", "who wrote this copy", SOURCE)),
            defaulted=(
                Default("run_as_mode", "runs as its owner", SOURCE, value="OWNER"),
                Default("description", "none", SOURCE, value=""),
            ),
            identities=(_sql.OWNED,),
            free=tuple(
                Field(name, "text", SOURCE)
                for name in (
                    "query_text",
                    "description",
                    "tags",
                    "parameters[].title",
                    "parameters[].text_value",
                    "parameters[].enum_value",
                )
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every query, without its folder."""
        return _sql.listed(workspace, _API, "results")

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the query with its folder."""
        return _sql.whole(workspace, _API, entry.id)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a query by id."""
        return _sql.fetch(workspace, _API, by, value)
