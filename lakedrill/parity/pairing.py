"""Pairing: which object of the primary is which of the secondary.

Objects whose key occurs once on each side are a pair. Those that share a key are told apart by what they hold and by who
refers to them; what can't be told apart is taken as it comes, and several different ones left on both sides are ambiguous.
Pairing is not trusted: whatever it chose, the documents are compared through it, and any pairing under which all documents
are equal proves parity. A poor one can raise a false alarm, never a false green.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lakedrill.parity.canonical import spell
from lakedrill.parity.likeness import Body, Half, Likeness, Node
from lakedrill.parity.reference import Ref

__all__ = ["Fate", "Node", "Pair", "pair"]


class Fate(StrEnum):
    """What became of an object when its other end was looked for."""

    PAIRED = "paired"
    MISSING = "missing"
    EXTRA = "extra"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ends of one object, by their numbers in their snapshots; one end is None unless it is paired."""

    number: int
    kind: str
    label: str
    primary: int | None
    secondary: int | None
    fate: Fate


def pair(primary: Sequence[Node], secondary: Sequence[Node], of_primary: Body, of_secondary: Body) -> list[Pair]:
    """Return every object of both sides in exactly one pair, numbered from 0 in the primary's order, extras last.

    Kinds are settled in the order of their first node; a key may refer to kinds that come earlier.
    """
    halves = (Half("primary", primary, of_primary), Half("secondary", secondary, of_secondary))
    work = _Pairing(halves)
    for kind in dict.fromkeys(node.kind for half in halves for node in half.nodes.values()):
        work.settle_unique(kind)
    work.settle_twins()
    return _numbered(halves, work.ambiguous)


class _Pairing:
    def __init__(self, halves: tuple[Half, Half]) -> None:
        self.halves = halves
        self.groups: list[tuple[list[int], list[int]]] = []
        """Objects of both sides that share a key."""
        self.likenesses: list[Likeness] = []
        self.ambiguous: set[tuple[str, int]] = set()

    def settle(self, p: int, s: int) -> None:
        for i, (half, n) in enumerate(zip(self.halves, (p, s), strict=True)):
            half.settled[n] = p
            half.twins.pop(n, None)
            for likeness in self.likenesses:
                likeness.settle(i, n)

    def settle_unique(self, kind: str) -> None:
        """Pair the objects of a kind whose key occurs once on each side; keep those that share one for later."""
        for p, s in self._grouped(kind, self._key):
            if len(p) == len(s) == 1:
                self.settle(p[0], s[0])
            else:
                for half, members in zip(self.halves, (p, s), strict=True):
                    half.twins |= dict.fromkeys(members, len(self.groups))
                self.groups.append((p, s))
        for p, s in self._grouped(kind, lambda _, node: node.alias):
            if len(p) == len(s) == 1:
                self.settle(p[0], s[0])

    def _grouped(self, kind: str, key: Callable[[Half, Node], str]) -> list[tuple[list[int], list[int]]]:
        """Return the objects of a kind that have no place yet, by key, where both sides have some."""
        grouped: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i, half in enumerate(self.halves):
            for n, node in half.nodes.items():
                if node.kind == kind and n not in half.settled and n not in half.twins and (name := key(half, node)):
                    grouped[name][i].append(n)
        return [(p, s) for p, s in grouped.values() if p and s]

    @staticmethod
    def _key(half: Half, node: Node) -> str:
        """Return a node's key, comparable between sides; one that refers to what has no other end is its own."""

        def name(ref: Ref) -> str:
            if ref.n in half.settled:
                return f"={half.settled[ref.n]}"
            return f"~{half.twins[ref.n]}" if ref.n in half.twins else f"{half.name} {ref.n}"

        return spell(node.key, name)

    def settle_twins(self) -> None:
        """Tell apart the objects that share a key: by content, then by who refers to them, then as they come.

        Last those that differ only in what they lost: where it is missing, so would be all that pointed at it.
        """
        self._read()
        self._settle_alike(but_for_lost=False)
        while any(all(sides) for sides in self._left()) and self._settle_alike(but_for_lost=True):
            pass
        for left, right in self._left():
            if len(left) == len(right) == 1:
                self.settle(left[0], right[0])
            elif left and right:
                self.ambiguous |= {
                    (half.name, n) for half, g in zip(self.halves, (left, right), strict=True) for n in g
                }

    def _left(self) -> list[list[list[int]]]:
        """Return the twins of each group that are not settled, by side."""
        return [
            [[n for n in g if n in half.twins] for half, g in zip(self.halves, group, strict=True)]
            for group in self.groups
        ]

    def _settle_alike(self, *, but_for_lost: bool) -> bool:
        """Settle the twins that look alike, and say whether there were any."""
        twins = len(self.halves[0].twins)
        self.likenesses = [
            Likeness(self.halves, from_both_ends=both, but_for_lost=but_for_lost) for both in (False, True)
        ]
        while found := self._sure() or self._tied():
            for p, s in found:
                self.settle(p, s)
        return len(self.halves[0].twins) < twins

    def _read(self) -> None:
        """Ask what the twins hold. What can't be read of one is left out for all that share its key."""
        for group in self.groups:
            bodies = [{n: half.body(half.nodes[n]) for n in g} for half, g in zip(self.halves, group, strict=True)]
            unread = {
                name for side in bodies for body in side.values() for name, value in body.items() if value is None
            }
            for half, side in zip(self.halves, bodies, strict=True):
                half.bodies |= {
                    n: {name: value for name, value in body.items() if name not in unread} for n, body in side.items()
                }

    def _sure(self) -> list[tuple[int, int]]:
        """Return the pairs whose two ends look alike and like nothing else.

        Asked after each step of refining: one that is sure by its own content stays so whatever it leads to.
        """
        for likeness in self.likenesses:
            while likeness.refine():
                found = [(p[0], s[0]) for p, s in likeness.classes() if len(p) == len(s) == 1]
                if found:
                    return found
        return []

    def _tied(self) -> list[tuple[int, int]]:
        """Return pairs of those that look alike, none of which has a bearing on another; best where none is left over."""
        by_content, from_both_ends = (list(likeness.classes()) for likeness in self.likenesses)
        even = [[(p, s) for p, s in classes if len(p) == len(s)] for classes in (from_both_ends, by_content)]
        return self._apart(next((classes for classes in (*even, by_content) if classes), []))

    def _apart(self, classes: list[tuple[list[int], list[int]]]) -> list[tuple[int, int]]:
        """Return pairs out of classes, of twins that hang together at most one."""
        clusters = [_clusters(half) for half in self.halves]
        used: tuple[set[int], set[int]] = (set(), set())
        found = []
        for p_members, s_members in classes:
            ends = (s for s in s_members if clusters[1][s] not in used[1])
            for p in p_members:
                if clusters[0][p] not in used[0] and (s := next(ends, None)) is not None:
                    used[0].add(clusters[0][p])
                    used[1].add(clusters[1][s])
                    found.append((p, s))
        return found


