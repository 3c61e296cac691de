"""What became of every object of the primary, by kind: none is uncounted.

listed = copied + unchanged + checked only + skipped + failed. Skipped is what was left on purpose, failed what is not on the
secondary as it ought to be although it was to be; both say why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakedrill.inventory.scope import Mode
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Fate
from migrate.step import SECONDARY, Action, Asked, Step, is_due

NOT_ASKED = "not asked for with --only"


@dataclass
class Account:
    """What became of the objects of one kind."""

    listed: int = 0
    copied: int = 0
    unchanged: int = 0
    checked_only: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unread: str = ""
    """Why the listing of the primary is not complete; empty where it is."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "listed": self.listed,
            "copied": self.copied,
            "unchanged": self.unchanged,
            "checked_only": self.checked_only,
            "skipped": dict(sorted(self.skipped.items())),
            "failed": dict(sorted(self.failed.items())),
            "unread": self.unread,
        }


def accounts(
    comparison: Comparison, steps: Iterable[Step], failures: Iterable[tuple[Step, str]], asked: Asked
) -> dict[str, Account]:
    """Return the account of each kind: of a copy, or of a plan as if it were carried out.

    `failures` are the steps that were not carried out, or will not be, with the reason.
    """
    of_pair: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        of_pair[step.pair].append(step)
    why: dict[int, str] = {}
    for step, reason in failures:
        why.setdefault(step.pair, reason)
    found = {kind.name: Account(unread=comparison.primary.failed(kind.name)) for kind in comparison.catalogue.kinds}
    for each in comparison.pairs:
        if each.primary is not None:
            missing = each.fate is Fate.MISSING
            _enter(found[each.kind], of_pair[each.number], why.get(each.number), asked, missing=missing)
    return found


def _enter(account: Account, steps: list[Step], failure: str | None, asked: Asked, *, missing: bool) -> None:
    account.listed += 1
    left = [step.reason for step in steps if step.action is Action.LEAVE and (missing or step.taken == SECONDARY)]
    modes = {step.mode for step in steps}
    if not steps:
        account.skipped[NOT_ASKED] += 1
    elif failure is not None:
        account.failed[failure] += 1
    elif Mode.OUT in modes:
        account.skipped[steps[0].reason] += 1
    elif modes != {Mode.COPY}:
        account.checked_only += 1
    elif any(is_due(step, asked) for step in steps):
        account.copied += 1
    elif left:
        account.skipped[left[0]] += 1
    else:
        account.unchanged += 1


def documents(found: Mapping[str, Account]) -> dict[str, Any]:
    """Return the accounts as JSON."""
    return {kind: account.document() for kind, account in found.items()}
