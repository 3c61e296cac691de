"""A drill over the emulator: a primary filled by raw requests, drill.yaml beside it, and a copy that a test can watch."""

from __future__ import annotations

import base64
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from databricks.sdk import WorkspaceClient

from fixtures.emulator.app import Entry
from fixtures.emulator.server import Running
from fixtures.plugin import client
from lakedrill.inventory.capture import capture
from lakedrill.inventory.drill import Drill, load
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.inventory.values import Values
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import Colour, Record
from migrate.copy import Choices, Report, compared, copy, mapping, planned
from migrate.step import Step

IDS = {"primary": 7_000_000_000_000_001, "secondary": 7_000_000_000_000_002}
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENGINEER, ANALYST = "engineer-01@example.com", "analyst-01@example.com"
SPEC = {"spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge"}
NO_MOUNTS = '{"mountPoint": "/", "source": "DatabricksRoot", "encryptionType": ""}\n'
"""A file of mounts, of a workspace that has none of its own."""
NIGHTLY = {"quartz_cron_expression": "0 0 3 * * ?", "timezone_id": "UTC"}


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Site:
    """One workspace of the emulator, and short ways to make things in it."""

    name: str
    client: WorkspaceClient

    def do(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        return self.client.api_client.do(method, path, body=body, query=query or None)

    def post(self, path: str, /, **body: Any) -> Any:
        return self.do("POST", path, body)

    def notebook(self, path: str, source: str = "print(1)", *, overwrite: bool = False) -> None:
        how = {"format": "SOURCE", "language": "PYTHON", "overwrite": overwrite}
        self.post("/api/2.0/workspace/import", path=path, content=base64_of(source.encode()), **how)

    def file(self, path: str, data: bytes = b"echo 1", *, overwrite: bool = False) -> None:
        body = {"path": path, "format": "RAW", "content": base64_of(data), "overwrite": overwrite}
        self.post("/api/2.0/workspace/import", **body)

    def folder(self, path: str) -> None:
        self.post("/api/2.0/workspace/mkdirs", path=path)

    def object_id(self, path: str) -> str:
        return str(self.do("GET", "/api/2.0/workspace/get-status", path=path)["object_id"])

    def user(self, name: str) -> str:
        return str(self.post("/api/2.0/preview/scim/v2/Users", userName=name)["id"])

    def group(self, name: str, *members: str) -> str:
        key = str(self.post("/api/2.0/preview/scim/v2/Groups", displayName=name)["id"])
        if members:
            self.join(key, *members)
        return key

    def join(self, group: str, *members: str) -> None:
        operation = {"op": "add", "path": "members", "value": [{"value": member} for member in members]}
        body = {"schemas": [PATCH], "Operations": [operation]}
        self.do("PATCH", f"/api/2.0/preview/scim/v2/Groups/{group}", body)

    def cluster(self, name: str, **fields: Any) -> str:
        body = {"cluster_name": name, "num_workers": 1, **SPEC, **fields}
        return str(self.post("/api/2.1/clusters/create", **body)["cluster_id"])

    def job(self, name: str, **settings: Any) -> int:
        return int(self.post("/api/2.2/jobs/create", name=name, **settings)["job_id"])

    def set(self, job_id: int | str, **settings: Any) -> None:
        self.post("/api/2.2/jobs/update", job_id=int(job_id), new_settings=settings)

    def script(self, name: str, text: bytes = b"echo", **fields: Any) -> str:
        body = {"name": name, "script": base64_of(text), **fields}
        return str(self.post("/api/2.0/global-init-scripts", **body)["script_id"])

    def grant(self, kind: str, key: str | int, level: str, **principal: str) -> None:
        body = {"access_control_list": [{**principal, "permission_level": level}]}
        self.do("PATCH", f"/api/2.0/permissions/{kind}/{key}", body)

    def grants(self, kind: str, key: str | int) -> dict[str, set[str]]:
        """Return the direct levels of an object, by principal."""
        found: dict[str, set[str]] = {}
        for entry in self.do("GET", f"/api/2.0/permissions/{kind}/{key}").get("access_control_list", []):
            name = next(entry[f] for f in ("user_name", "group_name", "service_principal_name") if f in entry)
            own = {p["permission_level"] for p in entry["all_permissions"] if not p.get("inherited")}
            found |= {name: own} if own else {}
        return found

    def jobs(self) -> dict[str, list[dict[str, Any]]]:
        """Return all jobs with their tasks, by name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for job in self.do("GET", "/api/2.2/jobs/list", limit=100, expand_tasks="true").get("jobs", []):
            found.setdefault(job["settings"]["name"], []).append(job)
        return found

    def clusters(self) -> list[dict[str, Any]]:
        listed = self.do("GET", "/api/2.1/clusters/list", page_size=100).get("clusters", [])
        return [self.do("GET", "/api/2.1/clusters/get", cluster_id=c["cluster_id"]) for c in listed]


@dataclass
class Ground:
    """A drill in a folder, over a running emulator."""

    running: Running
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.primary = Site("primary", client(self.running, "primary"))
        self.secondary = Site("secondary", client(self.running, "secondary"))
        self.configure(**self.settings)

    @property
    def federated(self) -> bool:
        return self.running.emulator.account.federated

    def configure(self, **settings: Any) -> None:
        """Write drill.yaml anew."""
        (self.folder / "databrickscfg").write_text(self.running.emulator.profiles())
        (self.folder / "no-mounts").write_text(NO_MOUNTS)
        zone = {
            "kind": "clusters",
            "path": "*zone_id",
            "primary": "us-east-1",
            "secondary": "us-west-2",
            "prefix": True,
        }
        job_zone = {**zone, "kind": "jobs"}
        sides = {role: {"profile": role, "workspace_id": IDS[role]} for role in IDS}
        document = {
            "version": 1,
            "drill": "t",
            "config_file": "databrickscfg",
            "identity": "create",
            "rate": False,
            "mounts": {role: {"file": "no-mounts"} for role in IDS},
            "mapping": [zone, {**zone, "kind": "instance_pools"}, job_zone],
            **sides,
            **settings,
        }
        (self.folder / "drill.yaml").write_text(yaml.safe_dump(document))

    @property
    def drill(self) -> Drill:
        return load(self.folder / "drill.yaml")

    @property
    def drill_rows(self) -> list[dict[str, Any]]:
        """The rows of the mapping that the ground was made with."""
        found: list[dict[str, Any]] = self.settings["mapping"]
        return found

    @property
    def home(self) -> Path:
        return self.drill.folder

    def copy(self, *, tell: Any = lambda _: None, **choices: Any) -> Report:
        return copy(self.drill, Choices(**choices), tell=tell)

    def faults(self, *rules: dict[str, Any], role: str = "secondary") -> None:
        self.running.control(f"{role}/faults", list(rules))

    def later(self) -> None:
        """Let so much time pass that clusters which start are up."""
        self.running.control("clock", {"advance_ms": 10_000})

    def log(self, role: str = "secondary") -> list[Entry]:
        return self.running.emulator.apps[role].log

    @contextmanager
    def watched(self, role: str = "secondary") -> Iterator[list[Entry]]:
        """Collect the requests that a workspace gets meanwhile."""
        start = len(self.log(role))
        found: list[Entry] = []
        yield found
        found += self.log(role)[start:]

    def digest(self, role: str) -> str:
        return next(w["digest"] for w in self.running.control("workspaces") if w["name"] == role)

    def writes_of_a_copy(self, **choices: Any) -> int:
        with self.watched() as seen:
            self.copy(**choices)
        return sum(entry.write for entry in seen)

    def plan(self, **choices: Any) -> list[Step]:
        with planned(self.drill, Choices(**choices), write=False) as (_, steps, _, _):
            return steps

    def comparison(self, *, keep: bool = False) -> Comparison:
        """Capture both workspaces as they are now, and put them side by side."""
        return self.compared(*self._captured("kept" if keep else "judged"))

    def compared(self, primary: Snapshot, secondary: Snapshot) -> Comparison:
        return compared(self.drill, primary, secondary, mapping(self.drill))

    def records(self) -> list[Record]:
        """Judge the two workspaces as they are now, as a check would."""
        primary, secondary = self._captured("judged")
        found = _judged(primary, secondary, self.drill)
        primary.close()
        secondary.close()
        return found

    def _captured(self, folder: str) -> tuple[Snapshot, Snapshot]:
        drill, snapshots = self.drill, self.folder / folder
        snapshots.mkdir(exist_ok=True)
        values = Values.of(drill)
        primary = capture(Workspace(drill.primary), snapshots / "primary.snapshot", CATALOGUE, values=values)
        secondary = capture(
            Workspace(drill.secondary),
            snapshots / "secondary.snapshot",
            CATALOGUE,
            other=lambda: primary,
            called=mapping(drill).translate,
            values=values,
        )
        return primary, secondary

    def red(self) -> list[Record]:
        return [record for record in self.records() if record.outcome.colour is not Colour.GREEN]


def _judged(primary: Snapshot, secondary: Snapshot, drill: Drill) -> list[Record]:
    comparison = compared(drill, primary, secondary, mapping(drill))
    pairs = {each.number: each for each in comparison.pairs}
    slots = [slot for slot in comparison.slots() if slot.pair is not None]
    return [comparison.judge(pairs[slot.pair or 0], slot.aspect) for slot in slots]


def furnish(ground: Ground) -> dict[str, Any]:
    """Fill the primary with a little of everything; return the ids that tests ask for."""
    p = ground.primary
    engineer, analyst = p.user(ENGINEER), p.user(ANALYST)
    group = p.group("engineers", engineer)
    outer = p.group("staff", group, analyst)
    home = f"/Users/{ENGINEER}"
    p.folder(f"{home}/etl/empty")
    p.folder("/Shared/lib/deep")
    p.notebook(f"{home}/etl/load")
    p.notebook("/Shared/lib/deep/clean", "print(2)")
    p.file(f"{home}/etl/init.sh")
    p.file("/Shared/lib/data.bin", bytes(range(256)))
    p.post("/api/2.0/dbfs/put", path="/init/x.sh", contents=base64_of(b"echo 2"))
    p.script("second", b"echo b", enabled=False)
    p.script("first", b"echo a", enabled=True, position=0)
    inits = [
        {"workspace": {"destination": f"{home}/etl/init.sh"}},
        {"dbfs": {"destination": "dbfs:/init/x.sh"}},
    ]
    clusters = [p.cluster("twin", num_workers=1 + i, init_scripts=inits) for i in range(2)]
    clusters.append(p.cluster("same"))
    clusters.append(p.cluster("same"))
    task = {"task_key": "a", "notebook_task": {"notebook_path": f"/Workspace{home}/etl/load"}}
    jobs = [
        p.job(
            f"ring-{i}",
            run_as={"user_name": ENGINEER},
            schedule=NIGHTLY,
            tasks=[{**task, "existing_cluster_id": clusters[i % 2]}],
        )
        for i in range(3)
    ]
    for one, other in itertools.pairwise([*jobs, jobs[0]]):
        p.set(one, tasks=[{"task_key": "r", "run_job_task": {"job_id": other}}])
    jobs += [p.job("twins", tasks=[{**task, "existing_cluster_id": clusters[2 + i]}]) for i in range(2)]
    jobs.append(p.job("calls-a-twin", tasks=[{"task_key": "r", "run_job_task": {"job_id": jobs[4]}}]))
    arrival = {"file_arrival": {"url": "s3://bucket/in/"}, "pause_status": "PAUSED"}
    jobs.append(p.job("paused-already", trigger=arrival, tasks=[{**task, "new_cluster": {**SPEC, "num_workers": 1}}]))
    jobs.append(p.job("always", continuous={"pause_status": "UNPAUSED"}, tasks=[task]))
    ground.later()
    p.grant("jobs", jobs[0], "CAN_VIEW", group_name="engineers")
    p.grant("clusters", clusters[0], "CAN_RESTART", user_name=ANALYST)
    p.grant("directories", p.object_id("/Shared/lib"), "CAN_READ", group_name="engineers")
    p.grant("notebooks", p.object_id(f"{home}/etl/load"), "CAN_RUN", user_name=ANALYST)
    return {"jobs": jobs, "clusters": clusters, "engineers": group, "staff": outer}


def most_at_once(log: list[Entry], begin: str, end: str) -> int:
    """Return how many were under way at most, of what `begin` requests start and `end` requests finish."""
    under_way = most = 0
    for entry in log:
        under_way += (entry.path.endswith(begin)) - (entry.path.endswith(end))
        most = max(most, under_way)
    return most


def counted(jobs: dict[str, list[dict[str, Any]]]) -> Counter[str]:
    return Counter({name: len(found) for name, found in jobs.items()})
