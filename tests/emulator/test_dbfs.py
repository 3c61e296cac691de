"""DBFS on the wire."""

import base64
import io
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, InvalidParameterValue, NotFound, ResourceAlreadyExists

from fixtures.emulator.server import Running

MIB = 1024 * 1024


def _put(w: WorkspaceClient, path: str, data: bytes = b"x", *, overwrite: bool = False) -> None:
    w.dbfs.put(path, contents=base64.b64encode(data).decode(), overwrite=overwrite)


def _code(caught: pytest.ExceptionInfo[DatabricksError]) -> tuple[str | None, str]:
    return caught.value.error_code, str(caught.value)


def _paths(w: WorkspaceClient, path: str) -> list[str | None]:
    return [found.path for found in w.dbfs.list(path)]


def test_the_root_is_there_on_the_first_day(primary: WorkspaceClient) -> None:
    assert _paths(primary, "dbfs:/") == ["/FileStore"]
    assert primary.api_client.do("GET", "/api/2.0/dbfs/list", query={"path": "dbfs:/FileStore"}) == {}


def test_put_makes_parents_and_a_listing_is_in_order(primary: WorkspaceClient) -> None:
    for path in ("dbfs:/a/c.txt", "/a//b/🦆 it's %2F.txt", "/a/B.txt"):
        _put(primary, path)

    assert _paths(primary, "/a/") == ["/a/B.txt", "/a/b", "/a/c.txt"]
    assert _paths(primary, "dbfs:/a/b") == ["/a/b/🦆 it's %2F.txt"]
    assert _paths(primary, "/a/c.txt") == ["/a/c.txt"]
    found = primary.dbfs.get_status("dbfs:/a/c.txt")
    assert (found.path, found.is_dir, found.file_size) == ("/a/c.txt", False, 1)
    found_below = [f.path for f in primary.dbfs.list("/a", recursive=True)]
    assert found_below == ["/a/B.txt", "/a/c.txt", "/a/b/🦆 it's %2F.txt"]


def test_what_is_missing_is_named_as_it_was_asked_for(primary: WorkspaceClient) -> None:
    for call in (primary.dbfs.get_status, primary.dbfs.read):
        for path in ("dbfs:/x/", "/x/"):
            with pytest.raises(NotFound) as caught:
                call(path)
            assert _code(caught) == ("RESOURCE_DOES_NOT_EXIST", "No file or directory exists on path dbfs:/x/.")
    with pytest.raises(InvalidParameterValue, match="Path must be absolute: x"):
        primary.dbfs.get_status("x")


def test_what_is_there_is_replaced_on_request_only(primary: WorkspaceClient) -> None:
    _put(primary, "/a/f")
    for call in (primary.dbfs.put, primary.dbfs.create):
        with pytest.raises(ResourceAlreadyExists) as caught:
            call("dbfs:/a/f", **({"contents": ""} if call == primary.dbfs.put else {}))  # type: ignore[operator]
        text = "A file or directory already exists at the input path dbfs:/a/f."
        assert _code(caught) == ("RESOURCE_ALREADY_EXISTS", text)
    _put(primary, "/a/f", b"longer", overwrite=True)
    assert primary.dbfs.get_status("/a/f").file_size == 6
    for path in ("/a", "/a/f/g"):
        with pytest.raises(ResourceAlreadyExists):
            _put(primary, path, overwrite=True)


def test_a_put_in_json_is_limited_and_a_form_is_not(primary: WorkspaceClient) -> None:
    _put(primary, "/full", b"x" * MIB)
    with pytest.raises(BadRequest) as caught:
        _put(primary, "/more", b"x" * (MIB + 1))
    assert caught.value.error_code == "MAX_BLOCK_SIZE_EXCEEDED"
    with pytest.raises(InvalidParameterValue, match="not valid base64"):
        primary.dbfs.put("/more", contents="%")
    for part in ("file", "contents"):
        form = {"path": f"dbfs:/{part}", "overwrite": "True"}
        primary.api_client.do("POST", "/api/2.0/dbfs/put", files={part: b"y" * (2 * MIB)}, data=form)
        assert primary.dbfs.get_status(f"/{part}").file_size == 2 * MIB


def test_upload_and_download_go_through_blocks(primary: WorkspaceClient) -> None:
    data = bytes(range(256)) * (10 * 1024) + b"end"
    primary.dbfs.upload("/a/big", io.BytesIO(data))

    with primary.dbfs.download("/a/big") as body:
        assert body.read() == data


def test_copy_moves_bytes_both_ways(primary: WorkspaceClient, tmp_path: Path) -> None:
    _put(primary, "/a/f", b"1")
    _put(primary, "/a/b/g", b"2")
    primary.dbfs.copy("dbfs:/a", f"file:{tmp_path}/out", recursive=True)
    assert (tmp_path / "out/b/g").read_bytes() == b"2"
    primary.dbfs.copy(f"file:{tmp_path}/out", "dbfs:/c", recursive=True)
    assert primary.dbfs.get_status("/c/b/g").file_size == 1


