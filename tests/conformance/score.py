"""The difference score: every field that a request can set, mutated on the secondary alone, and what is then found."""

from __future__ import annotations

import concurrent.futures
import fnmatch
import itertools
import json
import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml

from fixtures.drift.edits import EDITS, Edit
from fixtures.drift.mutations import Attempt, How, attempts
from fixtures.emulator.server import Emulator, Running
from fixtures.estate import MAPPING, SCOPE, SECRETS, Door, build_specimens, prepare_specimens
from fixtures.estate.client import Client, Refusal
from lakedrill.inventory.capture import capture
from lakedrill.inventory.kind import Catalogue
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import names, values
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.inventory.values import Values
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import Colour, Record
from migrate.copy import mapping
from tests.conformance.settable import Field, fields
from tests.support.workspaces import Ground

EXCUSED = Path(__file__).with_name("excused.yaml")
_MOST_ATTEMPTS = 80
_OF_A_VALUE = (How.CHANGE, How.REMOVE, How.ADD)
_HOWS = {list: (How.REMOVE, How.REORDER), dict: (How.REMOVE, How.ADD)}
"""What can become of a container; its items and fields are paths of their own."""


class Result(StrEnum):
    """What became of a mutation."""

    CAUGHT = "caught"
    MISSED = "missed"
    REFUSED = "refused"
    """The service takes no such request."""
    EXCUSED = "excused"
    NOT_APPLICABLE = "not applicable"
    """There is nothing to add to, or to put in another order."""


@dataclass(frozen=True)
class Mutation:
    """A field of a request, and what becomes of it."""

    edit: Edit
    field: Field
    how: How

    def __str__(self) -> str:
        return f"{self.edit.kind} {self.edit.aspect}: {self.how.value} {self.field.path}"


@dataclass(frozen=True)
class Scored:
    """A mutation, what became of it, and why."""

    mutation: Mutation
    result: Result
    detail: str = ""


@dataclass(frozen=True)
class Excuse:
    """Why a field need not be found: rows of excused.yaml."""

    kind: str
    path: str
    reason: str
    how: tuple[str, ...] = ()

    def fits(self, mutation: Mutation) -> bool:
        """Say whether a mutation is excused by this."""
        return (
            fnmatch.fnmatchcase(mutation.edit.kind, self.kind)
            and fnmatch.fnmatchcase(mutation.field.path.replace("[]", ""), self.path.replace("[]", ""))
            and (not self.how or mutation.how.value in self.how)
        )


@cache
def excuses() -> tuple[Excuse, ...]:
    """Return the rows of excused.yaml."""
    rows = yaml.safe_load(EXCUSED.read_text(encoding="utf-8"))
    return tuple(Excuse(r["kind"], r["path"], r["reason"], tuple(r.get("how", ()))) for r in rows)


def mutations() -> Iterator[Mutation]:
    """Yield every mutation of every field of every kind."""
    for edit in EDITS:
        for field in fields(edit.method):
            if edit.aspect != "permissions" and field.path.startswith("access_control_list"):
                continue  # the same as permissions.set
            for how in _HOWS.get(field.type, _OF_A_VALUE):
                yield Mutation(edit, field, how)


