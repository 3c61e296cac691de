"""References: all of the secondary's object resolve, and nothing in it is an id, host or name of the primary's own.

What is ignored in a facet is judged here all the same: a reference that leads nowhere, or to the primary, is never in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakedrill.inventory.discretion import discreet
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.canonical import leaves
from lakedrill.parity.outcome import REFERENCES, Colour, Difference, Outcome, Record
from lakedrill.parity.pairing import Pair
from lakedrill.parity.records import record_of
from lakedrill.parity.reference import Dangling
from lakedrill.parity.shown import told

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison


def judge(comparison: Comparison, each: Pair) -> Record:
    """Return the judgement. What a facet's own record tells already is not counted again."""
    assert each.secondary is not None
    kind = comparison.catalogue[each.kind]
    facets = [facet for facet, shape in kind.shapes.items() if shape.references]
    dangling = {facet: _dangling(comparison, each, facet) for facet in facets}
    broken = [d for found in dangling.values() for d, leaf in found if leaf.captured]
    found, noted = comparison.sweep.of(kind, each.secondary)
    traces = [Difference(path, None, discreet(path, value), absent="primary") for path, value in found]
    if broken or traces:
        told_by = [comparison.judge(each, facet.value) for facet, found in dangling.items() if found]
        # A reference to what is missing here, by an id that the primary hands out too, is no trace by itself.
        lost = {leaf.value for record in told_by if record.because_of for _, leaf in dangling[Facet(record.aspect)]}
        foreign = {value for _, value in found} - lost
        return record_of(
            each,
            REFERENCES,
            Outcome.DIFFERENT,
            differences=(*broken, *traces),
            reason="broken on the primary as well" if comparison.broken(each) and not foreign else "",
            because_of="" if foreign else _cause(told_by),
            fix=comparison.mend(each),
        )
    blind = tuple(d for found in dangling.values() for d, _ in found)
    reasons = [*filter(None, (comparison.unread(each, facet) for facet in facets))]
    if blind or reasons:
        reasons += ["refers to what could not be captured whole"] if blind else []
        return record_of(each, REFERENCES, Outcome.UNVERIFIABLE, differences=blind, reason="; ".join(reasons))
    if noted:
        notes = tuple(Difference(path, *[discreet(path, value)] * 2) for path, value in noted)
        reason = "free text names something of the primary"
        return record_of(each, REFERENCES, Outcome.ADVISORY, differences=notes, reason=reason)
    return record_of(each, REFERENCES, Outcome.EQUAL)


def _cause(told_by: list[Record]) -> str:
    """Return what the facets' findings follow from, else the object's own finding; empty where there is none."""
    findings = [record for record in told_by if record.outcome.colour is not Colour.GREEN]
    return next((r.because_of for r in findings if r.because_of), findings[0].name if findings else "")


def _dangling(comparison: Comparison, each: Pair, facet: Facet) -> list[tuple[Difference, Dangling]]:
    present = comparison.present(each, facet)
    return [
        (Difference(path, None, told(leaf), absent="primary"), leaf)
        for path, leaf in (() if isinstance(present, Unreadable) else leaves(present.value))
        if isinstance(leaf, Dangling)
    ]
