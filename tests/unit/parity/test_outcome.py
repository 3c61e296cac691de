"""The verdict: whatever gets lost, it is never ready."""

import json
from dataclasses import replace

import pytest

from lakedrill.parity.outcome import Colour, Difference, Outcome, Record, Slot, Verdict, judge, record_from

SLOTS = [Slot("jobs", "primary", "listing"), Slot("jobs", "a", "inventory", 0), Slot("jobs", "a", "definition", 0)]
GREEN = [Record(s.kind, s.key, s.aspect, Outcome.EQUAL, s.pair) for s in SLOTS]
RED = replace(GREEN[2], outcome=Outcome.DIFFERENT)


def test_all_green_and_complete_is_ready() -> None:
    """The order of the records does not matter, and one that came twice is one."""
    judgement = judge(SLOTS, [*reversed(GREEN), GREEN[0]])
    assert judgement.verdict is Verdict.READY
    assert (judgement.checked, judgement.expected, judgement.counts) == (3, 3, {"equal": 3})
    assert judgement.records == tuple(GREEN)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_one_record_decides_by_its_colour(outcome: Outcome) -> None:
    """Each outcome has one colour, each colour one verdict."""
    verdict = {Colour.GREEN: Verdict.READY, Colour.RED: Verdict.NOT_READY, Colour.UNDECIDED: Verdict.UNDECIDED}
    assert judge(SLOTS, [*GREEN[:2], replace(RED, outcome=outcome)]).verdict is verdict[outcome.colour]


def test_a_difference_wins_over_an_unread() -> None:
    """It is known that the two differ, whatever else is not."""
    unread = replace(GREEN[1], outcome=Outcome.UNVERIFIABLE)
    assert judge(SLOTS, [GREEN[0], unread, RED]).verdict is Verdict.NOT_READY


@pytest.mark.parametrize("outcome", [Outcome.UNVERIFIABLE, Outcome.EQUAL])
def test_a_blind_caller_wins_over_everything(outcome: Outcome) -> None:
    """What it did not see looks like a difference; and a blind caller is asked for only where there is one."""
    blind = Record("callers", "primary", "sight", outcome)
    for records in (GREEN, [*GREEN[:2], RED]):
        assert judge([*SLOTS, blind.slot], [*records, blind]).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("lost", range(3))
@pytest.mark.parametrize("other", [GREEN[2], RED])
def test_a_lost_record_is_an_error_and_decides_nothing(lost: int, other: Record) -> None:
    """However many are red: a run that was cut short has no verdict."""
    records = [record for i, record in enumerate([*GREEN[:2], other]) if i != lost]
    judgement = judge(SLOTS, records)
    assert judgement.verdict is Verdict.UNDECIDED
    assert (judgement.checked, judgement.expected) == (2, 3)
    assert judgement.records[lost] == Record(*_named(SLOTS[lost]), reason="was not judged")


@pytest.mark.parametrize(
    "twice", [[GREEN[2], RED], [RED, GREEN[2]], [GREEN[2], RED, GREEN[2]], [RED, replace(RED, reason="x")]]
)
def test_two_records_that_disagree_are_none(twice: list[Record]) -> None:
    """Neither is believed, not even the red one."""
    judgement = judge(SLOTS, [*GREEN[:2], *twice])
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.checked == 2
    assert judgement.records[2].reason == "two judgements that disagree"


@pytest.mark.parametrize(
    "stray",
    [replace(GREEN[2], pair=1), replace(GREEN[2], key="b"), replace(GREEN[2], aspect="x"), replace(RED, pair=7)],
)
def test_a_record_of_what_is_in_no_snapshot_leaves_nothing_proven(stray: Record) -> None:
    """It was judged by another pairing than this."""
    judgement = judge(SLOTS, [*GREEN, stray])
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.records[3] == Record(*_named(stray.slot), reason="was judged and is in no snapshot")
    assert judgement.checked == judgement.expected == 3


def _named(slot: Slot) -> tuple[str, str, str, Outcome, int | None]:
    return slot.kind, slot.key, slot.aspect, Outcome.ERROR, slot.pair


def test_without_a_pair_nothing_is_proven() -> None:
    """Two empty workspaces are not ready, nor is nothing at all; a kind that one side lacks is a finding even so."""
    assert judge(SLOTS[:1], GREEN[:1]).verdict is Verdict.UNDECIDED
    assert judge([], []).verdict is Verdict.UNDECIDED
    assert judge(SLOTS[:1], [replace(GREEN[0], outcome=Outcome.UNSUPPORTED)]).verdict is Verdict.NOT_READY


def test_a_slot_that_is_named_twice_is_one() -> None:
    """It has one record."""
    assert judge([*SLOTS, *SLOTS], GREEN).expected == 3


def _chain(*causes: tuple[str, str], outcome: Outcome = Outcome.DIFFERENT) -> list[bool]:
    """Findings of these names with what they follow from; which of them are counted in the end."""
    slots = [Slot("jobs", key, "definition", i) for i, (key, _) in enumerate(causes)]
    records = [
        Record("jobs", key, "definition", outcome, i, because_of=f"jobs:{cause}" if cause else "")
        for i, (key, cause) in enumerate(causes)
    ]
    return [record.counted for record in judge(slots, records).records]


def test_a_finding_that_follows_from_a_finding_is_not_counted() -> None:
    """Directly or by way of others."""
    assert _chain(("c", "b"), ("b", "a"), ("a", "")) == [False, False, True]
    assert _chain(("c", "b"), ("b", ""), outcome=Outcome.UNVERIFIABLE) == [False, True]


def test_findings_that_follow_only_from_each_other_are_all_counted() -> None:
    """Otherwise a drill could fail on nothing that anybody counts."""
    assert _chain(("a", "b"), ("b", "a"), ("c", "a")) == [True, True, True]
    assert _chain(("a", "a")) == [True]
    assert _chain(("a", "gone")) == [True]


def test_a_finding_that_follows_from_what_is_green_is_counted() -> None:
    """As after a waiver of its cause. What is green itself is left as it is."""
    cause = replace(RED, outcome=Outcome.WAIVED)
    follows = replace(GREEN[1], key="b", outcome=Outcome.DIFFERENT, pair=1, because_of=cause.name)
    green = replace(follows, pair=2, outcome=Outcome.WAIVED)
    judgement = judge([cause.slot, follows.slot, green.slot], [cause, follows, green])
    assert [record.counted for record in judgement.records] == [False, True, False]
    assert judgement.records[2].because_of == cause.name


def test_exit_codes_are_for_good() -> None:
    """0, 1, 2: scripts rely on them."""
    assert [(v.value, v.exit_code) for v in Verdict] == [("ready", 0), ("not_ready", 1), ("undecided", 2)]


def test_a_record_survives_its_journey() -> None:
    """From a worker to the controller as JSON, nothing is lost."""
    difference = Difference("a[].b", {"x": [None, 1, True]}, "1", "primary")
    record = Record("jobs", "ü#2", "definition", Outcome.EXPECTED, 3, (difference,), ("row",), "why", "users:a", "mend")
    assert record_from(json.loads(json.dumps(record.document()))) == record
    assert record.slot == Slot("jobs", "ü#2", "definition", 3)
    assert record.name == "jobs:ü#2"
