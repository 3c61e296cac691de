"""The plan: what a copy would do to each facet of each object, and why. Making one writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from lakedrill.inventory.drill import Drill
from lakedrill.inventory.kind import Facet, Kind
from lakedrill.inventory.paths import steps
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.canonical import Bag, Value, leaves, take
from lakedrill.parity.comparison import Comparison, Form, show
from lakedrill.parity.difference import ABSENT, Difference, differences
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reference import Dangling, Ref
from migrate.journal import Journal, fingerprint
from migrate.kinds import WRITERS
from migrate.kinds._permissions import direct_only
from migrate.writer import Options

FORMAT = 1


class Action(StrEnum):
    """What a copy does to a facet."""

    CREATE = "create"
    UPDATE = "update"
    ADOPT = "adopt"
    """Update an object that we did not make, because the operator said so."""
    REPLACE = "replace"
    RENAME = "rename"
    LEAVE = "leave"
    BLOCKED = "blocked"
    CONFLICT = "conflict"
    EXTRA = "extra"

    @property
    def writes(self) -> bool:
        """Say whether it is carried out by a write."""
        return self in (Action.CREATE, Action.UPDATE, Action.ADOPT, Action.REPLACE, Action.RENAME)


@dataclass(frozen=True, slots=True)
class Step:
    """One facet of one pair."""

    pair: int
    kind: str
    key: str
    facet: Facet
    action: Action
    reason: str = ""
    unread: bool = False
    """Blocked because something could not be read, rather than because it can't be written."""
    changes: tuple[tuple[str, Any, Any], ...] = ()
    """Path, present and wanted value, as people read them."""
    end: int | None = None
    """For a rename: the pair that holds the object under its old name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is only done when asked for: globs over `kind:key` for replace, and whether to rename."""

    replace: tuple[str, ...] = ()
    rename: bool = False


def make(comparison: Comparison, drill: Drill, journal: Journal, target: Workspace, asked: Asked) -> list[Step]:
    """Return the steps for everything in both snapshots, in the order of the pairs."""
    planner = _Planner(comparison, drill, journal)
    steps_ = [step for each in comparison.pairs for step in planner.of(each)]
    steps_ = list(_renamed(steps_, comparison, journal, asked))
    steps_ = list(_prepared(steps_, comparison, target, Options(drill.identity, drill.notebooks)))
    return _spread(steps_, comparison)


def document(plan: Iterable[Step], unread: Iterable[str] = ()) -> dict[str, Any]:
    """Return plan.json. `unread` are the listings that failed."""
    listed = list(plan)
    counts = Counter(step.action.value for step in listed)
    return {
        "format": FORMAT,
        "counts": dict(sorted(counts.items())),
        "unread": list(unread),
        "steps": [asdict(step) for step in listed],
    }


