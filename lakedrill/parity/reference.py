"""References as values: what an id, a name or a path points at, looked up in the snapshot of its own side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lakedrill.inventory.kind import Catalogue, Kind, Reference
from lakedrill.inventory.paths import Mention, mentions


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
    deferrable: bool = field(default=False, compare=False)
    """May be set when the object is there already."""


@dataclass(frozen=True, slots=True)
class Dangling:
    """Points at nothing, or at a kind that is not captured. Equals nothing, not even itself."""

    kinds: tuple[str, ...]
    by: str
    value: str
    captured: bool = True
    """False where a kind was not captured, or not all of it, so that nobody can say what it points at."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that holds references: literals and references in turn."""

    parts: tuple[str | Ref | Dangling, ...]


class Lookup(Protocol):
    """What a snapshot knows of names."""

    def resolve(self, kind: str, handle: str, value: str) -> int | None:
        """Return the number of the one object of a kind with this handle, or None."""


def refer(
    document: Any,
    references: tuple[Reference, ...],
    catalogue: Catalogue,
    lookup: Lookup,
    incomplete: frozenset[str] = frozenset(),
) -> None:
    """Put a typed reference in place of every value that points at another object. Changes the document in place."""
    for reference in references:
        for mention in leading(reference, mentions(reference, document), catalogue, lookup):
            targets = [target(reference, name, catalogue, lookup, incomplete) for name in mention.names]
            if not mention.spans:
                found = targets[0]
                if isinstance(found, Ref):
                    found = replace(found, number=isinstance(mention.container[mention.key], int))
                if found is not None:
                    mention.container[mention.key] = found
            elif any(found is not None for found in targets):
                mention.container[mention.key] = _text(mention.container[mention.key], mention.spans, targets)


def leading(reference: Reference, found: Iterable[Mention], catalogue: Catalogue, lookup: Lookup) -> Iterator[Mention]:
    """Yield mentions whose names end where they lead into what encloses others: `/Repos/etl/load/main` at `/Repos/etl/load`."""
    kinds, holders = ends(reference, catalogue), enclosing(reference, catalogue)
    for mention in found:
        names = tuple(_leading(name, reference.by, kinds, holders, lookup) for name in mention.names)
        spans = tuple((start, start + len(name)) for (start, _), name in zip(mention.spans, names, strict=False))
        yield replace(mention, names=names, spans=spans) if spans else mention


def ends(reference: Reference, catalogue: Catalogue) -> list[Kind]:
    """Return the known kinds that a reference may point at, in turn: last those that enclose others."""
    known = [catalogue[name] for name in reference.kinds if name in catalogue.by_name]
    return known + [kind for kind in enclosing(reference, catalogue) if kind not in known]


def enclosing(reference: Reference, catalogue: Catalogue) -> list[Kind]:
    """Return the kinds into whose objects a reference may lead."""
    return [kind for kind in catalogue.kinds if reference.by == "path" and kind.encloses.intersection(reference.kinds)]


def _leading(name: str, by: str, kinds: list[Kind], holders: list[Kind], lookup: Lookup) -> str:
    if not holders or any(lookup.resolve(kind.name, by, name) is not None for kind in kinds):
        return name
    above = name
    while above := above.rpartition("/")[0]:
        if any(lookup.resolve(kind.name, by, above) is not None for kind in holders):
            return above
    return name


def target(
    reference: Reference, name: str, catalogue: Catalogue, lookup: Lookup, incomplete: frozenset[str] = frozenset()
) -> Ref | Dangling | None:
    """Return what a handle points at; None for plain text, which an optional reference to nothing is."""
    for kind in ends(reference, catalogue):
        n = lookup.resolve(kind.name, reference.by, kind.fold(reference.by, name))
        if n is not None:
            return Ref(kind.name, n, reference.by, deferrable=reference.deferrable)
        if kind.name in incomplete:
            return Dangling(reference.kinds, reference.by, name, captured=False)
    if reference.optional:
        return None
    return Dangling(reference.kinds, reference.by, name, all(kind in catalogue.by_name for kind in reference.kinds))


def _text(text: str, spans: tuple[tuple[int, int], ...], targets: list[Ref | Dangling | None]) -> Text | Ref | Dangling:
    parts: list[str | Ref | Dangling] = []
    at = 0
    for (start, end), found in zip(spans, targets, strict=True):
        if found is not None:
            parts += [text[at:start], found]
            at = end
    return text_of((*parts, text[at:]))


def text_of(parts: Iterable[str | Ref | Dangling]) -> Text | Ref | Dangling:
    """Return a text of literals and references, the one reference where it is nothing else."""
    full = tuple(part for part in parts if part != "")
    return full[0] if len(full) == 1 and not isinstance(full[0], str) else Text(full)
