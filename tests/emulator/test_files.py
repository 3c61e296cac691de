"""The Files API on the wire: volumes' files and folders, in pieces and in parts."""

import io
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import AlreadyExists, BadRequest, DatabricksError, NotFound, PermissionDenied

from fixtures.emulator.server import Running

MIB = 1024 * 1024
ROOT = "/Volumes/main/default/landing"


@pytest.fixture(autouse=True)
def _volume(emulator: Running) -> None:
    emulator.control("primary/volume", {"name": "main.default.landing"})


def _put(w: WorkspaceClient, path: str, data: bytes = b"x", *, overwrite: bool | None = None) -> None:
    w.files.upload(f"{ROOT}/{path}", io.BytesIO(data), overwrite=overwrite)


def _get(w: WorkspaceClient, path: str) -> bytes:
    answer = w.files.download(f"{ROOT}/{path}")
    assert answer.contents is not None
    return answer.contents.read()


def _raw(w: WorkspaceClient, method: str, path: str, **options: Any) -> Any:
    return w.api_client.do(method, f"/api/2.0/fs{path}", **options)


def _reason(caught: pytest.ExceptionInfo[DatabricksError]) -> str | None:
    return caught.value.get_error_info()[0].reason


def test_a_file_comes_back_as_it_was_put(primary: WorkspaceClient) -> None:
    for path, data in (
        ("a.bin", bytes(range(256)) * 5000),
        ("sub dir/\U0001f986 it's 100%2F.txt", b"duck"),
        ("empty", b""),
    ):
        _put(primary, path, data)
        assert _get(primary, path) == data
        metadata = primary.files.get_metadata(f"{ROOT}/{path}")
        assert (metadata.content_length, metadata.content_type) == (len(data), "application/octet-stream")
        assert (metadata.last_modified or "").endswith(" GMT")


def test_a_file_is_replaced_unless_told_otherwise(primary: WorkspaceClient) -> None:
    _put(primary, "f", b"1")
    _put(primary, "f", b"2")
    _put(primary, "f", b"3", overwrite=True)
    with pytest.raises(AlreadyExists) as caught:
        _put(primary, "f", b"4", overwrite=False)
    assert caught.value.error_code == "ALREADY_EXISTS"
    assert _get(primary, "f") == b"3"


def test_folders(primary: WorkspaceClient) -> None:
    for _ in range(2):
        primary.files.create_directory(f"{ROOT}/a/b/")
    _put(primary, "a/f", b"123")
    _put(primary, "c/d/e")
    found = list(primary.files.list_directory_contents(f"{ROOT}/a"))
    assert [(e.path, e.name, e.is_directory, e.file_size) for e in found] == [
        (f"{ROOT}/a/b", "b", True, None),
        (f"{ROOT}/a/f", "f", False, 3),
    ]
    assert [e.name for e in primary.files.list_directory_contents(ROOT)] == ["a", "c"]
    primary.files.get_directory_metadata(f"{ROOT}/c/d")
    assert _raw(primary, "GET", f"/directories{ROOT}/a/b") == {}

    with pytest.raises(BadRequest) as caught:
        primary.files.delete_directory(f"{ROOT}/a")
    assert (caught.value.error_code, _reason(caught)) == ("INVALID_PARAMETER_VALUE", "FILES_API_DIRECTORY_IS_NOT_EMPTY")
    primary.files.delete(f"{ROOT}/a/f")
    primary.files.delete_directory(f"{ROOT}/a/b")
    primary.files.delete_directory(f"{ROOT}/a")
    with pytest.raises(BadRequest):
        primary.files.delete_directory(ROOT)
    assert [e.name for e in primary.files.list_directory_contents(ROOT)] == ["c"]


def test_a_file_is_no_folder_and_a_folder_no_file(primary: WorkspaceClient) -> None:
    _put(primary, "a/f")
    for make in (
        lambda: primary.files.create_directory(f"{ROOT}/a/f"),
        lambda: primary.files.create_directory(f"{ROOT}/a/f/g"),
        lambda: _put(primary, "a/f/g"),
        lambda: _put(primary, "a"),
        lambda: primary.files.upload(ROOT, io.BytesIO(b"")),
    ):
        with pytest.raises(AlreadyExists, match=r"The given path points to an existing (file|directory)"):
            make()


