"""References as values: what an id, a name or a path points at, looked up in the snapshot of its own side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lakedrill.inventory.kind import Catalogue, Reference
from lakedrill.inventory.paths import mentions


@dataclass(frozen=True, slots=True)
class Ref:
    """Points at the object with number `n` of the snapshot that the document is from.

    How the document spelled it is kept for writing it again; it is no part of what it points at.
    """

    kind: str
    n: int
    by: str = field(default="id", compare=False)
    number: bool = field(default=False, compare=False)
    """The id stood there as a JSON number."""


@dataclass(frozen=True, slots=True)
class Dangling:
    """Points at nothing, or at a kind that is not captured. Equals nothing, not even itself."""

    kinds: tuple[str, ...]
    by: str
    value: str
    captured: bool = True
    """False where none of the kinds was captured, so that nobody can say what it points at."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that holds references: literals and references in turn."""

    parts: tuple[str | Ref | Dangling, ...]


class Lookup(Protocol):
    """What a snapshot knows of names."""

    def resolve(self, kind: str, handle: str, value: str) -> int | None:
        """Return the number of the one object of a kind with this handle, or None."""


def refer(document: Any, references: tuple[Reference, ...], catalogue: Catalogue, lookup: Lookup) -> None:
    """Put a typed reference in place of every value that points at another object. Changes the document in place."""
    for reference in references:
        for mention in mentions(reference, document):
            targets = [target(reference, name, catalogue, lookup) for name in mention.names]
            if not mention.spans:
                found = targets[0]
                if isinstance(found, Ref):
                    found = replace(found, number=isinstance(mention.container[mention.key], int))
                if found is not None:
                    mention.container[mention.key] = found
            elif any(found is not None for found in targets):
                mention.container[mention.key] = _text(mention.container[mention.key], mention.spans, targets)


def target(reference: Reference, name: str, catalogue: Catalogue, lookup: Lookup) -> Ref | Dangling | None:
    """Return what a handle points at; None for plain text, which an optional reference to nothing is."""
    captured = [kind for kind in reference.kinds if kind in catalogue.by_name]
    for kind in captured:
        n = lookup.resolve(kind, reference.by, catalogue[kind].fold(reference.by, name))
        if n is not None:
            return Ref(kind, n, reference.by)
    return None if reference.optional else Dangling(reference.kinds, reference.by, name, bool(captured))


def _text(text: str, spans: tuple[tuple[int, int], ...], targets: list[Ref | Dangling | None]) -> Text | Ref | Dangling:
    parts: list[str | Ref | Dangling] = []
    at = 0
    for (start, end), found in zip(spans, targets, strict=True):
        if found is not None:
            parts += [text[at:start], found]
            at = end
    parts = [part for part in (*parts, text[at:]) if part != ""]
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else Text(tuple(parts))
