"""What the writers of users, groups and service principals share.

Where identity is federated, principals belong to the account: the copier assigns them to the workspace by name and sets what
the workspace itself says of them. Where it is not, they are the workspace's own, and are made only if the operator said so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, ClassVar

from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Blocked, Options, Wanted, Writer

_ASSIGNMENTS = "/api/2.0/preview/permissionassignments"
_SCIM = "/api/2.0/preview/scim/v2"
_ACCOUNT = "/api/2.0/account/scim/v2"
_ASSIGNED = "already assigned"
"""What the service says of a principal that an assignment whose answer was lost has let in (UCX takes it for done)."""
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_PAGE = 500
_NOT_FEDERATED = frozenset({"BAD_REQUEST", "INVALID_PARAMETER_VALUE", "FEATURE_DISABLED", "ENDPOINT_NOT_FOUND"})
"""With these a workspace says that it has no account to assign from. Any other refusal says nothing of the kind."""
LISTED_WITHIN = 90.0
"""Seconds for which lists and filters of principals lag (databrickslabs/ucx `groups.py`, pytester: 90 seconds)."""
MAY_NOT_ASSIGN = "the caller may not assign account principals"


def account_names(target: Workspace, family: str, field: str) -> set[str] | None:
    """Return the names of the account's principals, lower case; None where identity is not federated."""

    def read() -> set[str] | None:
        try:
            target.get(_ASSIGNMENTS)
            return set(_names(target, family, field))
        except Refused as refusal:
            if refusal.code in _NOT_FEDERATED:
                return None
            raise

    return target.shared(f"account {family}", read)


def _names(target: Workspace, family: str, field: str) -> Iterator[str]:
    start = 1
    while True:
        page = target.get(f"{_ACCOUNT}/{family}", startIndex=start, count=_PAGE, attributes=field)
        found: list[Document] = page.get("Resources", [])
        yield from (str(document[field]).lower() for document in found if field in document)
        start += len(found)
        if not found:
            return


def why_not(target: Workspace, family: str, field: str, documents: dict[int, Document]) -> dict[int, str]:
    """Return why principals can't be had from the account, one reason for all where the caller may not look."""
    try:
        names = account_names(target, family, field)
    except ReadError as error:
        return dict.fromkeys(documents, f"{MAY_NOT_ASSIGN} ({error}); an account admin has to assign them")
    if names is None:
        return dict.fromkeys(documents, "LOCAL")
    return {
        number: f"the account has no {field} {document.get(field)}; provision it, then assign it"
        for number, document in documents.items()
        if str(document.get(field)).lower() not in names
    }


def assign(target: Target, field: str, name: str, family: str) -> tuple[str, Answer]:
    """Assign an account principal to the workspace by name, and return its id."""
    item = {field: name, "permissions": ["USER"]}
    answer = target.send("POST", _ASSIGNMENTS, {"permission_assignments": [item]})
    for said in answer.document.get("permission_assignments", []):
        if said.get("error") and _ASSIGNED not in said["error"]:
            raise Blocked(f"{name} could not be assigned: {said['error']}")
        if "principal_id" in said.get("principal", {}):
            return str(said["principal"]["principal_id"]), answer
    called = {"user_name": "userName", "group_name": "displayName"}.get(field, "applicationId")
    ids = by_name(target, family, called, name, _ACCOUNT)  # the workspace's own list may not show it yet
    if not ids:
        raise Blocked(f"{name} was assigned and can't be seen in the account")
    return ids[0], answer


def by_name(target: Workspace, family: str, field: str, name: str, api: str = _SCIM) -> list[str]:
    """Return the ids of the principals with a name, the workspace's unless told otherwise."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    page = target.get(f"{api}/{family}", filter=f'{field} eq "{quoted}"')
    return [str(document["id"]) for document in page.get("Resources", [])]


def create(target: Target, family: str, document: Document) -> tuple[str, Answer]:
    """Make a principal of the workspace's own."""
    answer = target.send("POST", f"{_SCIM}/{family}", document)
    return str(answer.document["id"]), answer


def read(target: Workspace, family: str, key: str) -> Document:
    """Return a principal as it is now."""
    return target.get(f"{_SCIM}/{family}/{key}")


def patch(target: Target, family: str, key: str, wanted: Document, present: Document, names: tuple[str, ...]) -> Answer:
    """Make entitlements, roles, `active` and the given fields what they should be, in one request."""
    operations: list[dict[str, Any]] = []
    for field in ("entitlements", "roles"):
        ought, has = ({item["value"] for item in document.get(field, [])} for document in (wanted, present))
        if ought - has:
            value = [{"value": value} for value in sorted(ought - has)]
            operations.append({"op": "add", "path": field, "value": value})
        operations += [{"op": "remove", "path": f'{field}[value eq "{value}"]'} for value in sorted(has - ought)]
    for field in names:
        if field in wanted and wanted[field] != present.get(field):
            # The documented form of a flag: https://docs.databricks.com/api/workspace/users/patch
            value = [{"value": str(wanted[field]).lower()}] if field == "active" else wanted[field]
            operations.append({"op": "replace", "path": field, "value": value})
    return target.send("PATCH", f"{_SCIM}/{family}/{key}", {"schemas": [_PATCH], "Operations": operations})


def set_members(
    target: Target, key: str, wanted: list[str], present: list[str], sparing: Collection[str] | None = None
) -> Answer | None:
    """Add the members that are missing; those that are too many are somebody's and stay, unless only some are spared."""
    missing = [{"value": value} for value in wanted if value not in present]
    operations: list[Document] = [{"op": "add", "path": "members", "value": missing}] if missing else []
    if sparing is not None:
        more = [value for value in present if value not in wanted and value not in sparing]
        operations += [{"op": "remove", "path": f'members[value eq "{value}"]'} for value in more]
    if not operations:
        return None
    return target.send("PATCH", f"{_SCIM}/Groups/{key}", {"schemas": [_PATCH], "Operations": operations})


class Person(Writer):
    """A kind of principal that an access control list names: what users and service principals have in common."""

    listed_within = LISTED_WITHIN
    takes_any = False
    family: ClassVar[str]
    field: ClassVar[str]
    """What it is called by."""
    assigned_as: ClassVar[str]
    """The same in a request that assigns it."""
    told: ClassVar[tuple[str, ...]]
    """What a workspace may say of it besides entitlements and roles."""

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """Block those that neither the account has nor the operator wants made."""
        local = "not provisioned on the secondary; let the identity provider do it, or set `identity: create`"
        found = why_not(target, self.family, self.field, documents)
        if options.identity == "create":
            return {number: reason for number, reason in found.items() if reason.startswith(MAY_NOT_ASSIGN)}
        return {number: local if reason == "LOCAL" else reason for number, reason in found.items()}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Assign the account's, or make one."""
        name = wanted.definition[self.field]
        names = account_names(target, self.family, self.field)
        if names is not None and name.lower() in names:
            return assign(target, self.assigned_as, name, self.family)
        return create(target, self.family, wanted.definition)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set what the workspace says of it."""
        return patch(target, self.family, key, wanted.definition, present, self.told)

    def permanent(self, document: Document) -> str:
        """Who may enter is the identity provider's business."""
        return "people and service principals are never deleted"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the workspace's principals of this name."""
        return by_name(target, self.family, self.field, wanted.definition[self.field])

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return it as it is now."""
        return read(target, self.family, key)
