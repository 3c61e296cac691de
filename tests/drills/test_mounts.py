"""Mounts: listed by a command or a file, mounted by one, with credentials that never leave the cluster."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.emulator import mounts as emulated
from fixtures.emulator.dbutils import OWN
from fixtures.estate import Door
from fixtures.estate import mounts as estate
from fixtures.estate.client import Client
from fixtures.estate.items import Mount
from lakedrill.inventory import commands
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds.mounts import PROGRAM
from lakedrill.inventory.workspace import Workspace, WriteRefusedError
from lakedrill.parity.outcome import Outcome
from migrate import sending
from migrate.copy import Report
from migrate.step import Action
from tests.support.land import Land
from tests.support.planted import VALUES, left_in, plant, shown_in
from tests.support.wire import between
from tests.support.workspaces import Ground

pytestmark = pytest.mark.drill

HERE, THERE = "lists here", "mounts there"
RULE = {**estate.RULE, "key": THERE}
KEYED = (("fs.s3a.secret.key", ("vital", "text")), ("fs.s3a.endpoint", "s3.example.com"))
STATED = {"source": "s3a://", "extra_configs": {KEYED[0][0]: "{{secrets/vital/text}}", KEYED[1][0]: KEYED[1][1]}}
BLOCK = {"primary": {"cluster": HERE}, "secondary": {"cluster": THERE}, "credentials": [STATED]}
LAKE = Mount("/mnt/lake", "s3a://lake/in", "sse-s3", KEYED)
SECRETS = {"scopes": [{"scope": "vital", "values": "copy"}]}
_EXECUTE = "/api/1.2/commands/execute"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What will not be is not waited for long."""
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)


@pytest.fixture
def lake(ground: Ground) -> Ground:
    """A primary with a mount, and a running cluster on each side."""
    plant(ground, "text")
    ground.primary.cluster(HERE)
    ground.secondary.cluster(THERE)
    ground.later()
    mount(ground, "primary", LAKE)
    configure(ground)
    return ground


def configure(ground: Ground, **settings: Any) -> None:
    zone = {"kind": "clusters", "path": "*zone_id", "primary": "us-east-1", "secondary": "us-west-2", "prefix": True}
    rows = settings.pop("mapping", [])
    ground.configure(**{"secrets": SECRETS, "mounts": BLOCK, "scope": [RULE], "mapping": [zone, *rows], **settings})


def mount(ground: Ground, role: str, *mounts: Mount, call: str = "mount") -> None:
    """Mount as somebody would in a notebook."""
    with Client(Door.of(ground.running, role)) as client:
        estate.run(client, HERE if role == "primary" else THERE, estate.program(list(mounts), call))


def mounted(ground: Ground, role: str = "secondary") -> dict[str, tuple[str, str]]:
    found = emulated.mounted(ground.running.emulator.apps[role].workspace.state)
    return {point: (each["source"], each["encryption_type"]) for point, each in found.items()}


def steps(report: Report) -> dict[str, tuple[Action, str]]:
    return {step.key: (step.action, step.reason) for step in report.steps if step.kind == "mounts"}


def told(ground: Ground, outcome: Outcome) -> dict[str, str]:
    return {r.key: r.reason for r in ground.records() if r.kind == "mounts" and r.outcome is outcome}


@contextmanager
def bodies(ground: Ground, role: str) -> Iterator[list[bytes]]:
    """Collect what is sent to a workspace in bodies of requests."""
    sent: list[bytes] = []

    def look(_method: str, _path: str, body: bytes, _answer: bytes) -> None:
        sent.append(body)

    with between(ground.running.emulator.apps[role], look):
        yield sent


def test_a_copy_is_the_same_and_a_second_writes_nothing(lake: Ground) -> None:
    before = lake.digest("primary")
    with bodies(lake, "primary") as sent, lake.watched("primary") as seen:
        assert lake.copy().failures == []
    assert mounted(lake) == {"/mnt/lake": ("s3a://lake/in", "sse-s3")}
    assert lake.digest("primary") == before
    assert not any(entry.write for entry in seen)
    assert {json.loads(body)["command"] for body in sent if b'"command"' in body} == {PROGRAM}
    assert lake.red() == []
    assert lake.writes_of_a_copy() == 0


