"""What the rows of a mapping change in an estate: a row that changes nothing is one that somebody got wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lakedrill.parity.canonical import Value
from lakedrill.parity.mapping import Mapping, MappingError, Row


@dataclass(frozen=True, slots=True)
class Effect:
    """One row: how many objects and values of the primary it changes, and the first of the objects, `kind:key`."""

    row: Row
    objects: int = 0
    values: int = 0
    example: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        counts = {"objects": self.objects, "values": self.values, "example": self.example}
        return {"row": str(self.row), "line": self.row.line, **counts}

    def __str__(self) -> str:
        if not self.objects:
            return f"{self.row}: without effect"
        return f"{self.row}: {_many(self.objects, 'object')}, {_many(self.values, 'value')}, as {self.example}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


class Reach:
    """Maps the primary's objects as they go by, and counts."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._objects = Counter[Row]()
        self._values = Counter[Row]()
        self._examples: dict[Row, str] = {}

    def mapped(self, kind: str, label: str, forms: Iterable[Value]) -> list[Value]:
        """Return the canonical forms of one object as the secondary calls them. Raises MappingError, naming the object."""
        found, used = [], Counter[Row]()
        for form in forms:
            try:
                value, counts = self.mapping.apply(kind, form)
            except MappingError as error:
                raise MappingError(f"{kind}:{label}: {error}", *error.rows) from None
            found.append(value)
            used += counts
        self._values += used
        self._objects.update(used.keys())
        for row in used:
            self._examples.setdefault(row, f"{kind}:{label}")
        return found

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What each row changes, in the order of drill.yaml."""
        rows = sorted(self.mapping.rows, key=lambda row: row.line)
        return tuple(Effect(row, self._objects[row], self._values[row], self._examples.get(row, "")) for row in rows)


def idle(effects: Iterable[Effect]) -> list[str]:
    """Return the rows that change nothing, as lines for people."""
    return [f"mapping: line {effect.row.line}: {effect}" for effect in effects if not effect.objects]