class _Planner:
    def __init__(self, comparison: Comparison, drill: Drill, journal: Journal) -> None:
        self.comparison = comparison
        self.drill = drill
        self.journal = journal

    def of(self, each: Pair) -> Iterator[Step]:
        """Yield the steps of one pair."""
        kind = self.comparison.catalogue[each.kind]
        if kind.name not in WRITERS:
            yield self._step(each, Facet.DEFINITION, Action.LEAVE, "checked, not copied")
        elif self.drill.kinds and kind.name not in self.drill.kinds:
            yield self._step(each, Facet.DEFINITION, Action.LEAVE, "out of scope")
        elif each.fate is Fate.AMBIGUOUS:
            yield self._step(each, Facet.DEFINITION, Action.CONFLICT, "several different objects share this key")
        elif each.fate is Fate.EXTRA:
            yield self._of_extra(each, kind)
        elif each.fate is Fate.MISSING:
            yield from self._of_missing(each, kind)
        else:
            for facet in kind.shapes:
                yield self._of_facet(each, kind, facet)

    def _of_extra(self, each: Pair, kind: Kind) -> Step:
        if self.comparison.primary.failed(kind.name):
            return self._unread(
                each, Facet.DEFINITION, f"the primary can't be listed: {self.comparison.primary.failed(kind.name)}"
            )
        if self.comparison.secondary.is_builtin(kind, each.secondary or 0):
            return self._step(each, Facet.DEFINITION, Action.LEAVE, "every workspace has its own")
        return self._step(each, Facet.DEFINITION, Action.EXTRA, "the primary has none")

    def _of_missing(self, each: Pair, kind: Kind) -> Iterator[Step]:
        if failed := self.comparison.secondary.failed(kind.name):
            yield self._unread(each, Facet.DEFINITION, f"the secondary can't be listed: {failed}")
            return
        if self.comparison.primary.is_builtin(kind, each.primary or 0):
            yield self._step(each, Facet.DEFINITION, Action.LEAVE, "every workspace has its own")
            return
        for facet in kind.shapes:
            wanted = self.comparison.wanted(each, facet)
            if isinstance(wanted, Unreadable):
                yield self._unread(each, facet, f"the primary's can't be read: {wanted.reason}")
            elif facet is Facet.DEFINITION and (unread := self._unread_with_definition(each, kind)):
                yield self._unread(each, facet, unread)
            elif broken := _broken(wanted.value):
                yield self._step(each, facet, Action.BLOCKED, f"broken on the primary: {broken}")
            else:
                yield self._step(each, facet, Action.CREATE)

    def _of_facet(self, each: Pair, kind: Kind, facet: Facet) -> Step:
        wanted, present = self.comparison.wanted(each, facet), self.comparison.present(each, facet)
        if isinstance(wanted, Unreadable):
            return self._unread(each, facet, f"the primary's can't be read: {wanted.reason}")
        if isinstance(present, Unreadable):
            return self._unread(each, facet, f"the secondary's can't be read: {present.reason}")
        found = self._differences(facet, wanted, present)
        if not found:
            return self._step(each, facet, Action.LEAVE)
        if broken := _broken(wanted.value):
            return self._step(each, facet, Action.BLOCKED, f"broken on the primary: {broken}")
        if facet in (Facet.MEMBERS, Facet.PERMISSIONS) and all(d.primary is ABSENT for d in found):
            return self._step(each, facet, Action.EXTRA, "the secondary grants or holds more", found)
        if self._is_ours(each, kind, facet):
            action = Action.UPDATE
        elif self.drill.adopts(kind.name, each.label) and not self._is_builtin_unnamed(each, kind):
            action = Action.ADOPT
        else:
            reason = "differs, and was not last written by this drill; `adopt` it in drill.yaml to overwrite it"
            return self._step(each, facet, Action.CONFLICT, reason, found)
        if facet is Facet.DEFINITION and (unread := self._unread_with_definition(each, kind)):
            return self._unread(each, facet, unread)
        if facet is Facet.DEFINITION and any(_is_fixed(d.path, WRITERS[kind.name].create_only) for d in found):
            return self._step(each, facet, Action.REPLACE, "only a new object can have this; ask with --replace", found)
        return self._step(each, facet, action, changes=found)

    def _unread_with_definition(self, each: Pair, kind: Kind) -> str:
        """Return which facet that is written with the definition can't be read; without it an empty one would be written."""
        for facet in WRITERS[kind.name].with_definition & set(kind.shapes):
            wanted = self.comparison.wanted(each, facet)
            if isinstance(wanted, Unreadable):
                return f"the primary's {facet} can't be read: {wanted.reason}"
        return ""

    def _differences(self, facet: Facet, wanted: Form, present: Form) -> list[Difference]:
        """Return what a write to this very object would change: what it inherits is another's business."""
        values = [form.value if facet is not Facet.PERMISSIONS else direct(form.value) for form in (wanted, present)]
        return differences(values[0], values[1], self.comparison.name_of_primary, self.comparison.name_of_secondary)

    def _is_ours(self, each: Pair, kind: Kind, facet: Facet) -> bool:
        assert each.secondary is not None
        snapshot = self.comparison.secondary.snapshot
        key = id_of(self.comparison, each.secondary, primary=False)
        read = snapshot.facet(each.secondary, facet)
        document_ = read if isinstance(read, dict) else take(kind, facet, snapshot.document(each.secondary))
        if facet is Facet.PERMISSIONS:
            document_ = direct_only(document_)
        return self.journal.is_ours(kind.name, key, each.label, facet, fingerprint(kind.shapes[facet], document_))

    def _is_builtin_unnamed(self, each: Pair, kind: Kind) -> bool:
        """A dedicated secondary is ours but for what every workspace has; that is adopted by name only."""
        named = replace(self.drill, dedicated=False).adopts(kind.name, each.label)
        return not named and self.comparison.secondary.is_builtin(kind, each.secondary or 0)

    def _unread(self, each: Pair, facet: Facet, reason: str) -> Step:
        return replace(self._step(each, facet, Action.BLOCKED, reason), unread=True)

    def _step(
        self, each: Pair, facet: Facet, action: Action, reason: str = "", changes: Iterable[Difference] = ()
    ) -> Step:
        told = tuple(
            (
                d.path,
                show(d.secondary, self.comparison.told_of_secondary),
                show(d.primary, self.comparison.told_of_primary),
            )
            for d in changes
        )
        return Step(each.number, each.kind, each.label, facet, action, reason, changes=told)


