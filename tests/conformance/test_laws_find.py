"""What is missing and what is too many: found in every kind, with exactly the findings that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from lakedrill.inventory.kind import Kind
from lakedrill.parity.pairing import Pair
from tests.support.apart import Apart, pointers
from tests.support.laws import MODES, Copied, counted, is_whole, over_kinds

pytestmark = pytest.mark.law


def _samples(kind: Kind, done: Copied) -> list[Pair]:
    """Return the object that most others point at, and one that nobody does; where all are alike, two of them."""
    side = done.comparison.primary
    referred: Counter[int] = Counter()
    for each in side.catalogue.kinds:
        referred.update(p.end for p in pointers(side.snapshot, each, Apart(side.snapshot).parts) if p.kind == kind.name)
    found = sorted((e for e in done.pairs(kind) if is_whole(e)), key=lambda each: -referred[each.primary or 0])
    return [found[0], found[-1]]


def _told(found: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Return kinds and keys, how often each; which of those that share a key it is does not matter."""
    return Counter((name, key.partition("#")[0]) for name, key in found)


@over_kinds(*MODES)
def test_one_that_is_missing_is_one_finding(kind: Kind, done: Copied, tmp_path: Path) -> None:
    """And one for each that lay in it. Whatever pointed at it says so and is not counted."""
    for each in _samples(kind, done):
        secondary = Apart(done.secondary)
        gone = secondary.remove(each.secondary or 0)

        found = counted(done.compared(done.primary, secondary.seal(tmp_path / "secondary")))

        assert {(aspect, outcome) for _, _, aspect, outcome in found} == {("inventory", "missing")}
        lost = [done.comparison.pair_of_secondary(n) for n in gone]
        assert _told((name, key) for name, key, _, _ in found) == _told((pair.kind, pair.label) for pair in lost)


@over_kinds(*MODES)
def test_one_too_many_is_one_finding(kind: Kind, done: Copied, tmp_path: Path) -> None:
    """Under a name of its own, and where a kind may have several of a name under one that is there."""
    for each in _samples(kind, done):
        part = Apart(done.secondary).parts[each.secondary or 0]
        for key in (f"{part.key}-2", *(() if kind.handles else (part.key,))):
            secondary = Apart(done.secondary)
            secondary.add(part.another(key))

            found = counted(done.compared(done.primary, secondary.seal(tmp_path / "secondary")))

            assert {(name, aspect, out) for name, _, aspect, out in found} == {(kind.name, "inventory", "extra")}
            assert [told.partition("#")[0] for _, told, _, _ in found] == [key]
