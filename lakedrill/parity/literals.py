"""Literals: what of the primary stands as plain text in code and free text, which a copy takes along unchanged.

Nothing is wrong with it and nobody can say what it is for, so it is advisory: told with its line, with what it names, and with
what that is called on the secondary. Each is looked up exactly; what means the same on both sides is none. Only a pair that has
some is judged, by what a capture kept of the primary's texts (`lakedrill.inventory.literals`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lakedrill.inventory.discretion import discreet
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.outcome import LITERALS, Difference, Outcome, Record
from lakedrill.parity.pairing import Pair
from lakedrill.parity.records import record_of

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison

_REASON = "plain text names something of the primary"
_PLACE = re.compile(r"\w+://|arn:")
_OF_A_REGION = re.compile(r"(?:abfss?|wasbs?|adl)://")
"""Storage that is named by its account, of which no two regions have the same."""
_Named = tuple[str, str | None]
"""What a literal names, and what that is called on the secondary; None where it is not there."""


class Literals:
    """Looks up what was kept of the primary's texts."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._primary = comparison.primary.snapshot
        self._secondary = comparison.secondary.snapshot

    @cached_property
    def _kept(self) -> dict[int, tuple[tuple[Difference, ...], int]]:
        """What is told of each object of the primary that has any, and how many places nobody looked at."""
        kept = self._primary.every(Facet.LITERALS)
        told = {n: (self._told(document), int(document["more"])) for n, document in kept.items()}
        return {n: each for n, each in told.items() if any(each)}

    def there(self, each: Pair) -> bool:
        """Say whether a pair has any, and so is judged."""
        return each.primary in self._kept

    def judge(self, each: Pair) -> Record:
        """Return the judgement of a pair that has some: advisory."""
        assert each.primary is not None
        differences, more = self._kept[each.primary]
        reasons = [_REASON] * bool(differences) + [f"about {more} more places were not looked at"] * bool(more)
        return record_of(each, LITERALS, Outcome.ADVISORY, differences=differences, reason="; ".join(reasons))

    def _told(self, document: Document) -> tuple[Difference, ...]:
        return tuple(
            Difference(
                f"{path} line {line}".lstrip(),
                discreet(path, text),
                discreet(path, named[1]),
                absent="secondary" if named[1] is None else "",
                names=named[0],
            )
            for path, line, text in document["found"]
            if (named := self._named(text)) is not None
        )

    def _named(self, text: str) -> _Named | None:
        """Return what a literal names of the primary; None where it names nothing, or the same on the secondary."""
        if _PLACE.match(text) and (place := self._place(text)) is not None:
            return place
        for what, values in self._workspaces:
            if text == values[0] != values[1]:
                return f"{what} of the primary", values[1]
        found = [self._object(n) for n in self._ids.get(text, ())]
        return found[0] if found and all(there != text for _, there in found) else None

    def _place(self, text: str) -> _Named | None:
        """Return what storage or an ARN is called on the secondary, as any row of the mapping says."""
        for row in self._comparison.mapping.rows:
            if text == row.primary or (row.prefix and text.startswith(row.primary)):
                return "what the mapping calls otherwise", row.secondary + text[len(row.primary) :]
        return ("storage by its own address", text) if _OF_A_REGION.match(text) else None

    def _object(self, n: int) -> _Named:
        each = self._comparison.pair_of_primary(n)
        there = None if each.secondary is None else self._secondary.id_of(each.secondary)
        return f"{each.kind}:{each.label}", there

    @cached_property
    def _ids(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for n, _, key in self._primary.ids():
            found[key].append(n)
        return found

    @cached_property
    def _workspaces(self) -> list[tuple[str, tuple[str, str]]]:
        sides = (self._primary, self._secondary)
        hosts, ids = [_host(side) for side in sides], [str(side.meta["workspace_id"]) for side in sides]
        return [("host", (hosts[0], hosts[1])), ("workspace id", (ids[0], ids[1]))]


def _host(snapshot: Snapshot) -> str:
    return urlsplit(str(snapshot.meta["host"])).netloc
