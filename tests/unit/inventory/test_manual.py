"""What no API gives: told where a workspace holds it, or where nobody can know."""

from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Running
from lakedrill.inventory import manual
from lakedrill.inventory.kind import UNASKED
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.inventory.workspace import Workspace
from tests.support.snapshots import build
from tests.support.workspaces import Ground

NOTHING = {name: {"count": 0, "found": []} for name in manual.PROBES}


def _lines(folder: Path, objects: Any, **beyond: Any) -> dict[str, dict[str, Any]]:
    snapshot = build(folder / "s", "primary", objects, meta={manual.META: {**NOTHING, **beyond}})
    return {line["id"]: line for line in manual.lines(snapshot, CATALOGUE)}


def test_a_line_stands_only_where_there_is_something(tmp_path: Path) -> None:
    git = {"git_source": {"git_url": "https://example.com/x"}}
    jobs = {str(i): {"job_id": i, "settings": {"name": f"j{i}", **(git if i else {})}} for i in range(2)}
    assert _lines(tmp_path, {}) == {}
    found = _lines(tmp_path, {"jobs": jobs}, tokens={"count": 30, "found": ["ada@example.com"]})
    assert {key: (line["count"], line["found"]) for key, line in found.items()} == {
        "tokens": (30, ["ada@example.com"]),
        "git-credentials": (1, ["j1"]),
        "run-history": (2, ["j0", "j1"]),
    }
    assert manual.told(found["run-history"]).startswith("run-history: runs of jobs, with their outputs")
    assert "(2: j0, j1). Export what must" in manual.told(found["run-history"])
    assert "(30)" in manual.told(found["tokens"])


@pytest.mark.parametrize("readable", [True, False])
def test_embedded_credentials_are_told_with_who_may_have_given_them(tmp_path: Path, readable: bool) -> None:
    """Not who inherits it; and the dashboard alone where nobody may read who that is."""
    boards = {
        name: {"dashboard_id": name, "path": f"/{name}", "published": version, "schedules": []}
        for name, version in (("a", {"embed_credentials": True}), ("b", {"embed_credentials": False}), ("c", None))
    }
    entries = [
        {"user_name": "ada@example.com", "all_permissions": [{"permission_level": "CAN_MANAGE"}]},
        {"user_name": "bob@example.com", "all_permissions": [{"permission_level": "CAN_READ"}]},
        {"group_name": "admins", "all_permissions": [{"permission_level": "CAN_MANAGE", "inherited": True}]},
    ]
    acl: Any = {"access_control_list": entries} if readable else Unreadable("PERMISSION_DENIED", "no")
    snapshot = build(tmp_path / "s", "primary", {"dashboards": boards}, permissions={("dashboards", "a"): acl})
    (line,) = [line for line in manual.lines(snapshot, CATALOGUE) if line["id"] == "embedded-credentials"]
    assert line["found"] == ["/a (ada@example.com)" if readable else "/a"]


def test_scripts_where_none_runs_any_more_are_told_by_where_they_lie(tmp_path: Path) -> None:
    paths = ("/databricks/init/a.sh", "/databricks/init/etl/b.sh", "/databricks/initial.sh", "/init/c.sh")
    found = _lines(tmp_path, {"dbfs_files": {path: {"path": path} for path in paths}})
    assert found["legacy-init-scripts"]["found"] == list(paths[:2])
    assert "a workspace file or onto a volume" in manual.told(found["legacy-init-scripts"])


def test_what_could_not_be_asked_is_a_line_too(tmp_path: Path) -> None:
    """And so is what an older snapshot does not say."""
    found = _lines(tmp_path, {}, tokens={"unread": "PERMISSION_DENIED: no"})
    assert found["tokens"]["unread"] == "PERMISSION_DENIED: no"
    assert "whether there are any can't be read: PERMISSION_DENIED: no" in manual.told(found["tokens"])
    old = build(tmp_path / "old", "primary", {})
    assert {line["id"] for line in manual.lines(old, CATALOGUE)} == {
        "tokens",
        "git-credentials",
        "experiment-runs",
        "model-versions",
        "tree-libraries",
    }


def test_mounts_are_told_for_their_credentials(tmp_path: Path) -> None:
    """Those that every workspace has are not; where nobody said what lists them, nobody knows."""
    points = ("/", "/databricks-results", "/mnt/a")
    mounts = {point: {"mountPoint": point, "source": "s3a://b"} for point in points}
    snapshot = build(tmp_path / "s", "primary", {"mounts": mounts})
    (line,) = [line for line in manual.lines(snapshot, CATALOGUE) if line["id"] == "mounts"]
    assert (line["count"], line["found"], line["unread"]) == (1, ["/mnt/a"], "")
    unasked = build(tmp_path / "u", "primary", {}, failed={"mounts": (UNASKED, "no API lists mounts")})
    (line,) = [line for line in manual.lines(unasked, CATALOGUE) if line["id"] == "mounts"]
    assert (line["count"], line["unread"]) == (0, "no API lists mounts")


def test_ids_stay_and_are_told_apart() -> None:
    """Somebody signs under them."""
    ids = [row.id for row in manual.TABLE]
    assert len(set(ids)) == len(ids)
    assert {probe for row in manual.TABLE for probe in row.probes} == set(manual.PROBES)
    assert all(kind in CATALOGUE.by_name for row in manual.TABLE for kind, _ in row.objects)
    assert all(row.steps and row.source.startswith("https://") for row in manual.TABLE)


@pytest.fixture
def ground(emulator: Running, tmp_path: Path) -> Ground:
    return Ground(emulator, tmp_path)


def test_a_capture_asks_for_it(ground: Ground) -> None:
    """Names only: no value, no comment."""
    workspace = Workspace(ground.drill.primary)
    found = manual.asked(workspace)
    assert found["tokens"] == {"count": 1, "found": ["drill@example.com"]}
    assert found["git_folders"] == found["libraries"] == {"count": 0, "found": []}
    ground.faults(
        {"path": "/api/2.0/token-management/tokens", "status": 403, "code": "PERMISSION_DENIED", "message": "no"},
        role="primary",
    )
    assert manual.asked(workspace)["tokens"] == {"unread": "PERMISSION_DENIED: no"}


def test_what_lies_in_the_tree_is_found_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries and Git folders can't be made over the API of the emulator; a listing that holds them is made up here."""
    nodes = [
        {"object_id": 1, "path": "/Shared/tool.jar", "object_type": "LIBRARY"},
        {"object_id": 2, "path": "/Repos/ada/x", "object_type": "REPO"},
        {"object_id": 3, "path": "/Shared/n", "object_type": "NOTEBOOK"},
    ]

    class Tree:
        def shared(self, _name: str, _read: Any) -> Any:
            return nodes

    tree: Any = Tree()
    assert manual.PROBES["libraries"](tree) == ["/Shared/tool.jar"]
    assert manual.PROBES["git_folders"](tree) == ["/Repos/ada/x"]
