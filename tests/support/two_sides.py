"""A drill of two small workspaces, as sealed snapshots: nothing is called, and each test may change what it likes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import values
from lakedrill.inventory.snapshot import Listing, Snapshot, SnapshotWriter, Unreadable

IDS = {"primary": 111111111111, "secondary": 222222222222}
DRILL = """\
version: 1
drill: {id}
primary: {{profile: p, workspace_id: {primary}}}
secondary: {{profile: s, workspace_id: {secondary}}}
"""


@dataclass
class Side:
    """What one workspace holds: documents by kind and id, permissions and content beside them."""

    role: str
    documents: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    permissions: dict[str, list[dict[str, Any]] | Unreadable] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """Kind → error code of a listing that failed."""
    admin: bool = True
    """Whether the caller was an admin."""

    def write(self, file: Path, workspace_id: int | None = None) -> None:
        """Write the sealed snapshot."""
        writer = SnapshotWriter(file)
        for kind in CATALOGUE.kinds:
            found = self.documents.get(kind.name, {})
            code = self.refused.get(kind.name, "")
            writer.listing(Listing(kind.name, len(found), code, code and f"{code}: refused"))
            for key, document in found.items():
                handles = [
                    (handle, kind.fold(handle, str(value)))
                    for handle, path in kind.handles.items()
                    for value in values(document, path)
                ]
                n = writer.put(kind.name, key, document, listed=True, handles=handles)
                if kind.permissions is not None:
                    acl = self.permissions.get(key, [])
                    read = acl if isinstance(acl, Unreadable) else {"object_id": key, "access_control_list": acl}
                    writer.facet(n, Facet.PERMISSIONS, read)
                if Facet.CONTENT in kind.shapes:
                    data = self.contents.get(key, b"")
                    writer.facet(n, Facet.CONTENT, {"sha256": writer.content(data), "size": len(data)})
        writer.seal(
            {
                "role": self.role,
                "host": f"https://{self.role}.example.test",
                "workspace_id": workspace_id or IDS[self.role],
                "caller": {
                    "id": f"{self.role}-ops",
                    "userName": "ops@example.test",
                    "applicationId": None,
                    "admin": self.admin,
                },
                "started": 1000.0,
                "ended": 1001.0,
                "lakedrill": "0",
            }
        )


@dataclass
class TwoSides:
    """A drill in a folder. `primary` and `secondary` are alike until a test changes one; `write` seals them."""

    folder: Path
    id: str = "small"
    primary: Side = field(init=False)
    secondary: Side = field(init=False)
    extra: str = ""
    """More lines of drill.yaml."""

    def __post_init__(self) -> None:
        self.primary, self.secondary = (small(role) for role in IDS)

    @property
    def file(self) -> Path:
        return self.folder / "drill.yaml"

    @property
    def home(self) -> Path:
        return self.folder / "drills" / self.id

    def write(self) -> TwoSides:
        """Write drill.yaml and both snapshots."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.file.write_text(DRILL.format(id=self.id, **IDS) + self.extra)
        self.primary.write(self.home / "primary.snapshot")
        self.secondary.write(self.home / "secondary.snapshot")
        return self

    def snapshots(self) -> tuple[Snapshot, Snapshot]:
        return Snapshot(self.home / "primary.snapshot"), Snapshot(self.home / "secondary.snapshot")

    @property
    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "results.json").read_text())
        return found

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.home / "records.jsonl").read_text().splitlines()]


def small(role: str) -> Side:
    """Two people, a group, a notebook, a pinned cluster, and jobs with the same and with awkward names."""
    cluster = f"{role}-cluster-1"
    jobs = ("nightly-etl", "nightly-etl", "weekly [日本] \x1b[31m::x", "report")
    side = Side(
        role,
        {
            "users": {f"{role}-{name}": _user(role, name) for name in ("ops", "ann")},
            "groups": {
                f"{role}-team": {
                    "id": f"{role}-team",
                    "displayName": "team",
                    "members": [{"value": f"{role}-ann", "display": "ann"}],
                }
            },
            "notebooks": {f"{role}-note": {"object_id": f"{role}-note", "path": "/Shared/etl", "language": "PYTHON"}},
            "clusters": {
                cluster: {
                    "cluster_id": cluster,
                    "cluster_name": "shared",
                    "state": "TERMINATED",
                    "pinned_by_user_name": "1",
                    "num_workers": 2,
                    "libraries": [],
                }
            },
            "jobs": {f"{role}-job-{i}": _job(name, cluster, i) for i, name in enumerate(jobs)},
        },
        contents={f"{role}-note": b"print(1)\n"},
    )
    owner = {"user_name": "ann@example.test", "all_permissions": [{"permission_level": "IS_OWNER"}]}
    side.permissions = {f"{role}-job-{i}": [copy.deepcopy(owner)] for i in range(len(jobs))}
    return side


def _user(role: str, name: str) -> dict[str, Any]:
    return {"id": f"{role}-{name}", "userName": f"{name}@example.test", "active": True}


def _job(name: str, cluster: str, number: int) -> dict[str, Any]:
    return {
        "job_id": number,
        "run_as_user_name": "ann@example.test",
        "settings": {
            "name": name,
            "timeout_seconds": number,
            "schedule": {"quartz_cron_expression": "0 0 1 * * ?", "pause_status": "PAUSED"},
            "tasks": [{"task_key": "main", "existing_cluster_id": cluster}],
        },
    }


def unpause(side: Side, jobs: Iterable[str]) -> None:
    """Let jobs fire."""
    for key in jobs:
        side.documents["jobs"][key]["settings"]["schedule"]["pause_status"] = "UNPAUSED"
