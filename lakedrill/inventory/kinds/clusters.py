"""All-purpose clusters. Names may repeat; a cluster of a job run belongs to the run and is no object of a workspace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import (
    Default,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Kind,
    Setting,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds import _cluster_spec, _libraries

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/clusters/get"
_NOT_OURS = frozenset({"JOB", "PIPELINE", "PIPELINE_MAINTENANCE", "SQL", "MODELS"})
_RUNTIME = (
    "state_message",
    "start_time",
    "terminated_time",
    "termination_reason",
    "last_restarted_time",
    "last_state_loss_time",
    "last_activity_time",
    "driver",
    "executors",
    "spark_context_id",
    "jdbc_port",
    "cluster_cores",
    "cluster_memory_mb",
    "cluster_log_status",
    "driver_healthy",
)
MOST_PINNED = 100
"""In a workspace (databricks/terraform-provider-databricks#2824)."""


class Clusters(Kind):
    """All-purpose clusters (`/api/2.1/clusters`)."""

    name = "clusters"
    identity = Identity("cluster_name")
    handles = {}
    permissions = "clusters"
    told_apart = (Facet.LIBRARIES,)
    volatile = frozenset(_RUNTIME)
    posture = {
        "standby": (
            Setting(Facet.STATE, "state", "TERMINATED", "a standby cluster costs nothing"),
            Setting(
                Facet.STATE,
                "pinned_by_user_name",
                value=True,
                reason="an unpinned one is forgotten after 30 days",
                most=MOST_PINNED,
            ),
        ),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            references=_cluster_spec.references(""),
            defaulted=(
                *_cluster_spec.defaulted(""),
                Default("cluster_name", "a cluster may have no name", _SOURCE, value=""),
                Default("autotermination_minutes", "0 is never", _SOURCE, value=0),
            ),
            chosen=_cluster_spec.chosen(""),
            identities=_cluster_spec.identities(""),
            sensitive=_cluster_spec.sensitive(""),
            free=_cluster_spec.free(""),
            assigned=(
                Field("cluster_id", "the workspace's own", _SOURCE),
                Field("creator_user_name", "who made this copy; the specification says whom it serves", _SOURCE),
                Field("cluster_source", "through which door it was made", _SOURCE),
                Field("default_tags", "name the cluster, its id and its maker", _SOURCE),
                Field("spec", "the request again, as it was sent", _SOURCE),
                Field("disk_spec", "an echo of the node type", _SOURCE),
                Field("init_scripts_safe_mode", "a state of the driver", _SOURCE),
                *(Field(name, "of the run, not of the cluster", _SOURCE) for name in _RUNTIME),
            ),
        ),
        Facet.LIBRARIES: Shape(
            takes=("libraries",),
            references=_libraries.references(""),
            unordered=(Field("libraries", "a set: an installation has no place among the others", _libraries.SOURCE),),
        ),
        Facet.STATE: Shape(
            takes=("state", "pinned_by_user_name"),
            presence=(Field("pinned_by_user_name", "who pinned it has an id; that it is pinned counts", _SOURCE),),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every all-purpose cluster that the workspace remembers."""
        return [Entry(document["cluster_id"], document) for document in documents(workspace)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the cluster as `get` tells it: a listing leaves out whether it is pinned."""
        return workspace.get("/api/2.1/clusters/get", cluster_id=entry.id)

    def part(self, workspace: Workspace, facet: Facet, key: str) -> Document:  # noqa: ARG002 - there is one
        """Return the libraries of a cluster, whether it runs or not."""
        found = workspace.get("/api/2.0/libraries/cluster-status", cluster_id=key)
        return {"libraries": _libraries.installed(found.get("library_statuses", []))}

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a cluster by id: `get` knows those that a listing has dropped already."""
        if by != "id":
            return None
        try:
            found = workspace.get("/api/2.1/clusters/get", cluster_id=value)
        except Refused as refusal:
            if refusal.gone or refusal.code == "INVALID_STATE":
                return None
            raise
        return Entry(value, found)


def libraries(workspace: Workspace) -> list[Document]:
    """Return the libraries of all clusters that are listed, all at once, for those who look for what libraries name."""
    listed = {document["cluster_id"] for document in documents(workspace)}
    statuses: list[Document] = workspace.get("/api/2.0/libraries/all-cluster-statuses").get("statuses", [])
    return [
        {"libraries": _libraries.installed(each.get("library_statuses", []))}
        for each in statuses
        if each["cluster_id"] in listed
    ]


def documents(workspace: Workspace) -> list[Document]:
    """Return the all-purpose clusters as they are listed, read once a capture."""

    def read() -> list[Document]:
        found = workspace.pages("/api/2.1/clusters/list", "clusters", page_size=100)
        return [document for document in found if document.get("cluster_source") not in _NOT_OURS]

    return workspace.shared("clusters", read)