def test_it_is_mounted_with_what_drill_yaml_refers_to(lake: Ground) -> None:
    lake.copy()
    kept = [
        emulated.mounted(lake.running.emulator.apps[role].workspace.state)["/mnt/lake"]["configs"]
        for role in ("primary", "secondary")
    ]
    assert kept[0] == kept[1]
    assert kept[0].keys() == dict(KEYED).keys()


def test_a_mount_without_credentials_is_blocked_beforehand(lake: Ground) -> None:
    mount(lake, "primary", Mount("/mnt/blob", "wasbs://c@a.blob.core.windows.net/", "", (("fs.azure.sas.c.a", "x"),)))
    with lake.watched() as seen:
        report = lake.copy()
    action, reason = steps(report)["/mnt/blob"]
    assert action is Action.BLOCKED
    assert reason.startswith("state credentials for wasbs://c@a.blob.core.windows.net/ in drill.yaml: `mounts: {cred")
    assert steps(report)["/mnt/lake"] == (Action.CREATE, "")
    assert (mounted(lake).keys(), report.exit_code) == ({"/mnt/lake"}, 1)
    assert sum(entry.write and entry.path == _EXECUTE for entry in seen) == 1
    assert told(lake, Outcome.MISSING).keys() == {"/mnt/blob"}


def test_what_changed_is_mounted_anew_and_what_is_too_many_only_on_demand(lake: Ground) -> None:
    lake.copy()
    mount(lake, "primary", Mount("/mnt/lake", "s3a://lake/moved", "", KEYED), call="updateMount")
    mount(lake, "secondary", Mount("/mnt/more", "s3a://more", "", (("fs.s3a.secret.key", "x"),)))
    configure(lake, mounts={**BLOCK, "credentials": []})
    action, reason = steps(lake.copy())["/mnt/lake"]
    assert action is Action.BLOCKED
    assert reason.startswith("state credentials for s3a://lake/moved")
    configure(lake)
    assert steps(lake.copy()) == {
        "/mnt/lake": (Action.UPDATE, ""),
        "/mnt/more": (Action.EXTRA, "the primary has none"),
        **dict.fromkeys(OWN, (Action.LEAVE, "")),
    }
    assert mounted(lake) == {"/mnt/lake": ("s3a://lake/moved", ""), "/mnt/more": ("s3a://more", "")}
    assert told(lake, Outcome.EXTRA).keys() == {"/mnt/more"}
    lake.plan(prune=True)
    assert lake.copy(prune=True).failures == []
    assert mounted(lake).keys() == {"/mnt/lake"}
    assert lake.red() == []


def test_a_mapped_source(lake: Ground) -> None:
    rows = [
        {"primary": "s3a://lake/", "secondary": "s3a://lake-west/", "prefix": True},
        {"kind": "mounts", "path": "mountPoint", "primary": "/mnt/lake", "secondary": "/mnt/west"},
    ]
    configure(lake, mapping=rows)
    assert lake.copy().failures == []
    assert mounted(lake) == {"/mnt/west": ("s3a://lake-west/in", "sse-s3")}
    assert lake.red() == []


def test_with_nothing_that_lists_them_nothing_is_proven(lake: Ground) -> None:
    configure(lake, mounts={"credentials": [STATED]})
    report = lake.copy()
    assert report.exit_code == 2
    assert [line.partition(";")[0] for line in report.unread] == [
        f"mounts of the {role}: NOT_ASKED: no API lists mounts" for role in ("primary", "secondary")
    ]
    comparison = lake.comparison()
    assert comparison.judge_listing("primary", "mounts").outcome is Outcome.UNVERIFIABLE

    configure(lake, mounts={"credentials": [STATED]}, scope=[RULE, {"kind": "mounts", "mode": "out", "reason": "none"}])
    assert lake.copy().exit_code == 0
    comparison = lake.comparison()
    assert comparison.judge_listing("secondary", "mounts").outcome is Outcome.EXPECTED