def _clusters(half: Half) -> dict[int, int]:
    """Return for each twin a number that it shares with all twins that its references, either way, lead to."""
    found: dict[int, int] = {}
    for start in half.twins:
        reached = [] if start in found else [start]
        while reached:
            n = reached.pop()
            if n not in found:
                found[n] = start
                reached += half.near(n)
    return found


def _numbered(halves: tuple[Half, Half], ambiguous: set[tuple[str, int]]) -> list[Pair]:
    ends = {p: s for s, p in halves[1].settled.items()}
    found = [
        Pair(0, node.kind, node.label, node.n, ends.get(node.n), _fate(halves[0], node.n, Fate.MISSING, ambiguous))
        for node in halves[0].nodes.values()
    ]
    found += [
        Pair(0, node.kind, node.label, None, node.n, _fate(halves[1], node.n, Fate.EXTRA, ambiguous))
        for node in halves[1].nodes.values()
        if node.n not in halves[1].settled
    ]
    return [replace(each, number=i) for i, each in enumerate(_labelled(found))]


def _fate(half: Half, n: int, alone: Fate, ambiguous: set[tuple[str, int]]) -> Fate:
    if n in half.settled:
        return Fate.PAIRED
    return Fate.AMBIGUOUS if (half.name, n) in ambiguous else alone


def _labelled(pairs: list[Pair]) -> Iterator[Pair]:
    """Number the labels that repeat within a kind, `nightly`, `nightly#2`, unless an object is really called so."""
    taken = {(each.kind, each.label) for each in pairs}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for each in pairs:
        label = each.label
        counts[each.kind, each.label] += 1
        while counts[each.kind, each.label] > 1 and (each.kind, label) in taken:
            label = f"{each.label}#{counts[each.kind, each.label]}"
            counts[each.kind, each.label] += (each.kind, label) in taken
        taken.add((each.kind, label))
        yield replace(each, label=label)
