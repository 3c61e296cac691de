"""Alerts with a query and a schedule of their own. Names may repeat, but not in a folder.

Each has a file in its folder, which the service writes: it is the alert's, and no workspace file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
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
from lakedrill.inventory.kinds import _sql

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/alerts"
_SOURCE = "https://docs.databricks.com/api/workspace/alertsv2/createalert"
_NOTIFIED = "evaluation.notification.subscriptions[]"
_NOT_SERVED = ("ENDPOINT_NOT_FOUND", "FEATURE_DISABLED")
FILE = ".dbalert.json"
"""What an alert's own file ends in (databricks/cli, libs/testserver/alerts.go)."""


class AlertsV2(Kind):
    """Alerts (`/api/2.0/alerts`), those in the trash left out."""

    name = "alerts_v2"
    identity = Identity("display_name")
    handles = {}
    permissions = "alertsv2"
    volatile = frozenset({"evaluation"})
    posture = {
        "standby": (Setting(Facet.DEFINITION, "schedule.pause_status", "PAUSED", "nothing is evaluated in a standby"),),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                _sql.FOLDER,
                Reference("warehouse_id", ("warehouses",), _SOURCE),
                Reference("effective_run_as.user_name", ("users",), _SOURCE, by="name"),
                Reference("effective_run_as.service_principal_name", ("service_principals",), _SOURCE, by="name"),
                Reference(f"{_NOTIFIED}.user_email", ("users",), _SOURCE, by="name", optional=True),
                Reference(f"{_NOTIFIED}.destination_id", ("notification_destinations",), _SOURCE),
            ),
            assigned=(
                *_sql.ASSIGNED,
                Field("owner_user_name", "who made this copy, and no request changes it; run-as is compared", _SOURCE),
                Field("run_as", "effective_run_as says the same, for every alert", _SOURCE),
                Field("run_as_user_name", "effective_run_as says the same, for every alert", _SOURCE),
                Field("evaluation.state", "of its last evaluation", _SOURCE),
                Field("evaluation.last_evaluated_at", "of its last evaluation", _SOURCE),
            ),
            defaulted=(Default("schedule.pause_status", "an omitted one fires", _SOURCE, value="UNPAUSED"),),
            identities=(
                Field("effective_run_as.user_name", "whose rights the alert has", _SOURCE),
                Field("effective_run_as.service_principal_name", "whose rights the alert has", _SOURCE),
            ),
            free=tuple(
                Field(name, "text", _SOURCE)
                for name in ("query_text", "custom_description", "custom_summary", "parameters")
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every alert."""
        return [Entry(document["id"], document) for document in documents(workspace)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the alert as it is told by itself."""
        return _sql.whole(workspace, _API, entry.id)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return an alert by id."""
        return _sql.fetch(workspace, _API, by, value)


def documents(workspace: Workspace) -> list[Document]:
    """Return the alerts as they are listed, read once a capture."""
    return workspace.shared("alerts_v2", lambda: list(workspace.pages(_API, "alerts", page_size=100)))


def files(workspace: Workspace) -> set[str]:
    """Return the paths of the files that belong to alerts; none where the workspace has no such alerts."""
    try:
        found = documents(workspace)
    except Refused as refusal:
        if refusal.code not in _NOT_SERVED:
            raise
        return set()
    folders = [(str(alert.get("parent_path", "")).removeprefix("/Workspace"), alert) for alert in found]
    return {f"{folder}/{alert.get('display_name')}{FILE}" for folder, alert in folders}
