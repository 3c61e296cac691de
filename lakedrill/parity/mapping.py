"""The mapping: what is called differently on the two sides, as a table of rows with one column a side.

A row means a whole value or the beginning of one, for the kinds and paths that its globs name; in a path `[]` is any item.
All rows apply at once, the longest first; to keys as to values, and to the text before a reference, never to a reference or
to content. Rows that overlap or merge two values into one are refused, unless they are marked `one_way`, which leaves the way
back unproven.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from lakedrill.inventory.paths import below
from lakedrill.parity.canonical import Hidden, Value
from lakedrill.parity.reference import Text, text_of


class MappingError(ValueError):
    """Two rows that cannot both be meant."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `path` is a glob over the path inside a document, `prefix` says that the beginning is meant."""

    primary: str
    secondary: str
    kind: str = "*"
    path: str = "*"
    prefix: bool = False
    one_way: bool = False

    def __str__(self) -> str:
        star = "*" if self.prefix else ""
        return f"{self.kind}:{self.path} {self.primary}{star} → {self.secondary}{star}"


class Mapping:
    """A checked set of rows, read from primary to secondary."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Raise MappingError for rows that overlap or merge."""
        self.rows = tuple(sorted(rows, key=lambda row: (-len(row.primary), row.primary, row.kind, row.path)))
        for row, other in itertools.permutations(self.rows, 2):
            if not (_may_meet(row.kind, other.kind) and _may_meet(row.path, other.path)):
                continue
            if row.primary == other.primary:
                raise MappingError(f"two rows map the same value: {row} and {other}")
            if self._merge(row, other) and not (row.one_way and other.one_way):
                raise MappingError(f"two rows lead to the same value: {row} and {other}; mark both one_way if meant")

    def _merge(self, row: Row, other: Row) -> bool:
        """Say whether a second text leads, by the other row, to what the first one's own text leads to."""
        if not _means(other, row.secondary, other.secondary):
            return False
        second = other.primary + row.secondary[len(other.secondary) :]
        covering = [r for r in self.rows if r.kind in ("*", other.kind) and r.path in ("*", other.path)]
        winner = next(r for r in covering if _means(r, second, r.primary))
        return second != row.primary and winner is other

    def reversed(self) -> Mapping:
        """Return the mapping read right to left, for the way back. Raises MappingError where a row is one_way."""
        for row in self.rows:
            if row.one_way:
                raise MappingError(f"the row is one_way and can't be read backwards: {row}")
        return Mapping(Row(r.secondary, r.primary, r.kind, r.path, r.prefix) for r in self.rows)

    def apply(self, kind: str, value: Value) -> tuple[Value, list[str]]:
        """Return a value of the primary as it is called on the secondary, and the rows that changed it."""
        rows = [row for row in self.rows if _matches(kind, row.kind)]
        used: list[str] = []
        return (_apply(value, "", rows, used) if rows else value), used

    def translate(self, kind: str, path: str, text: str) -> str:
        """Return one text of the primary, at a path as facts spell it, as it is called on the secondary."""
        return _translate(text, path, [row for row in self.rows if _matches(kind, row.kind)], [])


def _apply(value: Value, path: str, rows: list[Row], used: list[str]) -> Value:
    if isinstance(value, str):
        return _translate(value, path, rows, used)
    if isinstance(value, dict):
        mapped = type(value)(
            (_translate(key, f"{path}.", rows, used), _apply(child, below(path, value, key), rows, used))
            for key, child in value.items()
        )
        if len(mapped) != len(value):
            raise MappingError(f"rows merge two keys of {path or 'a document'} into one")
        return mapped
    if isinstance(value, list):
        return type(value)(_apply(item, f"{path}[]", rows, used) for item in value)
    if isinstance(value, Hidden):
        return Hidden(_apply(value.value, path, rows, used))
    if isinstance(value, Text) and isinstance(value.parts[0], str):
        first = _translate(value.parts[0], path, [row for row in rows if row.prefix], used)
        return text_of((first, *value.parts[1:]))
    return value


def _translate(text: str, path: str, rows: list[Row], used: list[str]) -> str:
    for row in rows:
        if not (_means(row, text, row.primary) and _matches(path, row.path)):
            continue
        if str(row) not in used:
            used.append(str(row))
        return row.secondary + text[len(row.primary) :]
    return text


def _means(row: Row, text: str, side: str) -> bool:
    """Say whether a text is what a row's side says, or begins so."""
    return text.startswith(side) if row.prefix else text == side


def _matches(path: str, glob: str) -> bool:
    """Say whether a glob means a path. Brackets are no sets of characters here, and empty ones are any item's."""
    return fnmatch.fnmatchcase(path, glob.replace("[]", "[*]").replace("[", "[[]"))


def _may_meet(glob: str, other: str) -> bool:
    """Say whether two globs may mean one name; in doubt they do."""
    wild = [any(sign in name for sign in "*?[") for name in (glob, other)]
    return all(wild) or _matches(glob, other) or _matches(other, glob)
