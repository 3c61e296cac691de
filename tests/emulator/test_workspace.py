"""Notebooks, files and folders on the wire."""

import base64
import io
import json
import re
import zipfile

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, InvalidParameterValue, NotFound, ResourceAlreadyExists
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType

from fixtures.emulator import acl, principals, tree
from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running
from fixtures.emulator.state import Workspace

HOME = f"/Users/{CALLER}"
LIMIT = 10_485_760
HEADER = "# Databricks notebook source\n"


def _put(w: WorkspaceClient, path: str, text: str | bytes, **kind: object) -> None:
    data = text.encode() if isinstance(text, str) else text
    options = {"language": Language.PYTHON, "format": ImportFormat.SOURCE} | kind
    if options["format"] is not ImportFormat.SOURCE:
        del options["language"]
    w.workspace.import_(path, content=base64.b64encode(data).decode(), **options)  # type: ignore[arg-type]


def _export(w: WorkspaceClient, path: str, kind: ExportFormat = ExportFormat.SOURCE) -> str:
    return base64.b64decode(w.workspace.export(path, format=kind).content or "").decode()


def _paths(w: WorkspaceClient, path: str) -> list[str | None]:
    return [found.path for found in w.workspace.list(path)]


def _workspace(emulator: Running) -> Workspace:
    return emulator.emulator.apps["primary"].workspace


def _code(caught: pytest.ExceptionInfo[DatabricksError]) -> tuple[str | None, str]:
    return caught.value.error_code, str(caught.value)


def _user(emulator: Running, name: str, key: str = "77") -> None:
    workspace = _workspace(emulator)
    principals.store(workspace.state, principals.USERS, {"id": key, "userName": name})


# Paths


def test_the_roots_and_the_callers_home_are_there_on_the_first_day(primary: WorkspaceClient) -> None:
    assert _paths(primary, "/") == ["/Repos", "/Shared", "/Users"]
    assert _paths(primary, "/Users") == [HOME]
    assert primary.api_client.do("GET", "/api/2.0/workspace/list", query={"path": "/Shared"}) == {}
    assert primary.workspace.get_status("/").object_id == 0


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/Shared/a", "/Shared/a"),
        ("/Shared//a/", "/Shared/a"),
        ("/Workspace/Shared/a", "/Workspace/Shared/a"),
        ("/Workspace//Shared/a", "/Workspace/Shared/a"),
        ("//Workspace/Shared/a", "/Shared/a"),
    ],
)
def test_a_path_is_read_leniently_and_echoed_with_its_prefix(primary: WorkspaceClient, asked: str, shown: str) -> None:
    _put(primary, "/Workspace/Shared/a", "1")

    assert primary.workspace.get_status(asked).path == shown
    assert _paths(primary, asked) == [shown]


def test_a_listing_through_the_prefix_shows_the_prefix(primary: WorkspaceClient) -> None:
    assert _paths(primary, "/Workspace") == ["/Workspace/Repos", "/Workspace/Shared", "/Workspace/Users"]
    assert primary.workspace.get_status("/Workspace/").path == "/Workspace"
    with pytest.raises(NotFound):
        primary.workspace.get_status("/Workspaces")


def test_a_path_that_is_not_absolute_is_refused(primary: WorkspaceClient) -> None:
    with pytest.raises(InvalidParameterValue, match=re.escape("Path (Shared) doesn't start with '/'")):
        primary.workspace.get_status("Shared")


@pytest.mark.parametrize("name", ["🦆 pond", 'it\'s "so"', "a%2Fb", "100%", "a+b & c?d#e", "ünï/çødé"])
def test_names_are_taken_to_the_letter(primary: WorkspaceClient, name: str) -> None:
    path = f"/Shared/{name}"
    primary.workspace.mkdirs(path)
    _put(primary, f"{path}/{name.replace('/', ' ')}", "1")

    assert primary.workspace.get_status(path).object_type is ObjectType.DIRECTORY
    assert _paths(primary, path) == [f"{path}/{name.replace('/', ' ')}"]
    assert _export(primary, f"{path}/{name.replace('/', ' ')}") == HEADER + "1"


