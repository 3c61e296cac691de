"""The mapping: values, keys and text, all rows at once, one to one."""

from collections import Counter
from typing import Any

import pytest

from lakedrill.inventory.paths import Keyed
from lakedrill.parity.canonical import Bag, Hidden, _keyed, spell
from lakedrill.parity.mapping import Mapping, MappingError, Row
from lakedrill.parity.reference import Dangling, Ref, Text

REF = Ref("jobs", 1)


def _apply(value: Any, *rows: Row) -> Any:
    return Mapping(rows).apply("jobs", value)[0]


def test_without_rows_nothing_is_touched() -> None:
    """The very same value comes back."""
    value = {"a": [1]}
    assert Mapping().apply("jobs", value) == (value, Counter())
    assert Mapping([Row("a", "b", kind="users")]).apply("jobs", value)[0] is value


def test_values_and_keys_are_mapped_and_containers_keep_their_types() -> None:
    """Bags stay bags, keyed lists keyed, hidden values hidden; other types than text are never mapped."""
    value = {"a": Bag(["a", 1]), "k": Keyed(a=Hidden("a")), "l": ["a", None, True], "x": "ab"}
    mapped, used = Mapping([Row("a", "b")]).apply("jobs", value)
    assert spell(mapped, str) == spell(
        {"b": Bag(["b", 1]), "k": Keyed(b=Hidden("b")), "l": ["b", None, True], "x": "ab"}, str
    )
    assert used == {Row("a", "b"): 5}, "each value and each key"


def test_all_rows_apply_at_once_the_longest_first() -> None:
    """An exchange is possible, and what a row made is not mapped again."""
    assert _apply({"v": ["a", "b"]}, Row("a", "b"), Row("b", "a")) == {"v": ["b", "a"]}
    rows = (Row("/x/", "/y/", prefix=True), Row("/x/deep/", "/z/", prefix=True))
    assert _apply(["/x/1", "/x/deep/1", "x"], *rows) == ["/y/1", "/z/1", "x"]


def test_only_the_text_before_a_reference_can_begin_with_something() -> None:
    """A reference is never mapped, nor is a literal taken for the whole value; an emptied literal is none."""
    prefix = Row("/a/", "/b/", prefix=True)
    assert _apply(Text(("/a/x/", REF, "/a/")), prefix) == Text(("/b/x/", REF, "/a/"))
    assert _apply(Text((REF, "/a/")), prefix) == Text((REF, "/a/"))
    assert _apply(Text(("/a/", REF)), Row("/a/", "/b/")) == Text(("/a/", REF))
    assert _apply(Text(("/a/", REF)), Row("/a/", "", prefix=True)) == REF
    assert _apply([REF, Dangling(("jobs",), "id", "a")], Row("a", "b")) == [REF, Dangling(("jobs",), "id", "a")]


def test_rows_hold_for_their_kinds_and_paths_only() -> None:
    """A path is spelled as the facts spell it, `[]` for any item, or as a difference is told; brackets are no sets."""
    value = {"tasks": Keyed(load={"v": "a"}), "l": [{"v": "a"}], "v": "a", "t": {"v": "a"}}
    for path, hit in (("tasks[].v", "tasks"), ("tasks[load].v", "tasks"), ("l[].v", "l"), ("v", "v"), ("t.*", "t")):
        mapped = _apply(value, Row("a", "b", path=path))
        assert [name for name in value if spell(mapped[name], str) != spell(value[name], str)] == [hit], path
    assert _apply(value, Row("a", "b", kind="users")) is value
    assert _apply(value, Row("a", "b", kind="job?"))["v"] == "b"


def test_a_single_text_is_mapped_as_it_would_be_in_its_document() -> None:
    """For a key as plain text."""
    mapping = Mapping([Row("a", "b", kind="jobs", path="name")])
    assert [mapping.translate(*at, "a") for at in (("jobs", "name"), ("jobs", "other"), ("users", "name"))] == [
        "b",
        "a",
        "a",
    ]


def test_rows_that_merge_two_keys_of_a_document_are_refused() -> None:
    """One of the two values would be lost, and with it whatever differs in it."""
    row = Row("a", "b", one_way=True)
    with pytest.raises(MappingError, match="merge two keys of m into one"):
        _apply({"m": {"a": 1, "b": 2}}, row)
    with pytest.raises(MappingError, match="a document"):
        _apply({"a": 1, "b": 2}, row)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ({"v": "b"}, "v"),
        ({"m": {"b": 1}}, "m"),
        ("b", "its top"),
        ({"l": [Hidden("b")]}, r"l\[\]"),
        (Text(("b", REF)), "its top"),
    ],
)
def test_what_a_row_leads_to_must_not_be_there_already(value: Any, at: str) -> None:
    """On the way back the two could not be told apart. A row for that value, or one_way, says what is meant."""
    prefix = isinstance(value, Text)
    with pytest.raises(MappingError, match=f"the primary has, at {at}, what a row leads to already: .* a.* → b"):
        _apply(value, Row("a", "b", prefix=prefix))
    assert _apply(value, Row("a", "b", prefix=prefix, one_way=True)) == value
    exchange = (Row("a", "b", prefix=prefix), Row("b", "a", prefix=prefix))
    assert spell(_apply(_apply(value, *exchange), *exchange), str) == spell(value, str)


