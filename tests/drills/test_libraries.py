"""Libraries of clusters in a drill: installed on clusters that don't run, with the files that they are."""

from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.app import Entry
from lakedrill.parity.outcome import Outcome
from migrate.copy import Choices, Report, planned
from migrate.step import Step
from tests.support.workspaces import Ground, Site, base64_of

pytestmark = pytest.mark.drill

API = "/api/2.0/libraries"
WHEEL = {"whl": "/Workspace/Shared/tool-1.0-py3-none-any.whl"}
JAR = {"jar": "dbfs:/FileStore/jars/tool.jar"}
VOLUME = {"jar": "/Volumes/main/libraries/tool.jar"}
SECRET = "hunter22"
PYPI = {"pypi": {"package": "pandas==1.0", "repo": f"https://me:{SECRET}@pypi.example.com/simple"}}
NEXT = {"pypi": {"package": "pandas==2.0", "repo": "https://pypi.example.com/simple"}}
MAVEN = {"maven": {"coordinates": "com.example:tool:1.0", "exclusions": ["a:b", "c:d"]}}
ALL = [WHEEL, JAR, VOLUME, PYPI, MAVEN]


def _install(site: Site, cluster: str, *libraries: Any) -> None:
    site.post(f"{API}/install", cluster_id=cluster, libraries=list(libraries))


def _uninstall(site: Site, cluster: str, *libraries: Any) -> None:
    site.post(f"{API}/uninstall", cluster_id=cluster, libraries=list(libraries))


def _put_files(site: Site) -> None:
    site.file(WHEEL["whl"].removeprefix("/Workspace"), b"a wheel")
    site.post("/api/2.0/dbfs/put", path="/FileStore/jars/tool.jar", contents=base64_of(b"a jar"))


def _libraries(site: Site) -> dict[str, list[Any]]:
    """Return the libraries of each cluster, by its name."""
    return {
        cluster["cluster_name"]: [status["library"] for status in found.get("library_statuses", [])]
        for cluster in site.clusters()
        for found in [site.do("GET", f"{API}/cluster-status", cluster_id=cluster["cluster_id"])]
    }


def _id(site: Site, name: str) -> str:
    return str(next(cluster["cluster_id"] for cluster in site.clusters() if cluster["cluster_name"] == name))


def _steps(report: Report) -> dict[str, Step]:
    """Return the steps of clusters' libraries, by the cluster's name."""
    return {step.key: step for step in report.steps if step.facet.value == "libraries"}


def _writes(seen: list[Entry]) -> list[str]:
    return [entry.path.rpartition("/")[2] for entry in seen if entry.write and entry.path.startswith(API)]


@pytest.fixture
def copied(ground: Ground) -> Ground:
    """A cluster with libraries and one without, copied."""
    p = ground.primary
    _put_files(p)
    _install(p, p.cluster("c"), *ALL)
    p.cluster("plain")
    ground.later()
    assert ground.copy().failures == []
    return ground


def test_a_cluster_has_its_libraries_and_their_files_without_ever_being_started(copied: Ground) -> None:
    s = copied.secondary

    assert _libraries(s) == {"c": ALL, "plain": []}
    assert {cluster["state"] for cluster in s.clusters()} == {"TERMINATED"}
    assert {e.path for e in copied.log() if e.path.endswith(("/start", "/restart"))} == set()
    read = s.do("GET", "/api/2.0/dbfs/read", path="/FileStore/jars/tool.jar", length=100)
    assert read["data"] == base64_of(b"a jar")
    assert copied.red() == []
    assert copied.writes_of_a_copy() == 0


def test_what_is_to_leave_with_a_restart_is_none_of_a_clusters_libraries(ground: Ground) -> None:
    p = ground.primary
    cluster = p.cluster("c")
    _install(p, cluster, PYPI, MAVEN)
    ground.later()
    _uninstall(p, cluster, PYPI)

    assert ground.copy().failures == []

    assert _libraries(p) == {"c": [MAVEN, PYPI]}, "as the primary still tells"
    assert _libraries(ground.secondary) == {"c": [MAVEN]}
    assert ground.red() == []


