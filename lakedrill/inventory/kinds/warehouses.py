"""SQL warehouses. A workspace takes each name once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Chosen,
    Default,
    Entry,
    Facet,
    Field,
    Identity,
    Keyed,
    Kind,
    Reference,
    Setting,
    Shape,
    permissions_shape,
)

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/sql/warehouses"
_SOURCE = "https://docs.databricks.com/api/workspace/warehouses/create"
_RECORDED = "terraform-provider-databricks, exporter/test-data/get-sql-endpoint.json"
_RUNTIME = ("num_clusters", "num_active_sessions", "health")
_GONE = ("DELETING", "DELETED")


class Warehouses(Kind):
    """SQL warehouses (`/api/2.0/sql/warehouses`)."""

    name = "warehouses"
    identity = Identity("name")
    handles = {}
    permissions = "sql/warehouses"
    volatile = frozenset(_RUNTIME)
    posture = {"standby": (Setting(Facet.STATE, "state", "STOPPED", "a standby warehouse costs nothing"),)}
    shapes = {
        Facet.DEFINITION: Shape(
            references=(Reference("instance_profile_arn", ("instance_profiles",), _SOURCE, by="name"),),
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("creator_name", "who made this copy; the owner is compared", _SOURCE),
                Field("creator_id", "the creator's id", _RECORDED),
                Field("size", "cluster_size says the same", _RECORDED),
                Field("customer_version_label", "follows from the service's release", _SOURCE),
                *(Field(name, "the workspace's own address", _SOURCE) for name in ("jdbc_url", "odbc_params")),
                *(Field(name, "of a warehouse that runs", _SOURCE) for name in _RUNTIME),
            ),
            defaulted=(
                Default("auto_stop_mins", "two hours", _SOURCE, value=120),
                Default("min_num_clusters", "one", _SOURCE, value=1),
                Default("enable_photon", "switched on", _SOURCE, value=True),
                Default("spot_instance_policy", "the cheaper one", _SOURCE, value="COST_OPTIMIZED"),
                Default("channel", "the current one", _SOURCE, value={"name": "CHANNEL_NAME_CURRENT"}),
                Default("channel.name", "the current one", _SOURCE, value="CHANNEL_NAME_CURRENT"),
                Default("tags", "none", _RECORDED, value={}),
                Default("warehouse_type", "left out by older warehouses", _RECORDED, value="CLASSIC"),
            ),
            chosen=(Chosen("max_num_clusters", "no more than the least", _SOURCE, like="min_num_clusters"),),
            keyed=(Keyed("tags.custom_tags", "a map of tags, written as a list", _SOURCE, key="key"),),
            free=(Field("tags", "text", _SOURCE),),
        ),
        Facet.STATE: Shape(takes=("state",)),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every warehouse but those that are just going."""
        found = workspace.pages(_API, "warehouses", page_size=100)
        return [Entry(document["id"], document) for document in found if document.get("state") not in _GONE]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a warehouse by id."""
        found = if_there(lambda: workspace.get(f"{_API}/{value}")) if by == "id" else None
        if found is None:
            return None
        return None if found.get("state") in _GONE else Entry(value, found)
