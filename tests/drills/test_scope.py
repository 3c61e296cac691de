"""What a copy does within a scope: nothing is written to what is not to be copied, whatever else is asked for."""

import csv
import json
from typing import Any

import pytest

from fixtures.emulator.app import Entry
from fixtures.estate.client import Client
from lakedrill.cli._shared import console
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.scope import Mode
from migrate.copy import Choices, Report, planned, reported
from migrate.step import Step
from tests.support.land import Land
from tests.support.workspaces import ANALYST, ENGINEER, IDS, NIGHTLY, SPEC, Ground

pytestmark = pytest.mark.drill

BUNDLE = {"kind": "BUNDLE", "metadata_file_path": "/Workspace/x/.bundle/state/metadata.json"}
SCIM = "/api/2.0/preview/scim/v2"
KEPT = {"groups", "directories", "notebooks", "clusters", "jobs", "global_init_scripts"}


def _rule(kind: str, mode: str, key: str = "*", **rest: Any) -> dict[str, Any]:
    return {"kind": kind, "key": key, "mode": mode, "reason": "as told", **rest}


def _plan(ground: Ground, **choices: Any) -> tuple[list[Step], Report]:
    with planned(ground.drill, Choices(**choices), write=False) as (comparison, steps, _, _):
        return steps, reported(comparison, ground.drill, Choices(**choices), steps)


def _writes(seen: list[Entry]) -> list[str]:
    return [f"{entry.method} {entry.path}" for entry in seen if entry.write]


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
@pytest.mark.parametrize("mode", ["check", "out", "secondary_only"])
def test_nothing_is_written_to_what_is_not_to_be_copied(ground: Ground, mode: str) -> None:
    """Neither by itself nor with members, grants, deletions and answers to conflicts asked for."""
    for site in (ground.primary, ground.secondary):
        for name in (ENGINEER, ANALYST):
            site.user(name)
    for site, more in ((ground.primary, ENGINEER), (ground.secondary, ANALYST)):
        listed = site.do("GET", f"{SCIM}/Users")["Resources"]
        site.group("kept", next(user["id"] for user in listed if user["userName"] == more))
        site.folder("/Shared/kept")
        site.notebook("/Shared/kept/n", f"print('{site.name}')")
        site.notebook(f"/Shared/kept/{site.name}")
        cluster = site.cluster("kept", num_workers=len(site.name))
        job = site.job("kept", timeout_seconds=len(site.name), tasks=[])
        site.job(f"kept-{site.name}", tasks=[])
        site.script("kept", site.name.encode())
        ground.later()
        site.post("/api/2.1/clusters/delete", cluster_id=cluster)
        for kind, key in (("jobs", job), ("clusters", cluster), ("directories", site.object_id("/Shared/kept"))):
            site.grant(kind, key, "CAN_MANAGE", user_name=more)
    ground.later()
    dedicated = {"profile": "secondary", "workspace_id": IDS["secondary"], "dedicated": True}
    ground.configure(scope=[_rule("*", mode, "*kept*")], secondary=dedicated)
    before = ground.digest("secondary")

    _plan(ground, prune=True)
    with ground.watched() as seen:
        report = ground.copy(prune=True, rename=True, replace=("*:*",))

    assert _writes(seen) == []
    assert ground.digest("secondary") == before
    assert report.failures == []
    ours = [step for step in report.steps if "kept" in step.key]
    assert {step.mode for step in ours} == {Mode(mode)}
    assert {step.kind for step in ours} == KEPT
    with pytest.raises(UsageError, match="means no conflict"):
        ground.copy(takes=(("primary", "jobs:kept"),))
    ground.configure(secondary=dedicated)
    with ground.watched() as seen:
        ground.copy()
    assert len(_writes(seen)) > 8, "the same without the rule writes them all"


def test_what_a_bundle_deployed_is_checked_unless_the_operator_says_otherwise(ground: Ground) -> None:
    for site in (ground.primary, ground.secondary):
        site.job("both", deployment=BUNDLE, edit_mode="UI_LOCKED", tasks=[])
    ground.primary.job("mine", tasks=[])
    ground.primary.job("late", deployment=BUNDLE, tasks=[], schedule=NIGHTLY)
    for path in ("state/s.json", "files/f.py"):
        ground.primary.folder(f"/Shared/.bundle/p/prod/{path.partition('/')[0]}")
        ground.primary.file(f"/Shared/.bundle/p/prod/{path}")

    report = ground.copy()

    assert report.exit_code == 0
    assert set(ground.secondary.jobs()) == {"both", "mine"}
    red = {(r.kind, r.key, r.aspect): r for r in ground.red()}
    assert set(red) == {("jobs", "late", "inventory")}
    assert "a bundle deploys it" in red["jobs", "late", "inventory"].fix
    counts = {rule["key"] if rule["kind"] == "*" else rule["kind"]: rule["objects"] for rule in report.scope}
    assert (counts["jobs"], counts["**/.bundle/**/state/**"]) == (2, 2)
    ground.configure(scope=[_rule("jobs", "copy", "late")])
    assert ground.copy().exit_code == 0
    assert set(ground.secondary.jobs()) == {"both", "late", "mine"}


