"""Two canonical documents compared through a pairing."""

import random
from typing import Any

import pytest

from lakedrill.inventory.paths import Keyed
from lakedrill.parity.canonical import Bag, Hidden, copied, spell
from lakedrill.parity.difference import ABSENT, Difference, differences, holds_dangling
from lakedrill.parity.reference import Dangling, Ref, Text

LOST = Dangling(("jobs",), "id", "1")


def _compare(p: Any, s: Any) -> list[tuple[str, Any, Any]]:
    """The ends of a pair have numbers 100 apart."""
    found = differences(p, s, lambda ref: ref.n, lambda ref: ref.n - 100)
    return [(d.path, d.primary, d.secondary) for d in found]


def _entry(n: int, *levels: str) -> dict[str, Any]:
    return {"user": Ref("users", n), "all": Bag([{"level": level} for level in levels])}


def test_absent_null_and_empty_are_three_things() -> None:
    """And each other type is one more."""
    values = [ABSENT, None, "", 0, False, 0.0, [], {}, Bag(), Keyed()]
    for i, p in enumerate(values):
        for j, s in enumerate(values):
            documents = ({} if p is ABSENT else {"v": p}, {} if s is ABSENT else {"v": s})
            assert bool(_compare(*documents)) is (i != j), (p, s)
    assert repr(ABSENT) == "absent"


def test_every_difference_is_told_with_its_path() -> None:
    """In the primary's order, what only the secondary has last; an ordered list place by place."""
    p = {"b": 1, "a": {"c": [1, 2, 3]}, "k": Keyed(x={"v": 1}), "{}": {"{0}": 1}}
    s = {"a": {"c": [1, 3]}, "k": Keyed(x={"v": 2}), "n": None, "{}": {"{0}": 2}}
    assert _compare(p, s) == [
        ("b", 1, ABSENT), ("a.c[1]", 2, 3), ("a.c[2]", 3, ABSENT), ("k[x].v", 1, 2), ("{}.{0}", 1, 2), ("n", ABSENT, None),
    ]  # fmt: skip
    assert _compare(1, 2) == [("", 1, 2)]


def test_two_references_are_equal_when_they_point_to_the_ends_of_one_pair() -> None:
    """Of the same kind, and written alike."""
    assert _compare(Ref("jobs", 1), Ref("jobs", 101)) == []
    for other in (Ref("jobs", 102), Ref("users", 101), Ref("jobs", 101, number=True), "1", Text((Ref("jobs", 101),))):
        assert _compare({"r": Ref("jobs", 1)}, {"r": other}), other
        assert _compare(Bag([Ref("jobs", 1)]), Bag([other])), other


def test_an_item_whose_reference_leads_to_nothing_is_told_beside_the_one_that_it_was() -> None:
    """Unless more differs: then nobody can say that it was that one."""
    here, lost = {"id": Ref("jobs", 1), "v": 1}, {"id": LOST, "v": 1}
    same = [{"id": Ref("jobs", 2)}], [{"id": Ref("jobs", 102)}]
    assert _compare(Bag([here, *same[0]]), Bag([lost, *same[1]])) == [("[].id", Ref("jobs", 1), LOST)]
    assert _compare(Bag([lost, *same[0]]), Bag([here, *same[1]])) == [("[].id", LOST, Ref("jobs", 1))]
    other = {**lost, "v": 2}
    assert _compare(Bag([here, *same[0]]), Bag([other, *same[1]])) == [("[]", here, ABSENT), ("[]", ABSENT, other)]


def test_a_text_is_equal_part_by_part() -> None:
    """Text that looks like a reference is none."""
    text = Text(("a", Ref("jobs", 1)))
    assert _compare(text, Text(("a", Ref("jobs", 101)))) == []
    for other in (Text(("a", Ref("jobs", 102))), Text(("b", Ref("jobs", 101))), Text(("a", Ref("jobs", 101), "b"))):
        assert _compare(text, other)
    assert _compare(text, Text(("a", "jobs:1")))
    assert _compare(text, Text((Ref("jobs", 101), "a")))


@pytest.mark.parametrize(
    "wrap", [lambda v: v, lambda v: [v], lambda v: Bag([v]), lambda v: {"a": Bag([{"b": v}])}, Hidden]
)
@pytest.mark.parametrize("lost", [LOST, Text(("a", LOST)), Hidden(LOST)])
def test_a_reference_to_nothing_equals_nothing_not_even_itself(wrap: Any, lost: Any) -> None:
    """Wherever it stands."""
    assert holds_dangling(wrap(lost))
    assert _compare(wrap(lost), wrap(lost))
    assert not holds_dangling(wrap(Text(("a", Ref("jobs", 1)))))


