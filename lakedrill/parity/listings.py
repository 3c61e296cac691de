"""Listings: whether each side's caller saw everything, and whether a kind could be listed whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Facet, Kind
from lakedrill.parity.outcome import CALLERS, LISTING, SIGHT, Outcome, Record
from lakedrill.parity.pairing import Fate

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison

ABSENT_CODES = frozenset({"FEATURE_DISABLED", "ENDPOINT_NOT_FOUND", "NOT_FOUND"})
"""With these the service says that it has no such thing, rather than that it can't show it."""


def sight(comparison: Comparison) -> list[Record]:
    """Return a record for each side whose caller may have seen only a part."""
    return [
        Record(CALLERS, role, SIGHT, Outcome.UNVERIFIABLE, reason=reason, fix="lakedrill doctor")
        for role, reason in comparison.blind.items()
    ]


def judge(comparison: Comparison, role: str, kind: Kind) -> Record:
    """Return whether a kind could be listed whole. What only one side lacks is unsupported; what both lack, no matter."""
    sides = {"primary": comparison.primary, "secondary": comparison.secondary}
    codes = {
        name: side.listings[kind.name].code if kind.name in side.listings else "MISSING" for name, side in sides.items()
    }
    if not codes[role]:
        reason = f"{sides[role].listings[kind.name].count} objects"
        unknown = _values_not_compared(comparison, kind) if role == "secondary" else 0
        if unknown:
            reason = f"{reason}; the values of {unknown} were not compared"
        return Record(kind.name, role, LISTING, Outcome.ADVISORY if unknown else Outcome.EQUAL, reason=reason)
    reason = sides[role].failed(kind.name)
    if codes[role] not in ABSENT_CODES:
        return Record(kind.name, role, LISTING, Outcome.UNVERIFIABLE, reason=reason)
    if set(codes.values()) <= ABSENT_CODES:
        return Record(kind.name, role, LISTING, Outcome.NOT_APPLICABLE, reason=reason)
    rule = comparison.scope.takes_out(kind)
    outcome = Outcome.UNSUPPORTED if rule is None else Outcome.EXPECTED
    return Record(kind.name, role, LISTING, outcome, reason=reason, rows=() if rule is None else (str(rule),))


def _values_not_compared(comparison: Comparison, kind: Kind) -> int:
    """Return of how many pairs neither side was asked for the value: they are green without it."""
    if Facet.VALUE not in kind.shapes:
        return 0
    return sum(
        each.kind == kind.name and each.fate is Fate.PAIRED and not comparison.has_value(each)
        for each in comparison.pairs
    )
