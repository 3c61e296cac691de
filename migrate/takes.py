"""Conflicts answered by name: whose version of an object is taken, and what was kept as it is on the secondary.

A facet that somebody changed on the secondary is never overwritten unasked. `--take primary` overwrites it in this run, after
which it is ours. `--take secondary` leaves it, and the journal remembers how both sides were, so that it is asked about again
only once either of them changes. A check shows the difference all the same: kept is not equal.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from lakedrill.inventory.drill import means
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Facet
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Pair
from migrate.digests import digest_of, digest_of_wanted, together
from migrate.journal import Journal
from migrate.kinds import WRITERS
from migrate.step import PRIMARY, SECONDARY, Action, Step

AMBIGUOUS = "several different objects share this key, and which of them is meant is not known; rename or remove some"
KEPT = "kept as on the secondary, as asked"
TAKEN = "taken from the primary, as asked"
_OPTION = "--take "


class Takes:
    """The answers of one command line, and those of earlier ones that the journal remembers."""

    def __init__(self, comparison: Comparison, journal: Journal, takes: tuple[tuple[str, str], ...]) -> None:
        self._comparison = comparison
        self._journal = journal
        self._takes = takes

    def settled(self, conflict: Step) -> Step | None:
        """Return a conflict as it was answered, left as it is or told with what to type; None where it is to be written."""
        each = self._comparison.pairs[conflict.pair]
        beyond = self._beyond(each, conflict)
        side = next((side for side, glob in self._takes if means(glob, conflict.kind, conflict.key)), "")
        if side == PRIMARY and not beyond:
            return None
        if side == SECONDARY or (not side and self._is_kept(conflict)):
            return replace(conflict, action=Action.LEAVE, reason=KEPT, taken=SECONDARY, changes=())
        if _OPTION in conflict.reason:
            return conflict
        told = filter(None, (conflict.reason, beyond, _options(conflict, beyond=bool(beyond))))
        return replace(conflict, reason="; ".join(told))

    def _beyond(self, each: Pair, step: Step) -> str:
        if each.secondary is None:
            return ""
        return WRITERS[each.kind].beyond(step.facet, self._comparison.secondary.snapshot.document(each.secondary))

    def _is_kept(self, step: Step) -> bool:
        found = self._journal.kept.get((step.kind, kept_id(self._comparison, step), step.facet.value))
        return found is not None and found == prints(self._comparison, step)


def kept_id(comparison: Comparison, step: Step) -> str:
    """Return the id of the secondary's object that a step leaves as it is."""
    end = comparison.pairs[step.pair if step.end is None else step.end]
    return comparison.secondary.snapshot.id_of(end.secondary or 0)


def prints(comparison: Comparison, step: Step) -> tuple[str, str]:
    """Return digests of what a step would overwrite and of what it would write.

    Where another kind's object lies at the path, it is all of the two objects that a copy carries in one request.
    """
    each = comparison.pairs[step.pair]
    if step.end is None:
        return digest_of(comparison, each, step.facet), digest_of_wanted(comparison, each, step.facet)
    other = comparison.pairs[step.end]
    facets = (Facet.DEFINITION, Facet.CONTENT)
    present = {f: digest_of(comparison, other, f) for f in facets if f in comparison.catalogue[other.kind].shapes}
    wanted = {f: digest_of_wanted(comparison, each, f) for f in facets if f in comparison.catalogue[each.kind].shapes}
    return together(present), together(wanted)


def refuse_vain(takes: tuple[tuple[str, str], ...], steps: Iterable[Step]) -> None:
    """Raise UsageError for an answer that no conflict was waiting for, and for two that contradict each other."""
    listed = list(steps)
    for side, glob in takes:
        option = f"--take {side} {shlex.quote(glob)}"
        meant = [step for step in listed if means(glob, step.kind, step.key)]
        if not meant:
            raise UsageError(f"{option}: means no object of either workspace that this run is about")
        for step in meant:
            contrary = next((g for other, g in takes if other != side and means(g, step.kind, step.key)), None)
            if contrary is not None:
                raise UsageError(f"{option}: {step.kind}:{step.key} is to be taken from both sides, see {contrary}")
        if not any(step.taken == side for step in meant):
            raise UsageError(f"{option}: {_why_not(meant)}")


def _why_not(meant: list[Step]) -> str:
    for action in (Action.CONFLICT, Action.EXTRA, Action.BLOCKED):
        step = next((step for step in meant if step.action is action), None)
        if step is not None and action is Action.EXTRA:
            more = "" if step.facet is Facet.DEFINITION else f" has more {step.facet} than the primary's, which"
            return f"{step.kind}:{step.key}{more} is extra, not in conflict: it stays unless --prune deletes it"
        if step is not None:
            return f"{step.kind}:{step.key} ({step.facet}): {step.reason.partition(f'; {_OPTION}')[0]}"
    return "means no conflict; `lakedrill plan` shows those that there are"


def _options(conflict: Step, *, beyond: bool) -> str:
    """Return what to type to settle a conflict."""
    name = shlex.quote(f"{conflict.kind}:{conflict.key}")
    keeps = f"{_OPTION}{SECONDARY} {name} keeps it"
    if beyond:
        return keeps
    if conflict.end is not None:
        return f"{_OPTION}{PRIMARY} {name} --replace {name} replaces it, {keeps}"
    return f"{_OPTION}{PRIMARY} {name} overwrites it, {keeps}"
