"""A sealed snapshot taken apart, so that a test may change what it likes and seal it again: as if the workspace were so."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakedrill.inventory.kind import HOLDINGS, Derived, Document, Facet, Kind, Reference, Shape
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import Mention, Parsed, mentions, opened, places, values
from lakedrill.inventory.snapshot import Snapshot, SnapshotWriter, Unreadable
from lakedrill.parity.canonical import take
from lakedrill.parity.reference import ends, leading


@dataclass
class Part:
    """One object of a snapshot: its document, and the facets that are read by themselves."""

    kind: Kind
    id: str
    listed: bool
    document: Document
    facets: dict[Facet, Document | Unreadable] = field(default_factory=dict)

    def facet(self, facet: Facet) -> Document:
        """Return a facet's raw document; changing what is inside changes the object."""
        read = self.facets.get(facet)
        return read if isinstance(read, dict) else take(self.kind, facet, self.document)

    @property
    def key(self) -> str:
        """What it is called."""
        return str(next(values(self.document, self.kind.identity.path), ""))

    def another(self, key: str) -> Part:
        """Return one like it, under another id and with this key."""
        new = f"{self.id}0"
        made = Part(self.kind, new, self.listed, copy.deepcopy(self.document), copy.deepcopy(self.facets))
        for name, value in made.document.items():
            if str(value) == self.id:
                made.document[name] = type(value)(new)
        for container, name in places(made.document, self.kind.identity.path):
            container[name] = key
        return made


class Apart:
    """A snapshot in its parts, by their numbers in it. Contents stay behind: what is compared of them is their digest."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.parts = {
            found.n: self._part(kind, found.n, found.id, listed=found.listed)
            for kind in CATALOGUE.kinds
            for found in snapshot.objects(kind.name)
        }

    def _part(self, kind: Kind, n: int, key: str, *, listed: bool) -> Part:
        facets = {facet: self.snapshot.facet(n, facet) for facet in (*kind.shapes, Facet.CARRIED)}
        read = {facet: document for facet, document in facets.items() if document is not None}
        return Part(kind, key, listed, copy.deepcopy(self.snapshot.document(n)), read)

    def add(self, part: Part) -> None:
        """Add an object."""
        self.parts[max(self.parts) + 1] = part

    def remove(self, n: int) -> list[int]:
        """Take an object away as the service does: with what lies in it, with its grants and its memberships.

        Returns the numbers of all that is gone.
        """
        gone = self.parts[n]
        inside = [m for m, part in self.parts.items() if _lies_in(part, gone)]
        for part in self.parts.values():
            for facet in sorted(HOLDINGS):
                if facet in part.kind.shapes:
                    self._forget(n, part, facet)
            if gone.kind.name == "groups" and "groups" in part.document:
                part.document["groups"] = [each for each in part.document["groups"] if each["value"] != gone.id]
        for m in (n, *inside):
            del self.parts[m]
        return [n, *inside]

    def _forget(self, n: int, part: Part, facet: Facet) -> None:
        document = part.facet(facet)
        found = [
            mention.container
            for reference in part.kind.shapes[facet].references
            for mention in _mentions(self.snapshot, reference, document)
            for name in mention.names
            if (_resolved(self.snapshot, reference, name) or ("", -1))[1] == n
        ]
        for items in document.values():
            if isinstance(items, list):
                items[:] = [item for item in items if not any(item is each for each in found)]

    def seal(self, file: Path) -> Snapshot:
        """Return the snapshot that is sealed at `file`."""
        writer = SnapshotWriter(file)
        for listing in self.snapshot.listings().values():
            writer.listing(listing)
        for part in self.parts.values():
            handles = [
                (handle, part.kind.fold(handle, str(value)))
                for handle, path in part.kind.handles.items()
                for value in values(part.document, path)
            ]
            n = writer.put(part.kind.name, part.id, part.document, listed=part.listed, handles=handles)
            for facet, read in part.facets.items():
                writer.facet(n, facet, read)
        writer.seal({name: value for name, value in self.snapshot.meta.items() if name not in ("digest", "format")})
        return Snapshot(file)


_IN_TREE = ("directories", "notebooks", "files", "repos", "dashboards")
"""Kinds whose key is a path of the workspace; others tell of theirs in `parent_path`."""


def _lies_in(part: Part, folder: Part) -> bool:
    if folder.kind.name == "secret_scopes":
        return part.kind.name == "secrets" and part.key.startswith(f"{folder.key}/")
    at = part.key if part.kind.name in _IN_TREE else f"{part.document.get('parent_path', '')}/"
    return folder.kind.name == "directories" and at.removeprefix("/Workspace").startswith(f"{folder.key}/")


@dataclass(frozen=True)
class Pointer:
    """One place at which an object points at another."""

    n: int
    """The object, by its number."""
    facet: Facet
    reference: Reference
    place: int
    """The how manieth of the reference's mentions in the facet, and of the names in that."""
    name: int
    kind: str
    """What it points at."""
    end: int
    rest: str = ""
    """The way on from there, where it leads into what encloses others."""


