"""What a copy leaves as it is on the secondary: the values at ignored paths go back with an update as they were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.paths import begun
from lakedrill.parity.canonical import Bag, Value, canonical, copied, take
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Pair


def with_kept(comparison: Comparison, each: Pair, wanted: Value) -> Value:
    """Return a wanted definition with what the secondary's object has at ignored paths, its ids as they are there."""
    rows = [row for row in comparison.ignore if row.kind == each.kind]
    if not rows or each.secondary is None:
        return wanted
    kind, snapshot = comparison.catalogue[each.kind], comparison.secondary.snapshot
    shape = replace(kind.shapes[Facet.DEFINITION], references=(), sensitive=())
    raw = take(kind, Facet.DEFINITION, snapshot.document(each.secondary))
    return kept(wanted, canonical(raw, shape, comparison.catalogue, snapshot), rows)


def kept(wanted: Value, present: Value, rows: Iterable[Ignored]) -> Value:
    """Return a wanted value with the present one's at the rows' paths; what is not there in the present is left out."""
    found = copied(wanted)
    for row in rows:
        _keep(found, present, row.path)
    return found


def _keep(wanted: Value, present: Value, path: str) -> None:
    if type(wanted) is not type(present):
        return
    keys = dict(begun(wanted, path)) | dict(begun(present, path))
    if isinstance(wanted, list):
        if not all(keys.values()):
            wanted[:] = copied(present)
        elif len(wanted) == len(present) and not isinstance(wanted, Bag):  # the items of a bag can't be told apart
            for key, rest in keys.items():
                _keep(wanted[key], present[key], rest)
        return
    for key, rest in keys.items():
        if rest:
            _keep(wanted.get(key), present.get(key), rest)
        elif key in present:
            wanted[key] = copied(present[key])
        else:
            del wanted[key]
