"""Faults after the commit: the write is kept and only its answer is lost, whatever the form of request and answer."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from fixtures.emulator.server import Running
from fixtures.plugin import client
from tests.support.workspaces import Site

ANN = "ann@example.com"
SCIM = "/api/2.0/preview/scim/v2"


@pytest.fixture
def site(emulator: Running) -> Site:
    return Site("primary", client(emulator, "primary"))


@pytest.fixture
def raw(emulator: Running) -> Iterator[Any]:
    """Requests that nobody repeats: the status of the answer, 0 where the connection was cut."""
    connection = http.client.HTTPConnection(urlsplit(emulator.emulator.hosts["primary"]).netloc, timeout=30)
    token = next(iter(emulator.emulator.apps["primary"].workspace.tokens))

    def send(method: str, path: str, body: bytes = b"", kind: str = "application/json") -> int:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (ConnectionError, http.client.RemoteDisconnected):
            connection.close()
            return 0
        return answer.status

    yield send
    connection.close()


def _form(**fields: str) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    file = '--b\r\nContent-Disposition: form-data; name="content"; filename="x"\r\n\r\necho 1\r\n--b--\r\n'
    return ("".join(parts) + file).encode()


MULTIPART = "multipart/form-data; boundary=b"
WRITES = {
    "import": ("POST", "/api/2.0/workspace/import", _form(path="/Shared/f", format="RAW"), MULTIPART),
    "import-file": ("POST", "/api/2.0/workspace-files/import-file/Shared/f", b"echo", "application/octet-stream"),
    "dbfs": ("POST", "/api/2.0/dbfs/put", _form(path="/f"), MULTIPART),
    "scim": ("POST", f"{SCIM}/Groups", b'{"displayName": "g"}', "application/scim+json"),
    "assignment": ("DELETE", f"{SCIM}/Users/USER", b"", "application/json"),
    "job": ("POST", "/api/2.2/jobs/create", b'{"name": "j"}', "text/json"),
    "run": ("POST", "/api/2.2/jobs/run-now", b'{"job_id": JOB}', "application/json"),
    "permissions": (
        "PATCH",
        "/api/2.0/permissions/jobs/JOB",
        b'{"access_control_list": [{"group_name": "users", "permission_level": "CAN_VIEW"}]}',
        "application/json",
    ),
    "file": ("PUT", "/api/2.0/fs/files/Volumes/main/default/in/f", b"1", "application/octet-stream"),
    "secret": ("POST", "/api/2.0/secrets/scopes/create", b'{"scope": "s"}', "application/json"),
    "legacy group": ("POST", "/api/2.0/groups/create", b'{"group_name": "old"}', "application/json"),
    "policy": ("POST", "/api/2.0/policies/clusters/create", b'{"name": "p", "definition": "{}"}', "application/json"),
    "script": ("POST", "/api/2.0/global-init-scripts", b'{"name": "s", "script": "ZQ=="}', "application/json"),
    "cluster": (
        "POST",
        "/api/2.1/clusters/create",
        b'{"spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}',
        "application/json",
    ),
}


@pytest.mark.parametrize("drop", [False, True], ids=["503", "cut"])
@pytest.mark.parametrize("family", WRITES)
def test_a_fault_after_the_commit_keeps_what_was_written(
    emulator: Running, site: Site, raw: Any, family: str, drop: bool
) -> None:
    """In every family, forms and raw bytes included: written once, whatever the client was told."""
    job, user = site.job("there"), site.user(ANN)
    emulator.control("primary/volume", {"name": "main.default.in"})
    emulator.control("account/Groups", {"displayName": "old"})
    method, path, body, kind = WRITES[family]
    path, body = path.replace("JOB", str(job)).replace("USER", user), body.replace(b"JOB", str(job).encode())
    emulator.control("primary/faults", [{"path": path, "after": True, "drop": drop, "status": 503}])
    app = emulator.emulator.apps["primary"]
    before = app.workspace.state.digest
    assert raw(method, path, body, kind) == (0 if drop else 503)
    assert app.workspace.state.digest != before
    assert (app.log[-1].write, app.log[-1].status) == (True, 0 if drop else 503)


@pytest.mark.parametrize("drop", [False, True], ids=["503", "cut"])
def test_a_fault_after_a_read_of_bytes_loses_the_answer_only(
    emulator: Running, site: Site, raw: Any, drop: bool
) -> None:
    """An answer of raw bytes is lost as a whole, and comes when it is asked for again."""
    site.file("/Shared/f", bytes(2_000_000))
    emulator.control("primary/volume", {"name": "main.default.in"})
    assert (
        raw("PUT", "/api/2.0/fs/files/Volumes/main/default/in/f", bytes(2_000_000), "application/octet-stream") == 204
    )
    for path in (
        "/api/2.0/workspace/export?path=/Shared/f&format=AUTO&direct_download=true",
        "/api/2.0/workspace-files/Shared/f",
        "/api/2.0/fs/files/Volumes/main/default/in/f",
    ):
        emulator.control(
            "primary/faults", [{"path": path.partition("?")[0], "after": True, "drop": drop, "status": 503}]
        )
        assert [raw("GET", path), raw("GET", path)] == [0 if drop else 503, 200]
