"""Vector search endpoints: what hosts indexes, and how many queries it is meant for. Whether one is up is its own business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Keyed, Kind, Shape, permissions_shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/vector-search/endpoints"
_SOURCE = "https://docs.databricks.com/api/workspace/vectorsearchendpoints/getendpoint"


class VectorSearchEndpoints(Kind):
    """Vector search endpoints (`/api/2.0/vector-search/endpoints`)."""

    name = "vector_search_endpoints"
    identity = Identity("name")
    handles = {"name": "name"}
    permissions = "vector-search-endpoints"
    volatile = frozenset({"endpoint_status", "num_indexes", "scaling_info"})
    shapes = {
        Facet.DEFINITION: Shape(
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("creation_timestamp", "when this copy was made", _SOURCE),
                Field("creator", "who made this copy", _SOURCE),
                Field("last_updated_timestamp", "when this copy was written", _SOURCE),
                Field("last_updated_user", "who wrote this copy", _SOURCE),
                Field("endpoint_status", "how far this copy is", _SOURCE),
                Field("num_indexes", "its indexes are compared themselves", _SOURCE),
                Field(
                    "effective_budget_policy_id", "follows from the one that is chosen, or is the account's", _SOURCE
                ),
                Field("scaling_info.state", "how far this copy is", _SOURCE),
            ),
            keyed=(Keyed("custom_tags", "a map, written as a list", _SOURCE, key="key"),),
            free=(Field("custom_tags[].value", "text", _SOURCE),),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every endpoint, whole."""
        return [Entry(str(found["id"]), found) for found in documents(workspace)]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return an endpoint by name; by its id no request finds one."""
        found = if_there(lambda: workspace.get(f"{API}/{value}")) if by == "name" else None
        if found is None:
            return None
        return Entry(str(found["id"]), found)


def documents(workspace: Workspace) -> list[Document]:
    """Return every endpoint of a workspace."""
    return workspace.shared(API, lambda: [*workspace.pages(API, "endpoints")])
