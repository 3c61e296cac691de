"""What the SDK adds to the bare API (its mixins, waiters, `dbutils` and logins) drives the emulator."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import DatabricksError, NotFound, PermissionDenied
from databricks.sdk.service.compute import State
from databricks.sdk.service.iam import ComplexValue
from databricks.sdk.service.jobs import NotebookTask, RunLifeCycleState, SubmitTask, Task
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language

from fixtures.emulator.server import Running

MIB = 1024 * 1024
HOME = "/Users/drill@example.com"
VOLUME = "/Volumes/main/default/landing"
SOURCE = b"# Databricks notebook source\nprint(1)\n\n# COMMAND ----------\n\nprint(2)"
CLUSTER: dict[str, Any] = {"spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}


def _bytes(file: Any) -> bytes:
    with file:
        data: bytes = file.read()
    return data


def _later(emulator: Running, milliseconds: int = 3000) -> None:
    """Let time pass, so that a waiter sees at its first look what it waits for."""
    emulator.control("clock", {"advance_ms": milliseconds})


def _asked(emulator: Running, path: str) -> list[str]:
    return [entry.query for entry in emulator.emulator.apps["primary"].log if entry.path == path]


def test_workspace_list_descends_into_folders(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs(f"{HOME}/a/b/empty")
    for path in ("a/f.txt", "a/b/g.txt", "a/b/\U0001f986 %2F.txt"):
        primary.workspace.upload(f"{HOME}/{path}", b"1", format=ImportFormat.AUTO)
    found = [item.path for item in primary.workspace.list(f"{HOME}/a", recursive=True)]
    assert found == [f"{HOME}/a/f.txt", f"{HOME}/a/b/g.txt", f"{HOME}/a/b/\U0001f986 %2F.txt"]


@pytest.mark.parametrize("suffix", [".py", ".sql", ".scala", ".R"])
def test_workspace_upload_tells_the_language_by_the_extension(primary: WorkspaceClient, suffix: str) -> None:
    language = {".py": Language.PYTHON, ".sql": Language.SQL, ".scala": Language.SCALA, ".R": Language.R}[suffix]
    primary.workspace.upload(f"{HOME}/nb{suffix}", b"x\n")
    found = primary.workspace.get_status(f"{HOME}/nb{suffix}")
    assert found.language == language
    first, _, rest = _bytes(primary.workspace.download(f"{HOME}/nb{suffix}")).partition(b"\n")
    assert (first.endswith(b" Databricks notebook source"), rest) == (True, b"x\n")


def test_workspace_download_in_every_format(primary: WorkspaceClient) -> None:
    upload = primary.workspace.upload
    upload(f"{HOME}/nb", io.BytesIO(SOURCE), language=Language.PYTHON)
    upload(f"{HOME}/data.bin", os.urandom(1000), format=ImportFormat.AUTO)
    assert _bytes(primary.workspace.download(f"{HOME}/nb")) == SOURCE
    assert _bytes(primary.workspace.download(f"{HOME}/nb", format=ExportFormat.AUTO)) == SOURCE
    assert b"<html" in _bytes(primary.workspace.download(f"{HOME}/nb", format=ExportFormat.HTML))
    jupyter = _bytes(primary.workspace.download(f"{HOME}/nb", format=ExportFormat.JUPYTER))
    upload(f"{HOME}/again.ipynb", jupyter, format=ImportFormat.AUTO)
    upload(f"{HOME}/same", jupyter, format=ImportFormat.JUPYTER)
    for name in ("again", "same"):
        assert (
            _bytes(primary.workspace.download(f"{HOME}/{name}")).replace(b"\n\n\n", b"\n\n").strip() == SOURCE.strip()
        )
    with zipfile.ZipFile(io.BytesIO(_bytes(primary.workspace.download(HOME, format=ExportFormat.AUTO)))) as archive:
        assert sorted(archive.namelist()) == ["again.py", "data.bin", "nb.py", "same.py"]
    with pytest.raises(NotFound):
        primary.workspace.download(f"{HOME}/nope")


def test_workspace_upload_says_what_may_be_wrong(primary: WorkspaceClient) -> None:
    with pytest.raises(DatabricksError, match=r"Perhaps you forgot to specify the `format=ImportFormat\.AUTO`"):
        primary.workspace.upload(f"{HOME}/data.bin", b"1")
    primary.workspace.upload(f"{HOME}/f.txt", b"1", format=ImportFormat.RAW)
    with pytest.raises(DatabricksError) as caught:
        primary.workspace.upload(f"{HOME}/f.txt", b"2", format=ImportFormat.AUTO)
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"
    primary.workspace.upload(f"{HOME}/f.txt", b"2", format=ImportFormat.AUTO, overwrite=True)
    assert _bytes(primary.workspace.download(f"{HOME}/f.txt")) == b"2"


def test_dbfs_files_are_opened_read_and_written(primary: WorkspaceClient) -> None:
    data = bytes(range(256)) * (12 * 1024) + b"end"
    with primary.dbfs.open("/a/big", write=True) as file:
        assert file.write(data) == len(data)
    with primary.dbfs.open("dbfs:/a/big", read=True) as file:
        assert b"".join(iter(lambda: file.read(MIB), b"")) == data
    with pytest.raises(DatabricksError):
        primary.dbfs.open("/a/big", write=True).__enter__().write(b"1")
    primary.dbfs.upload("/a/big", io.BytesIO(b"short"), overwrite=True)
    assert _bytes(primary.dbfs.download("/a/big")) == b"short"


def test_dbfs_trees_are_listed_copied_moved_and_deleted(primary: WorkspaceClient, tmp_path: Path) -> None:
    for path in ("f", "sub/g", "sub/deeper/h"):
        primary.dbfs.upload(f"/tree/{path}", io.BytesIO(path.encode()))

    def below(path: str) -> list[str]:
        return sorted((item.path or "").removeprefix(path) for item in primary.dbfs.list(path, recursive=True))

    assert below("/tree") == ["/f", "/sub/deeper/h", "/sub/g"]
    primary.dbfs.copy("/tree", f"file:{tmp_path}/out", recursive=True)
    assert (tmp_path / "out/sub/deeper/h").read_bytes() == b"sub/deeper/h"
    primary.dbfs.copy(f"file:{tmp_path}/out", "/copy", recursive=True)
    primary.dbfs.move_("/copy", "/moved", recursive=True)
    assert below("/moved") == below("/tree")
    assert [primary.dbfs.exists(path) for path in ("/moved/sub", "/copy/f", "/nope")] == [True, False, False]
    primary.dbfs.delete("/moved", recursive=True)
    assert not primary.dbfs.exists("/moved/f")


def test_dbfs_reaches_into_volumes(primary: WorkspaceClient, emulator: Running, tmp_path: Path) -> None:
    emulator.control("primary/volume", {"name": "main.default.landing"})
    primary.dbfs.upload("/f", io.BytesIO(b"123"))
    primary.dbfs.copy("dbfs:/f", f"dbfs:{VOLUME}/sub/f")
    primary.dbfs.mkdirs(f"{VOLUME}/empty")
    assert primary.dbfs.exists(f"{VOLUME}/sub/f")
    assert [item.path for item in primary.dbfs.list(VOLUME, recursive=True)] == [f"{VOLUME}/sub/f"]
    primary.dbfs.copy(f"{VOLUME}/sub", f"file:{tmp_path}/out", recursive=True)
    assert (tmp_path / "out/f").read_bytes() == b"123"
    primary.dbfs.delete(f"{VOLUME}/sub", recursive=True)
    assert not primary.dbfs.exists(f"{VOLUME}/sub")


@pytest.mark.slow
@pytest.mark.parametrize("parallel", [True, False])
def test_files_of_more_than_fifty_megabytes_go_in_parts(
    primary: WorkspaceClient, emulator: Running, tmp_path: Path, parallel: bool
) -> None:
    """With the SDK's own sizes: parts of 10 MiB from 50 MiB on, both ways."""
    emulator.control("primary/volume", {"name": "main.default.landing"})
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(bytes(range(256)) * (55 * MIB // 256) + b"end")
    primary.files.upload_from(f"{VOLUME}/big", str(source), use_parallel=parallel)
    parts = [entry for entry in emulator.emulator.apps["primary"].log if entry.path.startswith("/_storage/parts/")]
    assert (len(parts), {entry.status for entry in parts}) == (6, {200})
    assert primary.files.get_metadata(f"{VOLUME}/big").content_length == source.stat().st_size
    primary.files.download_to(f"{VOLUME}/big", str(target), use_parallel=parallel)
    assert target.read_bytes() == source.read_bytes()
    contents = primary.files.download(f"{VOLUME}/big").contents
    assert contents is not None
    assert _bytes(contents) == source.read_bytes()


def test_clusters_are_waited_for(primary: WorkspaceClient, emulator: Running) -> None:
    started = primary.clusters.create(cluster_name="c", **CLUSTER)
    _later(emulator)
    cluster = started.result()
    assert (cluster.state, cluster.cluster_id) == (State.RUNNING, started.cluster_id)
    key = str(started.cluster_id)
    changed = primary.clusters.edit(key, **CLUSTER | {"num_workers": 2})
    _later(emulator)
    assert changed.result().num_workers == 2
    resized = primary.clusters.resize(key, num_workers=3)
    _later(emulator)
    assert resized.result().num_workers == 3
    ended = primary.clusters.delete(key)
    _later(emulator)
    assert ended.result().state == State.TERMINATED


def test_a_cluster_is_brought_up_whatever_its_state(primary: WorkspaceClient, emulator: Running) -> None:
    key = str(primary.clusters.create(cluster_name="c", **CLUSTER).cluster_id)
    _later(emulator)
    primary.clusters.ensure_cluster_is_running(key)
    assert _asked(emulator, "/api/2.1/clusters/start") == []
    primary.clusters.delete(key)
    _later(emulator)
    primary.clusters.ensure_cluster_is_running(key)
    assert len(_asked(emulator, "/api/2.1/clusters/start")) == 1
    assert primary.clusters.get(key).state == State.RUNNING


def test_runtimes_and_node_types_are_selected(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    select = primary.clusters.select_spark_version
    assert select(long_term_support=True) == "16.4.x-scala2.12"
    assert select(scala="2.13") == "18.0.x-scala2.13"
    assert secondary.clusters.select_spark_version(scala="2.13") == "17.3.x-scala2.13"
    assert select(ml=True, gpu=True) == "15.4.x-gpu-ml-scala2.12"
    assert select(photon=True, long_term_support=True) == "15.4.x-photon-scala2.12"
    assert select(spark_version="3.4.1") == "13.3.x-scala2.12"
    node: Callable[..., str] = primary.clusters.select_node_type
    assert node() == "m5.large"
    assert node(local_disk=True) == "m5d.large"
    assert node(local_disk=True, min_cores=4, category="storage optimized") == "i3.xlarge"
    assert node(min_gpus=1) == "g4dn.xlarge"
    assert node(photon_worker_capable=True, min_memory_gb=60) == "i3.2xlarge"
    with pytest.raises(ValueError, match="cannot determine"):
        node(min_cores=1000)


def _tasks(count: int) -> list[Task]:
    return [
        Task(task_key=f"t{number:03}", notebook_task=NotebookTask(notebook_path="/Shared/nb"))
        for number in range(count)
    ]


def test_jobs_of_many_tasks_come_whole(primary: WorkspaceClient, emulator: Running) -> None:
    large = primary.jobs.create(name="large", tasks=_tasks(230)).job_id
    for number in range(25):
        primary.jobs.create(name=f"j{number}", tasks=_tasks(1))
    found = {job.job_id: job for job in primary.jobs.list(expand_tasks=True)}
    assert len(found) == 26
    for job in (found[large], primary.jobs.get(int(large or 0))):
        assert job.settings is not None
        assert [task.task_key for task in job.settings.tasks or []] == [f"t{number:03}" for number in range(230)]
    assert len(_asked(emulator, "/api/2.2/jobs/list")) == 2
    assert sum("page_token" in query for query in _asked(emulator, "/api/2.2/jobs/get")) == 4


def test_runs_are_waited_for(primary: WorkspaceClient, emulator: Running) -> None:
    job = primary.jobs.create(name="j", tasks=_tasks(120))
    started = primary.jobs.run_now(int(job.job_id or 0))
    submitted = primary.jobs.submit(
        run_name="once", tasks=[SubmitTask(task_key="a", notebook_task=NotebookTask(notebook_path="/Shared/nb"))]
    )
    _later(emulator)
    for wait in (started, submitted):
        run = wait.result()
        assert run.state is not None
        assert run.state.life_cycle_state == RunLifeCycleState.TERMINATED
    assert len(primary.jobs.get_run(int(started.run_id or 0)).tasks or []) == 120
    assert [len(run.tasks or []) for run in primary.jobs.list_runs(expand_tasks=True)] in ([1, 120], [120, 1])


def test_dbutils_works_on_files(primary: WorkspaceClient, tmp_path: Path) -> None:
    fs = primary.dbutils.fs
    fs.mkdirs("/a/b")
    fs.put("/a/f.txt", "h\u00e9llo", overwrite=True)
    assert fs.head("/a/f.txt") == "h\u00e9llo"
    assert fs.head("/a/f.txt", 1) == "h"
    assert [(item.path, item.name, item.size) for item in fs.ls("/a")] == [("/a/b", "b", 0), ("/a/f.txt", "f.txt", 6)]
    fs.cp("/a", f"file:{tmp_path}/out", recurse=True)
    fs.cp(f"file:{tmp_path}/out/f.txt", "/a/g.txt")
    fs.mv("/a/g.txt", "/a/h.txt")
    fs.rm("/a/f.txt")
    assert [item.name for item in fs.ls("dbfs:/a")] == ["b", "h.txt"]
    fs.rm("/a", recurse=True)
    with pytest.raises(NotFound):
        fs.ls("/a")


def test_dbutils_reads_secrets(primary: WorkspaceClient) -> None:
    primary.secrets.create_scope("s")
    primary.secrets.put_secret("s", "k", string_value="gr\u00fc\u00dfe")
    secrets = primary.dbutils.secrets
    assert secrets.get("s", "k") == "gr\u00fc\u00dfe"
    assert secrets.getBytes("s", "k") == "gr\u00fc\u00dfe".encode()
    assert [found.key for found in secrets.list("s")] == ["k"]
    assert [found.name for found in secrets.listScopes()] == ["s"]
    with pytest.raises(NotFound):
        secrets.get("s", "nope")


def _machine(emulator: Running, secret: str, client_id: str) -> WorkspaceClient:
    host = emulator.emulator.hosts["primary"]
    config = Config(host=host, client_id=client_id, client_secret=secret, retry_timeout_seconds=5)
    return WorkspaceClient(config=config)


def test_a_service_principal_logs_in(primary: WorkspaceClient, emulator: Running) -> None:
    robot = primary.service_principals.create(
        display_name="robot", entitlements=[ComplexValue(value="workspace-access")]
    )
    key, client_id = str(robot.id), str(robot.application_id)
    made = primary.service_principal_secrets_proxy.create(key)
    secret = str(made.secret)
    w = _machine(emulator, secret, client_id)
    assert w.config.auth_type == "oauth-m2m"
    assert w.current_user.me().user_name is None
    w.secrets.create_scope("its-own")
    assert w.secrets.get_acl("its-own", client_id).principal == client_id
    assert len(_asked(emulator, "/oidc/v1/token")) == 1
    with pytest.raises(PermissionDenied):
        w.service_principal_secrets_proxy.create(key)

    shown = list(primary.service_principal_secrets_proxy.list(key))
    assert [each.id for each in shown] == [made.id]
    assert secret not in str([each.as_dict() for each in shown])
    assert secret not in str(emulator.control("primary/log"))
    _later(emulator, 2 * 3_600_000)
    with pytest.raises(PermissionDenied, match="Invalid access token"):
        w.current_user.me()
    assert _machine(emulator, secret, client_id).current_user.me().id == key


def test_a_wrong_or_withdrawn_secret_opens_nothing(primary: WorkspaceClient, emulator: Running) -> None:
    robot = primary.service_principals.create(display_name="robot")
    key, client_id = str(robot.id), str(robot.application_id)
    made = primary.service_principal_secrets_proxy.create(key, lifetime="60s")
    withdrawn = primary.service_principal_secrets_proxy.create(key)
    primary.service_principal_secrets_proxy.delete(key, str(withdrawn.id))
    _later(emulator, 61_000)
    for secret in ("wrong", str(made.secret), str(withdrawn.secret)):
        with pytest.raises(ValueError, match="invalid_client: Client authentication failed"):
            _machine(emulator, secret, client_id).current_user.me()
    for _ in range(4):
        primary.service_principal_secrets_proxy.create(key)
    with pytest.raises(DatabricksError, match="at most 5"):
        primary.service_principal_secrets_proxy.create(key)
    with pytest.raises(NotFound):
        primary.service_principal_secrets_proxy.delete(key, str(withdrawn.id))
