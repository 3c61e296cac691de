"""Registered models in a drill: compared always, written where drill.yaml asks for it, and never with their versions."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/mlflow/registered-models"


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    _make(ground.primary, description="who leaves", tags=[{"key": "team", "value": "a"}])


def _make(site: Site, name: str = "churn", **rest: Any) -> None:
    site.post(f"{API}/create", name=name, **rest)


def _now(site: Site, name: str = "churn") -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", "/api/2.0/mlflow/databricks/registered-models/get", name=name)
    return found["registered_model_databricks"]  # type: ignore[no-any-return]


def test_none_is_made_unless_that_is_asked_for(ground: Ground) -> None:
    with ground.watched() as seen:
        report = ground.copy()
    assert not [entry for entry in seen if entry.write and "mlflow" in entry.path]
    (step,) = (step for step in report.steps if step.kind == "registered_models")
    assert step.action is Action.LEAVE
    assert "`apply: [registered_models]` in drill.yaml asks for it" in step.reason
    assert [(r.kind, r.aspect, r.outcome.value) for r in ground.red()] == [
        ("registered_models", "inventory", "missing")
    ]


def test_one_is_made_without_its_versions_which_are_told(ground: Ground) -> None:
    key = _now(ground.primary)["id"]
    ground.primary.post("/api/2.0/mlflow/model-versions/create", name="churn", source="dbfs:/models/1")
    ground.primary.user("ann@example.com")
    ground.primary.grant("registered-models", key, "CAN_EDIT", user_name="ann@example.com")
    ground.configure(apply=["registered_models"])
    report = ground.copy()
    assert report.failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    assert "latest_versions" not in _now(ground.secondary)
    assert ground.secondary.grants("registered-models", _now(ground.secondary)["id"])["ann@example.com"] == {"CAN_EDIT"}
    (line,) = (line for line in report.beyond if line["id"] == "model-versions")
    assert line["found"] == ["churn 1"]


def test_what_changed_follows_tag_by_tag(ground: Ground) -> None:
    ground.configure(apply=["registered_models"])
    ground.copy()
    ground.primary.do("PATCH", f"{API}/update", {"name": "churn", "description": ""})
    ground.primary.do("DELETE", f"{API}/delete-tag", None, name="churn", key="team")
    ground.primary.post(f"{API}/set-tag", name="churn", key="stage", value="é")
    assert ground.copy().failures == []
    assert ground.red() == []
    found = _now(ground.secondary)
    assert (found.get("description"), found["tags"]) == ("", [{"key": "stage", "value": "é"}])


def test_what_somebody_registered_there_stays(ground: Ground) -> None:
    _make(ground.secondary, "theirs")
    ground.configure(apply=["registered_models"])
    ground.copy()
    (step,) = (step for step in ground.plan(prune=True) if step.key == "theirs")
    assert step.action is Action.EXTRA
    assert "its versions would be lost" in step.reason
