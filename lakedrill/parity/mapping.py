"""The mapping: what is called differently on the two sides, as a table of rows with one column a side.

A row means a whole value or the beginning of one, for the kinds and paths that its globs name. All rows apply at once, the
longest first; to keys as to values, and to the text around references, never to a reference or to content. Rows that overlap
or merge two values into one are refused, unless they are marked `one_way`, which leaves the way back unproven.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lakedrill.parity.canonical import Bag, Hidden, Keyed, Value
from lakedrill.parity.reference import Text


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
        for i, row in enumerate(self.rows):
            for other in self.rows[i + 1 :]:
                if not (_may_meet(row.kind, other.kind) and _may_meet(row.path, other.path)):
                    continue
                if row.primary == other.primary:
                    raise MappingError(f"two rows map the same value: {row} and {other}")
                if row.secondary == other.secondary and not (row.one_way and other.one_way):
                    raise MappingError(
                        f"two rows lead to the same value: {row} and {other}; mark both one_way if meant"
                    )

    def reversed(self) -> Mapping:
        """Return the mapping read right to left, for the way back. Raises MappingError where a row is one_way."""
        for row in self.rows:
            if row.one_way:
                raise MappingError(f"the row is one_way and can't be read backwards: {row}")
        return Mapping(Row(r.secondary, r.primary, r.kind, r.path, r.prefix) for r in self.rows)

    def apply(self, kind: str, value: Value) -> tuple[Value, list[str]]:
        """Return a value of the primary as it is called on the secondary, and the rows that changed it."""
        rows = [row for row in self.rows if fnmatch.fnmatchcase(kind, row.kind)]
        used: list[str] = []
        return (_apply(value, "", rows, used) if rows else value), used


def _apply(value: Value, path: str, rows: list[Row], used: list[str]) -> Value:
    if isinstance(value, str):
        return _translate(value, path, rows, used)
    if isinstance(value, dict):
        inside = f"{path}[{{}}]" if isinstance(value, Keyed) else f"{path}.{{}}" if path else "{}"
        pairs = [
            (_translate(key, f"{path}.", rows, used), _apply(child, inside.format(key), rows, used))
            for key, child in value.items()
        ]
        mapped = type(value)(pairs)
        if len(mapped) != len(value):
            raise MappingError(f"rows merge two keys of {path or 'a document'} into one")
        return mapped
    if isinstance(value, list):
        items: list[Any] = [_apply(item, f"{path}[]", rows, used) for item in value]
        return Bag(items) if isinstance(value, Bag) else items
    if isinstance(value, Hidden):
        return Hidden(_apply(value.value, path, rows, used))
    if isinstance(value, Text) and isinstance(value.parts[0], str):
        return Text((_translate(value.parts[0], path, rows, used), *value.parts[1:]))
    return value


def _translate(text: str, path: str, rows: list[Row], used: list[str]) -> str:
    for row in rows:
        if not (text.startswith(row.primary) if row.prefix else text == row.primary):
            continue
        if not fnmatch.fnmatchcase(path, row.path):
            continue
        if str(row) not in used:
            used.append(str(row))
        return row.secondary + text[len(row.primary) :]
    return text


def _may_meet(glob: str, other: str) -> bool:
    """Say whether two globs may mean one name; in doubt they do."""
    if "*" in glob and "*" in other:
        return True
    return fnmatch.fnmatchcase(glob, other) or fnmatch.fnmatchcase(other, glob)
