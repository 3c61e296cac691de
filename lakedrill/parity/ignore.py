"""Differences that are told and hold against nothing: what lies at an ignored path is left out on both sides alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.paths import spelled
from lakedrill.parity.canonical import Value, copied


class _HasPath(Protocol):
    @property
    def path(self) -> str: ...


def bare(value: Value, rows: Sequence[_HasPath]) -> Value:
    """Return a canonical value without what lies at the rows' paths. Items of a list go, and their order stays."""
    found = copied(value) if rows else value
    for row in rows:
        for container, key in reversed(list(spelled(found, row.path))):
            del container[key]
    return found


def with_effect(rows: Sequence[Ignored], differ: Callable[[Sequence[Ignored]], int]) -> tuple[Ignored, ...]:
    """Return the rows that make a difference less, alone or with the others. `differ` counts what is left by some rows.

    Of two that mean the same, the first one does.
    """
    left = differ(rows)
    return tuple(
        row
        for i, row in enumerate(rows)
        if differ(rows[: i + 1]) < differ(rows[:i]) or differ((*rows[:i], *rows[i + 1 :])) > left
    )
