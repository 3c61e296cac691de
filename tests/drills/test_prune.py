"""What is extra on the secondary is deleted when asked for: shown, unchanged since, and nothing that anything hangs on."""

import json
import re
from typing import Any

import pytest

from fixtures.emulator import run_life
from fixtures.emulator.seed import CALLER
from lakedrill.inventory.errors import UsageError
from migrate import sending
from migrate.copy import Choices, Report, copy, planned
from migrate.step import Step
from tests.support.killer import Killer
from tests.support.land import Land
from tests.support.workspaces import ANALYST, ENGINEER, IDS, NIGHTLY, SPEC, Ground, base64_of

pytestmark = pytest.mark.drill

SCIM = "/api/2.0/preview/scim/v2"


def slow(mode: str) -> Any:
    """Another mode of the emulator, for which there is not always time."""
    return pytest.param(mode, marks=pytest.mark.slow)


def _plan(ground: Ground, **choices: Any) -> list[Step]:
    with planned(ground.drill, Choices(prune=True, **choices), write=False) as (_, steps, _, _):
        return steps


def _told(steps: list[Step], *actions: str) -> dict[str, str]:
    return {f"{s.kind}:{s.key}": s.reason for s in steps if s.action.value in actions}


def _prune(ground: Ground, **choices: Any) -> Report:
    return ground.copy(prune=True, **choices)


def _ended(ground: Ground, name: str, **fields: Any) -> str:
    """A pinned cluster of the secondary that has ended."""
    key = ground.secondary.cluster(name, **fields)
    ground.secondary.post("/api/2.1/clusters/delete", cluster_id=key)
    ground.secondary.post("/api/2.1/clusters/pin", cluster_id=key)
    ground.running.control("clock", {"advance_ms": 60_000})
    return key


def _start(ground: Ground) -> None:
    """A primary that holds something, copied."""
    ground.primary.notebook("/Shared/n")
    assert ground.copy().exit_code == 0


def _clutter(ground: Ground) -> set[str]:
    """Fill the secondary with what the primary does not have, each hanging on another; return what that is."""
    s = ground.secondary
    s.folder("/Shared/x/y/z")
    s.notebook("/Shared/x/y/n")
    s.file("/Shared/x/f.sh")
    s.post("/api/2.0/dbfs/put", path="/init/x.sh", contents=base64_of(b"echo"))
    inits = [{"dbfs": {"destination": "dbfs:/init/x.sh"}}, {"workspace": {"destination": "/Shared/x/f.sh"}}]
    cluster = _ended(ground, "c", init_scripts=inits)
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/x/y/n"}, "existing_cluster_id": cluster}
    inner = s.job("inner", tasks=[task])
    outer = s.job("outer", tasks=[{"task_key": "r", "run_job_task": {"job_id": inner}}])
    s.set(inner, tasks=[task, {"task_key": "r", "run_job_task": {"job_id": outer}}])
    s.script("s")
    group = s.group("g")
    s.group("of-g", group)
    s.grant("jobs", outer, "CAN_VIEW", group_name="g")
    return {
        *(f"directories:/Shared/x{end}" for end in ("", "/y", "/y/z")),
        "notebooks:/Shared/x/y/n",
        "files:/Shared/x/f.sh",
        "dbfs_files:/init/x.sh",
        "clusters:c",
        "jobs:inner",
        "jobs:outer",
        "global_init_scripts:s",
        "groups:g",
        "groups:of-g",
    }


@pytest.mark.parametrize("emulator", ["federated", slow("local-same-ids")], indirect=True)
def test_what_was_shown_is_deleted_each_by_itself_and_what_hangs_on_it_first(ground: Ground) -> None:
    _start(ground)
    extra = _clutter(ground)
    before = ground.digest("secondary")

    assert set(_told(_plan(ground), "delete")) == extra
    assert ground.digest("secondary") == before
    with ground.watched() as sent:
        report = _prune(ground)

    assert report.failures == []
    assert report.exit_code == 0
    assert ground.red() == []
    assert ground.writes_of_a_copy(prune=True) == 0
    gone = [entry for entry in sent if entry.method == "DELETE" or "delete" in entry.path]
    assert [entry.path for entry in gone if entry.path.endswith("/Shared")] == []
    assert len(gone) == len(extra) + 1  # and the lock
    lines = [json.loads(line) for line in (ground.home / "journal.jsonl").read_text().splitlines()]
    order = [f"{line['kind']}:{line['key']}" for line in lines if line["event"] == "removed"]
    assert set(order) == extra
    for first, then in (
        ("jobs:inner", "clusters:c"),
        ("jobs:inner", "notebooks:/Shared/x/y/n"),
        ("clusters:c", "dbfs_files:/init/x.sh"),
        ("clusters:c", "files:/Shared/x/f.sh"),
        ("notebooks:/Shared/x/y/n", "directories:/Shared/x/y"),
        ("directories:/Shared/x/y/z", "directories:/Shared/x/y"),
        ("directories:/Shared/x/y", "directories:/Shared/x"),
        ("jobs:outer", "groups:g"),
        ("groups:of-g", "groups:g"),
    ):
        assert order.index(first) < order.index(then), (first, then)


