"""Catalogues with a fact less, or one too many: what a comparison would be if a kind's author had been wrong."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakedrill.inventory.kind import Catalogue, Facet, Field, Kind, Shape
from lakedrill.inventory.kinds import CATALOGUE

LISTS = tuple(field.name for field in dataclasses.fields(Shape) if field.name != "takes")
"""The lists of facts that a shape has."""
POSTURE = "posture"


@dataclass(frozen=True)
class Entry:
    """One fact of a kind: in which list of which facet it stands, and where in it."""

    kind: str
    facet: Facet
    list: str
    index: int

    @property
    def fact(self) -> Any:
        """The fact itself."""
        return _facts(CATALOGUE[self.kind], self.facet, self.list)[self.index]

    def __str__(self) -> str:
        kinds = getattr(self.fact, "kinds", ())
        return f"{self.kind}-{self.facet}-{self.list}-{self.fact.path}{'>' * bool(kinds)}{'|'.join(kinds)}"


def entries() -> Iterator[Entry]:
    """Yield every fact of every kind."""
    for kind in CATALOGUE.kinds:
        for facet in kind.shapes:
            for name in (*LISTS, POSTURE):
                for index in range(len(_facts(kind, facet, name))):
                    yield Entry(kind.name, facet, name, index)


def without(entry: Entry) -> Catalogue:
    """Return the catalogue without one fact."""
    return _with_kind(
        entry.kind, entry.facet, entry.list, lambda facts: (*facts[: entry.index], *facts[entry.index + 1 :])
    )


def dropping(kind: str, facet: Facet, path: str) -> Catalogue:
    """Return the catalogue with one more path that is not compared."""
    return _with_kind(kind, facet, "assigned", lambda facts: (*facts, Field(path, "a mistake", "nobody")))


def _facts(kind: Kind, facet: Facet, name: str) -> tuple[Any, ...]:
    if name == POSTURE:
        return tuple(row for row in kind.posture.get("standby", ()) if row.facet is facet)
    return tuple(getattr(kind.shapes[facet], name))


def _with_kind(name: str, facet: Facet, facts: str, change: Any) -> Catalogue:
    kind = copy.copy(CATALOGUE[name])
    changed = change(_facts(kind, facet, facts))
    if facts == POSTURE:
        others = tuple(row for row in kind.posture["standby"] if row.facet is not facet)
        kind.posture = {**kind.posture, "standby": (*others, *changed)}  # type: ignore[misc]
    else:
        shape = dataclasses.replace(kind.shapes[facet], **{facts: changed})
        kind.shapes = {**kind.shapes, facet: shape}  # type: ignore[misc]
    return Catalogue(tuple(kind if each.name == name else each for each in CATALOGUE.kinds))
