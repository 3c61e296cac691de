"""What a reference comes to in a copy: the right object, told from its twin, and no id of the primary."""

from __future__ import annotations

import fnmatch
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lakedrill.inventory.kind import Facet, Kind, Reference
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import Names, steps, values
from lakedrill.inventory.snapshot import Snapshot, Unreadable
from lakedrill.parity.canonical import leaves
from lakedrill.parity.comparison import Comparison, Form
from lakedrill.parity.difference import differences
from lakedrill.parity.outcome import LITERALS, REFERENCES, Colour, Outcome
from lakedrill.parity.pairing import Pair
from lakedrill.parity.reference import Ref
from lakedrill.parity.side import Side
from tests.conformance.score import excuses
from tests.support.apart import Apart, Pointer, captured, pointers, turn
from tests.support.laws import MODES, TINY, Copied, alarms, is_whole, over_kinds, pointing

pytestmark = pytest.mark.law
SHORTEST = 8
"""Ids of fewer characters stand for too much else."""


@over_kinds(TINY, *MODES, kinds=pointing())
def test_every_reference_lands_on_the_right_object(kind: Kind, done: Copied) -> None:
    """By the copier's own word of what it made of what, not by a pairing; and no declared reference is without a sample."""
    ids = done.ids
    pairs = [each for each in done.pairs(kind) if is_whole(each)]
    for each in pairs:
        for facet in kind.shapes:
            meant = {
                (path, name, ids.get((name, key)))
                for path, name, key in _led(done.comparison.primary, each.primary, kind, facet)
            }
            found = set(_led(done.comparison.secondary, each.secondary, kind, facet))
            lost = {(path, name) for path, name, new in meant if new is None}
            assert not lost, f"{each.label}: nothing was made of what {lost} lead to"
            assert found == meant, each.label

    samples = {(p.facet, p.reference, p.kind) for p in pointers(done.primary, kind, Apart(done.primary).parts)}
    assert _declared(kind) - samples == set(), "no object of the sample estate points so: add one"


def _led(side: Side, n: int | None, kind: Kind, facet: Facet) -> Iterator[tuple[str, str, str]]:
    """Yield where each reference of a facet stands, and the kind and id that it leads to."""
    form = side.form(kind.name, n or 0, facet)
    assert not isinstance(form, Unreadable)
    yield from ((path, leaf.kind, side.snapshot.id_of(leaf.n)) for path, leaf in leaves(form) if isinstance(leaf, Ref))


def _declared(kind: Kind) -> set[tuple[Facet, object, str]]:
    return {
        (facet, reference, end.name)
        for facet, shape in kind.shapes.items()
        for reference in shape.references
        for end in captured(reference)
        if not _is_beside_what_is_not_captured(kind, reference.path)
    }


def _is_beside_what_is_not_captured(kind: Kind, path: str) -> bool:
    """Say whether a reference stands in what no sample estate can hold, since it names kinds that are not captured yet."""
    plain = path.removeprefix("settings.").replace("[]", "")
    return any(
        "not captured yet" in excuse.reason
        and fnmatch.fnmatchcase(kind.name, excuse.kind)
        and fnmatch.fnmatchcase(plain, excuse.path)
        for excuse in excuses()
    )


def _moving() -> list[Kind]:
    """Return the kinds that point at something from elsewhere than their key, which would make them another object."""
    return [
        kind
        for kind in pointing()
        if any(r.path != kind.identity.path for shape in kind.shapes.values() for r in shape.references)
    ]


@over_kinds(*MODES, kinds=_moving())
def test_a_reference_that_moved_is_found(kind: Kind, done: Copied, tmp_path: Path) -> None:
    """To its target's unlike twin where a kind has twins, else to any other object; from each place, at each kind."""
    primary, secondary = Apart(done.primary), Apart(done.secondary)
    moves = list(_moves(kind, done.comparison, primary, secondary))
    assert moves
    for move in moves:  # where the sample points at no twin, it does on both sides from now on
        turn(move.pointer, primary.parts[move.pointer.n], primary.parts[move.here.primary or 0])
        turn(move.copy, secondary.parts[move.copy.n], secondary.parts[move.here.secondary or 0])
    before = done.compared(primary.seal(tmp_path / "primary"), secondary.seal(tmp_path / "secondary"))
    assert alarms(before) == []
    for move in moves:
        turn(move.copy, secondary.parts[move.copy.n], secondary.parts[move.there.secondary or 0])
    after = done.compared(before.primary.snapshot, secondary.seal(tmp_path / "moved"))

    causes = {f"{kind.name}:{primary.parts[move.pointer.n].key}" for move in moves}
    for move in moves:
        pointer = move.pointer
        each = _pair(after, kind, primary.parts[pointer.n].id)
        record = after.judge(each, pointer.facet.value)
        told = f"{each.label}: {pointer.reference.path} from {move.here.label} to {move.there.label}: {record}"
        assert record.outcome.colour is Colour.RED, told
        assert record.counted or record.because_of in causes, told
        assert any(_is_at(difference.path, pointer.reference.path) for difference in record.differences), told


@dataclass(frozen=True)
class Move:
    """A reference of the primary's object and of its copy, the end that both have, and the one that the copy gets."""

    pointer: Pointer
    copy: Pointer
    here: Pair
    there: Pair


