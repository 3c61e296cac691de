"""From what the target ought to hold to a request: references become the target's own ids, names and paths."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from functools import cache, partial
from typing import Any

from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.paths import Keyed, Parsed, values
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.canonical import Bag, Hidden, Value, leaves
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Pair
from lakedrill.parity.reference import Dangling, Ref, Text
from migrate.kept import with_kept
from migrate.values import Supply
from migrate.writer import Blocked, Wanted


class Ids:
    """Which object of the target each pair is: known from the snapshot, or since it was made. Threads may share it."""

    def __init__(self, comparison: Comparison) -> None:
        self._lock = threading.Lock()
        snapshot = comparison.secondary.snapshot
        self._of = {
            each.number: snapshot.id_of(each.secondary)
            for each in comparison.pairs
            if each.primary is not None and each.secondary is not None
        }

    def __setitem__(self, number: int, key: str) -> None:
        with self._lock:
            self._of[number] = key

    def get(self, number: int) -> str | None:
        """Return the id of a pair's object on the target; None while there is none."""
        with self._lock:
            return self._of.get(number)


class Materialiser:
    """Makes the documents that are sent."""

    def __init__(
        self, comparison: Comparison, ids: Ids, *, carried: bool = False, supply: Supply | None = None
    ) -> None:
        self.supply = supply
        self.comparison = comparison
        self.ids = ids
        self.carried = carried
        """Content that is kept beside the compared one goes along."""

    def wanted(self, each: Pair, later: Collection[int] = ()) -> Wanted:
        """Return what a pair's object ought to be. Raises Blocked where something that it refers to is not there.

        References to the pairs in `later`, which are yet to be made, are left out where the kind allows it.
        """
        comparison = self.comparison
        kind = comparison.catalogue[each.kind]
        assert each.primary is not None
        value = with_kept(comparison, each, self._value(each, Facet.DEFINITION))
        waits = {ref for ref in self.waits_for(each) if comparison.pair_of_primary(ref.n).number in later}
        value = _without(value, waits) if waits else value
        wanted = Wanted(kind, each.label, {Facet.DEFINITION: self.raw(value)}, deferred=bool(waits))
        wanted.lacking = frozenset(facet for facet in kind.shapes if self._is_lacking(each, facet))
        snapshot = comparison.primary.snapshot
        if Facet.VALUE in kind.shapes:
            wanted.content = cache(partial(self._value_of, snapshot.id_of(each.primary)))
        read = snapshot.facet(each.primary, Facet.CONTENT)
        if isinstance(read, dict):
            wanted.content = lambda: snapshot.content(read["sha256"])
        elif isinstance(read, Unreadable):
            wanted.content = partial(_refuse, f"its content can't be read on the primary: {read.reason}")
        kept = snapshot.facet(each.primary, Facet.CARRIED) if self.carried else None
        if isinstance(kept, dict):
            wanted.carried = lambda: snapshot.content(kept["sha256"])
        return wanted

    def facet(self, each: Pair, facet: Facet) -> Document:
        """Return what a facet of a pair's object ought to be."""
        found: Document = self.raw(self._value(each, facet))
        return found

    def waits_for(self, each: Pair) -> set[Ref]:
        """Return the references of a definition that may be set later, to objects that are not on the target yet."""
        found = (leaf for _, leaf in leaves(self._value(each, Facet.DEFINITION)))
        return {leaf for leaf in found if isinstance(leaf, Ref) and leaf.deferrable and self._id(leaf) is None}

    def raw(self, value: Value) -> Any:
        """Return a canonical value as the API takes it."""
        if isinstance(value, Keyed):
            return [self.raw(item) for item in value.values()]
        if isinstance(value, Parsed):
            return json.dumps({key: self.raw(child) for key, child in value.items()})
        if isinstance(value, dict):
            return {key: self.raw(child) for key, child in value.items()}
        if isinstance(value, Bag | list):
            return [self.raw(item) for item in value]
        if isinstance(value, Text):
            return "".join(part if isinstance(part, str) else str(self.raw(part)) for part in value.parts)
        if isinstance(value, Hidden):
            return self.raw(value.value)
        if isinstance(value, Dangling):
            raise Blocked(f"{value.value} leads to nothing on the primary")
        return self._handle(value) if isinstance(value, Ref) else value

    def _is_lacking(self, each: Pair, facet: Facet) -> bool:
        form = self.comparison.wanted(each, facet)
        return isinstance(form, Unreadable) and form.is_lacking

    def _value_of(self, name: str) -> bytes:
        if self.supply is None:
            raise Blocked("the primary is not asked for values")
        return self.supply.read(name)

    def _value(self, each: Pair, facet: Facet) -> Value:
        form = self.comparison.wanted(each, facet)
        if isinstance(form, Unreadable):
            raise Blocked(f"{facet} can't be read on the primary: {form.reason}")
        return form.value

    def _handle(self, ref: Ref) -> Any:
        if ref.by == "id":
            key = self._id(ref)
            if key is None:
                raise Blocked(f"refers to {self.comparison.told_of_primary(ref)}, which is not on the secondary")
            return int(key) if ref.number else key
        each = self.comparison.pair_of_primary(ref.n)
        path = self.comparison.catalogue[each.kind].handles[ref.by]
        return self.raw(next(iter(values(self._value(each, Facet.DEFINITION), path))))

    def _id(self, ref: Ref) -> str | None:
        return self.ids.get(self.comparison.pair_of_primary(ref.n).number)


def _refuse(reason: str) -> bytes:
    raise Blocked(reason)


def _without(value: Value, refs: set[Ref]) -> Value:
    """Return a value without the fields of maps and the items of lists that are one of these references."""
    if isinstance(value, dict):
        return type(value)((key, _without(child, refs)) for key, child in value.items() if not _is_one_of(refs, child))
    if isinstance(value, list):
        return type(value)(_without(item, refs) for item in value if not _is_one_of(refs, item))
    return value


def _is_one_of(refs: set[Ref], value: Value) -> bool:
    return isinstance(value, Ref) and value in refs
