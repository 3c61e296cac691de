"""The legacy command line (databricks-cli 0.18, which its makers' scripts for disaster recovery call) drives the emulator."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.workspace import ImportFormat

from fixtures.emulator.server import Running
from tests.support.legacy_cli import LegacyCli

HOME = "/Users/drill@example.com"
LOCAL = pytest.mark.parametrize("emulator", ["local"], indirect=True)


def _asked(running: Running, name: str = "primary") -> list[str]:
    return [f"{entry.method} {entry.path.removeprefix('/api/')}" for entry in running.emulator.apps[name].log]


def _notebook(folder: Path, name: str = "nb.py", text: str = "print(1)\n") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_the_program_as_it_is_installed(cli: LegacyCli, emulator: Running) -> None:
    program = Path(sys.executable).with_name("databricks")
    args = [program, "workspace", "ls", "--profile", "secondary"]
    said = subprocess.run(args, env=cli.env, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.split() == ["Repos", "Shared", "Users"]
    assert _asked(emulator, "secondary") == ["GET 2.0/workspace/list"]
    assert _asked(emulator) == []
    agent = emulator.emulator.apps["secondary"].log[0].user_agent
    assert agent.startswith("databricks-cli-0.18.0-workspace-ls-")


def test_an_unknown_token_is_told_as_the_program_tells_it(cli: LegacyCli, emulator: Running) -> None:
    profiles = Path(cli.env["DATABRICKS_CONFIG_FILE"])
    text = profiles.read_text()
    profiles.write_text(text.replace("dapi-primary", "dapi-nobody"))
    try:
        said = cli("clusters", "list")
    finally:
        profiles.write_text(text)
    assert (said.code, said.out) == (
        1,
        "Error: Authorization failed. Your token may be expired or lack the valid scope\n",
    )


def test_workspace_lists_in_short_and_long_form(cli: LegacyCli, tmp_path: Path) -> None:
    cli.done("workspace", "mkdirs", f"{HOME}/a/b")
    cli.done("workspace", "import", _notebook(tmp_path), f"{HOME}/a/nb", "-l", "python")
    assert cli.done("workspace", "ls", f"{HOME}/a").rows == [["b"], ["nb"]]
    assert cli.done("workspace", "list", "--absolute", f"{HOME}/a").rows == [[f"{HOME}/a/b"], [f"{HOME}/a/nb"]]
    assert cli.done("workspace", "ls", "-l", f"{HOME}/a").rows == [["DIRECTORY", "b"], ["NOTEBOOK", "nb", "PYTHON"]]
    rows = cli.done("workspace", "ls", "-l", "-i", f"{HOME}/a").rows
    assert [row[-1].isdigit() for row in rows] == [True, True]
    assert cli.done("workspace", "ls", f"{HOME}/a/b").out == "\n"
    said = cli("workspace", "ls", "/nope")
    assert said.code == 1
    assert said.out.startswith('Error: b\'{"error_code":"RESOURCE_DOES_NOT_EXIST"')


@pytest.mark.parametrize(
    ("language", "extension", "source"),
    [
        ("PYTHON", "py", "# Databricks notebook source\nprint(1)\n\n# COMMAND ----------\n\nprint(2)\n"),
        ("SQL", "sql", "-- Databricks notebook source\nselect 1\n"),
        ("SCALA", "scala", "// Databricks notebook source\nval x = 1\n"),
        ("R", "r", "# Databricks notebook source\nx <- 1\n"),
    ],
)
def test_workspace_import_and_export_keep_the_source(
    cli: LegacyCli, tmp_path: Path, language: str, extension: str, source: str
) -> None:
    file = _notebook(tmp_path, f"nb.{extension}", source)
    cli.done("workspace", "import", file, f"{HOME}/nb", "-l", language)
    again = cli("workspace", "import", file, f"{HOME}/nb", "-l", language)
    assert (again.code, "RESOURCE_ALREADY_EXISTS" in again.out) == (1, True)
    cli.done("workspace", "import", file, f"{HOME}/nb", "-l", language, "-o")
    (tmp_path / "out").mkdir()
    cli.done("workspace", "export", f"{HOME}/nb", str(tmp_path / "out"))
    assert (tmp_path / f"out/nb.{extension}").read_text() == source
    cli.done("workspace", "export", f"{HOME}/nb", str(tmp_path / "nb.html"), "-f", "html")
    assert "<html" in (tmp_path / "nb.html").read_text()


def test_workspace_goes_through_jupyter(cli: LegacyCli, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": ["print(1)"], "metadata": {}, "outputs": [], "execution_count": None}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 0}
    file = _notebook(tmp_path, "nb.ipynb", json.dumps(notebook))
    cli.done("workspace", "import", file, f"{HOME}/nb", "-l", "python", "-f", "jupyter")
    cli.done("workspace", "export", f"{HOME}/nb", str(tmp_path / "out.ipynb"), "-f", "jupyter")
    assert json.loads((tmp_path / "out.ipynb").read_text())["cells"] == cells
    refused = cli("workspace", "export", f"{HOME}/nb", str(tmp_path / "out.dbc"), "-f", "dbc")
    assert refused.code == 1


def test_workspace_copies_a_home_from_region_to_region(
    cli: LegacyCli, primary: WorkspaceClient, secondary: WorkspaceClient, tmp_path: Path
) -> None:
    """The copy of the makers' scripts: what is no notebook is lost on the way, and the exit code does not tell."""
    _notebook(tmp_path, "in/a.py", "# Databricks notebook source\nprint(1)\n")
    _notebook(tmp_path, "in/deep/\u00fcber b.sql", "-- Databricks notebook source\nselect 1\n")
    _notebook(tmp_path, "in/readme.txt", "lost")
    said = cli.done("workspace", "import_dir", str(tmp_path / "in"), f"{HOME}/project")
    assert "readme.txt does not have a valid extension" in said.out
    primary.workspace.upload(f"{HOME}/project/data.csv", b"lost too", format=ImportFormat.AUTO)

    said = cli.done("workspace", "export_dir", f"{HOME}/project", str(tmp_path / "out"))
    assert f"{HOME}/project/data.csv is neither a dir or a notebook. Skip." in said.out
    found = {str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert found == {"a.py", "deep/\u00fcber b.sql"}
    cli.done("workspace", "import_dir", str(tmp_path / "out"), f"{HOME}/project", profile="secondary")
    again = cli("workspace", "import_dir", str(tmp_path / "out"), f"{HOME}/project", profile="secondary")
    assert (again.code, "RESOURCE_ALREADY_EXISTS" in again.out) == (1, True)
    cli.done("workspace", "import_dir", "-o", str(tmp_path / "out"), f"{HOME}/project", profile="secondary")

    for path in ("a", "deep/\u00fcber b"):
        sources = [w.workspace.export(f"{HOME}/project/{path}").content for w in (primary, secondary)]
        assert sources[0] == sources[1]


def test_workspace_delete(cli: LegacyCli) -> None:
    cli.done("workspace", "mkdirs", f"{HOME}/a/b")
    refused = cli("workspace", "delete", f"{HOME}/a")
    assert (refused.code, "DIRECTORY_NOT_EMPTY" in refused.out) == (1, True)
    cli.done("workspace", "delete", "-r", f"{HOME}/a")
    assert cli("workspace", "rm", f"{HOME}/a").code == 1
    assert cli.done("workspace", "ls", HOME).out == "\n"


def test_fs_copies_both_ways(cli: LegacyCli, primary: WorkspaceClient, emulator: Running, tmp_path: Path) -> None:
    small, large = tmp_path / "small.bin", tmp_path / "large.bin"
    small.write_bytes(b"\x00\xff small")
    large.write_bytes(bytes(range(256)) * (10 * 1024) + b"end")
    for file in (small, large):
        cli.done("fs", "cp", str(file), f"dbfs:/in/{file.name}")
    assert [path for path in _asked(emulator) if path.startswith("POST")] == ["POST 2.0/dbfs/put"] * 2
    assert cli.done("fs", "ls", "dbfs:/in").rows == [["large.bin"], ["small.bin"]]
    rows = cli.done("fs", "ls", "-l", "--absolute", "dbfs:/in").rows
    assert [row[:3] for row in rows] == [
        ["file", str(large.stat().st_size), "dbfs:/in/large.bin"],
        ["file", "8", "dbfs:/in/small.bin"],
    ]
    (tmp_path / "out").mkdir()
    for file in (small, large):
        cli.done("fs", "cp", f"dbfs:/in/{file.name}", str(tmp_path / "out"))
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()
    assert sum(path == "GET 2.0/dbfs/read" for path in _asked(emulator)) == 1 + 3
    taken = cli("fs", "cp", str(small), "dbfs:/in/large.bin")
    assert (taken.code, "RESOURCE_ALREADY_EXISTS" in taken.out) == (1, True)
    cli.done("fs", "cp", "--overwrite", str(small), "dbfs:/in/large.bin")
    assert primary.dbfs.get_status("/in/large.bin").file_size == 8
    cli.done("fs", "mkdirs", "dbfs:/folder")
    cli.done("fs", "cp", str(small), "dbfs:/folder")
    assert cli.done("fs", "ls", "dbfs:/folder").rows == [["small.bin"]]
    assert cli("fs", "cp", str(tmp_path / "nope"), "dbfs:/in").code == 1


def test_fs_copies_trees(cli: LegacyCli, tmp_path: Path) -> None:
    for name in ("a.txt", "deep/b c.txt", "deep/er/\u00e9.txt"):
        _notebook(tmp_path / "in", name, name)
    cli.done("fs", "cp", "-r", str(tmp_path / "in"), "dbfs:/tree")
    again = cli.done("fs", "cp", "-r", str(tmp_path / "in"), "dbfs:/tree")
    assert again.out.count("already exists. Skip.") == 3
    cli.done("fs", "cp", "-r", "dbfs:/tree", "dbfs:/copy")
    cli.done("fs", "cp", "-r", "dbfs:/copy", str(tmp_path / "out"))
    found = {str(file.relative_to(tmp_path / "out")): file.read_text() for file in (tmp_path / "out").rglob("*.txt")}
    assert found == {name: name for name in ("a.txt", "deep/b c.txt", "deep/er/\u00e9.txt")}


def test_fs_shows_moves_and_removes(cli: LegacyCli, tmp_path: Path) -> None:
    cli.done("fs", "cp", _notebook(tmp_path, text="two\nlines\n"), "dbfs:/a/nb.py")
    assert cli.done("fs", "cat", "dbfs:/a/nb.py").out == "two\nlines\n"
    cli.done("fs", "mkdirs", "dbfs:/b/c")
    cli.done("fs", "mv", "dbfs:/a/nb.py", "dbfs:/b/c/moved.py")
    assert cli.done("fs", "ls", "dbfs:/b/c").rows == [["moved.py"]]
    refused = cli("fs", "rm", "dbfs:/b")
    assert (refused.code, "Directory is not empty" in refused.out) == (1, True)
    assert "Delete finished successfully." in cli.done("fs", "rm", "-r", "dbfs:/b").out
    cli.done("fs", "rm", "-r", "dbfs:/b")
    missing = cli("fs", "ls", "dbfs:/b")
    assert (missing.code, "No file or directory exists on path dbfs:/b." in missing.out) == (1, True)


def test_fs_removes_what_takes_several_requests(cli: LegacyCli, emulator: Running) -> None:
    cut = {"path": "/api/2.0/dbfs/delete", "status": 503, "code": "PARTIAL_DELETE", "times": 2}
    emulator.control("primary/faults", [cut | {"message": "The operation has deleted 10 files."}])
    said = cli.done("fs", "rm", "-r", "dbfs:/x")
    assert "Deleted 20 files. Delete in progress..." in said.out
    assert "Delete finished successfully." in said.out


def test_secrets(cli: LegacyCli, primary: WorkspaceClient, emulator: Running, tmp_path: Path) -> None:
    cli.done("secrets", "create-scope", "--scope", "s")
    cli.done("secrets", "create-scope", "--scope", "all", "--initial-manage-principal", "users")
    again = cli("secrets", "create-scope", "--scope", "s")
    assert (again.code, "Scope s already exists!" in again.out) == (1, True)
    rows = cli.done("secrets", "list-scopes").rows
    assert rows[2:] == [["s", "DATABRICKS", "N/A"], ["all", "DATABRICKS", "N/A"]]
    cli.done("secrets", "put", "--scope", "s", "--key", "text", "--string-value", "hush-1")
    (tmp_path / "binary").write_bytes(b"\x00hush-2")
    cli.done("secrets", "write", "--scope", "s", "--key", "bytes", "--binary-file", str(tmp_path / "binary"))
    values = {key: base64.b64decode(primary.secrets.get_secret("s", key).value or "") for key in ("text", "bytes")}
    assert values == {"text": b"hush-1", "bytes": b"\x00hush-2"}
    assert [row[0] for row in cli.done("secrets", "list", "--scope", "s").rows[2:]] == ["bytes", "text"]
    cli.done("secrets", "delete", "--scope", "s", "--key", "bytes")
    assert [
        secret["key"] for secret in cli.done("secrets", "list", "--scope", "s", "--output", "JSON").json["secrets"]
    ] == ["text"]
    cli.done("secrets", "put-acl", "--scope", "s", "--principal", "users", "--permission", "READ")
    rows = cli.done("secrets", "list-acls", "--scope", "s").rows
    assert rows[2:] == [["drill@example.com", "MANAGE"], ["users", "READ"]]
    one = ("--scope", "s", "--principal", "users")
    assert cli.done("secrets", "get-acl", *one, "--output", "JSON").json == {"principal": "users", "permission": "READ"}
    cli.done("secrets", "delete-acl", *one)
    assert cli("secrets", "get-acl", *one).code == 1
    cli.done("secrets", "delete-scope", "--scope", "s")
    missing = cli("secrets", "list", "--scope", "s")
    assert (missing.code, "Scope s does not exist!" in missing.out) == (1, True)
    assert "hush" not in str(emulator.control("primary/log"))


@LOCAL
def test_groups(cli: LegacyCli, primary: WorkspaceClient) -> None:
    primary.users.create(user_name="ann@example.com")
    assert cli.done("groups", "create", "--group-name", "ops").json == {"group_name": "ops"}
    assert cli("groups", "create", "--group-name", "ops").code == 1
    cli.done("groups", "create", "--group-name", "all")
    cli.done("groups", "add-member", "--parent-name", "ops", "--user-name", "ann@example.com")
    cli.done("groups", "add-member", "--parent-name", "all", "--group-name", "ops")
    assert cli.done("groups", "list").json == {"group_names": ["admins", "users", "ops", "all"]}
    assert cli.done("groups", "list-members", "--group-name", "all").json == {"members": [{"group_name": "ops"}]}
    assert cli.done("groups", "list-parents", "--user-name", "ann@example.com").json == {"group_names": ["ops"]}
    assert cli.done("groups", "list-parents", "--group-name", "ops").json == {"group_names": ["all"]}
    cli.done("groups", "remove-member", "--parent-name", "ops", "--user-name", "ann@example.com")
    assert cli.done("groups", "list-members", "--group-name", "ops").json == {}
    assert cli.done("groups", "delete", "--group-name", "ops").json == {}
    missing = cli("groups", "list-members", "--group-name", "ops")
    assert (missing.code, "RESOURCE_DOES_NOT_EXIST" in missing.out) == (1, True)


def test_groups_of_the_account_are_let_in(cli: LegacyCli, emulator: Running) -> None:
    emulator.control("account/Groups", {"displayName": "analysts"})
    refused = cli("groups", "create", "--group-name", "other")
    assert (refused.code, "Account group with name" in refused.out) == (1, True)
    assert cli.done("groups", "create", "--group-name", "analysts").json == {"group_name": "analysts"}
    refused = cli("groups", "add-member", "--parent-name", "analysts", "--user-name", "drill@example.com")
    assert (refused.code, "can only be managed in account" in refused.out) == (1, True)
