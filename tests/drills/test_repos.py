"""Git folders from plan to check: cloned, moved along with the primary's, and left where somebody may have edited something."""

from __future__ import annotations

from typing import Any

import pytest

from lakedrill.inventory.errors import UsageError
from lakedrill.parity.outcome import Outcome
from migrate.kinds.repos import Repos
from tests.support.workspaces import Ground, Site

URL = "https://github.com/example/etl.git"
PATH = "/Repos/Production/etl"
PROFILE = {"url": URL, "provider": "gitHub"}


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator shows a write at once."""
    monkeypatch.setattr(Repos, "settle_seconds", 0.0)


def _clone(site: Site, path: str = PATH, *, branch: str = "main", **fields: Any) -> str:
    site.folder(path.rpartition("/")[0])
    key = str(site.post("/api/2.0/repos", path=path, **{**PROFILE, **fields})["id"])
    if branch != "main":
        _check_out(site, key, branch=branch)
    return key


def _check_out(site: Site, key: str, **ref: str) -> None:
    site.do("PATCH", f"/api/2.0/repos/{key}", ref)


def _at(site: Site, path: str = PATH) -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", f"/api/2.0/repos/{site.object_id(path)}")
    return found


def _push(ground: Ground, branch: str = "main") -> None:
    ground.running.control("primary/push", {"url": URL, "branch": branch})


def _steps(ground: Ground, **choices: Any) -> dict[str, tuple[str, str]]:
    return {s.facet.value: (s.action.value, s.reason) for s in ground.plan(**choices) if s.kind == "repos"}


def _found(ground: Ground) -> dict[str, Outcome]:
    return {record.aspect: record.outcome for record in ground.red() if record.kind == "repos"}


def _is_idle(ground: Ground, **choices: Any) -> bool:
    return ground.writes_of_a_copy(**choices) == 0


def test_it_is_cloned_at_its_branch_with_its_patterns_and_grants(ground: Ground) -> None:
    p = ground.primary
    p.group("team")
    key = _clone(p, branch="release/1", sparse_checkout={"patterns": ["src"]})
    p.grant("repos", key, "CAN_RUN", group_name="team")
    outside = f"{PATH.replace('/Repos/Production', '/Shared')}"
    _clone(p, outside, provider="gitLab")

    assert ground.copy().exit_code == 0

    for path in (PATH, outside):
        assert _at(ground.secondary, path) | {"id": 0} == _at(p, path) | {"id": 0}
    assert ground.secondary.grants("repos", ground.secondary.object_id(PATH))["team"] == {"CAN_RUN"}
    assert ground.red() == []
    assert _is_idle(ground)


def test_what_lies_in_it_is_no_object_of_its_own(ground: Ground) -> None:
    _clone(ground.primary, "/Shared/etl")
    ground.primary.notebook("/Shared/beside")
    ground.copy()
    comparison = ground.comparison()
    found = {each.label for each in comparison.pairs if each.kind in ("notebooks", "files", "directories")}
    assert found == {"/Shared/beside", "/Shared", "/Users", "/Repos", "/Users/drill@example.com"}


def test_it_follows_the_primary_where_nobody_else_touched_it(ground: Ground) -> None:
    key = _clone(ground.primary)
    ground.copy()
    _push(ground)
    _check_out(ground.primary, key, branch="main")
    assert _found(ground) == {"definition": Outcome.DIFFERENT, "files": Outcome.UNVERIFIABLE}

    assert _steps(ground)["definition"][0] == _steps(ground)["files"][0] == "update"
    assert ground.copy().exit_code == 0
    assert ground.red() == []

    _check_out(ground.primary, key, branch="develop")  # and again: what was written last is remembered
    assert ground.copy().exit_code == 0
    assert _at(ground.secondary)["branch"] == "develop"
    assert _is_idle(ground)


@pytest.mark.drill
def test_where_somebody_edited_something_nothing_is_changed(ground: Ground) -> None:
    """Whatever the operator asks for: an edit in a Git folder is in nobody's keeping but that folder's."""
    key = _clone(ground.primary)
    ground.copy()
    ground.secondary.file(f"{PATH}/mine.txt", b"not pushed")
    _check_out(ground.primary, key, branch="develop")
    ground.configure(secondary={"profile": "secondary", "workspace_id": 7_000_000_000_000_002, "dedicated": True})

    action, reason = _steps(ground, replace=("repos:*",))["definition"]
    assert action == "blocked"
    assert reason.endswith(f"databricks repos update {PATH} --branch develop, on the side whose commit is older")
    assert _is_idle(ground, replace=("repos:*",))
    with pytest.raises(UsageError, match="may hold edits that nobody committed"):
        ground.plan(takes=(("primary", "repos:*"),))
    assert _at(ground.secondary)["branch"] == "main"


@pytest.mark.drill
def test_edits_at_one_commit_are_told_by_file_and_left(ground: Ground) -> None:
    """On the secondary, where they are kept, and on the primary, whence no API brings them."""
    for role, site in (("secondary", ground.secondary), ("primary", ground.primary)):
        path = f"/Repos/Production/{role}"
        _clone(ground.primary, path)
        ground.copy()
        site.notebook(f"{path}/notebooks/load", "print('edited')", overwrite=True)
        assert _found(ground) == {"files": Outcome.DIFFERENT}
        (record,) = ground.red()
        assert [d.path for d in record.differences] == ["files.notebooks/load.sha256"]
        action, reason = {s.key: (s.action, s.reason) for s in ground.plan() if s.facet == "files"}[path]
        assert action == "blocked"
        assert "only Git carries edits" in reason
        assert _is_idle(ground)
        site.do(
            "PATCH", f"/api/2.0/repos/{site.object_id(path)}", {"branch": "main", "dangerously_force_discard_all": True}
        )
    assert ground.red() == []


@pytest.mark.drill
def test_one_that_somebody_else_made_is_left_at_its_commit(ground: Ground) -> None:
    _clone(ground.primary, branch="develop")
    _clone(ground.secondary)
    assert _steps(ground)["definition"][0] == "blocked"
    assert _is_idle(ground)


def test_a_remote_that_moved_on_is_told_and_the_command_that_mends_it(ground: Ground) -> None:
    """No API checks a commit out: the clone is at the newest one, and the primary's is older."""
    _clone(ground.primary)
    _push(ground)
    report = ground.copy()
    assert report.exit_code == 1
    assert any(reason.startswith("the service keeps something else: head_commit_id") for _, reason in report.failures)
    (record,) = (r for r in ground.red() if r.aspect == "definition")
    assert record.fix == f"databricks repos update {PATH} --branch main, on the side whose commit is older"
    _check_out(ground.primary, ground.primary.object_id(PATH), branch="main")
    assert ground.red() == []
    assert ground.copy().exit_code == 0


