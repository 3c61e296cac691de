"""Service principals: assigned from the account, or made with the same application id where the workspace has its own."""

from __future__ import annotations

from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _identity
from migrate.target import Answer, Target
from migrate.writer import Options, Wanted, Writer

_FAMILY = "ServicePrincipals"


class ServicePrincipals(Writer):
    """Service principals (`/api/2.0/preview/scim/v2/ServicePrincipals`)."""

    name = "service_principals"
    create_only = frozenset({"applicationId"})

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Block those that neither the account has nor the operator wants made."""
        local = "not provisioned on the secondary; let the identity provider do it, or set `identity: create`"
        found = _identity.why_not(target, _FAMILY, "applicationId", documents)
        if options.identity == "create":
            return {number: reason for number, reason in found.items() if reason.startswith(_identity.MAY_NOT_ASSIGN)}
        return {number: local if reason == "LOCAL" else reason for number, reason in found.items()}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Assign the account's service principal, or make one."""
        name = wanted.definition["applicationId"]
        names = _identity.account_names(target, _FAMILY, "applicationId")
        if names is not None and name.lower() in names:
            return _identity.assign(target, "service_principal_name", name, _FAMILY)
        return _identity.create(target, _FAMILY, wanted.definition)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set entitlements, roles, `active` and the display name."""
        return _identity.patch(target, _FAMILY, key, wanted.definition, present, ("active", "displayName"))

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the workspace's service principals of this application id."""
        return _identity.by_name(target, _FAMILY, "applicationId", wanted.definition["applicationId"])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the service principal as it is now."""
        return _identity.read(target, _FAMILY, key)
