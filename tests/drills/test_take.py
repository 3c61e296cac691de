"""Conflicts answered by name: what was changed on the secondary is overwritten or kept, as the operator says, and else left."""

import json
from typing import Any

import pytest

from lakedrill.inventory.errors import UsageError
from migrate.copy import Choices, planned
from migrate.step import Step
from tests.support.land import Land
from tests.support.workspaces import ANALYST, ENGINEER, IDS, Ground, base64_of

pytestmark = pytest.mark.drill

JOB, NOTEBOOK = "jobs:j", "notebooks:/Shared/n"


def _steps(steps: list[Step], *actions: str) -> dict[tuple[str, str], tuple[str, str]]:
    return {(f"{s.kind}:{s.key}", s.facet.value): (s.action.value, s.taken) for s in steps if s.action.value in actions}


def _plan(ground: Ground, **choices: Any) -> list[Step]:
    with planned(ground.drill, Choices(**choices), write=False) as (_, steps, _, _):
        return steps


def _seconds(ground: Ground, name: str = "j") -> int:
    return int(ground.secondary.jobs()[name][0]["settings"]["timeout_seconds"])


def _diverge(ground: Ground) -> int:
    """A job and a notebook that were copied, and changed by hand on the secondary since. Returns the primary's job."""
    job = ground.primary.job("j", tasks=[], timeout_seconds=1)
    ground.primary.notebook("/Shared/n", "print(1)")
    assert ground.copy().exit_code == 0
    ground.secondary.set(ground.secondary.jobs()["j"][0]["job_id"], timeout_seconds=3)
    ground.secondary.notebook("/Shared/n", "print('by hand')", overwrite=True)
    return job


def _vain(ground: Ground, side: str, glob: str) -> str:
    before = [ground.digest(role) for role in IDS]
    with pytest.raises(UsageError) as caught:
        ground.copy(takes=((side, glob),))
    assert [ground.digest(role) for role in IDS] == before
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_conflict_tells_what_to_type(ground: Ground) -> None:
    _diverge(ground)

    told = {f"{s.kind}:{s.key}": s.reason for s in _plan(ground) if s.action.value == "conflict"}

    assert told[JOB] == (
        "differs, and was not last written by this drill; --take primary jobs:j overwrites it, "
        "--take secondary jobs:j keeps it"
    )
    assert set(told) == {JOB, NOTEBOOK}


def test_the_primarys_is_written_in_this_run_and_ours_from_then_on(ground: Ground) -> None:
    job = _diverge(ground)
    assert _steps(_plan(ground, takes=(("primary", JOB),)), "adopt") == {(JOB, "definition"): ("adopt", "primary")}

    report = ground.copy(takes=(("primary", JOB), ("primary", "notebooks:/Shared/*")))

    assert report.exit_code == 0
    assert _seconds(ground) == 1
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    ground.primary.set(job, timeout_seconds=7)
    assert ground.copy().exit_code == 0
    assert _seconds(ground) == 7


def test_the_secondarys_is_kept_until_either_side_changes_again(ground: Ground) -> None:
    job = _diverge(ground)
    takes = (("secondary", JOB), ("secondary", NOTEBOOK))
    kept = {(JOB, "definition"): ("leave", "secondary"), (NOTEBOOK, "content"): ("leave", "secondary")}

    assert {k: v for k, v in _steps(_plan(ground, takes=takes), "leave").items() if v[1]} == kept
    assert set(_steps(_plan(ground), "conflict")) == set(kept)  # a plan remembers nothing
    with ground.watched() as seen:
        assert ground.copy(takes=takes).exit_code == 0
    assert [entry.path for entry in seen if entry.method != "GET"] == []
    later = ground.copy()

    assert later.exit_code == 0
    assert {k: v for k, v in _steps(later.steps, "leave").items() if v[1]} == kept
    assert {s.reason for s in later.steps if s.taken} == {"kept as on the secondary, as asked"}
    assert _seconds(ground) == 3
    assert {(r.key, r.outcome.value) for r in ground.red() if r.aspect != "references"} == {
        ("j", "different"),
        ("/Shared/n", "different"),
    }
    ground.primary.set(job, timeout_seconds=9)
    assert set(_steps(_plan(ground), "conflict")) == {(JOB, "definition")}
    ground.primary.set(job, timeout_seconds=1)
    assert _steps(_plan(ground), "conflict") == {}
    ground.secondary.notebook("/Shared/n", "print('again')", overwrite=True)
    assert set(_steps(_plan(ground), "conflict")) == {(NOTEBOOK, "content")}


