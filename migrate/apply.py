"""Apply: carry out a plan. What fails is told in the service's own words, never replaced by a guess, and the rest goes on.

Kinds are written in the order of `WRITERS`, permissions last. Within a kind, objects that wait for others of it (a job that
runs another) come after those; a circle is cut by making one of them without, and completing it at the end.
"""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from lakedrill.inventory.discretion import scrubbed
from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Document, Facet, Shape
from lakedrill.inventory.progress import Progress, silent
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Fate, Pair
from migrate import journal as journal_
from migrate.deleting import Deleting
from migrate.digests import digest_of
from migrate.kinds import WRITERS, _permissions
from migrate.listed import Listed
from migrate.materialise import Ids, Materialiser
from migrate.patience import until
from migrate.plan import is_home_we_caused
from migrate.sending import Seen, Sending, until_clear
from migrate.spared import caller_names, callers
from migrate.step import SECONDARY, Action, Asked, Done, Step, is_due
from migrate.takes import kept_id, prints
from migrate.target import Answer, Target
from migrate.values import Supply
from migrate.writer import Blocked, Writer

_CARRIED_ALONG = (Facet.CONTENT, Facet.VALUE)
"""Facets that go with a definition, in one request."""


class Applier:
    """Carries out one plan on one target. `carried`: notebooks go with their outputs. `supply`: where values come from."""

    def __init__(
        self,
        comparison: Comparison,
        target: Target,
        journal: journal_.Journal,
        progress: Progress = silent,
        *,
        carried: bool = False,
        supply: Supply | None = None,
    ) -> None:
        self.comparison = comparison
        self.target = target
        self.journal = journal
        self.progress = progress
        self.ids = Ids(comparison)
        self.materialiser = Materialiser(comparison, self.ids, carried=carried, supply=supply)
        known = {kind: {found.id for found in comparison.secondary.snapshot.objects(kind)} for kind in WRITERS}
        self.sending = Sending(target, journal, known, supply)
        self.listed = Listed(target)
        self._lock = threading.Lock()
        self._deferred: list[Step] = []
        self._counts: dict[str, tuple[int, int]] = {}

    def run(self, plan: Iterable[Step], asked: Asked) -> list[Done]:
        """Carry out every step that writes; return what became of each."""
        plan = list(plan)
        self._recover(plan)
        due = [step for step in plan if is_due(step, asked)]
        steps = [step for step in due if step.action is not Action.DELETE]
        self._counts = {
            name: (0, sum(s.kind == name and s.facet is not Facet.PERMISSIONS for s in steps)) for name in WRITERS
        }
        grants = [s for s in steps if s.facet is Facet.PERMISSIONS]
        self._counts["permissions"] = (0, len(grants))
        done: list[Done] = []
        for writer in WRITERS.values():
            done += [] if writer.last else self._kind(writer, steps)
        # One at a time: lists of scopes lose entries that are written side by side (terraform-provider-databricks#4195).
        acls = [s for s in steps if s.facet is Facet.ACLS]
        done += self._each(1, acls, lambda s: self._facet(WRITERS[s.kind], s))
        done += self._each(8, grants, self._grant)
        for writer in WRITERS.values():
            done += self._kind(writer, steps) if writer.last else []
        deleting = Deleting(self.comparison, self.sending, self.progress)
        return self._listed(done + deleting.run([step for step in due if step.action is Action.DELETE]))

    def _kind(self, writer: Writer, steps: list[Step]) -> list[Done]:
        """Write what is due of a kind, but for who may do what with it."""
        mine = [s for s in steps if s.kind == writer.name and s.facet not in (Facet.PERMISSIONS, Facet.ACLS)]
        done = self._definitions(writer, [s for s in mine if s.facet is Facet.DEFINITION])
        done += self._contents(writer, [s for s in mine if s.facet in _CARRIED_ALONG], done)
        rest = [s for s in mine if s.facet not in (Facet.DEFINITION, *_CARRIED_ALONG)]
        # Facet by facet: whoever writes one reads the object whole, and must not meet what another is taking away.
        for facet in Facet:
            done += self._each(writer.at_once, [s for s in rest if s.facet is facet], lambda s: self._facet(writer, s))
        return done

    def _listed(self, done: list[Done]) -> list[Done]:
        """Say of what was written and is not listed in time that it is not."""
        late = self.listed.wait()
        found = [
            replace(d, reason=d.reason or late.get((d.step.kind, self.ids.get(d.step.pair) or ""), "")) if late else d
            for d in done
        ]
        for was, now in zip(done, found, strict=True):
            if now.reason != was.reason:
                self.journal.failed(now.step.kind, now.step.key, now.step.facet, now.reason)
        return found

    def _recover(self, plan: list[Step]) -> None:
        """Note as ours what a killed run made, and what it or the server left as it ought to be; and what is to be kept."""
        snapshot = self.comparison.secondary.snapshot
        for each in self.comparison.pairs:
            if each.fate is Fate.PAIRED and each.kind in WRITERS:
                key, primary_id = snapshot.id_of(each.secondary or 0), self._primary_id(each)
                begun = (each.kind, primary_id) in self.journal.open and (each.kind, key) not in self.journal.objects
                if begun or is_home_we_caused(self.comparison, self.journal, each):
                    self.journal.made(each.kind, each.label, primary_id, key, "")
        for step in plan:
            each = self.comparison.pairs[step.pair]
            if step.taken == SECONDARY:
                key = kept_id(self.comparison, step)
                self.journal.keep(step.kind, step.key, key, step.facet, prints(self.comparison, step))
            elif step.action is Action.LEAVE and each.fate is Fate.PAIRED and each.kind in WRITERS:
                key = snapshot.id_of(each.secondary or 0)
                if self.journal.is_fresh(each.kind, key, self._primary_id(each), step.facet):
                    self._wrote(each, key, step.facet, digest_of(self.comparison, each, step.facet), "")

    # Definitions, with the content that goes with them

    def _definitions(self, writer: Writer, steps: list[Step]) -> list[Done]:
        """Write the definitions of a kind; those that wait for others of it in rounds."""
        done: list[Done] = []
        pending = self._in_order(writer, steps)
        while pending:
            left = {step.pair for step in pending}
            ready = [step for step in pending if not self._waits(step, left)]
            later: Collection[int] = ()
            if not ready:
                ready, later = [step for step in pending if self.ids.get(step.pair) is None][:1] or pending, left
            at_once = 1 if writer.serial else writer.at_once
            done += self._each(at_once, ready, lambda s, n=later: self._definition(writer, s, n))  # type: ignore[misc]
            taken = {step.pair for step in ready}
            pending = [step for step in pending if step.pair not in taken]
        deferred, self._deferred = self._deferred, []
        completed = {
            d.step.pair: d for d in self._each(writer.at_once, deferred, lambda s: self._definition(writer, s))
        }
        return [replace(completed[d.step.pair], step=d.step) if d.step.pair in completed else d for d in done]

    def _in_order(self, writer: Writer, steps: list[Step]) -> list[Step]:
        if not writer.serial:
            return steps
        document = self.comparison.primary.snapshot.document
        numbers = {step.pair: self.comparison.pairs[step.pair].primary or 0 for step in steps}
        return sorted(steps, key=lambda s: writer.rank(self.target, document(numbers[s.pair])))

    def _waits(self, step: Step, left: Collection[int]) -> bool:
        """Say whether a definition refers to objects of its own kind that are still to be made."""
        try:
            refs = self.materialiser.waits_for(self.comparison.pairs[step.pair])
        except Blocked:
            return False
        numbers = {self.comparison.pair_of_primary(ref.n).number for ref in refs}
        return not numbers.isdisjoint(left)

    def _definition(self, writer: Writer, step: Step, later: Collection[int] = ()) -> str:
        each = self.comparison.pairs[step.pair]
        wanted = self.materialiser.wanted(each, later)
        key = self.ids.get(each.number)
        if step.action is Action.REPLACE:
            self._remove(step)
            key = None
        if key is not None:
            request = self.sending.update(writer, key, wanted).request_id
            return self._noted(each, key, self.sending.settled(writer, key, wanted), request)
        key, request = self.sending.create(writer, each, self._primary_id(each), wanted)
        self.ids[each.number] = key
        until_clear(lambda: until(lambda: writer.settle(self.target, key)))
        if wanted.deferred:
            with self._lock:
                self._deferred.append(replace(step, action=Action.UPDATE))
            return ""
        seen = self.sending.seen(writer, key, wanted)
        if seen.unlike:
            request = self.sending.update(writer, key, wanted).request_id
            seen = self.sending.settled(writer, key, wanted)
        return self._noted(each, key, seen, request)

    def _remove(self, step: Step) -> None:
        """Remove what is in the way of a new object: the old one, or another kind's at its path."""
        end = self.comparison.pairs[step.pair if step.end is None else step.end]
        snapshot = self.comparison.secondary.snapshot
        key = snapshot.id_of(end.secondary or 0)
        self.sending.remove(WRITERS[end.kind], key, snapshot.document(end.secondary or 0))
        self.journal.removed(end.kind, end.label, key)

    def _noted(self, each: Pair, key: str, seen: Seen, request: str) -> str:
        """Note what was written; return what is not as it was meant."""
        for facet, digest in seen.digests.items():
            self._wrote(each, key, facet, digest, request)
        return f"the service keeps something else: {seen.unlike}" if seen.unlike else ""

    # The other facets

    def _contents(self, writer: Writer, steps: list[Step], done: list[Done]) -> list[Done]:
        """Account for content: it went with the definition, or is written now where only it differs."""
        written = {d.step.pair: d for d in done if d.step.kind == writer.name and d.step.facet is Facet.DEFINITION}
        carried = [replace(written[s.pair], step=s) for s in steps if s.pair in written]
        rest = self._in_order(writer, [s for s in steps if s.pair not in written])
        return carried + self._each(1 if writer.serial else writer.at_once, rest, lambda s: self._definition(writer, s))

    def _facet(self, writer: Writer, step: Step) -> str:
        """Write a facet that has requests of its own."""
        each = self.comparison.pairs[step.pair]
        key = self._present(each)
        wanted = self.materialiser.facet(each, step.facet)
        whole = self.materialiser.wanted(each)
        sparing = self._sparing(each, step, key)

        def send() -> list[Answer]:
            document = self.sending.read(writer, key, whole)
            return writer.write_facet(self.target, key, step.facet, wanted, document, sparing)

        answers = until_clear(send)
        request = answers[-1].request_id if answers else ""

        def too_many(present: Document) -> list[str]:
            shape = whole.kind.shapes[step.facet]
            return [] if sparing is None else _too_many(shape, wanted, present, sparing)

        present, lacking = self.sending.settled_facet(writer, key, step.facet, wanted, whole, too_many)
        if more := too_many(present):
            return f"the service still has {', '.join(more)} among its {step.facet}"
        digest = journal_.fingerprint(whole.kind.shapes[step.facet], present)
        self._wrote(each, key, step.facet, digest, request)
        return f"the service keeps something else: {lacking}" if lacking else ""

    def _sparing(self, each: Pair, step: Step, key: str) -> set[str] | None:
        """Return who keeps what they have too many of; None: all do. What the server gave us goes."""
        if step.facet is not Facet.ACLS:
            return set(callers(self.comparison).values()) if step.prune else None
        if self.journal.is_fresh(each.kind, key, self._primary_id(each), step.facet):
            return set()
        return set(caller_names(self.comparison)) if step.prune else None

    def _grant(self, step: Step) -> str:
        """Write an access control list."""
        each = self.comparison.pairs[step.pair]
        key = self._present(each)
        kind = self.comparison.catalogue[each.kind]
        wanted = self.materialiser.facet(each, Facet.PERMISSIONS)
        ought = set(_permissions.grants(wanted))
        fresh = self.journal.is_fresh(each.kind, key, self._primary_id(each), Facet.PERMISSIONS)
        callers = caller_names(self.comparison)

        def keep(name: str) -> bool:
            """Entries of others stay, unless the server gave them to us or they are to go; a caller's own never go."""
            return not fresh and (not step.prune or name.lower() in callers)

        path, present, after, request = _permissions.path(kind, key), None, None, ""
        if not (fresh and ought):
            present = until(lambda: self.target.get(path), seconds=self.sending.patience(WRITERS[each.kind], key))
            # Most objects have no entries of their own, and none on the target either.
            after = present if set(_permissions.grants(present)) == ought else None

        def send() -> Answer:
            present = {} if fresh else self.target.get(path)
            return _permissions.write(self.target, kind, key, wanted, present, keep)

        if after is None:
            request = until_clear(send).request_id
            after = until(lambda: self.target.get(path), lambda acl: _permissions.is_kept(acl, ought, present))
        after = _permissions.direct_only(after)
        digest = journal_.fingerprint(kind.shapes[Facet.PERMISSIONS], after)
        self._wrote(each, key, Facet.PERMISSIONS, digest, request)
        lost = ought - set(_permissions.grants(after))
        told = ", ".join(sorted(f"{level} of {name}" for (_, name), level in lost))
        if lost:
            return f"the service did not keep {told}"
        more = [name for (_, name), _ in set(_permissions.grants(after)) - ought if step.prune and not keep(name)]
        return f"the service still grants something to {', '.join(sorted(more))}" if more else ""

    # What every step needs

    def _each(self, at_once: int, steps: list[Step], carry_out: Callable[[Step], str]) -> list[Done]:
        """Carry out steps side by side; one that fails is told and does not stop the others."""

        def guarded(step: Step) -> Done:
            try:
                reason = carry_out(step)
            except (Blocked, ReadError) as error:
                reason = str(error)
            if reason:
                self.journal.failed(step.kind, step.key, step.facet, reason)
            self._tell(step)
            return Done(step, reason)

        if at_once == 1:
            return [guarded(step) for step in steps]
        pool = concurrent.futures.ThreadPoolExecutor(at_once)
        try:
            with self.target.rate_budget.stopped_by_failure():
                return list(pool.map(guarded, steps))
        finally:
            # Whoever interrupts a copy waits for what is under way, not for all that was to come.
            pool.shutdown(cancel_futures=True)

    def _tell(self, step: Step) -> None:
        name = "permissions" if step.facet is Facet.PERMISSIONS else step.kind
        with self._lock:
            done, total = self._counts.get(name, (0, 0))
            self._counts[name] = (min(done + 1, total), total)
            self.progress(name, *self._counts[name])

    def _present(self, each: Pair) -> str:
        key = self.ids.get(each.number)
        if key is None:
            raise Blocked("its definition was not written")
        return key

    def _wrote(self, each: Pair, key: str, facet: Facet, digest: str, request: str) -> None:
        self.journal.wrote(each.kind, each.label, self._primary_id(each), key, facet, digest, request)
        self.listed.expect(each.kind, key, facet, digest)

    def _primary_id(self, each: Pair) -> str:
        return "" if each.primary is None else self.comparison.primary.snapshot.id_of(each.primary)


def _too_many(shape: Shape, wanted: Document, present: Document, sparing: Collection[str]) -> list[str]:
    """Return the members, principals or libraries that were to go and are still there. `sparing`: ids, or lower-case names."""
    (field,) = shape.takes
    ought, has = (
        {str(item.get("value", item.get("principal", item))) for item in found.get(field, [])}
        for found in (wanted, present)
    )
    return sorted(scrubbed(each) for each in has - ought if each not in sparing and each.lower() not in sparing)
