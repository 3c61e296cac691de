"""Command execution: Python that reads secrets, and little else."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InternalError, PermissionDenied
from databricks.sdk.service.compute import CommandStatus, ContextStatus, Language, Results, ResultType

from fixtures.emulator.server import Running
from tests.emulator.test_secrets import _as
from tests.support.workspaces import SPEC


@pytest.fixture
def cluster(primary: WorkspaceClient, emulator: Running) -> str:
    """A running cluster."""
    made = primary.clusters.create(cluster_name="c", num_workers=1, **SPEC)
    emulator.control("clock", {"advance_ms": 2000})
    return str(made.response.cluster_id)


def _context(w: WorkspaceClient, cluster: str, language: Language = Language.PYTHON) -> str:
    return str(w.command_execution.create(cluster_id=cluster, language=language).response.id)


def _run(w: WorkspaceClient, emulator: Running, cluster: str, context: str, command: str) -> Results:
    e = w.command_execution
    key = str(e.execute(cluster_id=cluster, context_id=context, command=command).response.id)
    emulator.control("clock", {"advance_ms": 1000})
    found = e.command_status(cluster, context, key)
    assert found.status is CommandStatus.FINISHED
    assert found.results is not None
    return found.results


def test_a_command_prints_and_a_context_ends(primary: WorkspaceClient, emulator: Running, cluster: str) -> None:
    e, before = primary.command_execution, emulator.emulator.apps["primary"].workspace.state.digest
    context = _context(primary, cluster)
    assert e.context_status(cluster, context).status in {ContextStatus.PENDING, ContextStatus.RUNNING}
    found = _run(primary, emulator, cluster, context, "import math\nprint(math.pi)\nprint('ä')")
    assert (found.result_type, found.data) == (ResultType.TEXT, "3.141592653589793\nä")
    assert e.context_status(cluster, context).status is ContextStatus.RUNNING
    e.destroy(cluster, context)
    with pytest.raises(InternalError, match="ContextNotFoundException"):
        e.context_status(cluster, context)
    assert emulator.emulator.apps["primary"].workspace.state.digest == before


def test_a_secret_is_read_and_not_shown(primary: WorkspaceClient, emulator: Running, cluster: str) -> None:
    primary.secrets.create_scope("S")
    primary.secrets.put_secret("S", "Key", string_value="hush-ä")
    context = _context(primary, cluster)
    program = (
        "v = dbutils.secrets.get('s', 'KEY'); b = dbutils.secrets.getBytes('S', 'Key'); print(v, b.hex(), v[::-1])"
    )
    found = _run(primary, emulator, cluster, context, program)
    assert found.data == f"[REDACTED] {'hush-ä'.encode().hex()} ä-hsuh"
    failed = _run(primary, emulator, cluster, context, "dbutils.secrets.get('S', 'nobody')")
    assert failed.result_type is ResultType.ERROR
    assert "Secret does not exist with scope: S and key: nobody" in str(failed.cause)


@pytest.mark.parametrize(
    "command",
    [
        "import socket; socket.create_connection(('127.0.0.1', 1))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('left-behind', 'w')",
        "import os; os.remove('nothing')",
        "raise SystemExit(3)",
        "1 +",
    ],
    ids=["network", "process", "shell", "write", "remove", "exit", "syntax"],
)
def test_a_command_may_do_little(primary: WorkspaceClient, emulator: Running, cluster: str, command: str) -> None:
    found = _run(primary, emulator, cluster, _context(primary, cluster), command)
    assert found.result_type is ResultType.ERROR


def test_an_environment_and_folder_of_its_own(primary: WorkspaceClient, emulator: Running, cluster: str) -> None:
    program = "import os, sys; print(sorted(set(os.environ) - {'LC_CTYPE'}), sys.argv, len(sys.path) > 0)"
    found = _run(primary, emulator, cluster, _context(primary, cluster), program)
    assert found.data == "['PYTHONUTF8'] ['-c'] True"


def test_only_who_may_and_only_where_it_runs(primary: WorkspaceClient, emulator: Running, cluster: str) -> None:
    with pytest.raises(BadRequest, match="ClusterNotFoundException: Cluster not found: 0101-000000-nosuch"):
        _context(primary, "0101-000000-nosuch")
    with pytest.raises(PermissionDenied):
        _context(_as(emulator, "stranger@example.com"), cluster)
    found = _run(primary, emulator, cluster, _context(primary, cluster, Language.SCALA), "println(1)")
    assert (found.result_type, found.summary) == (ResultType.ERROR, "NotEmulated")
