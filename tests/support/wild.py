"""Generated estates: small ones in which names, nesting, twins and references are as wild as the service lets them be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st

from fixtures.estate import Door
from fixtures.estate.builder import Builder
from fixtures.estate.client import Client
from fixtures.estate.compute import cluster
from fixtures.estate.items import (
    Cluster,
    Document,
    Folder,
    Grants,
    Group,
    Id,
    Job,
    Leaf,
    Policy,
    Pool,
    Script,
    Service,
    User,
)
from fixtures.estate.policies import among, fixed
from fixtures.estate.pools import pool
from fixtures.estate.tasks import DAILY, new_cluster
from fixtures.estate.tree import source

T = TypeVar("T")
AWKWARD = (
    *(
        "a",
        "A",
        "a#2",
        "a b",
        "a.py",
        "a[b]",
        "a/b".replace("/", "\u2215"),
        "ä",
        "a\u0308",
        "ß",
        "ss",
        "日本",
        "📦",
        "\u202ea",
    ),
    *(
        ".hidden",
        " leading",
        "trailing ",
        "...",
        "~",
        "*",
        "?",
        "#1",
        "100%",
        "%2F",
        "a+b",
        "a&b=c;d",
        "\\",
        "'",
        '"',
        "`",
    ),
    *(
        "${x}",
        "{{job.id}}",
        "[]",
        "null",
        "true",
        "0",
        "-1",
        "123456789012345",
        "Users",
        "Shared",
        "Repos",
        "dbfs:",
        "key",
    ),
    "long" * 50,
)
NAMES = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_categories=("C",), exclude_characters="/"), min_size=1, max_size=6),
)
FEW = st.sampled_from(("a", "a", "A", "a#2", "日本"))
"""Names of what may share one: most do."""
LONGEST_POLICY = 100
"""Characters of a policy's name."""
LEVELS = {
    "directories": ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE"),
    "instance-pools": ("CAN_ATTACH_TO", "CAN_MANAGE"),
    "cluster-policies": ("CAN_USE",),
    "clusters": ("CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"),
    "jobs": ("CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE"),
}


@dataclass(frozen=True)
class Wild:
    """A generated estate. What refers to something comes after it, but for the circles, which are closed at the end."""

    users: list[User] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    dbfs: list[str] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    circles: list[tuple[str, str]] = field(default_factory=list)
    """Two labels of jobs: the first is changed so that it runs the second."""

    def build(self, door: Door) -> None:
        """Make it in a workspace as new."""
        with Client(door) as client:
            builder = Builder(client)
            for add, items in (
                (builder.add_user, self.users),
                (builder.add_service, self.services),
                (builder.add_group, self.groups),
                (builder.add_folder, self.folders),
                (builder.add_leaf, self.leaves),
                (builder.add_script, self.scripts),
                (lambda path: builder.add_dbfs(path, path.encode()), self.dbfs),
                (builder.add_pool, self.pools),
                (builder.add_policy, self.policies),
                (builder.add_cluster, self.clusters),
                (builder.add_job, self.jobs),
            ):
                for item in items:
                    add(item)
            for one, other in self.circles:
                task = {"task_key": "again", "run_job_task": {"job_id": Id("jobs", other)}}
                builder.change_job(one, {"tasks": [task]})
            builder.settle()


@st.composite
def estates(draw: st.DrawFn) -> Wild:
    """Return a strategy for estates."""
    return _Drawn(draw).estate()


