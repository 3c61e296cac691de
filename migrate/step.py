"""The steps of a plan: what a copy does to each facet of each object, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from lakedrill.inventory.drill import means
from lakedrill.inventory.kind import Facet
from migrate.kinds._identity import MAY_NOT_ASSIGN
from migrate.kinds.secret_scopes import NEEDS_ENTRA
from migrate.values import BY_HAND

FORMAT = 1
PRIMARY, SECONDARY = "primary", "secondary"


class Action(StrEnum):
    """What a copy does to a facet."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    """Update an object that we did not make, because the operator said so."""
    REPLACE = "replace"
    RENAME = "rename"
    LEAVE = "leave"
    BLOCKED = "blocked"
    CONFLICT = "conflict"
    EXTRA = "extra"
    DELETE = "delete"
    """Remove an object that the primary does not have."""
    PRUNE = "prune"
    """Take away the members or grants that the primary's object does not have."""

    @property
    def writes(self) -> bool:
        """Say whether it is carried out by a write."""
        return self not in (Action.LEAVE, Action.BLOCKED, Action.CONFLICT, Action.EXTRA)

    @property
    def deletes(self) -> bool:
        """Say whether it does nothing but take away what is extra."""
        return self in (Action.DELETE, Action.PRUNE)


@dataclass(frozen=True, slots=True)
class Step:
    """One facet of one pair."""

    pair: int
    kind: str
    key: str
    facet: Facet
    action: Action
    reason: str = ""
    unread: bool = False
    """Blocked because something could not be read, rather than because it can't be written."""
    changes: tuple[tuple[str, Any, Any], ...] = ()
    """Path, present and wanted value, as people read them."""
    end: int | None = None
    """Where another kind's object lies at its path: the pair whose object would have to go."""
    taken: str = ""
    """The side whose version is taken, where a conflict was answered."""
    prune: bool = False
    """What is extra in the facet goes with the write."""
    left: bool = False
    """What is extra was asked to be deleted, and is not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is only done when asked for: globs over `kind:key` for replace, and whether to rename."""

    replace: tuple[str, ...] = ()
    rename: bool = False
    takes: tuple[tuple[str, str], ...] = ()
    """Answers to conflicts: the side whose version is taken, and a glob over `kind:key`."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a step. `reason` is empty where it was carried out."""

    step: Step
    reason: str = ""


def is_asked(step: Step, asked: Asked) -> bool:
    """Say whether a step that is only taken when asked for was asked for; any other is."""
    if step.action is Action.RENAME:
        return asked.rename
    if step.action is Action.REPLACE:
        return any(means(glob, step.kind, step.key) for glob in asked.replace)
    return True


def is_due(step: Step, asked: Asked) -> bool:
    """Say whether a step is carried out by a write in this run."""
    return step.action.writes and not (step.left and step.action.deletes) and is_asked(step, asked)


def manual(plan: Sequence[Step]) -> list[str]:
    """Return what somebody has to do by hand before the rest can be copied.

    One line for all principals to assign, one for each scope of a Key Vault, one for all secrets whose values are not copied
    for the same reason.
    """
    blocked = [step for step in plan if step.action is Action.BLOCKED]
    stuck = [step for step in blocked if step.reason.startswith(MAY_NOT_ASSIGN)]
    names = ", ".join(f"{step.key} ({step.kind})" for step in stuck if step.facet is Facet.DEFINITION)
    values = [step for step in blocked if step.facet is Facet.VALUE and step.reason in BY_HAND]
    keys = {reason: ", ".join(step.key for step in values if step.reason == reason) for reason in BY_HAND}
    return [
        *([f"{stuck[0].reason}: {names}"] if stuck else []),
        *(f"{step.kind}:{step.key}: {step.reason}" for step in blocked if step.reason.startswith(NEEDS_ENTRA)),
        *(f"{reason}: {keys[reason]}" for reason in BY_HAND if keys[reason]),
    ]


def document(plan: Iterable[Step], unread: Iterable[str] = ()) -> dict[str, Any]:
    """Return plan.json. `unread` are the listings that failed."""
    listed = list(plan)
    counts = Counter(step.action.value for step in listed)
    return {
        "format": FORMAT,
        "counts": dict(sorted(counts.items())),
        "manual": manual(listed),
        "unread": list(unread),
        "steps": [asdict(step) for step in listed],
    }
