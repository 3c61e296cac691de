"""No helper of the SDK writes through a workspace that was opened for reading."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import ApiClient
from databricks.sdk.dbutils import RemoteDbUtils
from databricks.sdk.service.compute import Language

from lakedrill.inventory.workspace import Workspace, WriteRefusedError
from tests.support.workspaces import SPEC, Ground

Call = Callable[[WorkspaceClient, str], Any]
CALLS: dict[str, Call] = {
    "jobs.create": lambda w, _: w.jobs.create(name="never"),
    "jobs.run_now": lambda w, _: w.jobs.run_now(1),
    "clusters.start": lambda w, c: w.clusters.start(c),
    "clusters.start_and_wait": lambda w, c: w.clusters.start_and_wait(c),
    "clusters.ensure_cluster_is_running": lambda w, c: w.clusters.ensure_cluster_is_running(c),
    "clusters.create": lambda w, _: w.clusters.create(SPEC["spark_version"], num_workers=1),
    "dbutils.fs.put": lambda w, _: _dbutils(w).fs.put("/never", "x", True),
    "dbfs.upload": lambda w, _: w.dbfs.upload("/never", io.BytesIO(b"x"), overwrite=True),
    "dbfs.open": lambda w, _: w.dbfs.open("/never", write=True).__enter__(),
    "files.upload": lambda w, _: w.files.upload("/Volumes/a/b/c/never", io.BytesIO(b"x"), overwrite=True),
    "files.create_directory": lambda w, _: w.files.create_directory("/Volumes/a/b/c/never"),
    "workspace.upload": lambda w, _: w.workspace.upload("/Shared/never.py", io.BytesIO(b"x"), overwrite=True),
    "workspace.mkdirs": lambda w, _: w.workspace.mkdirs("/Shared/never"),
    "workspace.delete": lambda w, _: w.workspace.delete("/Shared", recursive=True),
    "command_execution.create": lambda w, c: w.command_execution.create(cluster_id=c, language=Language.PYTHON),
    "statement_execution": lambda w, _: w.statement_execution.execute_statement("DROP TABLE t", "warehouse"),
    "permissions.set": lambda w, c: w.permissions.set("clusters", c, access_control_list=[]),
    "groups.delete": lambda w, _: w.groups.delete("1"),
    "api_client.do": lambda w, _: w.api_client.do("POST", "/api/2.2/jobs/create", body={"name": "never"}),
    **{
        f"session.{method}": lambda w, _, m=method: w.api_client._api_client._session.request(
            m, f"{w.config.host}/api/2.2/jobs/create", json={"name": "never"}
        )
        for method in ("POST", "PUT", "PATCH", "DELETE", "post", "MERGE")
    },
}


def _dbutils(client: WorkspaceClient) -> RemoteDbUtils:
    found = RemoteDbUtils(client.config)
    found._client = client.api_client
    found.fs._dbfs._api = client.api_client
    return found


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_commands_run_on_the_cluster_that_drill_yaml_names_and_no_other(ground: Ground, role: str) -> None:
    """They read what REST does not give; which cluster it is has to be found first, and nothing else is let through."""
    ours, other = (getattr(ground, role).cluster(name) for name in ("ours", "other"))
    ground.later()
    ground.configure(secrets={"scopes": [{"scope": "*", "values": "compare"}], "cluster": "ours"})
    workspace = Workspace(getattr(ground.drill, role))
    body = {"clusterId": ours, "language": "python"}
    with pytest.raises(WriteRefusedError):
        workspace.post("/api/1.2/contexts/create", body)
    workspace.runs_on.add(ours)
    if role == "secondary":
        with pytest.raises(WriteRefusedError):
            workspace.post("/api/1.2/contexts/create", body)
        return
    assert workspace.post("/api/1.2/contexts/create", body)["id"]
    for path, sent in (
        ("/api/1.2/contexts/create", {**body, "clusterId": other}),
        ("/api/1.2/contexts/create", {"language": "python"}),
        ("/api/1.2/libraries/upload", body),
        ("/api/2.1/clusters/start", {"cluster_id": ours, "clusterId": ours}),
    ):
        with pytest.raises(WriteRefusedError):
            workspace.post(path, sent)


@pytest.fixture
def reader(ground: Ground) -> Workspace:
    return Workspace(ground.drill.primary)


@pytest.fixture
def cluster(ground: Ground) -> str:
    """One that has ended, so that every helper wants to start it."""
    key = ground.primary.cluster("c")
    ground.primary.post("/api/2.1/clusters/delete", cluster_id=key)
    ground.running.control("clock", {"advance_ms": 60_000})
    return key


def _through(reader: Workspace) -> WorkspaceClient:
    """The SDK's whole client, over the connection that the reader opened."""
    client = WorkspaceClient(config=reader._api._cfg)
    client.api_client._api_client = reader._api._api_client
    return client


@pytest.mark.parametrize("name", CALLS)
def test_a_write_over_a_readers_connection_does_not_leave(
    ground: Ground, reader: Workspace, cluster: str, name: str
) -> None:
    client, digest = _through(reader), ground.digest("primary")
    assert client.clusters.get(cluster).cluster_name == "c"

    with ground.watched("primary") as seen, pytest.raises(WriteRefusedError):
        CALLS[name](client, cluster)

    assert [f"{entry.method} {entry.path}" for entry in seen if entry.method != "GET"] == []
    assert ground.digest("primary") == digest


@pytest.mark.parametrize("copied", [False, True], ids=["config", "copy of the config"])
def test_a_client_of_its_own_on_a_readers_configuration_sends_nothing_at_all(
    ground: Ground, reader: Workspace, cluster: str, copied: bool
) -> None:
    config = reader._api._cfg.deep_copy() if copied else reader._api._cfg
    client = WorkspaceClient(config=config)

    with ground.watched("primary") as seen:
        for call in CALLS.values():
            with pytest.raises(WriteRefusedError):
                call(client, cluster)

    assert seen == []


def test_a_machine_that_logs_in_is_held_back_alike(ground: Ground) -> None:
    """Its tokens are fetched and renewed by the one client that may."""
    robot = ground.primary.client.service_principals.create(display_name="robot")
    made = ground.primary.client.service_principal_secrets_proxy.create(str(robot.id))
    profile = {
        "host": ground.primary.client.config.host,
        "client_id": robot.application_id,
        "client_secret": made.secret,
    }
    lines = [f"{name} = {value}" for name, value in profile.items()]
    (ground.folder / "databrickscfg").write_text("\n".join(["[primary]", *lines]))

    reader = Workspace(ground.drill.primary)

    assert reader.caller == robot.application_id
    assert reader.get("/api/2.0/preview/scim/v2/Me")["id"] == robot.id
    with ground.watched("primary") as seen, pytest.raises(WriteRefusedError):
        WorkspaceClient(config=reader._api._cfg).jobs.create(name="never")
    assert seen == []


def test_nor_does_it_read(ground: Ground, reader: Workspace) -> None:
    with ground.watched("primary") as seen, pytest.raises(WriteRefusedError):
        ApiClient(reader._api._cfg).do("GET", "/api/2.2/jobs/list")

    assert seen == []
