"""The mapping: what is called differently on the two sides, as a table of rows with one column a side.

A row means a whole value or the beginning of one, for the kinds and paths that its globs name; in a path `[]` is any item.
All rows apply at once, the longest first; to keys as to values, and to the text before a reference, never to a reference or
to content. Rows that overlap or merge two values into one are refused, unless they are marked `one_way`, which leaves the way
back unproven. So is an estate that has what a row leads to already: on the way back nobody could tell the two apart.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from lakedrill.inventory.paths import Keyed, below
from lakedrill.parity.canonical import Hidden, Value
from lakedrill.parity.reference import Text, text_of


class MappingError(ValueError):
    """Rows that cannot be meant, alone, together or for this estate."""

    def __init__(self, message: str, *rows: Row) -> None:
        super().__init__(message)
        self.rows = rows


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `path` is a glob over the path inside a document, `prefix` says that the beginning is meant."""

    primary: str
    secondary: str
    kind: str = "*"
    path: str = "*"
    prefix: bool = False
    one_way: bool = False
    line: int = field(default=0, compare=False)
    """Where drill.yaml has it."""

    def __str__(self) -> str:
        star = "*" if self.prefix else ""
        return f"{self.kind}:{self.path} {self.primary}{star} → {self.secondary}{star}"


class Mapping:
    """A checked set of rows, read from primary to secondary."""

    def __init__(self, rows: Iterable[Row] = (), *, turned: bool = False) -> None:
        """Raise MappingError for rows that overlap or merge.

        `turned`: they are read right to left, were checked the other way round, and spell paths as the result spells them.
        """
        self.rows = tuple(sorted(rows, key=lambda row: (-len(row.primary), row.primary, row.kind, row.path)))
        self.turned = turned
        self._table = cache(self._table_of)
        for row, other in () if turned else itertools.permutations(self.rows, 2):
            if not (_may_meet(row.kind, other.kind) and _covers(row.path, other.path)):
                continue
            if row.primary == other.primary:
                raise MappingError(f"two rows map the same value: {row} and {other}", row, other)
            if self._merge(row, other) and not (row.one_way and other.one_way):
                told = f"two rows lead to the same value: {row} and {other}; mark both one_way if meant"
                raise MappingError(told, row, other)

    def _merge(self, row: Row, other: Row) -> bool:
        """Say whether a second text leads, by the other row, to what the first one's own text leads to."""
        if not _means(other, row.secondary, other.secondary):
            return False
        second = other.primary + row.secondary[len(other.secondary) :]
        covering = [r for r in self.rows if r.kind in ("*", other.kind) and r.path in ("*", other.path)]
        if row.prefix:  # a whole value covers one of all the texts that begin so
            covering = [r for r in covering if r.prefix or r is other]
        winner = next(r for r in covering if _means(r, second, r.primary))
        return second != row.primary and winner is other

    def reversed(self) -> Mapping:
        """Return the mapping read right to left, for the way back. Raises MappingError where a row is one_way."""
        for row in self.rows:
            if row.one_way:
                raise MappingError(f"the row is one_way and can't be read backwards: {row}", row)
        rows = (replace(row, primary=row.secondary, secondary=row.primary) for row in self.rows)
        return Mapping(rows, turned=not self.turned)

    def apply(self, kind: str, value: Value) -> tuple[Value, Counter[Row]]:
        """Return a value of the primary as it is called on the secondary, and how much of it each row changed.

        Raises MappingError where two values become one, or would on the way back.
        """
        table, used = self._table(kind), Counter[Row]()
        return (_Turn(table, used, turned=self.turned).value(value, "") if table.forth.rows else value), used

    def translate(self, kind: str, path: str, text: str) -> str:
        """Return one text of the primary, at a path as facts spell it, as it is called on the secondary."""
        rows = self._table(kind).forth.at(path, text)
        return rows[0].secondary + text[len(rows[0].primary) :] if rows else text

    def _table_of(self, kind: str) -> _Table:
        rows = [row for row in self.rows if _matches(kind, row.kind)]
        return _Table(_Column([(row.primary, row) for row in rows]), _Column([(row.secondary, row) for row in rows]))