def test_a_secondary_that_a_file_tells_of_is_not_written(lake: Ground) -> None:
    configure(lake, mounts={**BLOCK, "secondary": {"file": "no-mounts"}})
    action, reason = steps(lake.copy())["/mnt/lake"]
    assert action is Action.BLOCKED
    assert (
        reason
        == "only a cluster mounts; name one of the secondary in drill.yaml: `mounts: {secondary: {cluster: NAME}}`"
    )


@pytest.mark.parametrize(
    ("side", "told"),
    [
        ({"cluster": "nobody"}, "0 clusters are called nobody; name one by its id"),
        ({"cluster": "asleep"}, "cluster asleep is TERMINATED, and a drill starts none; start it yourself"),
        ({"cluster": "asleep", "may_start": True}, "cluster asleep is TERMINATED, and only `migrate` starts it"),
        ({"cluster": "endless", "may_start": True}, "cluster endless is TERMINATED, and never ends by itself"),
    ],
)
def test_a_cluster_that_can_not_be_used(lake: Ground, side: dict[str, Any], told: str) -> None:
    for name, minutes in (("asleep", 20), ("endless", 0)):
        key = lake.secondary.cluster(name, autotermination_minutes=minutes)
        lake.later()
        lake.secondary.post("/api/2.1/clusters/delete", cluster_id=key)
    lake.later()
    configure(lake, mounts={**BLOCK, "secondary": side})
    with lake.watched() as seen:
        listing = lake.comparison().judge_listing("secondary", "mounts")
    assert listing.outcome is Outcome.UNVERIFIABLE
    assert told in listing.reason
    assert not any(entry.write for entry in seen)


def test_a_copy_starts_a_cluster_that_may_be_started(lake: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = {"cluster": "asleep", "may_start": True}
    key = lake.secondary.cluster("asleep", autotermination_minutes=20)
    lake.secondary.post("/api/2.1/clusters/delete", cluster_id=key)
    lake.later()
    configure(lake, mounts={**BLOCK, "secondary": asleep}, scope=[RULE, {**RULE, "key": "asleep"}])
    monkeypatch.setattr(commands, "time", SimpleNamespace(sleep=lambda _: lake.later(), monotonic=time.monotonic))
    with lake.watched() as seen:
        assert lake.copy().failures == []
    assert sum(entry.write and entry.path.endswith("clusters/start") for entry in seen) == 1
    assert mounted(lake).keys() == {"/mnt/lake"}


def test_a_reader_starts_nothing_and_runs_nothing_elsewhere(lake: Ground) -> None:
    reader = Workspace(lake.drill.secondary)
    key = next(c["cluster_id"] for c in lake.secondary.clusters())
    assert reader.start_cluster(key) is False
    for path in ("/api/2.1/clusters/start", "/api/1.2/contexts/create"):
        with pytest.raises(WriteRefusedError):
            reader.post(path, {"cluster_id": key, "clusterId": key, "language": "python"})


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ({"resultType": "error", "summary": "hush", "cause": "hush"}, "the command failed on the cluster"),
        ({"resultType": "text", "data": "\u2801\u2802", "truncated": True}, "the output of the command was cut short"),
        ({"resultType": "text", "data": "\u2801\u2802"}, "what the cluster printed is not whole"),
        ({"resultType": "text", "data": "hush"}, "what the cluster printed is not whole"),
    ],
)
def test_a_listing_that_failed_or_is_cut_is_no_listing(lake: Ground, results: dict[str, Any], told: str) -> None:
    def spoil(_method: str, path: str, _sent: bytes, body: bytes) -> tuple[int, bytes] | None:
        if not path.endswith("commands/status") or json.loads(body)["status"] != "Finished":
            return None
        return 0, json.dumps({"id": "1", "status": "Finished", "results": results}).encode()

    with between(lake.running.emulator.apps["primary"], spoil):
        comparison = lake.comparison()
    listing = comparison.judge_listing("primary", "mounts")
    assert listing.outcome is Outcome.UNVERIFIABLE
    assert told in listing.reason
    assert "hush" not in listing.reason