def test_a_read_is_a_piece(primary: WorkspaceClient) -> None:
    data = bytes(range(251)) * 9000
    primary.dbfs.upload("/f", io.BytesIO(data))

    def piece(offset: int, length: int | None) -> tuple[int | None, bytes]:
        answer = primary.dbfs.read("/f", offset=offset, length=length)
        return answer.bytes_read, base64.b64decode(answer.data or "")

    assert piece(0, None) == (MIB // 2, data[: MIB // 2])
    assert piece(MIB - 3, 7) == (7, data[MIB - 3 : MIB + 4])
    assert piece(MIB - 3, MIB) == (MIB, data[MIB - 3 : 2 * MIB - 3])
    assert piece(len(data) - 2, 9) == (2, data[-2:])
    assert piece(len(data) + 9 * MIB, 9) == (0, b"")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"length": MIB + 1}, "MAX_READ_SIZE_EXCEEDED"),
        ({"length": -1}, "INVALID_PARAMETER_VALUE"),
        ({"offset": -1}, "INVALID_PARAMETER_VALUE"),
        ({"path": "/FileStore"}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_read_that_makes_no_sense_is_refused(
    primary: WorkspaceClient, options: dict[str, str | int], code: str
) -> None:
    _put(primary, "/f")
    with pytest.raises(BadRequest) as caught:
        primary.dbfs.read(**({"path": "/f"} | options))  # type: ignore[arg-type]
    assert caught.value.error_code == code


def test_a_file_is_there_once_its_handle_is_closed(primary: WorkspaceClient, emulator: Running) -> None:
    log = emulator.emulator.apps["primary"].log
    handle = primary.dbfs.create("/a/f").handle
    assert handle is not None
    primary.dbfs.add_block(handle, base64.b64encode(b"1").decode())
    with pytest.raises(BadRequest) as caught:
        primary.dbfs.add_block(handle, base64.b64encode(b"1" * (MIB + 1)).decode())
    assert caught.value.error_code == "MAX_BLOCK_SIZE_EXCEEDED"
    assert [entry.path for entry in log if entry.write] == []
    with pytest.raises(NotFound):
        primary.dbfs.get_status("/a/f")
    primary.dbfs.close(handle)

    assert [entry.path for entry in log if entry.write] == ["/api/2.0/dbfs/close"]
    assert primary.dbfs.get_status("/a/f").file_size == 1
    with pytest.raises(NotFound, match=f"No stream is open for the handle {handle}"):
        primary.dbfs.close(handle)


def test_a_handle_is_forgotten_after_ten_idle_minutes(primary: WorkspaceClient, emulator: Running) -> None:
    handle = primary.dbfs.create("/f").handle
    assert handle is not None
    for minutes in (9, 9):
        emulator.control("clock", {"advance_ms": minutes * 60_000})
        primary.dbfs.add_block(handle, "MQ==")
    emulator.control("clock", {"advance_ms": 11 * 60_000})
    with pytest.raises(NotFound) as caught:
        primary.dbfs.add_block(handle, "MQ==")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_mkdirs_may_be_repeated_but_not_over_a_file(primary: WorkspaceClient) -> None:
    for _ in range(2):
        primary.dbfs.mkdirs("dbfs:/a/b/c")
    _put(primary, "/a/f")
    for path in ("/a/f", "/a/f/g"):
        with pytest.raises(ResourceAlreadyExists, match="already exists at the input path dbfs:/a/f"):
            primary.dbfs.mkdirs(path)
    assert primary.dbfs.get_status("/a/b/c").is_dir


def test_delete(primary: WorkspaceClient) -> None:
    _put(primary, "/a/b/f")
    _put(primary, "/FileStore/f")
    delete = "/api/2.0/dbfs/delete"
    assert primary.api_client.do("POST", delete, body={"path": "/missing"}) == {}
    with pytest.raises(BadRequest) as caught:
        primary.api_client.do("POST", delete, body={"path": "/a"})
    text = "Directory is not empty. Use recursive delete or remove contents first."
    assert _code(caught) == ("BAD_REQUEST", text)
    primary.dbfs.delete("/a", recursive=True)
    primary.dbfs.delete("/FileStore", recursive=True)

    assert _paths(primary, "/") == ["/FileStore"]
    assert _paths(primary, "/FileStore") == []
    assert not primary.dbfs.exists("/a/b/f")
    with pytest.raises(InvalidParameterValue):
        primary.dbfs.delete("/", recursive=True)


def test_move_takes_all_along(primary: WorkspaceClient) -> None:
    _put(primary, "/a/b/f", b"123")
    _put(primary, "/c")
    primary.dbfs.move("dbfs:/a", "dbfs:/new/a")

    assert primary.dbfs.get_status("/new/a/b/f").file_size == 3
    assert not primary.dbfs.exists("/a/b/f")
    assert _paths(primary, "/new/a") == ["/new/a/b"]
    with pytest.raises(NotFound, match="No file or directory exists on path dbfs:/a"):
        primary.dbfs.move("/a", "/b")
    with pytest.raises(ResourceAlreadyExists, match="input path dbfs:/c"):
        primary.dbfs.move("/new/a/b/f", "/c")
    for source, target in (("/FileStore", "/x"), ("/new", "/new/x")):
        with pytest.raises(InvalidParameterValue, match="Cannot move"):
            primary.dbfs.move(source, target)


def test_no_read_is_a_write(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "/a/f")
    log = emulator.emulator.apps["primary"].log
    log.clear()
    list(primary.dbfs.list("/", recursive=True))
    primary.dbfs.read("/a/f")
    primary.dbfs.mkdirs("/a")

    assert len(log) > 2
    assert [entry.path for entry in log if entry.write] == []
