"""Sample estates: the same each time, as large as promised, and with everything in them that a drill must meet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Running
from fixtures.estate import (
    MAPPING,
    MEDIUM,
    ODD,
    ODD_FINDINGS,
    SMALL,
    Door,
    Size,
    build,
    legacy_dashboards,
    literals,
    mounts,
    prepare_secondary,
    specimens,
)
from fixtures.estate.client import Client
from fixtures.estate.jobs import deployed
from fixtures.estate.people import OUTSIDER
from fixtures.estate.specimens import sql
from lakedrill.inventory.capture import capture
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.mapping import Mapping, Row
from lakedrill.parity.outcome import Colour, Record
from tests.support.seen import SCIM, Document, Seen, see

pytestmark = pytest.mark.drill

BOTH_MODES = pytest.mark.parametrize("emulator", ["federated", "local"], indirect=True)
ONE_MODE = pytest.mark.parametrize(
    "emulator", ["federated", pytest.param("local", marks=pytest.mark.slow)], indirect=True
)
"""The other one is slow, and much like it."""


def _without(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}


def _circles(seen: Seen) -> bool:
    """Say whether one job starts a job that starts a job that starts the first."""
    runs: dict[int, set[int]] = {
        job["job_id"]: {t["run_job_task"]["job_id"] for t in job["settings"].get("tasks", []) if "run_job_task" in t}
        for job in seen.jobs
    }
    return any(a in runs[c] and len({a, b, c}) == 3 for a in runs for b in runs[a] for c in runs[b])


def _one_of_twins(seen: Seen, field: str, documents: list[Document], key: str, name: Callable[[Document], Any]) -> bool:
    """Say whether a task names by id one of several that share a name, and are equal but for their ids."""
    names = {each[key]: name(each) for each in documents}
    twins = {n for n, count in Counter(names.values()).items() if count > 1}
    ids = [t.get(field, t.get("run_job_task", {}).get(field)) for t in seen.tasks()]
    return any(names.get(each) in twins for each in ids)


def _twins(documents: list[Document]) -> tuple[bool, bool]:
    """Say whether there are equal ones under one name, and different ones."""
    by_name: dict[str, list[str]] = {}
    for each in documents:
        name = each.get("cluster_name", each.get("name"))
        by_name.setdefault(str(name), []).append(json.dumps(_without(each, "cluster_name"), sort_keys=True))
    several = [texts for texts in by_name.values() if len(texts) > 1]
    return any(len(set(texts)) == 1 for texts in several), any(len(set(texts)) > 1 for texts in several)


def _specs(seen: Seen) -> list[Document]:
    return [cluster["spec"] for cluster in seen.clusters]


def _own_clusters(seen: Seen) -> list[Document]:
    entries = [entry for settings in seen.settings() for entry in settings.get("job_clusters", [])]
    found = [entry["new_cluster"] for entry in entries if "new_cluster" in entry]
    return found + [task["new_cluster"] for task in seen.tasks() if "new_cluster" in task]


def _init_scripts(specs: list[Document]) -> set[str]:
    return {place for spec in specs for script in spec.get("init_scripts", []) for place in script}


def _groups_in_groups(seen: Seen) -> bool:
    inside = {group["id"]: [m["value"] for m in group.get("members", [])] for group in seen.people["Groups"]}
    return any(c in inside for a in inside for b in inside[a] for c in inside.get(b, []))


def _holds_an_accounts_group(seen: Seen) -> bool:
    of_account = {group["id"]: group["meta"]["resourceType"] == "Group" for group in seen.people["Groups"]}
    return any(
        of_account.get(member["value"]) and not of_account[group["id"]]
        for group in seen.people["Groups"]
        for member in group.get("members", [])
        if group["displayName"] != "admins"
    )


def _empty_folders(seen: Seen) -> list[str]:
    above = {path.rpartition("/")[0] for path in (node["path"] for node in seen.tree)}
    return [path for path in seen.paths("DIRECTORY") if path not in above and path.count("/") > 2]


def _triggers(seen: Seen, *names: str) -> bool:
    found = [settings.get(names[0], {}) for settings in seen.settings()]
    return any(t.get("pause_status") == "UNPAUSED" and all(name in t for name in names[1:]) for t in found)


def _mails(seen: Seen) -> set[str]:
    found = [s.get("email_notifications", {}) for s in (*seen.settings(), *seen.tasks())]
    return {mail for each in found for event in each.values() if isinstance(event, list) for mail in event}


def _fields(entries: Iterator[Document]) -> set[str]:
    return {
        name for entry in entries for name in ("user_name", "group_name", "service_principal_name") if name in entry
    }


THREE = {"user_name", "group_name", "service_principal_name"}
FEATURES: dict[str, Callable[[Seen], Any]] = {
    "folders six deep below a home": lambda s: any(
        p.startswith("/Users/") and p.count("/") >= 8 for p in s.paths("DIRECTORY")
    ),
    "four languages": lambda s: {n.get("language") for n in s.tree} >= {"PYTHON", "SCALA", "SQL", "R"},
    "a file beside a notebook of its name": lambda s: any(f"{p}.py" in s.paths("FILE") for p in s.paths("NOTEBOOK")),
    "a file that looks like a notebook": lambda s: any(
        s.content[p].startswith(b"# Databricks notebook source") for p in s.paths("FILE")
    ),
    "binary, text and empty files": lambda s: (
        b"" in s.content.values() and any(0 in s.content[p] for p in s.paths("FILE"))
    ),
    "one notebook of just under 10 MB": lambda s: (
        [10_000_000 < len(s.content[p]) < 10_485_760 for p in s.paths("NOTEBOOK")].count(True) == 1
    ),
    "awkward names": lambda s: all(any(mark in n["path"] for n in s.tree) for mark in "ßκ📊 '\"%#?+"),
    "empty folders": lambda s: len(_empty_folders(s)) > 1,
    "something in a service principal's home": lambda s: any(
        n["path"].startswith(f"/Users/{p['applicationId']}/") for n in s.tree for p in s.people["ServicePrincipals"]
    ),
    "groups in groups in groups": _groups_in_groups,
    "a service principal in a group": lambda s: any(p.get("groups") for p in s.people["ServicePrincipals"]),
    "a group without members": lambda s: any(not g.get("members") for g in s.people["Groups"]),
    "deactivated users and service principals": lambda s: all(
        any(not p["active"] for p in s.people[family]) for family in ("Users", "ServicePrincipals")
    ),
    "an account's group in one of the workspace's own": lambda s: not s.federated or _holds_an_accounts_group(s),
    "entitlements and roles": lambda s: all(
        any(g.get(name) for g in (*s.people["Users"], *s.people["Groups"])) for name in ("entitlements", "roles")
    ),
    "more admins than the caller": lambda s: any(
        g["displayName"] == "admins" and len(g["members"]) == 3 for g in s.people["Groups"]
    ),
    "groups of the workspace's own": lambda s: (
        {g["meta"]["resourceType"] for g in s.people["Groups"]}
        == ({"Group", "WorkspaceGroup"} if s.federated else {"WorkspaceGroup"})
    ),
    "permissions of three sorts of principal": lambda s: (
        all(_fields(s.grants(kind)) == THREE for kind in ("directories", "notebooks", "clusters", "jobs"))
        and _fields(s.grants("files")) >= {"user_name", "group_name"}
    ),
    "owners moved, to service principals too": lambda s: (
        len({json.dumps(_without(e, "level")) for e in s.grants("jobs") if e["level"] == "IS_OWNER"}) > 4
        and _fields(e for e in s.grants("jobs") if e["level"] == "IS_OWNER") == THREE - {"group_name"}
    ),
    "clusters: autoscale, fixed, single node": lambda s: (
        any("autoscale" in c for c in _specs(s))
        and any(c.get("num_workers", 0) > 1 for c in _specs(s))
        and any(c.get("is_single_node") for c in _specs(s))
        and any(c.get("spark_conf", {}).get("spark.master") == "local[*]" for c in _specs(s))
    ),
    "clusters: of a single user, a single service": lambda s: (
        {"@" in c["single_user_name"] for c in _specs(s) if "single_user_name" in c} == {True, False}
    ),
    "clusters: tags, Spark settings, environment": lambda s: any(
        c.keys() >= {"custom_tags", "spark_conf", "spark_env_vars"} for c in _specs(s)
    ),
    "clusters: pinned and not, running and terminated": lambda s: (
        {"pinned_by_user_name" in c for c in s.clusters} == {True, False}
        and {c["state"] for c in s.clusters} == {"RUNNING", "TERMINATED"}
    ),
    "clusters: twins, equal and not": lambda s: _twins(_specs(s)) == (True, True),
    "clusters: one without a name": lambda s: any(c["cluster_name"] == "" for c in s.clusters),
    "init scripts of clusters": lambda s: _init_scripts(_specs(s)) >= {"workspace", "dbfs"},
    "init scripts of job clusters": lambda s: _init_scripts(_own_clusters(s)) >= {"workspace", "dbfs"},
    "global init scripts: on and off, names twice": lambda s: (
        {x["enabled"] for x in s.scripts} == {True, False}
        and len({x["name"] for x in s.scripts}) < len(s.scripts)
        and [x["position"] for x in s.scripts] == list(range(len(s.scripts)))
    ),
    "jobs: more than 100 tasks": lambda s: any(len(x.get("tasks", [])) > 100 for x in s.settings()),
    "jobs: none and several tasks, and no name": lambda s: (
        {0, 1, 3} <= {len(x.get("tasks", [])) for x in s.settings()} and s.named("Untitled")
    ),
    "jobs: their own clusters, in a task too": lambda s: (
        any(len(x.get("job_clusters", [])) > 1 for x in s.settings()) and any("new_cluster" in t for t in s.tasks())
    ),
    "jobs: a circle": _circles,
    "jobs: a schedule": lambda s: _triggers(s, "schedule"),
    "jobs: continuous": lambda s: _triggers(s, "continuous"),
    "jobs: files arrive": lambda s: _triggers(s, "trigger", "file_arrival"),
    "jobs: tables change": lambda s: _triggers(s, "trigger", "table_update"),
    "jobs: periodic": lambda s: _triggers(s, "trigger", "periodic"),
    "jobs: one is paused": lambda s: any(x.get("schedule", {}).get("pause_status") == "PAUSED" for x in s.settings()),
    "jobs: twins, equal and not": lambda s: _twins(s.settings()) == (True, True),
    "jobs: on one of two twin clusters": lambda s: _one_of_twins(
        s, "existing_cluster_id", s.clusters, "cluster_id", lambda c: c["cluster_name"]
    ),
    "jobs: run one of two twin jobs": lambda s: _one_of_twins(
        s, "job_id", s.jobs, "job_id", lambda j: j["settings"]["name"]
    ),
    "jobs: for each": lambda s: sum("for_each_task" in t for t in s.tasks()) > 1,
    "jobs: paths with and without /Workspace": lambda s: (
        {t["notebook_task"]["notebook_path"].startswith("/Workspace/") for t in s.tasks() if "notebook_task" in t}
        == {True, False}
    ),
    "jobs: from Git": lambda s: any(t.get("notebook_task", {}).get("source") == "GIT" for t in s.tasks()),
    "jobs: a Python file of the workspace": lambda s: any(
        t.get("spark_python_task", {}).get("python_file") in s.paths("FILE") for t in s.tasks()
    ),
    "jobs: mail to members and outsiders": lambda s: (
        OUTSIDER in _mails(s) and not _mails(s).isdisjoint(u["userName"] for u in s.people["Users"])
    ),
    "jobs: run as a user and as a service": lambda s: (
        {name for x in s.settings() for name in x.get("run_as", {})} == {"user_name", "service_principal_name"}
    ),
    "jobs: everything that one can say": lambda s: any(
        x.keys() >= {"parameters", "tags", "health", "queue", "description", "notification_settings"}
        and x["timeout_seconds"]
        and x["webhook_notifications"] == {}
        for x in s.settings()
    ),
    "jobs: retries": lambda s: any(t.get("max_retries") and t["timeout_seconds"] for t in s.tasks()),
}


def _named(seen: Seen) -> Any:
    """Return what a workspace holds without what its ids and its clock gave it."""
    names: dict[Any, str] = {cluster["cluster_id"]: f"cluster {cluster['cluster_name']}" for cluster in seen.clusters}
    names |= {job["job_id"]: f"job {job['settings']['name']}" for job in seen.jobs}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(child) for key, child in value.items()}
        if isinstance(value, list):
            return [plain(child) for child in value]
        return names.get(value, value) if isinstance(value, str | int) else value

    def ordered(values: Any) -> list[str]:
        return sorted(json.dumps(plain(value), sort_keys=True) for value in values)

    groups = [
        {**_without(g, "id", "groups"), "members": sorted(m["display"] for m in g.get("members", []))}
        for g in seen.people["Groups"]
    ]
    users = [_without(p, "id", "groups") for f in ("Users", "ServicePrincipals") for p in seen.people[f]]
    return {
        "groups": ordered(groups),
        "users": ordered(users),
        "tree": ordered((n["path"], n["object_type"], n.get("language")) for n in seen.tree),
        "content": seen.content,
        "clusters": ordered(_specs(seen)),
        "jobs": ordered(seen.settings()),
        "scripts": ordered((s["name"], s["script"], s["enabled"], s["position"]) for s in seen.scripts),
        "acls": ordered(seen.acls.values()),
    }


@ONE_MODE
def test_the_same_seed_gives_the_same_estate(emulator: Running) -> None:
    estates = []
    for seed in (7, 7, 8):
        emulator.emulator.reset()
        build(Door.of(emulator, "primary"), SMALL, seed)
        estates.append(_named(see(Door.of(emulator, "primary"))))
    assert estates[0] == estates[1]
    assert all(estates[0][part] != estates[2][part] for part in ("groups", "tree", "clusters", "jobs", "acls"))


@BOTH_MODES
@pytest.mark.parametrize("size", [SMALL, pytest.param(MEDIUM, marks=pytest.mark.slow)], ids=lambda size: size.name)
def test_everything_is_there(emulator: Running, size: Size) -> None:
    build(Door.of(emulator, "primary"), size)
    seen = see(Door.of(emulator, "primary"))
    assert [name for name, holds in FEATURES.items() if not holds(seen)] == []
    # Besides the counted: the caller, two system groups; the roots and the homes.
    # And the folders of Git folders, literals and legacy dashboards.
    assert len(seen.people["Users"]) == size.users + 1
    assert len(seen.people["Groups"]) == size.groups + 2
    assert len(seen.people["ServicePrincipals"]) == size.service_principals
    homes = 3 + size.users + 1 + size.service_principals
    beside_clones = (
        "/Repos/",
        "/Shared/specimens",
        "/Shared/projects/clones",
        literals.FOLDER,
        legacy_dashboards.FOLDER,
    )
    assert len([path for path in seen.paths("DIRECTORY") if not path.startswith(beside_clones)]) == size.folders + homes
    assert len([path for path in seen.paths("NOTEBOOK") if path != literals.CODE]) == size.notebooks
    files = [
        path for path in seen.paths("FILE") if not path.endswith(".dbalert.json") and path != literals.CONFIG
    ]  # an alert's, which comes with it
    assert len(files) == size.files
    clusters, jobs = len([*specimens.clusters(), mounts.CLUSTER]), len([*specimens.jobs(), *sql.jobs(), *deployed()])
    assert (len(seen.clusters), len(seen.jobs)) == (size.clusters + clusters, size.jobs + jobs + 1)
    assert len(seen.scripts) == size.global_init_scripts
    promised = {"small": 350, "medium": 5000}[size.name]
    assert abs(seen.count - promised) <= promised / 8


def _principals(emulator: Running, name: str) -> list[dict[str, Any]]:
    with Client(Door.of(emulator, name)) as client:
        return [p for f in ("Users", "ServicePrincipals") for p in client.get(f"{SCIM}/{f}").get("Resources", [])]


@BOTH_MODES
def test_the_secondary_has_who_the_identity_provider_gave_it_and_what_a_bundle_deployed(emulator: Running) -> None:
    federated = emulator.emulator.federated
    build(Door.of(emulator, "primary"), SMALL)
    before = _principals(emulator, "secondary")
    prepare_secondary(Door.of(emulator, "secondary"), SMALL)
    with Client(Door.of(emulator, "secondary")) as client:
        jobs = client.get("/api/2.2/jobs/list")["jobs"]
        clusters = client.get("/api/2.1/clusters/list").get("clusters", [])
    assert [cluster["cluster_name"] for cluster in clusters] == [mounts.OF_THE_SECONDARY.label]
    assert [job["settings"]["name"] for job in jobs] == [job.label for job in deployed()]
    if federated:
        known = [each for each in _principals(emulator, "secondary") if each not in before]
        assert [each["displayName"] for each in known] == [legacy_dashboards.READER], (
            "whom a legacy dashboard's grant names"
        )
        return
    sides = {name: _principals(emulator, name) for name in ("primary", "secondary")}
    of_provider = ("schemas", "userName", "applicationId", "displayName", "emails", "active")
    documents = {name: [{field: p.get(field) for field in of_provider} for p in found] for name, found in sides.items()}
    assert documents["primary"] == documents["secondary"]
    assert not any("entitlements" in p for p in sides["secondary"] if p.get("userName") != "drill@example.com")


def _captured(running: Running, folder: Path) -> dict[str, Snapshot]:
    profiles = folder / "databrickscfg"
    profiles.write_text(running.emulator.profiles())
    found = {}
    for name, app in running.emulator.apps.items():
        workspace = Workspace(Connection(name, name, app.workspace.workspace_id, profiles, rate=None))
        found[name] = capture(workspace, folder / f"{name}.snapshot", CATALOGUE)
    return found


def _compared(running: Running, folder: Path) -> list[Record]:
    snapshots = _captured(running, folder)
    mapping = Mapping(Row(**row) for row in MAPPING)
    found = Comparison(snapshots["primary"], snapshots["secondary"], CATALOGUE, mapping=mapping, stance="active")
    return [found.judge(pair, aspect) for pair in found.pairs for aspect in found.aspects(pair)]


@pytest.mark.parametrize("emulator", [pytest.param("local", marks=pytest.mark.slow), "local-same-ids"], indirect=True)
@pytest.mark.parametrize("size", [SMALL, pytest.param(MEDIUM, marks=pytest.mark.slow)], ids=lambda size: size.name)
def test_an_estate_made_twice_is_equal(
    emulator: Running, size: Size, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in it is beyond a right copy: what is there can be told apart, and lacks nothing that it refers to."""
    build(Door.of(emulator, "primary"), size)
    send = Client.send

    def translated(self: Client, method: str, path: str, body: Any) -> Any:
        text = json.dumps(body)
        for row in MAPPING if "/2.0/workspace/" not in path else ():
            text = text.replace(row["primary"], row["secondary"])
        return send(self, method, path, json.loads(text))

    monkeypatch.setattr(Client, "send", translated)
    build(Door.of(emulator, "secondary"), size)
    records = [record for record in _compared(emulator, tmp_path) if record.outcome.colour is not Colour.GREEN]
    # The first two name the workspace that they are of; the third a region, which this translates and the mapping leaves.
    assert {record.key for record in records} <= {literals.CODE, literals.CONFIG, "specimen-clouds"}


@ONE_MODE
def test_an_odd_estate_is_odd_before_anything_is_copied(emulator: Running, tmp_path: Path) -> None:
    """What a copier can't change is found at once; what it makes worse, or better, is for the drills to see."""
    build(Door.of(emulator, "primary"), ODD)
    prepare_secondary(Door.of(emulator, "secondary"), ODD)
    found = {(r.kind, r.key, r.aspect, str(r.outcome)) for r in _compared(emulator, tmp_path)}
    made_by_the_copy = {finding for finding in ODD_FINDINGS if finding[1] == "owner-gone"}
    assert made_by_the_copy < ODD_FINDINGS
    assert found >= ODD_FINDINGS - made_by_the_copy
    assert len({finding[:3] for finding in ODD_FINDINGS}) == len(ODD_FINDINGS)