def test_a_listing_shows_direct_children_only(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs("/Shared/a/b/empty")
    _put(primary, "/Shared/a/n", "1")
    _put(primary, "/Shared/a/b/f.txt", "1", format=ImportFormat.AUTO)

    assert _paths(primary, "/Shared") == ["/Shared/a"]
    assert _paths(primary, "/Shared/a") == ["/Shared/a/b", "/Shared/a/n"]
    assert _paths(primary, "/Shared/a/b/empty") == []
    found = primary.workspace.list("/Shared", recursive=True)
    assert sorted(str(each.path) for each in found) == ["/Shared/a/b/f.txt", "/Shared/a/n"]


def test_what_is_missing_is_named_as_it_was_asked_for(primary: WorkspaceClient) -> None:
    for call in (
        primary.workspace.get_status,
        primary.workspace.export,
        primary.workspace.delete,
        primary.workspace.list,
    ):
        with pytest.raises(NotFound) as caught:
            list(call("/Workspace/Shared/x/") or ())  # type: ignore[operator,call-overload]
        assert _code(caught) == ("RESOURCE_DOES_NOT_EXIST", "Path (/Workspace/Shared/x) doesn't exist.")


def test_an_object_says_what_it_is(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "/Shared/n", "select 1", language=Language.SQL)
    _put(primary, "/Shared/f.txt", "four", format=ImportFormat.AUTO)
    now = _workspace(emulator).clock.now()

    notebook, file = (primary.api_client.do("GET", "/api/2.0/workspace/get-status", query={"path": p})
                      for p in ("/Shared/n", "/Shared/f.txt"))  # fmt: skip
    assert isinstance(notebook, dict)
    assert isinstance(file, dict)
    assert notebook.keys() == {
        "object_type",
        "path",
        "object_id",
        "created_at",
        "modified_at",
        "language",
        "resource_id",
    }
    assert (notebook["object_type"], notebook["language"]) == ("NOTEBOOK", "SQL")
    assert (file["object_type"], file["size"]) == ("FILE", 4)
    assert 0 <= now - notebook["created_at"] < 60_000
    folder = primary.api_client.do("GET", "/api/2.0/workspace/get-status", query={"path": "/Shared"})
    assert isinstance(folder, dict)
    assert folder.keys() == {"object_type", "path", "object_id", "resource_id"}


def test_notebooks_of_before_a_time_are_left_out_on_request(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "/Shared/old", "1")
    emulator.control("clock", {"advance_ms": 1000})
    now = _workspace(emulator).clock.now() - 500
    _put(primary, "/Shared/new", "1")
    primary.workspace.mkdirs("/Shared/folder")

    found = primary.workspace.list("/Shared", notebooks_modified_after=now)
    assert [each.path for each in found] == ["/Shared/folder", "/Shared/new"]


# Folders


def test_mkdirs_makes_parents_and_may_be_repeated(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs("/Top/b/c")
    first = primary.workspace.get_status("/Top/b/c").object_id
    primary.workspace.mkdirs("/Top/b/c")

    assert primary.workspace.get_status("/Top/b/c").object_id == first
    assert _paths(primary, "/") == ["/Repos", "/Shared", "/Top", "/Users"]


def test_mkdirs_through_what_is_no_folder_is_refused_whole(primary: WorkspaceClient) -> None:
    _put(primary, "/Shared/n", "1")
    for path in ("/Shared/n", "/Shared/n/x/y"):
        with pytest.raises(ResourceAlreadyExists) as caught:
            primary.workspace.mkdirs(path)
        assert _code(caught) == ("RESOURCE_ALREADY_EXISTS", "nalready exists and it is not a folder")
    assert _paths(primary, "/Shared") == ["/Shared/n"]


@pytest.mark.parametrize(
    "path", ["/Users/ghost@example.com", "/Users/ghost@example.com/a/b", f"/Users/{CALLER.upper()}"]
)
def test_users_is_for_the_homes_of_known_principals(primary: WorkspaceClient, path: str) -> None:
    with pytest.raises(BadRequest) as caught:
        primary.workspace.mkdirs(path)
    assert _code(caught) == ("DIRECTORY_PROTECTED", "Folder Users is protected")
    with pytest.raises(BadRequest, match="Folder Users is protected"):
        _put(primary, f"{path}/n", "1")
    with pytest.raises(BadRequest, match="Folder Users is protected"):
        _put(primary, path, "1")


def test_a_home_is_there_with_its_principal_and_keeps_its_id(primary: WorkspaceClient, emulator: Running) -> None:
    _user(emulator, "eve@example.com")
    app_id = "1b6c9c7a-1f5e-4a43-9f0c-0b7f2f3a9c11"
    workspace = _workspace(emulator)
    principals.store(workspace.state, principals.SERVICE_PRINCIPALS, {"id": "78", "applicationId": app_id})
    before = primary.workspace.get_status("/Users/eve@example.com").object_id
    assert before is not None
    assert tree.home_owner(workspace, before) == "77"
    assert workspace.state.find(tree.FAMILY) == []

    _put(primary, "/Users/eve@example.com/n", "1")
    workspace.state.delete(principals.USERS, "77")
    assert primary.workspace.get_status("/Users/eve@example.com").object_id == before
    assert tree.home_owner(workspace, before) is None
    assert _paths(primary, "/Users") == [f"/Users/{app_id}", HOME, "/Users/eve@example.com"]

    primary.workspace.delete("/Users/eve@example.com", recursive=True)
    assert _paths(primary, "/Users") == [f"/Users/{app_id}", HOME]


def test_an_empty_home_that_was_made_outlives_its_principal(primary: WorkspaceClient, emulator: Running) -> None:
    _user(emulator, "eve@example.com")
    primary.workspace.mkdirs("/Users/eve@example.com")
    _workspace(emulator).state.delete(principals.USERS, "77")

    assert _paths(primary, "/Users/eve@example.com") == []


@pytest.mark.parametrize("emulator", ["federated", "federated-same-ids"], indirect=True)
def test_ids_of_homes_agree_between_workspaces_only_on_request(
    emulator: Running, primary: WorkspaceClient, secondary: WorkspaceClient, request: pytest.FixtureRequest
) -> None:
    ids = {w.workspace.get_status(HOME).object_id for w in (primary, secondary)}
    same = request.node.callspec.params["emulator"] == "federated-same-ids"
    assert len(ids) == (1 if same else 2)


# Import and export


def test_an_import_makes_no_parents(primary: WorkspaceClient) -> None:
    with pytest.raises(NotFound) as caught:
        _put(primary, "/foo/n", "1")
    assert _code(caught) == ("RESOURCE_DOES_NOT_EXIST", "The parent folder (/foo) does not exist.")


def test_source_is_exported_with_its_header_and_is_stable(primary: WorkspaceClient) -> None:
    for name, text in (
        ("bare", "print(1)\n"),
        ("headed", HEADER + "print(1)\n"),
        ("crlf", HEADER[:-1] + "\r\nprint(1)\n"),
    ):
        _put(primary, f"/Shared/{name}", text)
        exported = _export(primary, f"/Shared/{name}")
        assert exported == HEADER + "print(1)\n"
        _put(primary, f"/Shared/{name}", exported, overwrite=True)
        assert _export(primary, f"/Shared/{name}") == exported


@pytest.mark.parametrize(
    ("language", "header", "file_type"),
    [
        (Language.PYTHON, "# Databricks notebook source", "py"),
        (Language.R, "# Databricks notebook source", "r"),
        (Language.SCALA, "// Databricks notebook source", "scala"),
        (Language.SQL, "-- Databricks notebook source", "sql"),
    ],
)
def test_each_language_has_its_header(
    primary: WorkspaceClient, language: Language, header: str, file_type: str
) -> None:
    _put(primary, "/Shared/n", "x", language=language)
    assert primary.workspace.export("/Shared/n").file_type == file_type
    assert _export(primary, "/Shared/n") == f"{header}\nx"

    _put(primary, f"/Shared/m.{file_type}", f"{header}\nx", format=ImportFormat.AUTO)
    found = primary.workspace.get_status("/Shared/m")
    assert (found.object_type, found.language) == (ObjectType.NOTEBOOK, language)


def test_auto_makes_a_file_of_what_has_no_header(primary: WorkspaceClient) -> None:
    _put(primary, "/Shared/a", "1")
    for name, text in (
        ("a.py", "print(1)"),
        ("b.sql", HEADER + "1"),
        ("c.txt", HEADER),
        (".py", HEADER),
        ("d.ipynb", "{}"),
    ):
        _put(primary, f"/Shared/{name}", text, format=ImportFormat.AUTO)
        assert primary.workspace.get_status(f"/Shared/{name}").object_type is ObjectType.FILE
        assert _export(primary, f"/Shared/{name}", ExportFormat.AUTO) == text
    assert primary.workspace.get_status("/Shared/a").object_type is ObjectType.NOTEBOOK


def test_raw_makes_a_file_even_of_a_notebook(primary: WorkspaceClient) -> None:
    primary.workspace.upload("/Shared/a.py", HEADER.encode(), format=ImportFormat.RAW)
    assert primary.workspace.get_status("/Shared/a.py").object_type is ObjectType.FILE


def test_a_jupyter_notebook_keeps_its_outputs_and_gives_source(primary: WorkspaceClient) -> None:
    document = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "\n", "text"]},
            {
                "cell_type": "code",
                "metadata": {},
                "source": "val x = 1",
                "outputs": [{"output_type": "stream", "text": "1"}],
            },
            {"cell_type": "code", "metadata": {}, "source": ["%sql\n", "select 1"], "outputs": []},
        ],
        "metadata": {"language_info": {"name": "scala"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    text = json.dumps(document)
    _put(primary, "/Shared/j", text, format=ImportFormat.JUPYTER)
    _put(primary, "/Shared/k.ipynb", text, format=ImportFormat.AUTO)

    assert primary.workspace.get_status("/Shared/k").language is Language.SCALA
    assert _export(primary, "/Shared/j", ExportFormat.JUPYTER) == text
    source = _export(primary, "/Shared/j")
    assert source == (
        "// Databricks notebook source\n// MAGIC %md\n// MAGIC # Title\n// MAGIC\n// MAGIC text"
        "\n\n// COMMAND ----------\n\nval x = 1"
        "\n\n// COMMAND ----------\n\n// MAGIC %sql\n// MAGIC select 1"
    )

    _put(primary, "/Shared/j", source, language=Language.SCALA, overwrite=True)
    converted = json.loads(_export(primary, "/Shared/j", ExportFormat.JUPYTER))
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in converted["cells"]]
    assert cells == [("markdown", "# Title\n\ntext"), ("code", "val x = 1"), ("code", "%sql\nselect 1")]
    _put(primary, "/Shared/j2", json.dumps(converted), format=ImportFormat.JUPYTER)
    assert _export(primary, "/Shared/j2") == source


def test_a_page_shows_the_source(primary: WorkspaceClient) -> None:
    _put(primary, "/Shared/n", "a < b")
    assert "a &lt; b" in _export(primary, "/Shared/n", ExportFormat.HTML)


def test_upload_and_download_carry_bytes(primary: WorkspaceClient) -> None:
    primary.workspace.upload("/Shared/n.py", io.BytesIO(b"print(1)"))
    primary.workspace.upload("/Shared/b.bin", bytes(range(256)), format=ImportFormat.AUTO)
    primary.workspace.upload("/Shared/b.bin", bytes(range(255)), format=ImportFormat.AUTO, overwrite=True)

    with primary.workspace.download("/Shared/n.py") as body:
        assert body.read() == HEADER.encode() + b"print(1)"
    with primary.workspace.download("/Shared/b.bin") as body:
        assert body.read() == bytes(range(255))
    with pytest.raises(DatabricksError, match="The zip archive contains no items"):
        primary.workspace.upload("/Shared/no-language", b"print(1)")


def test_overwriting_keeps_the_id_and_the_time_of_making(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "/Shared/n", "1")
    before = primary.workspace.get_status("/Shared/n")
    emulator.control("clock", {"advance_ms": 5000})
    with pytest.raises(ResourceAlreadyExists) as caught:
        _put(primary, "/Shared/n", "2")
    assert _code(caught) == ("RESOURCE_ALREADY_EXISTS", "Path (/Shared/n) already exists.")
    _put(primary, "/Shared/n", "2", overwrite=True)

    after = primary.workspace.get_status("/Shared/n")
    assert (after.object_id, after.created_at) == (before.object_id, before.created_at)
    assert (after.modified_at or 0) - (before.modified_at or 0) >= 5000
    assert _export(primary, "/Shared/n") == HEADER + "2"


@pytest.mark.parametrize("path", ["/Shared/f", "/Shared/d", "/Shared", "/"])
def test_overwriting_does_not_change_the_type(primary: WorkspaceClient, path: str) -> None:
    _put(primary, "/Shared/f", "1", format=ImportFormat.RAW)
    primary.workspace.mkdirs("/Shared/d")
    with pytest.raises(ResourceAlreadyExists) as caught:
        _put(primary, path, "1", overwrite=True)
    assert _code(caught) == ("RESOURCE_ALREADY_EXISTS", f"Node named '{path.rpartition('/')[2]}' already exists")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"language": "PYTHON"}, "Missing required field: content"),
        ({"language": "PYTHON", "content": "%"}, "not valid base64"),
        ({"content": "eA=="}, "The zip archive contains no items."),
        ({"language": "COBOL", "content": "eA=="}, "Unsupported language: COBOL"),
        ({"format": "JUPYTER", "content": "eA=="}, "not in the Jupyter format"),
        ({"format": "DBC", "content": "eA=="}, "does not import the format DBC"),
    ],
)
def test_what_cannot_be_read_is_refused(primary: WorkspaceClient, body: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameterValue, match=message):
        primary.api_client.do("POST", "/api/2.0/workspace/import", body={"path": "/Shared/n", **body})
    assert _paths(primary, "/Shared") == []


