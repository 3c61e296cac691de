"""Mounts as notebooks see them: `dbutils.fs` in a command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient

from fixtures.emulator import mounts, notebook
from fixtures.emulator.dbutils import OWN
from fixtures.emulator.server import Running
from tests.emulator.test_commands import _context, _run, cluster

__all__ = ["cluster"]
_KEYED = {"fs.s3a.secret.key": "hush"}
_MOUNTED = {"/mnt/a": {"source": "s3a://a", "encryption_type": "", "configs": {}}}


def _call(source: str, *, profile: str = "", mounted: dict[str, Any] | None = None) -> notebook.Ran:
    return notebook.run(source, {"s/k": "aHVzaA=="}, _MOUNTED if mounted is None else mounted, profile)


def test_a_workspaces_mounts_are_seen_by_all_its_clusters(
    primary: WorkspaceClient, emulator: Running, cluster: str
) -> None:
    primary.secrets.create_scope("s")
    primary.secrets.put_secret("s", "k", string_value="hush")
    state = emulator.emulator.apps["primary"].workspace.state
    digests = [state.digest]
    configs = "{'fs.s3a.secret.key': dbutils.secrets.get('s', 'k')}"
    for program in (
        f"dbutils.fs.mount('s3a://a', '/mnt/a', encryption_type='sse-s3', extra_configs={configs})",
        f"dbutils.fs.updateMount('s3a://b', '/mnt/a', extra_configs={configs})",
        "dbutils.fs.refreshMounts(); dbutils.fs.unmount('/mnt/a')",
    ):
        found = _run(primary, emulator, cluster, _context(primary, cluster), program)
        assert (found.result_type and found.result_type.value, found.data) == ("text", "")
        listing = "import json; print(json.dumps([list(m) for m in dbutils.fs.mounts()]))"
        listed = _run(primary, emulator, cluster, _context(primary, cluster), listing)
        digests.append(state.digest)
        own = [row for row in json.loads(str(listed.data)) if row[0] not in OWN]
        assert (
            own
            == {
                0: [["/mnt/a", "s3a://a", "sse-s3"]],
                1: [["/mnt/a", "s3a://b", ""]],
                2: [],
            }[len(digests) - 2]
        )
    assert digests[0] == digests[3]
    assert len(set(digests)) == 3


def test_credentials_are_kept_as_digests(primary: WorkspaceClient, emulator: Running, cluster: str) -> None:
    program = f"dbutils.fs.mount('s3a://a', '/mnt/a', extra_configs={_KEYED})"
    _run(primary, emulator, cluster, _context(primary, cluster), program)
    kept = mounts.mounted(emulator.emulator.apps["primary"].workspace.state)
    assert "hush" not in json.dumps(kept)
    assert kept["/mnt/a"]["configs"].keys() == _KEYED.keys()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("mount('s3a://b', '/mnt/a', extra_configs={'fs.s3a.secret.key': 'x'})", "Directory already mounted: /mnt/a"),
        (
            "mount('s3a://b', '/Volumes', extra_configs={'fs.s3a.secret.key': 'x'})",
            "Directory already mounted: /Volumes",
        ),
        ("updateMount('s3a://b', '/mnt/b', extra_configs={'fs.s3a.secret.key': 'x'})", "Directory not mounted: /mnt/b"),
        ("unmount('/mnt/b')", "Directory not mounted: /mnt/b"),
        ("unmount('/databricks-results')", "Directory not mounted: /databricks-results"),
        ("mount('s3a://b', '/b', extra_configs={'fs.s3a.secret.key': 'x'})", "must start with /mnt/: /b"),
        ("mount('https://b', '/mnt/b', extra_configs={'fs.s3a.secret.key': 'x'})", "Unsupported source"),
        ("mount('s3a://b', '/mnt/b', 'rot13', extra_configs={'fs.s3a.secret.key': 'x'})", "Unknown encryption type"),
        ("mount('s3a://b', '/mnt/b', extra_configs={'fs.s3a.secret.key': None})", "NullPointerException"),
        ("mount('s3a://b', '/mnt/b')", "AzureException: No credentials for s3a://b"),
        ("mount('s3a://b', '/mnt/b', extra_configs={'other': 'x'})", "No credentials for s3a://b"),
        ("mount('abfss://c@a.dfs.core.windows.net/', '/mnt/b')", "No credentials for abfss://c@a"),
    ],
)
def test_what_is_refused(call: str, told: str) -> None:
    ran = _call(f"dbutils.fs.{call}")
    assert (ran.results["resultType"], ran.results["summary"], ran.mounts) == ("error", "ExecutionError", None)
    assert told in ran.results["cause"]


def test_a_clusters_own_identity_mounts_too() -> None:
    arn = "arn:aws:iam::123456789012:instance-profile/etl"
    assert (_call("dbutils.fs.mount('s3a://b', '/mnt/b')", profile=arn).mounts or {}).keys() == {"/mnt/a", "/mnt/b"}
    azure = _call("dbutils.fs.mount('wasbs://c@a.blob.core.windows.net', '/mnt/b')", profile=arn)
    assert (azure.results["resultType"], azure.mounts) == ("error", None)


def test_what_was_mounted_before_a_command_failed_stays() -> None:
    ran = _call("dbutils.fs.unmount('/mnt/a')\n1 / 0")
    assert (ran.results["summary"], ran.mounts) == ("ZeroDivisionError", {})
