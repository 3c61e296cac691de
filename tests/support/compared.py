"""Two estates in the making, compared: what the tests of the comparison begin with."""

import itertools
from pathlib import Path
from typing import Any

from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.comparison import LISTING, Comparison
from lakedrill.parity.outcome import SIGHT, Colour, Outcome, Record, Verdict, judge
from tests.support.snapshots import build


class Estate:
    """One side in the making. Ids are numbered from a start, so that no two objects share one."""

    def __init__(self, role: str, start: int) -> None:
        self.role = role
        self.ids = itertools.count(start)
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.rest: dict[str, Any] = {"permissions": {}, "contents": {}, "unreadable": {}, "failed": {}}

    def put(self, kind: str, document: dict[str, Any], acl: Any = (), content: Any = b"") -> str:
        key = f"{next(self.ids)}"
        id_field = {"jobs": "job_id", "clusters": "cluster_id", "dashboards": "dashboard_id"}.get(
            kind, "object_id" if "path" in document else "id"
        )
        self.objects.setdefault(kind, {})[key] = {id_field: int(key) if kind == "jobs" else key, **document}
        self.rest["permissions"][kind, key] = (
            acl if isinstance(acl, Unreadable) else {"object_id": f"/{kind}/{key}", "access_control_list": list(acl)}
        )
        self.rest["contents"][kind, key] = content
        return key

    def user(self, name: str) -> str:
        return self.put("users", {"userName": name})

    def cluster(self, name: str, **rest: Any) -> str:
        fields = {"cluster_name": name, "state": "TERMINATED", "pinned_by_user_name": "1", "libraries": []}
        return self.put("clusters", {**fields, **rest})

    def job(self, name: str, acl: Any = (), **settings: Any) -> str:
        return self.put("jobs", {"settings": {"name": name, **settings}}, acl)

    def folder(self, path: str, acl: Any = ()) -> str:
        return self.put("directories", {"path": path}, acl)

    def notebook(self, path: str, acl: Any = (), content: Any = b"") -> str:
        return self.put("notebooks", {"path": path}, acl, content)


def entry(user: str, level: str, folder: str = "") -> dict[str, Any]:
    permission: dict[str, Any] = {"permission_level": level}
    if folder:
        permission |= {"inherited": True, "inherited_from_object": [f"/directories/{folder}"]}
    return {"user_name": user, "all_permissions": [permission]}


class Bench:
    """Both estates, compared when first asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.p, self.s = Estate("primary", 10**9), Estate("secondary", 2 * 10**9)
        self.sides = (self.p, self.s)
        self.catalogue = CATALOGUE

    def compare(self, **rest: Any) -> Comparison:
        snapshots = [build(self.folder / side.role, side.role, side.objects, **side.rest) for side in self.sides]
        return Comparison(*snapshots, self.catalogue, **rest)

    def records(self, **rest: Any) -> dict[str, Record]:
        """Everything that is not equal, by `kind:key aspect`, judged as a drill is."""
        comparison = self.compare(**rest)
        everything = [_judge(comparison, slot) for slot in comparison.slots()]
        judgement = judge(comparison.slots(), everything)
        findings = [record for record in judgement.records if record.outcome.colour is not Colour.GREEN]
        assert bool(findings) == (judgement.verdict is not Verdict.READY), (
            "a finding is never green, and only findings are"
        )
        assert not findings or any(record.counted for record in findings), (
            "something is counted whenever anything is wrong"
        )
        assert list(judgement.records) == everything, "judging alone has left nothing to be counted after all"
        return {f"{r.name} {r.aspect}": r for r in everything if r.outcome is not Outcome.EQUAL}

    def told(self, **rest: Any) -> dict[str, str]:
        """Every record that is not equal: its outcome, and what it follows from."""
        return {
            name: f"{record.outcome.value}{f' because of {record.because_of}' if record.because_of else ''}"
            for name, record in self.records(**rest).items()
        }


def _judge(comparison: Comparison, slot: Any) -> Record:
    if slot.aspect == SIGHT:
        return next(record for record in comparison.judge_sight() if record.key == slot.key)
    if slot.aspect == LISTING:
        return comparison.judge_listing(slot.key, slot.kind)
    return comparison.judge(comparison.pairs[slot.pair], slot.aspect)


def twice(bench: Bench) -> list[dict[str, str]]:
    """The same small workspace twice, under different ids."""
    ids = []
    for side in bench.sides:
        user = side.user("ada@x")
        shared = side.folder("/Shared", [entry("ada@x", "CAN_MANAGE")])
        notebook = side.notebook("/Shared/etl", [entry("ada@x", "CAN_MANAGE", shared)], b"select 1")
        cluster = side.cluster("etl")
        tasks = [{"task_key": "a", "existing_cluster_id": cluster, "notebook_task": {"notebook_path": "/Shared/etl"}}]
        job = side.job("nightly", [entry("ada@x", "IS_OWNER")], tasks=tasks)
        side.objects["jobs"][job]["run_as_user_name"] = "ada@x"
        ids.append({"user": user, "shared": shared, "notebook": notebook, "cluster": cluster, "job": job})
    return ids
