"""Instance profiles of AWS, which clusters may carry. Who may use one is told by the roles of principals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Default, Document, Entry, Facet, Identity, Kind, Reference, Shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/instanceprofiles/list"
_ROLES = "https://docs.databricks.com/aws/en/admin/workspace-settings/manage-instance-profiles"

ROLES = Reference(
    "roles[].value",
    ("instance_profiles",),
    _ROLES,
    by="name",
    pattern=r"^(arn:aws[\w-]*:iam::\d+:instance-profile/.+)$",
    optional=True,
)
"""What a principal's roles point at. A role may be something else than a profile, and one that stayed when its profile was
removed opens nothing: neither keeps somebody out of a copy."""


class InstanceProfiles(Kind):
    """Instance profiles (`/api/2.0/instance-profiles`). They have no permissions of their own."""

    name = "instance_profiles"
    identity = Identity("instance_profile_arn")
    handles = {"name": "instance_profile_arn"}
    why_no_permissions = "who may use one is told by roles"
    shapes = {
        Facet.DEFINITION: Shape(
            defaulted=(Default("is_meta_instance_profile", "left out is false", _SOURCE, value=False),),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every profile that is registered, to an admin all of them. Other clouds have none, and nothing to ask."""
        return [Entry(document["instance_profile_arn"], document) for document in documents(workspace)]


def documents(workspace: Workspace) -> list[Document]:
    """Return the profiles as they are listed."""
    if not workspace.is_aws:
        return []
    found: list[Document] = workspace.get("/api/2.0/instance-profiles/list").get("instance_profiles", [])
    return found