def test_rows_that_meet_without_covering_each_other_are_refused_where_they_do() -> None:
    """`*zone_id*` and `*region` have no path in common but in theory; which is meant is asked where a document has one."""
    rows = (Row("a", "b", path="*x*"), Row("a", "c", path="*y"), Row("d", "b", path="*y"))
    assert _apply({"x": "a", "y": "a"}, *rows) == {"x": "b", "y": "c"}
    assert Mapping(rows).translate("jobs", "x.y", "a") == "b"
    with pytest.raises(MappingError, match=r"two rows map the same value at x\.y: .*x\* a → b and .*y a → c"):
        _apply({"x": {"y": "a"}}, *rows)
    with pytest.raises(MappingError, match=r"the primary has, at x\.y, what a row leads to already"):
        _apply({"x": {"y": "d"}}, *rows)


def test_an_item_is_called_as_its_key_field_is() -> None:
    """Whichever row means that field: the two are one value. Other rows mean the rest of the item as ever."""
    tasks = _keyed([{"task_key": "a", "v": "a"}, {"task_key": "c", "v": "c"}], "task_key")
    by_field = _apply({"tasks": tasks}, Row("a", "b", path="tasks[].task_key"))
    assert by_field == {"tasks": {"b": {"task_key": "b", "v": "a"}, "c": {"task_key": "c", "v": "c"}}}
    by_value = _apply({"tasks": tasks}, Row("c", "d", path="tasks[c].v"))
    assert by_value == {"tasks": {"a": {"task_key": "a", "v": "a"}, "c": {"task_key": "c", "v": "d"}}}
    with pytest.raises(MappingError, match="merge two keys of tasks into one"):
        _apply({"tasks": tasks}, Row("a", "c", one_way=True))


@pytest.mark.parametrize(
    "rows",
    [
        (Row("a", "b"), Row("a", "c")),
        (Row("a", "b"), Row("a", "c", prefix=True)),
        (Row("a", "b", kind="j*"), Row("a", "c", kind="*s")),
        (Row("a", "b", kind="jo?s"), Row("a", "c", kind="job*")),
        (Row("a", "b", path="x"), Row("a", "c", path="*")),
        (Row("a", "b", path="l[].*"), Row("a", "c", path="l[].x")),
    ],
)
def test_rows_that_overlap_are_refused(rows: tuple[Row, ...]) -> None:
    """Which one is meant is nobody's guess, one_way or not."""
    with pytest.raises(MappingError, match="map the same value"):
        Mapping(rows)


@pytest.mark.parametrize(
    "rows",
    [
        (Row("a", "c"), Row("b", "c")),
        (Row("/a/", "/c/", prefix=True), Row("/b/", "/c/", prefix=True)),
        (Row("/users/x/", "/home/y/", prefix=True), Row("/users/", "/home/", prefix=True)),
        (Row("/a/", "/y/b/", prefix=True), Row("/b/", "/y/", prefix=True)),
        (Row("one", "/y/1"), Row("/b/", "/y/", prefix=True)),
        (Row("a", "c", path="x"), Row("b", "c")),
        (Row("c", "x/b", prefix=True), Row("a/", "x/", prefix=True), Row("a/b", "q")),
    ],
)
def test_rows_that_merge_are_refused_unless_both_are_one_way(rows: tuple[Row, ...]) -> None:
    """Also where one row's result is reached through the beginning that another row makes; a whole value covers only itself."""
    with pytest.raises(MappingError, match="lead to the same value"):
        Mapping(rows)
    one_way = [Row(r.primary, r.secondary, r.kind, r.path, r.prefix, one_way=True) for r in rows]
    mapping = Mapping(one_way)
    with pytest.raises(MappingError, match="one_way"):
        mapping.reversed()


@pytest.mark.parametrize(
    "rows",
    [
        (Row("a", "c", kind="jobs"), Row("b", "c", kind="users")),
        (Row("a", "c", path="x"), Row("b", "c", path="y")),
        (Row("/a/", "/y/", prefix=True), Row("/a/b/", "/y/b/", prefix=True)),
        (Row("/a/", "/b/", prefix=True), Row("/b/", "/a/", prefix=True)),
        (Row("/b/1", "x"), Row("one", "/y/1"), Row("/b/", "/y/", prefix=True)),
        (Row("a", "c", path="*.x"), Row("a", "d", path="*.y")),
        (Row("a", "c", path="l[].x"), Row("a", "d", path="l[].y")),
        (Row("a", "c", kind="*ers"), Row("a", "d", kind="job?")),
    ],
)
def test_rows_that_can_not_meet_or_agree_are_taken(rows: tuple[Row, ...]) -> None:
    """And they lead back to where they came from."""
    mapping = Mapping(rows)
    back = mapping.reversed()
    for row in rows:
        text = row.primary + ("1" if row.prefix else "")
        path = row.path.replace("*", "any").replace("[]", "[any]")
        there = mapping.translate(row.kind.replace("*", "any").replace("?", "s"), path, text)
        assert back.translate(row.kind.replace("*", "any").replace("?", "s"), path, there) == text


def test_a_row_reads_as_people_would_write_it() -> None:
    """As it stands in a record."""
    assert str(Row("a", "b", kind="jobs", path="x", prefix=True)) == "jobs:x a* → b*"