def _moves(kind: Kind, comparison: Comparison, primary: Apart, secondary: Apart) -> Iterator[Move]:
    """Yield a move of one reference of each sort: of each place, at each kind."""
    sorts: dict[tuple[Facet, Reference, str], list[Pointer]] = defaultdict(list)
    for pointer in pointers(comparison.primary.snapshot, kind, primary.parts):
        if pointer.reference.path != kind.identity.path:  # which would make it another object
            sorts[pointer.facet, pointer.reference, pointer.kind].append(pointer)
    copies: dict[tuple[int, Reference], list[Pointer]] = defaultdict(list)
    for pointer in pointers(comparison.secondary.snapshot, kind, secondary.parts):
        copies[pointer.n, pointer.reference].append(pointer)
    shared = Counter(part.key for part in primary.parts.values() if part.kind is kind)
    for found in sorts.values():
        # Of several twins that move none would be known again.
        found.sort(key=lambda pointer: shared[primary.parts[pointer.n].key])
        choices = (move for pointer in found for move in _choices(pointer, comparison, copies, found))
        yield next(choices, None) or pytest.fail(f"no twin to move to: {found[0].reference.path} → {found[0].kind}")


def _choices(
    pointer: Pointer, comparison: Comparison, copies: dict[tuple[int, Reference], list[Pointer]], like: list[Pointer]
) -> Iterator[Move]:
    each, end = (comparison.pair_of_primary(n) for n in (pointer.n, pointer.end))
    if not (is_whole(each) and is_whole(end)):
        return
    mine = {p.end for p in like if p.n == pointer.n}
    copy = next(c for c in copies[each.secondary or 0, pointer.reference] if c.end == end.secondary)
    others = [p for p in comparison.pairs if p.kind == end.kind and is_whole(p) and p.primary not in mine]
    if CATALOGUE[end.kind].handles or not _are_there_twins(comparison, end.kind):
        yield from (Move(pointer, copy, end, other) for other in others)
    else:
        yield from (
            Move(pointer, copy, one, other)
            for one in (end, *others)
            for other in others
            if _are_unlike_twins(comparison, one, other)
        )


def _are_unlike_twins(comparison: Comparison, one: Pair, other: Pair) -> bool:
    """Say whether two objects have the same key and not the same definition."""
    forms = [comparison.wanted(each, Facet.DEFINITION) for each in (one, other)]
    assert all(isinstance(form, Form) for form in forms)
    path = CATALOGUE[one.kind].identity.path
    keys = [list(values(form.value, path)) for form in forms]
    return keys[0] == keys[1] and bool(differences(*(form.value for form in forms), str, str))


def _are_there_twins(comparison: Comparison, kind: str) -> bool:
    """Say whether objects of a kind share a key."""
    found, path = comparison.primary.snapshot, CATALOGUE[kind].identity.path
    keys = [key for each in found.objects(kind) for key in values(found.document(each.n), path)]
    return len(set(keys)) < len(keys)


def _pair(comparison: Comparison, kind: Kind, key: str) -> Pair:
    n = comparison.primary.snapshot.resolve(kind.name, "id", key)
    assert n is not None
    return comparison.pair_of_primary(n)


def _is_at(path: str, declared: str) -> bool:
    """Say whether a difference lies at a declared path, or at a list without order on the way to it."""
    plain = re.sub(r"\[[^\]]*\]", "[]", path)
    spelled = "".join(
        f"\\.(?:{step.pattern})" if isinstance(step, Names) else _spelled(step) for step in steps(declared)
    )
    meant = re.fullmatch(spelled, f".{plain}") is not None
    return meant or (declared.startswith(plain) and plain.endswith("[]"))


def _spelled(step: str) -> str:
    return re.escape(step if step == "[]" else f".{step}") if step != "*" else r"\..+"


@over_kinds(TINY, *MODES)
def test_no_id_of_the_primary_is_left(kind: Kind, done: Copied) -> None:
    """By a sweep of our own through the raw documents; it knows no catalogue, and neither does what it looks for.

    What stands in code and free text is copied as it is, and told.
    """
    told = {each.secondary for each in done.pairs(kind) if LITERALS in done.comparison.aspects(each)}
    ids = _ids(done.primary) - _ids(done.secondary)
    apart = Apart(done.secondary)
    texts = {
        part.key: json.dumps([part.document, part.facets.get(Facet.PERMISSIONS)])
        for n, part in apart.parts.items()
        if part.kind is kind and n not in told
    }

    assert texts
    assert {key: found for key, text in texts.items() if (found := sorted(key for key in ids if key in text))} == {}


def _ids(snapshot: Snapshot) -> set[str]:
    own = {str(snapshot.meta["workspace_id"]), str(snapshot.meta["host"]).partition("//")[2]}
    return own | {key for _, _, key in snapshot.ids() if len(key) >= SHORTEST}


@over_kinds(*MODES)
def test_an_id_of_the_primary_is_found(kind: Kind, done: Copied, tmp_path: Path) -> None:
    """Wherever it stands: here in a field, and below one, that no fact knows."""
    each = next(each for each in done.pairs(kind) if is_whole(each))
    own = _ids(done.secondary)
    found = [o.id for name in CATALOGUE.by_name for o in done.primary.objects(name) if o.id not in own]
    foreign = next((key for key in found if len(key) >= SHORTEST and "/" not in key), None)  # none where ids are shared
    secondary = Apart(done.secondary)
    for trace in filter(None, (foreign, str(done.primary.meta["workspace_id"]))):
        planted = {f"x_{trace}": "a name", "x_text": f"a/{trace}/b", "x_list": [{"of": trace}]}
        secondary.parts[each.secondary or 0].document["x_trace"] = planted
        seen = done.compared(done.primary, secondary.seal(tmp_path / "secondary"))

        record = seen.judge(seen.pairs[each.number], REFERENCES)

        assert record.outcome is Outcome.DIFFERENT
        assert record.counted
        assert {d.path.partition("[")[0] for d in record.differences} == {f"x_trace.{name}" for name in planted}
