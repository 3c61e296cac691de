"""Instance pools: machines that wait for clusters. Nothing on record says that the service keeps their names unique."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Default,
    Entry,
    Facet,
    Field,
    Identity,
    Kind,
    Reference,
    Setting,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds import _cluster_spec

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/instance-pools"
_LOGIN = "preloaded_docker_images[].basic_auth"
_SOURCE = "https://docs.databricks.com/api/workspace/instancepools/get"


class InstancePools(Kind):
    """Instance pools (`/api/2.0/instance-pools`)."""

    name = "instance_pools"
    identity = Identity("instance_pool_name")
    handles = {}
    permissions = "instance-pools"
    volatile = frozenset({"stats", "status", "state"})
    posture = {
        "standby": (Setting(Facet.DEFINITION, "min_idle_instances", 0, "machines that wait for clusters cost"),),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                Reference("aws_attributes.instance_profile_arn", ("instance_profiles",), _SOURCE, by="name"),
                *(
                    Reference(f"{_LOGIN}.{name}", ("secrets",), _SOURCE, by="name", pattern=_cluster_spec.IN_BRACES)
                    for name in ("username", "password")
                ),
            ),
            assigned=(
                Field("instance_pool_id", "the workspace's own", _SOURCE),
                Field("default_tags", "name the pool's id and its maker", _SOURCE),
                Field("state", "of the pool's machines, not of the pool", _SOURCE),
                Field("stats", "how many machines it has just now", _SOURCE),
                Field("status", "which machines it could not get just now", _SOURCE),
            ),
            defaulted=(Default("min_idle_instances", "none wait", _SOURCE, value=0),),
            sensitive=(Field(f"{_LOGIN}.password", "opens a registry", _SOURCE),),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every pool, whole."""
        found = workspace.get(f"{_API}/list").get("instance_pools", [])
        return [Entry(pool["instance_pool_id"], pool) for pool in found]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a pool by id: a listing shows only what the caller may attach to."""
        if by != "id":
            return None
        return if_there(lambda: Entry(value, workspace.get(f"{_API}/get", instance_pool_id=value)))