def test_what_refers_to_something_out_of_scope_needs_it_on_the_secondary(ground: Ground) -> None:
    """The plan names it; once somebody has brought it, the reference leads there."""
    cluster = ground.primary.cluster("theirs")
    task = {"task_key": "t", "existing_cluster_id": cluster}
    ground.primary.job("on it", tasks=[task])
    ground.primary.job("granted", tasks=[])
    ground.later()
    ground.configure(scope=[_rule("clusters", "check", "theirs")])

    steps, report = _plan(ground)

    blocked = {(s.kind, s.key): s.reason for s in steps if s.action.value == "blocked" and s.facet == "definition"}
    assert set(blocked) == {("jobs", "on it")}
    said = blocked["jobs", "on it"]
    assert said.startswith(
        "refers to clusters:theirs, which is not on the secondary, and checked, not copied: clusters:th"
    )
    assert report.exit_code == 1
    there = ground.secondary.cluster("theirs")
    ground.later()
    ground.secondary.post("/api/2.1/clusters/delete", cluster_id=there)
    ground.secondary.post("/api/2.1/clusters/pin", cluster_id=there)
    ground.later()
    assert ground.copy().exit_code == 0
    found = ground.secondary.jobs()["on it"][0]["settings"]["tasks"][0]
    assert found["existing_cluster_id"] == there
    assert ground.red() == []


def test_what_lies_in_a_folder_that_is_out_waits_for_it(ground: Ground) -> None:
    """A copy would make the folder with what is in it."""
    ground.primary.folder("/Shared/theirs/deep")
    ground.primary.notebook("/Shared/theirs/deep/n")
    ground.configure(scope=[_rule("directories", "out", "/Shared/theirs")])

    report = ground.copy()

    reasons = {f"{s.kind}:{s.key}": reason for s, reason in report.failures if s.facet == "definition"}
    assert set(reasons) == {"directories:/Shared/theirs/deep", "notebooks:/Shared/theirs/deep/n"}
    assert all(reason.startswith("lies in directories:/Shared/theirs") for reason in reasons.values())
    assert ground.writes_of_a_copy() == 0
    ground.secondary.folder("/Shared/theirs")
    assert ground.copy().exit_code == 0


def test_what_lies_where_something_is_to_go_stays_if_it_is_not_ours_to_write(ground: Ground) -> None:
    ground.primary.notebook("/Shared/x")
    ground.secondary.file("/Shared/x")
    ground.configure(scope=[_rule("files", "secondary_only")], adopt=["files:*"])
    report = ground.copy(replace=("notebooks:*",))
    reason = next(reason for step, reason in report.failures if step.kind == "notebooks")
    assert reason.startswith("files:/Shared/x lies at its path, and is the secondary's own: files:* is secondary_only")
    assert ground.secondary.object_id("/Shared/x")


def test_what_refers_to_a_replaced_object_is_written_only_if_it_is_to_be_copied(ground: Ground) -> None:
    ground.primary.folder("/Shared/f")
    ground.primary.notebook("/Shared/f/n")
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/f/n"}}
    ground.primary.job("theirs", tasks=[task])
    assert ground.copy().exit_code == 0
    ground.configure(scope=[_rule("jobs", "check", "theirs")], adopt=["files:*"])
    ground.secondary.post("/api/2.0/workspace/delete", path="/Shared/f/n")
    ground.secondary.file("/Shared/f/n")
    steps, _ = _plan(ground, replace=("notebooks:*",))
    assert next(s.action.value for s in steps if s.key == "/Shared/f/n" and s.kind == "notebooks") == "replace"
    assert {s.action.value for s in steps if s.key == "theirs"} == {"leave"}


def test_the_drills_own_jobs_are_no_sign_that_somebody_works_there(ground: Ground) -> None:
    """A schedule, and runs of the last day."""
    ground.primary.notebook("/Shared/n")
    task = {"task_key": "t", "new_cluster": {**SPEC, "num_workers": 1}, "notebook_task": {"notebook_path": "/Shared/n"}}
    own = ground.secondary.job("drill weekly", schedule=NIGHTLY, tasks=[task])
    ground.secondary.post("/api/2.2/jobs/run-now", job_id=own)
    with pytest.raises(UsageError, match="its job drill weekly has an unpaused schedule"):
        ground.copy()
    ground.configure(scope=[_rule("jobs", "secondary_only", "drill *")])
    assert ground.copy().exit_code == 0
    assert ground.red() == []
    other = ground.secondary.job("other", tasks=[])
    ground.secondary.post("/api/2.2/jobs/run-now", job_id=other)
    with pytest.raises(UsageError, match=r"run \d+ started in the last 24 hours"):
        ground.copy()


