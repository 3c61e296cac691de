"""The steps of a plan: what a copy does to each facet of each object, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from lakedrill.inventory.drill import means
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.scope import Mode
from migrate.kinds._identity import MAY_NOT_ASSIGN
from migrate.writer import BY_HAND

FORMAT = 2
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
    mode: Mode = Mode.COPY
    """What the scope says of the object. Nothing is written to any that it does not say `copy` of."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is only done when asked for: globs over `kind:key` for replace, whether to rename, whether to publish."""

    replace: tuple[str, ...] = ()
    rename: bool = False
    takes: tuple[tuple[str, str], ...] = ()
    """Answers to conflicts: the side whose version is taken, and a glob over `kind:key`."""
    publish: bool = False
    """Publish what the primary has published."""


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


def manual(plan: Iterable[Step]) -> list[str]:
    """Return what somebody has to do by hand before the rest can be copied: one line for all that wait for the same."""
    waiting: dict[str, list[str]] = {}
    for step in plan:
        stuck = step.action is Action.BLOCKED and step.facet in (Facet.DEFINITION, Facet.VALUE)
        if stuck and step.reason.startswith((MAY_NOT_ASSIGN, BY_HAND)):
            waiting.setdefault(step.reason, []).append(f"{step.key} ({step.kind})")
    return [f"{reason}: {', '.join(names)}" for reason, names in waiting.items()]


def by_hand(plan: Iterable[Step]) -> list[dict[str, Any]]:
    """Return the same as lines of what is to be done by hand (see `lakedrill.inventory.manual`)."""
    stuck = [step for step in plan if step.action is Action.BLOCKED and step.facet is Facet.DEFINITION]
    absent = [step for step in stuck if step.reason.startswith(MAY_NOT_ASSIGN)]
    unmade = [step for step in stuck if step.reason.startswith(BY_HAND)]
    why = "; ".join(dict.fromkeys(step.reason.removeprefix(BY_HAND) for step in unmade))
    lines = (
        (
            absent,
            "assign-principals",
            "principals of the account that the secondary does not have",
            "have an account admin assign them to the secondary, then copy again",
        ),
        (unmade, "not-copied", "objects that no copy can make", why),
    )
    return [
        {
            "id": key,
            "what": what,
            "steps": steps,
            "count": len(found),
            "found": [f"{step.kind}:{step.key}" for step in found],
            "unread": "",
        }
        for found, key, what, steps in lines
        if found
    ]


def document(plan: Iterable[Step], about: dict[str, Any]) -> dict[str, Any]:
    """Return plan.json: what is said `about` the plan, and its steps."""
    listed = list(plan)
    counts = Counter(step.action.value for step in listed)
    return {
        "format": FORMAT,
        "counts": dict(sorted(counts.items())),
        **about,
        "steps": [asdict(step) for step in listed],
    }
