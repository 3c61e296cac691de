"""Service principals. Access control lists and owners name them by application id, so that is their key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Default, Entry, Facet, Identity, Kind, Shape
from lakedrill.inventory.kinds import _scim
from lakedrill.inventory.kinds.instance_profiles import ROLES

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace


class ServicePrincipals(Kind):
    """Service principals (`/api/2.0/preview/scim/v2/ServicePrincipals`)."""

    name = "service_principals"
    identity = Identity("applicationId", fold_case=True)
    handles = {"name": "applicationId"}
    why_no_permissions = "who may use one is a rule set of the account"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(ROLES,),
            assigned=_scim.ASSIGNED,
            unordered=_scim.UNORDERED,
            defaulted=(
                Default("entitlements", "one with none", _scim.SOURCE, value=[]),
                Default("roles", "one with none", _scim.SOURCE, value=[]),
            ),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every service principal."""
        return _scim.principals(workspace, "ServicePrincipals")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return one by its id."""
        return _scim.by_id(workspace, "ServicePrincipals", by, value)