def test_what_was_kept_can_be_taken_from_the_primary_after_all(ground: Ground) -> None:
    _diverge(ground)
    ground.copy(takes=(("secondary", JOB), ("secondary", NOTEBOOK)))

    assert ground.copy(takes=(("primary", JOB),)).exit_code == 0
    assert _seconds(ground) == 1
    ground.secondary.set(ground.secondary.jobs()["j"][0]["job_id"], timeout_seconds=3)

    assert set(_steps(_plan(ground), "conflict")) == {(JOB, "definition")}


def test_what_goes_in_one_request_with_what_is_kept_is_not_written(ground: Ground) -> None:
    """The text of a script is sent with its flag."""
    script = ground.primary.script("s", b"echo 1", enabled=True)
    ground.copy()
    listed = ground.secondary.do("GET", "/api/2.0/global-init-scripts")["scripts"]
    path = f"/api/2.0/global-init-scripts/{listed[0]['script_id']}"
    ground.secondary.do("PATCH", path, {"name": "s", "script": base64_of(b"echo 1"), "enabled": False})
    glob = "global_init_scripts:s"
    assert ground.copy(takes=(("secondary", glob),)).exit_code == 0
    body = {"name": "s", "script": base64_of(b"echo 2")}
    ground.primary.do("PATCH", f"/api/2.0/global-init-scripts/{script}", body)

    told = ground.copy()

    assert _steps(told.steps, "conflict") == {(glob, "content"): ("conflict", "")}
    assert "goes with its definition: kept as on the secondary" in told.failures[0][1]
    assert "--take primary global_init_scripts:s overwrites it" in told.failures[0][1]
    assert ground.secondary.do("GET", path)["enabled"] is False
    assert ground.copy(takes=(("secondary", glob),)).exit_code == 0
    assert ground.copy().exit_code == 0
    assert ground.copy(takes=(("primary", glob),)).exit_code == 0
    assert ground.secondary.do("GET", path)["enabled"] is True
    assert ground.red() == []


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_another_kinds_object_at_the_path_is_replaced_or_kept(ground: Ground, side: str) -> None:
    ground.primary.notebook("/Shared/n")
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/n"}}
    ground.primary.job("j", tasks=[task])
    ground.secondary.file("/Shared/n", b"theirs")
    reason = next(s.reason for s in _plan(ground) if s.action.value == "conflict")
    assert f"--take primary {NOTEBOOK} --replace {NOTEBOOK} replaces it" in reason

    if side == "primary":
        asking = ground.copy(takes=(("primary", NOTEBOOK),))
        assert "ask with --replace" in next(r for s, r in asking.failures if s.kind == "notebooks")
        report = ground.copy(takes=(("primary", NOTEBOOK),), replace=(NOTEBOOK,))
        assert report.exit_code == 0
        assert ground.red() == []
        return
    ground.copy(takes=(("secondary", NOTEBOOK),))
    report = ground.copy()
    assert [(s.kind, s.facet.value, reason) for s, reason in report.failures] == [
        ("jobs", "definition", f"refers to {NOTEBOOK}, which is not copied, as asked"),
        ("jobs", "permissions", "its definition is blocked"),
    ]
    assert ground.secondary.do("GET", "/api/2.0/workspace/get-status", path="/Shared/n")["object_type"] == "FILE"
    ground.secondary.file("/Shared/n", b"theirs, changed", overwrite=True)
    assert (NOTEBOOK, "definition") in _steps(_plan(ground), "conflict")