def test_an_empty_notebook_and_an_empty_file_are_fine(primary: WorkspaceClient) -> None:
    _put(primary, "/Shared/n", "")
    _put(primary, "/Shared/f.txt", "", format=ImportFormat.AUTO)

    assert _export(primary, "/Shared/n") == HEADER
    assert primary.workspace.get_status("/Shared/f.txt").size == 0
    assert json.loads(_export(primary, "/Shared/n", ExportFormat.JUPYTER))["cells"] == []


def test_the_size_is_limited_both_ways(primary: WorkspaceClient, emulator: Running) -> None:
    largest = HEADER + "#" * (LIMIT - len(HEADER))
    _put(primary, "/Shared/n", largest)
    assert _export(primary, "/Shared/n") == largest

    expected = ("MAX_NOTEBOOK_SIZE_EXCEEDED", "Size exceeds 10485760 bytes")
    with pytest.raises(BadRequest) as caught:
        _put(primary, "/Shared/m", largest + "#")
    assert _code(caught) == expected
    emulator.control("primary/oversize", {"path": "/Shared/grown", "bytes": LIMIT + 1})
    for call in (primary.workspace.export, primary.workspace.download):
        with pytest.raises(BadRequest) as caught:
            call("/Shared/grown")
        assert _code(caught) == expected
    assert primary.workspace.get_status("/Shared/grown").language is Language.PYTHON


