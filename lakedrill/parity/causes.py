"""What a difference follows from: an object without another end, or the permissions of a folder that differ too.

A finding that follows from another is told and not counted, so nothing may follow from what is not itself a finding, and
nothing from itself, however long the way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.scope import Mode
from lakedrill.parity.canonical import Bag, Hidden, Value, leaves
from lakedrill.parity.difference import ABSENT, Difference
from lakedrill.parity.outcome import INVENTORY, Colour
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reference import Dangling, Ref, Text

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison

Find = Callable[[int], Pair]
Leaves = list[tuple[str, Any]]


def is_undecided(comparison: Comparison, found: Difference) -> bool:
    """Say whether a difference may be none: it lies in a reference into what could not be listed whole."""
    return any(
        not end.captured
        if isinstance(end, Dangling)
        else comparison.judge(end, INVENTORY).outcome.colour is Colour.UNDECIDED
        for end in _lost(comparison, found, leaves)
    )


def cause(comparison: Comparison, each: Pair, facet: Facet, found: Sequence[Difference]) -> str:
    """Return the finding, `kind:key`, that all differences of a facet follow from; empty where one stands for itself."""
    root, seen = None, {each.number}
    above = _common(comparison, facet, found)
    while above is not None and above.number not in seen:
        root = above
        seen.add(above.number)
        above = None
        if root.fate is Fate.PAIRED:
            above = _common(comparison, Facet.PERMISSIONS, comparison.compare(root, Facet.PERMISSIONS))
    going_round = above is not None and above.number == each.number
    return "" if root is None or going_round else f"{root.kind}:{root.label}"


def _common(comparison: Comparison, facet: Facet, found: Sequence[Difference]) -> Pair | None:
    """Return what the first difference follows from if every one follows from something."""
    causes = [_cause(comparison, each, facet) or _spelled_out(comparison, each, found) for each in found]
    return causes[0] if all(causes) else None


def _spelled_out(comparison: Comparison, plain: Difference, found: Sequence[Difference]) -> Pair | None:
    """Return the object without another end that the other side refers to in a bag, where this side only has its name."""
    for difference in found:
        for find, value in _both(comparison, difference):
            end = find(value.n) if isinstance(value, Ref) and difference.path == plain.path else None
            if end is None or end.fate is Fate.PAIRED or not _is_finding(comparison, end):
                continue
            if _is_name(comparison, end, plain):
                return end
    return None


def _is_name(comparison: Comparison, end: Pair, plain: Difference) -> bool:
    """Say whether a difference is no more than an object's name on one side."""
    kind = comparison.catalogue[end.kind]
    told = [value for _, value in _both(comparison, plain)]
    name = kind.fold("name", comparison.called(end))
    return all(isinstance(value, str) and kind.fold("name", value) == name for value in told)


def _cause(comparison: Comparison, found: Difference, facet: Facet) -> Pair | None:
    candidates = [end for end in _lost(comparison, found, _own_leaves) if isinstance(end, Pair)]
    if facet is Facet.PERMISSIONS:
        folders = [[find(ref.n) for ref in _inherited_from(value)] for find, value in _both(comparison, found)]
        candidates += [folder for each in folders for folder in each if all(folders)]
    return next((end for end in candidates if _is_finding(comparison, end)), None)


def _is_finding(comparison: Comparison, end: Pair) -> bool:
    """Say whether something can follow from an object: it has no other end, or it is a folder that grants otherwise.

    Nothing follows from what is out of scope: that is not judged.
    """
    if comparison.mode(end) is Mode.OUT:
        return False
    if end.fate is Fate.PAIRED:
        return comparison.differs(end, Facet.PERMISSIONS)
    return comparison.judge(end, INVENTORY).outcome.colour is not Colour.GREEN


def _both(comparison: Comparison, found: Difference) -> Iterator[tuple[Find, Value]]:
    """Yield the two ends of a difference that are there, with what tells the pair of an object of that side."""
    ends = ((comparison.pair_of_primary, found.primary), (comparison.pair_of_secondary, found.secondary))
    shown = ((find, value.value if isinstance(value, Hidden) else value) for find, value in ends)
    yield from ((find, value) for find, value in shown if value is not ABSENT)


def _lost(comparison: Comparison, found: Difference, inside: Callable[[Value], Leaves]) -> list[Pair | Dangling]:
    """Return the references without another end that make a difference; nothing where more than they differs.

    Each side that has something must have such a reference, or spell out in plain text what the other one's refers to. A
    missing container explains itself, unless it is an item of a bag, which is what it points at.
    """
    both = list(_both(comparison, found))
    if not found.path.endswith("[]"):
        plain = any(isinstance(value, str) for _, value in both)
        frames = [_frame(comparison, value, find if plain else None) for find, value in both]
        if None in frames or len(set(frames)) > 1:
            return []
    lost: list[Pair | Dangling] = []
    for find, value in both:
        alone: list[Pair | Dangling] = []
        for _, leaf in inside(value):
            end = find(leaf.n) if isinstance(leaf, Ref) else leaf
            if isinstance(end, Dangling) or (isinstance(end, Pair) and end.fate is not Fate.PAIRED):
                alone.append(end)
        if not alone and not isinstance(value, str):
            return []
        lost += alone
    return lost


def _frame(comparison: Comparison, value: Value, find: Find | None) -> tuple[str, ...] | None:
    """Return a text without its references, or with their names where it is compared with plain text; None for others.

    `find` tells the pair of an object where names are wanted.
    """
    if not isinstance(value, str | Ref | Dangling | Text):
        return None
    parts = value.parts if isinstance(value, Text) else (value,)
    if find is None:
        return tuple(part if isinstance(part, str) else "\0" for part in parts)
    names = (
        comparison.called(find(p.n)) if isinstance(p, Ref) else p.value if isinstance(p, Dangling) else p for p in parts
    )
    return ("".join(names),)


def _own_leaves(value: Value) -> Leaves:
    """Return the leaves of a value without those of containers in it."""
    fields = value.items() if isinstance(value, dict) else [("", value)]
    return [leaf for _, child in fields if not isinstance(child, dict | list) for leaf in leaves(child)]


def _inherited_from(value: Value) -> list[Ref]:
    """Return the folders that all permissions in a differing piece of an access control list come from."""
    if isinstance(value, dict) and "all_permissions" in value:
        value = value["all_permissions"]
    permissions = value if isinstance(value, Bag) else [value]
    if not all(isinstance(p, dict) and p.get("inherited") is True for p in permissions):
        return []
    return [leaf for p in permissions for _, leaf in leaves(p) if isinstance(leaf, Ref)]