@pytest.mark.drill
def test_one_on_no_branch_is_cloned_and_its_tag_is_asked_for(ground: Ground) -> None:
    key = _clone(ground.primary)
    _check_out(ground.primary, key, tag="v1")
    report = ground.copy()
    assert any("which tag that is no API tells" in reason for _, reason in report.failures)
    _check_out(ground.secondary, ground.secondary.object_id(PATH), tag="v1")
    assert ground.red() == []
    assert ground.copy().exit_code == 0


def test_a_provider_without_a_credential_is_named_with_what_to_do(ground: Ground) -> None:
    """In one line, and the rest goes on."""
    _clone(ground.primary, "/Repos/Production/ok")
    key = _clone(ground.primary)
    private = {"id": int(key), "url": "https://github.com/example/private.git", "provider": "gitHub"}
    ground.running.control("primary/repo", private)
    report = ground.copy()
    (reason,) = {reason for step, reason in report.failures if step.key == PATH and step.facet == "definition"}
    assert reason.startswith("PERMISSION_DENIED: Missing Git provider credentials.")
    assert "databricks git-credentials create gitHub" in reason
    assert "\n" not in reason
    assert report.exit_code == 1
    assert _at(ground.secondary, "/Repos/Production/ok")["branch"] == "main"


def test_what_points_into_it_waits_for_it(ground: Ground) -> None:
    """A job, from wherever it names something in it; and its path is the secondary's."""
    p = ground.primary
    for path in ("/Repos/Production/etl", "/Shared/etl"):
        _clone(p, path)
    tasks: list[dict[str, Any]] = [
        {"task_key": "a", "notebook_task": {"notebook_path": "/Workspace/Repos/Production/etl/notebooks/load"}},
        {"task_key": "b", "spark_python_task": {"python_file": "/Shared/etl/src/main.py"}},
    ]
    for task in tasks:
        p.job(task["task_key"], tasks=[task])
    ground.configure(
        mapping=[
            {"primary": "/Shared/etl", "secondary": "/Shared/copy", "prefix": True, "kind": "repos", "path": "path"}
        ],
        scope=[{"kind": "repos", "key": "/Repos/**", "mode": "out", "reason": "Git's own"}],
    )
    report = ground.copy()
    stuck = {step.key: reason for step, reason in report.failures if step.kind == "jobs" and step.facet == "definition"}
    assert list(stuck) == ["a"]
    assert "refers to repos:/Repos/Production/etl" in stuck["a"]
    ((job,),) = ground.secondary.jobs().values()
    assert job["settings"]["tasks"][0]["spark_python_task"]["python_file"] == "/Shared/copy/src/main.py"


@pytest.mark.drill
def test_an_extra_one_is_never_deleted(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    _clone(ground.secondary)
    assert _found(ground) == {"inventory": Outcome.EXTRA}
    ground.plan(prune=True)
    (step,) = (s for s in ground.copy(prune=True).steps if s.kind == "repos")
    assert "not pushed would be lost" in step.reason
    assert _at(ground.secondary)["url"] == URL


@pytest.mark.drill
def test_nothing_is_put_in_the_place_of_one(ground: Ground) -> None:
    ground.primary.notebook("/Shared/etl")
    _clone(ground.secondary, "/Shared/etl")
    (step,) = (s for s in ground.plan(replace=("notebooks:*",)) if s.kind == "notebooks" and s.facet == "definition")
    assert step.action == "blocked"
    assert "not pushed would be lost" in step.reason


def test_one_with_the_git_cli_is_found_by_its_mark(ground: Ground) -> None:
    """The Repos API does not list it, and the tree tells it as a folder."""
    _clone(ground.primary, "/Shared/etl")
    for role in ("primary", "secondary"):
        ground.running.control(f"{role}/modes", {"git_cli": True})
    assert ground.copy().exit_code == 0
    assert _at(ground.secondary, "/Shared/etl")["url"] == URL
    assert ground.red() == []


@pytest.mark.drill
def test_one_without_a_remote_is_left_to_people(ground: Ground) -> None:
    """The UI makes those, and no API does."""
    key = _clone(ground.primary)
    ground.running.control("primary/repo", {"id": int(key), "url": "", "provider": ""})
    told: list[str] = []
    ground.copy(tell=told.append)
    assert f"by hand: make a Git folder without a remote, which no API does: {PATH} (repos)" in told
    assert _found(ground) == {"inventory": Outcome.MISSING}
