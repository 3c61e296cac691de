"""Git folders on the wire: what a clone brings into the tree, and how it moves."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, PermissionDenied
from databricks.sdk.service.workspace import ImportFormat, SparseCheckout, SparseCheckoutUpdate

from fixtures.emulator.server import Running

URL = "https://github.com/example/etl.git"
WHOLE = {
    "/README.md": "FILE",
    "/build": "DIRECTORY",
    "/build/install.sh": "FILE",
    "/notebooks": "DIRECTORY",
    "/notebooks/load": "NOTEBOOK",
    "/notebooks/sql": "DIRECTORY",
    "/notebooks/sql/report": "NOTEBOOK",
    "/requirements.txt": "FILE",
    "/src": "DIRECTORY",
    "/src/main.py": "FILE",
}


def _made(workspace: WorkspaceClient, path: str = "/Shared/etl", url: str = URL, *patterns: str) -> int:
    workspace.workspace.mkdirs(path.rpartition("/")[0])
    sparse = SparseCheckout(list(patterns)) if patterns else None
    return int(workspace.repos.create(url, "gitHub", path=path, sparse_checkout=sparse).id or 0)


def _held(workspace: WorkspaceClient, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pending = [path]
    while pending:
        for each in workspace.workspace.list(pending.pop()):
            assert each.path
            assert each.object_type
            found[each.path.removeprefix("/Shared/etl")] = each.object_type.value
            pending += [each.path] if each.object_type.value == "DIRECTORY" else []
    return found


def _load(workspace: WorkspaceClient) -> str:
    return str(workspace.workspace.export("/Shared/etl/notebooks/load").content)


def test_a_clone_brings_folders_notebooks_and_files_into_the_tree(primary: WorkspaceClient) -> None:
    _made(primary)
    assert _held(primary, "/Shared/etl") == WHOLE


def test_a_sparse_checkout_has_the_files_of_the_root_and_the_folders_of_its_cone(primary: WorkspaceClient) -> None:
    key = _made(primary, "/Shared/etl", URL, "notebooks/sql")
    folders = {"/notebooks", "/notebooks/sql", "/notebooks/sql/report"}
    assert _held(primary, "/Shared/etl").keys() == folders | {"/README.md", "/requirements.txt"}
    primary.repos.update(key, branch="main", sparse_checkout=SparseCheckoutUpdate(["src"]))
    assert _held(primary, "/Shared/etl").keys() == {"/src", "/src/main.py", "/README.md", "/requirements.txt"}


def test_what_a_commit_holds_is_the_same_everywhere(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    keys = [_made(workspace) for workspace in (primary, secondary)]
    heads = {w.repos.get(key).head_commit_id for w, key in zip((primary, secondary), keys, strict=True)}
    assert len(heads) == 1
    assert _load(primary) == _load(secondary)


def test_an_update_goes_to_the_newest_commit_and_ids_stay(emulator: Running, primary: WorkspaceClient) -> None:
    key = _made(primary)
    old, content, there = (
        primary.repos.get(key),
        _load(primary),
        primary.workspace.get_status("/Shared/etl/src/main.py"),
    )
    pushed = emulator.control("primary/push", {"url": URL, "branch": "main"})["commit"]
    assert primary.repos.get(key) == old
    primary.repos.update(key, branch="main")
    assert primary.repos.get(key).head_commit_id == pushed != old.head_commit_id
    assert _load(primary) != content
    assert primary.workspace.get_status("/Shared/etl/src/main.py").object_id == there.object_id


def test_an_update_meets_no_edits_unless_it_is_forced(primary: WorkspaceClient) -> None:
    key = _made(primary)
    primary.workspace.upload("/Shared/etl/new.txt", b"mine", format=ImportFormat.RAW)
    with pytest.raises(DatabricksError, match="uncommitted changes"):
        primary.repos.update(key, branch="develop")
    assert primary.workspace.download("/Shared/etl/new.txt").read() == b"mine"
    primary.repos.update(key, branch="develop", dangerously_force_discard_all=True)
    assert _held(primary, "/Shared/etl") == WHOLE


def test_by_default_it_goes_into_the_callers_folder(primary: WorkspaceClient) -> None:
    assert primary.repos.create(URL, "gitHub").path == "/Repos/drill@example.com/etl"


def test_it_goes_with_its_folder_or_by_itself(primary: WorkspaceClient) -> None:
    keys = [_made(primary, f"/Shared/clones/{name}") for name in "ab"]
    primary.repos.delete(keys[0])
    primary.workspace.delete("/Shared/clones", recursive=True)
    for key in keys:
        with pytest.raises(NotFound, match="Repo could not be found"):
            primary.repos.get(key)


def test_a_listing_comes_in_pages_of_what_the_caller_manages(emulator: Running, primary: WorkspaceClient) -> None:
    keys = {_made(primary, f"/Repos/many/r{number}") for number in range(23)}
    _made(primary)
    assert {repo.id for repo in primary.repos.list()} == keys
    assert [repo.path for repo in primary.repos.list(path_prefix="/Workspace/Shared")] == ["/Shared/etl"]
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    assert list(ann.repos.list()) == []
    with pytest.raises(NotFound):
        ann.repos.get(min(keys))


def test_who_may_read_one_may_not_move_it(emulator: Running, primary: WorkspaceClient) -> None:
    key = _made(primary)
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    entry = {"user_name": "ann@example.com", "permission_level": "CAN_RUN"}
    primary.api_client.do("PATCH", f"/api/2.0/permissions/repos/{key}", body={"access_control_list": [entry]})
    assert ann.repos.get(key).path == "/Shared/etl"
    with pytest.raises(PermissionDenied, match="Manage"):
        ann.repos.update(key, branch="develop")


def test_one_with_the_git_cli_is_a_folder_with_a_mark(emulator: Running, primary: WorkspaceClient) -> None:
    inside, outside = _made(primary, "/Repos/many/etl"), _made(primary)
    emulator.control("primary/modes", {"git_cli": True})
    told = {path: primary.workspace.get_status(path) for path in ("/Repos/many/etl", "/Shared/etl")}
    assert [each.object_type and each.object_type.value for each in told.values()] == ["REPO", "DIRECTORY"]
    mark = told["/Shared/etl"].directory_info
    assert mark
    assert mark.is_git_folder
    assert [repo.id for repo in primary.repos.list(path_prefix="/Workspace/Shared")] == []
    assert [repo.id for repo in primary.repos.list()] == [inside]
    assert primary.repos.get(outside).branch == "main"
    info = primary.api_client.do(
        "GET", "/api/2.0/workspace/get-status", query={"path": "/Shared/etl/src", "return_git_info": "true"}
    )
    assert info["git_info"] == {"id": outside, "path": "/Shared/etl"}


def test_a_clone_can_be_put_in_place_of_another_for_tests(emulator: Running, primary: WorkspaceClient) -> None:
    """What no update changes."""
    key = _made(primary)
    emulator.control("primary/repo", {"id": key, "url": "https://gitlab.com/example/x.git", "provider": "gitLab"})
    found = primary.repos.get(key)
    assert (found.url, found.provider, found.path) == ("https://gitlab.com/example/x.git", "gitLab", "/Shared/etl")
