"""The difference score: every field that a request can set, what may become of it, and what need not be found."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from fixtures.drift.edit import Edit
from fixtures.drift.edits import EDITS
from fixtures.drift.mutations import How
from tests.conformance.settable import Field, fields

EXCUSED = Path(__file__).with_name("excused.yaml")
_OF_A_VALUE = (How.CHANGE, How.REMOVE, How.ADD)
_HOWS = {list: (How.REMOVE, How.REORDER), dict: (How.REMOVE, How.ADD)}
"""What can become of a container; its items and fields are paths of their own."""


class Result(StrEnum):
    """What became of a mutation."""

    CAUGHT = "caught"
    MISSED = "missed"
    REFUSED = "refused"
    """The service takes no such request."""
    EXCUSED = "excused"
    NOT_APPLICABLE = "not applicable"
    """There is nothing to add to, or to put in another order."""


@dataclass(frozen=True)
class Mutation:
    """A field of a request, and what becomes of it."""

    edit: Edit
    field: Field
    how: How

    def __str__(self) -> str:
        return f"{self.edit.kind} {self.edit.aspect}: {self.how.value} {self.field.path}"


@dataclass(frozen=True)
class Scored:
    """A mutation, what became of it, and why."""

    mutation: Mutation
    result: Result
    detail: str = ""


@dataclass(frozen=True)
class Excuse:
    """Why a field need not be found: rows of excused.yaml."""

    kind: str
    path: str
    reason: str
    how: tuple[str, ...] = ()

    def fits(self, mutation: Mutation) -> bool:
        """Say whether a mutation is excused by this."""
        return (
            fnmatch.fnmatchcase(mutation.edit.kind, self.kind)
            and fnmatch.fnmatchcase(mutation.field.path.replace("[]", ""), self.path.replace("[]", ""))
            and (not self.how or mutation.how.value in self.how)
        )


@cache
def excuses() -> tuple[Excuse, ...]:
    """Return the rows of excused.yaml."""
    rows = yaml.safe_load(EXCUSED.read_text(encoding="utf-8"))
    return tuple(Excuse(r["kind"], r["path"], r["reason"], tuple(r.get("how", ()))) for r in rows)


def mutations() -> Iterator[Mutation]:
    """Yield every mutation of every field of every kind."""
    for edit in EDITS:
        for field in fields(edit.method):
            if field.path == edit.key:
                continue  # with another key it is another object
            if edit.aspect != "permissions" and field.path.startswith("access_control_list"):
                continue  # the same as permissions.set
            for how in _HOWS.get(field.type, _OF_A_VALUE):
                yield Mutation(edit, field, how)


def excuse_of(mutation: Mutation) -> str:
    """Return why a mutation need not be found, or nothing."""
    return next((excuse.reason for excuse in excuses() if excuse.fits(mutation)), "")
