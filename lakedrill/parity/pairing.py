"""Pairing: which object of the primary is which of the secondary.

Objects whose key occurs once on each side are a pair. Those that share a key are told apart by what they hold and by who
refers to them; what can't be told apart is taken as it comes, and several different ones left on both sides are ambiguous.
Pairing is not trusted: whatever it chose, the documents are compared through it, and any pairing under which all documents
are equal proves parity. A poor one can raise a false alarm, never a false green.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lakedrill.parity.canonical import Value, spell
from lakedrill.parity.reference import Ref


class Fate(StrEnum):
    """What became of an object when its other end was looked for."""

    PAIRED = "paired"
    MISSING = "missing"
    EXTRA = "extra"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Node:
    """An object as pairing sees it. `label` is its key for people, `refs` all that it points at."""

    n: int
    kind: str
    key: Value
    label: str
    refs: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ends of one object, by their numbers in their snapshots; one end is None unless it is paired."""

    number: int
    kind: str
    label: str
    primary: int | None
    secondary: int | None
    fate: Fate


Body = Callable[[Node], Value]
"""What an object holds: all its facets, canonical. Asked only of objects that share a key."""


def pair(primary: Sequence[Node], secondary: Sequence[Node], of_primary: Body, of_secondary: Body) -> list[Pair]:
    """Return every object of both sides in exactly one pair, numbered from 0 in the primary's order, extras last.

    Kinds are settled in the order of their first node; a key may refer to kinds that come earlier.
    """
    sides = (_Side("primary", primary, of_primary), _Side("secondary", secondary, of_secondary))
    work = _Pairing(sides)
    for kind in dict.fromkeys(node.kind for side in sides for node in side.nodes.values()):
        work.settle_unique(kind)
    work.settle_twins()
    return _numbered(sides, work.ambiguous)


class _Side:
    def __init__(self, name: str, nodes: Sequence[Node], body: Body) -> None:
        self.name = name
        self.nodes = {node.n: node for node in nodes}
        self.body = body
        self.settled: dict[int, int] = {}
        """Number of an object → number of the primary's end of its pair."""
        self.twins: set[int] = set()
        """Objects that share a key and are not settled yet."""
        self.callers: dict[int, list[int]] = defaultdict(list)
        for node in nodes:
            for ref in node.refs:
                self.callers[ref.n].append(node.n)
        self.colours: dict[int, int] = {}

    def name_of(self, n: int) -> str:
        """Return what an object is called while pairs are made: its pair, its colour, or just one without another end."""
        if n in self.settled:
            return f"={self.settled[n]}"
        return f"~{self.colours[n]}" if n in self.colours else "?"

    def key(self, node: Node) -> str:
        """Return a node's key, comparable between sides; a key that refers to what has no other end is its own."""
        return spell(node.key, lambda ref: self.settled.get(ref.n, f"{self.name} {ref.n}"))