class _Drawn:
    """One estate in the making."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.wild = Wild()
        self.homes: list[str] = []

    def estate(self) -> Wild:
        wild = self.wild
        wild.users.append(User("somebody@example.com"))  # an empty primary is refused
        wild.users.extend(
            User(f"{name}@example.com", active=self.maybe(0.9)) for name in self.some(NAMES, 3, str.lower)
        )
        wild.services.extend(Service(f"service-{n}") for n in range(self.number(2)))
        for name in self.some(NAMES.filter(lambda n: n.lower() not in ("admins", "users")), 4, str.lower):
            wild.groups.append(self.group(name))
        self.homes = [
            f"/Users/{p}" for p in (*(u.name for u in wild.users), *(s.application_id for s in wild.services))
        ]
        wild.folders.extend(Folder(home, self.grants("directories")) for home in self.homes if self.maybe(0.2))
        for _ in range(self.number(5)):
            path = self.path(["/Shared", "/Top", *self.homes])
            if path is not None:
                wild.folders.append(Folder(path, self.grants("directories")))
        for _ in range(self.number(5)):
            path = self.path(["/Shared", *self.homes])
            if path is not None:
                wild.leaves.append(self.leaf(path))
        wild.dbfs.extend(f"/init/{name}" for name in self.some(NAMES, 2, str))
        wild.scripts.extend(Script(self.draw(FEW), self.draw(FEW), enabled=self.maybe()) for _ in range(self.number(3)))
        self.machines()
        for n in range(self.number(7)):
            wild.jobs.append(self.job(f"job-{n}"))
        labels = [job.label for job in wild.jobs]
        for _ in range(self.number(4) if labels else 0):
            wild.circles.append((self.of(labels), self.of(labels)))
        return wild

    def machines(self) -> None:
        wild = self.wild
        for n in range(self.number(3)):
            wild.pools.append(self.pool(f"pool-{n}"))
        for name in self.some(NAMES.filter(lambda n: len(n) <= LONGEST_POLICY), 2, str):
            wild.policies.append(self.policy(name))
        for n in range(self.number(4)):
            wild.clusters.append(self.cluster(f"cluster-{n}"))

    # Dice

    def number(self, most: int) -> int:
        return self.draw(st.integers(0, most))

    def maybe(self, chance: float = 0.5) -> bool:
        return self.draw(st.integers(1, 10)) <= chance * 10

    def of(self, values: list[T]) -> T:
        return self.draw(st.sampled_from(values))

    def some(self, names: st.SearchStrategy[str], most: int, key: Any) -> list[str]:
        return self.draw(st.lists(names, max_size=most, unique_by=key))

    # Who

    def group(self, name: str) -> Group:
        wild, local = self.wild, self.maybe(0.3)
        members = [*(user.name for user in wild.users), *(each.label for each in wild.services)]
        members += [team.name for team in wild.groups if (local and team.assigned) or not (local or team.local)]
        chosen = self.draw(st.lists(st.sampled_from(members), max_size=4, unique=True)) if members else []
        said = ("allow-cluster-create",) if self.maybe(0.3) else ()
        assigned = local or self.maybe(0.8)
        return Group(name, tuple(chosen), local=local, assigned=assigned, entitlements=said if assigned else ())

    def grants(self, kind: str) -> Grants:
        entries = self.draw(st.lists(st.sampled_from(self.principals()), max_size=3, unique_by=str))
        return tuple({**entry, "permission_level": self.of(list(LEVELS[kind]))} for entry in entries)

    def principals(self) -> list[Document]:
        return [
            *({"user_name": user.name} for user in self.wild.users),
            *({"service_principal_name": each.application_id} for each in self.wild.services),
            *({"group_name": team.name} for team in self.wild.groups if team.assigned),
            {"group_name": "users"},
        ]

    def persons(self) -> list[Document]:
        return [entry for entry in self.principals() if "group_name" not in entry]

    # Where

    def path(self, roots: list[str]) -> str | None:
        """Return a free path in a folder; None where the dice hit one that is taken."""
        taken = {item.path for item in (*self.wild.folders, *self.wild.leaves)}
        path = f"{self.of([*roots, *(folder.path for folder in self.wild.folders)])}/{self.draw(NAMES)}"
        below = any(other.startswith(f"{path}/") for other in taken)
        return None if path in taken or below else path

    def leaf(self, path: str) -> Leaf:
        language = self.of(["PYTHON", "SQL", "SCALA", "R", "", ""])
        text = self.draw(NAMES)
        content = source(language, text) if language else text.encode()
        return Leaf(path, content, language, grants=self.grants("directories"))

    # What runs

    def spec(self) -> Document:
        """Return what any cluster may have."""
        found: Document = {"num_workers": 1 + self.number(1), "custom_tags": {self.draw(FEW): self.draw(NAMES)}}
        if self.maybe(0.3) and self.principals():
            found |= {
                "data_security_mode": "SINGLE_USER",
                "single_user_name": next(iter(self.of(self.principals()).values())),
            }
        pools = [Id("instance_pools", pool.label) for pool in self.wild.pools]
        if pools and self.maybe(0.4):
            found |= {name: self.of(pools) for name in ("instance_pool_id", "driver_instance_pool_id")}
        if self.wild.policies and self.maybe(0.3):
            found["policy_id"] = Id("cluster_policies", self.of(self.wild.policies).name)
        places = [{"workspace": {"destination": leaf.path}} for leaf in self.wild.leaves]
        places += [{"dbfs": {"destination": f"dbfs:{path}"}} for path in self.wild.dbfs]
        if places:
            found["init_scripts"] = self.draw(st.lists(st.sampled_from(places), max_size=2))
        return found

    def pool(self, label: str) -> Pool:
        spec = pool(self.draw(FEW), min_idle_instances=self.number(2), custom_tags={self.draw(FEW): self.draw(NAMES)})
        return Pool(label, spec, self.grants("instance-pools"))

    def policy(self, name: str) -> Policy:
        rules: Document = {f"custom_tags.{self.draw(NAMES)}": fixed(self.draw(NAMES))}
        pools = [Id("instance_pools", pool.label) for pool in self.wild.pools]
        if pools:
            rules["instance_pool_id"] = among(*self.draw(st.lists(st.sampled_from(pools), min_size=1, max_size=3)))
        rules |= {
            f"init_scripts.{n}.workspace.destination": fixed(leaf.path) for n, leaf in enumerate(self.wild.leaves)
        }
        return Policy(name, {"definition": rules}, self.grants("cluster-policies"))

    def cluster(self, label: str) -> Cluster:
        spec = cluster(self.draw(st.one_of(FEW, st.just(""))), **self.spec())
        return Cluster(label, spec, running=self.maybe(), pinned=self.maybe(), grants=self.grants("clusters"))

    def job(self, label: str) -> Job:
        settings: Document = {"name": self.draw(FEW), "tasks": [self.task(n) for n in range(self.of([0, 1, 1, 2]))]}
        if self.maybe(0.3):
            settings["schedule"] = DAILY
        if self.maybe(0.3) and self.persons():
            settings["run_as"] = dict(self.of(self.persons()))
        if self.maybe(0.3):
            mails = [*(user.name for user in self.wild.users), "outsider@partner.example"]
            settings["email_notifications"] = {"on_failure": self.draw(st.lists(st.sampled_from(mails), unique=True))}
        if self.maybe(0.3):
            settings["tags"] = {self.draw(NAMES): self.draw(NAMES)}
        owner = (
            ({**self.of(self.persons()), "permission_level": "IS_OWNER"},) if self.persons() and self.maybe() else ()
        )
        named = {next(iter(entry.items())) for entry in owner}
        rest = tuple(entry for entry in self.grants("jobs") if next(iter(entry.items())) not in named)
        return Job(label, settings, (*owner, *rest))

    def task(self, number: int) -> Document:
        key = f"task-{number}"
        others = [job.label for job in self.wild.jobs]
        leaves = {leaf.path: leaf.kind for leaf in self.wild.leaves}
        if others and self.maybe(0.4):
            return {"task_key": key, "run_job_task": {"job_id": Id("jobs", self.of(others))}}
        if not leaves:
            return {"task_key": key, "condition_task": {"op": "EQUAL_TO", "left": self.draw(NAMES), "right": "1"}}
        path = self.of(list(leaves))
        at = f"{self.of(['', '/Workspace'])}{path}"
        what = (
            {"notebook_task": {"notebook_path": at}}
            if leaves[path] == "notebooks"
            else {"spark_python_task": {"python_file": at}}
        )
        if self.wild.clusters and self.maybe():
            return {"task_key": key, **what, "existing_cluster_id": Id("clusters", self.of(self.wild.clusters).label)}
        own = {name: value for name, value in new_cluster(**self.spec()).items() if name != "cluster_name"}
        return {"task_key": key, **what, "new_cluster": own}
