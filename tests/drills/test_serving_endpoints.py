"""Serving endpoints in a drill: compared always, made where drill.yaml asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.estate.serving import KEY, custom, endpoint, external
from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/serving-endpoints"
MODEL = "main.default.m"


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])


def _make(site: Site, name: str, *entities: dict[str, Any], **rest: Any) -> None:
    site.do("POST", API, endpoint(name, *entities, **rest).spec)


def _now(site: Site, name: str) -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", f"{API}/{name}")
    return found


def _writes(ground: Ground) -> list[str]:
    return [f"{e.method} {e.path}" for e in ground.log() if e.write and e.path.startswith(API)]


def test_none_is_made_unless_that_is_asked_for(ground: Ground) -> None:
    _make(ground.primary, "e", custom("only", MODEL))
    report = ground.copy()
    (step,) = (step for step in report.steps if step.key == "e")
    assert step.action is Action.LEAVE
    assert "one that does not scale to zero runs and costs from then on" in step.reason
    assert _writes(ground) == []
    assert [(r.kind, r.outcome.value) for r in ground.red()] == [("serving_endpoints", "missing")]


def test_one_is_made_and_followed_part_by_part(ground: Ground) -> None:
    """What does not differ is not sent again: it would be rolled out anew."""
    _make(ground.primary, "e", custom("a", MODEL), custom("b", MODEL, "2"), tags=[{"key": "t", "value": "1"}])
    ground.configure(apply=["serving_endpoints"])
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    ground.later()
    before = len(_writes(ground))
    ground.primary.do("PATCH", f"{API}/e/tags", {"add_tags": [{"key": "u", "value": "2"}], "delete_tags": ["t"]})
    assert ground.copy().failures == []
    assert _writes(ground)[before:] == [f"PATCH {API}/e/tags"]
    config = {"served_entities": [custom("c", MODEL, "3")], "traffic_config": {"routes": []}}
    config["traffic_config"] = {"routes": [{"served_entity_name": "c", "traffic_percentage": 100}]}
    ground.primary.do("PUT", f"{API}/e/config", config)
    ground.primary.do("PUT", f"{API}/e/ai-gateway", {"usage_tracking_config": {"enabled": True}})
    assert ground.copy().failures == []
    assert _writes(ground)[before + 1 :] == [f"PUT {API}/e/config", f"PUT {API}/e/ai-gateway"]
    assert ground.red() == []


def test_a_key_in_plain_text_is_for_people_and_in_no_file(ground: Ground) -> None:
    locked = external("gpt", "openai", openai_config={"openai_api_key_plaintext": KEY})
    _make(ground.primary, "chat", locked)
    ground.configure(apply=["serving_endpoints"])
    said: list[str] = []
    (step, reason), *_ = ground.copy(tell=said.append).failures
    assert (step.key, step.action) == ("chat", Action.BLOCKED)
    assert "given in plain text" in reason
    _make(ground.secondary, "chat", locked)
    assert ground.copy().failures == []
    assert ground.red() == []
    written = [file.read_bytes() for file in ground.folder.rglob("*") if file.is_file()]
    assert not any(KEY.encode() in content for content in (*written, *(text.encode() for text in said)))


def test_a_password_in_its_environment_is_compared_and_not_shown(ground: Ground) -> None:
    _make(ground.primary, "e", custom("only", MODEL, environment_vars={"PASSWORD": KEY}))
    _make(ground.secondary, "e", custom("only", MODEL, environment_vars={"PASSWORD": f"{KEY}-too"}))
    ((step, reason),) = ground.copy().failures
    (record,) = ground.red()
    assert [d.path for d in record.differences] == ["config.served_entities[only].environment_vars.PASSWORD"]
    assert KEY not in repr((step, reason, record))


def test_one_with_a_version_that_is_not_there_says_so(ground: Ground) -> None:
    """The model is copied, and its versions are not."""
    ground.primary.post("/api/2.0/mlflow/registered-models/create", name="churn")
    ground.primary.post("/api/2.0/mlflow/model-versions/create", name="churn", source="dbfs:/m")
    _make(ground.primary, "e", custom("only", "churn"))
    ground.configure(apply=["serving_endpoints", "registered_models"])
    (step, reason), *_ = ground.copy().failures
    assert (step.key, "RegisteredModel 'churn' version '1' does not exist." in reason) == ("e", True)
    ground.secondary.post("/api/2.0/mlflow/model-versions/create", name="churn", source="dbfs:/m")
    assert ground.copy().failures == []
    assert ground.red() == []


def test_what_only_a_new_one_can_have_is_replaced_when_asked(ground: Ground) -> None:
    _make(ground.primary, "e", custom("only", MODEL), route_optimized=True)
    _make(ground.secondary, "e", custom("only", MODEL))
    ground.configure(apply=["serving_endpoints"], adopt=["serving_endpoints:*"])
    (step,) = (step for step in ground.plan() if step.key == "e" and step.action is not Action.LEAVE)
    assert step.action is Action.REPLACE
    assert ground.copy(replace=("serving_endpoints:e",)).failures == []
    assert _now(ground.secondary, "e")["route_optimized"] is True
    assert ground.red() == []
