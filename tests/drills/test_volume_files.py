"""Files on volumes in a drill: what something names is copied into volumes that are there, and never into the primary's own."""

from __future__ import annotations

import io
from typing import Any

import pytest

from lakedrill.inventory.kinds.volume_files import VolumeFiles, volume_of
from lakedrill.parity.outcome import Outcome, Record
from migrate.step import Action, Step
from tests.support.workspaces import IDS, Ground, Site

pytestmark = pytest.mark.drill

ROOT = "/Volumes/main/default/code"
SCRIPT, WHEEL, ODD = f"{ROOT}/init.sh", f"{ROOT}/tool.whl", f"{ROOT}/Größe M/a+b %41.jar"
FILES = {SCRIPT: b"echo 1", WHEEL: bytes(range(256)), ODD: b"", f"{ROOT}/unused": b"1"}

PATHS = {"primary": "/Volumes/main/", "secondary": "/Volumes/west/", "kind": "volume_files", "path": "path"}
ZONES = {"primary": "us-east-1", "secondary": "us-west-2", "path": "*zone_id"}
ROWS = [{**PATHS, "prefix": True}, {**ZONES, "prefix": True}]


def _put(site: Site, path: str, data: bytes) -> None:
    site.client.files.upload(path, io.BytesIO(data), overwrite=True)


def _read(site: Site, path: str) -> bytes:
    found = site.client.files.download(path).contents
    assert found is not None
    return found.read()


def _volume(ground: Ground, role: str, name: str = "main.default.code") -> None:
    ground.running.control(f"{role}/volume", {"name": name})


def _furnish(ground: Ground, *roles: str) -> None:
    for role in roles:
        _volume(ground, role)
    for path, data in FILES.items():
        _put(ground.primary, path, data)
    p = ground.primary
    p.cluster("c", init_scripts=[{"volumes": {"destination": SCRIPT}}])
    task = {"task_key": "a", "spark_python_task": {"python_file": f"dbfs:{SCRIPT}"}, "libraries": [{"jar": ODD}]}
    spec = {"environment_version": "2", "dependencies": ["numpy", f"-r {WHEEL}", f"{ROOT}/project"]}
    p.job("j", tasks=[task], environments=[{"environment_key": "e", "spec": spec}])
    ground.later()


def _steps(steps: list[Step]) -> dict[str, Step]:
    return {step.key: step for step in steps if step.kind == "volume_files" and step.facet.value == "definition"}


def _records(ground: Ground) -> dict[tuple[str, str], Record]:
    return {(r.key, r.aspect): r for r in ground.records() if r.kind == "volume_files"}


def test_what_is_named_is_copied_and_nothing_else(ground: Ground) -> None:
    _furnish(ground, "primary", "secondary")
    before = ground.digest("primary")
    assert ground.copy().failures == []
    assert {path: _read(ground.secondary, path) for path in (SCRIPT, WHEEL, ODD)} == {
        path: FILES[path] for path in (SCRIPT, WHEEL, ODD)
    }
    names = [entry.name for entry in ground.secondary.client.files.list_directory_contents(ROOT)]
    assert sorted(map(str, names)) == ["Größe M", "init.sh", "tool.whl"]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    assert ground.digest("primary") == before


def test_another_content_is_found_and_mended(ground: Ground) -> None:
    _furnish(ground, "primary", "secondary")
    ground.copy()
    _put(ground.primary, SCRIPT, b"echo 2")
    assert [(r.key, r.aspect, r.outcome) for r in ground.red()] == [(SCRIPT, "content", Outcome.DIFFERENT)]
    ground.copy()
    assert _read(ground.secondary, SCRIPT) == b"echo 2"
    _put(ground.secondary, SCRIPT, b"echo 3")
    assert _steps(ground.plan())[SCRIPT].action is Action.LEAVE
    content = [s for s in ground.plan() if s.key == SCRIPT and s.facet.value == "content"]
    assert [step.action for step in content] == [Action.CONFLICT]


def test_a_name_in_another_case_is_the_same_file(ground: Ground) -> None:
    _furnish(ground, "primary", "secondary")
    ground.primary.cluster("d", init_scripts=[{"volumes": {"destination": "/Volumes/MAIN/Default/CODE/init.sh"}}])
    ground.later()
    ground.copy()
    assert ground.red() == []
    assert {key for key, _ in _records(ground)} == {SCRIPT, WHEEL, ODD}


def test_a_volume_that_the_secondary_lacks_is_told_once(ground: Ground) -> None:
    _furnish(ground, "primary")
    steps = _steps(ground.plan())
    said = "by hand: make the volume main.default.code on the secondary (Volume 'main.default.code' does not exist.)"
    assert {(step.action, step.reason) for step in steps.values()} == {(Action.BLOCKED, said)}
    lines: list[str] = []
    report = ground.copy(tell=lines.append)
    assert [line for line in lines if "main.default.code" in line and line.startswith("by hand")][1:] == []
    assert "lies in" not in str(report.failures)
    assert ground.secondary.clusters() == []
    red = {(r.kind, r.key): r.outcome for r in ground.red() if r.counted}
    assert red[("volume_files", SCRIPT)] is Outcome.MISSING
    _volume(ground, "secondary")
    ground.copy()
    assert ground.red() == []


