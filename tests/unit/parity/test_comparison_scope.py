"""Two snapshots compared within a scope, and with differences that may be: what is judged, and what is green."""

from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import UNASKED, Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.scope import Mode, Rule
from lakedrill.parity.comparison import INVENTORY, LISTING, REFERENCES, SAFETY, Comparison
from lakedrill.parity.outcome import Outcome, Record
from lakedrill.parity.scope import REST, Scope
from tests.support.snapshots import build

STARTS = {"primary": 10**9, "secondary": 2 * 10**9}
Things = dict[str, dict[str, Any]]
"""Kind → name → document, the same on both sides but for its id."""


def _path(kind: str) -> str:
    return CATALOGUE[kind].identity.path


def _snapshot(folder: Path, role: str, things: Things, **rest: Any) -> Any:
    objects: dict[str, dict[str, Any]] = {}
    number = STARTS[role]
    for kind, found in things.items():
        for document in found.values():
            number += 1
            field = {"jobs": "job_id", "clusters": "cluster_id"}.get(kind, "id")
            objects.setdefault(kind, {})[str(number)] = {field: number if kind == "jobs" else str(number), **document}
    return build(folder / role, role, objects, **rest)


def _job(name: str, **settings: Any) -> dict[str, Any]:
    return {"settings": {"name": name, **settings}}


def _compared(folder: Path, primary: Things, secondary: Things, *rules: Rule, **rest: Any) -> Comparison:
    sides = rest.pop("sides", {})
    snapshots = [
        _snapshot(folder, role, things, **sides.get(role, {}))
        for role, things in (("primary", primary), ("secondary", secondary))
    ]
    return Comparison(*snapshots, CATALOGUE, scope=Scope(rules, rest.pop("kinds", ())), **rest)


def _records(comparison: Comparison) -> dict[str, Record]:
    pairs = {each.number: each for each in comparison.pairs}
    found = [
        comparison.judge_listing(slot.key, slot.kind)
        if slot.aspect == LISTING
        else comparison.judge(pairs[slot.pair or 0], slot.aspect)
        for slot in comparison.slots()
        if slot.aspect == LISTING or slot.pair is not None
    ]
    return {f"{r.name} {r.aspect}": r for r in found if r.aspect != LISTING or r.outcome is not Outcome.EQUAL}


def test_what_is_out_is_not_judged_and_its_listing_is(tmp_path: Path) -> None:
    rule = Rule(Mode.OUT, "jobs", "tmp-*", reason="nobody's")
    comparison = _compared(
        tmp_path, {"jobs": {"a": _job("tmp-a"), "b": _job("b")}}, {"jobs": {"c": _job("tmp-c")}}, rule
    )
    assert {r.key for r in _records(comparison).values()} == {"b"}
    assert {(s.kind, s.key) for s in comparison.slots() if s.aspect == LISTING and s.kind == "jobs"} == {
        ("jobs", "primary"),
        ("jobs", "secondary"),
    }
    assert comparison.ruled() == [(rule, 2), (REST, 1)]


def test_a_kind_that_is_not_in_scope_is_not_even_listed(tmp_path: Path) -> None:
    comparison = _compared(tmp_path, {"jobs": {"a": _job("a")}}, {}, kinds=["users"])
    assert {slot.kind for slot in comparison.slots() if slot.aspect == LISTING} == {"users"}
    assert _records(comparison) == {}


def test_what_is_checked_is_judged_and_who_has_to_mend_it_is_told(tmp_path: Path) -> None:
    rule = Rule(Mode.CHECK, "jobs", reason="Terraform")
    comparison = _compared(
        tmp_path, {"jobs": {"a": _job("a", n=1), "b": _job("b")}}, {"jobs": {"a": _job("a", n=2)}}, rule
    )
    found = _records(comparison)
    assert found["jobs:b inventory"].outcome is Outcome.MISSING
    assert found["jobs:a definition"].outcome is Outcome.DIFFERENT
    assert found["jobs:a definition"].fix == found["jobs:b inventory"].fix == f"not by a copy: {rule}"


