"""Capture: read a whole workspace into a snapshot, and once more what moved meanwhile."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lakedrill import __version__
from lakedrill.inventory import manual
from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Catalogue, Document, Entry, Facet, Kind, Reference
from lakedrill.inventory.literals import Finder
from lakedrill.inventory.paths import mentions, opened, values
from lakedrill.inventory.progress import Progress, silent
from lakedrill.inventory.snapshot import Listing, Snapshot, SnapshotWriter, Unreadable
from lakedrill.inventory.values import Values
from lakedrill.inventory.workspace import Workspace

THREADS = 8
_BATCH = 256
"""Objects in flight at once: what bounds the memory that content takes."""


Called = Callable[[str, str, str], str]
"""Returns what a key of the other side is called here, of a kind, the key's path in the document, and the key."""


@dataclass
class Reading:
    """One object as it was read: its document, its facets, and whether it was there at all."""

    entry: Entry
    document: Document | None = None
    facets: dict[Facet, Document | Unreadable] = field(default_factory=dict)
    data: bytes | None = None
    carried: bytes | None = None


def capture(
    workspace: Workspace,
    path: Path,
    catalogue: Catalogue,
    progress: Progress = silent,
    other: Callable[[], Snapshot] | None = None,
    *,
    carry: Collection[str] = (),
    values: Values | None = None,
    called: Called = lambda _kind, _path, key: key,
) -> Snapshot:
    """Read every kind into a sealed snapshot at `path`.

    What fails is recorded with the service's words and never looks like nothing. The listings are repeated at the end:
    objects that moved are read again, and one that moves twice has unverifiable facets.

    `other` gives the snapshot that this one will be compared with, and may wait for it: what that holds of kinds that are
    `named_only` is looked up here too, as it is `called` here. Of the kinds in `carry` the content is kept a second time, with
    all that a copy can carry beyond what is compared. `values` says of which secrets the value is read, of which a digest is
    kept.
    """
    writer = SnapshotWriter(path)
    try:
        _Capture(workspace, writer, catalogue, progress, carry, values).run(other, called)
    except BaseException:
        writer.abandon()
        raise
    finally:
        if values is not None:
            values.leave(workspace)
    return Snapshot(path, verify=False)


def side_by_side(
    primary: Callable[[Progress], Snapshot],
    secondary: Callable[[Progress, Callable[[], Snapshot]], Snapshot],
    progress: Progress = silent,
) -> tuple[Snapshot, Snapshot]:
    """Capture two workspaces at the same time; the secondary's capture is handed what waits for the primary's.

    Where one breaks the other is stopped, and what broke is raised.
    """
    stopped = threading.Event()

    def show_primary(kind: str, done: int, total: int) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        progress(f"primary {kind}", done, total)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(primary, show_primary)

        def show_secondary(kind: str, done: int, total: int) -> None:
            if first.done():
                first.result()  # raises what broke the primary's
            progress(f"secondary {kind}", done, total)

        try:
            second = secondary(show_secondary, first.result)
        except BaseException:
            stopped.set()
            raise
        return first.result(), second


