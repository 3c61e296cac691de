"""Experiments in a drill: compared always, written where drill.yaml asks for it, and never with their runs."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/mlflow/experiments"
PLAIN = "/Shared/plain"


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    _make(ground.primary, PLAIN, tags=[{"key": "team", "value": "a"}])


def _make(site: Site, name: str, **rest: Any) -> str:
    return str(site.post(f"{API}/create", name=name, **rest)["experiment_id"])


def _tags(site: Site, name: str = PLAIN) -> dict[str, str]:
    found = site.do("GET", f"{API}/get-by-name", experiment_name=name)["experiment"]
    return {tag["key"]: tag["value"] for tag in found["tags"] if not tag["key"].startswith("mlflow.")}


def _tag(site: Site, key: str, value: str) -> None:
    found = site.do("GET", f"{API}/get-by-name", experiment_name=PLAIN)["experiment"]
    site.post(f"{API}/set-experiment-tag", experiment_id=found["experiment_id"], key=key, value=value)


def _asked(ground: Ground, **settings: Any) -> None:
    ground.configure(apply=["experiments"], **settings)


def test_none_is_made_unless_that_is_asked_for(ground: Ground) -> None:
    """The copy says what asks for it, and a check that they are missing."""
    with ground.watched() as seen:
        report = ground.copy()
    assert report.exit_code == 0
    assert not [entry for entry in seen if entry.write and "mlflow" in entry.path]
    (step,) = (step for step in report.steps if step.kind == "experiments")
    assert (step.action, step.reason) == (
        Action.LEAVE,
        "checked, not copied: its runs are not copied: `apply: [experiments]` in drill.yaml asks for it",
    )
    assert [(r.kind, r.aspect, r.outcome.value) for r in ground.red()] == [("experiments", "inventory", "missing")]


def test_they_are_made_once_where_the_primary_has_them(ground: Ground) -> None:
    """Where artifacts go follows from the id, unless somebody said where; so does the mapping."""
    ground.primary.folder("/Shared/deep/er")
    _make(ground.primary, "/Shared/deep/er/Größe", artifact_location="s3://eu/models")
    _asked(ground, mapping=[{"primary": "s3://eu/", "secondary": "s3://us/", "prefix": True}])
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    found = ground.secondary.do("GET", f"{API}/get-by-name", experiment_name="/Shared/deep/er/Größe")["experiment"]
    assert found["artifact_location"] == "s3://us/models"


def test_tags_are_set_and_none_is_taken_away(ground: Ground) -> None:
    _asked(ground)
    ground.copy()
    _tag(ground.primary, "team", "b")
    _tag(ground.primary, "stage", "test")
    assert ground.copy().failures == []
    assert _tags(ground.secondary) == {"team": "b", "stage": "test"}
    _tag(ground.secondary, "more", "1")
    (step,) = (step for step in ground.plan() if step.action is Action.CONFLICT)
    assert step.key == PLAIN
    ((_, reason),) = ground.copy(takes=(("primary", f"experiments:{PLAIN}"),)).failures
    assert reason == "has tags that the primary's has not, and no request takes one away: more"


def test_what_somebody_else_made_is_theirs(ground: Ground) -> None:
    """That they are asked for does not say that those which are there may be overwritten."""
    _make(ground.secondary, PLAIN)
    _asked(ground)
    assert [s.action for s in ground.plan() if s.kind == "experiments" and s.action is not Action.LEAVE] == [
        Action.CONFLICT
    ]
    _asked(ground, adopt=["experiments:*"])
    assert ground.copy().failures == []
    assert _tags(ground.secondary) == {"team": "a"}


def test_one_in_a_folder_that_is_left_out_is_blocked(ground: Ground) -> None:
    ground.primary.folder("/Shared/out")
    _make(ground.primary, "/Shared/out/e")
    _asked(ground, scope=[{"kind": "directories", "key": "/Shared/out", "mode": "out", "reason": "nobody's"}])
    ((step, reason), *_) = ground.copy().failures
    assert (step.key, step.action) == ("/Shared/out/e", Action.BLOCKED)
    assert reason.startswith("lies in directories:/Shared/out")


def test_one_too_many_is_never_deleted(ground: Ground) -> None:
    _make(ground.secondary, "/Shared/theirs")
    _asked(ground)
    ground.copy()
    (step,) = (step for step in ground.plan(prune=True) if step.key == "/Shared/theirs")
    assert step.action is Action.EXTRA
    assert "its runs would be lost" in step.reason


def test_what_is_not_asked_for_is_not_pruned_either(ground: Ground) -> None:
    """Neither an object nor a grant."""
    _make(ground.secondary, "/Shared/theirs")
    key = _make(ground.secondary, PLAIN, tags=[{"key": "team", "value": "a"}])
    ground.secondary.grant("experiments", key, "CAN_READ", group_name="users")
    ground.plan(prune=True)
    with ground.watched() as seen:
        steps = ground.copy(prune=True).steps
    assert not any(entry.write and ("mlflow" in entry.path or "permissions" in entry.path) for entry in seen)
    found = {(s.key, s.facet.value): s.action for s in steps if s.kind == "experiments"}
    assert found == {
        ("/Shared/theirs", "definition"): Action.LEAVE,
        (PLAIN, "definition"): Action.LEAVE,
        (PLAIN, "permissions"): Action.BLOCKED,
    }


def test_a_notebooks_own_is_a_part_of_it_and_told(ground: Ground) -> None:
    """Its runs are where it was run, as are those of all others."""
    ground.primary.notebook("/Shared/n")
    ground.running.control("primary/first-run", {"path": "/Shared/n"})
    _asked(ground)
    report = ground.copy()
    assert report.failures == []
    assert ground.red() == []
    (line,) = (line for line in report.beyond if line["id"] == "experiment-runs")
    assert line["found"] == [PLAIN, "/Shared/n"]
