"""Which objects that share a key look alike: classes of them, refined as more pairs are known.

Two objects of one class hold the same, up to the classes and pairs that their references lead to; seen from both ends, their
referrers do so as well. Only what stands near a change is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from lakedrill.parity.canonical import Value, spell, walk
from lakedrill.parity.lost import without
from lakedrill.parity.reference import Dangling, Ref, Text

Look = tuple[str, tuple[str, ...]]
"""What an object holds, spelled, and what its referrers are called and where they name it."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object as pairing sees it. `label` is its key for people, `refs` all that it points at, by path."""

    n: int
    kind: str
    key: Value
    label: str
    refs: tuple[tuple[str, Ref], ...] = ()
    alias: str = ""
    """The key as plain text, as the secondary would spell it: tried where the key itself finds no other end."""


Body = Callable[[Node], dict[str, Value | None]]
"""What an object holds: its facets, canonical, None for one that can't be read. Asked only of objects that share a key."""


class Half:
    """One side of a pairing in the making."""

    def __init__(self, name: str, nodes: Sequence[Node], body: Body) -> None:
        self.name = name
        self.nodes = {node.n: node for node in nodes}
        self.body = body
        self.settled: dict[int, int] = {}
        """Number of an object → number of the primary's end of its pair."""
        self.twins: dict[int, int] = {}
        """Objects that share a key and are not settled yet → number of their group."""
        self.bodies: dict[int, Value] = {}
        """What the twins hold, as far as it can be read of all of their group."""
        self.callers: dict[int, list[tuple[int, str]]] = defaultdict(list)
        """Who points at an object, and from where in its documents."""
        for node in nodes:
            for path, ref in node.refs:
                self.callers[ref.n].append((node.n, path))

    def near(self, n: int) -> Iterator[int]:
        """Yield the twins that point at an object or that it points at."""
        yield from (caller for caller, _ in self.callers[n] if caller in self.twins)
        yield from (ref.n for _, ref in self.nodes[n].refs if ref.n in self.twins)


class Likeness:
    """The twins of both halves in classes of those that look alike.

    `but_for_lost`: what leads to nothing on its side is left out, and a text that is only the name of something lost.
    """

    def __init__(self, halves: tuple[Half, Half], *, from_both_ends: bool, but_for_lost: bool = False) -> None:
        self.halves = halves
        self.from_both_ends = from_both_ends
        self.lost = Lost(halves) if but_for_lost else None
        self.class_of = tuple(dict(half.twins) for half in halves)
        self.members: dict[int, tuple[dict[int, Look], dict[int, Look]]] = defaultdict(lambda: ({}, {}))
        for i, half in enumerate(halves):
            for n, group in half.twins.items():
                self.members[group][i][n] = ("", ())
        self.stale = tuple(set(half.twins) for half in halves)
        self.numbers = count(max(self.members, default=0) + 1)

    def classes(self) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the classes that have members on both sides."""
        yield from ((list(p), list(s)) for p, s in self.members.values() if p and s)

    def settle(self, i: int, n: int) -> None:
        """Forget a twin that has found its other end, and look again at what is near it."""
        del self.members[self.class_of[i].pop(n)][i][n]
        self.stale[i].discard(n)
        self.stale[i].update(self.halves[i].near(n))

    def refine(self) -> bool:
        """Part what looks different by what is known so far; return whether there was anything to look at."""
        touched = set()
        for i, stale in enumerate(self.stale):
            for n in stale:
                self.members[self.class_of[i][n]][i][n] = self._look(i, n)
                touched.add(self.class_of[i][n])
            stale.clear()
        parted = [(i, n) for number in sorted(touched) for i, n in self._part(number)]
        for i, n in parted:
            self.stale[i].update(self.halves[i].near(n))
        return bool(touched)

    def _part(self, number: int) -> list[tuple[int, int]]:
        """Part a class by looks. The largest part keeps its number, so that least is looked at again; return the others."""
        looks: dict[Look, list[tuple[int, int]]] = {}
        for i, members in enumerate(self.members[number]):
            for n, look in members.items():
                looks.setdefault(look, []).append((i, n))
        parted = []
        largest = max(looks, key=lambda look: len(looks[look]))
        for look in [look for look in looks if look != largest]:
            fresh = next(self.numbers)
            for i, n in looks[look]:
                del self.members[number][i][n]
                self.members[fresh][i][n] = look
                self.class_of[i][n] = fresh
            parted += looks[look]
        return parted

    def _look(self, i: int, n: int) -> Look:
        half = self.halves[i]
        callers = sorted(f"{self._name(i, c)} {path}" for c, path in half.callers[n]) if self.from_both_ends else ()
        body = half.bodies[n] if self.lost is None else self.lost.left_out(i, n)
        return spell(body, lambda ref: self._name(i, ref.n)), tuple(callers)

    def _name(self, i: int, n: int) -> str:
        """Return what an object is called meanwhile: its pair, its class, or just one without another end."""
        half = self.halves[i]
        return f"={half.settled[n]}" if n in half.settled else f"~{self.class_of[i].get(n, '')}"


class Lost:
    """What of the twins' references leads to nothing, with the pairs that there are when it is made."""

    def __init__(self, halves: tuple[Half, Half]) -> None:
        self._halves = halves
        self._open = set(halves[0].twins.values()) & set(halves[1].twins.values())
        """Groups of twins of which both sides have some left."""
        self._names: dict[int, set[str]] = defaultdict(set)
        """By group: what its lost references are called, which a side may have as plain text."""
        for i, half in enumerate(halves):
            for n, group in half.twins.items():
                if group in self._open:
                    walk(half.bodies[n], partial(self._note, i, group))

    def left_out(self, i: int, n: int) -> Value:
        """Return what a twin of a side holds, without what is lost."""
        names = self._names[self._halves[i].twins[n]]
        return without(
            self._halves[i].bodies[n],
            lambda leaf: leaf.lower() in names if isinstance(leaf, str) else self._leads_nowhere(i, leaf),
        )

    def _note(self, i: int, group: int, leaf: Any) -> Any:
        parts = leaf.parts if isinstance(leaf, Text) else (leaf,)
        if any(self._leads_nowhere(i, part) for part in parts):
            self._names[group].add("".join(self._called(i, part) for part in parts).lower())
        return leaf

    def _leads_nowhere(self, i: int, leaf: Any) -> bool:
        if not isinstance(leaf, Ref):
            return isinstance(leaf, Dangling)
        half = self._halves[i]
        return leaf.n not in half.settled and half.twins.get(leaf.n) not in self._open

    def _called(self, i: int, part: str | Ref | Dangling) -> str:
        if isinstance(part, Ref):
            return self._halves[i].nodes[part.n].alias
        return part.value if isinstance(part, Dangling) else part
