"""Groups: the account's, which a workspace can only be given, and the workspace's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Default, Entry, Facet, Field, Identity, Kind, Reference, Shape
from lakedrill.inventory.kinds import _scim
from lakedrill.inventory.kinds.instance_profiles import ROLES

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/groups/list"


class Groups(Kind):
    """Groups (`/api/2.0/preview/scim/v2/Groups`). `meta.resourceType` tells the account's from the workspace's own."""

    name = "groups"
    identity = Identity("displayName", fold_case=True, builtin=frozenset({"admins", "users"}))
    handles = {"name": "displayName"}
    why_no_permissions = "who may manage one is a rule set of the account"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(ROLES,),
            assigned=_scim.ASSIGNED,
            unordered=_scim.UNORDERED,
            defaulted=(
                Default("entitlements", "a group with none", _SOURCE, value=[]),
                Default("roles", "a group with none", _SOURCE, value=[]),
            ),
        ),
        Facet.MEMBERS: Shape(
            takes=("members",),
            references=(
                Reference("members[].value", ("users", "groups", "service_principals"), _SOURCE, deferrable=True),
            ),
            assigned=(
                Field("members[].display", "the member's name, compared there", _SOURCE),
                Field("members[].$ref", "the member's id again", _SOURCE),
                Field("members[].type", "direct in every listing", _SOURCE),
            ),
            unordered=(Field("members", "a set", _SOURCE),),
            defaulted=(Default("members", "a group with none", _SOURCE, value=[]),),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every group that the workspace sees, with its members."""
        return _scim.principals(workspace, "Groups")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return one by its id."""
        return _scim.by_id(workspace, "Groups", by, value)