def test_what_is_missing(primary: WorkspaceClient) -> None:
    _put(primary, "a/f")
    for path in ("x", "a"):
        for call in (primary.files.delete, primary.files.download):
            with pytest.raises(NotFound, match=r"^The file being accessed is not found\.$") as caught:
                call(f"{ROOT}/{path}")
            assert (caught.value.error_code, _reason(caught)) == ("NOT_FOUND", "FILES_API_FILE_NOT_FOUND")
        with pytest.raises(NotFound):
            primary.files.get_metadata(f"{ROOT}/{path}")
    for path in ("x", "a/f"):
        for listing in (lambda p: list(primary.files.list_directory_contents(p)), primary.files.delete_directory):
            with pytest.raises(NotFound) as caught:
                listing(f"{ROOT}/{path}")
            assert (caught.value.error_code, _reason(caught)) == ("NOT_FOUND", "FILES_API_DIRECTORY_IS_NOT_FOUND")
        with pytest.raises(NotFound):
            primary.files.get_directory_metadata(f"{ROOT}/{path}")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/Workspace/Users/x/f", "Invalid path: unsupported first path component: Workspace"),
        ("/tmp/f", "Invalid path: unsupported first path component: tmp"),  # noqa: S108 - not on this machine
        ("/Volumes/main", "Invalid path: Path is missing a schema name"),
        ("/Volumes/main/default", "Invalid path: Path is missing a volume name"),
    ],
)
def test_only_volumes_have_files(primary: WorkspaceClient, path: str, said: str) -> None:
    for call in (lambda: primary.files.upload(path, io.BytesIO(b"")), lambda: primary.files.create_directory(path)):
        with pytest.raises(BadRequest) as caught:
            call()
        assert (caught.value.error_code, str(caught.value)) == ("BAD_REQUEST", said)
        assert _reason(caught) == "FILES_API_INVALID_PATH"


def test_a_volume_must_be_there(primary: WorkspaceClient, secondary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "f", b"1")
    for w, name in ((primary, "main.default.other"), (secondary, "main.default.landing")):
        with pytest.raises(NotFound, match=f"Volume '{name}' does not exist"):
            w.files.upload(f"/Volumes/{name.replace('.', '/')}/f", io.BytesIO(b""))
    emulator.control("secondary/volume", {"name": "Main.Default.Landing"})
    assert list(secondary.files.list_directory_contents("/Volumes/MAIN/default/LANDING")) == []
    for bad in ("main.default", "a.b.c.d", "a.b.c d"):
        with pytest.raises(urllib.error.HTTPError):
            emulator.control("secondary/volume", {"name": bad})


def test_a_listing_has_pages(primary: WorkspaceClient) -> None:
    names = [f"f{number}" for number in range(5)]
    for name in names:
        _put(primary, name)
    found = primary.files.list_directory_contents(ROOT, page_size=2)
    assert [entry.name for entry in found] == names
    page = _raw(primary, "GET", f"/directories{ROOT}", query={"page_size": 9999})
    assert len(page["contents"]) == 5
    assert "next_page_token" not in page


def _ranged(w: WorkspaceClient, path: str, **headers: str) -> bytes:
    names = {"if_since": "If-Unmodified-Since", "range": "Range"}
    sent = {names[name]: value for name, value in headers.items()}
    answer = _raw(w, "GET", f"/files{ROOT}/{path}", headers=sent, raw=True)
    return bytes(answer["contents"].read())


def test_a_piece_of_a_file(primary: WorkspaceClient) -> None:
    data = bytes(range(251)) * 9000
    _put(primary, "f", data)
    assert _ranged(primary, "f", range="bytes=5-9") == data[5:10]
    assert _ranged(primary, "f", range=f"bytes={MIB - 3}-{MIB + 3}") == data[MIB - 3 : MIB + 4]
    assert _ranged(primary, "f", range=f"bytes={len(data) - 2}-") == data[-2:]
    assert _ranged(primary, "f", range="bytes=0-99999999") == data
    with pytest.raises(DatabricksError, match="not satisfiable"):
        _ranged(primary, "f", range=f"bytes={len(data)}-")


def test_a_file_that_changed_is_not_read_on(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "f")
    since = primary.files.get_metadata(f"{ROOT}/f").last_modified or ""
    assert _ranged(primary, "f", if_since=since) == b"x"
    emulator.control("clock", {"advance_ms": 2000})
    _put(primary, "f")
    with pytest.raises(DatabricksError, match="modified since"):
        _ranged(primary, "f", if_since=since)


def test_downloads_go_past_the_service_and_fall_back_to_it(
    primary: WorkspaceClient, emulator: Running, tmp_path: Path
) -> None:
    log = emulator.emulator.apps["primary"].log
    _put(primary, "f", b"123")
    log.clear()
    assert _get(primary, "f") == b"123"
    assert [entry.path for entry in log] == ["/api/2.0/fs/create-download-url", f"/_storage/files{ROOT}/f"]
    refused = {"path": "/api/2.0/fs/create-download-url", "status": 403, "code": "PERMISSION_DENIED"}
    emulator.control("primary/faults", [refused])
    log.clear()
    primary.files.download_to(f"{ROOT}/f", str(tmp_path / "f"))
    assert (tmp_path / "f").read_bytes() == b"123"
    assert [entry.path for entry in log] == ["/api/2.0/fs/create-download-url", f"/api/2.0/fs/files{ROOT}/f"]


def _small_parts(running: Running) -> WorkspaceClient:
    """A client that goes by parts for a few bytes already."""
    token = next(iter(running.emulator.apps["primary"].workspace.tokens))
    config = Config(host=running.emulator.hosts["primary"], token=token, retry_timeout_seconds=5)
    for name, value in (("min_stream_size", 10), ("part_size_options", [7]), ("default_part_size", 7)):
        setattr(config, f"files_ext_multipart_upload_{name}", value)
    return WorkspaceClient(config=config)


