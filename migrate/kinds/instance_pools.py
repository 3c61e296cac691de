"""Instance pools: made with no machine that waits, so that they cost nothing; most of a pool is fixed when it is made."""

from __future__ import annotations

from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.0/instance-pools"


class InstancePools(Writer):
    """Instance pools (`/api/2.0/instance-pools`)."""

    name = "instance_pools"
    how = "yes, with no machine that waits"
    renames = True
    create_only = frozenset(
        {
            "node_type_id",
            "aws_attributes",
            "azure_attributes",
            "gcp_attributes",
            "disk_spec",
            "enable_elastic_disk",
            "node_type_flexibility",
            "preloaded_docker_images",
            "preloaded_spark_versions",
        }
    )

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the pool."""
        answer = target.send("POST", f"{_API}/create", wanted.definition)
        return str(answer.document["instance_pool_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set all that can be edited. The rest goes along and must be as it is (SDK `InstancePoolsAPI.edit`)."""
        return target.send("POST", f"{_API}/edit", {**wanted.definition, "instance_pool_id": key})

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the pool for good. A cluster that uses it could not be started any more."""
        return target.send("POST", f"{_API}/delete", {"instance_pool_id": key})

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """Its machines may be somebody's work, also that of a job's own cluster, which is no object of the workspace."""
        stats = document.get("stats", {})
        used = stats.get("used_count", 0) + stats.get("pending_used_count", 0)
        return f"{used} of its machines work for clusters" if used else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the pools of this name."""
        name = wanted.definition["instance_pool_name"]
        listed = target.get(f"{_API}/list").get("instance_pools", [])
        return [pool["instance_pool_id"] for pool in listed if pool["instance_pool_name"] == name]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the pool as it is now."""
        return target.get(f"{_API}/get", instance_pool_id=key)
