"""Jobs on the wire."""

import dataclasses
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    PermissionDenied,
    ResourceDoesNotExist,
)
from databricks.sdk.service import jobs
from databricks.sdk.service.compute import ClusterSpec

from fixtures.emulator import acl, job_settings, principals
from fixtures.emulator.errors import ApiError
from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running

DAY = 86_400_000
DAILY = {"quartz_cron_expression": "0 0 3 * * ?", "timezone_id": "UTC"}


def _task(key: str, **fields: Any) -> dict[str, Any]:
    return {"task_key": key, "notebook_task": {"notebook_path": "/Shared/load"}, **fields}


def _create(workspace: WorkspaceClient, version: str = "2.2", **settings: Any) -> int:
    answer = workspace.api_client.do("POST", f"/api/{version}/jobs/create", body=settings)
    assert isinstance(answer, dict)
    return int(answer["job_id"])


def _read(workspace: WorkspaceClient, job_id: int, version: str = "2.2", **query: Any) -> dict[str, Any]:
    answer = workspace.api_client.do("GET", f"/api/{version}/jobs/get", query={"job_id": job_id, **query})
    assert isinstance(answer, dict)
    return answer


def _user(running: Running, name: str) -> str:
    """Make a user known to the primary workspace alone and return their id."""
    state = running.emulator.apps["primary"].workspace.state
    key = str(state.number(principals.USERS))
    principals.store(state, principals.USERS, {"id": key, "userName": name, "displayName": name, "active": True})
    return key


def _client_of(running: Running, user_id: str) -> WorkspaceClient:
    running.emulator.apps["primary"].workspace.tokens[f"dapi-{user_id}"] = user_id
    host = running.emulator.hosts["primary"]
    return WorkspaceClient(config=Config(host=host, token=f"dapi-{user_id}", retry_timeout_seconds=5))


def test_a_job_with_a_notebook_alone_reads_back_with_all_that_the_service_fills_in(primary: WorkspaceClient) -> None:
    created = primary.jobs.create(
        tasks=[jobs.Task(task_key="load", notebook_task=jobs.NotebookTask(notebook_path="/Shared/load"))]
    )

    raw = _read(primary, int(created.job_id or 0))
    assert len(str(raw["job_id"])) >= 15
    assert isinstance(raw.pop("created_time"), int)
    assert raw == {
        "job_id": created.job_id,
        "creator_user_name": CALLER,
        "run_as_user_name": CALLER,
        "settings": {
            "name": "Untitled",
            "email_notifications": {},
            "webhook_notifications": {},
            "timeout_seconds": 0,
            "max_concurrent_runs": 1,
            "tasks": [
                {
                    "task_key": "load",
                    "run_if": "ALL_SUCCESS",
                    "notebook_task": {"notebook_path": "/Shared/load", "source": "WORKSPACE"},
                    "timeout_seconds": 0,
                    "email_notifications": {},
                }
            ],
            "format": "MULTI_TASK",
        },
    }


def test_the_names_that_are_kept_are_those_of_the_sdk() -> None:
    names = {field.name for field in dataclasses.fields(jobs.JobSettings)} - {"format"}
    assert names == job_settings._SETTINGS
    assert {field.name for field in dataclasses.fields(jobs.Task)} == job_settings._TASK


def test_unknown_fields_are_ignored(primary: WorkspaceClient) -> None:
    settings = _read(primary, _create(primary, colour="red", tasks=[_task("a", colour="red")]))["settings"]
    assert "colour" not in settings
    assert "colour" not in settings["tasks"][0]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"node_type_id": "p3.2xlarge"}, "Node type p3.2xlarge is not supported. Supported node types: m5.large, "),
        ({"node_type_id": "g5.xlarge", "driver_node_type_id": "p3.2xlarge"}, "Node type p3.2xlarge is not supported"),
        ({"aws_attributes": {"zone_id": "us-east-1a"}}, "Zone us-east-1a is not available in region us-west-2."),
    ],
)
def test_a_job_cluster_that_its_region_does_not_offer_is_refused(
    primary: WorkspaceClient, secondary: WorkspaceClient, spec: dict[str, Any], said: str
) -> None:
    def make(workspace: WorkspaceClient, spec: dict[str, Any]) -> Any:
        task = {"task_key": "a", "notebook_task": {"notebook_path": "/a"}, "new_cluster": {"num_workers": 1, **spec}}
        return workspace.api_client.do("POST", "/api/2.2/jobs/create", body={"name": "n", "tasks": [task]})

    with pytest.raises(InvalidParameterValue) as error:
        make(secondary, spec)
    assert str(error.value).startswith(f"Cluster validation error: {said}")
    home = {"driver_node_type_id": "p3.2xlarge", "node_type_id": "i3.xlarge"}
    assert make(primary, {**spec, **(home if "driver_node_type_id" in spec else {})})["job_id"]


