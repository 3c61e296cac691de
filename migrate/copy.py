"""A copy from end to end: capture both sides, plan, apply, and write down what became of it."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lakedrill.inventory import manual as manuals
from lakedrill.inventory.capture import capture, side_by_side
from lakedrill.inventory.drill import Drill, means, require_globs
from lakedrill.inventory.errors import Unproven, UsageError
from lakedrill.inventory.ignore import today
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.progress import Progress, silent
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.inventory.values import Values
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity import decisions
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.mapping import Mapping, MappingError
from lakedrill.parity.outcome import Outcome
from lakedrill.parity.pairing import Pair
from lakedrill.parity.reach import Effect
from lakedrill.parity.scope import Scope
from lakedrill.parity.table import mapping, refused
from migrate import files, forecast, guard, plan
from migrate.accounting import Account, accounts, documents
from migrate.alone import Alone
from migrate.apply import Applier
from migrate.files import write_json
from migrate.forecast import Forecast
from migrate.journal import Journal
from migrate.lock import Lock
from migrate.pairs import remembered
from migrate.prune import AT_MOST, Pruning, Shown, section_of, shown_before
from migrate.step import Action, Asked, Done, Step, by_hand, document, is_asked, is_due, manual
from migrate.takes import refuse_vain
from migrate.target import Target
from migrate.values import Supply

PLAN, JOURNAL, COPY = "plan.json", "journal.jsonl", "copy.json"
FORMAT = 1
"""Of copy.json."""


@dataclass(frozen=True)
class Choices:
    """What the command line says of one copy."""

    only: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    rename: bool = False
    into_live: int | None = None
    from_snapshot: bool = False
    """Copy from the sealed snapshot in the drill's folder: the primary may be gone."""
    takes: tuple[tuple[str, str], ...] = ()
    """Answers to conflicts: the side whose version is taken, and a glob over `kind:key`."""
    prune: bool = False
    """Delete what is extra."""
    prune_at_most: int = AT_MOST
    wait: float = 0.0
    """Seconds to wait for another run that writes to the secondary."""
    publish: bool = False
    """Publish what the primary has published, without its publisher's credentials."""

    @property
    def asked(self) -> Asked:
        """What is only done when asked for."""
        return Asked(self.replace, self.rename, self.takes, self.publish)


@dataclass
class Report:
    """What a copy came to."""

    steps: list[Step]
    done: list[Done] = field(default_factory=list)
    asked: Asked = field(default_factory=Asked)
    notes: list[str] = field(default_factory=list)
    """What a copy of this drill does not carry."""
    unread: tuple[str, ...] = ()
    """Listings that failed, as text: what they would have shown has no step."""
    scope: decisions.Told = field(default_factory=list)
    """The rules of the scope with the number of objects under each."""
    decided: tuple[str, ...] = ()
    """What to say of the operator's decisions: rules that mean nothing, rows that have ended."""
    accounts: dict[str, Account] = field(default_factory=dict)
    """What became of every object of the primary, by kind."""
    beyond: tuple[dict[str, Any], ...] = ()
    """What no API gives, of what the primary holds."""
    effects: tuple[Effect, ...] = ()
    """What each row of the mapping changes."""

    @property
    def manual(self) -> list[str]:
        """What somebody has to do by hand."""
        return manual(self.steps)

    @property
    def failures(self) -> list[tuple[Step, str]]:
        """Steps that were not carried out, or will not be, with the reason."""
        left = (Action.BLOCKED, Action.CONFLICT)
        stuck = [(s, s.reason) for s in self.steps if s.action in left or s.left or not is_asked(s, self.asked)]
        return stuck + [(d.step, d.reason) for d in self.done if d.reason]

    @property
    def exit_code(self) -> int:
        """0: done; 1: something failed, was blocked or is in conflict; 2: nothing of that, but something was unreadable."""
        if any(not step.unread for step, _ in self.failures):
            return 1
        return 2 if self.failures or self.unread else 0


