"""results.json."""

import json

from lakedrill.parity.outcome import Difference, Outcome, Record, judge
from lakedrill.parity.results import FORMAT, causes, document


def _records() -> list[Record]:
    differences = (Difference("v", 1, 2), Difference("w", None, True, "primary"))
    return [
        Record("users", "primary", "listing", Outcome.EQUAL),
        Record("jobs", "a", "definition", Outcome.DIFFERENT, 0, differences, fix="mend a"),
        Record("jobs", "b", "definition", Outcome.DIFFERENT, 1, (Difference("v", True, 2),)),
        Record("jobs", "c", "definition", Outcome.DIFFERENT, 2, (Difference("v", 1, 2),)),
        Record("jobs", "d", "definition", Outcome.DIFFERENT, 3, (Difference("v", 1, 2),), because_of="jobs:a"),
        Record("jobs", "e", "inventory", Outcome.UNVERIFIABLE, 4, reason="no answer"),
        Record("jobs", "f", "references", Outcome.ADVISORY, 5, (Difference("t", "x", "x"),)),
    ]


def test_it_holds_the_verdict_with_every_finding() -> None:
    """A line for each difference of what is not green, one for what has none; the counts of all outcomes by kind."""
    records = _records()
    found = document(judge([r.slot for r in records], records), {"drill": "d"})
    assert found["format"] == FORMAT == 1
    assert (found["verdict"], found["drill"], found["checked"], found["expected"]) == ("not_ready", "d", 7, 7)
    assert found["kinds"] == {"jobs": {"advisory": 1, "different": 4, "unverifiable": 1}, "users": {"equal": 1}}
    assert found["counts"] == {"advisory": 1, "different": 4, "equal": 1, "unverifiable": 1}
    lines = [(f["key"], f["path"], f["counted"], f["absent"]) for f in found["findings"]]
    assert lines == [
        ("a", "v", True, ""), ("a", "w", True, "primary"), ("b", "v", True, ""), ("c", "v", True, ""),
        ("d", "v", False, ""), ("e", "", True, ""),
    ]  # fmt: skip
    assert json.loads(json.dumps(found)) == found


def test_findings_that_are_alike_are_one_cause() -> None:
    """By value and type, the largest group first; what is not counted causes nothing."""
    records = _records()
    found = document(judge([r.slot for r in records], records), {})["causes"]
    assert [(c["path"], c["objects"]) for c in found] == [("v", ["a", "c"]), ("", ["e"]), ("v", ["b"]), ("w", ["a"])]
    assert found[2]["primary"] is True
    assert causes([]) == []