def test_a_new_cluster_is_filled_in_as_its_region_has_it(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    spec = ClusterSpec(spark_version="15.4.x-scala2.12", num_workers=1, apply_policy_default_values=True)
    clusters = [jobs.JobCluster(job_cluster_key="main", new_cluster=spec)]
    for workspace, zone in ((primary, "us-east-1c"), (secondary, "us-west-2c")):
        created = workspace.jobs.create(tasks=[jobs.Task(task_key="a", job_cluster_key="main")], job_clusters=clusters)
        settings = _read(workspace, int(created.job_id or 0))["settings"]
        assert settings["job_clusters"][0]["new_cluster"] == {
            "spark_version": "15.4.x-scala2.12",
            "num_workers": 1,
            "aws_attributes": {"availability": "SPOT_WITH_FALLBACK", "zone_id": zone},
            "data_security_mode": "SINGLE_USER",
            "enable_elastic_disk": False,
        }


def test_lists_are_put_in_order_and_notebooks_come_from_git_where_there_is_one(primary: WorkspaceClient) -> None:
    tasks = [_task("c", depends_on=[{"task_key": "b"}, {"task_key": "a"}]), _task("a"), _task("b")]
    hooks = {"on_failure": [{"id": "2"}, {"id": "1"}]}
    git = {"git_url": "https://example.test/r", "git_provider": "gitHub", "git_branch": "main"}
    settings = _read(primary, _create(primary, tasks=tasks, webhook_notifications=hooks, git_source=git))["settings"]

    assert [task["task_key"] for task in settings["tasks"]] == ["c", "a", "b"]
    assert settings["tasks"][0]["depends_on"] == [{"task_key": "a"}, {"task_key": "b"}]
    assert settings["tasks"][0]["notebook_task"]["source"] == "GIT"
    assert settings["webhook_notifications"]["on_failure"] == [{"id": "1"}, {"id": "2"}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schedule", DAILY),
        ("trigger", {"periodic": {"interval": 1, "unit": "DAYS"}}),
        ("continuous", {}),
    ],
)
def test_what_is_not_sent_as_paused_is_not_paused(primary: WorkspaceClient, name: str, value: dict[str, Any]) -> None:
    left_out = _create(primary, **{name: value})
    paused = _create(primary, **{name: {**value, "pause_status": "PAUSED"}})

    assert _read(primary, left_out)["settings"][name]["pause_status"] == "UNPAUSED"
    assert _read(primary, paused)["settings"][name]["pause_status"] == "PAUSED"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"schedule": {**DAILY, "quartz_cron_expression": "0 3 * * *"}}, "Invalid quartz_cron_expression: 0 3 "),
        ({"schedule": {**DAILY, "quartz_cron_expression": "0 0 25 * * ?"}}, "Invalid quartz_cron_expression: 0 0 25 "),
        ({"schedule": {**DAILY, "quartz_cron_expression": "0 0 3 * * *"}}, "Databricks uses Quartz cron syntax"),
        ({"schedule": {**DAILY, "timezone_id": "Mars/Base"}}, "Invalid timezone_id: Mars/Base"),
        ({"schedule": DAILY, "continuous": {}}, "Only one of .*: schedule, continuous"),
        ({"trigger": {"periodic": {"interval": 0, "unit": "DAYS"}}}, "Invalid periodic trigger"),
        ({"tasks": [_task("a"), _task("a")]}, "Duplicate task_key 'a'"),
        ({"tasks": [_task("a", depends_on=[{"task_key": "z"}])]}, "depends on task 'z', which does not exist"),
        (
            {"tasks": [_task("a", depends_on=[{"task_key": "b"}]), _task("b", depends_on=[{"task_key": "a"}])]},
            "form a cycle: a, b",
        ),
        ({"tasks": [_task("a", job_cluster_key="none")]}, "Job cluster 'none' of task 'a' is not defined"),
        ({"tasks": [_task(f"t{n}") for n in range(1001)]}, "at most 1000 tasks"),
        ({"max_concurrent_runs": 1001}, "max_concurrent_runs must be between 0 and 1000"),
        ({"tags": {str(n): "" for n in range(26)}}, "at most 25 tags"),
        (
            {"git_source": {"git_url": "https://example.test/r"}},
            "git_source.git_provider must be one of: github,gitlab",
        ),
        (
            {"job_clusters": [{"job_cluster_key": "m", "new_cluster": {}}]},
            "Shared job cluster feature is only supported",
        ),
        ({"run_as": {"user_name": "nobody@example.com"}}, "'nobody@example.com' cannot be set as run_as"),
    ],
)
def test_what_a_job_cannot_be_is_refused(primary: WorkspaceClient, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message) as refusal:
        _create(primary, **settings)
    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    assert list(primary.jobs.list()) == []


