"""The legacy command line (databricks-cli 0.18) drives the emulator: clusters and jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient

from fixtures.emulator.server import Running
from tests.support.legacy_cli import LegacyCli

CLUSTER = {"cluster_name": "etl", "spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}


def _asked(running: Running, name: str = "primary") -> list[str]:
    return [f"{entry.method} {entry.path.removeprefix('/api/')}" for entry in running.emulator.apps[name].log]


def _cluster(cli: LegacyCli, **more: Any) -> str:
    created: str = cli.done("clusters", "create", "--json", json.dumps(CLUSTER | more)).json["cluster_id"]
    return created


def _state(cli: LegacyCli, cluster_id: str) -> str:
    found: str = cli.done("clusters", "get", "--cluster-id", cluster_id).json["state"]
    return found


def test_clusters_live_and_end(cli: LegacyCli, emulator: Running) -> None:
    key = _cluster(cli)
    assert cli.done("clusters", "list").rows == [[key, "etl", "PENDING"]]
    assert cli.done("clusters", "get", "--cluster-name", "etl").json["cluster_id"] == key
    emulator.control("clock", {"advance_ms": 2000})
    assert _state(cli, key) == "RUNNING"
    refused = cli("clusters", "start", "--cluster-id", key)
    assert (refused.code, "is in unexpected state Running." in refused.out) == (1, True)
    cli.done("clusters", "restart", "--cluster-id", key)
    assert _state(cli, key) == "RESTARTING"
    emulator.control("clock", {"advance_ms": 2000})
    cli.done("clusters", "resize", "--cluster-id", key, "--num-workers", "3")
    emulator.control("clock", {"advance_ms": 2000})
    assert cli.done("clusters", "get", "--cluster-id", key).json["num_workers"] == 3
    cli.done("clusters", "delete", "--cluster-id", key)
    emulator.control("clock", {"advance_ms": 2000})
    assert _state(cli, key) == "TERMINATED"
    cli.done("clusters", "edit", "--json", json.dumps({**CLUSTER, "cluster_id": key, "num_workers": 2}))
    cli.done("clusters", "start", "--cluster-id", key)
    emulator.control("clock", {"advance_ms": 2000})
    found = cli.done("clusters", "get", "--cluster-id", key).json
    assert (found["state"], found["num_workers"]) == ("RUNNING", 2)

    rows = cli.done("clusters", "events", "--cluster-id", key, "--order", "ASC", "--limit", "3").rows
    assert [row[3] for row in rows] == ["CREATING", "RUNNING", "DRIVER_HEALTHY"]
    kinds = ("--event-type", "EDITED", "--event-type", "RESTARTING")
    events = cli.done("clusters", "events", "--cluster-id", key, *kinds, "--output", "JSON").json["events"]
    assert [event["type"] for event in events] == ["EDITED", "RESTARTING"]
    cli.done("clusters", "permanent-delete", "--cluster-id", key)
    gone = cli("clusters", "get", "--cluster-id", key)
    assert (gone.code, f"Cluster {key} does not exist" in gone.out) == (1, True)
    assert cli.done("clusters", "list").out == "\n"


def test_clusters_are_copied_by_what_get_shows(cli: LegacyCli, tmp_path: Path) -> None:
    """The makers' scripts post the whole document to the other region; what only the service sets is ignored there."""
    key = _cluster(cli, custom_tags={"team": "a"}, autotermination_minutes=30)
    shown = cli.done("clusters", "get", "--cluster-id", key).json
    shown["aws_attributes"].pop("zone_id")
    (tmp_path / "cluster.json").write_text(json.dumps(shown))
    file = str(tmp_path / "cluster.json")
    created = cli.done("clusters", "create", "--json-file", file, profile="secondary").json["cluster_id"]
    copy = cli.done("clusters", "get", "--cluster-id", created, profile="secondary").json
    kept = ("cluster_name", "custom_tags", "num_workers", "spark_version", "node_type_id", "autotermination_minutes")
    assert {name: copy[name] for name in kept} == {name: shown[name] for name in kept}
    assert copy["cluster_id"] != key


def test_clusters_are_listed_without_pages(cli: LegacyCli, primary: WorkspaceClient) -> None:
    for number in range(25):
        primary.clusters.create(**CLUSTER | {"cluster_name": f"c{number}"})  # type: ignore[arg-type]
    assert len(cli.done("clusters", "list").rows) == 25


@pytest.mark.parametrize(
    ("verb", "key"), [("list-node-types", "node_types"), ("spark-versions", "versions"), ("list-zones", "zones")]
)
def test_clusters_what_the_region_offers(cli: LegacyCli, verb: str, key: str) -> None:
    here, there = (cli.done("clusters", verb, profile=name).json[key] for name in ("primary", "secondary"))
    assert len(here) > 2
    assert here != there


