"""A whole workspace as its API shows it, for tests that ask what there is."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fixtures.estate.client import Client, Door

Document = dict[str, Any]
SCIM = "/api/2.0/preview/scim/v2"

_KINDS = {"DIRECTORY": "directories", "NOTEBOOK": "notebooks", "FILE": "files"}


@dataclass
class Seen:
    """A workspace as its API shows it."""

    people: dict[str, list[Document]]
    tree: list[Document]
    content: dict[str, bytes]
    clusters: list[Document]
    jobs: list[Document]
    scripts: list[Document]
    acls: dict[str, list[Document]]
    """By kind and id, `clusters/1`: the entries that are its own."""
    federated: bool

    @property
    def count(self) -> int:
        return sum(map(len, (*self.people.values(), self.tree, self.clusters, self.jobs, self.scripts)))

    def tasks(self) -> Iterator[Document]:
        for job in self.jobs:
            for task in job["settings"].get("tasks", []):
                yield task
                yield from filter(None, [task.get("for_each_task", {}).get("task")])

    def settings(self) -> list[Document]:
        return [job["settings"] for job in self.jobs]

    def named(self, name: str) -> list[Document]:
        return [job for job in self.jobs if job["settings"]["name"] == name]

    def paths(self, object_type: str) -> list[str]:
        return [node["path"] for node in self.tree if node["object_type"] == object_type]

    def grants(self, kind: str) -> Iterator[Document]:
        return (entry for key, entries in self.acls.items() if key.startswith(f"{kind}/") for entry in entries)


def see(door: Door) -> Seen:
    with Client(door) as client:
        people = {f: client.get(f"{SCIM}/{f}").get("Resources", []) for f in ("Users", "Groups", "ServicePrincipals")}
        tree = [node for node in _walk(client, "/") if node["object_type"] in _KINDS]
        content = {node["path"]: _export(client, node) for node in tree if node["object_type"] != "DIRECTORY"}
        found = client.get("/api/2.1/clusters/list", page_size=100)["clusters"]
        clusters = [client.get("/api/2.1/clusters/get", cluster_id=each["cluster_id"]) for each in found]
        scripts = client.get("/api/2.0/global-init-scripts")["scripts"]
        scripts = [client.get(f"/api/2.0/global-init-scripts/{script['script_id']}") for script in scripts]
        keys = [f"{_KINDS[node['object_type']]}/{node['object_id']}" for node in tree]
        keys += [f"clusters/{cluster['cluster_id']}" for cluster in clusters]
        jobs = list(_jobs(client))
        keys += [f"jobs/{job['job_id']}" for job in jobs]
        acls = {key: _own(client.get(f"/api/2.0/permissions/{key}")) for key in keys}
        local = {group.get("meta", {}).get("resourceType") for group in people["Groups"]} == {"WorkspaceGroup"}
    return Seen(people, tree, content, clusters, jobs, scripts, acls, not local)


def _walk(client: Client, path: str) -> Iterator[Document]:
    for node in client.get("/api/2.0/workspace/list", path=path).get("objects", []):
        yield node
        if node["object_type"] == "DIRECTORY":
            yield from _walk(client, node["path"])


def _export(client: Client, node: Document) -> bytes:
    kind = "SOURCE" if node["object_type"] == "NOTEBOOK" else "AUTO"
    return base64.b64decode(client.get("/api/2.0/workspace/export", path=node["path"], format=kind)["content"])


def _jobs(client: Client) -> Iterator[Document]:
    token: str | None = ""
    while token is not None:
        page = client.get("/api/2.1/jobs/list", limit=100, page_token=token)
        for job in page["jobs"]:
            yield client.get("/api/2.1/jobs/get", job_id=job["job_id"])
        token = page.get("next_page_token")


def _own(document: Document) -> list[Document]:
    return [
        {**entry, "level": permission["permission_level"]}
        for entry in document["access_control_list"]
        for permission in entry["all_permissions"]
        if not permission["inherited"]
    ]
