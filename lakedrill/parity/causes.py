"""What a difference follows from: an object without another end, or the permissions of a folder that differ too.

A finding that follows from another is told and not counted, so nothing may follow from what is not itself a finding, and
nothing from itself, however long the way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.scope import Mode
from lakedrill.parity.canonical import Bag, Hidden, Value, leaves, spell, walk
from lakedrill.parity.difference import ABSENT, Difference
from lakedrill.parity.lost import without
from lakedrill.parity.outcome import INVENTORY, Colour
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reference import Dangling, Ref, Text

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison

Leaves = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a difference: what stands there, and what tells the pair of an object of that side, and its name."""

    value: Value
    find: Callable[[int], Pair]
    name: Callable[[Ref], object]

    def lost(self, leaf: Any) -> Pair | Dangling | None:
        """Return what a leaf points at if that has no other end."""
        end = self.find(leaf.n) if isinstance(leaf, Ref) else leaf
        return end if isinstance(end, Dangling) or (isinstance(end, Pair) and end.fate is not Fate.PAIRED) else None

    def is_lost(self, leaf: Any) -> bool:
        """Say whether a leaf points at something that has no other end."""
        return self.lost(leaf) is not None

    def all_lost(self, found: Leaves) -> list[Pair | Dangling]:
        """Return all that leaves point at and that has no other end."""
        return [end for _, leaf in found if (end := self.lost(leaf)) is not None]


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
    [this, *_] = _both(comparison, plain)
    for difference in found:
        beside = difference is not plain and difference.path == plain.path
        for end in _both(comparison, difference) if beside else ():
            lost = next((pair for pair in end.all_lost(leaves(end.value)) if isinstance(pair, Pair)), None)
            alike = lost is not None and _told(comparison, end, lost) == _told(comparison, this, lost)
            if lost is not None and alike and _is_finding(comparison, lost):
                return lost
    return None


def _told(comparison: Comparison, end: _End, named: Pair) -> str:
    """Return what stands at an end, with an object's name in place of references to it, as that kind folds names."""

    def spelled(leaf: Any) -> Any:
        return comparison.called(named) if end.lost(leaf) is named else leaf

    return comparison.catalogue[named.kind].fold("name", spell(walk(end.value, spelled), end.name))


def _cause(comparison: Comparison, found: Difference, facet: Facet) -> Pair | None:
    candidates = [end for end in _lost(comparison, found, _own_leaves) if isinstance(end, Pair)]
    if facet is Facet.PERMISSIONS:
        folders = [[end.find(ref.n) for ref in _inherited_from(end.value)] for end in _both(comparison, found)]
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


def _both(comparison: Comparison, found: Difference) -> Iterator[_End]:
    """Yield the two ends of a difference that are there."""
    ends = (
        _End(found.primary, comparison.pair_of_primary, comparison.name_of_primary),
        _End(found.secondary, comparison.pair_of_secondary, comparison.name_of_secondary),
    )
    yield from (
        replace(end, value=end.value.value) if isinstance(end.value, Hidden) else end
        for end in ends
        if end.value is not ABSENT
    )


def _lost(comparison: Comparison, found: Difference, inside: Callable[[Value], Leaves]) -> list[Pair | Dangling]:
    """Return the references without another end that make a difference; nothing where more than they differs.

    Each side that has something must have such a reference, or spell out in plain text what the other one's refers to. A
    missing container explains itself, unless it is an item of a bag, which is what it points at. Two items of a bag may
    have them anywhere, if they are alike without.
    """
    both = list(_both(comparison, found))
    of_bag = found.path.endswith("[]")
    if of_bag and len(both) > 1 and _alike_without(*both):
        return [lost for end in both for lost in end.all_lost(leaves(end.value))]
    if not (of_bag or _alike_framed(comparison, both)):
        return []
    alone = [end.all_lost(inside(end.value)) for end in both]
    if any(not lost and not isinstance(end.value, str) for end, lost in zip(both, alone, strict=True)):
        return []
    return [end for lost in alone for end in lost]


def _alike_without(*both: _End) -> bool:
    """Say whether two ends are containers that are the same but for what is lost."""
    containers = all(isinstance(end.value, dict | list) for end in both)
    return containers and len({spell(without(end.value, end.is_lost), end.name) for end in both}) == 1


def _alike_framed(comparison: Comparison, both: Sequence[_End]) -> bool:
    """Say whether texts are the same but for their references, or with what these are called in their place."""
    masked = {_frame(end.value, None) for end in both}
    named = {_frame(end.value, partial(_name, comparison, end)) for end in both}
    return None not in masked and (len(masked) == 1 or len(named) == 1)


def _frame(value: Value, name: Callable[[Ref | Dangling], str] | None) -> str | None:
    """Return a text with names in place of its references, a blank where they are to have none; None for what is no text."""
    if not isinstance(value, str | Ref | Dangling | Text):
        return None
    parts = value.parts if isinstance(value, Text) else (value,)
    return "".join(part if isinstance(part, str) else name(part) if name else "\0" for part in parts)


def _name(comparison: Comparison, end: _End, leaf: Ref | Dangling) -> str:
    return leaf.value if isinstance(leaf, Dangling) else comparison.called(end.find(leaf.n))


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
