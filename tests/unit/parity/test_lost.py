"""Values without what is lost in them."""

import pytest

from lakedrill.parity.canonical import Bag, Hidden, Value
from lakedrill.parity.lost import without
from lakedrill.parity.reference import Dangling, Ref, Text

LOST, KEPT = Ref("clusters", 1), Ref("clusters", 2)
NOWHERE = Dangling(("clusters",), "id", "x")


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        ({"to": LOST, "or": KEPT}, {"or": KEPT}),
        ({"a": {"to": NOWHERE}}, {"a": {}}),
        ([LOST, 1, KEPT], [1, KEPT]),
        ([{"to": LOST, "v": 1}], [{"v": 1}]),
        (Bag([{"to": LOST, "v": 1}, {"to": KEPT}]), Bag([{"to": KEPT}])),
        (Bag([{"in": {"to": LOST}, "v": 1}]), Bag([{"in": {}, "v": 1}])),
        (Bag([LOST, KEPT]), Bag([KEPT])),
        ({"path": Text(("/a/", LOST)), "name": Text(("/a/", KEPT))}, {"name": Text(("/a/", KEPT))}),
        ({"key": Hidden(LOST), "value": Hidden({"to": LOST, "v": 1})}, {"value": Hidden({"v": 1})}),
        (LOST, LOST),
    ],
)
def test_what_is_lost_goes_and_with_it_the_entry_that_is_about_it(value: Value, rest: Value) -> None:
    """An entry of a list without order is about what its own fields point at; a value as a whole stays."""
    bare = without(value, lambda leaf: leaf == LOST or isinstance(leaf, Dangling))
    assert bare == rest
    assert type(bare) is type(rest)