class _Column:
    """The rows for a kind by the texts of one side, the longest first."""

    def __init__(self, rows: list[tuple[str, Row]]) -> None:
        self.rows = sorted(rows, key=lambda each: -len(each[0]))
        self._whole = frozenset(text for text, row in rows if not row.prefix)
        self._beginnings = tuple(text for text, row in rows if row.prefix)

    def at(self, path: str, text: str, *, beginning: bool = False) -> list[Row]:
        """Return the rows that mean most of a text at a path, or of a `beginning` of one.

        Most texts are meant by none, which is soon told; by more than one only where globs meet that do not cover each other.
        """
        if not text.startswith(self._beginnings) and (beginning or text not in self._whole):
            return []
        found = [(side, row) for side, row in self.rows if _means(row, text, side) and _matches(path, row.path)]
        found = [(side, row) for side, row in found if row.prefix or not beginning]
        return [row for side, row in found if side == found[0][0]]


@dataclass(frozen=True, slots=True)
class _Table:
    forth: _Column
    back: _Column


@dataclass(frozen=True, slots=True)
class _Turn:
    """One value on its way through the rows of its kind."""

    table: _Table
    used: Counter[Row]
    turned: bool

    def value(self, value: Value, path: str) -> Value:
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, Keyed):
            return self._keyed(value, path)
        if isinstance(value, dict):
            mapped = type(value)()
            for key, child in value.items():
                name = self._key(key, f"{path}.", path, mapped)
                mapped[name] = self.value(child, below(path, value, name if self.turned else key))
            return mapped
        if isinstance(value, list):
            return type(value)(self.value(item, f"{path}[]") for item in value)
        if isinstance(value, Hidden):
            return Hidden(self.value(value.value, path))
        if isinstance(value, Text) and isinstance(value.parts[0], str):
            return text_of((self._text(value.parts[0], path, beginning=True), *value.parts[1:]))
        return value

    def _keyed(self, value: Keyed, path: str) -> Keyed:
        """An item is called as its key field is, whichever the row: the two are one value."""
        mapped = Keyed()
        mapped.key = value.key
        for key, item in value.items():
            name = self._key(key, f"{path}[].{value.key}" if value.key else f"{path}.", path, mapped)
            rest = {field: child for field, child in item.items() if field != value.key} if value.key else item
            inner = self.value(rest, below(path, value, name if self.turned else key))
            mapped[name] = {value.key: name, **inner} if value.key else inner
        return mapped

    def _key(self, key: str, at: str, path: str, mapped: Value) -> str:
        name = self._text(key, at)
        if name in mapped:
            raise MappingError(f"rows merge two keys of {path or 'a document'} into one")
        return name

    def _text(self, text: str, path: str, *, beginning: bool = False) -> str:
        """Map a text, or what stands before the first reference in one, of which only a beginning can be meant."""
        rows = self.table.forth.at(path, text, beginning=beginning)
        if rows[1:]:
            raise MappingError(f"two rows map the same value at {path}: {rows[0]} and {rows[1]}", *rows[:2])
        row = rows[0] if rows else None
        found = text if row is None else row.secondary + text[len(row.primary) :]
        for origin in self.table.back.at(path, found, beginning=beginning):
            if origin is not row and not origin.one_way:
                told = f"the primary has, at {path.rstrip('.') or 'its top'}, what a row leads to already: {origin}"
                told = f"{told}; add a row for that, narrow this one by kind and path, or mark it one_way"
                raise MappingError(told, origin)
        if row is not None:
            self.used[row] += 1
        return found


def _means(row: Row, text: str, side: str) -> bool:
    """Say whether a text is what a row's side says, or begins so."""
    return text.startswith(side) if row.prefix else text == side


@lru_cache(65536)
def _matches(path: str, glob: str) -> bool:
    """Say whether a glob means a path. Brackets are no sets of characters here, and empty ones are any item's."""
    return glob == "*" or fnmatch.fnmatchcase(path, glob.replace("[]", "[*]").replace("[", "[[]"))


def _covers(glob: str, other: str) -> bool:
    """Say whether one of two globs means all that the other means. Where they only meet, the estate shows what is meant."""
    return _matches(glob, other) or _matches(other, glob)


@lru_cache(65536)
def _may_meet(glob: str, other: str) -> bool:
    """Say whether there is a name that two globs mean."""
    if not (glob and other):
        return not (glob + other).strip("*")
    if "*" in (glob[0], other[0]):
        star, rest = (glob, other) if glob[0] == "*" else (other, glob)
        return _may_meet(star[1:], rest) or _may_meet(star, rest[1:])
    return (glob[0] == other[0] or "?" in (glob[0], other[0])) and _may_meet(glob[1:], other[1:])
