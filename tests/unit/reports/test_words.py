"""A record in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakedrill.parity.outcome import Difference
from reports.words import sides, visible


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", "plain"),
        ("größer 🦆", "größer 🦆"),
        ("a\u200db", "a\\u200db"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028\ue000\ud800", "\\u2028\\ue000\\ud800"),
    ],
)
def test_what_cannot_be_seen_is_spelled(text: str, told: str) -> None:
    assert visible(text) == told


def test_long_values_are_cut_where_they_part() -> None:
    one, other = sides(Difference("p", "a" * 5000 + "left" + "z" * 900, "a" * 5000 + "right" + "z" * 900), 200)
    assert "left" in one
    assert "right" in other
    assert one.startswith("(4941 characters) …aaa")
    assert one.endswith("z… (765 characters)")


def test_a_long_value_beside_a_short_one_is_shown_from_its_start() -> None:
    assert sides(Difference("p", "a" * 500, None, absent="secondary"), 10) == (
        '"aaaaaaaaa… (492 characters)',
        "(absent)",
    )


@given(st.text("ab", max_size=90), st.text("ab", max_size=90), st.integers(70, 99))
def test_what_differs_looks_different(one: str, other: str, limit: int) -> None:
    told = sides(Difference("p", one, other), limit)
    assert (told[0] == told[1]) == (one == other)
