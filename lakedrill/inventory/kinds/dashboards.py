"""Dashboards: the draft, whether it is published, and when who is told of it.

They lie in the workspace's tree, and are listed there: a dashboard of a Git folder belongs to the repository.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Default,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Kind,
    Reference,
    Setting,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds import _sql, _tree

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/lakeview/dashboards"
_SOURCE = "https://docs.databricks.com/api/workspace/lakeview/create"
_PUBLISH = "https://docs.databricks.com/api/workspace/lakeview/publish"
_SUBSCRIPTIONS = "schedules[].subscriptions[]"
_SUBSCRIBER = f"{_SUBSCRIPTIONS}.subscriber"
_OWN = ("create_time", "update_time", "etag", "dashboard_id", "schedule_id")


class Dashboards(Kind):
    """Dashboards (`/api/2.0/lakeview/dashboards`), those in the trash left out."""

    name = "dashboards"
    identity = Identity("path")
    handles = {}
    permissions = "dashboards"
    told_apart = (Facet.PUBLISHED, Facet.SCHEDULES)
    posture = {
        "standby": (
            Setting(
                Facet.PUBLISHED,
                "published",
                None,
                "a standby's dashboards are drafts, or show what each viewer may see",
                instead=(("embed_credentials", False),),
            ),
            Setting(Facet.SCHEDULES, "schedules[].pause_status", "PAUSED", "nothing fires in a standby"),
        ),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            parsed=(Field("serialized_dashboard", "pages, datasets and filters", _SOURCE),),
            references=(_tree.OWNER, _sql.FOLDER, Reference("warehouse_id", ("warehouses",), _SOURCE)),
            assigned=(
                *(
                    Field(name, "of this copy alone", _SOURCE)
                    for name in ("dashboard_id", "create_time", "update_time")
                ),
                Field("etag", "counts the writes of this copy", _SOURCE),
                Field("lifecycle_state", "only what is not in the trash is captured", _SOURCE),
            ),
            free=tuple(
                Field(f"serialized_dashboard.datasets[].{name}", "SQL", _SOURCE) for name in ("query", "queryLines")
            ),
        ),
        Facet.PUBLISHED: Shape(
            takes=("published",),
            references=(Reference("published.warehouse_id", ("warehouses",), _PUBLISH),),
            assigned=(
                Field("published.display_name", "the draft's of when it was published", _PUBLISH),
                Field("published.revision_create_time", "when that was", _PUBLISH),
            ),
            defaulted=(Default("published.embed_credentials", "left out where they are not", _PUBLISH, value=False),),
        ),
        Facet.SCHEDULES: Shape(
            takes=("schedules",),
            references=(
                Reference("schedules[].warehouse_id", ("warehouses",), _SOURCE),
                Reference(f"{_SUBSCRIBER}.user_subscriber.user_id", ("users",), _SOURCE),
                Reference(
                    f"{_SUBSCRIBER}.destination_subscriber.destination_id", ("notification_destinations",), _SOURCE
                ),
            ),
            assigned=(
                *(Field(f"schedules[].{name}", "of this copy alone", _SOURCE) for name in _OWN),
                *(
                    Field(f"{_SUBSCRIPTIONS}.{name}", "of this copy alone", _SOURCE)
                    for name in (*_OWN, "subscription_id", "created_by_user_id")
                ),
            ),
            defaulted=(
                Default("schedules[].pause_status", "an omitted one fires", _SOURCE, value="UNPAUSED"),
                Default(f"{_SUBSCRIPTIONS}.skip_notify", "told unless said otherwise", _SOURCE, value=False),
            ),
            unordered=(
                Field("schedules", "a set", _SOURCE),
                Field("schedules[].subscriptions", "a set", _SOURCE),
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every dashboard of the tree, as the tree tells it: by the id that it has in its own API."""
        return [Entry(str(e.document["resource_id"]), e.document) for e in _tree.of_type(workspace, "DASHBOARD")]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the draft."""
        return _sql.whole(workspace, API, entry.id)

    def part(self, workspace: Workspace, facet: Facet, key: str) -> Document:
        """Return what is published of a dashboard (None: nothing is), or its schedules with their subscriptions."""
        return published(workspace, key) if facet is Facet.PUBLISHED else schedules(workspace, key)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a dashboard by id."""
        return _sql.fetch(workspace, API, by, value)


def published(workspace: Workspace, key: str) -> Document:
    """Return what is published of a dashboard; None where nothing is. What it shows no API gives."""
    return {"published": if_there(lambda: workspace.get(f"{API}/{key}/published"))}


def schedules(workspace: Workspace, key: str) -> Document:
    """Return the schedules of a dashboard, each with its subscriptions."""
    found = workspace.pages(f"{API}/{key}/schedules", "schedules", page_size=100)
    return {"schedules": [_whole(workspace, key, schedule) for schedule in found]}


def _whole(workspace: Workspace, key: str, schedule: Document) -> Document:
    path = f"{API}/{key}/schedules/{schedule['schedule_id']}/subscriptions"
    return {**schedule, "subscriptions": list(workspace.pages(path, "subscriptions", page_size=100))}
