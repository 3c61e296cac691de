"""IP access lists: from where a workspace may be called, once its configuration says that they have an effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/ip-access-lists"
_SOURCE = "https://docs.databricks.com/api/workspace/ipaccesslists/get"


class IpAccessLists(Kind):
    """IP access lists (`/api/2.0/ip-access-lists`). Of a label there may be one of each type, so both make the key."""

    name = "ip_access_lists"
    identity = Identity("name")
    handles = {"name": "name"}
    why_no_permissions = "admins only"
    shapes = {
        Facet.DEFINITION: Shape(
            assigned=(
                Field("list_id", "the workspace's own", _SOURCE),
                Field("address_count", "of what is compared", _SOURCE),
                Field("created_at", "when and by whom it was made", _SOURCE),
                Field("created_by", "when and by whom it was made", _SOURCE),
                Field("updated_at", "when and by whom it was changed", _SOURCE),
                Field("updated_by", "when and by whom it was changed", _SOURCE),
            ),
            unordered=(Field("ip_addresses", "any of them is enough", _SOURCE),),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every list, with all that is known of it."""
        found = workspace.get(API).get("ip_access_lists", [])
        return [Entry(each["list_id"], named(each)) for each in found]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a list by id."""
        if by != "id":
            return None
        return if_there(lambda: Entry(value, named(workspace.get(f"{API}/{value}")["ip_access_list"])))


def named(found: Document) -> Document:
    """Return a list under what no other of the workspace is called."""
    return {"name": f"{found['list_type']} {found['label']}", **found}
