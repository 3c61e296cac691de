"""Global init scripts, in their order, with their enabled flag."""

from __future__ import annotations

import base64
from typing import Any

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_PATH = "/api/2.0/global-init-scripts"


class GlobalInitScripts(Writer):
    """Global init scripts (`/api/2.0/global-init-scripts`)."""

    name = "global_init_scripts"
    how = "yes, in order"
    with_definition = frozenset({Facet.CONTENT})
    serial = True
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the script at its position."""
        answer = target.send("POST", _PATH, _body(wanted))
        return str(answer.document["script_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Give it name, text, position and flag."""
        return target.send("PATCH", f"{_PATH}/{key}", _body(wanted))

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the script; those behind it move up."""
        return target.send("DELETE", f"{_PATH}/{key}", None)

    def rank(self, target: Workspace, document: Document) -> Any:
        """By position: a script that is put at one moves those behind it."""
        return document.get("position", 0)

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the scripts of this name."""
        scripts = target.get(_PATH).get("scripts", [])
        return [script["script_id"] for script in scripts if script["name"] == wanted.definition["name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the script as it is now."""
        return target.get(f"{_PATH}/{key}")


def _body(wanted: Wanted) -> Document:
    return {**wanted.definition, "script": base64.b64encode(wanted.content()).decode()}
