"""Users, as the identity provider knows them; each workspace gives them entitlements and roles of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Default, Entry, Facet, Field, Identity, Kind, Shape
from lakedrill.inventory.kinds import _scim
from lakedrill.inventory.kinds.instance_profiles import ROLES

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace


class Users(Kind):
    """Users (`/api/2.0/preview/scim/v2/Users`)."""

    name = "users"
    identity = Identity("userName", fold_case=True)
    handles = {"name": "userName"}
    why_no_permissions = "who may manage people is the account's to say"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(ROLES,),
            assigned=_scim.ASSIGNED,
            unordered=(*_scim.UNORDERED, Field("emails", "a set", _scim.SOURCE)),
            defaulted=(
                Default("entitlements", "a user with none", _scim.SOURCE, value=[]),
                Default("roles", "a user with none", _scim.SOURCE, value=[]),
            ),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every user, deactivated ones too."""
        return _scim.principals(workspace, "Users")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return one by its id."""
        return _scim.by_id(workspace, "Users", by, value)
