"""A workspace that is ahead of everybody: it knows a field of each kind that no API has published yet."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Running
from lakedrill.inventory.drill import load
from lakedrill.inventory.kind import Document, Kind
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import steps, values
from lakedrill.inventory.scope import Mode
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.scope import Scope
from migrate.kinds import WRITERS
from migrate.writer import Writer
from tests.support.land import TINY, Land
from tests.support.laws import ROLES, Copied, emulator_of
from tests.support.wire import between

VALUE = {"of": ["tomorrow", 1]}
NO_PLACE = {
    "mounts": "a command prints the three fields that it was asked for",
    "volume_files": "an answer is a file's bytes and what HTTP says of them",
    "workspace_conf": "an answer is a map of the keys that were asked for",
    "token_permissions": "no answer is about it but of who may do what with it",
}
"""Kinds of which no answer could have a field that nobody knows, and why."""
ONLY = {"sql_warehouse_config": "/api/2.0/sql/config/warehouses"}
"""Kinds of which a workspace has one, whose answer has no id, and where it is asked for."""
BY = {"registered_models": ("name", "id"), "secrets": ("key", "")}
"""Kinds of which an answer to a write has no id: by what they are told apart, and what an answer about one holds beside."""
CALLED = {"ip_access_lists": "label"}
"""What an answer about one holds, where its name is made of several fields."""

NOVEL = [kind for kind in CATALOGUE.kinds if kind.name not in NO_PLACE]


@dataclass
class Novelty:
    """A field of one kind: taken with every write that names it, kept, and shown in every answer.

    `beside` is the way to where a definition stands, `settings` of a job; `id_field` says which object a document is of.
    One that names another object by its id says nothing of what that is `called`.
    """

    name: str
    id_field: str
    beside: tuple[str, ...]
    called: str = ""
    only: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """By the object's id."""

    @classmethod
    def of(cls, kind: Kind, key: str, document: Document) -> Novelty:
        """Return one whose place is told by an object of the kind."""
        id_field = next(name for name, value in document.items() if str(value) == key)
        id_field, called = BY.get(kind.name, (id_field, CALLED.get(kind.name, kind.identity.path)))
        return cls(f"x_{kind.name}", id_field, steps(kind.identity.path)[:-1], called, ONLY.get(kind.name, ""))

    def keep(self, path: str, sent: Any, answered: Any) -> None:
        """Keep the field of a write."""
        for value in _named(sent, self.name):
            told = [d[self.id_field] for d in (answered, sent) if isinstance(d, dict) and self.id_field in d]
            self.values[str(told[0]) if told else path.rpartition("/")[2]] = value

    def show(self, value: Any, path: str = "") -> None:
        """Put the field into what is read; of what is told apart by the address alone, into the answer."""
        if isinstance(value, dict):
            at = next((key for key in self.values if f"/types/{key}/" in path or (path and path == self.only)), "")
            is_one = at or not self.called or any(True for _ in values(value, self.called))
            if is_one and (key := at or str(value.get(self.id_field))) in self.values:
                place = value
                for step in self.beside:
                    place = place.get(step, {})
                place.setdefault(self.name, self.values[key])
            value = list(value.values())
        for child in value if isinstance(value, list) else ():
            self.show(child)


class Ahead:
    """What one workspace knows: a field of every kind. `refuses`: it knows none of them, and says so of each request."""

    def __init__(self, novelties: dict[str, Novelty], *, refuses: bool = False) -> None:
        self.novelties = novelties
        self.refuses = refuses

    def ask(self, _method: str, _path: str, sent: bytes, _answered: bytes) -> tuple[int, bytes] | None:
        """Refuse what names a field, where it is not known."""
        for novelty in self.novelties.values() if self.refuses else ():
            if f'"{novelty.name}"'.encode() in sent:
                text = f"Could not parse request object: unknown field '{novelty.name}'"
                return 400, json.dumps({"error_code": "MALFORMED_REQUEST", "message": text}).encode()
        return None

    def change(self, method: str, path: str, sent: bytes, answered: bytes) -> tuple[int, bytes] | None:
        """Keep the fields of a write; show them in what is read."""
        document = _parsed(answered)
        for novelty in self.novelties.values():
            if method == "GET":
                novelty.show(document, path)
            else:
                novelty.keep(path, _parsed(sent), document)
        return None if document is None or method != "GET" else (0, json.dumps(document).encode())


class Tomorrow:
    """A drill of two workspaces that are ahead: one object of each kind has a field that we have never heard of.

    `refused`: the secondary knows none of them, and refuses every request that names one.
    """

    def __init__(self, mode: str, folder: Path, *, refused: bool) -> None:
        with Running(emulator_of(mode)) as running, contextlib.ExitStack() as stack:
            self.copied = Copied(Land(running, folder).write().fill(TINY))
            self.copied.run("snapshot", "snapshot")
            with Snapshot(self.copied.land.home / "primary.snapshot") as snapshot:
                self.marked = dict(_samples(snapshot, Scope(load(self.copied.land.file).scope)))
                for role in ROLES:
                    fields = {
                        name: Novelty.of(CATALOGUE[name], key, document)
                        for name, (key, document) in self.marked.items()
                    }
                    for name, novelty in fields.items() if role == "primary" else ():
                        key, document = self.marked[name]
                        novelty.values[str(document.get(novelty.id_field, key.partition("/")[2]))] = VALUE
                    ahead = Ahead(fields, refuses=refused and role == "secondary")
                    stack.enter_context(between(running.emulator.apps[role], ahead.change, ask=ahead.ask))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for writer in (Writer, type(WRITERS["secrets"])):
                patch.setattr(writer, "settle_seconds", 0.1)  # what will never be as it was meant is not waited for
            self.copied.run("copy", "migrate", "--publish")
            self.copied.run("plan", "plan")


def _samples(snapshot: Snapshot, scope: Scope) -> Iterator[tuple[str, tuple[str, Document]]]:
    """Yield an id and a document for each kind, of what is copied: of a workspace's own group, since an account's is not."""
    for kind in NOVEL:
        listed = [(each.id, snapshot.document(each.n)) for each in snapshot.objects(kind.name)]
        found = [(key, d) for key, d in listed if scope.of(kind, key, lambda d=d: d).mode is Mode.COPY]
        own = [(key, d) for key, d in found if d.get("meta", {}).get("resourceType") == "WorkspaceGroup"]
        if found:
            yield kind.name, [e for e in own or found if e[1].get("displayName") not in ("admins", "users")][-1]


def _named(value: Any, name: str) -> list[Any]:
    if isinstance(value, dict):
        return [value[name]] if name in value else [found for child in value.values() for found in _named(child, name)]
    return [found for child in value for found in _named(child, name)] if isinstance(value, list) else []


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None
