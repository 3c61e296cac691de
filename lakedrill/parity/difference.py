"""Two canonical documents compared through a pairing: every path at which they are not the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakedrill.inventory.paths import below
from lakedrill.parity.canonical import Bag, Hidden, Value, same, spell
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
        return [
            difference
            for key in (*p, *(key for key in s if key not in p))
            for difference in _differences(p.get(key, ABSENT), s.get(key, ABSENT), below(path, p, key), names)
        ]
    if isinstance(p, Bag):
        return _of_bags(p, s, f"{path}[]", names)
    if isinstance(p, list):
        both = itertools.zip_longest(p, s, fillvalue=ABSENT)
        return [d for i, (a, b) in enumerate(both) for d in _differences(a, b, below(path, p, i), names)]
    if isinstance(p, Hidden):
        return [Difference(path, p, s)] if _differences(p.value, s.value, path, names) else []
    return [] if _equal(p, s, names) else [Difference(path, p, s)]


def _equal(p: Value, s: Value, names: _Names) -> bool:
    if isinstance(p, Dangling):
        return False
    if isinstance(p, Ref):
        return (p.kind, p.number, names.primary(p)) == (s.kind, s.number, names.secondary(s))
    if isinstance(p, Text):
        return len(p.parts) == len(s.parts) and all(
            type(a) is type(b) and _equal(a, b, names) for a, b in zip(p.parts, s.parts, strict=True)
        )
    return same(p, s)


def _of_bags(p: Bag, s: Bag, path: str, names: _Names) -> list[Difference]:
    """Compare what has no order: whatever is left when equal items are taken away in twos, and what dangles."""
    left, right = _by_spelling(p, names.primary), _by_spelling(s, names.secondary)
    missing = [item for key in sorted(left) for item in left[key][len(right.get(key, ())) :]]
    extra = [item for key in sorted(right) for item in right[key][len(left.get(key, ())) :]]
    dangling = [
        (a, b) for key in sorted(left) for a, b in zip(left[key], right.get(key, ()), strict=False) if holds_dangling(a)
    ]
    # All of these differ. That some are shown in pieces must not decide whether they do.
    found = [
        difference
        for a, b in (*dangling, *_take_alike(missing, extra, names))
        for difference in _differences(a, b, path, names) or [Difference(path, a, b)]
    ]
    if len(missing) == len(extra) == 1 and not (_ends(missing[0], names.primary) or _ends(extra[0], names.secondary)):
        return [*found, Difference(path, missing[0], extra[0])]
    found += [Difference(path, item, ABSENT) for item in missing]
    return found + [Difference(path, ABSENT, item) for item in extra]


def _by_spelling(bag: Bag, name: Name) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in bag:
        found.setdefault(spell(item, name), []).append(item)
    return found


def _take_alike(missing: list[Any], extra: list[Any], names: _Names) -> list[tuple[Any, Any]]:
    """Take out of both lists the items that are about the same object, as two entries for one principal are."""
    waiting: dict[tuple[str, str], list[Any]] = {}
    for item in extra:
        for end in _ends(item, names.secondary):
            waiting.setdefault(end, []).append(item)
    alike = []
    for item in list(missing):
        others = (other for end in _ends(item, names.primary) for other in waiting.get(end, ()))
        other = next((other for other in others if any(other is one for one in extra)), None)
        if other is not None:
            alike.append((item, other))
            _remove(missing, item)
            _remove(extra, other)
    for item in list(missing):
        other = next((other for other in extra if _are_alike_but_lost(item, other, names)), None)
        if other is not None:
            alike.append((item, other))
            _remove(missing, item)
            _remove(extra, other)
    return alike


def _are_alike_but_lost(p: Value, s: Value, names: _Names) -> bool:
    """Say whether two items differ in nothing but references that lead to nothing on one side."""
    if not (holds_dangling(p) or holds_dangling(s)):
        return False
    return all(
        isinstance(d.primary, Ref | Dangling) and isinstance(d.secondary, Ref | Dangling)
        for d in _differences(p, s, "", names)
    )


def _remove(items: list[Any], item: Any) -> None:
    """Remove an item itself; `list.remove` takes one that is equal to Python, to which `1` and `true` are."""
    del items[next(i for i, one in enumerate(items) if one is item)]


def _ends(item: Value, name: Name) -> list[tuple[str, str]]:
    """Return what an item of a bag is about: the objects that its own fields, or it itself, point at."""
    fields = item.items() if isinstance(item, dict) else [("", item)]
    return [(key, spell(child, name)) for key, child in fields if isinstance(child, Ref | Dangling)]


def holds_dangling(value: Value) -> bool:
    """Say whether a value holds a reference to nothing."""
    if isinstance(value, dict):
        return any(holds_dangling(child) for child in value.values())
    if isinstance(value, list):
        return any(holds_dangling(child) for child in value)
    if isinstance(value, Text):
        return any(isinstance(part, Dangling) for part in value.parts)
    return isinstance(value, Dangling) or (isinstance(value, Hidden) and holds_dangling(value.value))
