"""What checks are written with, and what people read of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.subject import Finding, ListingUnderCheck, PairUnderCheck, judges, printable, shown, told
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import Difference, Outcome, Record
from lakedrill.parity.pairing import Pair
from tests.support.two_sides import TwoSides, unpause


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    drill = TwoSides(tmp_path)
    unpause(drill.secondary, ["secondary-job-3"])
    drill.secondary.refused = {"files": "PERMISSION_DENIED"}
    return Comparison(*drill.write().snapshots(), CATALOGUE)


def pair_of(comparison: Comparison, label: str) -> Pair:
    return next(pair for pair in comparison.pairs if pair.label == label)


def test_a_green_pair_keeps_its_record(comparison: Comparison) -> None:
    pair = PairUnderCheck(comparison, pair_of(comparison, "shared"), "definition")
    pair.judge()
    assert pair.name == "clusters:shared"
    assert pair.record.outcome is Outcome.EQUAL
    assert pair.record.slot == pair.slot


def test_a_finding_names_object_path_both_values_and_what_mends_it(comparison: Comparison) -> None:
    pair = PairUnderCheck(comparison, pair_of(comparison, "report"), "definition")
    with pytest.raises(Finding) as found:
        pair.judge()
    assert str(found.value).splitlines() == [
        "jobs:report: definition: different",
        "  settings.schedule.pause_status",
        '    primary    "PAUSED"',
        '    secondary  "UNPAUSED"',
        "  to mend it: lakedrill migrate --only jobs:report",
    ]
    assert pair.record.outcome is Outcome.DIFFERENT


def test_a_listing_that_failed_is_a_finding(comparison: Comparison) -> None:
    ListingUnderCheck(comparison, "primary", "files").judge()
    listing = ListingUnderCheck(comparison, "secondary", "files")
    assert listing.name == "secondary:files"
    with pytest.raises(Finding, match=r"files:secondary: listing: unverifiable: PERMISSION_DENIED: refused"):
        listing.judge()


def test_what_is_absent_what_it_follows_from_and_what_has_no_path_are_told() -> None:
    record = Record(
        "jobs",
        "a\x1b[31m",
        "permissions",
        Outcome.EXTRA,
        1,
        differences=(Difference("", None, {"b": 1}, absent="primary"),),
        because_of="directories:/x",
    )
    assert told(record).splitlines() == [
        r"jobs:a\x1b[31m: permissions: extra",
        "  as a whole",
        "    primary    (nothing)",
        '    secondary  {"b": 1}',
        "  because of directories:/x",
    ]


def test_long_values_are_cut() -> None:
    assert shown("x" * 20, 10) == '"xxxxxxxxx… (22 characters)'
    assert printable("日本\n") == "日本\\n"


def of_listing(listing: object) -> None:
    pass


def of_both(listing: object, pair: object) -> None:
    pass


def test_a_mark_refuses_an_unknown_aspect_and_another_argument() -> None:
    with pytest.raises(ValueError, match="no aspect 'looks'"):
        judges("looks")
    with pytest.raises(TypeError, match="takes one argument, `pair`"):
        judges("definition")(of_listing)
    with pytest.raises(TypeError, match="takes one argument, `listing`"):
        judges("listing")(of_both)
