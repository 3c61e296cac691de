"""Pipelines from the primary to a secondary that stands by: nothing runs there, and what names one leads to its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Facet
from lakedrill.parity.outcome import Outcome
from migrate.copy import Choices, planned
from migrate.step import Action
from tests.support.workspaces import ENGINEER, Ground, Site

API = "/api/2.0/pipelines"
pytestmark = [pytest.mark.drill, pytest.mark.parametrize("emulator", ["local"], indirect=True)]


def _make(site: Site, name: str, **spec: Any) -> str:
    return str(site.post(API, name=name, allow_duplicate_names=True, **spec)["pipeline_id"])


def _there(site: Site) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in site.do("GET", API, max_results=100).get("statuses", []):
        found.setdefault(each["name"], []).append(site.do("GET", f"{API}/{each['pipeline_id']}"))
    return found


def _activation(ground: Ground, kind: str) -> dict[str, Any]:
    objects = json.loads((ground.home / "activation.json").read_text())["objects"]
    return {each["key"]: each["intended"] for each in objects if each["kind"] == kind}


def test_what_runs_on_the_primary_stands_still_on_the_secondary(ground: Ground) -> None:
    """It is written down what it did, it runs as whom it ran as, and it was never started."""
    ground.primary.user(ENGINEER)
    ground.primary.notebook("/Shared/load")
    code = [{"notebook": {"path": "/Workspace/Shared/load"}}]
    key = _make(ground.primary, "etl", continuous=True, libraries=code, storage="dbfs:/etl")
    _make(ground.primary, "once", libraries=code)
    owner = [{"user_name": ENGINEER, "permission_level": "IS_OWNER"}]
    ground.primary.do("PUT", f"/api/2.0/permissions/pipelines/{key}", {"access_control_list": owner})
    ground.later()

    with ground.watched() as seen:
        assert ground.copy().failures == []

    ground.later()
    (etl,), (once,) = (_there(ground.secondary)[name] for name in ("etl", "once"))
    assert etl["spec"]["continuous"] is False
    assert (etl["state"], once["state"]) == ("IDLE", "IDLE")
    assert not any("latest_updates" in each for each in (etl, once))
    assert not any(entry.path.endswith(("/updates", "/stop")) for entry in seen)
    assert etl["run_as_user_name"] == ENGINEER
    assert ground.secondary.grants("pipelines", etl["pipeline_id"]) == {ENGINEER: {"IS_OWNER"}}
    assert (etl["spec"]["storage"], once["spec"]["storage"]) == ("dbfs:/etl", f"dbfs:/pipelines/{once['pipeline_id']}")
    assert _activation(ground, "pipelines")["etl"] == {"spec.continuous": True, "state": "RUNNING"}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_twins_stay_two_and_a_job_runs_the_right_one(ground: Ground) -> None:
    keys = [_make(ground.primary, "etl", tags={"number": str(number)}) for number in (1, 2)]
    ground.primary.job("runs", tasks=[{"task_key": "run", "pipeline_task": {"pipeline_id": keys[1]}}])

    assert ground.copy().failures == []

    numbers = {each["pipeline_id"]: each["spec"]["tags"]["number"] for each in _there(ground.secondary)["etl"]}
    (job,) = ground.secondary.jobs()["runs"]
    assert sorted(numbers.values()) == ["1", "2"]
    assert numbers[job["settings"]["tasks"][0]["pipeline_task"]["pipeline_id"]] == "2"
    assert ground.red() == []


def test_a_gateway_is_made_before_what_ingests_through_it(ground: Ground) -> None:
    storage = {"gateway_storage_catalog": "main", "gateway_storage_schema": "landing"}
    gateway = _make(ground.primary, "z-gateway", gateway_definition={"connection_name": "shop", **storage})
    _make(ground.primary, "a-ingestion", ingestion_definition={"ingestion_gateway_id": gateway, "objects": []})

    assert ground.copy().failures == []

    there = _there(ground.secondary)
    found = there["a-ingestion"][0]["spec"]["ingestion_definition"]["ingestion_gateway_id"]
    assert found == there["z-gateway"][0]["pipeline_id"]
    assert ground.writes_of_a_copy() == 0


def test_a_changed_specification_is_replaced_as_a_whole(ground: Ground) -> None:
    key = _make(ground.primary, "etl", tags={"a": "1"}, photon=True)
    ground.copy()
    ground.primary.do("PUT", f"{API}/{key}", {"name": "etl, renamed", "channel": "PREVIEW"})

    assert ground.copy(rename=True).failures == []

    ((spec,),) = ([each["spec"] for each in found] for found in _there(ground.secondary).values())
    assert (spec["name"], spec["channel"]) == ("etl, renamed", "PREVIEW")
    assert not {"tags", "photon"} & spec.keys()
    assert ground.red() == []


def test_what_only_a_new_pipeline_can_have_is_replaced_when_asked(ground: Ground) -> None:
    key = _make(ground.primary, "etl", storage="dbfs:/one")
    ground.copy()
    ground.primary.do("DELETE", f"{API}/{key}")
    _make(ground.primary, "etl", storage="dbfs:/two")

    (step, reason) = ground.copy().failures[0]
    assert step.action is Action.REPLACE
    assert reason == "only a new object can have this; ask with --replace"
    with ground.watched() as seen:
        assert ground.copy(replace=("pipelines:etl",)).failures == []
    assert _there(ground.secondary)["etl"][0]["spec"]["storage"] == "dbfs:/two"
    assert [entry.path for entry in seen if entry.method == "DELETE" and API in entry.path]
    assert ground.red() == []


def test_what_fires_by_itself_is_not_copied(ground: Ground) -> None:
    cron = {"cron": {"quartz_cron_schedule": "0 0 3 * * ?", "timezone_id": "UTC"}}
    _make(ground.primary, "cron", trigger=cron)
    told: list[str] = []

    report = ground.copy(tell=told.append)

    assert [(step.key, step.action) for step, _ in report.failures if step.facet is Facet.DEFINITION] == [
        ("cron", Action.BLOCKED)
    ]
    assert told[0].startswith("by hand: its cron trigger can't be paused")
    assert _there(ground.secondary) == {}


def test_a_secondary_whose_pipelines_run_is_in_use(ground: Ground) -> None:
    _make(ground.primary, "etl")
    key = _make(ground.secondary, "theirs", continuous=True)
    with pytest.raises(UsageError, match="its pipeline theirs is continuous"):
        ground.copy()
    ground.secondary.do("PUT", f"{API}/{key}", {"name": "theirs"})
    ground.later()
    with pytest.raises(UsageError, match="its pipeline theirs is RUNNING"):
        ground.copy()
    ground.secondary.post(f"{API}/{key}/stop")
    ground.copy()
    assert set(_there(ground.secondary)) == {"etl", "theirs"}


def test_one_that_was_started_is_found_and_stopped(ground: Ground) -> None:
    _make(ground.primary, "etl")
    ground.copy()
    key = _there(ground.secondary)["etl"][0]["pipeline_id"]
    ground.secondary.post(f"{API}/{key}/updates")

    (record,) = ground.red()
    assert (record.kind, record.aspect) == ("pipelines", "safety")
    live = ground.drill.secondary.workspace_id
    assert "was not last written by this drill" in ground.copy(into_live=live).failures[0][1]
    ground.copy(into_live=live, takes=(("primary", "pipelines:etl"),))
    assert _there(ground.secondary)["etl"][0]["state"] == "IDLE"
    assert ground.red() == []


def test_an_extra_one_goes_without_its_tables_unless_it_runs(ground: Ground) -> None:
    _make(ground.primary, "etl")
    ground.copy()
    keys = [_make(ground.secondary, name) for name in ("idle", "busy")]
    ground.secondary.post(f"{API}/{keys[1]}/updates")
    ground.later()
    live = {"into_live": ground.drill.secondary.workspace_id}
    with planned(ground.drill, Choices(prune=True), write=False):
        pass  # what would go is shown

    with ground.watched() as seen:
        report = ground.copy(prune=True, **live)

    assert set(_there(ground.secondary)) == {"etl", "busy"}
    assert [s.reason for s in report.steps if s.key == "busy"] == ["the primary has none; spared: it is RUNNING"]
    (gone,) = (entry for entry in seen if entry.method == "DELETE" and entry.path == f"{API}/{keys[0]}")
    assert gone.query == "cascade=false"


BROKEN: dict[str, dict[str, Any]] = {
    "spec.libraries[0].notebook.path → /gone": {"libraries": [{"notebook": {"path": "/gone"}}]},
    "spec.libraries[0].glob.include → /gone": {"libraries": [{"glob": {"include": "/gone/**"}}]},
    "spec.clusters[0].instance_pool_id → 1-2": {"clusters": [{"num_workers": 1, "instance_pool_id": "1-2"}]},
    "spec.ingestion_definition.ingestion_gateway_id → 1-2": {"ingestion_definition": {"ingestion_gateway_id": "1-2"}},
    "spec.configuration.key → no/where": {"configuration": {"key": "{{secrets/no/where}}"}},
}


def _stuck(ground: Ground) -> dict[str, str]:
    return {s.key: why for s, why in ground.copy().failures if s.kind == "pipelines" and s.facet is Facet.DEFINITION}


def test_what_is_not_there_is_told_by_its_path(ground: Ground) -> None:
    for path, spec in BROKEN.items():
        _make(ground.primary, path, **spec)
    _make(ground.primary, "whole")

    assert _stuck(ground) == {path: f"broken on the primary: {path}" for path in BROKEN}
    assert set(_there(ground.secondary)) == {"whole"}


def test_whom_a_pipeline_runs_as_has_to_be_there(ground: Ground) -> None:
    ground.configure(identity="provisioned")
    ground.primary.user(ENGINEER)
    _make(ground.primary, "theirs", run_as={"user_name": ENGINEER})
    assert _stuck(ground) == {"theirs": f"refers to users:{ENGINEER}, which is blocked"}
    ground.secondary.user(ENGINEER)
    assert _stuck(ground) == {}
    assert _there(ground.secondary)["theirs"][0]["run_as_user_name"] == ENGINEER


def test_what_the_service_refuses_is_told_in_its_own_words(ground: Ground) -> None:
    """The rest is copied all the same."""
    for name in ("one too many", "another"):
        _make(ground.primary, name)
    message = "The number of pipelines exceeds the limit of 12000."
    ground.faults({"method": "POST", "path": API, "status": 400, "code": "QUOTA_EXCEEDED", "message": message})

    (reason,) = _stuck(ground).values()

    assert reason == f"QUOTA_EXCEEDED: {message}"
    assert len(_there(ground.secondary)) == 1


@pytest.mark.parametrize(
    ("lacking", "outcome"),
    [
        ((), Outcome.EQUAL),
        (("secondary",), Outcome.UNSUPPORTED),
        (("primary",), Outcome.UNSUPPORTED),
        (("primary", "secondary"), Outcome.NOT_APPLICABLE),
    ],
    ids=["none", "secondary", "primary", "both"],
)
@pytest.mark.parametrize(("kind", "path"), [("pipelines", API), ("jobs", "/api/2.2/jobs/list")])
def test_a_side_lacks_a_kind_by_its_error_code_alone(
    ground: Ground, kind: str, path: str, lacking: tuple[str, ...], outcome: Outcome
) -> None:
    """An empty list is none such."""
    off = {"method": "GET", "path": path, "status": 404, "code": "FEATURE_DISABLED", "message": "off", "times": -1}
    for role in lacking:
        ground.faults(off, role=role)

    comparison = ground.comparison()

    found = {role: comparison.judge_listing(role, kind).outcome for role in ("primary", "secondary")}
    assert found == dict.fromkeys(found, Outcome.EQUAL) | dict.fromkeys(lacking, outcome)


def test_what_runs_a_pipeline_is_not_copied_to_where_there_are_none(ground: Ground) -> None:
    key = _make(ground.primary, "etl")
    ground.primary.job("runs", tasks=[{"task_key": "run", "pipeline_task": {"pipeline_id": key}}])
    ground.primary.job("plain")
    ground.faults({"path": f"{API}.*", "status": 404, "code": "FEATURE_DISABLED", "message": "off", "times": -1})

    failures = {(step.kind, step.key): why for step, why in ground.copy().failures if step.facet is Facet.DEFINITION}

    assert failures["jobs", "runs"] == "refers to pipelines:etl, which is blocked"
    assert set(ground.secondary.jobs()) == {"plain"}
    ground.faults()
    assert ground.copy().exit_code == 0
    assert ground.red() == []