def test_a_secret_that_is_not_there_mounts_nothing(lake: Ground) -> None:
    row = {"source": "s3a://", "extra_configs": {"fs.s3a.secret.key": "{{secrets/vital/nobody}}"}}
    configure(lake, mounts={**BLOCK, "credentials": [row]})
    ((step, reason),) = lake.copy().failures
    assert (step.kind, step.key) == ("mounts", "/mnt/lake")
    assert "can't read the secret vital/nobody, which drill.yaml names; nothing was mounted" in reason
    assert mounted(lake) == {}


def test_what_storage_refuses_is_told_by_its_exception_alone(lake: Ground) -> None:
    """Its words may hold what was given."""
    row = {"source": "s3a://", "extra_configs": {"other": "{{secrets/vital/text}}"}}
    configure(lake, mounts={**BLOCK, "credentials": [row]})
    ((_, reason),) = lake.copy().failures
    assert "ExecutionError, shaded.databricks.org.apache.hadoop.fs.azure.AzureException" in reason


def test_a_lost_answer_mounts_once(lake: Ground) -> None:
    lake.faults({"path": _EXECUTE, "status": 503, "after": True, "times": 1, "offset": 1})
    assert [f for f in lake.copy().failures if f[0].kind == "mounts"] == []
    assert mounted(lake).keys() == {"/mnt/lake"}


def test_no_value_of_a_credential_leaves_the_cluster(
    lake: Ground, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """In no file, log, output or body of a request, whatever fails; but where the secret itself is copied."""
    land = Land(lake.running, lake.folder)
    with caplog.at_level(logging.DEBUG), bodies(lake, "secondary") as sent, bodies(lake, "primary") as asked:
        codes = [land.run(*verb.split()) for verb in ("plan --all", "migrate", "check", "report")]
        rows = [{**STATED, "extra_configs": {"other": "{{secrets/vital/text}}"}}]
        configure(lake, mounts={**BLOCK, "credentials": rows})
        mount(lake, "primary", Mount("/mnt/other", "s3a://other", "", KEYED))
        codes.append(land.run("migrate"))
    assert codes == [0, 0, 0, 0, 1]
    assert mounted(lake).keys() == {"/mnt/lake"}
    assert lake.secondary.do("GET", "/api/2.0/secrets/get", scope="vital", key="text")["value"]
    commands = [body for body in (*sent, *asked) if b'"command"' in body]
    assert any(b"secrets.get" in body and b"vital" in body for body in commands)
    assert shown_in(b"\n".join(commands)) == []
    logged = "\n".join(f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in caplog.records)
    assert shown_in("\n".join([*capfd.readouterr(), logged]).encode()) == []
    assert left_in(lake.folder) == {}
    assert VALUES["text"]


def test_a_file_of_the_primary_is_as_good_as_a_cluster(lake: Ground) -> None:
    row = {"mountPoint": LAKE.point, "source": LAKE.source, "encryptionType": LAKE.encryption}
    text = (lake.folder / "no-mounts").read_text() + json.dumps(row)
    (lake.folder / "listed").write_text(text)
    configure(lake, mounts={**BLOCK, "primary": {"file": "listed"}})
    with lake.watched("primary") as seen:
        report = lake.copy()
    assert report.failures == []
    assert not any("/api/1.2/" in entry.path for entry in seen)
    assert mounted(lake) == {"/mnt/lake": ("s3a://lake/in", "sse-s3")}
    assert all(step.facet is Facet.DEFINITION for step in report.steps if step.kind == "mounts")
