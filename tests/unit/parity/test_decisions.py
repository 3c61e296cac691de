"""What the operator decided, told."""

from datetime import date

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.scope import Mode, Rule
from lakedrill.parity.decisions import idle_rows, idle_rules, ignore, scope
from lakedrill.parity.outcome import Outcome, Record

IN_FORCE, ENDED = (Ignored("jobs", "settings.tags", "r", "kim", day) for day in ("2026-12-31", "2026-01-31"))
TODAY = date(2026, 2, 1)


def test_every_rule_is_told_with_its_number_of_objects_and_one_without_any_by_name() -> None:
    builtin = Rule(Mode.OUT, key="/x", reason="because", builtin=True)
    told = scope([(Rule(Mode.CHECK, "jobs", "a"), 2), (Rule(Mode.CHECK, "jobs", "b"), 0), (builtin, 0)])
    assert [row["objects"] for row in told] == [2, 0, 0]
    assert told[2] == {**builtin.document(), "objects": 0}
    assert idle_rules(told) == ["scope: jobs:b (check) means no object"]


def test_a_row_that_has_ended_or_has_no_effect_is_told() -> None:
    record = Record("jobs", "j", "definition", Outcome.WAIVED, 0, rows=(str(IN_FORCE),))
    used = ignore([IN_FORCE, ENDED], TODAY, [record, record])
    assert [(row["expired"], row["judgements"]) for row in used] == [(False, 2), (True, 0)]
    ended = "ignore: jobs.settings.tags of kim ended on 2026-01-31 and does not apply any more"
    assert idle_rows(used) == [ended]
    idle = ignore([IN_FORCE, ENDED], TODAY, [])
    assert idle_rows(idle) == ["ignore: jobs.settings.tags of kim has no effect: nothing differs there", ended]
    assert idle_rows(idle, whole=False) == [ended]
