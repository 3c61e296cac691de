"""One snapshot of two: its documents in canonical form, and what is known of its objects without the other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from lakedrill.inventory.kind import APART, Catalogue, Document, Facet, Kind
from lakedrill.inventory.paths import mentions, values
from lakedrill.inventory.snapshot import Snapshot, Unreadable
from lakedrill.parity.canonical import Value, canonical, leaves, take
from lakedrill.parity.likeness import Node
from lakedrill.parity.mapping import Mapping
from lakedrill.parity.reach import Reach
from lakedrill.parity.reference import Dangling, Ref, Text

_NOT_CAPTURED = Unreadable("NOT_CAPTURED", "the snapshot does not hold it")


def is_builtin(kind: Kind, document: Document, caller: Document) -> bool:
    """Say whether every workspace has this object: a system group, a root folder, the caller, its home."""
    if kind.name in ("users", "service_principals"):
        return document.get("id") is not None and bool(document["id"] == caller.get("id"))
    key = str(next(values(document, kind.identity.path), ""))
    if key in kind.identity.builtin or kind.is_builtin(document):
        return True
    homes = {f"/Users/{caller[name]}" for name in ("userName", "applicationId") if caller.get(name)}
    return kind.name == "directories" and key in homes


class Side:
    """One snapshot, its documents in canonical form."""

    def __init__(self, snapshot: Snapshot, catalogue: Catalogue) -> None:
        self.snapshot = snapshot
        self.catalogue = catalogue
        self.listings = snapshot.listings()
        self.incomplete = frozenset(kind.name for kind in catalogue.kinds if self.failed(kind.name))
        self.form = lru_cache(8192)(self._form)

    def _form(self, kind: str, n: int, facet: Facet) -> Value | Unreadable:
        """Return a facet's canonical form, or why it could not be read."""
        read = self.raw(kind, n, facet)
        if isinstance(read, Unreadable):
            return read
        return canonical(read, self.catalogue[kind].shapes[facet], self.catalogue, self.snapshot, self.incomplete)

    def raw(self, kind: str, n: int, facet: Facet) -> Document | Unreadable:
        """Return a facet's raw document, or why it could not be read."""
        read = self.snapshot.facet(n, facet)
        if isinstance(read, Unreadable):
            return read
        if read is None:
            if facet in APART:
                return _NOT_CAPTURED
            whole = self.snapshot.facet(n, Facet.DEFINITION)
            if isinstance(whole, Unreadable):  # what a listing told of the object need not hold this facet
                return whole
            read = take(self.catalogue[kind], facet, self.snapshot.document(n))
            if facet in self.catalogue[kind].told_apart and not read:  # of an older snapshot, which knew nothing of it
                return _NOT_CAPTURED
        return read

    def forms(self, kind: Kind, n: int) -> Iterator[Value]:
        """Yield the facets that can be read and have references."""
        for facet, shape in kind.shapes.items():
            form = self.form(kind.name, n, facet)
            if shape.references and not isinstance(form, Unreadable):
                yield form

    def failed(self, kind: str) -> str:
        """Return why a kind's listing is not complete; empty where it is."""
        listing = self.listings.get(kind)
        return "was not listed" if listing is None else (listing.reason or listing.code) if listing.code else ""

    def is_builtin(self, kind: Kind, n: int) -> bool:
        """Say whether an object is one that every workspace has: a system group, a root folder, the caller, its home."""
        return is_builtin(kind, self.snapshot.document(n), self.snapshot.meta["caller"])

    def nodes(self, reach: Reach) -> Iterator[Node]:
        """Yield every object with its key; on the primary's side the key is what it is called on the secondary."""
        for kind in self.catalogue.kinds:
            path, fold = kind.identity.path, kind.identity.fold_case
            for found in self.snapshot.objects(kind.name):
                text = next(values(self.snapshot.document(found.n), path), None)
                label = found.id if text is None else str(text)
                named = reach.mapped(kind.name, label, [self._named(kind, found.n), *self._beside(kind, found.n)])[0]
                key = next(values(named, path), found.id)
                alias = self._as_text(key, text, reach.mapping) if isinstance(text, str) else ""
                all_leaves = (leaf for form in self.forms(kind, found.n) for leaf in leaves(form))
                yield Node(
                    found.n,
                    kind.name,
                    key.lower() if fold and isinstance(key, str) else key,
                    label,
                    tuple((at, leaf) for at, leaf in all_leaves if isinstance(leaf, Ref)),
                    alias.lower() if fold else alias,
                )

    def _beside(self, kind: Kind, n: int) -> Iterator[Value]:
        """Yield the facets that a mapping may change, beside the definition."""
        for facet in kind.shapes:
            if facet not in (Facet.DEFINITION, Facet.CONTENT, Facet.VALUE):
                form = self.form(kind.name, n, facet)
                if not isinstance(form, Unreadable):
                    yield form

    def called(self, kind: Kind, n: int, mapping: Mapping) -> str:
        """Return an object's key as plain text, as it is called through a mapping; empty where it has none."""
        text = next(values(self.snapshot.document(n), kind.identity.path), None)
        if not isinstance(text, str):
            return ""
        key = next(values(mapping.apply(kind.name, self._named(kind, n))[0], kind.identity.path))
        return self._as_text(key, text, mapping)

    def _as_text(self, key: Value, text: str, mapping: Mapping) -> str:
        """Return a mapped key as plain text; `text` is what its document has there. What it refers to may be mapped too."""
        if not mapping.rows or not isinstance(key, Text | Ref):
            return key if isinstance(key, str) else text
        parts = key.parts if isinstance(key, Text) else (key,)
        return "".join(self._part(part, mapping) for part in parts)

    def _part(self, part: str | Ref | Dangling, mapping: Mapping) -> str:
        if isinstance(part, Ref):
            return self.called(self.catalogue[part.kind], part.n, mapping)
        return part.value if isinstance(part, Dangling) else part

    def _named(self, kind: Kind, n: int) -> Value:
        """Return the form that has an object's key: a listing tells it even of what can't be read whole."""
        form = self.form(kind.name, n, Facet.DEFINITION)
        if not isinstance(form, Unreadable):
            return form
        listed = take(kind, Facet.DEFINITION, self.snapshot.document(n))
        return canonical(listed, kind.shapes[Facet.DEFINITION], self.catalogue, self.snapshot, self.incomplete)

    def named_by(self, kind: Kind, n: int) -> list[str]:
        """Return the kinds of object that an object's key may point at: a path in a home, at users."""
        document = self.snapshot.document(n)
        return [
            name
            for reference in kind.shapes[Facet.DEFINITION].references
            if reference.path == kind.identity.path and any(True for _ in mentions(reference, document))
            for name in reference.kinds
            if name in self.catalogue.by_name
        ]
