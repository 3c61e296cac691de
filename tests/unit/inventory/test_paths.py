"""Paths into documents, as facts spell them."""

from typing import Any

import pytest

from lakedrill.inventory.kind import Reference
from lakedrill.inventory.paths import (
    Keyed,
    Names,
    above,
    below,
    mentions,
    names,
    places,
    spelled,
    spots,
    steps,
    values,
)

DOCUMENT: dict[str, Any] = {
    "name": "x",
    "tasks": [{"key": "a", "to": {"id": 1}}, {"key": "b"}, "odd", None],
    "conf": {"a.b": 1, "c": None},
    "null": None,
}


def test_a_path_is_fields_items_and_values_of_maps() -> None:
    """Lists within lists too."""
    assert steps("a.b[].c") == ("a", "b", "[]", "c")
    assert steps("l[][]") == ("l", "[]", "[]")
    assert steps("conf.*") == ("conf", "*")


RULES: dict[str, Any] = {
    "d": {
        "pool": {"type": "fixed", "value": 1},
        "aws.zone": {"value": 2, "defaultValue": 3},
        "scripts.0.dbfs": {"values": [4, 5]},
        "scripts.*.dbfs": {"value": 6},
        "scripts.0.dbfs.region": {"value": 7},
        "conf.a+b[0]\nc": {"value": 8},
    },
    "o": {"pool": {"value": 9}},
    "dd": {"pool": {"value": 10}},
}


def test_a_name_in_braces_is_one_step() -> None:
    """It holds dots, or it is several names; braces around a plain name change nothing."""
    assert steps("d.{aws.zone}.value") == ("d", "aws.zone", "value")
    assert steps("{d}.{pool}[]") == ("d", "pool", "[]")
    assert steps("{d|o}.{s.*.x}.values[]") == ("d|o", "s.*.x", "values", "[]")
    assert [isinstance(step, Names) for step in steps("{d|o}.{s.*.x}.{y.z}.*")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("d.{aws.zone}.value", [2]),
        ("d.{pool}.value", [1]),
        ("d.aws.zone.value", []),
        ("d.{aws}.value", []),
        ("d.{aws.none}.value", []),
        ("{d|o}.pool.value", [1, 9]),
        ("{d|o|none}.{pool|aws.zone}.{value|defaultValue}", [1, 2, 3, 9]),
        ("d.{scripts.*.dbfs}.value", [6]),
        ("d.{scripts.*.dbfs}.values[]", [4, 5]),
        ("d.{scripts.*}.value", [6, 7]),
        ("d.{*.dbfs}.value", [6]),
        ("d.{conf.*}.value", [8]),
        ("d.{conf.a+b[0]*}.value", [8]),
        ("d.{conf.a.b*}.value", []),
        ("{*}.pool.value", [1, 9, 10]),
    ],
)
def test_braces_mean_the_fields_that_there_are(path: str, found: list[Any]) -> None:
    """`*` is any text, dots and lines in it too; all else stands for itself; a whole name is meant, not a part."""
    assert list(values(RULES, path)) == found
    assert list(spots(RULES, path).values()) == found


def test_a_place_in_braces_is_where_something_stands_unless_it_is_one_name() -> None:
    assert [key for _, key in places(RULES, "d.{new.one}")] == ["new.one"]
    assert places(RULES, "d.{new.*}") == places(RULES, "d.{new|newer}") == []
    assert above("{d|o}.{aws.zone}.{a.*}.value") == {"aws.zone"}


def test_braces_mean_nothing_in_what_is_no_object() -> None:
    for value in ([], "text", None, 1, Keyed(a=1)):
        assert places({"v": value}, "v.{a|b}") == places({"v": value}, "v.{a*}") == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", ["x"]),
        ("absent", []),
        ("tasks[].key", ["a", "b"]),
        ("tasks[].to.id", [1]),
        ("tasks[]", DOCUMENT["tasks"]),
        ("conf.*", [1, None]),
        ("conf.c", [None]),
        ("null", [None]),
        ("null.x", []),
        ("name.x", []),
        ("name[]", []),
        ("tasks.key", []),
        ("tasks.*", []),
        ("conf[]", []),
    ],
)
def test_a_path_names_values_and_passes_by_what_has_another_form(path: str, found: list[Any]) -> None:
    """Nothing is found in text, null or numbers, nor in a list as if it were a map, nor the other way round."""
    assert list(values(DOCUMENT, path)) == found
    assert list(spots(DOCUMENT, path).values()) == found


