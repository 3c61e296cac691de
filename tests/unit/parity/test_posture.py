"""The posture: what must hold on the secondary whatever the primary is."""

import pytest

from lakedrill.inventory.kind import Facet, Setting
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import Keyed
from lakedrill.parity.posture import ACTIVE, STANDBY, apply, breaches, first, intended, settings

PAUSED = Setting(Facet.DEFINITION, "schedule.pause_status", "PAUSED", "nothing fires")
EACH = Setting(Facet.DEFINITION, "tasks[].off", value=True, reason="nothing runs")

DRAFT = Setting(Facet.PUBLISHED, "published", None, "a draft", instead=(("embedded", False),))


def test_a_posture_says_something_of_its_facet_only() -> None:
    """And `active` of nothing at all."""
    clusters = CATALOGUE["clusters"]
    assert {row.path for row in settings(clusters, STANDBY, Facet.STATE)} == {"state", "pinned_by_user_name"}
    assert settings(clusters, STANDBY, Facet.DEFINITION) == settings(clusters, ACTIVE, Facet.STATE) == ()


def test_what_is_changed_is_named_and_the_value_itself_is_left_alone() -> None:
    """A form is shared by all who look at it."""
    value = {"schedule": {"pause_status": "UNPAUSED"}}
    assert apply((PAUSED,), value) == (
        {"schedule": {"pause_status": "PAUSED"}},
        ["schedule.pause_status = PAUSED: nothing fires"],
    )
    assert value == {"schedule": {"pause_status": "UNPAUSED"}}


@pytest.mark.parametrize("value", [{}, {"schedule": None}, {"schedule": []}, {"schedule": {"pause_status": "PAUSED"}}])
def test_nothing_is_made_up_where_there_is_nothing_to_stand_still(value: dict) -> None:
    """Without its parent a row does not apply, and one that holds already changes nothing."""
    assert apply((PAUSED,), value) == (value, [])
    assert breaches((PAUSED,), value) == []


def test_a_row_holds_in_type_and_value() -> None:
    """1 is not true, and what is absent is a breach of its own."""
    for off in (1, "true", None, False):
        assert breaches((EACH,), {"tasks": [{"off": off}]}) == [(EACH, "tasks[0].off", off)]
    assert breaches((EACH,), {"tasks": [{}]}) == [(EACH, "tasks[0].off", None)]
    assert breaches((EACH,), {"tasks": [{"off": True}]}) == []


def test_a_row_reaches_into_lists_without_order() -> None:
    """In canonical form a list may have keys: its items are not to be overlooked."""
    value = {"tasks": Keyed(a={"off": True}, b={})}
    assert breaches((EACH,), value) == [(EACH, "tasks[b].off", None)]
    wanted, used = apply((EACH,), value)
    assert wanted == {"tasks": {"a": {"off": True}, "b": {"off": True}}}
    assert len(used) == 1


def test_a_row_that_changes_several_places_is_named_once() -> None:
    """A job may have many triggers."""
    assert apply((EACH,), {"tasks": [{}, {}]})[1] == ["tasks[].off = True: nothing runs"]


PLAIN, EMBEDDED = {"embedded": False, "by": "w"}, {"embedded": True, "by": "w"}


@pytest.mark.parametrize(
    ("own", "present", "asked", "wanted"),
    [
        (EMBEDDED, None, False, None),
        (EMBEDDED, None, True, PLAIN),
        (EMBEDDED, EMBEDDED, False, PLAIN),
        (PLAIN, {}, False, PLAIN),
        (PLAIN, None, False, None),
        (None, PLAIN, True, None),
        ("a", PLAIN, True, None),
    ],
)
def test_what_may_stand_instead_does_where_it_is_asked_for_or_there(
    own: object, present: object, asked: bool, wanted: object
) -> None:
    """And only if the primary has it: what else is there is not to be."""
    assert apply((DRAFT,), {"published": own}, {"published": present}, asked=asked)[0] == {"published": wanted}


def test_what_stands_instead_is_named_where_it_is_not_the_primarys_own() -> None:
    """Nothing is changed of what is as it may be."""
    assert apply((DRAFT,), {"published": EMBEDDED}, asked=True)[1] == ["published.embedded = False: a draft"]
    assert apply((DRAFT,), {"published": PLAIN}, asked=True)[1] == []
    assert apply((DRAFT,), {"published": PLAIN})[1] == ["published = None: a draft"]


@pytest.mark.parametrize(("have", "holds"), [(None, True), (PLAIN, True), (EMBEDDED, False), ({}, False), ("a", False)])
def test_what_stands_instead_is_no_breach(have: object, holds: bool) -> None:
    assert breaches((DRAFT,), {"published": have}) == ([] if holds else [(DRAFT, "published", have)])


def test_what_a_cutover_has_to_restore_is_what_the_document_says() -> None:
    """Only where it says something."""
    assert intended((PAUSED, EACH), {"schedule": {"pause_status": "UNPAUSED"}}) == {"schedule.pause_status": "UNPAUSED"}
    assert intended((PAUSED,), {"schedule": {}}) == {}
    listed = {"tasks": [{"off": False}, {}, {"off": True}]}
    assert intended((EACH,), listed) == {"tasks[0].off": False, "tasks[2].off": True}


def test_where_there_is_room_for_some_those_that_have_it_come_first() -> None:
    """Then the others, in their order."""
    row = Setting(Facet.STATE, "pinned", value=True, reason="kept", most=2)
    assert first(row, [(1, {}), (2, {}), (3, {"pinned": True})]) == {3, 1}
    assert first(row, []) == frozenset()
