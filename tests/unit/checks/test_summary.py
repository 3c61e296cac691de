"""The end of a run in a few lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from checks.summary import headline, lines
from lakedrill.parity.outcome import Difference, Outcome, Record, Slot, judge

DRILL = Path("drill.yaml")


def paused(number: int, **rest: Any) -> Record:
    difference = Difference("settings.schedule.pause_status", "PAUSED", "UNPAUSED")
    return Record("jobs", f"job {number}", "definition", Outcome.DIFFERENT, number, (difference,), **rest)


def told(records: list[Record], missed: Iterable[Slot] = ()) -> tuple[str, list[str]]:
    judgement = judge([*(record.slot for record in records), *missed], records)
    return headline(judgement), list(lines(judgement, DRILL))


def test_causes_are_grouped_and_what_follows_is_only_counted() -> None:
    records = [
        *(paused(n) for n in range(48)),
        *(paused(n, because_of="clusters:x") for n in range(50, 52)),
        Record("clusters", "x", "inventory", Outcome.MISSING, 99, reason="broken on the primary"),
    ]
    assert told(records) == (
        "not ready: all 51 checked",
        [
            "50 different, 1 missing",
            "1 cause, 48 objects: jobs definition settings.schedule.pause_status PAUSED → UNPAUSED",
            "1 cause, x: clusters inventory missing (broken on the primary)",
            "2 more findings follow from others",
            "to see it all: lakedrill report --drill drill.yaml",
        ],
    )


def test_what_puts_all_in_doubt_is_told_first() -> None:
    blind = Record("callers", "primary", "sight", Outcome.UNVERIFIABLE, reason="no admin")
    head, below = told([*(paused(n) for n in range(3)), blind])
    assert head == "undecided: all 4 checked"
    assert below[1] == "1 cause, primary: callers sight unverifiable (no admin)"


def test_what_was_not_judged_is_no_cause() -> None:
    head, below = told([Record("jobs", "a", "definition", Outcome.EQUAL, 0)], [paused(1).slot, paused(2).slot])
    assert head == "1 of 3 checked, no verdict"
    assert below[:-1] == ["1 equal"]


def test_nothing_at_all() -> None:
    assert told([], [paused(1).slot]) == (
        "0 of 1 checked, no verdict",
        ["nothing was judged", "to see it all: lakedrill report --drill drill.yaml"],
    )


def test_many_causes_and_long_values_are_cut() -> None:
    records = [
        Record("jobs", f"{n}", "definition", Outcome.DIFFERENT, n, (Difference(f"p{n:02}", None, "v" * 200),))
        for n in range(22)
    ]
    _, below = told(records)
    assert below[1].startswith('1 cause, 0: jobs definition p00 nothing → "vvv')
    assert below[1].endswith("… (202 characters)")
    assert below[21] == "2 more causes"
