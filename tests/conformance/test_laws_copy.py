"""What a copy comes to: the same again, and nothing left to do."""

import pytest

from fixtures.emulator.app import Entry
from lakedrill.inventory.kind import Kind
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.scope import Mode
from lakedrill.inventory.workspace import RUNNING_POSTS
from migrate.kinds import CHECKED_ONLY, WRITERS
from tests.support.laws import MODES, ROLES, TINY, Copied, alarms, is_whole, over, over_kinds

pytestmark = pytest.mark.law


@pytest.mark.parametrize("kind", CATALOGUE.kinds, ids=lambda kind: kind.name)
def test_a_kind_is_copied_or_said_not_to_be(kind: Kind) -> None:
    assert (kind.name in WRITERS) != (kind.name in CHECKED_ONLY), "write migrate/kinds/, or say why it is checked only"


@over_kinds(TINY, *MODES)
def test_what_was_copied_reads_back_the_same(kind: Kind, done: Copied) -> None:
    pairs = done.pairs(kind)

    if kind.name in WRITERS:
        copied = [each for each in pairs if done.comparison.mode(each) is Mode.COPY]
        assert [each.label for each in copied if not is_whole(each)] == []
        made = [each for each in copied if (kind.name, done.primary.id_of(each.primary or 0)) in done.ids]
        assert made
    assert alarms(done.comparison, [each for each in done.pairs(kind, own=False) if is_whole(each)]) == []


@over_kinds(TINY, *MODES)
def test_a_second_plan_is_empty(kind: Kind, done: Copied) -> None:
    """Besides what is planned for each facet, that is: there is a step for each, and none of them writes."""
    pairs = {each.number for each in done.pairs(kind, own=False)}
    steps = [step for step in done.steps if step["kind"] == kind.name]

    assert {step["pair"] for step in steps} == pairs
    assert [step for step in steps if step["action"] != "leave"] == []


@over("verb", "second copy")
def test_a_second_copy_writes_nothing(verb: str, done: Copied) -> None:
    again = done.runs[verb]

    assert again.code == 0
    assert again.before == again.after
    assert [entry for role in ROLES for entry in again.requests[role] if _may_write(entry)] == []


@over("verb", "snapshot", "first plan", "copy", "second copy", "check", "check of both", "plan")
def test_the_primary_is_never_written(verb: str, done: Copied) -> None:
    run = done.runs[verb]

    assert run.code == 0
    assert run.requests["primary"] or verb == "check", "it judges a snapshot of the primary"
    assert run.before["primary"] == run.after["primary"]
    assert [entry for entry in run.requests["primary"] if _may_write(entry)] == []


@over("verb", "snapshot", "first plan", "check", "check of both", "plan")
def test_what_reads_writes_nothing(verb: str, done: Copied) -> None:
    run = done.runs[verb]

    assert run.before == run.after
    sent = [entry for role in ROLES for entry in run.requests[role]]
    assert [entry for entry in sent if _may_write(entry)] == []


def _may_write(entry: Entry) -> bool:
    """What lists mounts runs on a cluster: of that it is seen whether it changed anything."""
    reads = entry.method in {"GET", "HEAD"} or RUNNING_POSTS.fullmatch(entry.path)
    return entry.write or not reads
