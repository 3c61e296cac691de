"""The sweep: does anything of the secondary still name the primary? It uses no catalogue of references and no pairing.

Looked for are the ids of all objects of the primary, its host and its workspace id, in raw definitions and permissions. An id
that the secondary's own snapshot hands out too (account principals; workspaces that share ids) can't be told apart, and is
left to the comparison of references. Ids of fewer than eight characters are left out: they stand for too much else.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from lakedrill.inventory.kind import Facet, Kind
from lakedrill.inventory.paths import places
from lakedrill.inventory.snapshot import Snapshot

_SHORTEST = 8
_WORDS = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]+")

Trace = tuple[str, str]
"""A path and the value there that names the primary."""


class Sweep:
    """Looks for traces of the primary in documents of the secondary."""

    def __init__(self, primary: Snapshot, secondary: Snapshot) -> None:
        self._primary = primary
        self._secondary = secondary

    @cached_property
    def _names(self) -> set[str]:
        own = {key for _, _, key in self._secondary.ids()} | {str(self._secondary.meta["workspace_id"])}
        names = {key for _, _, key in self._primary.ids()} | {str(self._primary.meta["workspace_id"])}
        return {name for name in names - own if len(name) >= _SHORTEST}

    @cached_property
    def _host(self) -> str:
        host = urlsplit(str(self._primary.meta["host"])).netloc
        return "" if host == urlsplit(str(self._secondary.meta["host"])).netloc else host

    def of(self, kind: Kind, n: int) -> tuple[list[Trace], list[Trace]]:
        """Return the traces in an object of the secondary: those that are findings, and those in free text."""
        found: list[Trace] = []
        noted: list[Trace] = []
        documents = {
            Facet.DEFINITION: self._secondary.document(n),
            Facet.PERMISSIONS: self._secondary.facet(n, Facet.PERMISSIONS),
        }
        for facet, raw in documents.items():
            if not isinstance(raw, dict):
                continue
            document = copy.deepcopy(raw)
            for field in kind.shapes[facet].free:
                for container, key in places(document, field.path):
                    if isinstance(container, list) or key in container:
                        noted += self._traces(container[key], field.path)
                        container[key] = None
            found += self._traces(document, "")
        return found, noted

    def _traces(self, value: Any, path: str) -> Iterator[Trace]:
        if isinstance(value, dict):
            for key, child in value.items():
                yield from self._traces(key, f"{path}.{key}" if path else key)
                yield from self._traces(child, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for i, child in enumerate(value):
                yield from self._traces(child, f"{path}[{i}]")
        elif isinstance(value, str | int) and self._names_primary(str(value)):
            yield path, str(value)

    def _names_primary(self, text: str) -> bool:
        if self._host and self._host in text:
            return True
        return any(word in self._names for word in _WORDS.findall(text))
