"""Secrets: which there are. What they hide is read only where drill.yaml says so (`values.py`), and kept nowhere."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Reference, Shape
from lakedrill.inventory.kinds import secret_scopes

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/secrets/listsecrets"
_THREADS = 8


class Secrets(Kind):
    """Secrets (`/api/2.0/secrets`). One is called `SCOPE/KEY`; neither name can hold a slash."""

    name = "secrets"
    identity = Identity("name", fold_case=True)
    handles = {"name": "name"}
    id_is_name = True
    why_no_permissions = "its scope's"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(Reference("name", ("secret_scopes",), _SOURCE, by="name", pattern=r"^([^/]+)/"),),
            assigned=(Field("last_updated_timestamp", "when this copy was put", _SOURCE),),
        ),
        Facet.VALUE: Shape(sensitive=(Field("digest", "tells which values are the same", "docs/adr/0009"),)),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every secret of every scope, without its value."""
        names = [scope["name"] for scope in secret_scopes.documents(workspace)]
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            listed = pool.map(lambda scope: in_scope(workspace, scope), names)
            return [Entry(document["name"], document) for found in listed for document in found]


def in_scope(workspace: Workspace, scope: str) -> list[Document]:
    """Return the secrets of a scope; none where it is gone. A Key Vault's scope lists what the vault holds."""
    found = if_there(lambda: workspace.get("/api/2.0/secrets/list", scope=scope)) or {}
    return [
        {"name": f"{scope}/{secret['key']}", **{field: value for field, value in secret.items() if field != "key"}}
        for secret in found.get("secrets", [])
    ]