@pytest.mark.parametrize("parallel", [True, False])
def test_an_upload_in_parts(emulator: Running, parallel: bool) -> None:
    w, data, log = _small_parts(emulator), bytes(range(60)), emulator.emulator.apps["primary"].log
    w.files.upload(f"{ROOT}/a/f", io.BytesIO(data), use_parallel=parallel)

    assert _get(w, "a/f") == data
    assert [entry.path for entry in log if entry.write] == [f"/api/2.0/fs/files{ROOT}/a/f"]
    assert sum(entry.path.startswith("/_storage/parts/") for entry in log) == 9
    assert emulator.emulator.apps["primary"].workspace.state.under_way["uploads"] == {}
    with pytest.raises(AlreadyExists):
        w.files.upload(f"{ROOT}/a/f", io.BytesIO(data), overwrite=False)


def test_an_upload_that_fails_is_forgotten(emulator: Running) -> None:
    w, log = _small_parts(emulator), emulator.emulator.apps["primary"].log
    emulator.control("primary/faults", [{"path": f"/api/2.0/fs/files{ROOT}/f", "status": 400, "offset": 1}])
    with pytest.raises(BadRequest):
        w.files.upload(f"{ROOT}/f", io.BytesIO(bytes(60)))
    assert [entry.status for entry in log if entry.method == "DELETE"] == [200]
    assert emulator.emulator.apps["primary"].workspace.state.under_way["uploads"] == {}
    with pytest.raises(NotFound):
        w.files.get_metadata(f"{ROOT}/f")


def _session(w: WorkspaceClient) -> tuple[str, dict[str, str]]:
    answer = _raw(w, "POST", f"/files{ROOT}/f", query={"action": "initiate-upload"})
    token = answer["multipart_upload"]["session_token"]
    return token, {"session_token": token, "path": f"{ROOT}/f"}


def _storage(method: str, url: str, data: bytes | None = None) -> tuple[int, str]:
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, answer.headers.get("ETag", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _part_url(w: WorkspaceClient, about: dict[str, str], expire: str = "2100-01-01T00:00:00Z") -> str:
    body = {**about, "start_part_number": 1, "count": 1, "expire_time": expire}
    found: str = _raw(w, "POST", "/create-upload-part-urls", body=body)["upload_part_urls"][0]["url"]
    return found


def test_a_storage_url_is_good_for_what_it_was_signed_for(primary: WorkspaceClient) -> None:
    _, about = _session(primary)
    url = _part_url(primary, about)
    status, etag = _storage("PUT", url, b"1")
    assert (status, etag[:1]) == (200, '"')
    for wrong in (url.replace("/1?", "/2?"), url.replace("expires=4", "expires=5"), url.partition("?")[0]):
        assert _storage("PUT", wrong, b"1")[0] == 403
    status, text = _storage("PUT", _part_url(primary, about, "2001-01-01T00:00:00Z"), b"1")
    assert (status, "<Message>Request has expired</Message>" in text) == (403, True)
    with pytest.raises(BadRequest, match="expire_time"):
        _part_url(primary, about, "soon")


def test_parts_must_be_those_that_came(primary: WorkspaceClient) -> None:
    token, about = _session(primary)
    _, etag = _storage("PUT", _part_url(primary, about), b"1")
    query = {"action": "complete-upload", "upload_type": "multipart", "session_token": token}
    for parts in ([], [{"part_number": 1, "etag": "other"}], [{"part_number": 2, "etag": etag}]):
        with pytest.raises(BadRequest, match="do not match"):
            _raw(primary, "POST", f"/files{ROOT}/f", query=query, body={"parts": parts})
    _raw(primary, "POST", f"/files{ROOT}/f", query=query, body={"parts": [{"part_number": 1, "etag": etag}]})
    assert _get(primary, "f") == b"1"
    with pytest.raises(NotFound):
        _raw(primary, "POST", f"/files{ROOT}/f", query=query, body={"parts": []})
    with pytest.raises(BadRequest, match="action"):
        _raw(primary, "POST", f"/files{ROOT}/f", query={"action": "guess"})


def test_no_read_is_a_write(primary: WorkspaceClient, emulator: Running) -> None:
    _put(primary, "a/f")
    log = emulator.emulator.apps["primary"].log
    log.clear()
    _get(primary, "a/f")
    primary.files.get_metadata(f"{ROOT}/a/f")
    primary.files.get_directory_metadata(f"{ROOT}/a")
    list(primary.files.list_directory_contents(ROOT))
    primary.files.create_directory(f"{ROOT}/a")
    assert len(log) > 4
    assert [entry.path for entry in log if entry.write] == []


def test_dbfs_does_not_know_volumes(primary: WorkspaceClient) -> None:
    with pytest.raises(PermissionDenied, match="No operations allowed on this path"):
        primary.api_client.do("GET", "/api/2.0/dbfs/list", query={"path": f"dbfs:{ROOT}"})
