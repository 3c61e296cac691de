"""Allure results."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lakedrill.parity.outcome import Outcome, Record
from reports.allure import status, write
from reports.results import read

Make = Callable[..., Path]


def _results(drill: Path, name: str = "out") -> dict[str, dict[str, Any]]:
    folder = drill / name
    folder.mkdir()
    write(read(drill), folder)
    return {file.name: json.loads(file.read_text()) for file in sorted(folder.glob("*-result.json"))}


def test_a_file_a_record_with_its_status(make: Make, records: list[Record]) -> None:
    found = _results(make(records))
    assert len(found) == len(records)
    assert all(name == f"{result['uuid']}-result.json" for name, result in found.items())
    by_name = {result["name"]: result for result in found.values()}
    assert {name: result["status"] for name, result in by_name.items()} == {
        f"jobs:{outcome}": status(outcome) for outcome in Outcome
    }
    different = by_name["jobs:different"]
    assert different["statusDetails"]["message"] == "different: settings.max_concurrent_runs and 1 more"
    assert "settings.tags: primary" in different["statusDetails"]["trace"]
    assert different["start"] == different["stop"] == 1_700_007_260_500
    labels = {label["name"]: label["value"] for label in different["labels"]}
    assert labels["kind"] == labels["suite"] == "jobs"
    assert labels["aspect"] == labels["subSuite"] == "definition"
    assert labels["outcome"] == "different"
    assert by_name["jobs:waived"]["statusDetails"]["known"] is True


def test_statuses() -> None:
    assert {outcome.value: status(outcome) for outcome in Outcome} == {
        **dict.fromkeys(("equal", "expected", "drifted", "advisory"), "passed"),
        **dict.fromkeys(("not_applicable", "waived"), "skipped"),
        **dict.fromkeys(("different", "missing", "extra", "ambiguous", "conflict", "unsupported", "stale"), "failed"),
        **dict.fromkeys(("unverifiable", "error"), "broken"),
    }


def test_the_same_drill_gives_the_same_files(make: Make, records: list[Record]) -> None:
    drill = make(records)
    assert _results(drill, "one") == _results(drill, "two")


def test_history_goes_on_from_drill_to_drill(make: Make, records: list[Record]) -> None:
    about = json.loads((make(records) / "results.json").read_text())["secondary"]
    first = _results(make(records), "one")
    second = _results(make(records, secondary={**about, "digest": "c" * 64}), "two")
    assert set(first) & set(second) == set()
    assert {r["historyId"] for r in first.values()} == {r["historyId"] for r in second.values()}


def test_objects_that_share_a_key_have_a_file_each(make: Make) -> None:
    alike = [Record("jobs", "twin", "definition", Outcome.AMBIGUOUS, n) for n in range(3)]
    found = _results(make(alike))
    assert len(found) == 3
    assert len({result["historyId"] for result in found.values()}) == 3


def test_any_key_can_be_written(make: Make, weird: list[Record]) -> None:
    names = {result["name"] for result in _results(make(weird)).values()}
    assert len(names) == len(weird)
    assert f"jobs:{'k' * 5000}" in names
    assert "jobs:control \\u0000\\u0008\\u001b\\u007f\\u000a\\u000d\\u0009characters" in names


def test_nothing_to_judge_is_broken(make: Make) -> None:
    (result,) = _results(make([])).values()
    assert (result["status"], result["statusDetails"]["message"]) == ("broken", "error: nothing was there to judge")


def test_categories_are_the_outcomes(make: Make, records: list[Record]) -> None:
    drill = make(records)
    _results(drill)
    categories = json.loads((drill / "out" / "categories.json").read_text())
    assert {category["name"]: category["matchedStatuses"] for category in categories}["Missing"] == ["failed"]
    assert len(categories) == 11
