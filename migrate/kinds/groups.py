"""Groups: the account's are assigned, and their members never touched; the workspace's own are made."""

from __future__ import annotations

from collections.abc import Collection

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _identity
from migrate.target import Answer, Target
from migrate.writer import Blocked, Options, Wanted, Writer

_FAMILY = "Groups"
_ACCOUNT = "Group"
_NOT_OURS = "its members belong to the account, and only the account changes them"


class Groups(Writer):
    """Groups (`/api/2.0/preview/scim/v2/Groups`)."""

    name = "groups"
    how = "the account's assigned, others created"
    listed_within = _identity.LISTED_WITHIN
    create_only = frozenset({"meta.resourceType"})
    renames = True

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Block account groups that the account lacks, and workspace groups whose name the account has."""
        ours = {n: document for n, document in documents.items() if not _is_account(document)}
        theirs = {n: document for n, document in documents.items() if _is_account(document)}
        reasons = _identity.why_not(target, _FAMILY, "displayName", theirs) if theirs else {}
        local = "belongs to an account that the secondary is not part of"
        reasons = {n: local if reason == "LOCAL" else reason for n, reason in reasons.items()}
        try:
            taken = _identity.account_names(target, _FAMILY, "displayName") or set()
        except Refused as refusal:
            if not refusal.denied:  # who may not look at the account may still make a group of the workspace's own
                return reasons | dict.fromkeys(ours, f"whether the account has such a group can't be read: {refusal}")
            taken = set()
        for number, document in ours.items():
            if document["displayName"].lower() in taken:
                reasons[number] = "the account has a group of this name; a workspace group would hide it"
        return reasons

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Assign the account's group, or make one without members."""
        if _is_account(wanted.definition):
            return _identity.assign(target, "group_name", wanted.definition["displayName"], _FAMILY)
        return _identity.create(target, _FAMILY, {k: v for k, v in wanted.definition.items() if k != "meta"})

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set entitlements and roles, and the name of a group of the workspace's own."""
        names = () if _is_account(wanted.definition) else ("displayName",)
        return _identity.patch(target, _FAMILY, key, wanted.definition, present, names)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove a group of the workspace's own; what it was granted goes with it."""
        if _is_account(document):
            raise Blocked("the group belongs to the account; only the account removes it")
        return target.send("DELETE", f"/api/2.0/preview/scim/v2/Groups/{key}", None)

    def permanent(self, document: Document) -> str:
        """Who is in the workspace is the account's business, where the group is."""
        return "it belongs to the account" if _is_account(document) else ""

    def at_odds(self, wanted: Document, present: Document) -> str:
        """A workspace's own group and an account's of its name are two groups."""
        if _is_account(wanted) == _is_account(present):
            return ""
        ours, theirs = "the workspace's own", "the account's"
        has, ought = (theirs, ours) if _is_account(present) else (ours, theirs)
        return f"the secondary's group of this name is {has}, the primary's is {ought}: rename one of them"

    def beyond(self, facet: Facet, document: Document) -> str:
        """Members of an account's group are the account's."""
        return _NOT_OURS if facet is Facet.MEMBERS and _is_account(document) else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the workspace's groups of this name."""
        return _identity.by_name(target, _FAMILY, "displayName", wanted.definition["displayName"])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the group as it is now."""
        return _identity.read(target, _FAMILY, key)

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Add missing members to a group of the workspace's own; take away those that are too many where that is meant."""
        ought, has = ([member["value"] for member in document.get("members", [])] for document in (wanted, present))
        if _is_account(present):
            if set(ought) <= set(has):
                return []
            raise Blocked(_NOT_OURS)
        answer = _identity.set_members(target, key, ought, has, sparing)
        return [answer] if answer else []


def _is_account(document: Document) -> bool:
    return bool(document.get("meta", {}).get("resourceType") == _ACCOUNT)
