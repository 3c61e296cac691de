"""Secret scopes: named sets of secrets, each with an access control list of its own. Case makes no other name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Reference, Shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/secrets/listscopes"
_ACLS = "https://docs.databricks.com/api/workspace/secrets/listacls"
_NONE = "ACL is not supported"
"""How a workspace of a lower tier says that scopes have no lists (Azure/azure-databricks-operator#99)."""
VAULT = "AZURE_KEYVAULT"
"""The backend of a scope whose secrets lie in a Key Vault of Azure."""


class SecretScopes(Kind):
    """Secret scopes (`/api/2.0/secrets/scopes`)."""

    name = "secret_scopes"
    identity = Identity("name", fold_case=True)
    handles = {"name": "name"}
    id_is_name = True
    told_apart = (Facet.ACLS,)
    why_no_permissions = "a list of its own"
    shapes = {
        Facet.DEFINITION: Shape(),
        Facet.ACLS: Shape(
            takes=("items",),
            references=(Reference("items[].principal", ("users", "groups", "service_principals"), _ACLS, by="name"),),
            unordered=(Field("items", "one entry a principal", _ACLS),),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every scope that the caller sees."""
        return [Entry(document["name"], document) for document in documents(workspace)]

    def part(self, workspace: Workspace, facet: Facet, key: str) -> Document:  # noqa: ARG002 - it has one
        """Return who may read, write and manage a scope."""
        try:
            return {"items": workspace.get("/api/2.0/secrets/acls/list", scope=key).get("items", [])}
        except Refused as refusal:
            if _NONE in refusal.message:
                raise Refused("FEATURE_DISABLED", refusal.message) from None
            raise


def documents(workspace: Workspace) -> list[Document]:
    """Return the scopes as they are listed, read once a capture."""

    def read() -> list[Document]:
        found: list[Document] = workspace.get("/api/2.0/secrets/scopes/list").get("scopes", [])
        return found

    return workspace.shared("secret scopes", read)