def test_a_folder_is_exported_as_a_zip_or_not_at_all(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs("/Shared/d/e")
    _put(primary, "/Shared/d/e/n", "1")
    _put(primary, "/Shared/d/f.txt", "2", format=ImportFormat.AUTO)

    for kind, names in ((ExportFormat.SOURCE, ["e/n.py"]), (ExportFormat.AUTO, ["e/n.py", "f.txt"])):
        answer = primary.workspace.export("/Shared/d", format=kind)
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(answer.content or "")))
        assert (sorted(archive.namelist()), answer.file_type) == (names, "zip")
    for refused in (ExportFormat.JUPYTER, ExportFormat.HTML, ExportFormat.DBC):
        with pytest.raises(InvalidParameterValue, match="cannot be exported"):
            primary.workspace.export("/Shared/d", format=refused)


def test_the_command_lines_own_routes_for_files(primary: WorkspaceClient) -> None:
    def send(path: str, data: bytes, **query: str) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        url = f"/api/2.0/workspace-files/import-file/{path}"
        primary.api_client.do("POST", url, query=query, headers=headers, data=data)

    send("Workspace%2FShared%2Fa%252F%20b.txt", b"1")
    send("Shared/n.py", HEADER.encode())
    with pytest.raises(ResourceAlreadyExists, match=re.escape("File already exists at (/Shared/a%2F b.txt)")):
        send("Shared%2Fa%252F%20b.txt", b"2")
    with pytest.raises(ResourceAlreadyExists, match="Path"):
        send("Shared/n.py", HEADER.encode())
    with pytest.raises(NotFound, match="The parent folder"):
        send("Shared/x/y.txt", b"")
    send("Shared%2Fa%252F%20b.txt", b"2", overwrite="true")

    assert _paths(primary, "/Shared") == ["/Shared/a%2F b.txt", "/Shared/n"]
    answer = primary.api_client.do("GET", "/api/2.0/workspace-files/Shared%2Fa%252F%20b.txt", raw=True)
    assert isinstance(answer, dict)
    assert answer["contents"].read() == b"2"


