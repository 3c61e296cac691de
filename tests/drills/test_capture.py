"""A capture: whole, honest about what it could not read, and sure of what moved while it was taken."""

import base64
import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient

from fixtures.emulator.server import Running
from lakedrill.inventory.capture import capture, side_by_side
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.errors import Unreachable, UsageError
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.progress import Progress
from lakedrill.inventory.snapshot import Snapshot, Unreadable
from lakedrill.inventory.workspace import Workspace, WriteRefusedError

SCRIPT = base64.b64encode(b"echo ready\n").decode()
Open = Callable[..., Workspace]


@pytest.fixture
def reader(emulator: Running, tmp_path: Path) -> Workspace:
    """The primary, opened for reading."""
    profiles = tmp_path / "databrickscfg"
    profiles.write_text(emulator.emulator.profiles())
    return Workspace(Connection("primary", "primary", 7_000_000_000_000_001, profiles, rate=None), budget=3)


def _job(primary: WorkspaceClient, name: str, **settings: object) -> int:
    body = {"name": name, "tasks": [{"task_key": "a", "notebook_task": {"notebook_path": "/Shared/n"}}], **settings}
    made = primary.api_client.do("POST", "/api/2.2/jobs/create", body=body)
    assert isinstance(made, dict)
    return int(made["job_id"])


def _notebook(primary: WorkspaceClient, path: str, text: str = "print(1)", *, overwrite: bool = False) -> None:
    content = base64.b64encode(text.encode()).decode()
    body = {"path": path, "format": "SOURCE", "language": "PYTHON", "content": content, "overwrite": overwrite}
    primary.api_client.do("POST", "/api/2.0/workspace/import", body=body)


def _faults(emulator: Running, *rules: dict[str, object]) -> None:
    emulator.control("primary/faults", list(rules))


def test_every_page_is_read(reader: Workspace, primary: WorkspaceClient, tmp_path: Path) -> None:
    """120 jobs, one of 250 tasks, are listed in pages of a hundred and read whole."""
    _notebook(primary, "/Shared/n")
    for number in range(119):
        _job(primary, f"job-{number}")
    many = [{"task_key": f"t{i:03}", "notebook_task": {"notebook_path": "/Shared/n"}} for i in range(250)]
    wide = _job(primary, "wide", tasks=many)

    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        assert snapshot.listings()["jobs"].count == 120
        n = snapshot.resolve("jobs", "id", str(wide))
        assert n is not None
        assert len(snapshot.document(n)["settings"]["tasks"]) == 250