def test_a_rule_that_means_nothing_is_told_by_plan_and_check(land: Land, capfd: pytest.CaptureFixture[str]) -> None:
    with Client(land.door("primary")) as client:
        client.send("POST", "/api/2.2/jobs/create", {"name": "j", "tasks": []})
    text = land.file.read_text()
    rule = "scope:\n- {kind: jobs, key: no such, mode: check}\n"
    old = "ignore:\n- {path: jobs.settings.tags, reason: r, owner: kim, expires: 2020-01-01}\n"
    idle = "- {path: jobs.settings.queue, reason: r, owner: kim, expires: 9999-01-01}\n"
    land.file.write_text(text.replace("scope:\n", rule) + old + idle)
    assert land.run("plan") == 0
    told = "scope: jobs:no such (check) means no object"
    ended = "ignore: jobs.settings.tags of kim ended on 2020-01-01 and does not apply any more"
    out = capfd.readouterr().out
    assert told in out
    assert ended in out
    assert land.run("migrate") == 0
    assert land.run("check") == 0
    out = capfd.readouterr().out
    for line in (told, ended, "ignore: jobs.settings.queue of kim has no effect: nothing differs there"):
        assert line in out
    assert [rule["objects"] for rule in land.results["scope"] if rule["key"] == "no such"] == [0]
    assert [row["expired"] for row in land.results["ignore"]] == [True, False]
    page = (land.home / "report.html").read_text()
    for words in ("means no object", "ended: does not apply any more", "no effect"):
        assert words in page


def test_plan_json_and_the_table_tell_every_rule(
    land: Land, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    land.fill()
    assert land.run("plan", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    rules = {(rule["mode"], rule["kind"], rule["key"]): rule["objects"] for rule in found["scope"]}
    assert rules["check", "jobs", "*"] == 1
    assert rules["copy", "*", "specimen *"] > 5
    assert rules["out", "*", "/Users/*/Trash/**"] == 0
    assert sum(rules.values()) > rules["copy", "*", "*"] > 100
    accounts = found["accounting"]
    assert accounts["jobs"]["checked_only"] == 1
    assert {line["id"] for line in found["manual"]} >= {"tokens", "oauth-secrets", "run-history", "notebook-revisions"}
    monkeypatch.setattr(console, "_width", 160)
    assert land.run("plan") == 0
    assert "settings.deployment.kind" in capfd.readouterr().out


def test_who_calls_from_outside_finds_the_new_address(ground: Ground) -> None:
    ground.primary.cluster("c")
    ground.primary.job("j", tasks=[])
    gone = ground.primary.cluster("gone")
    ground.primary.job("blocked", tasks=[{"task_key": "t", "existing_cluster_id": gone}])
    ground.later()
    ground.primary.post("/api/2.1/clusters/permanent-delete", cluster_id=gone)
    ground.later()
    ground.copy()
    with (ground.home / "endpoints.csv").open(newline="", encoding="utf-8") as stream:
        rows = {(r["kind"], r["key"], r["what"]): (r["primary"], r["secondary"]) for r in csv.DictReader(stream)}
    hosts = tuple(ground.running.emulator.hosts[role] for role in ("primary", "secondary"))
    assert rows["workspace", "", "host"] == hosts
    assert rows["workspace", "", "workspace id"] == tuple(map(str, IDS.values()))
    old, new = (site.clusters()[0]["cluster_id"] for site in (ground.primary, ground.secondary))
    assert rows["clusters", "c", "cluster id"] == (old, new)
    assert rows["clusters", "c", "http path"] == (
        f"sql/protocolv1/o/{IDS['primary']}/{old}",
        f"sql/protocolv1/o/{IDS['secondary']}/{new}",
    )
    jobs = [site.jobs() for site in (ground.primary, ground.secondary)]
    assert rows["jobs", "j", "job id"] == tuple(str(found["j"][0]["job_id"]) for found in jobs)
    assert rows["jobs", "blocked", "job id"] == (str(jobs[0]["blocked"][0]["job_id"]), "")


def test_an_ignored_difference_is_not_fought_over(ground: Ground) -> None:
    """No plan wants to change it, and an update for another reason leaves it as it is on the secondary."""
    ground.primary.job("j", timeout_seconds=60, tags={"a": "1"}, tasks=[])
    assert ground.copy().exit_code == 0
    job = ground.secondary.jobs()["j"][0]["job_id"]
    ground.secondary.set(job, timeout_seconds=120)
    row = {"path": "jobs.settings.timeout_seconds", "reason": "slower here", "owner": "kim", "expires": "9999-12-31"}
    ground.configure(ignore=[row], adopt=["jobs:j"])
    assert ground.writes_of_a_copy() == 0
    assert ground.red() == []

    ground.primary.set(ground.primary.jobs()["j"][0]["job_id"], tags={"a": "2"}, timeout_seconds=90)
    assert ground.copy().exit_code == 0

    settings = ground.secondary.jobs()["j"][0]["settings"]
    assert (settings["tags"], settings["timeout_seconds"]) == ({"a": "2"}, 120)
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    ground.configure(ignore=[{**row, "expires": "2020-01-01"}], adopt=["jobs:j"])
    assert [r.aspect for r in ground.red()] == ["definition"]
    assert ground.copy().exit_code == 0
    assert ground.secondary.jobs()["j"][0]["settings"]["timeout_seconds"] == 90
