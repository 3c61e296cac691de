"""What follows in a plan from other steps: what goes together, makes room, comes after, or is blocked with others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from lakedrill.inventory.kind import Document, Facet, Kind
from lakedrill.inventory.scope import Mode
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.canonical import Bag, Value, leaves
from lakedrill.parity.comparison import Comparison, Form
from lakedrill.parity.difference import Difference, differences
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reference import Ref
from migrate.kinds import WRITERS
from migrate.kinds.dashboards import is_stale
from migrate.step import SECONDARY, Action, Asked, Step, is_asked
from migrate.writer import Options, Writer

_MAKING = (Action.CREATE, Action.REPLACE)
_CHANGING = (*_MAKING, Action.UPDATE, Action.ADOPT)
TREE = frozenset({"directories", "notebooks", "files", "repos"})
"""Kinds of which only one object can lie at a path."""
_IN_FOLDERS = TREE | {"experiments"}
"""Kinds whose key is a path of the tree."""


def together(steps_: list[Step], kind: Kind) -> list[Step]:
    """What goes in one request with something that must be left alone is left alone too."""
    carried_along = {Facet.DEFINITION, *WRITERS[kind.name].with_definition}
    stuck = [s for s in steps_ if s.facet in carried_along and _is_stuck(s)]
    if not stuck:
        return steps_
    reason = f"goes with its {stuck[0].facet}: {stuck[0].reason}"
    action = Action.CONFLICT if stuck[0].taken else stuck[0].action
    return [
        replace(s, action=action, reason=reason, unread=stuck[0].unread)
        if s.facet in carried_along and s.action.writes
        else s
        for s in steps_
    ]


def _is_stuck(step: Step) -> bool:
    """Say whether a facet is not written because it must not be, for whatever reason."""
    return step.action in (Action.CONFLICT, Action.BLOCKED) or step.taken == SECONDARY


def making_room(plan: list[Step], comparison: Comparison, room: Callable[[Step, Pair], Step]) -> Iterator[Step]:
    """Turn the creation of what lies where another kind's object is on the secondary into a replacement."""
    extras = {
        comparison.called(each): each
        for each in comparison.pairs
        if each.fate is Fate.EXTRA and each.kind in TREE and not comparison.secondary.failed(each.kind)
    }
    for step in plan:
        meant = step.action is Action.CREATE and step.facet is Facet.DEFINITION and step.kind in TREE
        other = extras.get(comparison.called(comparison.pairs[step.pair])) if meant and extras else None
        yield step if other is None else room(step, other)


def published_anew(plan: list[Step], comparison: Comparison) -> Iterator[Step]:
    """Publish again what is published as it ought to be, and whose draft is newer or is written now."""
    written = {step.pair for step in plan if step.facet is Facet.DEFINITION and step.action.writes}
    for step in plan:
        if not (step.facet is Facet.PUBLISHED and _is_as_it_ought(step)):
            yield step
            continue
        document = comparison.secondary.snapshot.document(comparison.pairs[step.pair].secondary or 0)
        newer = document.get("published") and (step.pair in written or is_stale(document))
        yield replace(step, action=Action.UPDATE, reason="its draft is newer") if newer else step


def following(plan: list[Step], comparison: Comparison, asked: Asked) -> Iterator[Step]:
    """Write anew what hangs on an object that is replaced: its other facets, and what refers to it."""
    replaced = {s.pair: s for s in plan if s.action is Action.REPLACE and is_asked(s, asked)}
    for step in plan:
        if not replaced or (step.pair in replaced and step.facet is Facet.DEFINITION):
            yield step
        elif step.pair in replaced:
            kept = step.action is Action.BLOCKED
            yield step if kept else replace(step, action=Action.CREATE, reason="", changes=())
        elif _is_as_it_ought(step) and comparison.pairs[step.pair].fate is Fate.PAIRED:
            end = next((n for n in refers_to(comparison, step) if n in replaced), None)
            reason = "" if end is None else f"refers to {replaced[end].kind}:{replaced[end].key}, which is replaced"
            yield step if end is None else replace(step, action=Action.UPDATE, reason=reason)
        else:
            yield step


def _is_as_it_ought(step: Step) -> bool:
    return step.action is Action.LEAVE and step.mode is Mode.COPY