def test_nothing_is_deleted_unasked_or_unshown(ground: Ground) -> None:
    _start(ground)
    ground.secondary.job("theirs", tasks=[])
    before = ground.digest("secondary")

    assert ground.copy().exit_code == 0
    with pytest.raises(UsageError, match="run `lakedrill plan --prune` first"):
        _prune(ground)
    assert ground.digest("secondary") == before
    shown = _plan(ground)
    assert _told(shown, "delete") == {"jobs:theirs": "the primary has none"}
    section = json.loads((ground.home / "plan.json").read_text())["prune"]
    assert [(d["kind"], d["key"], d["facet"]) for d in section["deletions"]] == [("jobs", "theirs", "definition")]
    assert ground.copy().exit_code == 0
    assert ground.digest("secondary") == before
    assert json.loads((ground.home / "plan.json").read_text())["prune"] == section
    ground.secondary.job("later", tasks=[])

    report = _prune(ground)

    assert report.exit_code == 1
    assert [(s.key, reason) for s, reason in report.failures] == [
        ("later", "was not shown by `lakedrill plan --prune`")
    ]
    assert set(ground.secondary.jobs()) == {"later"}


def test_what_was_changed_since_it_was_shown_stays(ground: Ground) -> None:
    _start(ground)
    s = ground.secondary
    job = s.job("changed", tasks=[])
    s.job("same", tasks=[])
    s.notebook("/Shared/changed")
    s.job("granted", tasks=[])
    _plan(ground)
    s.set(job, timeout_seconds=5)
    s.notebook("/Shared/changed", "print('more')", overwrite=True)
    s.user(ANALYST)
    s.grant("jobs", s.jobs()["granted"][0]["job_id"], "CAN_VIEW", user_name=ANALYST)

    report = _prune(ground)

    assert report.exit_code == 1
    assert {s.key for s, reason in report.failures if "was changed since" in reason} == {
        "changed",
        "granted",
        "/Shared/changed",
    }
    assert set(s.jobs()) == {"changed", "granted"}


