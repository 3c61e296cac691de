"""Vector search indexes: what they are made from, and where they are hosted. What is in one is data, and not compared."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Reference, Shape
from lakedrill.inventory.kinds import vector_search_endpoints

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/vector-search/indexes"
_SOURCE = "https://docs.databricks.com/api/workspace/vectorsearchindexes/getindex"
_SCHEMA = "https://github.com/databricks/cli/blob/main/libs/testserver/vector_search_indexes.go"
_COLUMNS = "{*_index_spec}.embedding_source_columns[]"
_THREADS = 8


class VectorSearchIndexes(Kind):
    """Vector search indexes (`/api/2.0/vector-search/indexes`), by their names of three parts in Unity Catalog."""

    name = "vector_search_indexes"
    identity = Identity("name")
    handles = {"name": "name"}
    id_is_name = True
    why_no_permissions = "its grants in Unity Catalog"
    shapes = {
        Facet.DEFINITION: Shape(
            parsed=(Field("direct_access_index_spec.schema_json", "a JSON object, written as text", _SCHEMA),),
            references=(
                Reference("endpoint_name", ("vector_search_endpoints",), _SOURCE, by="name"),
                *(
                    Reference(f"{_COLUMNS}.{name}", ("serving_endpoints",), _SOURCE, by="name")
                    for name in ("embedding_model_endpoint_name", "model_endpoint_name_for_query")
                ),
            ),
            assigned=(
                Field("creator", "who made this copy", _SOURCE),
                Field("status", "how far this copy is, and where it is called", _SOURCE),
                Field("delta_sync_index_spec.pipeline_id", "what keeps this copy up to date", _SOURCE),
            ),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return the indexes of every endpoint, with little of what they are made from."""
        names = [endpoint["name"] for endpoint in vector_search_endpoints.documents(workspace)]
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            listed = pool.map(lambda name: on_endpoint(workspace, name), names)
            return [Entry(document["name"], document) for found in listed for document in found]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the index with all that it is made from."""
        return get(workspace, entry.document["name"])


def get(workspace: Workspace, name: str) -> Document:
    """Return an index by name, without its endpoint's id: it has that one's name as well."""
    found = workspace.get(f"{API}/{name}")
    return {field: value for field, value in found.items() if field != "endpoint_id"}


def on_endpoint(workspace: Workspace, name: str) -> list[Document]:
    """Return what a listing tells of the indexes that an endpoint hosts; none where the endpoint itself is gone."""
    try:
        return [*workspace.pages(API, "vector_indexes", endpoint_name=name)]
    except Refused as refusal:
        if refusal.gone and not _is_there(workspace, name):
            return []
        raise


def _is_there(workspace: Workspace, name: str) -> bool:
    return if_there(lambda: workspace.get(f"{vector_search_endpoints.API}/{name}")) is not None
