"""Two snapshots compared where one of them could not read everything: nothing unread is ever equal."""

from typing import Any

import pytest

from lakedrill.inventory.kind import Catalogue
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Unreadable
from tests.support.compared import Bench, entry, twice

NO_ANSWER = Unreadable("PERMISSION_DENIED", "may not")
DISABLED = Unreadable("FEATURE_DISABLED", "is off here")


@pytest.mark.parametrize("side", [0, 1])
def test_a_listing_that_failed_makes_nothing_missing_or_extra(bench: Bench, side: int) -> None:
    """That the other side has none is known only where all of it was listed."""
    twice(bench)
    bench.sides[side].objects["clusters"] = {}
    bench.sides[side].rest["failed"] = {"clusters": ("PERMISSION_DENIED", "may not")}
    role = ("primary", "secondary")[side]
    assert bench.told() == {
        f"clusters:{role} listing": "unverifiable",
        "clusters:etl inventory": "unverifiable",
        "jobs:nightly definition": "unverifiable because of clusters:etl",
        **({"jobs:nightly references": "unverifiable"} if side else {}),
    }


def test_a_listing_that_failed_makes_nothing_ambiguous(bench: Bench) -> None:
    """The twin that would settle it may be among those not listed."""
    for side, start in zip(bench.sides, (1, 3), strict=True):
        for i in range(2):
            side.cluster("etl", num_workers=start + i)
    bench.p.rest["failed"] = {"clusters": ("UNREACHABLE", "")}
    told = bench.told()
    assert {outcome for name, outcome in told.items() if name.startswith("clusters:etl")} == {"unverifiable"}
    assert bench.records()["clusters:primary listing"].reason == "UNREACHABLE"


@pytest.mark.parametrize("side", [0, 1])
def test_users_that_could_not_be_listed_do_not_make_their_homes_missing(bench: Bench, side: int) -> None:
    """A path in a home is found by its text where nobody can say whose home it is, and one that is not found is open."""
    for each in bench.sides:
        each.user("ada@x")
        each.folder("/Users/ada@x")
    bench.p.folder("/Users/gone@x")
    bench.p.folder("/Plain")
    bench.sides[side].objects["users"] = {}
    bench.sides[side].rest["failed"] = {"users": ("UNREACHABLE", "no answer")}
    told = bench.told()
    assert told["directories:/Users/ada@x definition"].startswith("unverifiable")
    assert told["directories:/Users/gone@x inventory"] == "unverifiable"
    assert told["directories:/Plain inventory"] == "missing"
    assert "directories:/Users/ada@x inventory" not in told


def test_neither_side_could_list_users(bench: Bench) -> None:
    """The same name on both sides is not the same user where no side knows its users: unread is never equal."""
    for each in bench.sides:
        each.folder("/Users/ada@x")
        each.rest["failed"] = {"users": ("UNREACHABLE", "no answer")}
    told = bench.told()
    assert told["directories:/Users/ada@x definition"] == "unverifiable"
    assert told["directories:/Users/ada@x references"] == "unverifiable"


@pytest.mark.parametrize("side", [0, 1])
def test_a_facet_unread_on_one_side_is_never_equal(bench: Bench, side: int) -> None:
    """Nor are references and safety green where the secondary's permissions are not known."""
    ids = twice(bench)[side]
    bench.sides[side].rest["permissions"]["jobs", ids["job"]] = NO_ANSWER
    told = bench.told()
    assert told["jobs:nightly permissions"] == "unverifiable"
    assert told.get("jobs:nightly references") == ("unverifiable" if side else None)
    assert told.get("jobs:nightly safety") == ("unverifiable" if side else None)


def test_a_facet_that_was_not_captured_is_unverifiable(bench: Bench) -> None:
    """A snapshot that says nothing of a content does not say that it is empty."""
    _, ids = twice(bench)
    bench.s.rest["contents"]["notebooks", ids["notebook"]] = None
    assert bench.told() == {"notebooks:/Shared/etl content": "unverifiable"}


