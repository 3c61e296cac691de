"""What users, groups and service principals share: the paged SCIM listing and the fields that every principal has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document, Entry, Field

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

SOURCE = "https://docs.databricks.com/api/workspace/users/list"
_API = "/api/2.0/preview/scim/v2"
_PAGE = 500

ASSIGNED = (
    Field("id", "the workspace's or the account's own", SOURCE),
    Field("schemas", "says how the document is written", SOURCE),
    Field("externalId", "belongs to the identity provider", SOURCE),
    Field("groups", "the other end of the groups' members, compared there", SOURCE),
)
UNORDERED = (
    Field("entitlements", "a set", SOURCE),
    Field("roles", "a set", SOURCE),
)


def principals(workspace: Workspace, family: str) -> Iterator[Entry]:
    """Yield every principal of a family. The listing ends with the first empty page, which the service may put last."""
    start = 1
    while True:
        page = workspace.get(f"{_API}/{family}", startIndex=start, count=_PAGE)
        found: list[Document] = page.get("Resources", [])
        yield from (Entry(document["id"], document) for document in found)
        start += len(found)
        if not found:
            return


def by_id(workspace: Workspace, family: str, by: str, value: str) -> Entry | None:
    """Return the principal of an id: what is there by its id may not be listed for a minute or more."""
    return if_there(lambda: Entry(value, workspace.get(f"{_API}/{family}/{value}"))) if by == "id" else None
