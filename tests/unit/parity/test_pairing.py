"""Pairing: who is whose other end. What must hold on any estate is in test_pairing_laws.py."""

from collections import Counter
from typing import Any

import pytest

from lakedrill.parity import likeness
from lakedrill.parity.canonical import spell
from lakedrill.parity.pairing import Fate, Node, Pair, pair
from lakedrill.parity.reference import Ref, Text

Objects = dict[int, tuple[str, Any, dict[str, Any]]]
"""Number → kind, key, facets."""


def _refs(value: Any, path: str = "") -> list[tuple[str, Ref]]:
    if isinstance(value, dict):
        return [found for key, child in value.items() for found in _refs(child, f"{path}.{key}")]
    if isinstance(value, Text):
        return [(path, part) for part in value.parts if isinstance(part, Ref)]
    return [(path, value)] if isinstance(value, Ref) else []


def _pair(primary: Objects, secondary: Objects) -> list[Pair]:
    sides = [
        [
            Node(n, kind, key, str(key), (*_refs(key), *_refs(facets)), str(facets.get("alias", "")))
            for n, (kind, key, facets) in side.items()
        ]
        for side in (primary, secondary)
    ]
    return pair(sides[0], sides[1], lambda node: primary[node.n][2], lambda node: secondary[node.n][2])


def _ends(pairs: list[Pair]) -> list[tuple[int | None, int | None, str]]:
    return [(each.primary, each.secondary, each.fate.value) for each in pairs]


def test_a_key_that_occurs_once_on_each_side_is_a_pair() -> None:
    """Whatever the two hold; numbers follow the primary's order, extras come last."""
    pairs = _pair(
        {1: ("jobs", "a", {"v": 1}), 2: ("jobs", "b", {}), 3: ("users", "a", {})},
        {13: ("users", "a", {}), 12: ("jobs", "c", {}), 11: ("jobs", "a", {"v": 2})},
    )
    assert _ends(pairs) == [(1, 11, "paired"), (2, None, "missing"), (3, 13, "paired"), (None, 12, "extra")]
    assert [each.number for each in pairs] == [0, 1, 2, 3]


def test_a_key_is_equal_in_type_and_value() -> None:
    """`1` and `"1"` are different keys."""
    assert {e.fate for e in _pair({1: ("jobs", 1, {})}, {11: ("jobs", "1", {})})} == {Fate.MISSING, Fate.EXTRA}


def test_a_key_may_lie_in_another_object() -> None:
    """A home is paired by whose it is; one of an unpaired owner is paired with nothing."""
    home = lambda n: Text(("/Users/", Ref("users", n)))  # noqa: E731 - a literal, not a function
    primary = {1: ("users", "ada", {}), 2: ("users", "bob", {}), 3: ("dirs", home(1), {}), 4: ("dirs", home(2), {})}
    secondary = {
        11: ("users", "ada", {}),
        12: ("users", "eve", {}),
        13: ("dirs", home(12), {}),
        14: ("dirs", home(11), {}),
    }
    fates = {(p, s) for p, s, fate in _ends(_pair(primary, secondary)) if fate == "paired"}
    assert fates == {(1, 11), (3, 14)}


def test_a_key_that_lies_in_a_twin_waits_for_nobody() -> None:
    """Homes of twins that share a name are paired as if the twins were one: comparison finds what was wrong."""
    home = lambda n: Text(("/Users/", Ref("users", n)))  # noqa: E731
    primary = {1: ("users", "ada", {"v": 1}), 2: ("users", "ada", {"v": 2}), 3: ("dirs", home(1), {})}
    secondary = {11: ("users", "ada", {"v": 2}), 12: ("users", "ada", {"v": 1}), 13: ("dirs", home(12), {})}
    assert {(p, s) for p, s, _ in _ends(_pair(primary, secondary))} == {(1, 12), (2, 11), (3, 13)}


def test_what_its_key_does_not_find_its_plain_text_may() -> None:
    """Where that occurs once on each side among those left over."""
    primary = {1: ("dirs", "a", {"alias": "/x"}), 2: ("dirs", "b", {"alias": "/y"}), 3: ("dirs", "c", {})}
    secondary = {
        11: ("dirs", "d", {"alias": "/x"}),
        12: ("dirs", "e", {"alias": "/y"}),
        13: ("dirs", "f", {"alias": "/y"}),
    }
    assert (1, 11, "paired") in _ends(_pair(primary, secondary))
    assert Counter(e.fate.value for e in _pair(primary, secondary)) == {"paired": 1, "missing": 2, "extra": 2}


