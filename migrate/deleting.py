"""Deletions: one request each, what refers to something before what it refers to, what lies in a folder before the folder.

An object is read once more before it goes: what somebody changed or uses since the plan was made is left. One that is gone
already is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.progress import Progress
from lakedrill.parity.canonical import take
from lakedrill.parity.comparison import Comparison
from migrate.digests import digest_of, is_put
from migrate.journal import fingerprint
from migrate.kinds import WRITERS
from migrate.sending import Sending
from migrate.spared import hinges
from migrate.step import Done, Step
from migrate.writer import Blocked, Wanted

_NOT_ASKED = (Facet.STATE, Facet.PERMISSIONS, Facet.ACLS, Facet.VALUE)
"""Facets that do not tell whether somebody changed an object since it was looked at."""


class Deleting:
    """Removes what is extra on one target."""

    def __init__(self, comparison: Comparison, sending: Sending, progress: Progress) -> None:
        self._comparison = comparison
        self._sending = sending
        self._progress = progress

    def run(self, steps: list[Step]) -> list[Done]:
        """Carry out deletions; return what became of each. What hangs on one that failed is left."""
        ends = {self._comparison.pairs[step.pair].secondary or 0: step for step in steps}
        on = hinges(self._comparison, ends, ()).on if ends else {}
        done: list[Done] = []
        stuck: dict[int, Step] = {}
        for n in in_order(ends, on):
            before = next((stuck[m] for m in sorted(on.get(n, set())) if m in stuck), None)
            reason = (
                f"hangs on {before.kind}:{before.key}, which was not deleted" if before else self._tried(ends[n], n)
            )
            if reason:
                stuck[n] = ends[n]
                self._sending.journal.failed(ends[n].kind, ends[n].key, ends[n].facet, reason)
            done.append(Done(ends[n], reason))
            self._progress("deletions", len(done), len(ends))
        return done

    def _tried(self, step: Step, n: int) -> str:
        try:
            return self._delete(step, n)
        except (Blocked, ReadError) as error:
            return str(error)

    def _delete(self, step: Step, n: int) -> str:
        """Remove one object; return why it is still there."""
        snapshot, writer = self._comparison.secondary.snapshot, WRITERS[step.kind]
        kind, key, document = self._comparison.catalogue[step.kind], snapshot.id_of(n), snapshot.document(n)
        wanted = Wanted(kind, step.key, {Facet.DEFINITION: take(kind, Facet.DEFINITION, document)})
        now = self._sending.find(writer, key, wanted)
        if now is not None:
            if self._is_changed(step, now):
                return "left: was changed while this run was under way"
            if busy := writer.busy(self._sending.target, key, now):
                return f"left: {busy}"
            self._sending.remove(writer, key, now)
            if self._sending.is_there(writer, key, wanted):
                return "the service still shows it"
        self._sending.journal.removed(step.kind, step.key, key)
        return ""

    def _is_changed(self, step: Step, now: Document) -> bool:
        each, kind = self._comparison.pairs[step.pair], self._comparison.catalogue[step.kind]
        if is_put(now) and now != self._comparison.secondary.snapshot.document(each.secondary or 0):
            return True
        for facet, shape in kind.shapes.items():
            if facet is Facet.CONTENT:
                content = kind.content(self._sending.target, now)
                found: Document = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            elif facet in _NOT_ASKED:
                continue
            else:
                found = take(kind, facet, now)
            if fingerprint(shape, found) != digest_of(self._comparison, each, facet):
                return True
        return False


def in_order(numbers: Iterable[int], on: Mapping[int, Collection[int]]) -> list[int]:
    """Return objects so that each comes after those that it hangs on, but where they hang on each other in a circle."""
    left = set(numbers)
    found: list[int] = []
    for start in sorted(left):
        way = [start]
        while way:
            n = way[-1]
            left.discard(n)
            before = min(left.intersection(on.get(n, ())), default=None)
            if before is None:
                way.pop()
                if n not in found:
                    found.append(n)
            else:
                way.append(before)
    return found
