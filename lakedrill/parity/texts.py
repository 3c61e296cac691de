"""Texts that ought to hold a JSON object and do not: they are copied and compared as they stand, and prove nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.paths import spelled, unopened
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.ignore import bare
from lakedrill.parity.pairing import Pair

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison

FIX = "mend the text on the primary and copy again, or take the object out of scope"


def odd(comparison: Comparison, each: Pair, facet: Facet, rows: Sequence[Ignored]) -> Iterator[str]:
    """Yield each text of a facet that holds no JSON object, with its side and the reason, but for those that `rows` leave out.

    Nobody can say what such a text refers to, nor how the service reads it. Both sides of the facet could be read.
    """
    shape = comparison.catalogue[each.kind].shapes[facet]
    ends = (
        ("primary", comparison.primary, each.primary, comparison.wanted(each, facet)),
        ("secondary", comparison.secondary, each.secondary, comparison.present(each, facet)),
    )
    for role, side, n, form in ends if shape.parsed else ():
        raw = side.raw(each.kind, n or 0, facet)
        assert not isinstance(raw, Unreadable)
        assert not isinstance(form, Unreadable)
        for where, why in unopened(raw, shape).items():
            if any(spelled(bare(form.value, rows), where)):
                yield f"{role}: {where} holds no JSON object: {why}"