def test_what_is_changed_or_used_while_the_run_is_under_way_stays(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    _start(ground)
    s = ground.secondary
    job, cluster = s.job("changed", tasks=[]), _ended(ground, "started")
    s.job("gone", tasks=[])
    _plan(ground)
    ground.primary.notebook("/Shared/new")

    def meddle(_kind: str, _done: int, _total: int) -> None:
        s.set(job, timeout_seconds=5)
        s.post("/api/2.1/clusters/start", cluster_id=cluster) if s.clusters()[0]["state"] == "TERMINATED" else None
        for gone in s.jobs().get("gone", []):
            s.post("/api/2.2/jobs/delete", job_id=gone["job_id"])

    report = copy(ground.drill, Choices(prune=True), applying=meddle)

    assert {s.key: re.sub("PENDING|RUNNING", "", reason) for s, reason in report.failures} == {
        "changed": "left: was changed while this run was under way",
        "started": "left: it is ",
    }
    assert set(s.jobs()) == {"changed"}


def test_more_than_allowed_is_too_much_at_once(ground: Ground) -> None:
    _start(ground)
    for i in range(4):
        ground.secondary.job(f"j{i}", tasks=[])
    ground.primary.notebook("/Shared/new")

    shown = _plan(ground, prune_at_most=3)
    assert len(_told(shown, "delete")) == 4
    report = _prune(ground, prune_at_most=3)

    assert report.exit_code == 1
    assert {reason for _, reason in report.failures} == {
        "4 deletions are more than --prune-at-most 3: nothing is deleted"
    }
    assert len(ground.secondary.jobs()) == 4
    assert ground.secondary.object_id("/Shared/new")
    assert _prune(ground, prune_at_most=4).exit_code == 0
    assert ground.red() == []


def test_only_narrows_what_is_deleted(ground: Ground) -> None:
    _start(ground)
    for name in ("a", "b"):
        ground.secondary.job(name, tasks=[])
    ground.secondary.folder("/Shared/x")
    ground.secondary.notebook("/Shared/x/n")

    assert set(_told(_plan(ground, only=("jobs:a", "directories:*")), "delete")) == {"jobs:a"}
    _plan(ground)
    assert _prune(ground, only=("jobs:a",)).exit_code == 0
    assert set(ground.secondary.jobs()) == {"b"}


@pytest.mark.parametrize("emulator", ["federated", slow("local")], indirect=True)
def test_what_is_spared_says_why(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    engineer = p.user(ENGINEER)
    p.folder(f"/Users/{ENGINEER}/etl")
    shared = p.job("stays", tasks=[])
    assert ground.copy().exit_code == 0
    stranger = s.user(ANALYST)
    s.notebook(f"/Users/{ANALYST}/own")
    s.notebook(f"/Users/{CALLER}/own")
    s.notebook(f"/Users/{ENGINEER}/etl/extra")
    s.do(
        "POST",
        f"{SCIM}/ServicePrincipals",
        {"displayName": "bot", "applicationId": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
    )
    s.cluster("runs")
    ended = _ended(ground, "named")
    s.folder("/Shared/holds")
    s.notebook("/Shared/holds/named")
    s.notebook("/Shared/holds/free")
    s.group("granted")
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/holds/named"}, "existing_cluster_id": ended}
    at = s.jobs()["stays"][0]["job_id"]
    s.set(at, tasks=[task])
    s.notebook("/Shared/granting")
    ground.configure(kinds=["users", "groups", "service_principals", "directories", "notebooks", "clusters", "jobs"])
    s.script("out-of-scope")
    if ground.federated:
        made = ground.running.control("account/Groups", {"displayName": "of-the-account"})["id"]
        s.do("PUT", f"/api/2.0/preview/permissionassignments/principals/{made}", {"permissions": ["USER"]})
    assert shared
    assert engineer
    assert stranger

    steps = _plan(ground)

    extra = _told(steps, "extra").items()
    spared = {key: re.sub("PENDING|RUNNING", "", reason.partition("spared: ")[2]) for key, reason in extra}
    applications = "service_principals:" + "0" * 8 + "-0000-0000-0000-" + "0" * 12
    home = f"/Users/{ANALYST}"
    bot = applications.partition(":")[2]
    assert spared == {
        f"users:{ANALYST}": "people and service principals are never deleted",
        applications: "people and service principals are never deleted",
        f"directories:{home}": "a home is never deleted",
        f"directories:/Users/{bot}": "a home is never deleted",
        f"notebooks:{home}/own": f"it lies in {home}, which the primary does not have",
        f"notebooks:/Users/{CALLER}/own": "it lies in a caller's home",
        "clusters:runs": "it is ",
        "clusters:named": "jobs:stays, which stays, refers to it",
        "notebooks:/Shared/holds/named": "jobs:stays, which stays, refers to it",
        "directories:/Shared/holds": "it holds notebooks:/Shared/holds/named, which stays",
        **({"groups:of-the-account": "it belongs to the account"} if ground.federated else {}),
    }
    assert set(_told(steps, "delete")) == {
        f"notebooks:/Users/{ENGINEER}/etl/extra",
        "notebooks:/Shared/holds/free",
        "notebooks:/Shared/granting",
        "groups:granted",
    }
    report = _prune(ground, only=("notebooks:*", "directories:*", "groups:*", "clusters:*"))
    assert [(s.key, reason) for s, reason in report.failures] == []
    assert {(r.kind, r.key) for r in ground.records() if r.outcome.value == "extra" and r.aspect == "inventory"} == {
        tuple(key.split(":", 1)) for key in spared
    }
    assert [script["name"] for script in s.do("GET", "/api/2.0/global-init-scripts")["scripts"]] == ["out-of-scope"]


def test_a_job_that_runs_and_what_it_uses_stay(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_life, "EXECUTION_MS", 3600_000)
    _start(ground)
    s = ground.secondary
    s.notebook("/Shared/x")
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/x"}, "new_cluster": {**SPEC, "num_workers": 1}}
    job = s.job("runs", tasks=[task])
    run = s.post("/api/2.2/jobs/run-now", job_id=job)["run_id"]

    told = _told(_plan(ground), "extra", "delete")

    assert told == {
        "jobs:runs": f"the primary has none; spared: its run {run} is active",
        "notebooks:/Shared/x": "the primary has none; spared: jobs:runs, which stays, refers to it",
    }


def test_a_folder_with_what_we_know_nothing_of_stays(ground: Ground) -> None:
    _start(ground)
    ground.secondary.folder("/Shared/x")
    workspace = ground.running.emulator.apps["secondary"].workspace
    node = {"object_id": 4711, "object_type": "MLFLOW_EXPERIMENT", "path": "/Shared/x/trial"}
    workspace.state.put("tree", 4711, node, parent="/Shared/x", name="/Shared/x/trial")

    assert _told(_plan(ground), "extra") == {
        "directories:/Shared/x": "the primary has none; spared: it holds MLFLOW_EXPERIMENT /Shared/x/trial"
    }


def test_what_may_be_referred_to_by_what_can_not_be_read_stays(ground: Ground) -> None:
    _start(ground)
    s = ground.secondary
    _ended(ground, "c")
    s.script("s")
    ground.faults(
        {"path": "/api/2.2/jobs/list", "status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": -1}
    )

    steps = _plan(ground)

    assert _told(steps, "extra") == {
        "clusters:c": "the primary has none; spared: jobs can't be read, and may refer to it"
    }
    assert set(_told(steps, "delete")) == {"global_init_scripts:s"}


@pytest.mark.parametrize("role", IDS)
def test_what_is_extra_only_because_something_can_not_be_read_stays(ground: Ground, role: str) -> None:
    """Whose home it is in can't be told without the users; nobody knows then whether the primary has it."""
    ground.primary.user(ENGINEER)
    ground.primary.notebook(f"/Users/{ENGINEER}/n")
    ground.primary.grant("notebooks", ground.primary.object_id(f"/Users/{ENGINEER}/n"), "CAN_RUN", user_name=CALLER)
    assert ground.copy().exit_code == 0
    s = ground.secondary
    s.notebook(f"/Users/{ENGINEER}/extra")
    s.grant("notebooks", s.object_id(f"/Users/{ENGINEER}/n"), "CAN_READ", group_name="users")
    users = {"path": f"{SCIM}/Users", "status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": -1}
    ground.faults(users, role=role)

    assert _told(_plan(ground), "delete", "prune") == {}


@pytest.mark.parametrize("emulator", ["federated", slow("local")], indirect=True)
def test_extra_members_and_grants_are_taken_away_and_the_callers_own_stay(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    engineer, _ = p.user(ENGINEER), p.user(ANALYST)
    p.group("team", engineer)
    p.group("with-caller", engineer)
    p.notebook("/Shared/n")
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_RUN", user_name=ENGINEER)
    p.job("j", tasks=[])
    assert ground.copy().exit_code == 0
    ids = {u["userName"]: u["id"] for u in s.do("GET", f"{SCIM}/Users")["Resources"]}
    groups = {g["displayName"]: g["id"] for g in s.do("GET", f"{SCIM}/Groups")["Resources"]}
    s.join(groups["team"], ids[ANALYST])
    s.join(groups["with-caller"], ids[CALLER])
    s.join(groups["admins"], ids[ANALYST])
    s.grant("notebooks", s.object_id("/Shared/n"), "CAN_EDIT", user_name=ANALYST)
    s.group("granted")
    job = s.jobs()["j"][0]["job_id"]
    s.grant("jobs", job, "CAN_VIEW", group_name="granted")

    shown = _plan(ground)

    assert _told(shown, "prune", "delete") == {
        "groups:team": f"takes away users:{ANALYST}",
        "notebooks:/Shared/n": f"takes away CAN_EDIT of users:{ANALYST}",
        "jobs:j": "takes away CAN_VIEW of groups:granted",
        "groups:granted": "the primary has none",
    }
    assert {k: v.partition("spared: ")[2] for k, v in _told(shown, "extra").items()} == {
        "groups:with-caller": "only a caller has more",
        "groups:admins": "every workspace has its own",
    }
    report = _prune(ground)
    assert report.failures == []
    assert s.grants("notebooks", s.object_id("/Shared/n")) == {ENGINEER: {"CAN_RUN"}}
    members = {name: s.do("GET", f"{SCIM}/Groups/{key}").get("members", []) for name, key in groups.items()}
    assert [m["value"] for m in members["team"]] == [ids[ENGINEER]]
    assert {m["value"] for m in members["with-caller"]} == {ids[ENGINEER], ids[CALLER]}
    assert {r.key for r in ground.red()} == {"with-caller", "admins"}
    assert ground.writes_of_a_copy(prune=True) == 0


def test_what_is_written_anyway_loses_what_is_extra_in_the_same_request(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    for name in (ENGINEER, ANALYST):
        p.user(name)
    p.notebook("/Shared/n")
    ground.copy()
    ground.configure(adopt=["notebooks:*"])
    s.grant("notebooks", s.object_id("/Shared/n"), "CAN_EDIT", user_name=ANALYST)
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_RUN", user_name=ENGINEER)
    _plan(ground)
    s.grant("notebooks", s.object_id("/Shared/n"), "CAN_READ", user_name=CALLER)

    changed = _prune(ground)
    levels = s.grants("notebooks", s.object_id("/Shared/n"))

    assert changed.exit_code == 1
    assert levels == {ENGINEER: {"CAN_RUN"}, ANALYST: {"CAN_EDIT"}, CALLER: {"CAN_READ"}}
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_READ", user_name=CALLER)
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_EDIT", user_name=ENGINEER)
    _plan(ground)
    assert _prune(ground).exit_code == 0
    assert ANALYST not in s.grants("notebooks", s.object_id("/Shared/n"))
    assert ground.red() == []


@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_killed_prune_resumes(ground: Ground, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)
    killer = Killer(monkeypatch)
    _start(ground)
    _clutter(ground)
    _plan(ground)
    for n in (4, 5, 7):
        killer.at(n, after=after)
        with pytest.raises(KeyboardInterrupt):
            _prune(ground)
        killer.rest()

    assert _prune(ground).failures == []
    assert ground.red() == []


@pytest.mark.slow
def test_a_lost_answer_to_a_deletion_is_looked_into(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending.time, "sleep", lambda _seconds: None)
    _start(ground)
    _clutter(ground)
    _plan(ground)
    paths = ("clusters/permanent-delete", "jobs/delete", "clusters/unpin", "dbfs/delete", "global-init-scripts/.*")
    ground.faults(*({"method": "POST|DELETE", "path": f"/api/2../{p}", "drop": True, "after": True} for p in paths))

    assert _prune(ground).failures == []

    assert [rule["path"] for rule in ground.running.control("secondary/faults") if rule["times"]] == []
    assert ground.red() == []


def test_a_refused_deletion_keeps_what_it_hangs_on(ground: Ground) -> None:
    _start(ground)
    _clutter(ground)
    _plan(ground)
    rule = {"path": "/api/2.0/workspace/delete", "status": 403, "code": "PERMISSION_DENIED", "message": "No."}
    ground.faults({**rule, "times": 1, "method": "POST"})

    report = _prune(ground)

    reasons = {f"{s.kind}:{s.key}": reason for s, reason in report.failures}
    assert report.exit_code == 1
    refused, *rest = reasons.values()
    assert refused.startswith("PERMISSION_DENIED: No")
    assert rest
    assert all("which was not deleted" in reason for reason in rest)
    assert _prune(ground).failures == []


def test_a_secondary_that_lives_is_not_pruned(ground: Ground) -> None:
    _start(ground)
    ground.secondary.job("live", tasks=[], schedule=NIGHTLY)
    _plan(ground)

    with pytest.raises(UsageError, match="unpaused schedule"):
        _prune(ground)
    assert _prune(ground, into_live=IDS["secondary"]).exit_code == 0
    assert ground.secondary.jobs() == {}


def test_the_command_line_shows_deletions_first(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    ground = Ground(land.running, land.folder)
    land.write()
    ground.primary.notebook("/Shared/n")
    ground.secondary.job("theirs", tasks=[])
    assert land.run("migrate", "--prune") == 4
    assert "run `lakedrill plan --prune` first" in capsys.readouterr().err
    assert land.run("plan", "--prune-at-most", "3") == 4
    assert "nothing is deleted without --prune" in capsys.readouterr().err
    assert land.run("plan", "--prune", "--prune-at-most", "0") == 1
    told = capsys.readouterr().out.splitlines()
    assert (
        told[0] == "delete    jobs:theirs (definition): 1 deletions are more than --prune-at-most 0: nothing is deleted"
    )
    assert land.run("plan", "--prune") == 0
    assert capsys.readouterr().out.splitlines()[0] == "delete    jobs:theirs (definition): the primary has none"
    assert land.run("migrate", "--prune") == 0
    assert "1 objects deleted\ndeleted   jobs:theirs\n" in capsys.readouterr().out
    assert ground.secondary.jobs() == {}