def test_libraries_of_which_a_snapshot_says_nothing_are_unverifiable_and_more_of_them_are_extra(bench: Bench) -> None:
    """One that was captured before they were read does not say that there are none."""
    library = {"pypi": {"package": "simplejson"}}
    for side in bench.sides:
        key = side.cluster("etl", libraries=[library, {"cran": {"package": "forecast"}}])
    assert bench.told() == {}
    bench.s.objects["clusters"][key]["libraries"] = [{"cran": {"package": "forecast"}}, library, library]
    assert bench.told() == {"clusters:etl libraries": "extra"}
    del bench.s.objects["clusters"][key]["libraries"]
    assert bench.told() == {"clusters:etl libraries": "unverifiable", "clusters:etl references": "unverifiable"}


def test_a_facet_that_both_sides_do_not_have_does_not_apply(bench: Bench) -> None:
    """Both must say so, and by that code; then references and safety do not miss it either."""
    ids = twice(bench)
    for side, known in zip(bench.sides, ids, strict=True):
        side.rest["permissions"]["jobs", known["job"]] = DISABLED
    assert bench.told() == {"jobs:nightly permissions": "not_applicable"}
    bench.p.rest["permissions"]["jobs", ids[0]["job"]] = NO_ANSWER
    assert bench.told()["jobs:nightly permissions"] == "unverifiable"


@pytest.mark.parametrize("lacking", [0, 1], ids=["primary", "secondary"])
def test_permissions_that_only_one_side_has_are_unsupported(bench: Bench, lacking: int) -> None:
    """Red, and told once: references and safety do not miss what is not there."""
    ids = twice(bench)
    side = bench.sides[lacking]
    side.rest["permissions"]["jobs", ids[lacking]["job"]] = DISABLED
    assert bench.told() == {"jobs:nightly permissions": "unsupported"}
    assert bench.records()["jobs:nightly permissions"].reason == f"{side.role}: is off here"


def test_a_difference_wins_over_an_unread(bench: Bench) -> None:
    """Broken references and breaches are told although the permissions are not known."""
    ids = twice(bench)
    for side, known in zip(bench.sides, ids, strict=True):
        job = side.objects["jobs"][known["job"]]
        job["settings"]["schedule"] = {"pause_status": "UNPAUSED"}
    bench.s.objects["jobs"][ids[1]["job"]]["settings"]["tasks"][0]["existing_cluster_id"] = "gone"
    bench.s.rest["permissions"]["jobs", ids[1]["job"]] = NO_ANSWER
    told = bench.told()
    assert told["jobs:nightly references"] == "different because of jobs:nightly"
    assert told["jobs:nightly safety"] == "different because of jobs:nightly"


def test_what_nobody_can_tell_apart_for_lack_of_reading_is_not_ambiguous(bench: Bench) -> None:
    """Twins whose permissions one side could not read are told apart by all the rest."""
    for side in bench.sides:
        side.user("ada@x")
        for i in range(2):
            acl: Any = [entry("ada@x", "IS_OWNER")] if side is bench.p else NO_ANSWER
            side.job("nightly", acl, description=str(i))
    assert set(bench.told()) == {
        f"jobs:{name} {aspect}"
        for name in ("nightly", "nightly#2")
        for aspect in ("permissions", "references", "safety")
    }


def test_a_kind_that_was_not_listed_is_unverifiable(bench: Bench) -> None:
    """Also where both sides are silent: only an error code says that there is nothing."""
    for side in bench.sides:
        side.rest["unlisted"] = frozenset({"clusters"})
    assert bench.told() == dict.fromkeys(("clusters:primary listing", "clusters:secondary listing"), "unverifiable")


def test_a_kind_that_only_one_side_lacks_is_unsupported(bench: Bench) -> None:
    """What both lack does not matter."""
    bench.s.rest["failed"] = {"clusters": ("FEATURE_DISABLED", "off")}
    told = bench.told()
    assert told == {"clusters:secondary listing": "unsupported", "callers:primary sight": "unverifiable"}
    bench.p.rest["failed"] = {"clusters": ("FEATURE_DISABLED", "off")}
    with pytest.raises(AssertionError, match="a finding is never green"):  # no pair at all proves nothing
        bench.told()


def test_a_kind_that_is_not_known_at_all_leaves_its_references_open(bench: Bench) -> None:
    """The same id of a kind that nobody captures is neither equal nor different."""
    bench.catalogue = Catalogue(tuple(kind for kind in CATALOGUE.kinds if kind.name != "cluster_policies"))
    for side in bench.sides:
        side.cluster("etl", policy_id="ABC")
    assert bench.told() == {
        "clusters:etl definition": "unverifiable",
        "clusters:etl references": "unverifiable",
    }