def pointers(snapshot: Snapshot, kind: Kind, parts: dict[int, Part]) -> Iterator[Pointer]:
    """Yield all by which objects of a kind point at captured ones, but for what the server makes of other fields."""
    for n, part in parts.items():
        if part.kind is not kind:
            continue
        for facet, shape in kind.shapes.items():
            for reference in shape.references:
                document = opened(part.facet(facet), shape)
                derived = {id(found) for found in _derived(shape, document)}
                whole = mentions(reference, document)
                for i, mentioned in enumerate(zip(_mentions(snapshot, reference, document), whole, strict=True)):
                    if id(mentioned[1].container) in derived:
                        continue
                    for j, (name, full) in enumerate(zip(*(mention.names for mention in mentioned), strict=True)):
                        found = _resolved(snapshot, reference, name)
                        if found is not None:
                            yield Pointer(n, facet, reference, i, j, *found, full[len(name) :])


def _derived(shape: Shape, document: Document) -> Iterator[Any]:
    """Yield the dictionaries and lists in which the server keeps what it made of other fields."""
    for made in shape.assigned:
        for container, key in places(document, made.path) if isinstance(made, Derived) else ():
            if container.get(made.of):
                yield from _inside(container.get(key))


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _inside(child)


def _mentions(snapshot: Snapshot, reference: Reference, document: Document) -> Iterator[Mention]:
    return leading(reference, mentions(reference, document), CATALOGUE, snapshot)


def _resolved(snapshot: Snapshot, reference: Reference, name: str) -> tuple[str, int] | None:
    for kind in ends(reference, CATALOGUE):
        end = snapshot.resolve(kind.name, reference.by, kind.fold(reference.by, name))
        if end is not None:
            return kind.name, end
    return None


def captured(reference: Reference) -> list[Kind]:
    """Return the known kinds that a reference may point at."""
    return [CATALOGUE[name] for name in reference.kinds if name in CATALOGUE.by_name]


def turn(pointer: Pointer, part: Part, end: Part) -> None:
    """Let an object point at another end, spelled as it spelled the one before."""
    document = opened(part.facet(pointer.facet), part.kind.shapes[pointer.facet])
    mention = list(mentions(pointer.reference, document))[pointer.place]
    by = pointer.reference.by
    name = end.id if by == "id" else str(next(values(end.document, end.kind.handles[by])))
    _spell(mention, pointer.name, name + pointer.rest)
    if isinstance(part.facets.get(pointer.facet), dict):
        part.facets[pointer.facet] = closed(document)
    else:
        part.document |= closed(document)


def closed(value: Any) -> Any:
    """Return an opened document as it came: the objects that texts hold as texts."""
    if isinstance(value, dict):
        inside = {key: closed(child) for key, child in value.items()}
        return json.dumps(inside) if isinstance(value, Parsed) else inside
    return [closed(item) for item in value] if isinstance(value, list) else value


def _spell(mention: Mention, which: int, name: str) -> None:
    old = mention.container[mention.key]
    if not mention.spans:
        mention.container[mention.key] = type(old)(name)
    else:
        start, end = mention.spans[which]
        mention.container[mention.key] = old[:start] + name + old[end:]