def test_what_is_the_secondarys_own_is_not_extra_and_all_else_of_it_is_judged(tmp_path: Path) -> None:
    rule = Rule(Mode.SECONDARY_ONLY, "jobs", "drill*", reason="the drill's own")
    primary = {"jobs": {"x": _job("drill-x"), "y": _job("drill-y", n=1)}}
    secondary = {"jobs": {"y": _job("drill-y", n=2), "z": _job("drill-z"), "other": _job("other")}}
    found = _records(_compared(tmp_path, primary, secondary, rule))
    assert found["jobs:drill-z inventory"].outcome is Outcome.EXPECTED
    assert found["jobs:drill-z inventory"].rows == (str(rule),)
    assert found["jobs:other inventory"].outcome is Outcome.EXTRA
    assert found["jobs:drill-x inventory"].outcome is Outcome.MISSING
    assert found["jobs:drill-y definition"].outcome is Outcome.DIFFERENT


def test_a_condition_is_read_from_the_primary_and_from_the_secondary_where_that_has_none(tmp_path: Path) -> None:
    """Nobody on the secondary can take out of the drill what the primary has."""
    rule = Rule(Mode.OUT, "jobs", where=(("settings.mark", "x"),), reason="r")
    primary = {"jobs": {"a": _job("a"), "b": _job("b", mark="x")}}
    secondary = {"jobs": {"a": _job("a", mark="x"), "b": _job("b"), "c": _job("c", mark="x"), "d": _job("d")}}
    found = _records(_compared(tmp_path, primary, secondary, rule))
    assert {r.key for r in found.values()} == {"a", "d"}
    assert found["jobs:a definition"].outcome is Outcome.DIFFERENT


def test_a_kind_that_one_side_lacks_is_in_order_once_all_of_it_is_out(tmp_path: Path) -> None:
    """A listing that failed in any other way still counts: it may be a reference's."""
    for code, before, after in (
        ("FEATURE_DISABLED", Outcome.UNSUPPORTED, Outcome.EXPECTED),
        ("INTERNAL_ERROR", Outcome.UNVERIFIABLE, Outcome.UNVERIFIABLE),
        (UNASKED, Outcome.UNVERIFIABLE, Outcome.EXPECTED),
    ):
        sides = {"secondary": {"failed": {"dbfs_files": (code, "off")}}}
        rule = Rule(Mode.OUT, "dbfs_files", reason="r")
        assert _compared(tmp_path, {}, {}, sides=sides).judge_listing("secondary", "dbfs_files").outcome is before
        record = _compared(tmp_path, {}, {}, rule, sides=sides).judge_listing("secondary", "dbfs_files")
        assert record.outcome is after
        assert record.rows == ((str(rule),) if after is Outcome.EXPECTED else ())


def test_nothing_follows_from_what_is_out(tmp_path: Path) -> None:
    """What refers to it differs for itself, or nothing would be counted."""
    primary: Things = {"clusters": {"c": {"cluster_name": "c"}}, "jobs": {"j": _job("j", tasks=[_on(10**9 + 1)])}}
    secondary: Things = {"jobs": {"j": _job("j", tasks=[_on("c")])}}
    told = {}
    for rules in ((), (Rule(Mode.OUT, "clusters", reason="r"),)):
        found = _records(_compared(tmp_path, primary, secondary, *rules))
        told[len(rules)] = found["jobs:j definition"].because_of
    assert told == {0: "clusters:c", 1: ""}


def _on(cluster: Any) -> dict[str, Any]:
    return {"task_key": "t", "existing_cluster_id": str(cluster)}


def _acl(folder: int | None, level: str) -> dict[str, Any]:
    permission: dict[str, Any] = {"permission_level": level}
    if folder is not None:
        permission |= {"inherited": True, "inherited_from_object": [f"/directories/{folder}"]}
    return {"access_control_list": [{"user_name": "ada@x", "all_permissions": [permission]}]}


def test_what_a_folder_that_is_out_grants_is_counted_below_it(tmp_path: Path) -> None:
    things: Things = {
        "users": {"ada@x": {"userName": "ada@x"}},
        "directories": {"/f": {"path": "/f"}},
        "notebooks": {"/f/n": {"path": "/f/n"}},
    }
    sides = {}
    for role, level in (("primary", "CAN_READ"), ("secondary", "CAN_RUN")):
        folder = STARTS[role] + 2
        acls = {("directories", str(folder)): _acl(None, level), ("notebooks", str(folder + 1)): _acl(folder, level)}
        sides[role] = {"permissions": acls}
    told = {}
    for rules in ((), (Rule(Mode.OUT, "directories", reason="r"),)):
        found = _records(_compared(tmp_path, things, things, *rules, sides=sides))
        told[len(rules)] = found["notebooks:/f/n permissions"].because_of
    assert told == {0: "directories:/f", 1: ""}


