"""Callers who are no admins: what they are shown, and what they are refused."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import NotFound, PermissionDenied

from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running
from fixtures.plugin import client
from tests.support.workspaces import SPEC, Site, base64_of

SCIM = "/api/2.0/preview/scim/v2"
ANN = "ann@example.com"


@pytest.fixture
def site(emulator: Running) -> Site:
    return Site("primary", client(emulator, "primary"))


@pytest.fixture
def ann(emulator: Running) -> Site:
    """A caller who is no admin."""
    token = emulator.control("primary/callers", {"user": ANN, "admin": False})["token"]
    host = emulator.emulator.hosts["primary"]
    return Site("primary", WorkspaceClient(config=Config(host=host, token=token, retry_timeout_seconds=5)))


@pytest.mark.parametrize("emulator", ["federated", "local"], indirect=True)
def test_a_caller_is_made_where_there_is_none(emulator: Running, site: Site, ann: Site) -> None:
    """Once; asked for again, the same user, now an admin."""
    assert ann.do("GET", f"{SCIM}/Me")["userName"] == ANN
    again = emulator.control("primary/callers", {"user": ANN, "admin": True})["token"]
    assert again in emulator.emulator.apps["primary"].workspace.tokens
    assert [user["userName"] for user in site.do("GET", f"{SCIM}/Users")["Resources"]] == [CALLER, ANN]
    assert "admins" in {group["display"] for group in ann.do("GET", f"{SCIM}/Me")["groups"]}


def _digest(emulator: Running) -> str:
    return emulator.emulator.apps["primary"].workspace.state.digest


def test_lists_show_a_caller_what_it_was_granted(site: Site, ann: Site) -> None:
    """By itself, by a group, by a folder above."""
    mine, ours, other = (site.job(name) for name in ("mine", "ours", "other"))
    cluster, _ = site.cluster("mine"), site.cluster("other")
    team = site.group("team", site.do("GET", f"{SCIM}/Users", filter=f'userName eq "{ANN}"')["Resources"][0]["id"])
    for path in ("/Shared/a/b", "/Shared/c"):
        site.folder(path)
        site.notebook(f"{path}/n")
    site.grant("jobs", mine, "CAN_VIEW", user_name=ANN)
    site.grant("jobs", ours, "CAN_MANAGE_RUN", group_name="team")
    site.grant("clusters", cluster, "CAN_ATTACH_TO", group_name="team")
    site.grant("directories", site.object_id("/Shared/a"), "CAN_READ", group_name="team")

    assert team
    assert set(ann.jobs()) == {"mine", "ours"}
    assert [found["cluster_id"] for found in ann.clusters()] == [cluster]
    status, export = "/api/2.0/workspace/get-status", "/api/2.0/workspace/export"
    listed = [
        ann.do("GET", "/api/2.0/workspace/list", path=path).get("objects", []) for path in ("/Shared", "/Shared/a/b")
    ]
    assert [[each["path"] for each in found] for found in listed] == [["/Shared/a"], ["/Shared/a/b/n"]]
    assert [each["path"] for each in ann.do("GET", "/api/2.0/workspace/list", path="/Users")["objects"]] == [
        f"/Users/{ANN}"
    ]
    assert ann.do("GET", export, path="/Shared/a/b/n")["file_type"] == "py"
    for path, of in ((status, "/Shared/c"), (export, "/Shared/c/n"), ("/api/2.0/workspace/list", "/Shared/c")):
        with pytest.raises(NotFound, match=r"Path \(/Shared/c.*\) doesn't exist"):
            ann.do("GET", path, path=of)
    with pytest.raises(PermissionDenied):
        ann.do("GET", "/api/2.2/jobs/get", job_id=other)


def test_writes_without_the_level_are_refused(emulator: Running, site: Site, ann: Site) -> None:
    """In the tree by folder and object, elsewhere as ever; nothing is written, and one's own home is one's own."""
    site.folder("/Shared/a")
    site.notebook("/Shared/a/n")
    job = site.job("j")
    site.grant("directories", site.object_id("/Shared/a"), "CAN_READ", user_name=ANN)
    site.grant("jobs", job, "CAN_VIEW", user_name=ANN)
    before = _digest(emulator)
    how = {"format": "SOURCE", "language": "PYTHON", "content": base64_of(b"1")}
    refused = [
        ("POST", "/api/2.0/workspace/import", {"path": "/Shared/a/m", **how}),
        ("POST", "/api/2.0/workspace/import", {"path": "/Shared/a/n", "overwrite": True, **how}),
        ("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/a/b/c"}),
        ("POST", "/api/2.0/workspace/delete", {"path": "/Shared/a/n"}),
        ("GET", f"/api/2.0/permissions/jobs/{job}", None),
        ("GET", "/api/2.0/global-init-scripts", None),
        ("GET", "/api/2.0/preview/permissionassignments", None),
        ("POST", f"{SCIM}/Groups", {"displayName": "g"}),
        ("POST", "/api/2.2/jobs/delete", {"job_id": job}),
        ("POST", "/api/2.1/clusters/create", {**SPEC, "num_workers": 1}),
    ]
    for method, path, body in refused:
        with pytest.raises(PermissionDenied):
            ann.do(method, path, body)
    assert _digest(emulator) == before
    ann.folder("/Shared/a")
    ann.notebook(f"/Users/{ANN}/n")
    ann.post("/api/2.0/workspace/delete", path=f"/Users/{ANN}/n")
    assert ann.do("GET", f"{SCIM}/Groups")["totalResults"] == 2