# Deletion


def test_a_folder_that_holds_something_needs_recursive(primary: WorkspaceClient) -> None:
    primary.workspace.mkdirs("/Shared/d/e")
    _put(primary, "/Shared/d/e/n", "1")
    primary.workspace.mkdirs("/Shared/d2")
    with pytest.raises(BadRequest) as caught:
        primary.workspace.delete("/Shared/d")
    assert _code(caught) == ("DIRECTORY_NOT_EMPTY", "Folder (/Shared/d) is not empty")

    primary.workspace.delete("/Shared/d", recursive=True)
    assert _paths(primary, "/Shared") == ["/Shared/d2"]
    with pytest.raises(NotFound):
        primary.workspace.get_status("/Shared/d/e/n")


@pytest.mark.parametrize("path", ["/", "/Users", "/Shared", "/Repos", HOME, "/Workspace"])
def test_what_is_always_there_stays(primary: WorkspaceClient, path: str) -> None:
    with pytest.raises(BadRequest) as caught:
        primary.workspace.delete(path, recursive=True)
    assert caught.value.error_code == "DIRECTORY_PROTECTED"


# Access


def test_objects_inherit_from_their_folders_up_to_the_root(primary: WorkspaceClient, emulator: Running) -> None:
    primary.workspace.mkdirs("/Shared/d")
    _put(primary, "/Shared/d/n", "1")
    ids = [primary.workspace.get_status(path).object_id for path in ("/Shared/d", "/Shared", "/")]
    notebook = primary.workspace.get_status("/Shared/d/n").object_id

    securable = acl.SECURABLES["notebooks"]
    workspace = _workspace(emulator)
    securable.check(workspace, str(notebook))
    assert securable.parents(workspace, str(notebook)) == [f"/directories/{each}" for each in ids]
    assert securable.parents(workspace, "0") == []
    assert acl.direct(workspace, f"/notebooks/{notebook}") == []
    with pytest.raises(Exception, match=f"Node ID {notebook} does not exist"):
        acl.SECURABLES["directories"].check(workspace, str(notebook))


