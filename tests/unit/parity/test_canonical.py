"""The canonical form, and how it is spelled."""

import json
from typing import Any

import pytest

from lakedrill.inventory.kind import Catalogue, Chosen, Default, Derived, Facet, Field, Own, Reference, Shape
from lakedrill.inventory.kind import Keyed as KeyedFact
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import Keyed, Parsed
from lakedrill.parity.canonical import Bag, Hidden, canonical, copied, leaves, same, spell, take, walk
from lakedrill.parity.reference import Dangling, Ref, Text

WHY = ("because", "test")
SCALARS = [0, 1, 1.0, -0.0, 0.0, True, False, "1", "true", "", None, "null", float("nan"), float("inf"), 10**20, 1e20]


class _Names:
    def resolve(self, kind: str, handle: str, value: str) -> int | None:
        return {("users", "name", "ada"): 7}.get((kind, handle, value))


def _form(document: dict[str, Any], **facts: Any) -> Any:
    return canonical(document, Shape(**facts), CATALOGUE, _Names())


def test_the_document_itself_is_left_as_it_is() -> None:
    """A snapshot's document is shared: whatever is made of it is a copy."""
    document = {"a": [{"k": "x", "gone": 1}], "b": {"c": 1}}
    _form(document, assigned=(Field("a[].gone", *WHY), Field("b.c", *WHY)), keyed=(KeyedFact("a", *WHY, key="k"),))
    assert document == {"a": [{"k": "x", "gone": 1}], "b": {"c": 1}}


def test_what_the_server_assigns_is_dropped_and_nothing_else() -> None:
    """Only what a fact names goes; an empty container stays one."""
    form = _form(
        {"id": 1, "a": [{"id": 2, "v": 3}], "m": {"id": 4}}, assigned=(Field("id", *WHY), Field("a[].id", *WHY))
    )
    assert form == {"a": [{"v": 3}], "m": {"id": 4}}
    assert _form({"m": {"id": 4}, "n": {}}, assigned=(Field("m.*", *WHY),)) == {"m": {}, "n": {}}


def test_what_the_server_made_of_the_own_id_was_not_given() -> None:
    """With another id, or where the object tells none, it is what somebody wrote."""
    own = (Own("spec.at", *WHY, form="dbfs:/{}", id="id"),)
    assert _form({"id": 1, "spec": {"at": "dbfs:/1"}}, own=own) == {"id": 1, "spec": {}}
    for document in ({"id": 1, "spec": {"at": "dbfs:/2"}}, {"spec": {"at": "dbfs:/1"}}, {"id": 1, "spec": {}}):
        assert _form(document, own=own) == document


def test_what_the_server_derives_is_dropped_where_it_is_derived() -> None:
    """From a sibling that is there and says something; elsewhere it is somebody's own word."""
    derived = Derived("rules", *WHY, of="family")
    for family in ("f", 1):
        assert _form({"rules": 1, "family": family}, assigned=(derived,)) == {"family": family}
    for rest in ({}, {"family": ""}, {"family": None}):
        assert _form({"rules": 1, **rest}, assigned=(derived,)) == {"rules": 1, **rest}
    assert _form({"family": "f"}, assigned=(derived,)) == {"family": "f"}


def test_an_absent_default_is_filled_in_and_null_is_not() -> None:
    """Absent means the constant; null, empty and another type are values of their own."""
    default = Default("a.b", *WHY, value=0)
    assert _form({"a": {}}, defaulted=(default,)) == {"a": {"b": 0}}
    assert _form({}, defaulted=(default,)) == {}
    for value in (None, "", False):
        assert spell(_form({"a": {"b": value}}, defaulted=(default,)), str) == spell({"a": {"b": value}}, str)


def test_defaults_inside_of_a_default() -> None:
    """A container that was filled in has its own defaults filled in, and no two documents share it."""
    facts = (Default("a", *WHY, value={}), Default("a.b", *WHY, value=[]), Default("a.c.d", *WHY, value=1))
    one, other = _form({}, defaulted=facts), _form({}, defaulted=facts)
    assert one == {"a": {"b": []}}
    one["a"]["b"].append(1)
    assert other == {"a": {"b": []}}
    nested = (Default("a", *WHY, value={"c": {}}), *facts)
    assert _form({}, defaulted=nested) == {"a": {"b": [], "c": {"d": 1}}}


