"""References as values."""

from typing import Any

import pytest

from lakedrill.inventory.kind import Reference
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.parity.reference import Dangling, Ref, Text, refer, target, text_of

KNOWN = {
    ("users", "name", "ada"): 1,
    ("groups", "name", "ada"): 2,
    ("groups", "name", "team"): 3,
    ("jobs", "id", "12"): 4,
    ("directories", "id", "12"): 5,
}
PRINCIPALS = ("users", "groups")


class _Lookup:
    def resolve(self, kind: str, handle: str, value: str) -> int | None:
        return KNOWN.get((kind, handle, value))


def _refer(document: dict[str, Any], reference: Reference) -> Any:
    refer(document, (reference,), CATALOGUE, _Lookup())
    return document


def test_the_first_kind_that_has_the_name_is_meant() -> None:
    """Names are looked up in the order of the kinds, folded as the kind folds them."""
    reference = Reference("by", PRINCIPALS, "test", by="name")
    assert [_refer({"by": name}, reference)["by"] for name in ("ada", "ADA", "Team")] == [
        Ref("users", 1), Ref("users", 1), Ref("groups", 3),
    ]  # fmt: skip


def test_a_kind_that_was_not_listed_whole_may_have_had_the_name() -> None:
    """So no later kind is asked, and nothing is plain text, optional or not; what is there is found all the same."""
    for optional in (False, True):
        reference = Reference("by", PRINCIPALS, "test", by="name", optional=optional)
        found = target(reference, "team", CATALOGUE, _Lookup(), frozenset({"users"}))
        assert isinstance(found, Dangling)
        assert not found.captured
        assert target(reference, "ada", CATALOGUE, _Lookup(), frozenset({"users"})) == Ref("users", 1)


def test_a_name_that_resolves_to_nothing_is_broken_unless_it_may_be_text() -> None:
    """With one kind of several unknown to the catalogue, nobody can say that it leads to nothing."""
    assert target(Reference("by", PRINCIPALS, "test", by="name"), "x", CATALOGUE, _Lookup()) == Dangling(
        PRINCIPALS, "name", "x"
    )
    assert target(Reference("by", PRINCIPALS, "test", optional=True), "x", CATALOGUE, _Lookup()) is None
    half = target(Reference("by", ("users", "unknown"), "test"), "x", CATALOGUE, _Lookup())
    assert isinstance(half, Dangling)
    assert not half.captured


def test_the_type_of_an_id_is_kept() -> None:
    """A number and the same digits as text point at the same object and are not written alike."""
    reference = Reference("id", ("jobs",), "test")
    number, text = (_refer({"id": value}, reference)["id"] for value in (12, "12"))
    assert (number.n, text.n) == (4, 4)
    assert (number.number, text.number) == (True, False)


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_refers_to_nothing(value: Any) -> None:
    """Null and empty stay what they are."""
    assert _refer({"id": value}, Reference("id", ("jobs",), "test")) == {"id": value}


def test_optional_text_stays_text() -> None:
    """An outsider's address is compared as it is."""
    assert _refer({"to": "x@y"}, Reference("to", ("users",), "test", by="name", optional=True)) == {"to": "x@y"}


def test_a_text_becomes_literals_and_references() -> None:
    """Each match is looked up; what is optional and not found goes back into the literal around it."""
    pattern = r"<(\w+)>"
    reference = Reference("t", ("jobs",), "test", pattern=pattern, optional=True)
    assert _refer({"t": "a <12> b <13> c <12>"}, reference)["t"] == Text(
        ("a <", Ref("jobs", 4), "> b <13> c <", Ref("jobs", 4), ">")
    )
    assert _refer({"t": "a <13> b"}, reference) == {"t": "a <13> b"}
    assert _refer({"t": "no match"}, reference) == {"t": "no match"}
    assert _refer({"t": 12}, reference) == {"t": 12}


def test_a_text_that_is_one_reference_and_nothing_else_is_that_reference() -> None:
    """So that the two ways to write a fact agree."""
    assert _refer({"t": "12"}, Reference("t", ("jobs",), "test", pattern="^(.*)$"))["t"] == Ref("jobs", 4)
    assert text_of(["", "a", ""]) == Text(("a",))
    assert text_of(["", Ref("jobs", 4), ""]) == Ref("jobs", 4)


def test_a_broken_reference_inside_of_a_text_is_broken_there() -> None:
    """The text around it stays literal."""
    found = _refer({"t": "/directories/13"}, Reference("t", ("directories",), "test", pattern=r"^/directories/(\d+)$"))
    assert found["t"] == Text(("/directories/", Dangling(("directories",), "id", "13")))


PATHS = {
    ("repos", "path", "/Users/ada/etl"): 1,
    ("repos", "path", "/Users/ada/etl/inner"): 2,
    ("notebooks", "path", "/Users/ada/etl beside"): 3,
}


class _Paths:
    def resolve(self, kind: str, handle: str, value: str) -> int | None:
        return PATHS.get((kind, handle, value))


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/Users/ada/etl", Ref("repos", 1)),
        ("/Users/ada/etl/src/main", Text((Ref("repos", 1), "/src/main"))),
        ("/Users/ada/etl/inner/main", Text((Ref("repos", 2), "/main"))),
        ("/Workspace/Users/ada/etl/main", Text(("/Workspace", Ref("repos", 1), "/main"))),
        ("/Users/ada/etl beside", Ref("notebooks", 3)),
        ("/Users/ada/etl2/main", Dangling(("notebooks",), "path", "/Users/ada/etl2/main")),
    ],
)
def test_a_path_into_what_encloses_others_points_at_that(path: str, meant: Ref | Text | Dangling) -> None:
    """And the way on from there stays text. The innermost is meant, and never what only begins alike."""
    reference = Reference("at", ("notebooks",), "test", by="path", pattern=r"^(?:/Workspace)?(/(?!Workspace/).*)$")
    document: dict[str, Any] = {"at": path}
    refer(document, (reference,), CATALOGUE, _Paths())
    assert document["at"] == meant


def test_a_path_leads_into_nothing_where_no_kind_encloses() -> None:
    reference = Reference("at", ("dbfs_files",), "test", by="path", pattern="^(/.*)$")
    document: dict[str, Any] = {"at": "/Users/ada/etl/main"}
    refer(document, (reference,), CATALOGUE, _Paths())
    assert document["at"] == Dangling(("dbfs_files",), "path", "/Users/ada/etl/main")
