"""Alerts with a schedule of their own, paused. Whom one runs as can be said of service principals and of the copier only."""

from __future__ import annotations

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds._sql import whole
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.0/alerts"
_FOLDER, _RUNS_AS = "parent_path", "effective_run_as"


class AlertsV2(Writer):
    """Alerts (`/api/2.0/alerts`)."""

    name = "alerts_v2"
    how = "yes, paused; run as another user by hand"
    renames = True
    create_only = frozenset({_FOLDER})

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the alert in its folder."""
        answer = target.send("POST", _API, _body(target, wanted))
        return str(answer.document["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set every field, and reset what is there and not wanted. Its folder stays."""
        assigned = {field.path for field in wanted.kind.shapes[Facet.DEFINITION].assigned}
        body = {name: value for name, value in _body(target, wanted).items() if name != _FOLDER}
        mask = ",".join(sorted(body.keys() | (present.keys() - assigned - {_FOLDER, _RUNS_AS})))
        return target.send("PATCH", f"{_API}/{key}?update_mask={mask}", body)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Move it to the trash, where it stays for thirty days."""
        return target.send("DELETE", f"{_API}/{key}", None)

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the alerts of this name."""
        listed = target.pages(_API, "alerts", page_size=100)
        return [found["id"] for found in listed if found.get("display_name") == wanted.definition["display_name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the alert as it is now. One in the trash is gone."""
        return whole(target, _API, key)


def _body(target: Target, wanted: Wanted) -> Document:
    """Return a definition as a request takes it: to run as another user would be refused (SDK `AlertV2RunAs`)."""
    body = {name: value for name, value in wanted.definition.items() if name != _RUNS_AS}
    runs_as = wanted.definition.get(_RUNS_AS, {})
    return body if runs_as.get("user_name", target.caller) != target.caller else {**body, "run_as": runs_as}
