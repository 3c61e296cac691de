"""What lies at an ignored path, left out on both sides, and which row made a difference less."""

from typing import Any

import pytest

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.paths import Keyed
from lakedrill.parity.canonical import Bag, Hidden, Value
from lakedrill.parity.difference import differences
from lakedrill.parity.ignore import bare, with_effect


def _row(path: str) -> Ignored:
    return Ignored("jobs", path, "r", "o", "2026-12-31")


@pytest.mark.parametrize(
    ("path", "value", "left"),
    [
        ("a", {"a": 1, "b": 2}, {"b": 2}),
        ("a.b", {"a": {"b": {"c": 1}}}, {"a": {}}),
        ("a.b", {"a": 1}, {"a": 1}),
        ("conf.x.y", {"conf": {"x.y": 1, "x": 2}}, {"conf": {"x": 2}}),
        ("conf.*", {"conf": {"x": 1, "y": 2}}, {"conf": {}}),
        ("t[].n", {"t": Keyed({"a": {"n": 1, "m": 2}})}, {"t": Keyed({"a": {"m": 2}})}),
        ("t[a]", {"t": Keyed({"a": 1, "b": 2})}, {"t": Keyed({"b": 2})}),
        ("t[]", {"t": [1, 2, 3]}, {"t": []}),
        ("t[1]", {"t": [1, 2, 3]}, {"t": [1, 3]}),
        ("t[].n", {"t": Bag([{"n": 1}, {"m": 2}])}, {"t": Bag([{}, {"m": 2}])}),
        ("s", {"s": Hidden("x")}, {}),
    ],
)
def test_what_is_left(path: str, value: Value, left: Value) -> None:
    """Types and all; the value itself stays as it is."""
    before = repr(value)
    found = bare(value, [_row(path)])
    assert found == left
    assert repr(found) == repr(left)
    assert repr(value) == before


def _effect(p: Any, s: Any, *paths: str) -> list[str]:
    def differ(rows: Any) -> int:
        return len(differences(bare(p, rows), bare(s, rows), str, str))

    return [row.path for row in with_effect([_row(path) for path in paths], differ)]


def test_which_rows_have_an_effect() -> None:
    """One that makes a difference less, alone or with another; of two that mean the same the first."""
    assert _effect({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 2}, "b", "a", "none") == ["a"]
    assert _effect({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b", "a") == ["a.b"]
    assert _effect({"a": {"b": 1}}, {"a": {"b": 2}}, "a", "a.b") == ["a"]
    assert _effect({"t": Bag([{"a": {"x": 1}, "b": 1}])}, {"t": Bag([{"a": {"x": 2}, "b": 2}])}, "t[].a", "t[].b") == [
        "t[].a",
        "t[].b",
    ]
    assert _effect({"a": 1}, {"a": 1}, "a") == []