def test_a_chosen_value_follows_its_sibling() -> None:
    """Left out, it is the sibling's; given, it is its own; without the sibling there is none."""
    facts = (Chosen("driver", *WHY, like="worker"),)
    assert _form({"worker": "a"}, chosen=facts) == {"worker": "a", "driver": "a"}
    assert _form({"worker": "a", "driver": "b"}, chosen=facts) == {"worker": "a", "driver": "b"}
    assert _form({}, chosen=facts) == {}


def test_of_some_values_only_the_presence_counts() -> None:
    """Null is not there."""
    facts = (Field("by", *WHY),)
    assert [_form(d, presence=facts) for d in ({"by": 1}, {"by": None}, {})] == [
        {"by": True},
        {"by": False},
        {"by": False},
    ]


def test_a_sensitive_value_is_hidden_wherever_it_stands() -> None:
    """In a list too, and also one that is falsy; what is not there is not made up."""
    facts = (Field("s", *WHY), Field("l[]", *WHY))
    form = _form({"s": "", "l": ["x", 0]}, sensitive=facts)
    assert form == {"s": Hidden(""), "l": [Hidden("x"), Hidden(0)]}
    assert _form({}, sensitive=facts) == {}


def test_lists_without_order_inside_of_each_other() -> None:
    """The inner ones are marked first; what is no list stays what it is."""
    facts = {
        "keyed": (KeyedFact("t", *WHY, key="k"), KeyedFact("t[].d", *WHY, key="k")),
        "unordered": (Field("t[].s", *WHY),),
    }
    form = _form({"t": [{"k": "a", "s": [2, 1], "d": [{"k": "z"}]}, {"k": "b", "s": None}]}, **facts)
    assert isinstance(form["t"], Keyed)
    assert isinstance(form["t"]["a"]["d"], Keyed)
    assert isinstance(form["t"]["a"]["s"], Bag)
    assert form["t"]["b"]["s"] is None
    assert _form({"l": [[1], [2]]}, unordered=(Field("l[]", *WHY),)) == {"l": [Bag([1]), Bag([2])]}


@pytest.mark.parametrize("items", [[{"k": "a"}, {"k": "a"}], [{"k": 1}], [{}], ["a"], [{"k": "a"}, {"k": None}]])
def test_items_without_a_key_of_their_own_are_a_bag(items: list[Any]) -> None:
    """A repeated key can't be numbered: the order would decide which is which."""
    assert isinstance(_form({"t": items}, keyed=(KeyedFact("t", *WHY, key="k"),))["t"], Bag)


def test_repeated_keys_are_compared_whatever_their_order() -> None:
    """Turning them round is no difference; changing one is."""
    facts = {"keyed": (KeyedFact("t", *WHY, key="k"),)}
    a, b, c = ({"k": "a", "v": v} for v in (1, 2, True))
    spelled = [spell(_form({"t": items}, **facts), str) for items in ([a, b], [b, a], [c, b])]
    assert spelled[0] == spelled[1] != spelled[2]


def test_references_take_the_place_of_names() -> None:
    """And what a listing that was not whole does not have is not known to be missing."""
    facts = Shape(references=(Reference("by", ("users",), "test", by="name"),))
    assert canonical({"by": "ada"}, facts, CATALOGUE, _Names()) == {"by": Ref("users", 7)}
    lost = canonical({"by": "bob"}, facts, CATALOGUE, _Names())["by"]
    assert lost == Dangling(("users",), "name", "bob", captured=True)
    assert not canonical({"by": "bob"}, facts, CATALOGUE, _Names(), frozenset({"users"}))["by"].captured
    assert not canonical({"by": "bob"}, facts, Catalogue(()), _Names())["by"].captured