def _row(path: str, kind: str = "jobs") -> Ignored:
    return Ignored(kind, path, "tuned by hand", "kim", "2026-12-31")


def test_an_ignored_difference_is_told_and_holds_against_nothing(tmp_path: Path) -> None:
    primary, secondary = ({"jobs": {"j": _job("j", tags={"a": value}, n=1)}} for value in "xy")
    row = _row("settings.tags")
    comparison = _compared(tmp_path, primary, secondary, ignore=[row, _row("settings.n"), _row("x", "clusters")])
    record = _records(comparison)["jobs:j definition"]
    assert record.outcome is Outcome.WAIVED
    assert record.rows == (str(row),)
    assert record.reason == "ignore jobs.settings.tags: tuned by hand (kim, until 2026-12-31)"
    assert [(d.path, d.primary, d.secondary) for d in record.differences] == [("settings.tags.a", "x", "y")]
    each = next(pair for pair in comparison.pairs if pair.kind == "jobs")
    assert comparison.compare(each, Facet.DEFINITION) == []
    assert not comparison.differs(each, Facet.DEFINITION)


def test_what_differs_besides_is_different_and_the_row_is_named(tmp_path: Path) -> None:
    primary, secondary = ({"jobs": {"j": _job("j", tags=value, n=value)}} for value in "xy")
    record = _records(_compared(tmp_path, primary, secondary, ignore=[_row("settings.tags")]))["jobs:j definition"]
    assert record.outcome is Outcome.DIFFERENT
    assert [d.path for d in record.differences] == ["settings.n"]
    assert record.rows == (str(_row("settings.tags")),)


def test_a_row_without_effect_changes_no_outcome(tmp_path: Path) -> None:
    primary = {"jobs": {"j": _job("j", schedule={"pause_status": "UNPAUSED"}), "k": _job("k")}}
    secondary = {"jobs": {"j": _job("j", schedule={"pause_status": "PAUSED"}), "k": _job("k")}}
    found = _records(_compared(tmp_path, primary, secondary, ignore=[_row("settings.tags")]))
    assert found["jobs:j definition"].outcome is Outcome.EXPECTED
    assert found["jobs:k definition"].outcome is Outcome.EQUAL


def test_content_is_whole_or_differs(tmp_path: Path) -> None:
    things: Things = {"notebooks": {"/n": {"path": "/n"}}}
    sides = {role: {"contents": {("notebooks", str(STARTS[role] + 1)): role.encode()}} for role in STARTS}
    rows = [_row(path, "notebooks") for path in ("sha256", "size")]
    found = _records(_compared(tmp_path, things, things, sides=sides, ignore=rows))
    assert found["notebooks:/n content"].outcome is Outcome.DIFFERENT


def test_what_is_ignored_is_never_unsafe_nor_leads_anywhere_unseen(tmp_path: Path) -> None:
    """A trigger that fires and a reference to nothing are found where they lie, and counted there."""
    secondary = _job("j", tasks=[_on("2222-gone")], schedule={"pause_status": "UNPAUSED"})
    primary = _job("j", schedule={"pause_status": "PAUSED"})
    rows = [_row("settings.tasks"), _row("settings.schedule.pause_status")]
    found = _records(_compared(tmp_path, {"jobs": {"j": primary}}, {"jobs": {"j": secondary}}, ignore=rows))
    assert found["jobs:j definition"].outcome is Outcome.WAIVED
    for aspect in (REFERENCES, SAFETY):
        assert found[f"jobs:j {aspect}"].outcome is Outcome.DIFFERENT
        assert found[f"jobs:j {aspect}"].because_of == ""


@pytest.mark.parametrize(("rows", "outcome"), [([], Outcome.AMBIGUOUS), ([_row("settings.n")], Outcome.EQUAL)])
def test_twins_that_differ_in_what_is_ignored_are_told_apart_by_the_rest(
    tmp_path: Path, rows: list[Ignored], outcome: Outcome
) -> None:
    primary = {"jobs": {f"{i}": _job("twin", m=i, n=i) for i in (1, 2)}}
    secondary = {"jobs": {f"{i}": _job("twin", m=i, n=i + 5) for i in (2, 1)}}
    found = _records(_compared(tmp_path, primary, secondary, ignore=rows))
    assert {r.outcome for r in found.values() if r.aspect == INVENTORY} == {outcome}
    if rows:
        assert {r.outcome for r in found.values() if r.aspect == "definition"} == {Outcome.WAIVED}
