"""Apps: made without compute and never deployed, then changed by name of what changes, only where drill.yaml asks for it."""

from __future__ import annotations

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.apps import API, get
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _rest
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer

_RESOURCES = "resources"
_CHANGED = (
    "budget_policy_id",
    "compute_size",
    "description",
    "git_repository",
    _RESOURCES,
    "telemetry_export_destinations",
    "usage_policy_id",
    "user_api_scopes",
)
"""What an update can name: https://github.com/databricks/cli/blob/main/bundle/direct/dresources/app.go."""
_ENDED = ("STOPPED", "ERROR")


class Apps(Writer):
    """Apps (`/api/2.0/apps`), all by name."""

    name = "apps"
    how = "where `apply` in drill.yaml asks for it, without compute and not deployed"
    unasked = "it is not deployed, and acts by a service principal of its own, whose rights beside its resources are not copied"
    settle_seconds = 30.0

    def is_fixed(self, path: str) -> bool:
        """What no update can name, only a new one can have."""
        return not path.startswith(_CHANGED)

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the app, and start no compute. One of a circle is made without its resources."""
        left_out = {_RESOURCES} if wanted.deferred else set()
        body = {name: value for name, value in wanted.definition.items() if name not in left_out}
        answer = target.send("POST", f"{API}?no_compute=true", body)
        return str(answer.document["name"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set what differs, and reset what is there and not wanted. An update runs by itself until it is done."""
        new = wanted.definition
        mask = [name for name in _CHANGED if new.get(name) != present.get(name)]
        if not mask:
            return Answer({}, "")
        app = {"name": key, **{name: new[name] for name in mask if name in new}}
        answer = target.send("POST", f"{API}/{key}/update", {"app": app, "update_mask": ",".join(mask)})
        _rest.wait(lambda: _has_ended(target, key), f"the update of app {key}", "still runs")
        return answer

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove it for good, and wait until its name is free."""
        answer = target.send("DELETE", f"{API}/{key}", None)
        _rest.wait(lambda: _is_free(target, key), f"app {key}", "was removed and is still there")
        return answer

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """One that has not stopped may be somebody's work."""
        state = document.get("compute_status", {}).get("state")
        return "" if state in _ENDED else f"it is {state}"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the name of the app, if it is there."""
        name = str(wanted.definition["name"])
        return [] if if_there(lambda: get(target, name)) is None else [name]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the app as it is now."""
        return get(target, key)


def _has_ended(target: Target, key: str) -> bool:
    status = target.get(f"{API}/{key}/update").get("status", {})
    if status.get("state") == "FAILED":
        raise Blocked(f"the service could not update it: {status.get('message', '')}")
    return bool(status.get("state") != "IN_PROGRESS")


def _is_free(target: Target, key: str) -> bool:
    return if_there(lambda: target.get(f"{API}/{key}")) is None
