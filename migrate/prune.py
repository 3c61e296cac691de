"""Pruning: what is extra on the secondary is deleted, if it was shown before and nobody has changed it since.

`plan --prune` shows what would go and writes it down with its fingerprints; `migrate --prune` deletes of that what is still
extra and still as it was. Whatever something that stays hangs on is spared, and so is everything where it is too much at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lakedrill.inventory.discretion import discreet
from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import HOLDINGS, PRINCIPAL_FIELDS
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.canonical import leaves
from lakedrill.parity.comparison import Comparison, show
from lakedrill.parity.difference import ABSENT, Difference
from lakedrill.parity.outcome import Colour
from lakedrill.parity.reference import Ref
from migrate.consequences import differing
from migrate.digests import digest_of, digest_of_all
from migrate.journal import Journal
from migrate.kinds import WRITERS
from migrate.spared import by_itself, by_others, callers, hinges
from migrate.step import Action, Asked, Step, is_asked

AT_MOST = 25
"""Deletions in one run, unless the operator says otherwise."""

Shown = Mapping[tuple[str, str, str], str]
"""Kind, id and facet of each deletion that was shown → its fingerprint."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """Something that would go: an object (its facet is the definition), or what is extra in a facet of one."""

    kind: str
    key: str
    id: str
    facet: str
    fingerprint: str


def shown_before(file: Path, workspace_id: int) -> Shown | None:
    """Return what the last `plan --prune` showed; None where there was none for this workspace."""
    found = section_of(file)
    if found is None or found.get("workspace_id") != workspace_id:
        return None
    try:
        listed = [Deletion(**each) for each in found["deletions"]]
    except (KeyError, TypeError):
        return None
    return {(each.kind, each.id, each.facet): each.fingerprint for each in listed}


def section_of(file: Path) -> dict[str, Any] | None:
    """Return what a plan.json says of deletions, as it stands there; None where it says nothing."""
    try:
        found = json.loads(file.read_text(encoding="utf-8")).get("prune")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, dict) else None


class Pruning:
    """Decides what is deleted. `shown` is what may be; None where this is the showing."""

    def __init__(
        self,
        comparison: Comparison,
        target: Workspace,
        journal: Journal,
        asked: Asked,
        *,
        at_most: int = AT_MOST,
        shown: Shown | None = None,
    ) -> None:
        self._comparison = comparison
        self._target = target
        self._journal = journal
        self._asked = asked
        self._at_most = at_most
        self._shown = shown
        self._callers = callers(comparison)

    def planned(self, steps: list[Step]) -> list[Step]:
        """Return the steps with deletions among them; what is extra and stays says why."""
        giving_way = {s.end for s in steps if s.action is Action.REPLACE and is_asked(s, self._asked)}
        found = [self._considered(step, giving_way) for step in steps]
        found = self._because_of_others(found)
        if self._shown is not None:
            # What would be spared anyway need not have been shown; what hangs on something that was not stays with it.
            found = self._because_of_others([self._if_shown(step, self._shown) for step in found])
        due = sum(map(deletes, found))
        if due <= self._at_most:
            return found
        reason = f"{due} deletions are more than --prune-at-most {self._at_most}: nothing is deleted"
        return [self._kept(step, reason) if deletes(step) else step for step in found]

    def section(self, steps: Iterable[Step]) -> dict[str, Any]:
        """Return what plan.json says of deletions."""
        listed = [asdict(self._deletion(step)) for step in steps if deletes(step) or step.left]
        return {"workspace_id": self._target.workspace_id, "deletions": listed}

    def _considered(self, step: Step, giving_way: set[int | None]) -> Step:
        """Turn a step about something extra into its deletion, unless it is spared for itself."""
        each = self._comparison.pairs[step.pair]
        if each.primary is None:
            if step.action is not Action.EXTRA or step.pair in giving_way:
                return step
            goes, reason = replace(step, action=Action.DELETE), by_itself(self._comparison, each)
        else:
            more = self._more(step)
            if not more:
                return step
            reason = self._spared_in(step, more)
            told = f"takes away {', '.join(self._told(d) for d in more)}"
            if step.action is Action.EXTRA:
                goes = replace(step, action=Action.PRUNE, prune=True, reason=told)
            else:
                goes = replace(step, prune=True, reason="; ".join(filter(None, (step.reason, told))))
        if not reason and goes.action is Action.DELETE:
            reason = self._busy(goes)
        return _spared(step, reason) if reason else goes

    def _more(self, step: Step) -> list[Difference]:
        """Return what a facet of the secondary has beyond the primary's, where it is not what the server gave us."""
        if step.facet not in HOLDINGS:
            return []
        if step.action not in (Action.EXTRA, Action.UPDATE, Action.ADOPT):
            return []
        each = self._comparison.pairs[step.pair]
        wanted, present = self._comparison.wanted(each, step.facet), self._comparison.present(each, step.facet)
        if isinstance(wanted, Unreadable) or isinstance(present, Unreadable):
            return []
        primary_id = self._comparison.primary.snapshot.id_of(each.primary or 0)
        key = self._comparison.secondary.snapshot.id_of(each.secondary or 0)
        if self._journal.is_fresh(each.kind, key, primary_id, step.facet):
            return []
        return [d for d in differing(self._comparison, step.kind, step.facet, wanted, present) if d.primary is ABSENT]

    def _spared_in(self, step: Step, more: list[Difference]) -> str:
        each, snapshot = self._comparison.pairs[step.pair], self._comparison.secondary.snapshot
        if self._comparison.secondary.is_builtin(self._comparison.catalogue[each.kind], each.secondary or 0):
            return "every workspace has its own"
        if reason := WRITERS[each.kind].beyond(step.facet, snapshot.document(each.secondary or 0)):
            return reason
        record = self._comparison.judge(each, step.facet.value)
        if record.outcome.colour is Colour.UNDECIDED:
            return record.reason
        refs = [{leaf.n for _, leaf in leaves(d.secondary) if isinstance(leaf, Ref)} for d in more]
        return "only a caller has more" if all(not found.isdisjoint(self._callers) for found in refs) else ""

    def _if_shown(self, step: Step, shown: Shown) -> Step:
        if not deletes(step):
            return step
        deletion = self._deletion(step)
        fingerprint = shown.get((deletion.kind, deletion.id, deletion.facet))
        if fingerprint is None:
            return self._kept(step, "was not shown by `lakedrill plan --prune`")
        changed = "was changed since `lakedrill plan --prune` showed it"
        return step if fingerprint == deletion.fingerprint else self._kept(step, changed)

    def _busy(self, step: Step) -> str:
        each, snapshot = self._comparison.pairs[step.pair], self._comparison.secondary.snapshot
        n = each.secondary or 0
        try:
            return WRITERS[each.kind].busy(self._target, snapshot.id_of(n), snapshot.document(n))
        except ReadError as error:
            return f"whether it is in use can't be read: {error}"

    def _because_of_others(self, steps: list[Step]) -> list[Step]:
        pairs = self._comparison.pairs
        numbers = {pairs[s.pair].secondary or 0 for s in steps if s.action is Action.DELETE and not s.left}
        if not numbers:
            return steps
        cut = {(pairs[s.pair].secondary or 0, s.facet) for s in steps if s.prune and not s.left}
        reasons = by_others(self._comparison, numbers, hinges(self._comparison, numbers, cut))
        return [
            _spared(s, reasons[n])
            if s.action is Action.DELETE and not s.left and (n := pairs[s.pair].secondary or 0) in reasons
            else s
            for s in steps
        ]

    def _deletion(self, step: Step) -> Deletion:
        each = self._comparison.pairs[step.pair]
        key = self._comparison.secondary.snapshot.id_of(each.secondary or 0)
        whole = each.primary is None
        digest = digest_of_all(self._comparison, each) if whole else digest_of(self._comparison, each, step.facet)
        return Deletion(step.kind, step.key, key, step.facet.value, digest)

    def _kept(self, step: Step, reason: str) -> Step:
        """Leave what was asked to be deleted. What is to be written besides is written without the deletion."""
        return replace(step, left=True, prune=False, reason=reason)

    def _told(self, found: Difference) -> str:
        """Say in few words what a facet has more."""
        value = show(found.secondary, self._comparison.told_of_secondary)
        if not isinstance(value, dict):
            return str(value)
        who = next((value[name] for name in (*PRINCIPAL_FIELDS, "principal", "value") if name in value), "")
        entries = value.get("all_permissions", [value])
        levels = [p.get("permission_level") or p.get("permission") for p in entries]
        granted = " of ".join(filter(None, (", ".join(filter(None, levels)), who)))
        return granted or json.dumps(discreet("", value), ensure_ascii=False)


def deletes(step: Step) -> bool:
    """Say whether a step takes something away that is extra."""
    return (step.action.deletes or step.prune) and not step.left


def _spared(step: Step, reason: str) -> Step:
    action = Action.EXTRA if step.action is Action.DELETE else step.action
    return replace(
        step, action=action, reason=f"{step.reason}; spared: {reason}" if step.reason else f"spared: {reason}"
    )