SINGLE: dict[str, Any] = {
    "name": "nightly",
    "notebook_task": {"notebook_path": "/Shared/nb"},
    "existing_cluster_id": "0000-000000-abcd1234",
    "schedule": {"quartz_cron_expression": "0 0 3 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"},
}
SEVERAL: dict[str, Any] = {
    "name": "graph",
    "tasks": [
        {"task_key": "a", "notebook_task": {"notebook_path": "/Shared/a"}},
        {"task_key": "b", "notebook_task": {"notebook_path": "/Shared/b"}, "depends_on": [{"task_key": "a"}]},
    ],
}


def test_jobs_of_api_2_0_have_one_task_without_a_name(cli: LegacyCli, emulator: Running, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(SINGLE))
    created = cli.done("jobs", "create", "--json-file", str(tmp_path / "job.json"))
    assert "Your CLI is configured to use Jobs API 2.0" in created.err
    key = str(created.json["job_id"])
    shown = cli.done("jobs", "get", "--job-id", key).json
    assert shown["settings"]["format"] == "SINGLE_TASK"
    assert shown["settings"] | SINGLE == shown["settings"] | {"notebook_task": SINGLE["notebook_task"]}
    assert "tasks" not in shown["settings"]
    assert cli.done("jobs", "list").rows == [[key, "nightly"]]
    listed = cli.done("jobs", "list", "--output", "JSON").json["jobs"]
    assert listed[0]["settings"]["existing_cluster_id"] == SINGLE["existing_cluster_id"]

    changed = {name: value for name, value in SINGLE.items() if name != "schedule"} | {"max_retries": 2}
    cli.done("jobs", "reset", "--job-id", key, "--json", json.dumps(changed))
    settings = cli.done("jobs", "get", "--job-id", key).json["settings"]
    assert ("schedule" in settings, settings["max_retries"]) == (False, 2)
    parameters = ("--notebook-params", '{"day": "1"}', "--idempotency-token", "t1")
    runs = [cli.done("jobs", "run-now", "--job-id", key, *parameters).json["run_id"] for _ in range(2)]
    assert runs[0] == runs[1]
    assert cli.done("runs", "get", "--run-id", str(runs[0])).json["overriding_parameters"] == {
        "notebook_params": {"day": "1"}
    }
    cli.done("jobs", "delete", "--job-id", key)
    gone = cli("jobs", "get", "--job-id", key)
    assert (gone.code, f"Job {key} does not exist." in gone.out) == (1, True)
    assert cli.done("jobs", "list").out == "\n"
    assert {path.split()[1].split("/")[0] for path in _asked(emulator)} == {"2.0"}


def test_jobs_of_api_2_1_have_tasks(cli: LegacyCli, emulator: Running) -> None:
    created = cli.done("jobs", "create", "--json", json.dumps(SEVERAL), profile="primary-2.1")
    assert created.err == ""
    key = str(created.json["job_id"])
    tasks = cli.done("jobs", "get", "--job-id", key, profile="primary-2.1").json["settings"]["tasks"]
    assert [task["task_key"] for task in tasks] == ["a", "b"]
    listed = cli.done("jobs", "list", "--output", "JSON", profile="primary-2.1").json["jobs"]
    assert "tasks" not in listed[0]["settings"]
    expanded = cli.done("jobs", "list", "--expand-tasks", "--output", "JSON", profile="primary-2.1").json["jobs"]
    assert len(expanded[0]["settings"]["tasks"]) == 2
    cli.done("jobs", "reset", "--job-id", key, "--json", json.dumps({**SEVERAL, "name": "new"}), profile="primary-2.1")
    assert cli.done("jobs", "list", "--name", "NEW", profile="primary-2.1").rows == [[key, "new"]]
    cli.done("jobs", "run-now", "--job-id", key, profile="primary-2.1")
    cli.done("jobs", "delete", "--job-id", key, profile="primary-2.1")
    assert {path.split()[1].split("/")[0] for path in _asked(emulator)} == {"2.1"}
    by_option = cli.done("jobs", "create", "--json", json.dumps(SEVERAL), "--version", "2.1")
    assert by_option.err == ""


def test_jobs_all_of_2_1_are_asked_for_page_by_page(
    cli: LegacyCli, primary: WorkspaceClient, emulator: Running
) -> None:
    for number in range(45):
        primary.jobs.create(name=f"j{number:02}")
    emulator.emulator.apps["primary"].log.clear()
    assert len(cli.done("jobs", "list", profile="primary-2.1").rows) == 20
    everything = cli.done("jobs", "list", "--all", profile="primary-2.1").rows
    assert [row[1] for row in everything] == [f"j{number:02}" for number in range(45)]
    assert len(_asked(emulator)) == 4
    assert len(cli.done("jobs", "list").rows) == 45


def test_jobs_are_copied_by_what_get_shows(cli: LegacyCli) -> None:
    key = str(cli.done("jobs", "create", "--json", json.dumps(SINGLE)).json["job_id"])
    settings = cli.done("jobs", "get", "--job-id", key).json["settings"]
    settings.pop("schedule")
    settings["existing_cluster_id"] = "1111-000000-abcd1234"
    created = cli.done("jobs", "create", "--json", json.dumps(settings), profile="secondary").json["job_id"]
    copy = cli.done("jobs", "get", "--job-id", str(created), profile="secondary").json["settings"]
    assert copy == settings