def prepared(plan: list[Step], comparison: Comparison, target: Workspace, options: Options) -> Iterator[Step]:
    """Let each kind look at the target, and block what it says can't be made there."""
    reasons: dict[int, str] = {}
    for name, writer in WRITERS.items():
        making = [
            comparison.pairs[step.pair]
            for step in plan
            if step.kind == name and step.facet is Facet.DEFINITION and step.action in _prepared_for(writer)
        ]
        if making:
            documents = {each.number: _document(comparison, each) for each in making}
            reasons |= writer.prepare(target, documents, options)
    for step in plan:
        blocked = step.pair in reasons and step.action in _prepared_for(WRITERS[step.kind])
        yield replace(step, action=Action.BLOCKED, reason=reasons[step.pair]) if blocked else step


def _prepared_for(writer: Writer) -> tuple[Action, ...]:
    return _CHANGING if writer.prepares_changes else _MAKING


def _document(comparison: Comparison, each: Pair) -> Document:
    """Return the primary's document as the mapping has it, under the name that its object has on the secondary."""
    raw, path = comparison.primary.snapshot.document(each.primary or 0), comparison.catalogue[each.kind].identity.path
    document = comparison.mapping.apply(each.kind, raw)[0]
    return {**document, path: comparison.called(each)} if path in document else document


def spread(plan: list[Step], comparison: Comparison, asked: Asked) -> list[Step]:
    """Block what can't be written because something it refers to or lies in, or its own definition, is not written either."""
    folders = {each.label: each.number for each in comparison.pairs if each.kind == "directories"}
    while True:
        stuck = {s.pair: s for s in plan if s.facet is Facet.DEFINITION and _is_not_made(s, asked)}
        absent = {n for n, step in stuck.items() if _is_absent(comparison.pairs[n], step)}
        changed = False
        for i, step in enumerate(plan):
            if not step.action.writes:
                continue
            action, reason, end = Action.BLOCKED, "its definition is blocked", None
            if step.pair in absent and step.facet is not Facet.DEFINITION:
                end = stuck[step.pair]
                if end.taken:
                    action, reason = Action.LEAVE, end.reason
            elif (n := next((n for n in refers_to(comparison, step) if n in absent), None)) is not None:
                end = stuck[n]
                reason = f"refers to {end.kind}:{end.key}, which is {_why_not(end)}"
            elif (n := _lies_in(step, folders, absent)) is not None:
                end = stuck[n]
                reason = f"lies in {end.kind}:{end.key}, which is {_why_not(end)}"
            if end is not None:
                plan[i] = replace(step, action=action, reason=reason, unread=end.unread)
                changed = True
        if not changed:
            return plan


def _is_not_made(step: Step, asked: Asked) -> bool:
    return _is_stuck(step) or step.mode is not Mode.COPY or not is_asked(step, asked)


def _is_absent(each: Pair, step: Step) -> bool:
    return each.fate is Fate.MISSING or (step.mode is not Mode.COPY and each.fate is not Fate.PAIRED)


def _why_not(end: Step) -> str:
    """Return why an object that another one needs will not be there."""
    if end.mode is not Mode.COPY:
        return f"not on the secondary, and {end.reason}"
    return "not copied, as asked" if end.taken else "blocked"


def _lies_in(step: Step, folders: Mapping[str, int], absent: Collection[int]) -> int | None:
    """Return the number of a folder in which something would lie and which will not be there."""
    if step.kind not in _IN_FOLDERS or step.facet is not Facet.DEFINITION:
        return None
    return next((folders[path] for path in above(step.key) if folders.get(path) in absent), None)


def above(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, the nearest first."""
    while path := path.rpartition("/")[0]:
        yield path


def refers_to(comparison: Comparison, step: Step) -> list[int]:
    """Return the numbers of the pairs that a facet refers to."""
    wanted = comparison.wanted(comparison.pairs[step.pair], step.facet)
    if isinstance(wanted, Unreadable):
        return []
    value = direct(wanted.value) if step.facet is Facet.PERMISSIONS else wanted.value
    refs = [leaf for _, leaf in leaves(value) if isinstance(leaf, Ref)]
    return [comparison.pair_of_primary(ref.n).number for ref in refs]


def differing(comparison: Comparison, kind: str, facet: Facet, wanted: Form, present: Form) -> list[Difference]:
    """Return what a write to this very object would change: not what it inherits, nor what is ignored."""
    values = [form.value if facet is not Facet.PERMISSIONS else direct(form.value) for form in (wanted, present)]
    values = [comparison.bare(kind, facet, value) for value in values]
    return differences(values[0], values[1], comparison.name_of_primary, comparison.name_of_secondary)


def direct(acl: Value) -> Value:
    """Return a canonical access control list without what is inherited."""
    kept = Bag()
    for entry in acl.get("access_control_list", []):
        own = Bag(p for p in entry.get("all_permissions", []) if not p.get("inherited"))
        if own:
            kept.append({**entry, "all_permissions": own})
    return {**acl, "access_control_list": kept}
