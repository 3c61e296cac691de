"""What the laws are judged on: every kind of the catalogue, in every identity mode, over sample estates that were copied."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.app import Entry
from fixtures.emulator.server import Emulator, Running
from fixtures.estate import SMALL, mounts
from lakedrill.inventory.drill import load
from lakedrill.inventory.kind import Kind
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.scope import Mode, Rule
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.mapping import Mapping
from lakedrill.parity.outcome import Colour, Record
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.scope import Scope
from migrate.copy import mapping
from tests.support.land import Land

TINY = "tiny"
"""The small estate's own things without its made-up ones: what the laws that are quick are judged on each time."""
MODES = ("federated", "local", "federated-same-ids", "local-same-ids")
"""Where principals live, and whether both workspaces hand out the same ids."""
ROLES = ("primary", "secondary")
OWN = Rule(Mode(mounts.RULE["mode"]), mounts.RULE["kind"], mounts.RULE["key"], reason=mounts.RULE["reason"])
"""The rule of every estate's drill.yaml for what is the secondary's own."""
VERBS = (
    ("snapshot", "snapshot"),
    ("first plan", "plan"),
    ("copy", "migrate", "--publish"),
    ("second copy", "migrate"),
    ("check", "check"),
    ("check of both", "check", "--primary-live"),
    ("plan", "plan"),
)
"""What is done to every estate: the name of a run, and its command line."""


def over_kinds(*modes: str, kinds: Iterable[Kind] = CATALOGUE.kinds) -> pytest.MarkDecorator:
    """Run a test once a kind and mode: `test_it[jobs-federated]`. All but those of TINY are slow."""
    return pytest.mark.parametrize(
        ("kind", "mode"),
        [pytest.param(kind, mode, id=f"{kind.name}-{mode}", marks=marks(mode)) for kind in kinds for mode in modes],
    )


def over(name: str, *values: str) -> pytest.MarkDecorator:
    """Run a test that is about no kind once a value and mode."""
    return pytest.mark.parametrize(
        (name, "mode"),
        [pytest.param(value, mode, id=f"{value}-{mode}", marks=marks(mode)) for value in values for mode in MODES],
    )


def marks(mode: str) -> tuple[pytest.MarkDecorator, ...]:
    """Return what keeps a mode's tests out of the quick suite."""
    return () if mode == TINY else (pytest.mark.slow,)


def emulator_of(mode: str) -> Emulator:
    """Return an emulator in a mode."""
    return Emulator(federated=not mode.startswith("local"), same_ids=mode.endswith("same-ids"))


@dataclass
class Run:
    """What one verb did."""

    code: int
    requests: dict[str, list[Entry]]
    """By workspace."""
    before: dict[str, str]
    after: dict[str, str]
    """The digest of each workspace."""


