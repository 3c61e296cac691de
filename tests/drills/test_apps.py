"""Apps in a drill: compared always, made without compute where drill.yaml asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.estate.apps import app, uses
from fixtures.estate.items import Made
from fixtures.estate.serving import KEY
from lakedrill.inventory import manual
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import WRITERS
from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/apps"
DEPLOYED = {"source_code_path": "/Workspace/Shared/app"}
GIT = {"url": "https://example.com/apps", "provider": "gitHub"}


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])


def _make(site: Site, *made: Made) -> None:
    for each in made:
        site.do("POST", each.api, each.spec)
        for method, path, body in each.then:
            site.do(method, path, body)


def _now(site: Site, name: str) -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", f"{API}/{name}")
    return found


def _writes(ground: Ground) -> list[str]:
    return [f"{e.method} {e.path.removeprefix(API)}" for e in ground.log() if e.write and e.path.startswith(API)]


def test_none_is_made_unless_that_is_asked_for(ground: Ground) -> None:
    _make(ground.primary, app("bot", deployment=DEPLOYED))
    (step,) = (step for step in ground.copy().steps if step.kind == "apps")
    assert step.action is Action.LEAVE
    assert "it is not deployed" in step.reason
    assert _writes(ground) == []
    assert [(r.kind, r.outcome.value) for r in ground.red()] == [("apps", "missing")]


def test_one_is_made_without_compute_and_followed(ground: Ground) -> None:
    """Its job is the secondary's, and it is deployed by nobody: not by a push either."""
    job = ground.primary.job("twin", tasks=[])
    night = uses("night", "job", "CAN_VIEW", id=str(job))
    _make(ground.primary, app("first"), app("bot", deployment=DEPLOYED, resources=[night], git_repository=GIT))
    ground.configure(apply=["apps"])
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    there = _now(ground.secondary, "bot")
    assert (there["compute_status"]["state"], "default_source_code_path" in there) == ("STOPPED", False)
    assert there["resources"][0]["job"]["id"] == str(ground.secondary.jobs()["twin"][0]["job_id"])
    before = len(_writes(ground))
    changed = {"name": "bot", "git_repository": {**GIT, "auto_deploy": True}, "description": "é"}
    ground.primary.do("PATCH", f"{API}/bot", changed)
    assert ground.copy().failures == []
    assert _writes(ground)[before:] == ["POST /bot/update"]
    there = _now(ground.secondary, "bot")
    assert (there["description"], there["git_repository"]["auto_deploy"], "resources" in there) == ("é", False, False)
    assert ground.red() == []


def test_a_circle_is_closed_when_all_of_it_is_there(ground: Ground) -> None:
    _make(ground.primary, app("first"), app("second", resources=[uses("other", "app", "CAN_USE", name="first")]))
    back = [uses("other", "app", "CAN_USE", name="second")]
    ground.primary.do("PATCH", f"{API}/first", {"name": "first", "resources": back})
    ground.configure(apply=["apps"])
    assert ground.copy().failures == []
    assert ground.red() == []
    assert _writes(ground) == ["POST ", "POST ", "POST /first/update"]


def test_what_no_update_can_name_is_replaced_when_asked(ground: Ground) -> None:
    _make(ground.primary, app("bot", forward_user_access_token=True))
    _make(ground.secondary, app("bot"))
    ground.configure(apply=["apps"], adopt=["apps:*"])
    (step,) = (step for step in ground.plan() if step.key == "bot" and step.action is not Action.LEAVE)
    assert step.action is Action.REPLACE
    assert ground.copy(replace=("apps:bot",)).failures == []
    assert _now(ground.secondary, "bot")["forward_user_access_token"] is True
    assert ground.red() == []


def test_one_that_is_going_is_gone(ground: Ground) -> None:
    for site in (ground.primary, ground.secondary):
        _make(site, app("bot"))
    ground.primary.do("DELETE", f"{API}/bot")
    assert [(r.kind, r.outcome.value) for r in ground.red() if r.kind == "apps"] == [("apps", "extra")]


def test_one_that_runs_is_not_to_be_removed(ground: Ground) -> None:
    _make(ground.secondary, app("idle"), app("runs", deployment=DEPLOYED))
    secondary = Workspace(ground.drill.secondary)
    found = {name: WRITERS["apps"].busy(secondary, name, _now(ground.secondary, name)) for name in ("idle", "runs")}
    assert found == {"idle": "", "runs": "it is ACTIVE"}


def test_what_is_deployed_with_one_is_in_no_file(ground: Ground) -> None:
    """It may be a password."""
    variable = {"name": "PASSWORD", "value": KEY}
    _make(ground.primary, app("bot", deployment={**DEPLOYED, "env_vars": [variable]}))
    assert _now(ground.primary, "bot")["active_deployment"]["env_vars"] == [variable]
    ground.configure(apply=["apps"])
    said: list[str] = []
    assert ground.copy(tell=said.append).failures == []
    written = [file.read_bytes() for file in ground.folder.rglob("*") if file.is_file()]
    assert not any(KEY.encode() in content for content in (*written, *(text.encode() for text in said)))


def test_what_each_is_to_be_deployed_from_is_said(ground: Ground) -> None:
    _make(ground.primary, app("bot", deployment=DEPLOYED), app("other"))
    comparison = ground.comparison()
    lines = {line["id"]: line for line in manual.lines(comparison.primary.snapshot, CATALOGUE)}
    assert lines["app-deployments"]["found"] == ["bot /Workspace/Shared/app", "other"]
