"""What the rows of a mapping change is counted, and what they may not change is told with the object."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakedrill.parity.mapping import Mapping, MappingError, Row
from lakedrill.parity.reach import Reach, idle
from lakedrill.parity.table import refused

USED, IDLE = Row("a", "b", line=7), Row("c", "d", kind="users", prefix=True, line=3)


def test_rows_are_counted_by_object_and_value_in_the_order_of_the_file() -> None:
    reach = Reach(Mapping([USED, IDLE]))
    assert reach.mapped("jobs", "one", [{"x": "a"}, ["a", "c"]]) == [{"x": "b"}, ["b", "c"]]
    assert reach.mapped("jobs", "none", ["x"]) == ["x"]
    reach.mapped("jobs", "two", ["a"])
    assert [effect.document() for effect in reach.effects] == [
        {"row": "users:* c* → d*", "line": 3, "objects": 0, "values": 0, "example": ""},
        {"row": "*:* a → b", "line": 7, "objects": 2, "values": 3, "example": "jobs:one"},
    ]
    assert [str(effect) for effect in reach.effects] == [
        "users:* c* → d*: without effect",
        "*:* a → b: 2 objects, 3 values, as jobs:one",
    ]
    assert idle(reach.effects) == ["mapping: line 3: users:* c* → d*: without effect"]


def test_one_object_and_one_value_are_told_as_one() -> None:
    reach = Reach(Mapping([USED]))
    reach.mapped("jobs", "one", ["a"])
    assert str(reach.effects[0]) == "*:* a → b: 1 object, 1 value, as jobs:one"


def test_what_an_estate_refuses_is_told_with_the_object_and_the_line() -> None:
    with pytest.raises(MappingError, match="jobs:one: the primary has, at x, what a row leads to already") as error:
        Reach(Mapping([USED])).mapped("jobs", "one", [{"x": "b"}])
    assert str(refused(Path("drill.yaml"), error.value)).startswith("drill.yaml:7: mapping: jobs:one: ")
    assert str(refused(Path("drill.yaml"), MappingError("x"))) == "drill.yaml: mapping: x"
    assert str(refused(Path("drill.yaml"), MappingError("x", USED, IDLE))).endswith(
        ":7: mapping: x (the other: drill.yaml:3)"
    )
