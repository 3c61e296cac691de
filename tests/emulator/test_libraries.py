"""Libraries on clusters, on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied
from databricks.sdk.service import compute

from fixtures.emulator.server import Running
from fixtures.emulator.state import Document
from tests.support.workspaces import SPEC

JAR = compute.Library(jar="/Workspace/Shared/tool.jar")
PYPI = compute.Library(pypi=compute.PythonPyPiLibrary(package="simplejson"))
MAVEN = compute.Library(maven=compute.MavenLibrary(coordinates="a:b:1", exclusions=["c:d"]))


def _cluster(workspace: WorkspaceClient) -> str:
    made = workspace.api_client.do("POST", "/api/2.1/clusters/create", body={"num_workers": 1, **SPEC})
    assert isinstance(made, dict)
    return str(made["cluster_id"])


def _later(emulator: Running) -> None:
    emulator.control("clock", {"advance_ms": 10_000})


def _statuses(workspace: WorkspaceClient, cluster: str) -> list[tuple[Document, str]]:
    found = workspace.libraries.cluster_status(cluster)
    return [(s.library.as_dict(), s.status.value) for s in found if s.library and s.status]


def test_libraries_wait_for_the_start_of_a_cluster_in_the_order_they_came(
    emulator: Running, primary: WorkspaceClient
) -> None:
    cluster = _cluster(primary)
    primary.clusters.delete(cluster)
    _later(emulator)
    primary.libraries.install(cluster, [PYPI, JAR, PYPI])
    primary.libraries.install(cluster, [MAVEN, PYPI])

    listed = [PYPI.as_dict(), JAR.as_dict(), MAVEN.as_dict()]
    assert _statuses(primary, cluster) == [(library, "PENDING") for library in listed]
    primary.clusters.start(cluster)
    _later(emulator)
    assert _statuses(primary, cluster) == [(library, "INSTALLED") for library in listed]


def test_what_leaves_a_running_cluster_is_last_and_gone_with_its_restart(
    emulator: Running, primary: WorkspaceClient
) -> None:
    cluster = _cluster(primary)
    primary.libraries.install(cluster, [PYPI, JAR, MAVEN])
    _later(emulator)
    primary.libraries.uninstall(cluster, [PYPI, JAR])
    primary.libraries.install(cluster, [JAR])

    leaving = [(MAVEN.as_dict(), "INSTALLED"), (JAR.as_dict(), "INSTALLED"), (PYPI.as_dict(), "UNINSTALL_ON_RESTART")]
    assert _statuses(primary, cluster) == leaving
    primary.clusters.restart(cluster)
    _later(emulator)
    assert _statuses(primary, cluster) == leaving[:2]


def test_a_cluster_that_does_not_run_loses_them_at_once(emulator: Running, primary: WorkspaceClient) -> None:
    cluster, other = _cluster(primary), _cluster(primary)
    for each in (cluster, other):
        primary.libraries.install(each, [PYPI, JAR])
        primary.clusters.delete(each)
    _later(emulator)
    primary.libraries.uninstall(cluster, [PYPI, JAR, MAVEN])

    assert _statuses(primary, cluster) == []
    assert [status.cluster_id for status in primary.libraries.all_cluster_statuses()] == [other]
    primary.clusters.permanent_delete(other)
    assert list(primary.libraries.all_cluster_statuses()) == []


@pytest.mark.parametrize(
    "library",
    ["a.jar", {}, {"gem": "rake"}, {"jar": "dbfs:/a.jar", "whl": "dbfs:/a.whl"}, {"jar": {}}, {"jar": 1}, {"pypi": {}}],
    ids=str,
)
def test_what_is_no_library_is_refused_with_all_beside_it(primary: WorkspaceClient, library: object) -> None:
    cluster = _cluster(primary)
    body = {"cluster_id": cluster, "libraries": [JAR.as_dict(), library]}
    with pytest.raises(InvalidParameterValue):
        primary.api_client.do("POST", "/api/2.0/libraries/install", body=body)
    assert _statuses(primary, cluster) == []


def test_others_see_the_libraries_of_what_they_may_attach_to(emulator: Running, primary: WorkspaceClient) -> None:
    clusters = [_cluster(primary) for _ in range(2)]
    for cluster in clusters:
        primary.libraries.install(cluster, [JAR])
    found = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})
    ann = WorkspaceClient(config=Config(host=primary.config.host, token=found["token"], retry_timeout_seconds=5))
    entry = {"user_name": "ann@example.com", "permission_level": "CAN_ATTACH_TO"}
    body = {"access_control_list": [entry]}
    primary.api_client.do("PATCH", f"/api/2.0/permissions/clusters/{clusters[0]}", body=body)

    assert [status.cluster_id for status in ann.libraries.all_cluster_statuses()] == clusters[:1]
    assert len(list(ann.libraries.cluster_status(clusters[0]))) == 1
    with pytest.raises(PermissionDenied):
        ann.libraries.install(clusters[0], [PYPI])
    with pytest.raises(PermissionDenied):
        ann.libraries.cluster_status(clusters[1])
