"""Two canonical documents compared through a pairing: every path at which they are not the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakedrill.parity.canonical import Bag, Hidden, Keyed, Value, same, spell
from lakedrill.parity.reference import Dangling, Ref, Text


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
"""Stands for a value that is not there, which is neither null nor empty."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One path at which two documents differ, with both values."""

    path: str
    primary: Value
    secondary: Value


Name = Callable[[Ref], object]


def differences(primary: Value, secondary: Value, of_primary: Name, of_secondary: Name) -> list[Difference]:
    """Return all differences, in the order of the primary's fields.

    The two name functions say what a reference points at: two references are the same when their names are, and a pair's
    two ends must be the only objects that share a name. A dangling reference differs from everything.
    """
    return list(_differences(primary, secondary, "", _Names(of_primary, of_secondary)))


@dataclass(frozen=True, slots=True)
class _Names:
    primary: Name
    secondary: Name


def _differences(p: Value, s: Value, path: str, names: _Names) -> list[Difference]:
    if type(p) is not type(s):
        return [Difference(path, p, s)]
    if isinstance(p, dict):
        inside = f"{path}[{{}}]" if isinstance(p, Keyed) else f"{path}.{{}}" if path else "{}"
        return [
            difference
            for key in (*p, *(key for key in s if key not in p))
            for difference in _differences(p.get(key, ABSENT), s.get(key, ABSENT), inside.format(key), names)
        ]
    if isinstance(p, Bag):
        return _of_bags(p, s, path, names)
    if isinstance(p, list):
        longest = max(len(p), len(s))
        padded = [[*side, *[ABSENT] * (longest - len(side))] for side in (p, s)]
        return [d for i in range(longest) for d in _differences(padded[0][i], padded[1][i], f"{path}[{i}]", names)]
    if isinstance(p, Hidden):
        return [Difference(path, p, s)] if _differences(p.value, s.value, path, names) else []
    return [] if _equal(p, s, names) else [Difference(path, p, s)]


def _equal(p: Value, s: Value, names: _Names) -> bool:
    if isinstance(p, Dangling):
        return False
    if isinstance(p, Ref):
        return p.kind == s.kind and names.primary(p) == names.secondary(s)
    if isinstance(p, Text):
        return len(p.parts) == len(s.parts) and all(
            type(a) is type(b) and _equal(a, b, names) for a, b in zip(p.parts, s.parts, strict=True)
        )
    return same(p, s)


def _of_bags(p: Bag, s: Bag, path: str, names: _Names) -> list[Difference]:
    """Compare what has no order: what only one side has, each as often as it is too many."""
    left, right = _counted(p, names.primary), _counted(s, names.secondary)
    surplus = (Counter({k: len(v) for k, v in left.items()}), Counter({k: len(v) for k, v in right.items()}))
    missing, extra = surplus[0] - surplus[1], surplus[1] - surplus[0]
    found = [Difference(f"{path}[]", left[k][0], ABSENT) for k in sorted(missing.elements())]
    found += [Difference(f"{path}[]", ABSENT, right[k][0]) for k in sorted(extra.elements())]
    dangling = [item for item in p if holds_dangling(item)]
    return found + [
        Difference(f"{path}[]", item, item) for item in dangling if spell(item, names.primary) not in missing
    ]


def _counted(bag: Bag, name: Name) -> dict[str, list[Any]]:
    counted: dict[str, list[Any]] = {}
    for item in bag:
        counted.setdefault(spell(item, name), []).append(item)
    return counted


def holds_dangling(value: Value) -> bool:
    """Say whether a value holds a reference to nothing."""
    if isinstance(value, dict):
        return any(holds_dangling(child) for child in value.values())
    if isinstance(value, list):
        return any(holds_dangling(child) for child in value)
    if isinstance(value, Text):
        return any(isinstance(part, Dangling) for part in value.parts)
    return isinstance(value, Dangling) or (isinstance(value, Hidden) and holds_dangling(value.value))
