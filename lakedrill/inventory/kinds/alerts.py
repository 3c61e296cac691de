"""Alerts of Databricks SQL that a query feeds and a job evaluates. Names may repeat, but not in a folder."""

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

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/sql/alerts"
_SOURCE = "https://docs.databricks.com/api/workspace/alerts/create"
_RUNTIME = ("state", "trigger_time")


class Alerts(Kind):
    """Alerts (`/api/2.0/sql/alerts`), those in the trash left out. They have no schedule of their own: jobs have."""

    name = "alerts"
    identity = Identity("display_name")
    handles = {}
    permissions = "sql/alerts"
    volatile = frozenset(_RUNTIME)
    shapes = {
        Facet.DEFINITION: Shape(
            references=(_sql.FOLDER, _sql.OWNER, Reference("query_id", ("queries",), _SOURCE)),
            assigned=(*_sql.ASSIGNED, *(Field(name, "of its last evaluation", _SOURCE) for name in _RUNTIME)),
            defaulted=(Default("seconds_to_retrigger", "not again", _SOURCE, value=0),),
            identities=(_sql.OWNED,),
            free=tuple(Field(name, "text", _SOURCE) for name in ("custom_body", "custom_subject")),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every alert, without its folder."""
        return _sql.listed(workspace, _API, "results")

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the alert with its folder."""
        return _sql.whole(workspace, _API, entry.id)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return an alert by id."""
        return _sql.fetch(workspace, _API, by, value)
