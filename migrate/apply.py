"""Apply: carry out a plan. What fails is told in the service's own words, never replaced by a guess, and the rest goes on.

Kinds are written in the order of `WRITERS`, permissions last. Within a kind, objects that wait for others of it (a job that
runs another) come after those; a circle is cut by making one of them without, and completing it at the end.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lakedrill.inventory.capture import Progress, silent
from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Document, Facet
from lakedrill.parity.canonical import take
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.difference import differences
from lakedrill.parity.pairing import Pair
from migrate import journal as journal_
from migrate.kinds import WRITERS, _permissions
from migrate.materialise import Ids, Materialiser
from migrate.plan import Action, Asked, Step
from migrate.target import Answer, Target, Unclear
from migrate.writer import Blocked, Wanted, Writer

_TRIES = 4
"""How often a write is sent when, after each unclear answer, a look shows that it had no effect."""
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a step. `reason` is empty where it was carried out."""

    step: Step
    reason: str = ""


class Applier:
    """Carries out one plan on one target."""

    def __init__(
        self,
        comparison: Comparison,
        target: Target,
        journal: journal_.Journal,
        progress: Progress = silent,
    ) -> None:
        self.comparison = comparison
        self.target = target
        self.journal = journal
        self.progress = progress
        self.ids = Ids(comparison)
        self.materialiser = Materialiser(comparison, self.ids)
        self._twins: dict[tuple[str, str], threading.Lock] = {}
        self._known: dict[str, set[str]] = {}
        """Ids of the target that are accounted for, by kind."""
        self._lock = threading.Lock()
        self._deferred: list[Step] = []

    def run(self, plan: Iterable[Step], asked: Asked) -> list[Done]:
        """Carry out every step that writes; return what became of each."""
        steps = [step for step in plan if step.action.writes and _is_asked(step, asked)]
        for kind in WRITERS:
            self._known[kind] = {found.id for found in self.comparison.secondary.snapshot.objects(kind)}
        done: list[Done] = []
        for kind, writer in WRITERS.items():
            mine = [step for step in steps if step.kind == kind and step.facet is not Facet.PERMISSIONS]
            done += self._definitions(writer, [s for s in mine if s.facet is Facet.DEFINITION], len(mine))
            done += self._contents(writer, [s for s in mine if s.facet is Facet.CONTENT], done)
            rest = [s for s in mine if s.facet not in (Facet.DEFINITION, Facet.CONTENT)]
            done += self._each(writer.at_once, rest, lambda s, w=writer: self._facet(w, s))  # type: ignore[misc]
        done += self._each(8, [s for s in steps if s.facet is Facet.PERMISSIONS], self._grant)
        return done

    # Definitions, with the content that goes with them

    def _definitions(self, writer: Writer, steps: list[Step], total: int) -> list[Done]:
        """Write the definitions of a kind; those that wait for others of it in rounds."""
        done: list[Done] = []
        pending = sorted(steps, key=lambda s: writer.rank(self._document(s)))
        while pending:
            ready = [step for step in pending if not self._waits(step)]
            cut = not ready
            if cut:
                ready = pending[:1]
            at_once = 1 if writer.serial else writer.at_once
            done += self._each(at_once, ready, lambda s, c=cut: self._definition(writer, s, deferred=c))  # type: ignore[misc]
            self.progress(writer.name, len(done), total)
            taken = {step.pair for step in ready}
            pending = [step for step in pending if step.pair not in taken]
        completed, self._deferred = self._deferred, []
        failed = {d.step.pair: d for d in self._each(writer.at_once, completed, lambda s: self._definition(writer, s))}
        return [failed.get(d.step.pair, d) if d.step.pair in failed else d for d in done]

    def _waits(self, step: Step) -> bool:
        """Say whether a definition refers to objects of its own kind that are still to be made."""
        try:
            return bool(self.materialiser.waits_for(self.comparison.pairs[step.pair]))
        except Blocked:
            return False

    def _definition(self, writer: Writer, step: Step, *, deferred: bool = False) -> str:
        each = self.comparison.pairs[step.pair]
        wanted = self.materialiser.wanted(each, deferred=deferred)
        key = self.ids.get(each.number)
        if step.action is Action.RENAME and key is None:
            old = self.comparison.pairs[step.end if step.end is not None else step.pair]
            key = self.comparison.secondary.snapshot.id_of(old.secondary or 0)
            self.ids[each.number] = key
        if key is None:
            key, request = self._create(writer, each, wanted)
            if deferred:
                self._deferred.append(replace(step, action=Action.UPDATE))
                return ""
            found = self._unlike(writer, key, wanted)
            if found:
                request = self._update(writer, key, wanted)
        else:
            request = self._update(writer, key, wanted)
        return self._settled(writer, each, key, wanted, request)

    def _create(self, writer: Writer, each: Pair, wanted: Wanted) -> tuple[str, str]:
        """Make an object, twins one after the other so that a look can tell a new one from an old."""
        primary_id = self._primary_id(each)
        with self._lock:
            lock = self._twins.setdefault((each.kind, each.label.partition("#")[0]), threading.Lock())
        with lock:
            self.journal.begin(each.kind, each.label, primary_id)
            key, request = self._create_once(writer, wanted)
            with self._lock:
                self._known[each.kind].add(key)
            self.journal.made(each.kind, each.label, primary_id, key, request)
        self.ids[each.number] = key
        writer.settle(self.target, key)
        return key, request

    def _create_once(self, writer: Writer, wanted: Wanted) -> tuple[str, str]:
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                key, answer = writer.create(self.target, wanted)
            except Unclear as unclear:
                time.sleep(unclear.wait_seconds)
                found = [key for key in writer.find(self.target, wanted) if key not in self._known[writer.name]]
                if len(found) == 1:
                    return found[0], ""
                if last or found:
                    raise
            else:
                return key, answer.request_id
        raise AssertionError("the last try returns or raises")

    def _update(self, writer: Writer, key: str, wanted: Wanted) -> str:
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                present = writer.read(self.target, key, wanted)
                return writer.update(self.target, key, wanted, present).request_id
            except Unclear as unclear:
                time.sleep(unclear.wait_seconds)
                if not self._unlike(writer, key, wanted):
                    return ""
                if last:
                    raise
        raise AssertionError("the last try returns or raises")

    def _settled(self, writer: Writer, each: Pair, key: str, wanted: Wanted, request: str) -> str:
        """Read an object back until it is as wanted or its time is over; note what was written; return what is not so."""
        end = time.monotonic() + writer.settle_seconds
        while (found := self._unlike(writer, key, wanted)) and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
        shape = wanted.kind.shapes[Facet.DEFINITION]
        document = take(wanted.kind, Facet.DEFINITION, writer.read(self.target, key, wanted))
        self._wrote(each, key, Facet.DEFINITION, journal_.fingerprint(shape, document), request)
        if Facet.CONTENT in writer.with_definition:
            facet = {"sha256": hashlib.sha256(wanted.content()).hexdigest(), "size": len(wanted.content())}
            digest = journal_.fingerprint(wanted.kind.shapes[Facet.CONTENT], facet)
            self._wrote(each, key, Facet.CONTENT, digest, request)
        return f"the service keeps something else: {found}" if found else ""

    def _unlike(self, writer: Writer, key: str, wanted: Wanted) -> str:
        """Return where an object is not as wanted, as text; empty where it is."""
        kind = wanted.kind
        document = writer.read(self.target, key, wanted)
        shape = kind.shapes[Facet.DEFINITION]
        ought = journal_.plain(shape, wanted.definition)
        found = differences(ought, journal_.plain(shape, take(kind, Facet.DEFINITION, document)), str, str)
        told = "; ".join(f"{d.path}: {d.primary!r} was sent, {d.secondary!r} is there" for d in found)
        if (
            not told
            and Facet.CONTENT in writer.with_definition
            and kind.content(self.target, document) != wanted.content()
        ):
            return "its content"
        return told

    # The other facets

    def _contents(self, writer: Writer, steps: list[Step], done: list[Done]) -> list[Done]:
        """Account for content: it went with the definition, or is written now where only it differs."""
        written = {d.step.pair: d for d in done if d.step.kind == writer.name and d.step.facet is Facet.DEFINITION}
        carried = [replace(written[s.pair], step=s) for s in steps if s.pair in written]
        rest = [s for s in steps if s.pair not in written]
        return carried + self._each(1 if writer.serial else writer.at_once, rest, lambda s: self._definition(writer, s))

    def _facet(self, writer: Writer, step: Step) -> str:
        """Write a facet that has requests of its own."""
        each = self.comparison.pairs[step.pair]
        key = self._present(each)
        wanted = self.materialiser.facet(each, step.facet)
        whole = self.materialiser.wanted(each)

        def send() -> list[Answer]:
            present = take(whole.kind, step.facet, writer.read(self.target, key, whole))
            return writer.write_facet(self.target, key, step.facet, wanted, present)

        answers = self._until_clear(send)
        shape = whole.kind.shapes[step.facet]
        after = take(whole.kind, step.facet, writer.read(self.target, key, whole))
        request = answers[-1].request_id if answers else ""
        self._wrote(each, key, step.facet, journal_.fingerprint(shape, after), request)
        return ""

    def _grant(self, step: Step) -> str:
        """Write an access control list."""
        each = self.comparison.pairs[step.pair]
        key = self._present(each)
        kind = self.comparison.catalogue[each.kind]
        wanted = self.materialiser.facet(each, Facet.PERMISSIONS)
        keep = not self.journal.never_wrote(each.kind, key, Facet.PERMISSIONS) or step.action is Action.ADOPT

        def send() -> list[Answer]:
            present = self.target.get(_permissions.path(kind, key))
            return [_permissions.write(self.target, kind, key, wanted, present, keep=keep)]

        answers = self._until_clear(send)
        after = _permissions.direct_only(self.target.get(_permissions.path(kind, key)))
        shape = kind.shapes[Facet.PERMISSIONS]
        self._wrote(each, key, Facet.PERMISSIONS, journal_.fingerprint(shape, after), answers[-1].request_id)
        lost = set(_permissions.grants(wanted)) - set(_permissions.grants(after))
        return f"the service did not keep {sorted(lost)}" if lost else ""

    @staticmethod
    def _until_clear(send: Callable[[], list[Answer]]) -> list[Answer]:
        """Send writes that may be repeated, since each looks first or replaces the whole."""
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                return send()
            except Unclear as unclear:
                if last:
                    raise
                time.sleep(unclear.wait_seconds)
        raise AssertionError("the last try returns or raises")

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
            return Done(step, reason)

        if at_once == 1:
            return [guarded(step) for step in steps]
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(guarded, steps))

    def _present(self, each: Pair) -> str:
        key = self.ids.get(each.number)
        if key is None:
            raise Blocked("its definition was not written")
        return key

    def _wrote(self, each: Pair, key: str, facet: Facet, digest: str, request: str) -> None:
        self.journal.wrote(each.kind, each.label, self._primary_id(each), key, facet, digest, request)

    def _document(self, step: Step) -> Document:
        return self.comparison.primary.snapshot.document(self.comparison.pairs[step.pair].primary or 0)

    def _primary_id(self, each: Pair) -> str:
        return self.comparison.primary.snapshot.id_of(each.primary or 0)


def _is_asked(step: Step, asked: Asked) -> bool:
    if step.action is Action.RENAME:
        return asked.rename
    return step.action is not Action.REPLACE
