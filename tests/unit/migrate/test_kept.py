"""What the secondary has at ignored paths goes back with an update as it was."""

from typing import Any

import pytest

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.paths import Keyed
from lakedrill.parity.canonical import Bag
from migrate.kept import kept


@pytest.mark.parametrize(
    ("path", "wanted", "present", "found"),
    [
        ("a", {"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 2, "b": 1}),
        ("a", {"b": 1}, {"a": {"c": 2}}, {"b": 1, "a": {"c": 2}}),
        ("a", {"a": 1, "b": 1}, {"b": 2}, {"b": 1}),
        ("a.b", {"a": {"b": 1}}, {"x": 2}, {"a": {"b": 1}}),
        ("a.b", {"a": {"b": 1}}, {"a": 2}, {"a": {"b": 1}}),
        ("conf.x.y", {"conf": {"x.y": "1", "z": "1"}}, {"conf": {"x.y": "2"}}, {"conf": {"x.y": "2", "z": "1"}}),
        (
            "t[].n",
            {"t": Keyed({"a": {"n": 1}, "b": {"n": 1}})},
            {"t": Keyed({"b": {"n": 2}})},
            {"t": Keyed({"a": {"n": 1}, "b": {"n": 2}})},
        ),
        ("t[].n", {"t": [{"n": 1}, {"n": 1}]}, {"t": [{"n": 2}, {"n": 3}]}, {"t": [{"n": 2}, {"n": 3}]}),
        ("t[].n", {"t": [{"n": 1}]}, {"t": [{"n": 2}, {"n": 3}]}, {"t": [{"n": 1}]}),
        ("t[].n", {"t": Bag([{"n": 1}])}, {"t": Bag([{"n": 2}])}, {"t": Bag([{"n": 1}])}),
        ("t[]", {"t": Bag([1])}, {"t": Bag([2, 3])}, {"t": Bag([2, 3])}),
        ("none", {"a": 1}, {"a": 2}, {"a": 1}),
    ],
)
def test_what_a_copy_sends(path: str, wanted: Any, present: Any, found: Any) -> None:
    """Items that can't be told apart are as the primary has them."""
    before = repr(wanted), repr(present)
    result = kept(wanted, present, [Ignored("jobs", path, "r", "o", "2026-12-31")])
    assert (result, repr(result)) == (found, repr(found))
    assert (repr(wanted), repr(present)) == before