def test_a_body_of_the_wrong_shape_is_not_understood(primary: WorkspaceClient) -> None:
    with pytest.raises(BadRequest, match="unexpected value for tasks") as refusal:
        _create(primary, tasks={"a": 1})
    assert refusal.value.error_code == "MALFORMED_REQUEST"


def test_a_cluster_that_does_not_exist_is_no_reason_to_refuse_a_job(primary: WorkspaceClient) -> None:
    assert _create(primary, tasks=[_task("a", existing_cluster_id="0101-000000-missing1")])


def test_twins_by_name_are_two_jobs_and_both_are_found_in_any_case(primary: WorkspaceClient) -> None:
    first, second = _create(primary, name="Nightly"), _create(primary, name="nightly")
    _create(primary, name="nightly-2")

    assert [job.job_id for job in primary.jobs.list(name="NIGHTLY")] == [second, first]


def test_lists_are_paged_newest_first_and_show_tasks_only_on_demand(primary: WorkspaceClient) -> None:
    ids = [_create(primary, name=f"job {n}", tasks=[_task("a")]) for n in range(45)]
    ids.append(_create(primary, name="long", tasks=[_task(f"t{n}") for n in range(120)]))

    plain = list(primary.jobs.list())
    assert [job.job_id for job in plain] == ids[::-1]
    assert plain[0].settings is not None
    assert not plain[0].settings.tasks
    assert [job.job_id for job in primary.jobs.list(limit=7)] == ids[::-1]
    assert [job.job_id for job in primary.jobs.list(offset=44)] == ids[1::-1]

    raw = primary.api_client.do("GET", "/api/2.2/jobs/list", query={"limit": 2, "expand_tasks": "true"})
    assert isinstance(raw, dict)
    assert raw["has_more"] is True
    assert [(len(job["settings"]["tasks"]), job.get("has_more")) for job in raw["jobs"]] == [(100, True), (1, None)]
    expanded = list(primary.jobs.list(expand_tasks=True))
    assert len((expanded[0].settings or jobs.JobSettings()).tasks or []) == 120
    with pytest.raises(InvalidParameterValue, match="limit must be between"):
        list(primary.jobs.list(limit=101))
    with pytest.raises(InvalidParameterValue, match="Invalid page token"):
        list(primary.jobs.list(page_token="?"))


def test_a_job_that_comes_in_between_moves_no_page(primary: WorkspaceClient) -> None:
    ids = [_create(primary) for _ in range(4)]
    first = primary.api_client.do("GET", "/api/2.2/jobs/list", query={"limit": 2})
    assert isinstance(first, dict)
    _create(primary)

    rest = list(primary.jobs.list(limit=2, page_token=first["next_page_token"]))
    assert [job.job_id for job in rest] == ids[1::-1]


