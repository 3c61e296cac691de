"""How one object is written: sent once, looked at after an unclear answer, read back until it is as it was meant."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from lakedrill.inventory.discretion import discreet
from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Facet, Shape
from lakedrill.parity.canonical import take
from lakedrill.parity.difference import ABSENT, differences
from lakedrill.parity.pairing import Pair
from migrate.journal import Journal, fingerprint, plain
from migrate.patience import until
from migrate.target import Answer, Target, Unclear
from migrate.values import Supply
from migrate.writer import Wanted, Writer

T = TypeVar("T")

TRIES = 4
"""How often a write is sent when, after each unclear answer, a look shows that it had no effect."""
SECOND_LOOK_SECONDS = 2.0
"""What the service is given to show what a lost answer left behind, beyond the time that it asked for itself."""
_UNKNOWN = re.compile(
    r"(?:unknown|unrecognized|unexpected|no)\s+(?:field|property|parameter|key)(?:\s+named)?[\s:]+[`'\"]?([\w.]+)",
    re.IGNORECASE,
)
"""How a service says that it does not know a field."""
_MOST_TOLD = 8
"""Differences that are told of one object."""
_NO_ANSWER = Answer({}, "")


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was read back: where it is not as wanted, and the digests of what it is."""

    unlike: str
    digests: dict[Facet, str]


def until_clear(send: Callable[[], T]) -> T:
    """Send writes that may be repeated, since they look first, replace the whole, or change nothing twice."""
    for _ in range(TRIES - 1):
        try:
            return send()
        except Unclear as unclear:
            time.sleep(unclear.wait_seconds)
    return send()