@contextmanager
def planned(
    drill: Drill,
    choices: Choices,
    *,
    write: bool,
    progress: Progress = silent,
    first: Callable[[Workspace], None] = lambda _target: None,
) -> Iterator[tuple[Comparison, list[Step], Workspace, Journal]]:
    """Capture both sides and make the plan. With `write` the target is opened for writing and proven to stand by.

    `first` is handed the target before anything of it is captured.
    """
    for option, globs in (
        ("--only", choices.only),
        ("--replace", choices.replace),
        *((f"--take {side}", (glob,)) for side, glob in choices.takes),
    ):
        require_globs(option, globs)
    rows = mapping(drill)
    shown = _shown(drill) if write and choices.prune else None
    opened = Target if write else Workspace
    target = opened(drill.secondary, drill.user_agent)
    target.require_admin()
    first(target)
    primary, secondary = _sides(drill, rows, choices, target, "" if write else "plan", progress)
    with primary, secondary:
        must_see = {"primary": drill.must_see["primary"]}  # what the secondary lacks a copy brings
        compare = partial(compared, drill, primary, secondary, rows, publish=choices.publish)
        comparison = compare(must_see=must_see)
        _require_sight(comparison)
        if write:
            guard.require_standby(target, comparison, choices.into_live)
        with Journal(drill.folder / JOURNAL, drill.secondary.workspace_id, mend=write) as journal:
            pairs = remembered(comparison, journal)
            if pairs != comparison.pairs:
                reach = comparison.reach
                comparison = compare(pairs=pairs)
                comparison.reach = reach
            asked = choices.asked
            steps = plan.make(comparison, drill, journal, target, asked, live=not choices.from_snapshot)
            _refuse_vain("--only", choices.only, steps)
            _refuse_vain("--replace", choices.replace, steps)
            steps = [step for step in steps if _is_meant(step, choices.only)]
            refuse_vain(choices.takes, steps)
            section = section_of(drill.folder / PLAN)
            if choices.prune:
                pruning = Pruning(comparison, target, journal, asked, at_most=choices.prune_at_most, shown=shown)
                steps = pruning.planned(steps)
                section = section if write else pruning.section(steps)
            found = document(steps, _about(reported(comparison, drill, choices, steps), drill))
            write_json(drill.folder / PLAN, found if section is None else {**found, "prune": section})
            yield comparison, steps, target, journal


def reported(comparison: Comparison, drill: Drill, choices: Choices, steps: list[Step]) -> Report:
    """Return what a plan comes to, as if it were carried out."""
    told = decisions.scope(comparison.ruled())
    found = Report(
        steps,
        asked=choices.asked,
        notes=notes(drill, steps),
        unread=unread(comparison, choices),
        scope=told,
        decided=(*decisions.idle_rules(told), *decisions.idle_rows(_ignored(drill), whole=False)),
        effects=comparison.reach.effects,
        beyond=tuple(manuals.lines(comparison.primary.snapshot, CATALOGUE)),
    )
    found.accounts = accounts(comparison, steps, found.failures, choices.asked)
    return found


def _ignored(drill: Drill) -> decisions.Told:
    """Return the rows of `ignore`; in how many judgements they count only a check can tell."""
    told = decisions.ignore(drill.ignore, today(), ())
    return [{name: value for name, value in row.items() if name != "judgements"} for row in told]


def _about(report: Report, drill: Drill) -> dict[str, Any]:
    """Return what plan.json says beside its steps."""
    return {
        "mapping": [effect.document() for effect in report.effects],
        "scope": report.scope,
        "ignore": _ignored(drill),
        "accounting": documents(report.accounts),
        "manual": [*report.beyond, *by_hand(report.steps)],
        "unread": list(report.unread),
    }


def compared(
    drill: Drill,
    primary: Snapshot,
    secondary: Snapshot,
    rows: Mapping,
    *,
    pairs: list[Pair] | None = None,
    must_see: dict[str, tuple[str, ...]] | None = None,
    publish: bool = False,
) -> Comparison:
    """Return two snapshots side by side, as the drill says that they are to be compared.

    Raises UsageError for an estate that can't be mapped so.
    """
    try:
        return Comparison(
            primary,
            secondary,
            CATALOGUE,
            mapping=rows,
            stance=drill.posture,
            pairs=pairs,
            must_see=must_see,
            scope=Scope(drill.scope, drill.kinds),
            ignore=drill.ignored_on(today()),
            publish=publish,
        )
    except MappingError as error:
        raise refused(drill.file, error) from None


def _sides(
    drill: Drill, rows: Mapping, choices: Choices, target: Workspace, purpose: str, progress: Progress
) -> tuple[Snapshot, Snapshot]:
    """Read both sides at the same time, or the secondary beside the snapshot that is there already."""
    values = Values.of(drill)

    def read_secondary(show: Progress, other: Callable[[], Snapshot]) -> Snapshot:
        file, called = drill.snapshot("secondary", purpose), rows.translate
        return capture(target, file, CATALOGUE, show, other, called=called, values=values)

    if choices.from_snapshot:
        primary = Snapshot(drill.snapshot("primary"))
        found = primary.meta["workspace_id"]
        if found != drill.primary.workspace_id:
            raise UsageError(
                f"{primary.path}: is of workspace {found}, but drill.yaml names {drill.primary.workspace_id}"
            )
        return primary, read_secondary(progress, lambda: primary)
    workspace = Workspace(drill.primary, drill.user_agent)
    workspace.require_admin()
    file, carry = drill.snapshot("primary", purpose), plan.carried(drill)
    return side_by_side(
        lambda show: capture(workspace, file, CATALOGUE, show, carry=carry, values=values), read_secondary, progress
    )


