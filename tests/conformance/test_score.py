"""The score itself is put to the test: it covers all that can be set, and it falls when a fact is wrong."""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.drift.edits import EDITS
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from migrate.copy import mapping
from tests.conformance.bench import Range
from tests.conformance.need import Sides
from tests.conformance.report import PAGE, rows
from tests.conformance.score import Mutation, Result, excuses, mutations
from tests.conformance.without import Entry, dropping, entries

UNSERVED = Path(__file__).with_name("unserved.yaml")
_NOT_HERE = ("not captured yet", "of Azure", "of Google")
"""Excuses of fields that no sample estate holds."""
_DROPPED, _SEED = 20, 7


@pytest.fixture(scope="module")
def bench() -> Iterator[Range]:
    """Two workspaces of specimens after a copy, undone after each mutation."""
    with Range() as made:
        yield made
        made.catalogue = CATALOGUE
        assert not made.findings(made.clean)


@pytest.fixture(scope="module")
def sides(bench: Range) -> Sides:
    return Sides(bench.primary.path, bench.clean.path, mapping(bench.drill))


def test_every_kind_can_be_changed_by_hand() -> None:
    """A kind that nobody can change here has no score."""
    assert {edit.kind for edit in EDITS} == set(CATALOGUE.by_name)
    with_permissions = {edit.kind for edit in EDITS if edit.aspect == "permissions"}
    assert with_permissions == {kind.name for kind in CATALOGUE.kinds if kind.permissions}


def test_the_page_is_of_these_fields() -> None:
    """A kind, a field or a release of the SDK that is new needs a new score."""
    text = PAGE.read_text(encoding="utf-8")
    for row in rows():
        assert row in text, "run python -m tests.conformance --write"


@cache
def _facts() -> dict[str, list[Entry]]:
    """Return the facts, those that several kinds share once."""
    found: dict[str, list[Entry]] = {}
    for entry in entries():
        found.setdefault(f"{entry.facet} {entry.list} {entry.fact!r}", []).append(entry)
    return {str(shared[0]): shared for shared in found.values() if not _is_elsewhere(shared[0])}


def _is_elsewhere(entry: Entry) -> bool:
    """Say whether a fact is about kinds that come later, or about another cloud."""
    if entry.list == "references" and not set(entry.fact.kinds) & set(CATALOGUE.by_name):
        return True
    path = entry.fact.path.removeprefix("settings.").replace("[]", "")
    absent = [excuse for excuse in excuses() if any(words in excuse.reason for words in _NOT_HERE)]
    return any(fnmatch.fnmatchcase(entry.kind, e.kind) and fnmatch.fnmatchcase(path, e.path) for e in absent)


def _unserved() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(UNSERVED.read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", _facts())
def test_every_fact_is_needed(sides: Sides, name: str) -> None:
    """Without it a clean copy raises a false alarm, or something that it shows is overlooked."""
    shared = _facts()[name]
    unserved = any((row["kind"], row["path"]) == (shared[0].kind, shared[0].fact.path) for row in _unserved())
    assert any(sides.is_needed(entry) for entry in shared) is not unserved


def _droppable() -> list[Mutation]:
    """Return changes of fields that stand in a definition."""
    found = [
        m
        for m in mutations()
        if m.how == "change" and m.edit.found_in(m.field.path) == ("definition",)
        # A fact names fields, not items.
        if not m.field.path.endswith("[]") and not _is_followed(m)
    ]
    return [m for m in found if not any(excuse.fits(m) for excuse in excuses())]


def _is_followed(mutation: Mutation) -> bool:
    """Say whether a sibling that is left out is taken from the field, and so tells of it in its place."""
    place = mutation.edit.place(mutation.field.path)
    chosen = CATALOGUE[mutation.edit.kind].shapes[Facet.DEFINITION].chosen
    return any(place == ".".join((*fact.path.split(".")[:-1], fact.like)) for fact in chosen)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(_DROPPED))
def test_a_path_too_many_that_is_not_compared_lowers_the_score(bench: Range, number: int) -> None:
    """What is dropped without need is missed, and was not before. What the service refuses tells nothing."""
    bench.catalogue = CATALOGUE
    shuffled = random.Random(_SEED + number).sample(_droppable(), len(_droppable()))
    scored = (bench.score(mutation) for mutation in shuffled)
    mutation, result = next((each.mutation, each.result) for each in scored if each.result is not Result.REFUSED)
    assert result is Result.CAUGHT
    bench.catalogue = dropping(mutation.edit.kind, Facet.DEFINITION, mutation.edit.place(mutation.field.path))
    assert bench.score(mutation).result is Result.MISSED