def test_deletion_drops_the_entries_of_access_below(primary: WorkspaceClient, emulator: Running) -> None:
    primary.workspace.mkdirs("/Shared/d")
    _put(primary, "/Shared/d/n", "1")
    workspace = _workspace(emulator)
    objects = [
        f"/{kind}/{primary.workspace.get_status(path).object_id}"
        for kind, path in (("directories", "/Shared/d"), ("notebooks", "/Shared/d/n"))
    ]
    for each in objects:
        acl.grant(workspace, each, "77", "CAN_READ")
    primary.workspace.delete("/Shared/d", recursive=True)

    assert [acl.direct(workspace, each) for each in objects] == [[], []]


def test_no_read_is_a_write(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, f"{HOME}/n", "1")
    primary.workspace.mkdirs(HOME)
    log = emulator.emulator.apps["primary"].log
    log.clear()
    list(primary.workspace.list("/", recursive=True))
    primary.workspace.get_status(HOME)
    for kind in (ExportFormat.SOURCE, ExportFormat.JUPYTER, ExportFormat.HTML):
        primary.workspace.export(f"{HOME}/n", format=kind)
    primary.workspace.download(f"{HOME}/n").close()
    primary.workspace.mkdirs(HOME)

    assert len(log) > 5
    assert [entry.path for entry in log if entry.write] == []
