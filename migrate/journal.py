"""The journal: what we set out to write, and what became of it. One line a step, appended and flushed before the next.

It never stands for the state of the target, which is read anew each time. It tells what is ours to change (a digest that we
wrote last), which primary object became which, and which writes a killed run left open, so that we look again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lakedrill.inventory.discretion import scrubbed
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Catalogue, Document, Facet, Shape
from lakedrill.parity.canonical import canonical, spell

FORMAT = 1
_NO_KINDS = Catalogue(())


@dataclass
class Memory:
    """What the journal says of one object of the target."""

    primary_id: str = ""
    written: dict[str, str] = field(default_factory=dict)
    """Facet → digest of what we wrote last."""
    born: bool = False
    """We made it."""


class Journal:
    """The journal of one drill. Threads may share it."""

    def __init__(self, file: Path, workspace_id: int, *, mend: bool = True) -> None:
        """Open a journal and read what it says. Raises UsageError for one of another workspace, or a damaged one.

        `mend`: nobody else writes it, so that a last line without an end is of a killed run and can go.
        """
        self._lock = threading.Lock()
        self.objects: dict[tuple[str, str], Memory] = {}
        """Kind and target id → what we know of it."""
        self.open: dict[tuple[str, str], str] = {}
        """Kind and the primary's id of creations that were begun and whose end is not recorded → the key."""
        self.kept: dict[tuple[str, str, str], tuple[str, str]] = {}
        """Kind, target id and facet of what was to be kept as it is → digests of the target's and of what was wanted."""
        lines = file.read_bytes().splitlines(keepends=True) if file.is_file() else []
        if lines and not lines[-1].endswith(b"\n"):
            # The line that a run was writing: it says nothing, and once that run is dead it would be in the way of the next.
            if mend:
                with file.open("r+b") as stream:
                    stream.truncate(sum(map(len, lines[:-1])))
            del lines[-1]
        for number, line in enumerate(lines, 1):
            try:
                self._take(json.loads(line), workspace_id)
            except (ValueError, KeyError, TypeError) as error:
                reason = f"{file}:{number}: is not a line of a journal ({error})"
                raise UsageError(f"{reason}; move the file away to start afresh") from None
        self._file = file.open("a", encoding="utf-8")
        if not lines and mend:
            self._append({"event": "opened", "format": FORMAT, "workspace_id": workspace_id})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def begin(self, kind: str, key: str, primary_id: str) -> None:
        """Say that an object is about to be made."""
        self._write(event="begin", kind=kind, key=key, primary_id=primary_id)

    def made(self, kind: str, key: str, primary_id: str, target_id: str, request_id: str) -> None:
        """Say that an object was made."""
        self._write(event="made", kind=kind, key=key, primary_id=primary_id, id=target_id, request_id=request_id)

    def wrote(
        self, kind: str, key: str, primary_id: str, target_id: str, facet: Facet, digest: str, request_id: str
    ) -> None:
        """Say what a facet was when we had written it."""
        self._write(
            event="wrote",
            kind=kind,
            key=key,
            primary_id=primary_id,
            id=target_id,
            facet=facet.value,
            digest=digest,
            request_id=request_id,
        )

    def sent(self, method: str, path: str, request_id: str, became: str) -> None:
        """Say that a write left, with the service's id of it, and whether it was done, refused, or nobody knows."""
        self._write(event="sent", method=method, path=path, request_id=request_id, became=became)

    def refused(self, kind: str, key: str, primary_id: str) -> None:
        """Say that what was begun was certainly not made."""
        self._write(event="refused", kind=kind, key=key, primary_id=primary_id)

    def removed(self, kind: str, key: str, target_id: str) -> None:
        """Say that an object was removed, to make room for another."""
        self._write(event="removed", kind=kind, key=key, id=target_id)

    def keep(self, kind: str, key: str, target_id: str, facet: Facet, prints: tuple[str, str]) -> None:
        """Say that a facet is kept as it is, as long as it and what is wanted in its place have these digests."""
        if self.kept.get((kind, target_id, facet.value)) != prints:
            present, wanted = prints
            self._write(
                event="kept", kind=kind, key=key, id=target_id, facet=facet.value, present=present, wanted=wanted
            )

    def failed(self, kind: str, key: str, facet: Facet, reason: str) -> None:
        """Say why a step failed, in the service's words."""
        self._write(event="failed", kind=kind, key=key, facet=facet.value, reason=scrubbed(reason))

    def is_ours(self, kind: str, target_id: str, primary_id: str, facet: Facet, digest: str) -> bool:
        """Say whether a facet is as we left it: last written by us, or not yet, on an object that we made."""
        memory = self.objects.get((kind, target_id))
        if memory is None:
            return (kind, primary_id) in self.open
        return memory.written.get(facet.value, digest if memory.born else "") == digest

    def is_fresh(self, kind: str, target_id: str, primary_id: str, facet: Facet) -> bool:
        """Say whether a facet is what the server gave an object that we made."""
        memory = self.objects.get((kind, target_id))
        if memory is None:
            return (kind, primary_id) in self.open
        return memory.born and facet.value not in memory.written

    def _write(self, **entry: Any) -> None:
        with self._lock:
            self._append(entry)
            self._take(entry, None)

    def _append(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps({"at": round(time.time(), 3), **entry}, ensure_ascii=False) + "\n")
        self._file.flush()

    def _take(self, entry: dict[str, Any], workspace_id: int | None) -> None:
        match entry["event"]:
            case "opened":
                if entry["format"] != FORMAT or entry["workspace_id"] != workspace_id:
                    raise UsageError(
                        f"the journal is of workspace {entry['workspace_id']}, format {entry['format']}; "
                        f"this drill's secondary is {workspace_id}, format {FORMAT}"
                    )
            case "begin":
                self.open[entry["kind"], entry["primary_id"]] = entry["key"]
            case "refused":
                self.open.pop((entry["kind"], entry["primary_id"]), None)
            case "made":
                self.open.pop((entry["kind"], entry["primary_id"]), None)
                memory = self.objects.setdefault((entry["kind"], entry["id"]), Memory())
                memory.primary_id, memory.born = entry["primary_id"], True
            case "wrote":
                memory = self.objects.setdefault((entry["kind"], entry["id"]), Memory())
                memory.primary_id = entry["primary_id"]
                memory.written[entry["facet"]] = entry["digest"]
                self.kept.pop((entry["kind"], entry["id"], entry["facet"]), None)
            case "kept":
                self.kept[entry["kind"], entry["id"], entry["facet"]] = entry["present"], entry["wanted"]
            case "removed":
                self.objects.pop((entry["kind"], entry["id"]), None)


class _Nothing:
    def resolve(self, kind: str, handle: str, value: str) -> int | None:  # noqa: ARG002 - the protocol's
        """Resolve nothing: ids stay as they are."""
        return None


def fingerprint(shape: Shape, document: Document) -> str:
    """Return a digest of a raw facet of the target: what the server assigns left out, ids as they are."""
    return hashlib.sha256(spell(plain(shape, document), str).encode()).hexdigest()


def plain(shape: Shape, document: Document) -> Any:
    """Return a raw facet in canonical form but for its references, which stay the target's own ids."""
    without = Shape(
        parsed=shape.parsed,
        assigned=shape.assigned,
        own=shape.own,
        defaulted=shape.defaulted,
        chosen=shape.chosen,
        keyed=shape.keyed,
        unordered=shape.unordered,
        presence=shape.presence,
    )
    return canonical(document, without, _NO_KINDS, _Nothing())