def _renamed(plan: list[Step], comparison: Comparison, journal: Journal, asked: Asked) -> Iterator[Step]:
    """Turn the creation of an object that we copied under another name into a rename, which is done when asked."""
    old = {}
    for each in comparison.pairs:
        if each.fate is Fate.EXTRA and each.secondary is not None:
            memory = journal.objects.get((each.kind, id_of(comparison, each.secondary, primary=False)))
            if memory is not None:
                old[each.kind, memory.primary_id] = each
    moved: dict[int, Pair] = {}
    for step in plan:
        each = comparison.pairs[step.pair]
        if each.fate is Fate.MISSING and each.primary is not None:
            found = old.get((each.kind, id_of(comparison, each.primary, primary=True)))
            if found is not None and WRITERS[each.kind].renames:
                moved[each.number] = found
    ends = {each.number for each in moved.values()}
    for step in plan:
        if step.pair in moved and step.action is Action.CREATE:
            reason = f"was {moved[step.pair].label} when it was copied"
            hint = "" if asked.rename else "; ask with --rename"
            yield replace(step, action=Action.RENAME, reason=reason + hint, end=moved[step.pair].number)
        elif step.pair not in ends:
            yield step


def _prepared(plan: list[Step], comparison: Comparison, target: Workspace, options: Options) -> Iterator[Step]:
    """Let each kind look at the target, and block what it says can't be made there."""
    reasons: dict[int, str] = {}
    for name, writer in WRITERS.items():
        making = [
            comparison.pairs[step.pair]
            for step in plan
            if step.kind == name and step.facet is Facet.DEFINITION and step.action is Action.CREATE
        ]
        if making:
            documents = {each.number: comparison.primary.snapshot.document(each.primary or 0) for each in making}
            reasons |= writer.prepare(target, documents, options)
    for step in plan:
        blocked = step.pair in reasons and step.action is Action.CREATE
        yield replace(step, action=Action.BLOCKED, reason=reasons[step.pair]) if blocked else step


def _spread(plan: list[Step], comparison: Comparison) -> list[Step]:
    """Block what can't be written because something it refers to, or its own definition, is blocked."""
    while True:
        stuck = {
            s.pair: s for s in plan if s.facet is Facet.DEFINITION and s.action in (Action.BLOCKED, Action.CONFLICT)
        }
        absent = {n for n in stuck if comparison.pairs[n].fate is Fate.MISSING}
        changed = False
        for i, step in enumerate(plan):
            if not step.action.writes:
                continue
            if step.pair in absent and step.facet is not Facet.DEFINITION:
                cause, reason = step.pair, "its definition is blocked"
            else:
                lost = [n for n in refers_to(comparison, step) if n in absent]
                if not lost:
                    continue
                found = comparison.pairs[lost[0]]
                cause, reason = lost[0], f"refers to {found.kind}:{found.label}, which is blocked"
            plan[i] = replace(step, action=Action.BLOCKED, reason=reason, unread=stuck[cause].unread)
            changed = True
        if not changed:
            return plan


def refers_to(comparison: Comparison, step: Step) -> list[int]:
    """Return the numbers of the pairs that a facet refers to."""
    wanted = comparison.wanted(comparison.pairs[step.pair], step.facet)
    if isinstance(wanted, Unreadable):
        return []
    value = direct(wanted.value) if step.facet is Facet.PERMISSIONS else wanted.value
    refs = [leaf for _, leaf in leaves(value) if isinstance(leaf, Ref)]
    return [comparison.pair_of_primary(ref.n).number for ref in refs]


def id_of(comparison: Comparison, n: int, *, primary: bool) -> str:
    """Return the id of an object in its own workspace."""
    side = comparison.primary if primary else comparison.secondary
    return side.snapshot.id_of(n)


def direct(acl: Value) -> Value:
    """Return a canonical access control list without what is inherited."""
    kept = Bag()
    for entry in acl.get("access_control_list", []):
        own = Bag(p for p in entry.get("all_permissions", []) if not p.get("inherited"))
        if own:
            kept.append({**entry, "all_permissions": own})
    return {**acl, "access_control_list": kept}


def _broken(value: Value) -> str:
    found = [f"{path} → {leaf.value}" for path, leaf in leaves(value) if isinstance(leaf, Dangling)]
    return "; ".join(found)


def _is_fixed(path: str, create_only: frozenset[str]) -> bool:
    return any(steps(path)[: len(steps(fixed))] == steps(fixed) for fixed in create_only)