class Range:
    """Two workspaces of specimens after a copy, and the bench on which the secondary is changed. A context manager."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        self.catalogue = catalogue

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            running = stack.enter_context(Running(Emulator(federated=False)))
            build_specimens(Door.of(running, "primary"))
            prepare_specimens(Door.of(running, "secondary"))
            settings = {"mapping": list(MAPPING), "scope": list(SCOPE), "secrets": SECRETS}
            ground = Ground(running, folder, settings)
            report = ground.copy(publish=True)
            assert not report.failures, report.failures
            self.drill = ground.drill
            self.values = Values.of(self.drill)
            self.snapshots = folder
            self.app = running.emulator.apps["secondary"]
            self.client = stack.enter_context(Client(Door.of(running, "secondary")))
            self.primary = stack.enter_context(
                capture(Workspace(self.drill.primary), folder / "of-primary.snapshot", CATALOGUE, values=self.values)
            )
            self.workspace = Workspace(self.drill.secondary)
            self.clean = stack.enter_context(self.capture("clean"))
            self.bodies = {edit: self._bodies(edit) for edit in EDITS}
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def capture(self, name: str = "now") -> Snapshot:
        """Capture the secondary as it is now."""
        self.workspace.forget()
        file = self.snapshots / f"{name}.snapshot"
        return capture(self.workspace, file, CATALOGUE, other=lambda: self.primary, values=self.values)

    def findings(self, secondary: Snapshot) -> list[Record]:
        """Return what a comparison with the primary counts as a finding."""
        comparison = Comparison(self.primary, secondary, self.catalogue, mapping=mapping(self.drill))
        records = [comparison.judge(each, aspect) for each in comparison.pairs for aspect in comparison.aspects(each)]
        return [r for r in records if r.outcome.colour is not Colour.GREEN and r.counted]

    def score(self, mutation: Mutation) -> Scored:
        """Carry out a mutation on the secondary, judge, and undo it."""
        if mutation.field.path == mutation.edit.key:
            return Scored(mutation, Result.EXCUSED, self._excuse(mutation))
        refused = unmoved = ""
        tried = self._attempts(mutation)
        for attempt in itertools.islice(tried, _MOST_ATTEMPTS):
            try:
                mutation.edit.write(self.client, attempt.key, attempt.body)
            except Refusal as refusal:
                refused = str(refusal)
                continue
            if self._is_as_before(mutation.edit, attempt.key):
                unmoved = "the service takes it and nothing is changed"
                continue
            try:
                with self.capture() as secondary:
                    found = self.findings(secondary)
            finally:
                self._undo(mutation.edit, attempt.key)
            return self._judged(mutation, attempt, found)
        excuse = self._excuse(mutation)
        if excuse:
            return Scored(mutation, Result.EXCUSED, excuse)
        if refused:
            return Scored(mutation, Result.REFUSED, refused)
        if unmoved:
            return Scored(mutation, Result.MISSED, unmoved)
        possible = mutation.how in (How.ADD, How.REORDER)
        return Scored(mutation, Result.NOT_APPLICABLE if possible else Result.MISSED, "no object has it")

    def _attempts(self, mutation: Mutation) -> Iterator[Attempt]:
        choices = [*self._targets(mutation), *mutation.field.choices]
        return attempts(self.bodies[mutation.edit], mutation.field.path, mutation.how, choices)

    def _targets(self, mutation: Mutation) -> list[Any]:
        """Return what a reference may be moved to, by id: first the objects that share their key with another."""
        path = mutation.edit.place(mutation.field.path)
        shapes = CATALOGUE[mutation.edit.kind].shapes.values()
        kinds = {name for s in shapes for r in s.references if r.path == path and r.by == "id" for name in r.kinds}
        found = [
            (each.id, next(values(self.clean.document(each.n), CATALOGUE[name].identity.path), ""))
            for name in kinds & set(CATALOGUE.by_name)
            for each in self.clean.objects(name)
        ]
        counts = Counter(key for _, key in found)
        ids = [key for key, _ in sorted(found, key=lambda target: -counts[target[1]])]
        return [int(key) for key in ids] if mutation.field.type is int else ids

    def _judged(self, mutation: Mutation, attempt: Attempt, found: list[Record]) -> Scored:
        aspects = mutation.edit.found_in(mutation.field.path)
        counts = sorted((r.kind, r.aspect, r.outcome.value) for r in found)
        expected = [[(mutation.edit.kind, aspect, outcome) for aspect in aspects] for outcome in ("different", "extra")]
        renamed = [(mutation.edit.kind, "inventory", outcome) for outcome in ("extra", "missing")]
        if mutation.field.path in mutation.edit.moves:
            expected += [expected[0] * number for number in range(2, len(found) + 1)]
        if counts in (*expected, renamed):
            return Scored(mutation, Result.CAUGHT)
        if excuse := self._excuse(mutation):
            return Scored(mutation, Result.EXCUSED, excuse)
        told = "; ".join(
            f"{r.kind}:{r.key} {r.aspect} {r.outcome.value} {[d.path for d in r.differences][:4]}" for r in found
        )
        return Scored(mutation, Result.MISSED, f"{attempt.key}: {told or 'no finding'}")

    def _excuse(self, mutation: Mutation) -> str:
        return next((excuse.reason for excuse in excuses() if excuse.fits(mutation)), "")

    def _bodies(self, edit: Edit) -> dict[str, dict[str, Any]]:
        """Return the objects that an edit is about as requests, the fullest first."""
        found = [(each.id, self._body(edit, each.n, each.id)) for each in self.clean.objects(edit.kind)]
        return dict(sorted(found, key=lambda body: -len(json.dumps(body[1]))))

    def _body(self, edit: Edit, n: int, key: str) -> dict[str, Any]:
        return edit.read(self.client, key, self.clean.document(n))

    def _is_as_before(self, edit: Edit, key: str) -> bool:
        return self._now(edit, key) == self.bodies[edit][key]

    def _now(self, edit: Edit, key: str) -> dict[str, Any]:
        found = next(each for each in self.clean.objects(edit.kind) if each.id == key)
        return self._body(edit, found.n, key)

    def _undo(self, edit: Edit, key: str) -> None:
        edit.write(self.client, key, self.bodies[edit][key])
        now = self._now(edit, key)
        assert now == self.bodies[edit][key], (
            f"{edit.kind} {key} can't be put back: {_apart(now, self.bodies[edit][key])}"
        )


def _apart(now: dict[str, Any], before: dict[str, Any]) -> set[str]:
    return {name for name in (*now, *before) if now.get(name) != before.get(name)} or names(now) ^ names(before)


def share(part: int, parts: int, wanted: Sequence[int]) -> list[tuple[int, str, str]]:
    """Score every so manieth of the wanted mutations, in a process of its own: number, result and detail of each."""
    known = list(mutations())
    with Range() as bench:
        found = [(number, bench.score(known[number])) for number in wanted[part::parts]]
    return [(number, each.result.value, each.detail) for number, each in found]


def scored(wanted: Sequence[int], processes: int) -> list[Scored]:
    """Score mutations by their numbers, in several processes."""
    known = list(mutations())
    with concurrent.futures.ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        parts = [pool.submit(share, part, processes, wanted) for part in range(processes)]
        found = sorted(row for part in parts for row in part.result())
    return [Scored(known[number], Result(result), detail) for number, result, detail in found]
