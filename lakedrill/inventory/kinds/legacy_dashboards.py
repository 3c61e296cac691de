"""Legacy dashboards of Databricks SQL: compared only, since no request makes one any more. Names may repeat.

A widget shows a visualization of a query, which comes along whole: the query itself is compared among queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import (
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

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/preview/sql/dashboards"
_SOURCE = "https://docs.databricks.com/api/workspace/dashboards/get"
_WIDGET = "widgets[]"
_SHOWN = f"{_WIDGET}.visualization"
_PAGE = 100


class LegacyDashboards(Kind):
    """Legacy dashboards (`/api/2.0/preview/sql/dashboards`), those in the trash left out."""

    name = "legacy_dashboards"
    identity = Identity("name")
    handles = {}
    permissions = "dbsql-dashboards"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                Reference("parent", ("directories",), _SOURCE, pattern=r"^folders/(\d+)$"),
                Reference("user.email", ("users",), _SOURCE, by="name", optional=True),
                Reference("warehouse_id", ("warehouses",), _SOURCE),
                Reference(f"{_SHOWN}.query.id", ("queries",), _SOURCE),
            ),
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("slug", "made of the name, and of how many have it", _SOURCE),
                Field("user_id", "user.email says whose it is", _SOURCE),
                Field("user.id", "user.email says whose it is", _SOURCE),
                Field("created_at", "when this copy was made", _SOURCE),
                Field("updated_at", "when this copy was written", _SOURCE),
                Field("version", "counts the writes of this copy", _SOURCE),
                Field("can_edit", "what the caller may do", _SOURCE),
                Field("permission_tier", "what the caller may do", _SOURCE),
                Field("is_favorite", "of the caller's own list", _SOURCE),
                Field("data_source_id", "the warehouse again, by another id", _SOURCE),
                Field("options.parent", "the folder again", _SOURCE),
                Field("options.folder_node_internal_name", "the object again, by another id", _SOURCE),
                *(
                    Field(f"{_WIDGET}.{name}", "of this copy alone", _SOURCE)
                    for name in ("id", "options.created_at", "options.updated_at")
                ),
                *(
                    Field(f"{_SHOWN}.{name}", "of this copy alone", _SOURCE)
                    for name in ("id", "created_at", "updated_at")
                ),
            ),
            unordered=(Field("widgets", "a set: each says where it stands", _SOURCE),),
            identities=(Field("user.email", "whose it is", _SOURCE),),
            free=(Field(f"{_WIDGET}.text", "text", _SOURCE),),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every dashboard, without its widgets."""
        return [Entry(str(found["id"]), found) for found in _listed(workspace)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the dashboard with its widgets."""
        return get(workspace, entry.id)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a dashboard by id."""
        return if_there(lambda: Entry(value, get(workspace, value))) if by == "id" else None

    def mended_by(self, facet: Facet | None, primary: Document, secondary: Document) -> str:  # noqa: ARG002 - in general
        """Return what people do, since a copy does nothing: with one that is missing, or that differs."""
        if facet is not None:
            return "set it on the secondary by hand: a copy leaves legacy dashboards as they are"
        return (
            "make an AI/BI dashboard of it on the primary, which a copy takes along, and throw it away there, or take it "
            "out of scope: nobody can make a legacy dashboard any more"
        )


def get(workspace: Workspace, key: str) -> Document:
    """Return a dashboard, of the queries that it shows their ids alone. Raises Refused where it is gone, or in the trash."""
    found = workspace.get(f"{API}/{key}")
    if found.get("is_archived"):
        raise Refused("RESOURCE_DOES_NOT_EXIST", f"{key} is in the trash", gone=True)
    return {**found, "widgets": [_named(widget) for widget in found.get("widgets") or []]}


def _listed(workspace: Workspace) -> Iterator[Document]:
    """Yield what the pages hold, which are numbered: behind the last one is an empty one."""
    page = 1
    while found := workspace.get(API, page=page, page_size=_PAGE).get("results"):
        yield from found
        page += 1


def _named(widget: Document) -> Document:
    shown = widget.get("visualization") or {}
    if not shown.get("query"):
        return widget
    return {**widget, "visualization": {**shown, "query": {"id": shown["query"].get("id")}}}
