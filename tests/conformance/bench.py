"""The bench of the difference score: the secondary is changed, both workspaces are compared anew, and the change is undone."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import multiprocessing
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from fixtures.drift.edit import Edit
from fixtures.drift.edits import EDITS
from fixtures.drift.mutations import Attempt, How, attempts
from fixtures.emulator.server import Emulator, Running
from fixtures.estate import APPLY, FROM, MAPPING, MOUNTS, SCOPE, SECRETS, Door, build_specimens, prepare_specimens
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
from lakedrill.parity.scope import Scope
from migrate.copy import mapping
from tests.conformance.score import Mutation, Result, Scored, excuse_of, mutations
from tests.support.laws import OWN
from tests.support.workspaces import Ground

Target = tuple[str, str]
"""The kind and the id of an object on the secondary."""

_PIPELINES = "/api/2.0/pipelines"
_MOST_ATTEMPTS = 80
_AT_ONCE, _LOOKED_AT = 80, 400
"""Changes that share a comparison, and mutations that are tried to find as many."""
_FULLEST, _OF_EACH = 4, 8
"""Most mutations are those of jobs with every task and of pipelines; an object takes one at a time, so there are more such."""
_MANY = {
    "jobs.create": ("/api/2.2/jobs/list", {"limit": 100}, "jobs", "job_id", "/api/2.2/jobs/create"),
    "pipelines.create": (_PIPELINES, {"max_results": 100}, "statuses", "pipeline_id", _PIPELINES),
}
"""How those are listed and made: address, query, list and id of the listing, and the address that makes one."""


@dataclass(frozen=True)
class Made:
    """A mutation that was carried out, and how."""

    mutation: Mutation
    attempt: Attempt

    @property
    def target(self) -> Target:
        return self.mutation.edit.kind, self.attempt.key


class Range:
    """Two workspaces of specimens after a copy, and the bench on which the secondary is changed. A context manager."""

    def __init__(self, catalogue: Catalogue = CATALOGUE, more: int = 0) -> None:
        self.catalogue = catalogue
        self._more = more

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            running = stack.enter_context(Running(Emulator(federated=False)))
            build_specimens(Door.of(running, "primary"))
            added = _add(Door.of(running, "primary"), self._more)
            prepare_specimens(Door.of(running, "secondary"))
            settings = {
                "mapping": list(MAPPING),
                "scope": list(SCOPE),
                "secrets": SECRETS,
                "mounts": MOUNTS,
                "apply": list(APPLY),
                "from": FROM,
                "adopt": ["token_permissions:*"],
            }
            ground = Ground(running, folder, settings)
            report = ground.copy(publish=True)
            assert not report.failures, report.failures
            self.drill = ground.drill
            self.values = Values.of(self.drill)
            self.snapshots = folder
            self.client = stack.enter_context(Client(Door.of(running, "secondary")))
            self.primary = stack.enter_context(
                capture(Workspace(self.drill.primary), folder / "of-primary.snapshot", CATALOGUE, values=self.values)
            )
            self.workspace = Workspace(self.drill.secondary)
            self.clean = stack.enter_context(self.capture("clean"))
            assert not self.findings(self.clean)
            pairs = self._comparison(self.clean).pairs
            self._copies = {each.primary: self.clean.id_of(each.secondary) for each in pairs if each.secondary}
            self._own = {each.secondary for each in pairs if each.primary is None}
            self.bodies = {edit: self._bodies(edit) for edit in EDITS}
            many = [bodies for edit, bodies in self.bodies.items() if edit.method in _MANY]
            self._further = {
                key: next(other for other, like in bodies.items() if like["name"] == added[body["name"]])
                for bodies in many
                for key, body in bodies.items()
                if body["name"] in added
            }
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def capture(self, name: str = "now") -> Snapshot:
        """Capture the secondary as it is now."""
        self.workspace.forget()
        file = self.snapshots / f"{name}.snapshot"
        return capture(self.workspace, file, CATALOGUE, other=lambda: self.primary, values=self.values)

    def findings(self, secondary: Snapshot) -> dict[Target, list[Record]]:
        """Return what a comparison with the primary counts as a finding, by the object that it is of."""
        comparison = self._comparison(secondary)
        found: dict[Target, list[Record]] = defaultdict(list)
        for each in comparison.pairs:
            records = [comparison.judge(each, aspect) for aspect in comparison.aspects(each)]
            told = [r for r in records if r.outcome.colour is not Colour.GREEN and r.counted]
            if told:
                at = self._copies[each.primary] if each.secondary is None else secondary.id_of(each.secondary)
                found[each.kind, at] += told
        return found

    def _comparison(self, secondary: Snapshot) -> Comparison:
        return Comparison(self.primary, secondary, self.catalogue, mapping=mapping(self.drill), scope=Scope([OWN]))

    def score(self, mutation: Mutation) -> Scored:
        """Carry out a mutation on the secondary, judge, and undo it."""
        (scored,) = self.score_all([mutation])
        return scored

    def score_all(self, wanted: Iterable[Mutation]) -> Iterator[Scored]:
        """Score mutations, those of different objects at once; in whatever order.

        Only what is plainly right shares a comparison with others: whatever else is told is looked at alone.
        """
        waiting = deque(wanted)
        while waiting:
            made: list[Made] = []
            put_off: list[Mutation] = []
            for _ in range(min(_LOOKED_AT, len(waiting))):
                mutation = waiting.popleft()
                found = self._carry_out(mutation, {each.target for each in made})
                if isinstance(found, Scored):
                    yield found
                elif found:
                    made.append(found)
                else:
                    put_off.append(mutation)
                if len(made) == _AT_ONCE:
                    break
            waiting.extendleft(reversed(put_off))
            if made:
                yield from self._judge(made)

    def _carry_out(self, mutation: Mutation, taken: AbstractSet[Target]) -> Made | Scored | None:
        """Change an object that is not taken; None where others are and it can't be done, or would not be found for sure."""
        excuse = excuse_of(mutation)
        refused = unmoved = ""
        kind = mutation.edit.kind
        busy = {key for other, key in taken if other == kind}
        tried = self._attempts(mutation, busy or self._further.keys())
        if busy and excuse:
            tried = self._alike(mutation, tried)
        for attempt in itertools.islice(tried, _MOST_ATTEMPTS):
            try:
                mutation.edit.write(self.client, attempt.key, attempt.body)
            except Refusal as refusal:
                refused = str(refusal)
                continue
            if not self._is_as_before(mutation.edit, attempt.key):
                return Made(mutation, attempt)
            unmoved = "the service takes it and nothing is changed"
        if busy or (taken and (refused or unmoved)):
            return None
        if excuse:
            return Scored(mutation, Result.EXCUSED, excuse)
        if refused:
            return Scored(mutation, Result.REFUSED, refused)
        if unmoved:
            return Scored(mutation, Result.MISSED, unmoved)
        possible = mutation.how in (How.ADD, How.REORDER)
        return Scored(mutation, Result.NOT_APPLICABLE if possible else Result.MISSED, "no object has it")

    def _judge(self, made: Sequence[Made]) -> Iterator[Scored]:
        """Judge what is changed, and undo it. Where something else is told as well, halves are judged anew."""
        try:
            with self.capture() as secondary:
                found = self.findings(secondary)
        finally:
            self._undo(made)
        if len(made) == 1:
            yield _judged(made[0], [record for records in found.values() for record in records])
        elif found.keys() <= {each.target for each in made}:
            for each in made:
                told = found.get(each.target, [])
                scored = _judged(each, told)
                is_plain = scored.result is Result.CAUGHT or (scored.result is Result.EXCUSED and not told)
                yield scored if is_plain else self.score(each.mutation)
        else:
            half = len(made) // 2
            for part in (made[:half], made[half:]):
                for each in part:
                    each.mutation.edit.write(self.client, each.attempt.key, each.attempt.body)
                yield from self._judge(part)

    def _attempts(self, mutation: Mutation, busy: AbstractSet[str]) -> Iterator[Attempt]:
        choices = [*self._targets(mutation), *mutation.field.choices]
        return attempts(self.bodies[mutation.edit], mutation.field.path, mutation.how, choices, busy)

    def _alike(self, mutation: Mutation, tried: Iterator[Attempt]) -> Iterator[Attempt]:
        """Yield the first attempt if it is of an object just like the one that is taken where none is busy."""
        plain = next(self._attempts(mutation, self._further.keys()), None)
        first = next(tried, None)
        if plain and first and self._further.get(first.key, first.key) == plain.key:
            yield first

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

    def _bodies(self, edit: Edit) -> dict[str, dict[str, Any]]:
        """Return the objects that an edit is about as requests, the fullest first; but for the secondary's own."""
        copied = [each for each in self.clean.objects(edit.kind) if each.n not in self._own]
        found = [(each.id, self._body(edit, each.n, each.id)) for each in copied]
        return dict(sorted(found, key=lambda body: -len(json.dumps(body[1]))))

    def _body(self, edit: Edit, n: int, key: str) -> dict[str, Any]:
        return edit.read(self.client, key, self.clean.document(n))

    def _is_as_before(self, edit: Edit, key: str) -> bool:
        return self._now(edit, key) == self.bodies[edit][key]

    def _now(self, edit: Edit, key: str) -> dict[str, Any]:
        found = next(each for each in self.clean.objects(edit.kind) if each.id == key)
        return self._body(edit, found.n, key)

    def _undo(self, made: Sequence[Made]) -> None:
        """Put everything back, and see that it is: what needs another to be back is tried again after it."""
        refused = [each for each in reversed(made) if not self._is_put_back(each)]
        for each in refused:
            self._put_back(each)
        for each in made:
            before, now = (
                self.bodies[each.mutation.edit][each.attempt.key],
                self._now(each.mutation.edit, each.attempt.key),
            )
            assert now == before, f"{each.target} can't be put back: {_apart(now, before)}"

    def _is_put_back(self, made: Made) -> bool:
        try:
            self._put_back(made)
        except Refusal:
            return False
        return True

    def _put_back(self, made: Made) -> None:
        edit, key = made.mutation.edit, made.attempt.key
        edit.write(self.client, key, self.bodies[edit][key])