class _Capture:
    def __init__(
        self,
        workspace: Workspace,
        writer: SnapshotWriter,
        catalogue: Catalogue,
        progress: Progress,
        carry: Collection[str],
        values: Values | None,
    ) -> None:
        self.carry = carry
        self.values = values
        self.values_key = None if values is None else values.key_id
        self.workspace = workspace
        self.finder = Finder(workspace.host)
        self.writer = writer
        self.catalogue = catalogue
        self.progress = progress
        self.seen: dict[str, dict[str, str]] = {}
        """Kind → id → digest of the entry as listed. A kind whose listing failed is not in it."""
        self.handles: set[tuple[str, str, str]] = set()
        self.wanted: set[tuple[Reference, str]] = set()
        self.doubts: dict[str, tuple[str, str]] = {}
        """Kind → code and reason why its listing counts as incomplete, though it was read to the end."""

    def run(self, other: Callable[[], Snapshot] | None, called: Called) -> None:
        started = time.time()
        self.workspace.forget()  # what was listed before is not of this snapshot
        for kind in self.catalogue.kinds:
            entries = self._list(kind)
            if entries is not None:
                self.seen[kind.name] = {entry.id: _print(kind, entry) for entry in entries}
                self._read(kind, entries)
        if other is not None:
            self._look_up(other(), called)
        self._follow()
        self._again()
        self.writer.seal(
            {
                "role": self.workspace.connection.role,
                "host": self.workspace.host,
                "workspace_id": self.workspace.connection.workspace_id,
                "caller": {
                    **{name: self.workspace.me.get(name) for name in ("id", "userName", "applicationId")},
                    "admin": self.workspace.is_admin,
                },
                manual.META: manual.asked(self.workspace),
                "started": started,
                "ended": time.time(),
                "values_key": self.values_key,
                "lakedrill": __version__,
            }
        )

    def _look_up(self, other: Snapshot, called: Called) -> None:
        """Read what the other side has of kinds of which a listing holds only what is named."""
        for kind in self.catalogue.kinds:
            if kind.named_only and kind.name in self.seen:
                for key in [called(kind.name, kind.identity.path, found.id) for found in other.objects(kind.name)]:
                    if key not in self.seen[kind.name]:
                        self._fetch(kind, "path", key)

    def _list(self, kind: Kind) -> list[Entry] | None:
        try:
            entries = list(kind.list(self.workspace))
        except ReadError as error:
            self.writer.listing(Listing(kind.name, 0, error.code, str(error)))
            return None
        self.writer.listing(Listing(kind.name, len(entries), *self.doubts.get(kind.name, ())))
        return entries

    def _read(self, kind: Kind, entries: list[Entry], *, listed: bool = True) -> None:
        """Read objects and write them. One that vanished since it was listed counts as moved."""
        done = 0
        stopped = self.workspace.rate_budget.stopped_by_failure()
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool, stopped:
            for start in range(0, len(entries), _BATCH):
                for reading in pool.map(lambda e: self._one(kind, e), entries[start : start + _BATCH]):
                    done += 1
                    self.progress(kind.name, done, len(entries))
                    if reading.document is not None:
                        self._write(kind, reading, listed=listed)
                    elif listed:
                        self.seen[kind.name][reading.entry.id] = ""

    def _one(self, kind: Kind, entry: Entry) -> Reading:
        reading = Reading(entry)
        try:
            document = kind.whole(self.workspace, entry)
        except ReadError as error:
            if isinstance(error, Refused) and error.gone:
                return reading
            reading.document = entry.document
            reading.facets[Facet.DEFINITION] = Unreadable(error.code, str(error))
            return reading
        reading.document = document
        for facet in kind.told_apart:
            read = _read_or_say_why(lambda facet=facet: kind.part(self.workspace, facet, entry.id))  # type: ignore[misc]
            if isinstance(read, Unreadable):
                reading.facets[facet] = read
            else:
                reading.document = {**reading.document, **read}
        if Facet.CONTENT in kind.shapes:
            try:
                reading.data = kind.content(self.workspace, document)
            except ReadError as error:
                reading.facets[Facet.CONTENT] = Unreadable(error.code, str(error))
        if kind.name in self.carry:
            try:
                reading.carried = kind.carried(self.workspace, document)
            except ReadError as error:
                reading.facets[Facet.CARRIED] = Unreadable(error.code, str(error))
        reading.facets |= self._value(kind, entry)
        if kind.permissions is not None:
            path = f"/api/2.0/permissions/{kind.permissions}/{kind.permission_id(entry)}"
            reading.facets[Facet.PERMISSIONS] = _read_or_say_why(lambda: self.workspace.get(path))
        return reading

    def _value(self, kind: Kind, entry: Entry) -> dict[Facet, Document | Unreadable]:
        """Return what is kept of an object's value, where it is read."""
        if self.values is None or not self._has_value(kind, entry):
            return {}
        return {Facet.VALUE: _read_or_say_why(partial(self.values.document, self.workspace, entry.id))}

    def _has_value(self, kind: Kind, entry: Entry) -> bool:
        """Say whether a value of an object is read."""
        return self.values is not None and Facet.VALUE in kind.shapes and self.values.reads(entry.id)

    def _write(self, kind: Kind, reading: Reading, *, listed: bool) -> None:
        document = reading.document or {}
        handles = [
            (handle, kind.fold(handle, str(value)))
            for handle, path in kind.handles.items()
            for value in values(document, path)
        ]
        self.handles |= {(kind.name, "id", reading.entry.id), *((kind.name, *handle) for handle in handles)}
        n = self.writer.put(kind.name, reading.entry.id, document, listed=listed, handles=handles)
        for facet, read in reading.facets.items():
            self.writer.facet(n, facet, read)
        if reading.data is not None:
            found = {"sha256": self.writer.content(reading.data), "size": len(reading.data)}
            self.writer.facet(n, Facet.CONTENT, found)
        if reading.carried is not None:
            self.writer.facet(n, Facet.CARRIED, {"sha256": self.writer.content(reading.carried)})
        if literals := self.finder.of(document, kind.shapes.values(), reading.data):
            self.writer.facet(n, Facet.LITERALS, literals)
        for facet, shape in kind.shapes.items():
            read = reading.facets.get(facet, document)
            if facet not in (Facet.CONTENT, Facet.VALUE) and not isinstance(read, Unreadable):
                read = opened(read, shape)
                self.wanted |= {(r, name) for r in shape.references for m in mentions(r, read) for name in m.names}

    def _follow(self) -> None:
        """Fetch what a reference names and a complete listing lacks, until nothing new is named."""
        tried: set[tuple[str, str, str]] = set()
        while self.wanted:
            wanted, self.wanted = self.wanted, set()
            for reference, text in sorted(wanted, key=lambda w: (w[0].path, w[1])):
                for kind in [self.catalogue[name] for name in reference.kinds if name in self.seen]:
                    key = (kind.name, reference.by, kind.fold(reference.by, text))
                    if key in self.handles:
                        break
                    if key not in tried:
                        tried.add(key)
                        self._fetch(kind, reference.by, text)

    def _fetch(self, kind: Kind, by: str, text: str) -> None:
        try:
            entry = kind.fetch(self.workspace, by, text)
        except ReadError as error:
            self._doubt(kind, f"{by} {text}", error)
            return
        if entry is not None and entry.id not in self.seen[kind.name]:
            self._read(kind, [entry], listed=False)

    def _again(self) -> None:
        """List once more and read again what moved; say of what moved twice that it can't be verified."""
        first = self._moved()
        for kind, moved in first:
            self._read(kind, moved)
        for kind, moved in self._moved() if first else ():
            for entry in moved:
                self._unsettled(kind, entry)

    def _moved(self) -> list[tuple[Kind, list[Entry]]]:
        """List every kind anew, forget what is gone, and return what is new or not as it was listed before."""
        self.workspace.forget()
        found = []
        for kind in [self.catalogue[name] for name in self.seen]:
            entries = self._list(kind)
            if entries is None:
                continue
            before = self.seen[kind.name]
            now = self.seen[kind.name] = {entry.id: _print(kind, entry) for entry in entries}
            for key in before.keys() - now.keys():
                if self._is_there(kind, key):
                    now[key] = before[key]
                else:
                    self.writer.drop(kind.name, key)
            moved = [entry for entry in entries if before.get(entry.id) != now[entry.id]]
            if moved:
                found.append((kind, moved))
        return found

    def _is_there(self, kind: Kind, key: str) -> bool:
        """Say whether an object that is not listed any more is there all the same: lists lag, and not one way only."""
        try:
            return kind.fetch(self.workspace, "id", key) is not None
        except ReadError as error:
            self._doubt(kind, f"id {key}", error)
            return True

    def _doubt(self, kind: Kind, what: str, error: ReadError) -> None:
        """Note that nobody can say whether an object is there, so that the listing proves nothing of what it lacks."""
        self.doubts[kind.name] = (error.code, f"{what}: {error}")
        self.writer.listing(Listing(kind.name, len(self.seen[kind.name]), *self.doubts[kind.name]))

    def _unsettled(self, kind: Kind, entry: Entry) -> None:
        reason = Unreadable("MOVING", "changed twice while it was captured; capture again when it is at rest")
        read = [facet for facet in kind.shapes if facet is not Facet.VALUE or self._has_value(kind, entry)]
        facets: dict[Facet, Document | Unreadable] = dict.fromkeys(read, reason)
        self._write(kind, Reading(entry, entry.document, facets), listed=True)


def _read_or_say_why(read: Callable[[], Document]) -> Document | Unreadable:
    try:
        return read()
    except ReadError as error:
        return Unreadable(error.code, str(error))


def _print(kind: Kind, entry: Entry) -> str:
    """Return a digest of an entry as listed, without what changes while nobody changes it."""
    state = {name for facet, shape in kind.shapes.items() if facet is Facet.STATE for name in shape.takes}
    at_rest = {name: value for name, value in entry.document.items() if name not in state | kind.volatile}
    return hashlib.sha256(json.dumps(at_rest, sort_keys=True).encode()).hexdigest()
