"""Service principals: assigned from the account, or made with the same application id where the workspace has its own."""

from __future__ import annotations

from migrate.kinds._identity import Person


class ServicePrincipals(Person):
    """Service principals (`/api/2.0/preview/scim/v2/ServicePrincipals`)."""

    name = "service_principals"
    how = "assigned; created when asked"
    family = "ServicePrincipals"
    field = "applicationId"
    assigned_as = "service_principal_name"
    told = ("active", "displayName")
    create_only = frozenset({"applicationId"})
