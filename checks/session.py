"""What a run of the checks stands on: sealed snapshots, their pairs, and on the controller the records that come in.

The controller opens or captures the snapshots, pairs them and writes pairing.json; workers open the same files, see the same
digests and never call a workspace.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from checks import copied
from checks.subject import Check, ListingUnderCheck, PairUnderCheck, Subject
from lakedrill import __version__
from lakedrill.inventory import drill as drills
from lakedrill.inventory import manual, scope
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import Drill
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.ignore import Ignored, today
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.progress import Progress, silent
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity import decisions, results
from lakedrill.parity.comparison import LISTING, Comparison
from lakedrill.parity.mapping import Mapping, MappingError, Row
from lakedrill.parity.outcome import Judgement, Outcome, Record, Slot, Verdict, judge
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reach import idle
from lakedrill.parity.scope import Scope
from lakedrill.parity.table import mapping, refused

FORMAT = 1
"""Of pairing.json."""
PAIRING, RECORDS, RESULTS = "pairing.json", "records.jsonl", "results.json"


class Bench:
    """A comparison, and what of that which is in scope the command line asks for."""

    def __init__(self, comparison: Comparison, only: Iterable[str]) -> None:
        self.comparison = comparison
        self.only = tuple(only)

    def slots(self) -> list[Slot]:
        """Return everything that must be judged."""
        return list(self.comparison.slots())

    def subjects(self, check: Check) -> Iterator[Subject]:
        """Yield what a check has to judge, in the order of the slots."""
        pairs = {pair.number: pair for pair in self.comparison.pairs}
        for slot in self.slots():
            if slot.aspect != check.aspect or not self._asked_for(slot):
                continue
            if slot.pair is None:
                yield ListingUnderCheck(self.comparison, slot.key, slot.kind)
            else:
                yield PairUnderCheck(self.comparison, pairs[slot.pair], slot.aspect)

    def refuse_vain(self) -> None:
        """Raise UsageError for an `--only` that means nothing of what must be judged."""
        slots = [slot for slot in self.slots() if slot.pair is not None]
        for glob in self.only:
            if not any(drills.means(glob, slot.kind, slot.key) for slot in slots):
                raise UsageError(f"--only={glob}: means no object in scope")

    def _asked_for(self, slot: Slot) -> bool:
        if not self.only:
            return True
        return slot.aspect != LISTING and any(drills.means(glob, slot.kind, slot.key) for glob in self.only)


@dataclass(frozen=True)
class Assignment:
    """What the controller tells a worker: the files, and the digests that they must have."""

    primary: str
    primary_digest: str
    secondary: str
    secondary_digest: str
    pairing: str
    pairing_digest: str

    def open(self, only: Iterable[str]) -> Bench:
        """Open the files. Raises UsageError where one is no longer what the controller saw."""
        text = Path(self.pairing).read_bytes()
        if hashlib.sha256(text).hexdigest() != self.pairing_digest:
            raise UsageError(f"{self.pairing}: was replaced while the checks ran; run them again")
        document = json.loads(text)
        comparison = Comparison(
            _same(self.primary, self.primary_digest),
            _same(self.secondary, self.secondary_digest),
            CATALOGUE,
            mapping=Mapping((Row(**row) for row in document["mapping"]), turned=document["turned"]),
            stance=document["posture"],
            pairs=[Pair(**{**pair, "fate": Fate(pair["fate"])}) for pair in document["pairs"]],
            scope=Scope(scope.read(document["scope"]), document["kinds"]),
            ignore=[Ignored(**row) for row in document["ignore"]],
        )
        return Bench(comparison, only)


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    file: Path
    only: tuple[str, ...] = ()
    primary_live: bool = False
    secondary_snapshot: bool = False
    dry: bool = False
    """Nothing will be run: earlier results stay, and none are written."""


class Controller:
    """The process that opens the drill, gathers the records and gives the verdict.

    Raises UsageError for a drill, a snapshot or a selection that is wrong, before anything is judged.
    """

    def __init__(self, request: Request, progress: Progress = silent) -> None:
        self.request = request
        self.drill = drills.load(request.file)
        self.day = today()
        drills.require_globs("--only", request.only)
        rows = mapping(self.drill)
        if not request.dry:
            for name in (RECORDS, RESULTS):  # a run that dies must not leave an older verdict standing
                (self.drill.folder / name).unlink(missing_ok=True)
        live = "live" if request.primary_live else ""
        self.primary = _opened(self.drill, self.drill.primary, progress, purpose=live, anew=bool(live), needed=False)
        self.secondary = _opened(
            self.drill,
            self.drill.secondary,
            progress,
            anew=not request.secondary_snapshot,
            needed=request.secondary_snapshot,
            other=self.primary,
            rows=rows,
        )
        try:
            comparison = Comparison(
                self.primary,
                self.secondary,
                CATALOGUE,
                mapping=rows,
                stance=self.drill.posture,
                must_see=self.drill.must_see,
                scope=Scope(self.drill.scope, self.drill.kinds),
                ignore=self.drill.ignored_on(self.day),
            )
        except MappingError as error:
            raise refused(self.drill.file, error) from None
        self.bench = Bench(comparison, request.only)
        self.bench.refuse_vain()
        self.assignment = self._assign(comparison)
        self.copied = copied.read(self.drill.folder, self.primary.digest)
        self.records = comparison.judge_sight()
        """What no check has to look at, and then the records of the checks."""

    def _assign(self, comparison: Comparison) -> Assignment:
        """Write pairing.json, and return what workers must know."""
        document = {
            "format": FORMAT,
            "primary": self.primary.digest,
            "secondary": self.secondary.digest,
            "posture": self.drill.posture,
            "mapping": [asdict(row) for row in comparison.mapping.rows],
            "turned": comparison.mapping.turned,
            "kinds": sorted(self.drill.kinds),
            "scope": [rule.document() for rule in self.drill.scope],
            "ignore": [asdict(row) for row in self.drill.ignored_on(self.day)],
            "pairs": [asdict(pair) for pair in comparison.pairs],
        }
        text = json.dumps(document)
        file = self.drill.folder / PAIRING
        replace_file(file, text)
        return Assignment(
            str(self.primary.path),
            self.primary.digest,
            str(self.secondary.path),
            self.secondary.digest,
            str(file),
            hashlib.sha256(text.encode()).hexdigest(),
        )

    def finish(self, trouble: str) -> Judgement:
        """Give the verdict and write it into the drill's folder.

        `trouble` is what pytest has to say against a run whose records are all green; empty: nothing.
        """
        expected, records = self.bench.slots(), self.records
        judgement = judge(expected, records)
        if trouble and judgement.verdict is Verdict.READY:
            record = Record("pytest", "session", "run", Outcome.ERROR, reason=trouble)
            judgement = judge([*expected, record.slot], [*records, record])
        if not self.request.dry:
            self._write(judgement)
        return judgement

    def _write(self, judgement: Judgement) -> None:
        judgement = replace(judgement, records=tuple(sorted(judgement.records, key=_order)))
        document = results.document(judgement, self._about(judgement))
        lines = (json.dumps(record.document(), ensure_ascii=False, sort_keys=True) for record in judgement.records)
        replace_file(self.drill.folder / RECORDS, "".join(f"{line}\n" for line in lines))
        replace_file(self.drill.folder / RESULTS, json.dumps(document, ensure_ascii=False, indent=1) + "\n")

    def _about(self, judgement: Judgement) -> dict[str, Any]:
        narrowed = judgement.checked < judgement.expected
        return {
            "drill": {"id": self.drill.id, "digest": self.drill.digest},
            "tool": {"name": "lakedrill", "version": __version__},
            "posture": self.drill.posture,
            "mapping": [effect.document() for effect in self.bench.comparison.reach.effects],
            "primary": _told(self.primary),
            "secondary": _told(self.secondary),
            "narrowed": {"checked": judgement.checked, "expected": judgement.expected} if narrowed else None,
            "scope": decisions.scope(self.bench.comparison.ruled()),
            "ignore": decisions.ignore(self.drill.ignore, self.day, judgement.records),
            "accounting": self.copied.get("accounting"),
            "manual": [*manual.lines(self.primary, CATALOGUE), *self.copied.get("manual", ())],
        }

    def notes(self, judgement: Judgement) -> list[str]:
        """Return what should be known of the operator's decisions: rules and rows that have ended, or have no effect."""
        told = decisions.ignore(self.drill.ignore, self.day, judgement.records)
        whole = judgement.checked == judgement.expected
        return [
            *decisions.idle_rules(decisions.scope(self.bench.comparison.ruled())),
            *decisions.idle_rows(told, whole=whole),
            *idle(self.bench.comparison.reach.effects),
        ]