def test_twins_are_told_apart_by_what_they_hold() -> None:
    """And the one left over on each side is the last pair, a surplus missing or extra."""
    twins = {n: ("jobs", "a", {"v": n}) for n in (1, 2, 3)}
    assert _ends(_pair(twins, {13: twins[3], 12: ("jobs", "a", {"v": 9}), 11: twins[1]})) == [
        (1, 11, "paired"), (2, 12, "paired"), (3, 13, "paired"),
    ]  # fmt: skip
    assert _ends(_pair(twins, {11: twins[2]})) == [(1, None, "missing"), (2, 11, "paired"), (3, None, "missing")]
    assert [e.fate for e in _pair({1: twins[2]}, twins)] == [Fate.PAIRED, Fate.EXTRA, Fate.EXTRA]


def test_several_different_ones_left_on_both_sides_are_ambiguous() -> None:
    """On both sides, all of them."""
    pairs = _pair({n: ("jobs", "a", {"v": n}) for n in (1, 2, 3)}, {n: ("jobs", "a", {"v": n}) for n in (3, 14, 15)})
    assert _ends(pairs) == [
        (1, None, "ambiguous"), (2, None, "ambiguous"), (3, 3, "paired"), (None, 14, "ambiguous"), (None, 15, "ambiguous"),
    ]  # fmt: skip


def test_twins_that_hold_the_same_are_told_apart_by_who_names_them_and_where() -> None:
    """By another object, and by the field in which one object names both."""
    for callers in (({"to": 1}, {"to": 2}), ({"to": 1, "or": 2},)):
        sides = []
        for start in (0, 10):
            side: Objects = {start + n: ("jobs", "a", {"v": 0}) for n in (1, 2)}
            for i, fields in enumerate(callers):
                body = {name: Ref("jobs", start + n) for name, n in fields.items()}
                side[start + 5 + i] = ("jobs", f"caller {i}", {"definition": body})
            sides.append(side)
        turned = dict(reversed(sides[1].items()))
        assert {(p, s) for p, s, _ in _ends(_pair(sides[0], turned))} >= {(1, 11), (2, 12)}


def test_more_alike_on_one_side_than_on_the_other() -> None:
    """As many as there are on both are pairs."""
    primary = {n: ("jobs", "a", {"to": Ref("jobs", 1)}) for n in (1, 2, 3)}
    secondary = {n: ("jobs", "a", {"to": Ref("jobs", 11)}) for n in (11, 12)}
    assert Counter(e.fate.value for e in _pair(primary, secondary)) == {"paired": 2, "missing": 1}


def test_a_change_in_one_twin_of_a_ring_is_one_pair_that_differs() -> None:
    """Its neighbours stay where they are, although their neighbour looks different."""
    primary = {n: ("jobs", f"k{n % 2}", {"v": n, "to": Ref("jobs", (n + 1) % 6)}) for n in range(6)}
    secondary = {
        n + 10: (kind, key, {"v": f["v"], "to": Ref("jobs", f["to"].n + 10)}) for n, (kind, key, f) in primary.items()
    }
    secondary[13][2]["v"] = "changed"
    assert all(e.secondary == (e.primary or 0) + 10 for e in _pair(primary, secondary))


def test_a_facet_that_one_twin_can_not_show_tells_none_of_them_apart() -> None:
    """The others still do."""
    primary = {n: ("jobs", "a", {"d": n, "p": n}) for n in (1, 2)}
    secondary = {n + 10: ("jobs", "a", {"d": n, "p": None}) for n in (2, 1)}
    assert {(p, s) for p, s, _ in _ends(_pair(primary, secondary))} == {(1, 11), (2, 12)}


def test_labels_that_repeat_are_numbered_and_no_two_are_alike() -> None:
    """Also where an object is really called so, and for each kind by itself."""
    names = ["a", "a", "a#2", "a#3", "a"]
    pairs = _pair(
        {n: ("jobs", name, {}) for n, name in enumerate(names)} | {9: ("users", "a", {})}, {20: ("jobs", "b", {})}
    )
    assert [e.label for e in pairs] == ["a", "a#4", "a#2", "a#3", "a#5", "a", "b"]


def _identical(count: int, refers: Any) -> tuple[Objects, Objects]:
    return tuple(
        {start + n: ("jobs", "a", {"v": list(range(20)), "to": Ref("jobs", start + refers(n))}) for n in range(count)}
        for start in (0, 10**6)
    )  # type: ignore[return-value]


@pytest.mark.parametrize(
    "refers",
    [lambda _: 0, lambda n: n, lambda n: n ^ 1, lambda n: (n + 1) % 300, lambda n: min(n + 1, 299)],
    ids=["star", "self", "twos", "ring", "chain"],
)
def test_what_was_settled_is_not_looked_at_again(refers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However three hundred twins hang together: each is spelled a few times, not once for every other."""
    spelled = []

    def counting(value: Any, name: Any) -> str:
        spelled.append(value)
        return spell(value, name)

    monkeypatch.setattr(likeness, "spell", counting)
    pairs = _pair(*_identical(300, refers))
    assert all(each.fate is Fate.PAIRED for each in pairs)
    assert len(spelled) < 300 * 2 * 20
