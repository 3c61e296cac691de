"""The sweep: does anything of the secondary still name the primary? It uses no catalogue of references and no pairing.

Looked for are the ids of all objects of the primary, its host and its workspace id, in raw definitions and permissions. An id
that the secondary's own snapshot hands out too (account principals; workspaces that share ids) can't be told apart, and is
left to the comparison of references. Ids of fewer than eight characters are left out: they stand for too much else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from lakedrill.inventory.kind import Facet, Kind, Shape
from lakedrill.inventory.paths import below, names, opened, places
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.canonical import copied, within

_SHORTEST = 8
_ID = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*")

Trace = tuple[str, str]
"""A path and the value there that names the primary."""


class Sweep:
    """Looks for traces of the primary in documents of the secondary."""

    def __init__(self, primary: Snapshot, secondary: Snapshot, named: Collection[str] = ()) -> None:
        """`named`: the kinds whose ids are names."""
        self._named = named
        self._primary = primary
        self._secondary = secondary

    @cached_property
    def _names(self) -> set[str]:
        own = {key for _, _, key in self._secondary.ids()} | {str(self._secondary.meta["workspace_id"])}
        names = {key for _, kind, key in self._primary.ids() if kind not in self._named} | {
            str(self._primary.meta["workspace_id"])
        }
        return {name for name in names - own if len(name) >= _SHORTEST and _ID.fullmatch(name)}

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        """What looks like an id, for each number of hyphens that an id has; also inside a longer name with hyphens."""
        part, edge = "[0-9A-Za-z]+", "(?![0-9A-Za-z])"
        counts = sorted({name.count("-") for name in self._names})
        return [re.compile(f"(?<![0-9A-Za-z])(?=({part}(?:-{part}){{{count}}}){edge})") for count in counts]

    @cached_property
    def _host(self) -> str:
        host = _host_of(self._primary)
        return "" if host == _host_of(self._secondary) else host

    def of(self, kind: Kind, n: int) -> list[Trace]:
        """Return the traces in an object of the secondary. Those in free text are none: see `literals.py`."""
        found: list[Trace] = []
        documents = {
            Facet.DEFINITION: self._secondary.document(n),
            Facet.PERMISSIONS: self._secondary.facet(n, Facet.PERMISSIONS),
        }
        for facet, raw in documents.items():
            if not isinstance(raw, dict):
                continue
            shape = kind.shapes.get(facet, Shape())
            document = copied(opened(raw, shape))
            fields = names(document)
            for field in within(shape.sensitive, fields):
                taken = _cut(document, field.path)
                found += [(path, "(hidden)") for value in taken for path, _ in self._traces(value, field.path)]
            for field in within(shape.free, fields):
                _cut(document, field.path)
            found += self._traces(document, "")
        return found

    def _traces(self, value: Any, path: str) -> Iterator[Trace]:
        if isinstance(value, dict):
            for key, child in value.items():
                yield from self._traces(key, below(path, value, key))
                yield from self._traces(child, below(path, value, key))
        elif isinstance(value, list):
            for i, child in enumerate(value):
                yield from self._traces(child, below(path, value, i))
        elif isinstance(value, str | int) and self._names_primary(str(value)):
            yield path, str(value)

    def _names_primary(self, text: str) -> bool:
        if len(text) < _SHORTEST:
            return False
        if self._host and self._host in text.lower():
            return True
        return any(match[1] in self._names for pattern in self._patterns for match in pattern.finditer(text))


def _cut(document: Any, path: str) -> list[Any]:
    """Take away what stands at a path, and return it."""
    found = []
    for container, key in places(document, path):
        if isinstance(container, list) or key in container:
            found.append(container[key])
            container[key] = None
    return found


def _host_of(snapshot: Snapshot) -> str:
    host = str(snapshot.meta["host"])
    return urlsplit(host if "//" in host else f"//{host}").netloc.lower()