def test_a_text_that_holds_a_json_object_is_compared_as_that() -> None:
    """Other facts lead into it; it is no object that stands there by itself, and what can be read in two ways stays text."""
    facts = {
        "parsed": (Field("d", *WHY), Field("many[]", *WHY), Field("none", *WHY)),
        "references": (Reference("d.by.value", ("users",), "test", by="name"),),
        "sensitive": (Field("d.key", *WHY),),
    }
    document = {"d": '{"by": {"value": "ada"}, "key": "k", "x": 1.0}', "many": ['{"a": 1}', "{}"]}
    before = json.dumps(document)
    found = _form(document, **facts)
    assert json.dumps(document) == before
    assert found["d"] == {"by": {"value": Ref("users", 7)}, "key": Hidden("k"), "x": 1.0}
    assert isinstance(found["d"], Parsed)
    assert found["many"] == [{"a": 1}, {}]
    assert spell(Parsed(a=1), str) != spell({"a": 1}, str)
    assert spell(_form({"d": '{"a":1,"b":2}'}, **facts), str) == spell(_form({"d": '{ "b": 2, "a": 1 }'}, **facts), str)
    for text in ("", "no", "[1]", "1", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a":' * 100_000, 7, None):
        assert _form({"d": text}, **facts) == {"d": text}


def test_each_field_belongs_to_one_facet() -> None:
    """The definition has what no other facet takes."""
    document = {"displayName": "g", "members": [], "x": 1}
    groups = CATALOGUE["groups"]
    assert take(groups, Facet.MEMBERS, document) == {"members": []}
    assert take(groups, Facet.DEFINITION, document) == {"displayName": "g", "x": 1}
    assert take(groups, Facet.MEMBERS, {}) == {}


def test_no_two_scalars_are_the_same_unless_they_are_written_alike() -> None:
    """1, 1.0, true and "1" are four values; NaN is one, and so are both zeros of their own."""
    for i, one in enumerate(SCALARS):
        for j, other in enumerate(SCALARS):
            assert same(one, other) is (i == j), (one, other)
            assert (spell(one, str) == spell(other, str)) is (i == j), (one, other)


def test_no_two_types_spell_alike() -> None:
    """Not even text that imitates a reference, a list or what is between two fields."""
    ref = Ref("jobs", 1)
    values = [
        *SCALARS, [], {}, Bag(), Keyed(), Parsed(), [[]], [None], [1, 2], ["1,2"], Bag([1]), [1], {"a": 1}, Keyed(a=1),
        {"a": "1"}, {"a": 1, "b": 2}, {'a":1,"b': 2}, ref, Ref("jobs", 2), Ref("users", 1), Ref("jobs", 1, number=True),
        "ref(jobs,1)", Text(("ref(jobs,1)",)), Text((ref,)), Text(("a", ref)), Text(("a", ref, "b")),
        Text(('a",ref(jobs,1),"b',)),
        Dangling(("jobs",), "id", "1"), Dangling(("jobs",), "id", "2"), Hidden(1), Hidden("1"), "hidden(1)", [Hidden(1)],
    ]  # fmt: skip
    spelled = [spell(value, lambda found: found.n) for value in values]
    assert len(set(spelled)) == len(values)


def test_order_counts_only_where_there_is_one() -> None:
    """Bags and maps are spelled sorted, lists as they are."""
    assert spell(Bag([2, 1]), str) == spell(Bag([1, 2]), str) != spell(Bag([1, 2, 2]), str)
    assert spell({"a": 1, "b": 2}, str) == spell({"b": 2, "a": 1}, str)
    assert spell([1, 2], str) != spell([2, 1], str)


def test_walking_and_copying_keep_every_type() -> None:
    """Only leaves are changed, also hidden ones; a copy shares no container."""
    value = {"k": Keyed(a=Bag([Hidden([1, Ref("jobs", 1)])])), "t": Text(("a", Ref("jobs", 1)))}
    for result in (walk(value, lambda leaf: leaf), copied(value)):
        assert spell(result, str) == spell(value, str)
        assert result["k"] is not value["k"]
    assert walk(value, lambda _: 0) == {"k": Keyed(a=Bag([Hidden([0, 0])])), "t": 0}


def test_leaves_are_told_with_their_paths() -> None:
    """Braces, dots and brackets in a key are part of the path as they are."""
    ref = Ref("jobs", 1)
    value = {
        "m": {"{{job.id}}": {"a.b": 1}}, "l": [0], "k": Keyed({"x[]": 2}), "b": Bag([{"r": ref}]),
        "t": Text(("a", ref)), "h": Hidden({"s": 3}),
    }  # fmt: skip
    assert leaves(value) == [
        ("m.{{job.id}}.a.b", 1), ("l[0]", 0), ("k[x[]]", 2), ("b[].r", ref), ("t", "a"), ("t", ref), ("h.s", 3),
    ]  # fmt: skip
    assert leaves(1) == [("", 1)]