def test_250_tasks_come_in_three_pages(primary: WorkspaceClient) -> None:
    parameters = [{"name": "region", "default": "east"}]
    job_id = _create(primary, tasks=[_task(f"t{n}") for n in range(250)], parameters=parameters)

    settings = primary.jobs.get(job_id).settings
    assert settings is not None
    assert [task.task_key for task in settings.tasks or []] == [f"t{n}" for n in range(250)]
    assert len(settings.parameters or []) == 1
    first = _read(primary, job_id)
    last = _read(
        primary, job_id, page_token=_read(primary, job_id, page_token=first["next_page_token"])["next_page_token"]
    )
    assert (len(last["settings"]["tasks"]), last["settings"]["parameters"]) == (50, [])
    assert "next_page_token" not in last
    assert len(_read(primary, job_id, "2.1")["settings"]["tasks"]) == 250


def test_version_2_0_shows_a_single_task_at_the_level_of_the_job(primary: WorkspaceClient) -> None:
    single = {"notebook_task": {"notebook_path": "/Shared/load"}, "existing_cluster_id": "0101-000000-abcdefgh"}
    job_id = _create(primary, "2.0", name="by hand", **single)

    old = _read(primary, job_id, "2.0")["settings"]
    assert (old["format"], old["existing_cluster_id"]) == ("SINGLE_TASK", "0101-000000-abcdefgh")
    assert "tasks" not in old
    new = _read(primary, job_id)["settings"]
    assert (new["format"], [task["task_key"] for task in new["tasks"]]) == ("MULTI_TASK", ["by_hand"])
    body = {"job_id": job_id, "new_settings": {"max_retries": 2}}
    primary.api_client.do("POST", "/api/2.0/jobs/update", body=body)
    assert _read(primary, job_id)["settings"]["tasks"][0]["max_retries"] == 2
    listed = primary.api_client.do("GET", "/api/2.0/jobs/list")
    assert isinstance(listed, dict)
    assert listed["jobs"][0]["settings"]["notebook_task"]["notebook_path"] == "/Shared/load"


def test_reset_replaces_all_settings_but_keeps_run_as(emulator: Running, primary: WorkspaceClient) -> None:
    _user(emulator, "etl@example.com")
    _user(emulator, "other@example.com")
    job_id = _create(primary, name="a", run_as={"user_name": "ETL@example.com"}, schedule=DAILY)
    assert primary.jobs.get(job_id).run_as_user_name == "etl@example.com"

    primary.jobs.reset(job_id, jobs.JobSettings(name="b"))
    after = _read(primary, job_id)
    assert after["run_as_user_name"] == "etl@example.com"
    assert after["settings"]["name"] == "b"
    assert "schedule" not in after["settings"]
    primary.jobs.reset(job_id, jobs.JobSettings(run_as=jobs.JobRunAs(user_name="other@example.com")))
    assert primary.jobs.get(job_id).run_as_user_name == "other@example.com"
    primary.jobs.update(job_id, fields_to_remove=["run_as"])
    assert primary.jobs.get(job_id).run_as_user_name == CALLER


def test_update_replaces_fields_merges_arrays_by_key_and_removes(primary: WorkspaceClient) -> None:
    job_id = _create(primary, tasks=[_task("a"), _task("b"), _task("c")], schedule=DAILY, tags={"x": "1", "y": "2"})
    changed = jobs.JobSettings(
        tags={"z": "3"},
        tasks=[
            jobs.Task(task_key="b", notebook_task=jobs.NotebookTask(notebook_path="/Shared/new")),
            jobs.Task(task_key="d", run_if=jobs.RunIf.ALL_DONE),
        ],
    )
    primary.jobs.update(job_id, new_settings=changed, fields_to_remove=["schedule", "tasks/a"])

    settings = _read(primary, job_id)["settings"]
    assert [task["task_key"] for task in settings["tasks"]] == ["b", "c", "d"]
    assert settings["tasks"][0]["notebook_task"] == {"notebook_path": "/Shared/new", "source": "WORKSPACE"}
    assert settings["tags"] == {"z": "3"}
    assert "schedule" not in settings


def test_a_missing_job_is_a_bad_request_except_where_the_sdk_knows_better(primary: WorkspaceClient) -> None:
    with pytest.raises(ResourceDoesNotExist, match=r"^Job 123 does not exist\.$"):
        primary.jobs.get(123)
    for act in (
        lambda: primary.jobs.delete(123),
        lambda: primary.jobs.update(123),
        lambda: primary.jobs.reset(123, jobs.JobSettings()),
        lambda: primary.jobs.run_now(123),
    ):
        with pytest.raises(InvalidParameterValue, match=r"^Job 123 does not exist\.$"):
            act()