def test_a_place_is_where_a_value_would_stand() -> None:
    """Where the container is there; so that a default can be put in."""
    assert [(c is DOCUMENT["tasks"][i], key) for i, (c, key) in enumerate(places(DOCUMENT, "tasks[].to"))] == [
        (True, "to")
    ] * 2
    assert places(DOCUMENT, "absent.x") == []
    assert places(DOCUMENT, "absent") == [(DOCUMENT, "absent")]


def test_items_that_have_keys_are_items() -> None:
    """A canonical list without order is reached by the path of the raw one, and by no other."""
    keyed = {"t": Keyed(a={"v": 1}, b={})}
    assert list(values(keyed, "t[].v")) == [1]
    assert list(values(keyed, "t.a.v")) == list(values(keyed, "t.*.v")) == []
    assert spots(keyed, "t[].v") == {"t[a].v": 1}


def test_where_exactly_a_value_stands() -> None:
    """With the index or the key of each item."""
    assert spots(DOCUMENT, "tasks[].key") == {"tasks[0].key": "a", "tasks[1].key": "b"}
    assert below("", {}, "a") == "a"
    assert below("a", {}, "b.c") == "a.b.c"
    assert below("a", [], 0) == "a[0]"


def test_most_paths_are_ruled_out_by_the_names_of_the_fields() -> None:
    """Never one that has a place: the last step may be absent, the others may not."""
    known = names(DOCUMENT)
    assert known == {"name", "tasks", "key", "to", "id", "conf", "a.b", "c", "null"}
    for path in ("tasks[].new", "tasks[].to.new", "conf.*", "conf.*.x", "new", "tasks[].new.x", "new[].x"):
        assert not places(DOCUMENT, path) or above(path) <= known
    assert not above("tasks[].new.x") <= known


def test_a_reference_means_what_its_path_names() -> None:
    """Numbers as text; null and empty mean nothing."""
    document = {"a": [{"id": 1}, {"id": "2"}, {"id": ""}, {"id": None}, {}]}
    found = list(mentions(Reference("a[].id", ("jobs",), "test"), document))
    assert [(m.names, m.spans) for m in found] == [(("1",), ()), (("2",), ())]
    assert [m.names for m in mentions(Reference("l[]", ("jobs",), "test"), {"l": ["x"]})] == [("x",)]


def test_a_pattern_finds_references_in_text_only() -> None:
    """Each with where it stands; a text without a match is plain."""
    reference = Reference("t", ("jobs",), "test", pattern=r"<(\d+)>")
    (found,) = mentions(reference, {"t": "<1> and <22>"})
    assert (found.names, found.spans) == (("1", "22"), ((1, 2), (9, 11)))
    assert list(mentions(reference, {"t": "none"})) == list(mentions(reference, {"t": 1})) == []


def test_a_sibling_may_say_that_it_is_no_reference() -> None:
    """Only with the values that the fact names; a list has no siblings."""
    reference = Reference("path", ("notebooks",), "test", unless=("source", ("GIT",)))
    assert [bool(list(mentions(reference, {"path": "x", "source": s}))) for s in ("GIT", "WORKSPACE", None)] == [
        False,
        True,
        True,
    ]
    assert list(mentions(Reference("l[]", ("notebooks",), "test", unless=("source", ("GIT",))), {"l": ["x"]}))


def _spelled(value: Any, path: str) -> list[Any]:
    return [container[key] for container, key in spelled(value, path)]


def test_a_path_as_people_read_it_leads_where_it_was_read() -> None:
    """Keys may hold dots, items are named by their key or number, and what is not there is no place."""
    value = {
        "conf": {"a.b": 1, "a": {"b": 2}, "": 3},
        "tasks": Keyed({"load": {"n": [4, 5]}, "end": {}}),
        "list": [{"x": 6}, {"x": 7}],
    }
    assert _spelled(value, "conf.a.b") == [1, 2]
    assert _spelled(value, "conf.*") == [1, {"b": 2}, 3]
    assert _spelled(value, "*.a") == [{"b": 2}]
    assert _spelled(value, "tasks[].n[1]") == [5]
    assert _spelled(value, "tasks[load].n[]") == [4, 5]
    assert _spelled(value, "list[1].x") == [7]
    assert _spelled(value, "list[]") == value["list"]
    for path in ("nope", "conf.a.b.c", "tasks[none].n", "list.x", "conf[]", "tasks"):
        assert _spelled(value, path) == ([value["tasks"]] if path == "tasks" else [])