def _require_sight(comparison: Comparison) -> None:
    """Raise Unproven where a caller may have seen only a part: what it did not see would be left out, or made twice."""
    for role, reason in comparison.blind.items():
        side = comparison.primary if role == "primary" else comparison.secondary
        raise Unproven(f"{role} ({side.snapshot.meta['host']}): {reason}. Nothing was written")


def copy(
    drill: Drill,
    choices: Choices,
    progress: Progress = silent,
    applying: Progress = silent,
    tell: Callable[[str], None] = lambda _line: None,
    expect: Callable[[Forecast], None] = lambda _forecast: None,
) -> Report:
    """Copy the primary to the secondary; write plan.json, copy.json and what `files` tells of into the drill's folder.

    `tell` is told, before anything is written, what has to be done by hand and what is not carried; `expect`, how long it
    will take.
    """
    until = time.monotonic() + choices.wait
    with ExitStack() as stack:
        alone = stack.enter_context(Alone(drill.folder, until))
        lock = Lock(drill.id, alone, until, tell)
        found = planned(drill, choices, write=True, progress=progress, first=lock.look)
        comparison, steps, target, journal = stack.enter_context(found)
        if not isinstance(target, Target):
            raise TypeError("a copy needs a target that is open for writing")
        asked = choices.asked
        report = reported(comparison, drill, choices, steps)
        for line in (*report.manual, *report.notes):
            tell(line)
        expect(forecast.of_copy(comparison, steps, asked, target))
        target.told = journal.sent
        supply = stack.enter_context(Supply(drill))
        applier = Applier(comparison, target, journal, applying, carried=bool(plan.carried(drill)), supply=supply)
        due = lock.left_behind or any(is_due(step, asked) for step in steps)
        try:
            with lock.held(target) if due else nullcontext():
                report.done = applier.run(steps, asked)
        finally:
            files.write(drill.folder, comparison, applier.ids)
        report.accounts = accounts(comparison, steps, report.failures, asked)
        said = {"accounting": documents(report.accounts), "manual": by_hand(steps)}
        write_json(drill.folder / COPY, {"format": FORMAT, "primary": comparison.primary.snapshot.digest, **said})
    return report


def notes(drill: Drill, steps: list[Step]) -> list[str]:
    """Return what a copy leaves behind by the operator's choice."""
    written = sum(s.kind == "notebooks" and s.facet is Facet.CONTENT and s.action.writes for s in steps)
    if not written or plan.carried(drill):
        return []
    line = f"{written} notebooks are copied as source, without outputs, widget values and dashboards"
    return [f"{line}; `notebooks: jupyter` in drill.yaml carries outputs"]


def unread(comparison: Comparison, choices: Choices) -> tuple[str, ...]:
    """Return the listings of either side that failed, of the kinds that the copy is about."""
    asked = [glob.partition(":")[0] for glob in choices.only] or ["*"]
    found = [
        comparison.judge_listing(role, kind.name)
        for kind in comparison.catalogue.kinds
        for role in ("primary", "secondary")
        if comparison.scope.judges(kind.name) and any(fnmatch.fnmatchcase(kind.name, glob) for glob in asked)
    ]
    return tuple(f"{r.kind} of the {r.key}: {r.reason}" for r in found if r.outcome is Outcome.UNVERIFIABLE)


def _shown(drill: Drill) -> Shown:
    """Return what may be deleted. Raises UsageError where nothing was shown yet."""
    found = shown_before(drill.folder / PLAN, drill.secondary.workspace_id)
    if found is None:
        raise UsageError(
            "--prune: nothing was shown yet; run `lakedrill plan --prune` first and read what it would delete"
        )
    return found


def _is_meant(step: Step, only: tuple[str, ...]) -> bool:
    return not only or any(means(glob, step.kind, step.key) for glob in only)


def _refuse_vain(option: str, globs: tuple[str, ...], steps: list[Step]) -> None:
    """Raise UsageError for a glob that means no object of either side."""
    for glob in globs:
        if not any(means(glob, step.kind, step.key) for step in steps):
            raise UsageError(f"{option}={glob}: means no object of either workspace")