def _same(file: str, digest: str) -> Snapshot:
    """Open a snapshot that the controller has digested row by row: with the same seal it is the same."""
    snapshot = Snapshot(Path(file), verify=False)
    if snapshot.digest != digest:
        raise UsageError(f"{file}: was replaced while the checks ran; run them again")
    return snapshot


def replace_file(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _order(record: Record) -> tuple[Any, ...]:
    return (record.kind, record.key, -1 if record.pair is None else record.pair, record.aspect)


def _told(snapshot: Snapshot) -> dict[str, Any]:
    told = {name: snapshot.meta[name] for name in ("host", "workspace_id", "started", "ended")}
    return {**told, "digest": snapshot.digest}


def _opened(
    drill: Drill,
    side: Connection,
    progress: Progress,
    *,
    anew: bool,
    needed: bool,
    purpose: str = "",
    other: Snapshot | None = None,
    rows: Mapping | None = None,
) -> Snapshot:
    """Open a side's sealed snapshot; capture it where a new one is asked for, or none is there and none is `needed`."""
    file = drill.snapshot(side.role, purpose)
    keep = needed or (file.exists() and not anew)
    snapshot = Snapshot(file) if keep else _captured(drill, side, file, progress, other, rows or Mapping())
    found = snapshot.meta["workspace_id"]
    if found != side.workspace_id:
        raise UsageError(f"{file}: is of workspace {found}, but {drill.file} names {side.workspace_id} as {side.role}")
    return snapshot


def _captured(
    drill: Drill, side: Connection, file: Path, progress: Progress, other: Snapshot | None, rows: Mapping
) -> Snapshot:
    # Here and not above: workers judge sealed files only, and never load the SDK.
    from lakedrill.inventory.capture import capture  # noqa: PLC0415
    from lakedrill.inventory.values import Values  # noqa: PLC0415
    from lakedrill.inventory.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace(side, drill.user_agent)
    workspace.require_admin()
    known = None if other is None else lambda: other

    def show(kind: str, done: int, total: int) -> None:
        progress(f"{side.role} {kind}", done, total)

    return capture(workspace, file, CATALOGUE, show, other=known, called=rows.translate, values=Values.of(drill))
