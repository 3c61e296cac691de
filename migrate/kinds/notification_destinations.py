"""Notification destinations: email whole; any other is opened by what nobody can read, and somebody has to make it."""

from __future__ import annotations

from typing import Any

from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import BY_HAND, Options, Wanted, Writer

_API = "/api/2.0/notification-destinations"
_LOCKED = (
    "the service tells nobody what opens a destination of type {}; set one up on the secondary under the same name"
)


class NotificationDestinations(Writer):
    """Notification destinations (`/api/2.0/notification-destinations`). Their type can't be changed."""

    name = "notification_destinations"
    how = "email; others by hand, since nobody can read what opens them"
    renames = True
    create_only = frozenset(
        f"config.{name}"
        for name in (
            "databricks_app_slack",
            "databricks_app_teams",
            "generic_webhook",
            "microsoft_teams",
            "pagerduty",
            "slack",
        )
    )

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """What is opened by a secret can't be made: the primary does not tell it."""
        return {number: _by_hand(document) for number, document in documents.items() if _is_locked(document)}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the destination."""
        answer = target.send("POST", _API, _body(wanted))
        return str(answer.document["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Give it name and addresses. What opens it stays as it is."""
        return target.send("PATCH", f"{_API}/{key}", _body(wanted))

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the destination."""
        return target.send("DELETE", f"{_API}/{key}", None)

    def permanent(self, document: Document) -> str:
        """Nobody could make it again."""
        return "what opens it would be lost" if _is_locked(document) else ""

    def at_odds(self, wanted: Document, present: Document) -> str:
        """Only whoever knows what opens it can let it have that."""
        return _by_hand(wanted) if _is_locked(wanted) and wanted["config"] != present.get("config") else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the destinations of this name."""
        listed = target.pages(_API, "results", page_size=100)
        return [found["id"] for found in listed if found["display_name"] == wanted.definition["display_name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the destination as it is now."""
        return target.get(f"{_API}/{key}")


def _body(wanted: Wanted) -> Document:
    """Return what a request may say: not the type, and not that secrets are set."""
    unsaid = {"destination_type", "config"} if _is_locked(wanted.definition) else {"destination_type"}
    return {name: value for name, value in wanted.definition.items() if name not in unsaid}


def _by_hand(document: Document) -> str:
    return BY_HAND + _LOCKED.format(document.get("destination_type"))


def _is_locked(document: Document) -> bool:
    """Say whether a secret opens a destination, as `url_set` of its configuration tells."""
    configs: dict[str, dict[str, Any]] = document.get("config", {})
    return any(name.endswith("_set") for config in configs.values() for name in config)
