"""Notification destinations: whom jobs and alerts tell, outside of the service. Names may repeat.

What opens the other side (a URL, a key, a password) nobody can read: the service says that it is set, and that is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Reference, Shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/notificationdestinations/get"
_API = "/api/2.0/notification-destinations"


class NotificationDestinations(Kind):
    """Notification destinations (`/api/2.0/notification-destinations`)."""

    name = "notification_destinations"
    identity = Identity("display_name")
    handles = {}
    why_no_permissions = "admins only"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(Reference("config.email.addresses[]", ("users",), _SOURCE, by="name", optional=True),),
            assigned=(Field("id", "the workspace's own", _SOURCE),),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every destination, without its configuration."""
        return [Entry(found["id"], found) for found in workspace.pages(_API, "results", page_size=100)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the destination with its configuration, which only admins are shown."""
        found = workspace.get(f"{_API}/{entry.id}")
        if "config" not in found:
            raise Refused("PERMISSION_DENIED", "the service does not show its configuration", denied=True)
        return found

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a destination by id."""
        return if_there(lambda: Entry(value, workspace.get(f"{_API}/{value}"))) if by == "id" else None
