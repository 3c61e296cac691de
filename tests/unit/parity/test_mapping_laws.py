"""What holds of every table that is accepted, and of every document."""

from __future__ import annotations

import contextlib
import itertools
from random import Random
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from lakedrill.inventory.paths import Parsed
from lakedrill.parity.canonical import Bag, Hidden, _keyed, leaves, spell
from lakedrill.parity.mapping import Mapping, MappingError, Row
from lakedrill.parity.reach import Reach
from lakedrill.parity.reference import Dangling, Ref, Text, text_of

KIND = "jobs"
LETTERS = "ab/"
"""Few, so that rows meet, cover and lead to each other, and documents hold what they mean."""
PATHS = ("*", "*", "*", "*y", "x", "x.*", "l[]", "k[].key", "k[a].y", "m.*")
FIELDS = ("x", "y", "m", "l", "k")
REFERENCES = (Ref("users", 1), Dangling(("users",), "name", "a"))
EXAMPLES = settings(max_examples=250, derandomize=True, database=None, deadline=None)
worlds = st.integers(0, 2**32).map(Random)
"""Dice: what they make is denser than what is drawn piece by piece."""


def _text(dice: Random, longest: int = 3) -> str:
    return "".join(dice.choices(LETTERS, k=dice.randint(1, longest)))


def _table(dice: Random) -> Mapping:
    """A table that is accepted: rows that clash with earlier ones are left out, as an operator told of them would."""
    kept: list[Row] = []
    for _ in range(dice.randint(1, 6)):
        kind = dice.choice(("*", KIND, KIND, "users", "j*"))
        row = Row(_text(dice), _text(dice), kind, dice.choice(PATHS), dice.random() < 1 / 2)
        try:
            Mapping([*kept, row])
        except MappingError:
            continue
        kept += [row] if row.primary != row.secondary else []
    return Mapping(kept)


def _value(dice: Random, depth: int = 3) -> Any:
    choice = dice.randrange(11 if depth else 5)
    inner = [_value(dice, depth - 1) for _ in range(dice.randint(0, 3))] if depth else []
    match choice:
        case 5 | 6:
            return {dice.choice((_text(dice), dice.choice(FIELDS))): child for child in inner}
        case 7:
            return Parsed({_text(dice): child for child in inner})
        case 8:
            return dice.choice((list, Bag))(inner)
        case 9:
            return Hidden(_value(dice, depth - 1))
        case 10:
            return _keyed([{"key": f"{_text(dice)}{i or ''}", "y": child} for i, child in enumerate(inner)], "key")
        case 3:
            return text_of([_text(dice), *dice.choice([(REFERENCES[0],), (REFERENCES[1], _text(dice))])])
        case 4:
            return dice.choice((*REFERENCES, None, 1, True))
    return _text(dice)


def _document(dice: Random) -> Any:
    return {field: _value(dice) for field in FIELDS}


def _applied(mapping: Mapping, value: Any) -> Any:
    return mapping.apply(KIND, value)[0]


@EXAMPLES
@given(worlds)
def test_a_copy_forth_and_back_is_the_identity_or_refused(dice: Random) -> None:
    mapping, document = _table(dice), _document(dice)
    try:
        there = _applied(mapping, document)
    except MappingError:
        event("refused: the primary has what a row leads to")
        return
    event("changed" if spell(there, str) != spell(document, str) else "the same")
    assert spell(_applied(mapping.reversed(), there), str) == spell(document, str)


@EXAMPLES
@given(worlds)
def test_no_two_values_become_one(dice: Random) -> None:
    """All texts of up to three letters: those that are not refused are as many afterwards."""
    mapping = _table(dice)
    texts = ["".join(letters) for length in (1, 2, 3) for letters in itertools.product(LETTERS, repeat=length)]
    found = []
    for text in texts:
        with contextlib.suppress(MappingError):
            found.append(_applied(mapping, {"x": {"q": text}})["x"]["q"])
    event(f"refused: {len(texts) > len(found)}")
    assert len(set(found)) == len(found)


@EXAMPLES
@given(worlds)
def test_the_order_of_the_rows_is_of_no_matter(dice: Random) -> None:
    mapping, document = _table(dice), _document(dice)
    rows = list(mapping.rows)
    dice.shuffle(rows)
    results = []
    for table in (mapping, Mapping(rows)):
        try:
            results.append(spell(_applied(table, document), str))
        except MappingError as error:
            results.append(str(error))
    assert results[0] == results[1]


@EXAMPLES
@given(worlds)
def test_references_stay_and_what_no_row_means_too(dice: Random) -> None:
    """Nothing but texts changes, and what was not counted was not changed."""
    mapping, document = _table(dice), _document(dice)
    try:
        (there,), counts = _reached(mapping, document)
    except MappingError:
        return
    assert _bones(there) == _bones(document)
    changed = spell(there, str) != spell(document, str)
    assert changed is bool(counts)


def _reached(mapping: Mapping, document: Any) -> tuple[list[Any], list[Row]]:
    reach = Reach(mapping)
    found = reach.mapped(KIND, "it", [document])
    return found, [effect.row for effect in reach.effects if effect.objects]


def _bones(value: Any) -> Any:
    """Return a value's shape, with every reference and no text."""
    if isinstance(value, dict):
        return type(value).__name__, sorted(repr(_bones(child)) for child in value.values())
    if isinstance(value, list):
        return type(value).__name__, sorted(repr(_bones(child)) for child in value)
    if isinstance(value, Hidden):
        return "hidden", _bones(value.value)
    if isinstance(value, Text):
        return [part for part in value.parts if not isinstance(part, str)]
    return "text" if isinstance(value, str) else value


@EXAMPLES
@given(worlds)
def test_a_key_and_what_points_at_it_by_name_are_called_alike(dice: Random) -> None:
    """A key is mapped in its document; what looks it up, or spells a path with it, maps the text alone."""
    mapping, text = _table(dice), _text(dice)
    try:
        there = _applied(mapping, Parsed(x=Hidden({"q": text})))
    except MappingError:
        return
    assert [leaf for _, leaf in leaves(there)] == [mapping.translate(KIND, "x.q", text)]


@EXAMPLES
@given(worlds)
def test_there_and_back_again_is_the_same_table_unless_a_row_is_one_way(dice: Random) -> None:
    mapping = _table(dice)
    again = mapping.reversed().reversed()
    assert (again.rows, again.turned) == (mapping.rows, False)
    rows = [*mapping.rows, Row("ccc", "ccd", one_way=True, line=7)]
    with pytest.raises(MappingError, match="one_way") as error:
        Mapping(rows).reversed()
    assert [row.line for row in error.value.rows] == [7]
