"""SQL warehouses: the whole definition; made, and stopped again at once, so that they cost nothing."""

from __future__ import annotations

from collections.abc import Collection

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _rest
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.0/sql/warehouses"
_ENDED = "STOPPED"


class Warehouses(Writer):
    """Warehouses (`/api/2.0/sql/warehouses`). A created or edited one starts by itself: at most five are starting at once."""

    name = "warehouses"
    how = "yes, stopped"
    at_once = 5
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the warehouse, which starts."""
        answer = target.send("POST", _API, wanted.definition)
        return str(answer.document["id"]), answer

    def settle(self, target: Target, key: str) -> None:
        """Tell it at once to stop. That it has stopped is waited for with its state."""
        target.send("POST", f"{_API}/{key}/stop", {})

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace the whole definition. One that had stopped was started by that, and is stopped again."""
        answer = target.send("POST", f"{_API}/{key}/edit", wanted.definition)
        if present.get("state") in (_ENDED, "STOPPING"):
            _stop(target, key)
        return answer

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove it for good."""
        return target.send("DELETE", f"{_API}/{key}", None)

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """One that has not stopped may be somebody's work."""
        state = document.get("state")
        return "" if state == _ENDED else f"it is {state}"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the warehouse of this name."""
        listed = target.pages(_API, "warehouses", page_size=100)
        return [warehouse["id"] for warehouse in listed if warehouse.get("name") == wanted.definition["name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the warehouse as it is now."""
        return target.get(f"{_API}/{key}")

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Stop it if it runs."""
        return [] if present.get("state") == wanted.get("state") else _stop(target, key)


def _stop(target: Target, key: str) -> list[Answer]:
    """Stop a warehouse and wait for it. One that comes up all the same, since it was starting, is told again."""
    answers: list[Answer] = []

    def has_ended() -> bool:
        state = target.get(f"{_API}/{key}").get("state")
        if state == "RUNNING" or (state == "STARTING" and not answers):
            answers.append(target.send("POST", f"{_API}/{key}/stop", {}))
        return bool(state == _ENDED)

    _rest.wait(has_ended, f"warehouse {key}")
    return answers
