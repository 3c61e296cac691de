"""Models of the workspace's registry: what is said of them. Their versions lead to what runs made, and are counted."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Default,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Keyed,
    Kind,
    Shape,
    permissions_shape,
)

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/mlflow/registered-models"
_SOURCE = "https://docs.databricks.com/api/workspace/modelregistry/getmodel"
_THREADS = 8


class RegisteredModels(Kind):
    """Registered models (`/api/2.0/mlflow/registered-models`). Those of Unity Catalog belong to the metastore."""

    name = "registered_models"
    identity = Identity("name")
    handles = {"name": "name"}
    permissions = "registered-models"
    volatile = frozenset({"last_updated_timestamp", "latest_versions"})
    shapes = {
        Facet.DEFINITION: Shape(
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("creation_timestamp", "when this copy was made", _SOURCE),
                Field("last_updated_timestamp", "when this copy was written", _SOURCE),
                Field("user_id", "who made this copy", _SOURCE),
                Field("permission_level", "what the caller may do", _SOURCE),
                Field(
                    "latest_versions", "lead to what runs made, which is not copied: told with what is by hand", _SOURCE
                ),
            ),
            defaulted=(Default("description", "none", _SOURCE, value=""), Default("tags", "none", _SOURCE, value=[])),
            keyed=(Keyed("tags", "a map, written as a list", _SOURCE, key="key"),),
            free=(Field("description", "text", _SOURCE), Field("tags[].value", "text", _SOURCE)),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every model with its id, which the listing leaves out."""
        names = [str(found["name"]) for found in workspace.pages(f"{API}/list", "registered_models", max_results=1000)]
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            found = list(pool.map(lambda name: _get_if_there(workspace, name), names))
        return [Entry(each["id"], each) for each in found if each is not None]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a model by name: no request finds one by its id."""
        found = _get_if_there(workspace, value) if by == "name" else None
        return None if found is None else Entry(found["id"], found)


def get(workspace: Workspace, name: str) -> Document:
    """Return a model by name, with its id."""
    found: Document = workspace.get("/api/2.0/mlflow/databricks/registered-models/get", name=name)[
        "registered_model_databricks"
    ]
    return found


def _get_if_there(workspace: Workspace, name: str) -> Document | None:
    return if_there(lambda: get(workspace, name))