def test_a_listing_that_fails_is_not_an_empty_one(
    reader: Workspace, emulator: Running, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """The service's own words are kept, and the other kinds are read."""
    primary.global_init_scripts.create(name="a", script=SCRIPT)
    _faults(emulator, {"path": ".*/global-init-scripts", "status": 403, "code": "PERMISSION_DENIED", "times": -1})

    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        listing = snapshot.listings()["global_init_scripts"]
        assert (listing.code, listing.count) == ("PERMISSION_DENIED", 0)
        assert snapshot.listings()["users"].code == ""


def test_a_facet_that_cannot_be_read_says_why(
    reader: Workspace, emulator: Running, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """Neither the object nor its other facets are lost with it."""
    _notebook(primary, "/Shared/n")
    _faults(emulator, {"path": ".*/permissions/notebooks/.*", "status": 500, "times": -1})

    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        (found,) = snapshot.objects("notebooks")
        permissions = snapshot.facet(found.n, Facet.PERMISSIONS)
        assert isinstance(permissions, Unreadable)
        assert permissions.code == "INTERNAL_ERROR"
        assert isinstance(snapshot.facet(found.n, Facet.CONTENT), dict)


def test_a_passing_failure_of_a_read_is_tried_again(
    reader: Workspace, emulator: Running, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """A 500 now and then, as the Permissions API gives it, costs nothing but time."""
    _notebook(primary, "/Shared/n")
    _faults(emulator, {"path": ".*/permissions/notebooks/.*", "status": 500, "times": 2})

    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        (found,) = snapshot.objects("notebooks")
        assert isinstance(snapshot.facet(found.n, Facet.PERMISSIONS), dict)


def test_what_moves_while_it_is_captured_is_read_again(
    reader: Workspace, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """One changes, one is made and one is deleted after the listing; the snapshot is of the end."""
    for name in ("changed", "deleted"):
        _notebook(primary, f"/Shared/{name}")

    meddled: list[int] = []

    def meddle(kind: str, done: int, total: int) -> None:
        if kind == "notebooks" and done == total and not meddled:
            meddled.append(done)
            _notebook(primary, "/Shared/changed", "print(2)", overwrite=True)
            primary.workspace.delete("/Shared/deleted")
            _notebook(primary, "/Shared/new")

    with capture(reader, tmp_path / "s", CATALOGUE, meddle) as snapshot:
        read = {}
        for found in snapshot.objects("notebooks"):
            facet = snapshot.facet(found.n, Facet.CONTENT)
            assert isinstance(facet, dict)
            read[snapshot.document(found.n)["path"]] = snapshot.content(facet["sha256"])
    assert sorted(read) == ["/Shared/changed", "/Shared/new"]
    assert b"print(2)" in read["/Shared/changed"]


def test_what_moves_twice_cannot_be_verified(reader: Workspace, primary: WorkspaceClient, tmp_path: Path) -> None:
    """A notebook that somebody is writing all the time."""
    _notebook(primary, "/Shared/busy")

    def meddle(kind: str, done: int, total: int) -> None:
        if kind == "notebooks":
            _notebook(primary, "/Shared/busy", f"print({done}, {total})", overwrite=True)

    with capture(reader, tmp_path / "s", CATALOGUE, meddle) as snapshot:
        (found,) = snapshot.objects("notebooks")
        facet = snapshot.facet(found.n, Facet.CONTENT)
        assert isinstance(facet, Unreadable)
        assert facet.code == "MOVING"


def test_what_a_reference_names_is_fetched_though_no_listing_has_it(
    reader: Workspace, emulator: Running, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """A cluster that ended 40 days ago is in no listing; `get` still knows it."""
    spec = {"cluster_name": "old", "spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}
    made = primary.api_client.do("POST", "/api/2.1/clusters/create", body=spec)
    assert isinstance(made, dict)
    primary.api_client.do("POST", "/api/2.1/clusters/delete", body={"cluster_id": made["cluster_id"]})
    task = {"task_key": "a", "existing_cluster_id": made["cluster_id"], "notebook_task": {"notebook_path": "/Shared/n"}}
    _job(primary, "on-old", tasks=[task])
    emulator.control("clock", {"advance_ms": 40 * 24 * 3600 * 1000})

    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        assert snapshot.listings()["clusters"].count == 0
        (found,) = snapshot.objects("clusters")
        assert (found.id, found.listed) == (made["cluster_id"], False)


def test_a_listing_proves_nothing_of_what_could_not_be_fetched(
    reader: Workspace, emulator: Running, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """Whether an id leads to something is open, however well the listing goes when it is repeated."""
    task = {"task_key": "a", "existing_cluster_id": "unknown", "notebook_task": {"notebook_path": "/Shared/n"}}
    _job(primary, "on-unknown", tasks=[task])
    _faults(emulator, {"path": ".*/clusters/get", "status": 403, "code": "PERMISSION_DENIED", "times": -1})

    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        assert snapshot.listings()["clusters"].code == "PERMISSION_DENIED"
        assert snapshot.listings()["clusters"].reason.startswith("id unknown: ")


def test_a_snapshot_that_was_touched_is_refused(reader: Workspace, tmp_path: Path) -> None:
    """One byte of a document is enough."""
    with capture(reader, tmp_path / "s", CATALOGUE) as snapshot:
        path = snapshot.path
    path.write_bytes(path.read_bytes().replace(b"drill@example.com", b"grill@example.com"))

    with pytest.raises(UsageError, match="was changed after it was sealed"):
        Snapshot(path)


def test_nothing_is_left_of_a_capture_that_breaks(reader: Workspace, tmp_path: Path) -> None:
    """Neither a half of a snapshot nor its working file."""

    def stop(kind: str, _done: int, _total: int) -> None:
        raise KeyboardInterrupt(kind)

    with pytest.raises(KeyboardInterrupt):
        capture(reader, tmp_path / "folder.snapshot", CATALOGUE, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["databrickscfg"]


def test_a_reader_cannot_write(reader: Workspace, emulator: Running) -> None:
    """Refused before it leaves, whichever helper of the SDK is asked."""
    before = len(emulator.emulator.apps["primary"].log)
    client = WorkspaceClient(config=reader._api._cfg)
    client.api_client._api_client._session = reader._api._api_client._session

    with pytest.raises(WriteRefusedError):
        reader.post("/api/2.2/jobs/create", {"name": "never"})
    with pytest.raises(WriteRefusedError):
        client.workspace.mkdirs("/Shared/never")
    with pytest.raises(WriteRefusedError):
        client.clusters.start("never")
    assert not [entry for entry in emulator.emulator.apps["primary"].log[before:] if entry.method != "GET"]


def test_reading_changes_nothing(
    reader: Workspace, emulator: Running, primary: WorkspaceClient, tmp_path: Path
) -> None:
    """The state digest is the same before and after, and no request is logged as a write."""
    _notebook(primary, "/Shared/n")
    _job(primary, "a")
    app = emulator.emulator.apps["primary"]
    digest, start = app.workspace.state.digest, len(app.log)
    capture(reader, tmp_path / "s", CATALOGUE).close()

    assert app.workspace.state.digest == digest
    assert not [entry for entry in app.log[start:] if entry.write]
    assert len(app.log) > start


def test_a_lost_connection_is_told_as_such(reader: Workspace, emulator: Running) -> None:
    """When the budget of retries is used up."""
    _faults(emulator, {"path": ".*/clusters/list", "drop": True, "times": -1})

    with pytest.raises(Unreachable):
        list(reader.pages("/api/2.1/clusters/list", "clusters"))


@pytest.mark.parametrize("broken", ["primary", "secondary"])
def test_where_one_of_two_captures_breaks_the_other_is_stopped(broken: str) -> None:
    """What broke is raised, and nobody waits for a workspace whose reading is of no use any more."""
    started = threading.Event()

    def read(role: str, show: Progress) -> Snapshot:
        if role == broken:
            started.wait(10)
            raise Unreachable(role)
        for done in itertools.count():
            started.set()
            show("jobs", done, done)
        raise AssertionError("it was stopped")

    with pytest.raises(Unreachable, match=broken):
        side_by_side(lambda show: read("primary", show), lambda show, _other: read("secondary", show))