@dataclass
class Copied:
    """A sample estate after its copy. Tests share it: they change neither workspace and leave its folder as it is."""

    land: Land
    runs: dict[str, Run] = field(default_factory=dict)
    purpose: str = "plan"
    """Whose snapshots tell what the copy left: a later plan's, or a later copy's where it is empty."""

    def run(self, name: str, verb: str, *args: str) -> None:
        """Run a verb and keep what it did under a name."""
        since = {role: len(self.land.log(role)) for role in ROLES}
        before = {role: self.land.digest(role) for role in ROLES}
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = self.land.run(verb, *args)
        requests = {role: self.land.log(role)[since[role] :] for role in ROLES}
        after = {role: self.land.digest(role) for role in ROLES}
        self.runs[name] = Run(code, requests, before, after)

    @cached_property
    def primary(self) -> Snapshot:
        """The primary as it was after the copy."""
        return Snapshot(load(self.land.file).snapshot("primary", self.purpose))

    @cached_property
    def secondary(self) -> Snapshot:
        """The secondary as it was after the copy."""
        return Snapshot(load(self.land.file).snapshot("secondary", self.purpose))

    @cached_property
    def mapping(self) -> Mapping:
        return mapping(load(self.land.file))

    @cached_property
    def comparison(self) -> Comparison:
        return self.compared(self.primary, self.secondary)

    def compared(self, primary: Snapshot, secondary: Snapshot) -> Comparison:
        """Return two snapshots side by side, as a check of this drill would."""
        return Comparison(primary, secondary, CATALOGUE, mapping=self.mapping, scope=Scope([OWN]))

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """The steps of the second plan."""
        found: list[dict[str, Any]] = json.loads((self.land.home / "plan.json").read_text())["steps"]
        return found

    @cached_property
    def ids(self) -> dict[tuple[str, str], str]:
        """What the copier says it made of what: kind and the primary's id → the secondary's id."""
        with (self.land.home / "id-map.csv").open(newline="", encoding="utf-8") as stream:
            return {(row["kind"], row["primary_id"]): row["secondary_id"] for row in csv.DictReader(stream)}

    def pairs(self, kind: Kind, *, own: bool = True) -> list[Pair]:
        """Return the pairs of a kind, with `own` those that no workspace has by itself. Fails where there is none."""
        side = self.comparison.primary
        found = [
            each
            for each in self.comparison.pairs
            if each.kind == kind.name and not (own and each.primary is not None and side.is_builtin(kind, each.primary))
        ]
        if not any(each.primary is not None for each in found):
            pytest.fail(f"the sample estate holds no {kind.name}: add some to fixtures/estate", pytrace=False)
        return found


class Copies(dict[str, Copied]):
    """The copied estates of a session, by mode, each made when it is first asked for."""

    def __init__(self, tiny: Callable[[], Land], folder: Callable[[str], Path], stack: contextlib.ExitStack) -> None:
        super().__init__()
        self._tiny = tiny
        self._folder = folder
        self._stack = stack

    def __missing__(self, mode: str) -> Copied:
        self[mode] = self._of_tiny() if mode == TINY else self._of(mode)
        return self[mode]

    def _of_tiny(self) -> Copied:
        tiny = self._tiny()
        folder = self._folder(TINY) / "drill"
        shutil.copytree(tiny.folder, folder)
        copied = Copied(Land(tiny.running, folder))
        copied.run("plan", "plan")
        return copied

    def _of(self, mode: str) -> Copied:
        running = self._stack.enter_context(Running(emulator_of(mode)))
        copied = Copied(Land(running, self._folder(mode)).write().fill(SMALL))
        for name, verb, *args in VERBS:
            copied.run(name, verb, *args)
        unknown = {f"{e.method} {e.path}" for role in ROLES for e in copied.land.log(role) if not e.known}
        if unknown:
            pytest.fail(f"the emulator has no route for {', '.join(sorted(unknown))}", pytrace=False)
        return copied


def judged(comparison: Comparison, pairs: Iterable[Pair]) -> list[Record]:
    """Return the judgements of all aspects of some pairs."""
    return [comparison.judge(each, aspect) for each in pairs for aspect in comparison.aspects(each)]


def alarms(comparison: Comparison, pairs: Iterable[Pair] | None = None) -> list[Record]:
    """Return the judgements that are not green, of all pairs unless some are named."""
    records = judged(comparison, comparison.pairs if pairs is None else pairs)
    return [record for record in records if record.outcome.colour is not Colour.GREEN]


def counted(comparison: Comparison) -> set[tuple[str, str, str, str]]:
    """Return the findings that count: kind, key, aspect, outcome."""
    return {(r.kind, r.key, r.aspect, r.outcome.value) for r in alarms(comparison) if r.counted}


def pointing() -> list[Kind]:
    """Return the kinds that point at kinds which are known."""
    return [
        kind
        for kind in CATALOGUE.kinds
        if any(set(r.kinds) & CATALOGUE.by_name.keys() for s in kind.shapes.values() for r in s.references)
    ]


def is_whole(each: Pair) -> bool:
    """Say whether both ends of a pair are there."""
    return each.fate is Fate.PAIRED
