"""What a copy does about things that are on the secondary already, or are not where they were."""

import json
from typing import Any

import pytest

from migrate.copy import Choices, Report, planned
from migrate.step import Step
from tests.support.workspaces import ANALYST, ENGINEER, NIGHTLY, SPEC, Ground, base64_of

pytestmark = pytest.mark.drill


def _actions(steps: list[Step], *, but: str = "leave") -> dict[tuple[str, str, str], str]:
    return {(s.kind, s.key, s.facet.value): s.action.value for s in steps if s.action.value != but}


def _plan(ground: Ground, **choices: Any) -> list[Step]:
    with planned(ground.drill, Choices(**choices), write=False) as (_, steps, _, _):
        return steps


def _reasons(report: Report) -> list[str]:
    return [reason for _, reason in report.failures]


def test_a_plan_writes_nothing_and_says_everything(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.primary.job("j", tasks=[])
    ground.secondary.job("theirs", tasks=[])
    digests = [ground.digest(role) for role in ("primary", "secondary")]

    steps = _plan(ground)

    assert [ground.digest(role) for role in ("primary", "secondary")] == digests
    assert _actions(steps) == {
        ("notebooks", "/Shared/n", "definition"): "create",
        ("notebooks", "/Shared/n", "content"): "create",
        ("notebooks", "/Shared/n", "permissions"): "create",
        ("jobs", "j", "definition"): "create",
        ("jobs", "j", "permissions"): "create",
        ("jobs", "theirs", "definition"): "extra",
    }
    written = json.loads((ground.home / "plan.json").read_text())
    assert written["counts"]["create"] == 5
    assert len(written["steps"]) == len(steps)


@pytest.mark.parametrize(
    ("settings", "action"),
    [({}, "conflict"), ({"adopt": ["jobs:j*", "notebooks:/Shared/*"]}, "adopt"), ({"dedicated": True}, "adopt")],
)
def test_somebody_elses_object_is_left_alone_unless_it_is_adopted(
    ground: Ground, settings: dict[str, Any], action: str
) -> None:
    if settings.pop("dedicated", False):
        settings["secondary"] = {"profile": "secondary", "workspace_id": 7_000_000_000_000_002, "dedicated": True}
    ground.configure(**settings)
    ground.primary.job("j", tasks=[], timeout_seconds=1)
    ground.secondary.job("j", tasks=[], timeout_seconds=2)
    ground.primary.notebook("/Shared/n", "print(1)")
    ground.secondary.notebook("/Shared/n", "print(2)")
    before = ground.digest("secondary")

    report = ground.copy()

    found = _actions(report.steps)
    assert found["jobs", "j", "definition"] == found["notebooks", "/Shared/n", "content"] == action
    assert report.exit_code == (1 if action == "conflict" else 0)
    assert (ground.digest("secondary") == before) is (action == "conflict")
    assert bool(ground.red()) is (action == "conflict")
    if action == "adopt":
        assert ground.writes_of_a_copy() == 0


def test_what_was_changed_by_hand_is_a_conflict_and_what_the_primary_changed_an_update(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    jobs = {name: p.job(name, tasks=[], timeout_seconds=1) for name in ("both", "ours", "theirs")}
    p.notebook("/Shared/n")
    ground.copy()
    for name in ("both", "ours"):
        p.set(jobs[name], timeout_seconds=2)
    for name in ("both", "theirs"):
        s.set(s.jobs()[name][0]["job_id"], timeout_seconds=3)
    s.notebook("/Shared/n", "print('by hand')", overwrite=True)

    report = ground.copy()

    assert _actions(report.steps) == {
        ("jobs", "both", "definition"): "conflict",
        ("jobs", "ours", "definition"): "update",
        ("jobs", "theirs", "definition"): "conflict",
        ("notebooks", "/Shared/n", "content"): "conflict",
    }
    assert report.exit_code == 1
    assert [s.jobs()[n][0]["settings"]["timeout_seconds"] for n in ("both", "ours", "theirs")] == [3, 2, 3]


def test_content_does_not_carry_over_a_definition_that_was_changed_by_hand(ground: Ground) -> None:
    script = ground.primary.script("s", b"echo 1", enabled=True)
    ground.copy()
    listed = ground.secondary.do("GET", "/api/2.0/global-init-scripts")["scripts"]
    path = f"/api/2.0/global-init-scripts/{listed[0]['script_id']}"
    ground.secondary.do("PATCH", path, {"name": "s", "script": base64_of(b"echo 1"), "enabled": False})
    body = {"name": "s", "script": base64_of(b"echo 2")}
    ground.primary.do("PATCH", f"/api/2.0/global-init-scripts/{script}", body)

    report = ground.copy()

    assert report.exit_code == 1
    assert ground.secondary.do("GET", path)["enabled"] is False


def test_an_extra_member_or_grant_is_told_and_left(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    engineer = p.user(ENGINEER)
    p.group("team", engineer)
    p.notebook("/Shared/n")
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_RUN", user_name=ENGINEER)
    ground.copy()
    extra = s.user(ANALYST)
    group = s.do("GET", "/api/2.0/preview/scim/v2/Groups", filter='displayName eq "team"')["Resources"][0]["id"]
    s.join(group, extra)
    s.grant("notebooks", s.object_id("/Shared/n"), "CAN_EDIT", user_name=ANALYST)
    before = ground.digest("secondary")

    report = ground.copy()

    found = _actions(report.steps)
    assert found["groups", "team", "members"] == found["notebooks", "/Shared/n", "permissions"] == "extra"
    assert report.exit_code == 0
    assert ground.digest("secondary") == before


def test_a_grant_of_somebody_elses_stays_when_ours_change(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    for name in (ENGINEER, ANALYST):
        p.user(name)
    p.notebook("/Shared/n")
    ground.copy()
    ground.configure(adopt=["notebooks:*"])
    s.grant("notebooks", s.object_id("/Shared/n"), "CAN_EDIT", user_name=ANALYST)
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_RUN", user_name=ENGINEER)

    assert ground.copy().exit_code == 0

    levels = s.grants("notebooks", s.object_id("/Shared/n"))
    assert levels == {ENGINEER: {"CAN_RUN"}, ANALYST: {"CAN_EDIT"}}


@pytest.mark.parametrize(
    "emulator", [pytest.param("federated", marks=pytest.mark.slow), "local-same-ids"], indirect=True
)
def test_what_was_renamed_on_the_primary_is_renamed_when_asked(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    cluster = p.cluster("old")
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/n"}, "existing_cluster_id": cluster}
    inner = p.job("old", tasks=[task], schedule=NIGHTLY)
    p.job("outer", tasks=[{"task_key": "r", "run_job_task": {"job_id": inner}}])
    p.notebook("/Shared/n")
    group, script = p.group("old"), p.script("old")
    ground.copy()
    ground.later()
    before = s.jobs()["old"][0]["job_id"], [c["cluster_id"] for c in s.clusters()]
    p.set(inner, name="new")
    p.post("/api/2.1/clusters/edit", cluster_id=cluster, cluster_name="new", num_workers=1, **SPEC)
    operation = {"op": "replace", "path": "displayName", "value": "new"}
    schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    p.do("PATCH", f"/api/2.0/preview/scim/v2/Groups/{group}", {"schemas": [schema], "Operations": [operation]})
    p.do("PATCH", f"/api/2.0/global-init-scripts/{script}", {"name": "new", "script": base64_of(b"echo")})
    digest = ground.digest("secondary")

    told = ground.copy()

    kinds = ("jobs", "clusters", "groups", "global_init_scripts")
    assert {k[0] for k, action in _actions(told.steps).items() if action == "rename"} == set(kinds)
    assert told.exit_code == 1
    assert any("ask with --rename" in reason for reason in _reasons(told))
    assert ground.digest("secondary") == digest

    done = ground.copy(rename=True)

    assert done.failures == []
    assert (s.jobs()["new"][0]["job_id"], [c["cluster_id"] for c in s.clusters()]) == before
    assert s.jobs()["outer"][0]["settings"]["tasks"][0]["run_job_task"]["job_id"] == before[0]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_twins_that_both_changed_are_still_the_same_two(ground: Ground) -> None:
    jobs = [ground.primary.job("twin", tasks=[], timeout_seconds=n) for n in (1, 2)]
    ground.copy()
    before = {j["job_id"]: j["settings"]["timeout_seconds"] for j in ground.secondary.jobs()["twin"]}
    for job, seconds in zip(jobs, (10, 20), strict=True):
        ground.primary.set(job, timeout_seconds=seconds)

    report = ground.copy()

    assert report.exit_code == 0
    after = {j["job_id"]: j["settings"]["timeout_seconds"] for j in ground.secondary.jobs()["twin"]}
    assert after == {key: seconds * 10 for key, seconds in before.items()}


def test_twins_of_somebody_else_are_a_conflict(ground: Ground) -> None:
    for n in (1, 2):
        ground.primary.job("twin", tasks=[], timeout_seconds=n)
        ground.secondary.job("twin", tasks=[], timeout_seconds=n + 2)

    report = ground.copy()

    assert report.exit_code == 1
    assert set(_actions(report.steps).values()) == {"conflict"}
    assert len(ground.secondary.jobs()["twin"]) == 2


@pytest.mark.parametrize("ours", [True, False])
def test_a_file_gives_way_to_a_notebook_of_its_path_only_when_asked_and_ours(ground: Ground, ours: bool) -> None:
    p, s = ground.primary, ground.secondary
    if ours:
        p.file("/Shared/x", b"echo")
        ground.copy()
        p.post("/api/2.0/workspace/delete", path="/Shared/x")
    else:
        s.file("/Shared/x", b"echo")
    p.notebook("/Shared/x")
    digest = ground.digest("secondary")

    told = ground.copy()

    assert told.exit_code == 1
    assert _actions(told.steps)["notebooks", "/Shared/x", "definition"] == ("replace" if ours else "conflict")
    assert ground.digest("secondary") == digest
    done = ground.copy(replace=("notebooks:/Shared/*",))
    assert done.exit_code == (0 if ours else 1)
    kind = s.do("GET", "/api/2.0/workspace/get-status", path="/Shared/x")["object_type"]
    assert kind == ("NOTEBOOK" if ours else "FILE")
    if ours:
        assert ground.red() == []
        assert ground.writes_of_a_copy() == 0


def test_a_group_of_the_workspaces_own_gives_way_to_the_accounts_with_all_that_names_it(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    p.group("team")
    outer = p.group("outer")
    p.join(outer, _group(ground, "primary", "team"))
    p.notebook("/Shared/n")
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_RUN", group_name="team")
    ground.copy()
    p.do("DELETE", f"/api/2.0/preview/scim/v2/Groups/{_group(ground, 'primary', 'team')}")
    made = ground.running.control("account/Groups", {"displayName": "team"})
    p.do("PUT", f"/api/2.0/preview/permissionassignments/principals/{made['id']}", {"permissions": ["USER"]})
    p.join(outer, made["id"])
    p.grant("notebooks", p.object_id("/Shared/n"), "CAN_RUN", group_name="team")

    told = ground.copy()

    assert told.exit_code == 1
    assert _actions(told.steps)["groups", "team", "definition"] == "replace"
    done = ground.copy(replace=("groups:team",))
    assert done.failures == []
    found = s.do("GET", f"/api/2.0/preview/scim/v2/Groups/{_group(ground, 'secondary', 'team')}")
    assert found["meta"]["resourceType"] == "Group"
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_a_folder_in_the_way_is_not_removed_with_what_it_holds(ground: Ground) -> None:
    ground.primary.notebook("/Shared/x")
    ground.secondary.folder("/Shared/x/y")
    ground.configure(adopt=["directories:*"])

    report = ground.copy(replace=("notebooks:*",))

    assert report.exit_code == 1
    assert any("DIRECTORY_NOT_EMPTY" in reason for reason in _reasons(report))
    assert ground.secondary.object_id("/Shared/x/y")


def test_only_narrows_what_is_written(ground: Ground) -> None:
    for name in ("a", "b"):
        ground.primary.job(name, tasks=[])

    report = ground.copy(only=("jobs:a",))

    assert report.exit_code == 0
    assert list(ground.secondary.jobs()) == ["a"]


def test_a_reference_that_is_broken_on_the_primary_blocks_its_job_by_name(ground: Ground) -> None:
    cluster = ground.primary.cluster("gone")
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/n"}, "existing_cluster_id": cluster}
    ground.primary.job("j", tasks=[task])
    ground.primary.notebook("/Shared/n")
    ground.primary.post("/api/2.1/clusters/permanent-delete", cluster_id=cluster)

    report = ground.copy()

    assert report.exit_code == 1
    assert any("broken on the primary" in reason and cluster in reason for reason in _reasons(report))
    assert ground.secondary.jobs() == {}


def _group(ground: Ground, role: str, name: str) -> str:
    site = ground.primary if role == "primary" else ground.secondary
    found = site.do("GET", "/api/2.0/preview/scim/v2/Groups", filter=f'displayName eq "{name}"')["Resources"]
    return str(found[0]["id"])