class _Pairing:
    def __init__(self, sides: tuple[_Side, _Side]) -> None:
        self.sides = sides
        self.groups: list[tuple[list[int], list[int]]] = []
        """Objects of both sides that share a key."""
        self.ambiguous: set[tuple[str, int]] = set()

    def settle(self, p: int, s: int) -> None:
        for side, n in zip(self.sides, (p, s), strict=True):
            side.settled[n] = p
            side.twins.discard(n)
            side.colours.pop(n, None)

    def settle_unique(self, kind: str) -> None:
        """Pair the objects of a kind whose key occurs once on each side; keep those that share one for later."""
        keyed: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i, side in enumerate(self.sides):
            for node in side.nodes.values():
                if node.kind == kind:
                    keyed[side.key(node)][i].append(node.n)
        for p, s in keyed.values():
            if len(p) == len(s) == 1:
                self.settle(p[0], s[0])
            elif p and s:
                self.groups.append((p, s))
                self.sides[0].twins |= set(p)
                self.sides[1].twins |= set(s)

    def settle_twins(self) -> None:
        """Tell apart the objects that share a key: by content, then by who refers to them, then as they come."""
        while any(side.twins for side in self.sides):
            found = self._sure() or self._tied()
            if not found:
                break
            for p, s in found:
                self.settle(p, s)
        for left, right in self._left():
            if len(left) == len(right) == 1:
                self.settle(left[0], right[0])
            elif left and right:
                self.ambiguous |= {(self.sides[0].name, n) for n in left} | {(self.sides[1].name, n) for n in right}

    def _sure(self) -> list[tuple[int, int]]:
        """Return the pairs whose two ends look alike and like nothing else."""
        for inbound in (False, True):
            self._colour(inbound=inbound)
            found = [(p[0], s[0]) for p, s in self._classes() if len(p) == len(s) == 1]
            if found:
                return found
        return []

    def _tied(self) -> list[tuple[int, int]]:
        """Return a pair of those that look alike; where nothing else hangs on the choice, all such pairs."""
        tied = [(p, s) for p, s in self._classes() if len(p) == len(s)]
        free = [
            pair for p, s in tied if self._is_alone(p, 0) and self._is_alone(s, 1) for pair in zip(p, s, strict=True)
        ]
        if free:
            return free
        if not tied:
            self._colour(inbound=False)
            tied = list(self._classes())
        return [(tied[0][0][0], tied[0][1][0])] if tied else []

    def _is_alone(self, members: list[int], i: int) -> bool:
        """Say whether no unsettled object is pointed at by these or points at them."""
        side = self.sides[i]
        touched = (n for m in members for n in (*(r.n for r in side.nodes[m].refs), *side.callers[m]))
        return not any(n in side.twins for n in touched)

    def _left(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the groups without what is settled."""
        for group in self.groups:
            p, s = ([n for n in members if n in side.twins] for side, members in zip(self.sides, group, strict=True))
            yield p, s

    def _classes(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield what is left of each group, by colour, where both sides have some."""
        for group in self._left():
            by_colour: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
            for i, members in enumerate(group):
                for n in members:
                    by_colour[self.sides[i].colours[n]][i].append(n)
            yield from ((p, s) for p, s in by_colour.values() if p and s)

    def _colour(self, *, inbound: bool) -> None:
        """Give twins that differ different colours: refine by content, and by callers, until nothing more comes apart."""
        for i, side in enumerate(self.sides):
            side.colours = {n: g for g, group in enumerate(self.groups) for n in group[i] if n in side.twins}
        counts: list[int] = []
        while counts != (counts := [len(set(side.colours.values())) for side in self.sides]):
            numbers: dict[tuple[object, ...], int] = {}
            refined = []
            for side in self.sides:
                new = {}
                for n, colour in side.colours.items():
                    body = spell(side.body(side.nodes[n]), lambda ref, side=side: side.name_of(ref.n))  # type: ignore[misc]
                    callers = sorted(side.name_of(c) for c in side.callers[n]) if inbound else []
                    new[n] = numbers.setdefault((colour, body, *callers), len(numbers))
                refined.append(new)
            for side, new in zip(self.sides, refined, strict=True):
                side.colours = new


def _numbered(sides: tuple[_Side, _Side], ambiguous: set[tuple[str, int]]) -> list[Pair]:
    ends = {p: s for s, p in sides[1].settled.items()}
    found = [
        Pair(0, node.kind, node.label, node.n, ends.get(node.n), _fate(sides[0], node.n, ends, ambiguous))
        for node in sides[0].nodes.values()
    ]
    found += [
        Pair(
            0, node.kind, node.label, None, node.n, Fate.AMBIGUOUS if ("secondary", node.n) in ambiguous else Fate.EXTRA
        )
        for node in sides[1].nodes.values()
        if node.n not in sides[1].settled
    ]
    return [replace(each, number=i) for i, each in enumerate(_labelled(found))]


def _fate(side: _Side, n: int, ends: dict[int, int], ambiguous: set[tuple[str, int]]) -> Fate:
    if n in ends:
        return Fate.PAIRED
    return Fate.AMBIGUOUS if (side.name, n) in ambiguous else Fate.MISSING


def _labelled(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Number the labels that repeat within a kind: `nightly`, `nightly#2`."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for each in pairs:
        seen[each.kind, each.label] += 1
        count = seen[each.kind, each.label]
        yield each if count == 1 else replace(each, label=f"{each.label}#{count}")