class Sending:
    """Writes objects of one target. Threads may share it."""

    def __init__(
        self, target: Target, journal: Journal, known: dict[str, set[str]], supply: Supply | None = None
    ) -> None:
        self._supply = supply
        self.target = target
        self.journal = journal
        self._known = known
        """Ids of the target that are accounted for, by kind."""
        self._made: set[tuple[str, str]] = set()
        """Kind and id of what was made in this run, and may not be seen at once."""
        self._lock = threading.Lock()
        self._twins: dict[tuple[str, str], threading.Lock] = {}

    def create(self, writer: Writer, each: Pair, primary_id: str, wanted: Wanted) -> tuple[str, str]:
        """Make an object, twins one after the other so that a look can tell a new one from an old; return id and request."""
        with self._lock:
            lock = self._twins.setdefault((each.kind, each.label.rpartition("#")[0] or each.label), threading.Lock())
        with lock:
            self.journal.begin(each.kind, each.label, primary_id)
            try:
                key, request = self._create(writer, wanted)
            except Refused:
                self.journal.refused(each.kind, each.label, primary_id)
                raise
            with self._lock:
                self._known[each.kind].add(key)
                self._made.add((each.kind, key))
            self.journal.made(each.kind, each.label, primary_id, key, request)
        return key, request

    def _create(self, writer: Writer, wanted: Wanted) -> tuple[str, str]:
        unclear: Unclear | None = None
        for _ in range(TRIES):
            try:
                key, answer = writer.create(self.target, wanted)
            except Unclear as error:
                unclear = error
            except Refused as refusal:
                # What was sent before may have been seen only now, and be what is in the way.
                found = [] if unclear is None else self._in_the_way(writer, wanted, refusal)
                if len(found) == 1:
                    return found[0], ""
                less = _without_unknown(wanted, refusal)
                if less is None:
                    raise
                wanted, unclear = less, Unclear(str(refusal))
                continue
            else:
                return key, answer.request_id
            found = self._look(writer, wanted, unclear.wait_seconds)
            if len(found) == 1:
                return found[0], ""
            if found:
                break
        assert unclear is not None
        raise unclear

    def _look(self, writer: Writer, wanted: Wanted, wait_seconds: float) -> list[str]:
        """Return what of the wanted key is there now and was not accounted for."""
        found: list[str] = []
        for pause in (wait_seconds, SECOND_LOOK_SECONDS):
            time.sleep(pause)
            found = self._new(writer, wanted)
            if found:
                break
        return found

    def _in_the_way(self, writer: Writer, wanted: Wanted, refusal: Refused) -> list[str]:
        """Return what an earlier sending made and a later one ran into: it is there, whenever it is listed."""
        seconds = writer.listed_within if "already exists" in refusal.message else 0.0
        return self._look(writer, wanted, 0.0) or until(lambda: self._new(writer, wanted), bool, seconds)

    def _new(self, writer: Writer, wanted: Wanted) -> list[str]:
        found = writer.find(self.target, wanted)
        with self._lock:
            return [key for key in found if key not in self._known[writer.name]]

    def update(self, writer: Writer, key: str, wanted: Wanted) -> Answer:
        """Give an object the wanted definition."""
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                return writer.update(self.target, key, wanted, self.read(writer, key, wanted))
            except Refused as refusal:
                less = _without_unknown(wanted, refusal)
                if last or less is None:
                    raise
                wanted = less
            except Unclear as unclear:
                if last:
                    raise
                time.sleep(unclear.wait_seconds)
                if not self.see(writer, key, wanted).unlike:
                    break
        return _NO_ANSWER

    def remove(self, writer: Writer, key: str, document: Document) -> None:
        """Remove an object. One that is gone already is fine."""
        try:
            until_clear(lambda: writer.delete(self.target, key, document))
        except Refused as refusal:
            if not refusal.gone:
                raise
        with self._lock:
            self._known[writer.name].discard(key)

    def is_there(self, writer: Writer, key: str, wanted: Wanted) -> bool:
        """Say whether an object is still there when the kind's time to settle is over, or at once that it is gone."""
        found = until(lambda: self.find(writer, key, wanted), lambda found: found is None, writer.settle_seconds)
        return found is not None

    def find(self, writer: Writer, key: str, wanted: Wanted) -> Document | None:
        """Return an object as it is now; None where it is gone, or another one is in its place."""
        document = if_there(lambda: writer.read(self.target, key, wanted))
        if document is None:
            return None
        return document if str(document.get("object_id", key)) == key else None

    def read(self, writer: Writer, key: str, wanted: Wanted) -> Document:
        """Return the raw document of an object, waiting for one that was made in this run."""
        return until(lambda: writer.read(self.target, key, wanted), seconds=self.patience(writer, key))

    def patience(self, writer: Writer, key: str) -> float:
        """Return for how many seconds an object may be told not to exist."""
        return writer.settle_seconds if (writer.name, key) in self._made else 0.0

    def seen(self, writer: Writer, key: str, wanted: Wanted) -> Seen:
        """Return an object as it is, waiting for one that was made in this run."""
        return until(lambda: self.see(writer, key, wanted), seconds=self.patience(writer, key))

    def settled(self, writer: Writer, key: str, wanted: Wanted) -> Seen:
        """Return an object as it is once it is as wanted, or when the kind's time is over."""
        return until(lambda: self.see(writer, key, wanted), lambda seen: not seen.unlike, writer.settle_seconds)

    def settled_facet(
        self,
        writer: Writer,
        key: str,
        facet: Facet,
        ought: Document,
        wanted: Wanted,
        too_many: Callable[[Document], object] = lambda _: False,
    ) -> tuple[Document, str]:
        """Return a facet with requests of its own once it is as wanted, and where it is not.

        What it has more may stay, unless that is `too_many`.
        """

        def look() -> Document:
            return take(wanted.kind, facet, writer.read(self.target, key, wanted))

        shape = wanted.kind.shapes[facet]
        found = until(
            look,
            lambda present: not (unlike(shape, ought, present, more=True) or too_many(present)),
            writer.settle_seconds,
        )
        return found, unlike(shape, ought, found, more=True)

    def see(self, writer: Writer, key: str, wanted: Wanted) -> Seen:
        """Read an object back."""
        kind = wanted.kind
        document = writer.read(self.target, key, wanted)
        shape, definition = kind.shapes[Facet.DEFINITION], take(kind, Facet.DEFINITION, document)
        digests = {Facet.DEFINITION: fingerprint(shape, definition)}
        differs = unlike(shape, wanted.definition, definition)
        if Facet.CONTENT in writer.with_definition:
            content = kind.content(self.target, document)
            facet = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            digests[Facet.CONTENT] = fingerprint(kind.shapes[Facet.CONTENT], facet)
            if content != wanted.content():
                differs = differs or "its content"
        if Facet.VALUE in writer.with_definition and self._supply is not None:
            value = self._supply.present(self.target, key)
            digests[Facet.VALUE] = fingerprint(kind.shapes[Facet.VALUE], self._supply.digested(key, value))
            if value != wanted.content():
                differs = differs or "its value"
        return Seen(differs, digests)


def unlike(shape: Shape, wanted: Document, present: Document, *, more: bool = False) -> str:
    """Return where a raw facet of the target is not as wanted, as text. `more`: what it has beside that is in order."""
    found = differences(plain(shape, wanted), plain(shape, present), str, str)
    told = [
        f"{d.path}: {_told(d.path, d.primary, 'sent')}, {_told(d.path, d.secondary, 'there')}"
        for d in found
        if not (more and d.primary is ABSENT)
    ]
    return "; ".join([*told[:_MOST_TOLD], *([f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else [])])


def _without_unknown(wanted: Wanted, refusal: Refused) -> Wanted | None:
    """Return what is wanted without a field that the service refuses because it does not know it; None where it is not that."""
    named = _UNKNOWN.search(refusal.message)
    less = _without(wanted.definition, named[1].rpartition(".")[2]) if named else wanted.definition
    if less == wanted.definition:
        return None
    return replace(wanted, documents={**wanted.documents, Facet.DEFINITION: less})


def _without(value: Any, field: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(child, field) for key, child in value.items() if key != field}
    return [_without(item, field) for item in value] if isinstance(value, list) else value


def _told(path: str, value: object, where: str) -> str:
    """Say of one side's value that it was sent or is there."""
    if value is ABSENT:
        return f"nothing {'was ' if where == 'sent' else 'is '}{where}"
    return f"{discreet(path, value)!r} {'was ' if where == 'sent' else 'is '}{where}"
