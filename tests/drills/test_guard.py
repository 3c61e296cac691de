"""What ends a copy before it starts, each with one clear line and the exit code 4, or 2 where too little was seen."""

from typing import Any

import pytest

from fixtures.emulator.seed import CALLER
from lakedrill.inventory.capture import capture
from lakedrill.inventory.errors import DrillError
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace
from migrate.copy import Choices, planned
from tests.support.workspaces import ANALYST, IDS, NIGHTLY, Ground

DAY_MS = 24 * 3600 * 1000


def _refused(ground: Ground, *, exit_code: int = 4, **choices: Any) -> str:
    """Copy, and return why that was refused. Nothing was written; the exit code is the configuration's, or another."""
    before = [ground.digest(role) for role in IDS]
    with pytest.raises(DrillError) as caught:
        ground.copy(**choices)
    assert [ground.digest(role) for role in IDS] == before
    assert caught.value.exit_code == exit_code
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _profile(ground: Ground, role: str, **fields: str) -> None:
    """Change a profile of the profile file."""
    emulator = ground.running.emulator
    lines = []
    for name, app in emulator.apps.items():
        values = {"host": emulator.hosts[name], "token": next(iter(app.workspace.tokens))}
        values |= fields if name == role else {}
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""]
    (ground.folder / "databrickscfg").write_text("\n".join(lines))


def test_a_primary_with_nothing_of_its_own_was_perhaps_not_seen(ground: Ground) -> None:
    assert "holds nothing" in _refused(ground, exit_code=2)


def test_a_snapshot_by_a_caller_who_was_no_admin_is_not_copied(ground: Ground) -> None:
    """A capture says whose it is, and may be made by whoever can read."""
    ground.primary.notebook("/Shared/n")
    ground.running.emulator.apps["primary"].workspace.tokens["dapi-analyst"] = ground.primary.user(ANALYST)
    _profile(ground, "primary", token="dapi-analyst")
    capture(Workspace(ground.drill.primary), ground.drill.snapshot("primary"), CATALOGUE).close()

    said = _refused(ground, exit_code=2, from_snapshot=True)

    assert "the caller was no workspace admin" in said


@pytest.mark.parametrize("role", IDS)
def test_a_caller_who_is_no_admin_sees_too_little(ground: Ground, role: str) -> None:
    ground.primary.notebook("/Shared/n")
    site = ground.primary if role == "primary" else ground.secondary
    key = site.user(ANALYST)
    ground.running.emulator.apps[role].workspace.tokens["dapi-analyst"] = key
    _profile(ground, role, token="dapi-analyst")

    said = _refused(ground)

    assert said.startswith(f"{role} (profile {role}): {ANALYST} is no workspace admin")


@pytest.mark.parametrize("role", IDS)
def test_another_workspace_behind_a_profile_is_told_after_one_request(ground: Ground, role: str) -> None:
    ground.primary.notebook("/Shared/n")
    sides = {name: {"profile": name, "workspace_id": IDS[name]} for name in IDS}
    sides[role]["workspace_id"] = 123
    ground.configure(**sides)

    with ground.watched(role) as seen:
        said = _refused(ground)

    assert f"{role} (profile {role}): is workspace {IDS[role]}, but drill.yaml names 123" in said
    assert {entry.path for entry in seen if entry.caller} == {"/api/2.0/preview/scim/v2/Me"}


def test_exchanged_roles_are_told_after_one_request(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    emulator = ground.running.emulator
    hosts = {name: emulator.hosts[name] for name in IDS}
    tokens = {name: next(iter(emulator.apps[name].workspace.tokens)) for name in IDS}
    text = "".join(
        f"[{name}]\nhost = {hosts[other]}\ntoken = {tokens[other]}\n\n"
        for name, other in zip(IDS, reversed(IDS), strict=True)
    )
    (ground.folder / "databrickscfg").write_text(text)

    with ground.watched("primary") as p, ground.watched("secondary") as s:
        said = _refused(ground)

    assert str(IDS["primary"]) in said
    assert str(IDS["secondary"]) in said
    assert {entry.path for entry in (*p, *s) if entry.caller} == {"/api/2.0/preview/scim/v2/Me"}


@pytest.mark.parametrize("role", IDS)
def test_a_wrong_token_is_told_with_the_profile_and_not_shown(ground: Ground, role: str) -> None:
    ground.primary.notebook("/Shared/n")
    _profile(ground, role, token="dapi-of-nobody-0123456789")

    said = _refused(ground)

    assert said.startswith(f"{role} (profile {role}): the token was refused")
    assert "nobody" not in said


def test_an_unknown_profile_is_told(ground: Ground) -> None:
    ground.configure(secondary={"profile": "nowhere", "workspace_id": IDS["secondary"]})

    assert "profile nowhere" in _refused(ground)


def test_a_secondary_with_an_unpaused_trigger_serves(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.secondary.job("live", tasks=[], schedule=NIGHTLY)

    said = _refused(ground)

    assert "its job live has an unpaused schedule" in said
    assert f"--into-live {IDS['secondary']}" in said
    assert "--into-live" in _refused(ground, into_live=IDS["primary"])
    assert ground.copy(into_live=IDS["secondary"]).exit_code == 0


def test_a_secondary_that_ran_something_today_serves(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.secondary.notebook("/Shared/n")
    job = ground.secondary.job("j", tasks=[{"task_key": "t", "notebook_task": {"notebook_path": "/Shared/n"}}])
    run = ground.secondary.post("/api/2.2/jobs/run-now", job_id=job)["run_id"]

    assert f"run {run} started in the last 24 hours" in _refused(ground)
    assert ground.copy(into_live=IDS["secondary"]).exit_code == 0


def test_whether_it_serves_is_not_guessed(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    rule = {"path": "/api/2.2/jobs/runs/list", "status": 403, "code": "PERMISSION_DENIED", "message": "No."}
    ground.faults(rule)

    assert "can't be read" in _refused(ground)


def test_a_plan_may_be_made_for_a_secondary_that_serves(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.secondary.job("live", tasks=[], schedule=NIGHTLY)

    with planned(ground.drill, Choices(), write=False) as (_, steps, _, _):
        assert {step.key for step in steps if step.action.writes} == {"/Shared/n"}


def test_a_journal_of_another_workspace_is_not_continued(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    (ground.home / "journal.jsonl").write_text('{"event": "opened", "format": 1, "workspace_id": 5}\n')

    assert "journal" in _refused(ground)


def test_a_snapshot_of_another_workspace_is_not_copied(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.copy()
    ground.configure(primary={"profile": "primary", "workspace_id": 5})

    assert "is of workspace" in _refused(ground, from_snapshot=True)


def test_rows_of_a_mapping_that_contradict_each_other_are_told(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    rows = [{"primary": "a", "secondary": "b"}, {"primary": "a", "secondary": "c"}]
    ground.configure(mapping=rows)

    assert "mapping" in _refused(ground)


def test_the_caller_is_who_the_emulator_says(ground: Ground) -> None:
    assert ground.primary.do("GET", "/api/2.0/preview/scim/v2/Me")["userName"] == CALLER