def test_an_answer_that_no_conflict_waits_for_is_refused(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    for name in (ENGINEER, ANALYST):
        p.user(name)
    p.job("same", tasks=[])
    p.notebook("/Shared/n")
    ground.copy()
    s.job("extra", tasks=[])
    s.grant("notebooks", s.object_id("/Shared/n"), "CAN_EDIT", user_name=ANALYST)
    for n in (1, 2):
        p.job("twin", tasks=[], timeout_seconds=n)
        s.job("twin", tasks=[], timeout_seconds=n + 2)

    assert _vain(ground, "primary", "jobs:same").endswith(
        "means no conflict; `lakedrill plan` shows those that there are"
    )
    assert "--take secondary 'jobs:no*'" in _vain(ground, "secondary", "jobs:no*")
    assert "jobs:extra is extra, not in conflict" in _vain(ground, "primary", "jobs:extra")
    assert "has more permissions than the primary's, which is extra" in _vain(ground, "primary", NOTEBOOK)
    assert "which of them is meant is not known" in _vain(ground, "primary", "jobs:twin")
    assert "expected KIND:GLOB" in _vain(ground, "primary", "twin")
    assert "unknown kind" in _vain(ground, "secondary", "job:twin")


def test_both_sides_of_one_object_are_not_taken(ground: Ground) -> None:
    _diverge(ground)

    with pytest.raises(UsageError, match="is to be taken from both sides, see jobs:j"):
        ground.copy(takes=(("secondary", "jobs:*"), ("primary", JOB)))
    with pytest.raises(UsageError, match="means no object"):
        ground.copy(takes=(("secondary", JOB),), only=(NOTEBOOK,))


@pytest.mark.parametrize("emulator", [pytest.param("federated", marks=pytest.mark.slow), "local"], indirect=True)
def test_of_a_group_what_is_the_workspaces_to_change_is_taken(ground: Ground) -> None:
    """Entitlements always are; members are not where the group belongs to the account."""
    p, s = ground.primary, ground.secondary
    groups = {}
    if ground.federated:
        made = ground.running.control("account/Groups", {"displayName": "team"})["id"]
        for site in (p, s):
            site.do("PUT", f"/api/2.0/preview/permissionassignments/principals/{made}", {"permissions": ["USER"]})
            groups[site.name] = made
    else:
        groups = {site.name: site.group("team") for site in (p, s)}
    p.do(
        "PATCH",
        f"/api/2.0/preview/scim/v2/Groups/{groups['primary']}",
        {"Operations": [{"op": "add", "path": "entitlements", "value": [{"value": "allow-cluster-create"}]}]},
    )
    assert _steps(ground.copy().steps, "conflict") == {("groups:team", "definition"): ("conflict", "")}

    assert ground.copy(takes=(("primary", "groups:team"),)).exit_code == 0

    found = s.do("GET", f"/api/2.0/preview/scim/v2/Groups/{groups['secondary']}")
    assert [item["value"] for item in found["entitlements"]] == ["allow-cluster-create"]
    assert ground.red() == []


def test_the_command_line_takes_an_answer(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    site = Ground(land.running, land.folder)
    land.write()
    site.primary.job("j", tasks=[], timeout_seconds=1)
    site.secondary.job("j", tasks=[], timeout_seconds=3)
    assert land.run("plan") == 1
    assert "--take primary jobs:j overwrites it" in capsys.readouterr().out
    assert land.run("plan", "--take", "secondary", "jobs:j") == 0
    assert "leave     jobs:j (definition): kept as on the secondary, as asked" in capsys.readouterr().out
    assert json.loads((land.home / "plan.json").read_text())["counts"].get("conflict") is None
    assert land.run("migrate", "--take", "nobody", "jobs:j") == 4
    assert "'nobody' is not one of 'primary', 'secondary'" in capsys.readouterr().err
    assert land.run("migrate", "--take", "primary") == 4
    assert land.run("migrate", "--take", "primary", "jobs:j") == 0
    assert _seconds(site) == 1
