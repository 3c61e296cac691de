"""What a job names: found again on the secondary, or told by name why it can't be."""

from __future__ import annotations

from typing import Any

import pytest

from lakedrill.inventory.kind import Facet
from tests.support.workspaces import ENGINEER, Ground, base64_of

GIT = {"git_source": {"git_url": "https://example.com/x", "git_provider": "gitHub", "git_branch": "main"}}
pytestmark = [pytest.mark.drill, pytest.mark.parametrize("emulator", ["local"], indirect=True)]


def _task(**task: Any) -> list[dict[str, Any]]:
    return [{"task_key": "t", **task}]


def _stuck(ground: Ground, **choices: Any) -> dict[str, str]:
    return {
        s.key: why for s, why in ground.copy(**choices).failures if s.kind == "jobs" and s.facet is Facet.DEFINITION
    }


def test_what_a_job_runs_from_goes_along(ground: Ground) -> None:
    """Files on DBFS are no part of a drill unless something names them."""
    dbfs = ("/lib/a.jar", "/lib/b.whl", "/lib/c.egg", "/code/main.py", "/old/main.jar", "/unnamed.bin")
    for path in dbfs:
        ground.primary.post("/api/2.0/dbfs/put", path=path, contents=base64_of(path.encode()))
    ground.primary.folder("/Shared/dbt")
    for name in ("r.txt", "tool.whl", "base.yaml", "q.sql", "one.env"):
        ground.primary.file(f"/Shared/{name}")
    libraries = [{"jar": "dbfs:/lib/a.jar"}, {"whl": "dbfs:/lib/b.whl"}, {"egg": "dbfs:/lib/c.egg"}]
    spec = {
        "base_environment": "/Workspace/Shared/base.yaml",
        "dependencies": ["-r /Workspace/Shared/r.txt", "/Workspace/Shared/tool.whl", "/Volumes/a/b/c.whl", "numpy"],
    }
    task = {"spark_python_task": {"python_file": "dbfs:/code/main.py"}, "libraries": libraries}
    each = {"spark_jar_task": {"main_class_name": "M", "jar_uri": "dbfs:/old/main.jar"}}
    ground.primary.job(
        "all",
        tasks=[
            {"task_key": "python", **task},
            {"task_key": "each", "for_each_task": {"inputs": "[1]", "task": {"task_key": "jar", **each}}},
            {"task_key": "dbt", "dbt_task": {"commands": ["dbt run"], "project_directory": "/Workspace/Shared/dbt"}},
        ],
        environments=[{"environment_key": "e", "spec": spec}],
        environment_variables=[{"environment_variables_key": "v", "spec": {"files": ["/Workspace/Shared/one.env"]}}],
    )

    assert ground.copy().failures == []

    found = {record.key for record in ground.records() if record.kind == "dbfs_files"} - {"primary", "secondary"}
    assert found == set(dbfs) - {"/unnamed.bin"}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


BROKEN = {
    "sql_task.file.path → /Shared/q.sql": {"sql_task": {"warehouse_id": "", "file": {"path": "/Shared/q.sql"}}},
    "dbt_task.project_directory → /Shared/d": {"dbt_task": {"commands": ["x"], "project_directory": "/Shared/d"}},
    "spark_python_task.python_file → /a.py": {"spark_python_task": {"python_file": "dbfs:/a.py"}},
    "libraries[0].jar → /a.jar": {"notebook_task": {"notebook_path": "/n"}, "libraries": [{"jar": "dbfs:/a.jar"}]},
    "pipeline_task.pipeline_id → 1-2": {"pipeline_task": {"pipeline_id": "1-2"}},
    "webhook_notifications.on_start[].id → 1-2": {"webhook_notifications": {"on_start": [{"id": "1-2"}]}},
}


def test_what_is_not_there_is_told_by_its_path(ground: Ground) -> None:
    """And what comes from Git is none of the workspace's."""
    ground.primary.notebook("/n")
    for path, task in BROKEN.items():
        ground.primary.job(path, tasks=_task(**task))
    sql = {"sql_task": {"warehouse_id": "", "file": {"path": "/Shared/q.sql", "source": "GIT"}}}
    dbt = {"dbt_task": {"commands": ["x"], "project_directory": "/Shared/d", "source": "GIT"}}
    for name, task in (("sql of git", sql), ("dbt of git", dbt)):
        ground.primary.job(name, tasks=_task(**task), **GIT)

    stuck = _stuck(ground)

    assert stuck == {path: f"broken on the primary: settings.tasks[t].{path}" for path in BROKEN}
    assert sorted(ground.secondary.jobs()) == ["dbt of git", "sql of git"]


def test_what_nobody_captures_yet_is_named_and_not_taken_for_something_else(ground: Ground) -> None:
    """Though what is captured has the very name that is asked for."""
    ground.primary.user("shared")
    room = {"clean_rooms_notebook_task": {"clean_room_name": "shared", "notebook_name": "n"}}
    ground.primary.job("room", tasks=_task(for_each_task={"inputs": "[1]", "task": _task(**room)[0]}))

    unknown = "refers to what is not captured yet: settings.tasks[t]"
    assert _stuck(ground) == {
        "room": f"{unknown}.for_each_task.task.clean_rooms_notebook_task.clean_room_name → clean_rooms shared",
    }
    assert ground.secondary.jobs() == {}


def test_what_the_service_refuses_is_told_in_its_own_words(ground: Ground) -> None:
    """The rest is copied all the same."""
    for name in ("wide", "plain"):
        ground.primary.job(name)
    message = "A job can have at most 1000 tasks, found 1001."
    rule = {"status": 400, "code": "INVALID_PARAMETER_VALUE", "message": message}
    ground.faults({"method": "POST", "path": "/api/2.2/jobs/create", **rule})

    (reason,) = _stuck(ground).values()

    assert reason == f"INVALID_PARAMETER_VALUE: {message}"
    assert len(ground.secondary.jobs()) == 1


def test_whom_a_job_runs_as_has_to_be_there(ground: Ground) -> None:
    ground.configure(identity="provisioned")
    ground.primary.user(ENGINEER)
    ground.primary.job("theirs", run_as={"user_name": ENGINEER})
    assert _stuck(ground) == {"theirs": f"refers to users:{ENGINEER}, which is blocked"}
    ground.secondary.user(ENGINEER)
    assert _stuck(ground) == {}
    assert ground.secondary.jobs()["theirs"][0]["run_as_user_name"] == ENGINEER