def test_a_hidden_value_is_compared_and_shown_as_one() -> None:
    """No path leads into it."""
    assert _compare({"h": Hidden({"a": 1})}, {"h": Hidden({"a": 1})}) == []
    assert _compare({"h": Hidden({"a": 1})}, {"h": Hidden({"a": 2})}) == [("h", Hidden({"a": 1}), Hidden({"a": 2}))]


def test_what_has_no_order_is_counted() -> None:
    """Each item that is too many or too few is told as often as it is."""
    assert _compare(Bag([1, 2, 2]), Bag([2, 1, 2])) == []
    assert _compare({"b": Bag(["x", "x", "y"])}, {"b": Bag(["y"])}) == [("b[]", "x", ABSENT), ("b[]", "x", ABSENT)]
    assert _compare(Bag([1]), Bag([True, "1"])) == [("[]", 1, ABSENT), ("[]", ABSENT, "1"), ("[]", ABSENT, True)]


def test_items_about_the_same_object_are_compared_with_each_other() -> None:
    """A changed level is shown as such, not as two entries; each is used once."""
    assert _compare(Bag([_entry(1, "RUN"), _entry(2, "RUN")]), Bag([_entry(102, "RUN"), _entry(101, "EDIT")])) == [
        ("[].all[]", {"level": "RUN"}, {"level": "EDIT"})
    ]
    assert _compare(Bag([_entry(1, "RUN")]), Bag([_entry(101, "RUN", "EDIT")])) == [
        ("[].all[]", ABSENT, {"level": "EDIT"})
    ]
    twice = _compare(Bag([_entry(1, "A"), _entry(1, "B")]), Bag([_entry(101, "C")]))
    assert twice == [("[].all[]", {"level": "A"}, {"level": "C"}), ("[]", _entry(1, "B"), ABSENT)]


def test_items_about_different_objects_are_not_compared_with_each_other() -> None:
    """One member too few and one too many are two findings."""
    assert len(_compare(Bag([_entry(1, "RUN")]), Bag([_entry(102, "RUN")]))) == 2
    assert len(_compare(Bag([Ref("users", 1)]), Bag([Ref("users", 102)]))) == 2
    assert len(_compare(Bag([{"u": LOST}]), Bag([{"u": "x"}]))) == 2


def test_broken_items_are_shown_with_what_else_differs() -> None:
    """An entry of a principal that nobody knows differs in that, and in its level if it does."""
    acl = [{"user": LOST, "level": level} for level in ("RUN", "EDIT")]
    assert _compare(Bag(acl[:1]), Bag(acl[:1])) == [("[].user", LOST, LOST)]
    assert _compare(Bag(acl[:1]), Bag(acl[1:])) == [("[].user", LOST, LOST), ("[].level", "RUN", "EDIT")]


def _value(rng: random.Random, depth: int = 3) -> Any:
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(
            [0, 1, True, 1.0, "1", None, "", Ref("users", rng.randrange(2)), Text(("a", Ref("users", 1)))]
        )
    items = [_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if rng.random() < 0.5:
        return rng.choice([list, Bag])(items)
    fields = dict(zip("abcd", items, strict=False))
    return rng.choice([dict, Keyed, Hidden])(fields)


def _twisted(rng: random.Random, value: Any) -> Any:
    """A copy with something in it replaced, or nothing."""
    if rng.random() < 0.15:
        return _value(rng, 1)
    if isinstance(value, dict):
        return type(value)((key, _twisted(rng, child)) for key, child in value.items())
    if isinstance(value, list):
        items = [_twisted(rng, child) for child in value]
        if isinstance(value, Bag):
            rng.shuffle(items)
        return type(value)(items)
    return Hidden(_twisted(rng, value.value)) if isinstance(value, Hidden) else value


def test_differences_are_found_exactly_where_the_spelling_differs() -> None:
    """Showing bags in pieces decides nothing: two ways to compare agree on three thousand random pairs of values."""
    equal = 0
    for seed in range(3000):
        rng = random.Random(seed)
        p = _value(rng)
        s = _twisted(rng, copied(p))
        found = differences(p, s, lambda ref: ref.n, lambda ref: ref.n)
        assert (not found) == (spell(p, lambda ref: ref.n) == spell(s, lambda ref: ref.n)), (seed, p, s)
        assert all(isinstance(d, Difference) and not (d.primary is ABSENT and d.secondary is ABSENT) for d in found)
        equal += not found
    assert 500 < equal < 2500
