"""junit.xml."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lakedrill.parity.outcome import Difference, Outcome, Record
from reports.junit import render
from reports.results import read

Make = Callable[..., Path]


def _suite(folder: Path) -> ET.Element:
    suite = ET.fromstring(render(read(folder))).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    return suite


def _counts(suite: ET.Element) -> dict[str, int]:
    return {name: int(suite.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")}


def test_a_case_a_record_and_the_counts_are_theirs(make: Make, records: list[Record]) -> None:
    suite = _suite(make(records))
    cases = suite.findall("testcase")
    assert _counts(suite) == {"tests": 15, "failures": 7, "errors": 2, "skipped": 2}
    assert len(cases) == 15
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert len(suite.findall(f"testcase/{tag}")) == int(suite.get(name, ""))
    assert {case.get("classname") for case in cases} == {"definition"}
    assert [case.get("name") for case in cases] == [f"jobs:{outcome}" for outcome in Outcome]
    assert suite.get("timestamp") == "2023-11-15T00:14:20"
    properties = {p.get("name"): p.get("value") for p in suite.findall("properties/property")}
    assert (properties["verdict"], properties["drill"]) == ("not_ready", "east-to-west")


def test_a_case_says_what_and_why(make: Make, records: list[Record]) -> None:
    suite = _suite(make(records))
    failure = suite.find("testcase[@name='jobs:different']/failure")
    assert failure is not None
    assert failure.get("type") == "different"
    assert failure.get("message") == "different: settings.max_concurrent_runs and 1 more"
    assert failure.text == (
        'settings.max_concurrent_runs: primary 1, secondary "1"\n'
        'settings.tags: primary {"a": [null, true]}, secondary (absent)\n'
        "fix: lakedrill migrate --only 'jobs:different'"
    )
    messages = {
        "conflict/failure": "conflict: made by somebody else; because of jobs:missing",
        "unverifiable/error": "unverifiable: PERMISSION_DENIED: not an admin",
        "waived/skipped": "waived: owner kim, ticket DR-7, until 2031-01-01",
    }
    for place, message in messages.items():
        name, tag = place.split("/")
        end = suite.find(f"testcase[@name='jobs:{name}']/{tag}")
        assert end is not None
        assert end.get("message") == message
    assert suite.findtext("testcase[@name='jobs:expected']/system-out") == (
        "expected\nthrough: abfss://east → abfss://west"
    )
    equal = suite.find("testcase[@name='jobs:equal']")
    assert equal is not None
    assert len(equal) == 0


def test_any_key_can_be_written(make: Make, weird: list[Record]) -> None:
    names = [case.get("name", "") for case in _suite(make(weird)).findall("testcase")]
    assert len(names) == len(weird) == len(set(names))
    assert names[0] == f"jobs:{weird[0].key}"
    assert names[1] == "jobs:control #x00#x08#x1B\x7f\n#x0D\tcharacters"
    assert names[2] == f"jobs:{weird[2].key}"
    assert names[4] == "jobs:lone #xD800 surrogate #xFFFE#xFFFF"
    assert names[5] == f"jobs:{'k' * 5000}"


def test_no_ci_passes_what_no_record_holds_against(make: Make, green: list[Record]) -> None:
    assert _counts(_suite(make(green))) == {"tests": 3, "failures": 0, "errors": 0, "skipped": 0}
    for folder, told, tests in (
        (lambda: make([]), "undecided: nothing was there to judge", 1),
        (
            lambda: make(green, narrowed={"checked": 3, "expected": 9}),
            "undecided: only a part of the drill was looked at",
            4,
        ),
    ):
        suite = _suite(folder())
        assert _counts(suite) == {"tests": tests, "failures": 0, "errors": 1, "skipped": 0}
        error = suite.find("testcase[@classname='verdict']/error")
        assert error is not None
        assert error.get("message") == told


@pytest.mark.parametrize("count", [50, 53])
def test_of_many_differences_the_first_are_told(make: Make, count: int) -> None:
    many = tuple(Difference(f"path{n}", n, None) for n in range(count))
    failure = _suite(make([Record("jobs", "a", "definition", Outcome.DIFFERENT, 0, many)])).find("testcase/failure")
    assert failure is not None
    lines = (failure.text or "").split("\n")
    assert lines[49] == "path49: primary 49, secondary null"
    assert lines[50:] == (["and 3 more differences"] if count == 53 else [])