def test_permission_comes_before_existence_for_all_but_admins(emulator: Running, primary: WorkspaceClient) -> None:
    job_id = _create(primary, name="theirs")
    ann = _user(emulator, "ann@example.com")
    mine = _client_of(emulator, ann)

    for each in (job_id, 123):
        view = f"User ann@example.com does not have View or Admin or Manage Run or Owner permissions on job {each}"
        with pytest.raises(PermissionDenied, match=view):
            mine.jobs.get(each)
        with pytest.raises(PermissionDenied, match=f"does not have Admin or Owner permissions on job {each}"):
            mine.jobs.delete(each)
    assert list(mine.jobs.list()) == []
    acl.grant(emulator.emulator.apps["primary"].workspace, f"/jobs/{job_id}", ann, "CAN_VIEW")
    assert [job.job_id for job in mine.jobs.list()] == [job_id]
    with pytest.raises(PermissionDenied, match="Admin or Manage Run or Owner"):
        mine.jobs.run_now(job_id)


def test_the_creator_owns_a_job_unless_the_request_names_another(emulator: Running, primary: WorkspaceClient) -> None:
    workspace = emulator.emulator.apps["primary"].workspace
    ann, caller = _user(emulator, "ann@example.com"), next(iter(workspace.tokens.values()))
    entry = {"user_name": "ann@example.com", "permission_level": "IS_OWNER"}
    own, given = _create(primary), _create(primary, access_control_list=[entry])

    assert acl.direct(workspace, f"/jobs/{own}") == [{"principal": caller, "level": "IS_OWNER"}]
    assert acl.direct(workspace, f"/jobs/{given}") == [{"principal": ann, "level": "IS_OWNER"}]
    assert primary.jobs.get(given).run_as_user_name == "ann@example.com"
    with pytest.raises(InvalidParameterValue, match=r"^The job must have exactly one owner\.$"):
        _create(primary, access_control_list=[entry, {"user_name": CALLER, "permission_level": "IS_OWNER"}])
    with pytest.raises(ResourceDoesNotExist, match=r"Principal: UserName\(no@example.com\) does not exist"):
        _create(primary, access_control_list=[{"user_name": "no@example.com", "permission_level": "CAN_VIEW"}])
    primary.jobs.delete(own)
    assert acl.direct(workspace, f"/jobs/{own}") == []
    with pytest.raises(ApiError, match=f"400 INVALID_PARAMETER_VALUE: Job {own} does not exist"):
        acl.SECURABLES["jobs"].check(workspace, str(own))


def test_a_creator_who_is_gone_is_not_named(emulator: Running, primary: WorkspaceClient) -> None:
    ann = _user(emulator, "ann@example.com")
    job_id = int(_client_of(emulator, ann).jobs.create(name="a").job_id or 0)
    assert primary.jobs.get(job_id).creator_user_name == "ann@example.com"

    emulator.emulator.apps["primary"].workspace.state.delete(principals.USERS, ann)
    assert "creator_user_name" not in _read(primary, job_id)


def test_reading_writes_nothing(emulator: Running, primary: WorkspaceClient) -> None:
    emulator.control("clock", {"advance_ms": DAY - (emulator.emulator.clock.now() + DAY // 2) % DAY})  # to noon
    job_id = _create(primary, schedule=DAILY, tasks=[_task("a")])
    run_id = primary.jobs.run_now(job_id).run_id
    emulator.control("clock", {"advance_ms": 3 * DAY})
    seen = len(emulator.emulator.apps["primary"].log)
    primary.jobs.get(job_id)
    primary.jobs.get_run(int(run_id or 0))
    assert len(list(primary.jobs.list(expand_tasks=True))) == 1
    assert len(list(primary.jobs.list_runs(expand_tasks=True))) == 4

    log = emulator.emulator.apps["primary"].log
    assert len(log) == seen + 4
    assert [entry.write for entry in log[seen:]] == [False] * 4
    assert any(entry.write for entry in log[:seen])