def test_without_a_metastore_nothing_can_be_put(ground: Ground) -> None:
    _furnish(ground, "primary")
    ground.running.control("secondary/metastore", {"of": ""})
    assert {step.reason for step in _steps(ground.plan()).values()} == {
        "by hand: the secondary has no metastore; assign one, with its volumes"
    }


def test_a_metastore_that_both_have_is_never_written(ground: Ground) -> None:
    """The same files on both sides; one that goes by another name here would be made beside the primary's own."""
    ground.running.control("secondary/metastore", {"of": "primary"})
    _furnish(ground, "primary")
    before = ground.digest("primary")
    ground.copy()
    assert ground.red() == []
    assert {_read(ground.secondary, SCRIPT), _read(ground.primary, SCRIPT)} == {b"echo 1"}
    _volume(ground, "primary", "west.default.code")
    ground.configure(mapping=ROWS)
    shared = "both workspaces have the metastore"
    steps = [step for step in _steps(ground.plan()).values() if step.action is not Action.EXTRA]
    assert {(s.action, s.reason[: len(shared)]) for s in steps} == {(Action.BLOCKED, shared)}
    _put(ground.primary, SCRIPT.replace("main", "west"), b"another")
    at = ground.digest("primary")
    ground.configure(
        mapping=ROWS, secondary={"profile": "secondary", "workspace_id": IDS["secondary"], "dedicated": True}
    )
    content = [s for s in ground.plan() if s.key == SCRIPT and s.facet.value == "content"]
    assert [(s.action, s.reason[: len(shared)]) for s in content] == [(Action.BLOCKED, shared)]
    ground.copy()
    assert ground.digest("primary") == at != before


def test_a_catalog_that_is_called_otherwise(ground: Ground) -> None:
    ground.configure(mapping=ROWS)
    _furnish(ground, "primary")
    _volume(ground, "secondary", "west.default.code")
    ground.copy()
    assert ground.red() == []
    assert _read(ground.secondary, SCRIPT.replace("main", "west")) == b"echo 1"
    (cluster,) = ground.secondary.clusters()
    assert cluster["init_scripts"] == [{"volumes": {"destination": SCRIPT.replace("main", "west")}}]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 404, "code": "NOT_FOUND", "message": "The file being accessed is not found."}, "not found"),
        ({"status": 403, "code": "PERMISSION_DENIED", "message": "no READ VOLUME"}, "no READ VOLUME"),
    ],
)
def test_a_file_that_can_not_be_read_is_unverifiable_and_the_drill_goes_on(
    ground: Ground, fault: dict[str, Any], reason: str
) -> None:
    _furnish(ground, "primary", "secondary")
    ground.copy()
    rule = {"path": f"/api/2.0/fs/files{ROOT}/init.sh", "method": "GET", "times": -1, **fault}
    ground.faults(rule, role="primary")
    records = _records(ground)
    record = records[SCRIPT, "content"]
    assert record.outcome is Outcome.UNVERIFIABLE
    assert reason in record.reason
    assert {r.outcome for at, r in records.items() if at != (SCRIPT, "content")} == {Outcome.EQUAL}


def test_one_that_the_caller_may_not_see_is_there(ground: Ground) -> None:
    _furnish(ground, "primary", "secondary")
    ground.copy()
    denied = {"status": 403, "code": "PERMISSION_DENIED", "message": "no READ VOLUME", "times": -1}
    ground.faults({"path": f"/api/2.0/fs/files{ROOT}/init.sh", **denied})
    found = _records(ground)[SCRIPT, "content"]
    assert (found.outcome, "no READ VOLUME" in found.reason) == (Outcome.UNVERIFIABLE, True)
    assert [r.outcome for r in ground.red() if r.kind == "clusters"] == []


def test_a_name_without_a_file_is_a_broken_reference(ground: Ground) -> None:
    _volume(ground, "primary")
    ground.primary.cluster("c", init_scripts=[{"volumes": {"destination": SCRIPT}}])
    ground.later()
    (step,) = [s for s in ground.plan() if s.kind == "clusters" and s.facet.value == "definition"]
    assert step.reason == f"broken on the primary: init_scripts[0].volumes.destination → {SCRIPT}"


def test_paths() -> None:
    assert VolumeFiles().fold("path", "/Volumes//A/B/C/D/E/") == "/Volumes/a/b/c/D/E"
    assert volume_of(SCRIPT) == "main.default.code"
