"""Whether a caller saw what there is: whatever else was found, a verdict on less is none."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.kind import UNASKED
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import CALLERS, LISTING, SIGHT, Record, Slot, Verdict, judge
from tests.support.snapshots import CALLERS as ADMINS
from tests.support.snapshots import build

HOLDS: dict[str, dict[str, dict[str, Any]]] = {
    "users": {"1": {"id": "1", "userName": "Ada@example.com"}},
    "jobs": {"2": {"job_id": 2, "settings": {"name": "nightly"}}},
    "groups": {"3": {"id": "3", "displayName": "admins"}},
}
Sides = Callable[..., Comparison]


@pytest.fixture
def sides(tmp_path: Path) -> Sides:
    """Two workspaces that hold the same, or what a test gives them."""

    def compared(
        primary: Any = HOLDS, secondary: Any = HOLDS, *, must_see: Any = None, **more: dict[str, Any]
    ) -> Comparison:
        snapshots = [
            build(tmp_path / role, role, objects, **more.get(f"more_{role}", {}))
            for role, objects in (("primary", primary), ("secondary", secondary))
        ]
        return Comparison(*snapshots, CATALOGUE, must_see=must_see)

    return compared


def _verdict(comparison: Comparison, records: list[Record] | None = None) -> Verdict:
    pairs = comparison.pairs
    judged = [
        comparison.judge_listing(slot.key, slot.kind)
        if slot.aspect == LISTING
        else comparison.judge(pairs[slot.pair or 0], slot.aspect)
        for slot in comparison.slots()
        if slot.aspect != SIGHT
    ]
    return judge(comparison.slots(), [*judged, *(comparison.judge_sight() if records is None else records)]).verdict


def test_two_admins_who_see_what_must_be_seen(sides: Sides) -> None:
    must_see = {"primary": ["users:ada@EXAMPLE.com", "jobs:nightly"], "secondary": ["groups:admins"]}
    comparison = sides(must_see=must_see)
    assert comparison.blind == {}
    assert [slot for slot in comparison.slots() if slot.aspect == SIGHT] == []
    assert _verdict(comparison) is Verdict.READY


@pytest.mark.parametrize("role", ["primary", "secondary"])
@pytest.mark.parametrize(
    ("admin", "said"), [(False, "the caller was no workspace admin"), (None, "the snapshot does not say")]
)
def test_a_caller_who_was_no_admin_leaves_it_undecided(sides: Sides, role: str, admin: Any, said: str) -> None:
    """Also one of whom that is not known."""
    caller = {name: value for name, value in {**ADMINS[role], "admin": admin}.items() if value is not None}
    comparison = sides(**{f"more_{role}": {"meta": {"caller": caller}}})
    assert list(comparison.blind) == [role]
    assert comparison.blind[role].startswith(said)
    assert Slot(CALLERS, role, SIGHT) in list(comparison.slots())
    assert _verdict(comparison) is Verdict.UNDECIDED
    assert _verdict(comparison, []) is Verdict.UNDECIDED, "nor does a lost record make it anything else"


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_what_must_be_seen_and_is_not_leaves_it_undecided(sides: Sides, role: str) -> None:
    names = ["jobs:Nightly", "jobs:nightly", "users:ada@example.com", "clusters:a", "clusters:b", "clusters:c"]
    comparison = sides(must_see={role: names})
    said = "the caller does not see jobs:Nightly, clusters:a, clusters:b and 1 more, which drill.yaml says it must see"
    assert comparison.blind == {role: said}
    assert _verdict(comparison) is Verdict.UNDECIDED


def test_a_difference_does_not_decide_what_was_seen_in_part(sides: Sides) -> None:
    """What a caller does not see looks like what is missing."""
    comparison = sides(secondary={})
    assert _verdict(comparison) is Verdict.NOT_READY
    comparison = sides(secondary={}, must_see={"secondary": ["groups:admins"]})
    assert _verdict(comparison) is Verdict.UNDECIDED


def test_what_only_a_reference_led_to_was_not_seen(tmp_path: Path, sides: Sides) -> None:
    """A caller may be shown one object by its id and no listing of them."""
    must_see = {"primary": ["jobs:nightly"]}
    comparison = sides(must_see=must_see)
    file = comparison.primary.snapshot.path
    with sqlite3.connect(file) as db:
        db.execute("UPDATE objects SET listed = 0 WHERE kind = 'jobs'")
    primary = Snapshot(file, verify=False)
    comparison = Comparison(primary, comparison.secondary.snapshot, CATALOGUE, must_see=must_see)
    assert list(comparison.blind) == ["primary"]


def test_a_primary_without_anything_of_its_own_proves_nothing(sides: Sides) -> None:
    """What every workspace has from the start does not count; what could not be listed may be there."""
    builtin = {"directories": {"9": {"object_id": "9", "path": "/Shared"}}}
    comparison = sides(builtin, builtin)
    assert comparison.blind["primary"].startswith("holds nothing but what every workspace has from the start")
    assert _verdict(comparison) is Verdict.UNDECIDED
    failed = {"failed": {"jobs": ("PERMISSION_DENIED", "may not")}}
    assert sides(builtin, builtin, more_primary=failed).blind == {}
    assert sides(secondary=builtin).blind == {}


def test_a_listing_that_nobody_asked_for_shows_nothing_of_the_rest(sides: Sides) -> None:
    """An empty primary stays unproven where drill.yaml does not say what lists its mounts."""
    unasked = {"failed": {"mounts": (UNASKED, "no API lists mounts")}}
    assert list(sides({}, {}, more_primary=unasked).blind) == ["primary"]
    assert sides(more_primary=unasked).blind == {}