def test_another_version_is_installed_and_the_old_one_goes_when_it_is_pruned(copied: Ground) -> None:
    p, s = copied.primary, copied.secondary
    _uninstall(p, _id(p, "c"), PYPI)
    _install(p, _id(p, "c"), NEXT)

    assert copied.copy().failures == []
    assert _libraries(s)["c"] == [*ALL, NEXT]
    (record,) = copied.red()
    assert (record.key, record.aspect, record.outcome) == ("c", "libraries", Outcome.EXTRA)
    assert [d.path for d in record.differences] == ["libraries[]"]

    with planned(copied.drill, Choices(prune=True), write=False) as (_, steps, _, _):
        shown = [step.reason for step in steps if step.action.deletes]
    assert len(shown) == 1
    assert "pandas==1.0" in shown[0]
    assert (
        SECRET not in shown[0] + (copied.home / "plan.json").read_text() + (copied.home / "journal.jsonl").read_text()
    )
    with copied.watched() as seen:
        assert copied.copy(prune=True).failures == []
    assert _writes(seen) == ["uninstall"]
    assert _libraries(s)["c"] == [WHEEL, JAR, VOLUME, MAVEN, NEXT]
    assert copied.red() == []
    assert copied.writes_of_a_copy() == 0


def test_what_somebody_else_installed_is_told_and_left(copied: Ground) -> None:
    _install(copied.secondary, _id(copied.secondary, "plain"), NEXT)

    report = copied.copy()

    assert (_steps(report)["plain"].action.value, report.failures) == ("extra", [])
    assert _libraries(copied.secondary)["plain"] == [NEXT]


def test_what_somebody_else_took_away_is_a_conflict_until_it_is_settled(copied: Ground) -> None:
    _uninstall(copied.secondary, _id(copied.secondary, "c"), MAVEN)

    report = copied.copy()

    assert _steps(report)["c"].action.value == "conflict"
    assert copied.copy(takes=(("primary", "clusters:c"),)).failures == []
    assert _libraries(copied.secondary)["c"] == ALL
    assert copied.red() == []


def test_a_library_whose_file_is_gone_blocks_the_libraries_and_not_the_cluster(ground: Ground) -> None:
    p = ground.primary
    _install(p, p.cluster("c"), WHEEL, PYPI)
    ground.later()

    report = ground.copy()

    ((step, reason),) = report.failures
    assert (step.key, step.facet.value) == ("c", "libraries")
    assert reason == "broken on the primary: libraries[].whl → /Shared/tool-1.0-py3-none-any.whl"
    assert _libraries(ground.secondary) == {"c": []}


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_libraries_that_can_not_be_read_are_undecided_by_themselves(copied: Ground, role: str) -> None:
    _install(copied.primary, _id(copied.primary, "plain"), NEXT)
    rule = {
        "path": f"{API}/cluster-status",
        "status": 403,
        "code": "PERMISSION_DENIED",
        "message": "Not you.",
        "times": -1,
    }
    copied.faults(rule, role=role)

    report = copied.copy()

    assert report.exit_code == 2
    assert _steps(report)["plain"].reason == f"the {role}'s can't be read: PERMISSION_DENIED: Not you"
    unread = [record for record in copied.red() if record.kind == "clusters"]
    assert {(r.aspect, r.outcome) for r in unread if r.aspect != "references"} == {("libraries", Outcome.UNVERIFIABLE)}
    copied.faults(role=role)
    assert copied.copy().exit_code == 0
    assert copied.red() == []


def test_twins_are_told_apart_by_their_libraries(ground: Ground) -> None:
    p = ground.primary
    clusters = [p.cluster("twin") for _ in range(2)]
    for cluster, library in zip(clusters, (PYPI, MAVEN), strict=True):
        _install(p, cluster, library)
    p.job("j", tasks=[{"task_key": "a", "existing_cluster_id": clusters[1]}])
    ground.later()

    assert ground.copy().failures == []

    s = ground.secondary
    used = s.jobs()["j"][0]["settings"]["tasks"][0]["existing_cluster_id"]
    found = s.do("GET", f"{API}/cluster-status", cluster_id=used)["library_statuses"]
    assert [status["library"] for status in found] == [MAVEN]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_a_lost_answer_to_an_installation_is_looked_into(ground: Ground) -> None:
    p = ground.primary
    _install(p, p.cluster("c"), PYPI)
    ground.later()
    ground.faults({"path": f"{API}/install", "drop": True, "after": True, "times": 1})

    assert ground.copy().failures == []

    assert _libraries(ground.secondary) == {"c": [PYPI]}
    assert ground.red() == []


def test_a_library_of_a_task_that_lies_on_dbfs_is_copied(ground: Ground, tmp_path: Path) -> None:
    p = ground.primary
    _put_files(p)
    p.job("j", tasks=[{"task_key": "a", "libraries": [JAR, {"jar": "dbfs:/mnt/x.jar"}, PYPI]}])

    assert ground.copy().failures == []

    read = ground.secondary.do("GET", "/api/2.0/dbfs/read", path="/FileStore/jars/tool.jar", length=100)
    assert read["data"] == base64_of(b"a jar")
    assert [step.key for step in ground.copy().steps if step.kind == "dbfs_files"][:1] == ["/FileStore/jars/tool.jar"]
    assert not list(tmp_path.glob("*.jar"))
