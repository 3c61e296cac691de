"""Genie spaces in a drill: compared always, made where drill.yaml asks for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.emulator.api import genie
from fixtures.estate.genie import holds
from migrate.step import Action
from tests.support.workspaces import ANALYST, Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/genie/spaces"


def _space(site: Site, warehouse: str, title: str = "s", **rest: Any) -> str:
    given = {"parent_path": "/Shared", "serialized_space": holds("main.sales.orders"), **rest}
    return str(site.post(API, title=title, warehouse_id=warehouse, **given)["space_id"])


def _warehouse(site: Site, name: str = "w") -> str:
    return str(site.post("/api/2.0/sql/warehouses", name=name, cluster_size="Small")["id"])


def _now(site: Site) -> list[dict[str, Any]]:
    return [
        site.do("GET", f"{API}/{each['space_id']}", include_serialized_space="true")
        for each in site.do("GET", API).get("spaces", [])
    ]


def _writes(ground: Ground) -> list[str]:
    return [entry.method for entry in ground.log() if entry.write and entry.path.startswith(API)]


def test_none_is_made_unless_that_is_asked_for(ground: Ground) -> None:
    _space(ground.primary, _warehouse(ground.primary))
    report = ground.copy()
    (step,) = (step for step in report.steps if step.key == "s")
    assert step.action is Action.LEAVE
    assert "lends everybody who asks it their own right to use its warehouse" in step.reason
    assert _writes(ground) == []
    assert [(r.kind, r.outcome.value) for r in ground.red()] == [("genie_spaces", "missing")]
    assert [line["found"] for line in report.beyond if line["id"] == "genie-conversations"] == [["s"]]


def test_twins_are_made_and_followed_each_by_itself(ground: Ground) -> None:
    """The secondary's own warehouse answers, and a space goes where the primary's went."""
    ground.primary.user(ANALYST)
    warehouse = _warehouse(ground.primary)
    keys = [_space(ground.primary, warehouse, serialized_space=holds(table)) for table in ("m.s.a", "m.s.b")]
    ground.primary.grant("genie", keys[0], "CAN_RUN", user_name=ANALYST)
    ground.configure(apply=["genie_spaces"])
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    before = {each["space_id"] for each in _now(ground.secondary)}
    ground.primary.folder("/Shared/moved")
    change = {"title": "t", "parent_path": "/Shared/moved", "description": "d", "serialized_space": holds("m.s.c")}
    ground.primary.do("PATCH", f"{API}/{keys[1]}", change)
    assert ground.copy(rename=True).failures == []
    assert ground.red() == []
    after = {each["title"]: each for each in _now(ground.secondary)}
    assert {each["space_id"] for each in after.values()} == before
    (theirs,) = ground.secondary.do("GET", "/api/2.0/sql/warehouses")["warehouses"]
    assert (after["t"]["parent_path"], after["t"]["warehouse_id"]) == ("/Shared/moved", theirs["id"])


def test_an_extra_one_is_told_and_stays(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])
    _space(ground.secondary, _warehouse(ground.secondary))
    ground.configure(apply=["genie_spaces"])
    (step,) = (step for step in ground.plan(prune=True) if step.kind == "genie_spaces")
    assert (step.action, step.reason) == (Action.EXTRA, "the primary has none; spared: its conversations would be lost")
    assert [(r.kind, r.outcome.value) for r in ground.red() if r.kind == "genie_spaces"] == [("genie_spaces", "extra")]


def test_the_same_space_in_other_words_is_equal_and_a_word_more_is_not(ground: Ground) -> None:
    _space(ground.primary, _warehouse(ground.primary), serialized_space='{"version": 2, "config": {"a": [1]}}')
    ground.configure(apply=["genie_spaces"])
    ground.copy()
    (copied,) = _now(ground.secondary)
    path = f"{API}/{copied['space_id']}"
    ground.secondary.do("PATCH", path, {"serialized_space": '{ "config": {"a": [1]}, "version": 2 }'})
    assert ground.red() == []
    ground.secondary.do("PATCH", path, {"serialized_space": json.dumps({"version": 2, "config": {"a": [2]}})})
    (record,) = ground.red()
    assert [difference.path for difference in record.differences] == ["serialized_space.config.a[0]"]


@pytest.mark.parametrize("how", ["refused", "left out"])
def test_what_the_caller_is_not_told_is_not_equal(ground: Ground, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Who may not edit a space learns nothing of what it holds."""
    _space(ground.primary, _warehouse(ground.primary))
    ground.configure(apply=["genie_spaces"])
    assert ground.copy().failures == []
    if how == "refused":
        rule = {"path": f"{API}/.+", "status": 403, "code": "PERMISSION_DENIED", "times": -1}
        ground.faults(rule, role="primary")
        ground.faults(rule)
    else:
        monkeypatch.setattr(genie, "_whole", genie._told)
    red = ground.red()
    assert {(record.key, record.outcome.value) for record in red} == {("s", "unverifiable")}
    (reason,) = (record.reason for record in red if record.aspect == "definition")
    assert "primary: PERMISSION_DENIED" in reason


def test_one_that_does_not_parse_is_told_and_the_others_are_copied(ground: Ground) -> None:
    """What it holds goes over as it is, and that it is right nobody can say."""
    warehouse, text = _warehouse(ground.primary), '{"version": 2, "config": {}, "config": {"a": 1}}'
    _space(ground.primary, warehouse, "odd", serialized_space=text)
    _space(ground.primary, warehouse)
    ground.configure(apply=["genie_spaces"])
    assert ground.copy().failures == []
    assert {each["title"]: each["serialized_space"] == text for each in _now(ground.secondary)} == {
        "odd": True,
        "s": False,
    }
    (record,) = ground.red()
    assert (record.name, record.aspect, record.outcome.value) == ("genie_spaces:odd", "definition", "unverifiable")
    assert "primary: serialized_space holds no JSON object: a key stands in it twice" in record.reason
    assert ground.writes_of_a_copy() == 0