def _add(door: Door, times: int) -> dict[str, str]:
    """Make the fullest jobs and pipelines so many times more, under other names; return whose copy each of these is."""
    added: dict[str, str] = {}
    with Client(door) as client:
        for edit in (edit for edit in EDITS if edit.method in _MANY):
            path, query, listed, key, create = _MANY[edit.method]
            ids = [str(each[key]) for each in client.get(path, **query)[listed]]
            bodies = [(own, edit.read(client, own, {})) for own in ids]
            # What tells the id of the one that was copied from is the service's choice.
            found = [{name: value for name, value in body.items() if own not in str(value)} for own, body in bodies]
            for each in sorted(found, key=lambda body: -len(json.dumps(body)))[:_FULLEST]:
                for n in range(times):
                    client.send("POST", create, {**each, "name": f"{each['name']} {n}"})
                    added[f"{each['name']} {n}"] = each["name"]
    return added


def _judged(made: Made, found: list[Record]) -> Scored:
    """Hold what is told against what ought to be: one finding of the field, or that the object is another."""
    mutation, edit = made.mutation, made.mutation.edit
    counts = sorted((r.kind, r.aspect, r.outcome.value) for r in found)
    aspects = edit.found_in(mutation.field.path)
    expected = [[(edit.kind, aspect, outcome) for aspect in aspects] for outcome in ("different", "extra")]
    renamed = [(edit.kind, "inventory", outcome) for outcome in ("extra", "missing")]
    if mutation.field.path in edit.moves:
        expected += [expected[0] * number for number in range(2, len(found) + 1)]
    if counts in (*expected, renamed):
        return Scored(mutation, Result.CAUGHT)
    if excuse := excuse_of(mutation):
        return Scored(mutation, Result.EXCUSED, excuse)
    told = "; ".join(
        f"{r.kind}:{r.key} {r.aspect} {r.outcome.value} {[d.path for d in r.differences][:4]}" for r in found
    )
    return Scored(mutation, Result.MISSED, f"{made.attempt.key}: {told or 'no finding'}")


def _apart(now: dict[str, Any], before: dict[str, Any]) -> set[str]:
    return {name for name in (*now, *before) if now.get(name) != before.get(name)} or names(now) ^ names(before)


def share(part: int, parts: int, wanted: Sequence[int]) -> list[tuple[int, str, str]]:
    """Score every so manieth of the wanted mutations, in a process of its own: number, result and detail of each."""
    known = list(mutations())
    numbers = {known[number]: number for number in wanted[part::parts]}
    with Range(more=_OF_EACH) as bench:
        return [(numbers[each.mutation], each.result.value, each.detail) for each in bench.score_all(numbers)]


def scored(wanted: Sequence[int], processes: int) -> list[Scored]:
    """Score mutations by their numbers, in several processes."""
    known = list(mutations())
    with concurrent.futures.ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        parts = [pool.submit(share, part, processes, wanted) for part in range(processes)]
        found = sorted(row for part in parts for row in part.result())
    return [Scored(known[number], Result(result), detail) for number, result, detail in found]
