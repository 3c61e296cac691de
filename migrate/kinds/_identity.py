"""What the writers of users, groups and service principals share.

Where identity is federated, principals belong to the account: the copier assigns them to the workspace by name and sets what
the workspace itself says of them. Where it is not, they are the workspace's own, and are made only if the operator said so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Blocked

_ASSIGNMENTS = "/api/2.0/preview/permissionassignments"
_SCIM = "/api/2.0/preview/scim/v2"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_PAGE = 500
MAY_NOT_ASSIGN = "the caller may not assign account principals"


def account_names(target: Workspace, family: str, field: str) -> set[str] | None:
    """Return the names of the account's principals, lower case; None where identity is not federated."""

    def read() -> set[str] | None:
        try:
            target.get(_ASSIGNMENTS)
            return set(_names(target, family, field))
        except Refused as refusal:
            if refusal.denied:
                raise
            return None

    return target.shared(f"account {family}", read)


def _names(target: Workspace, family: str, field: str) -> Iterator[str]:
    start = 1
    while True:
        page = target.get(f"/api/2.0/account/scim/v2/{family}", startIndex=start, count=_PAGE, attributes=field)
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
        if said.get("error"):
            raise Blocked(f"{name} could not be assigned: {said['error']}")
        if "principal" in said:
            return str(said["principal"]["principal_id"]), answer
    ids = by_name(
        target, family, {"user_name": "userName", "group_name": "displayName"}.get(field, "applicationId"), name
    )
    if not ids:
        raise Blocked(f"{name} was assigned and can't be seen in the workspace")
    return ids[0], answer


def by_name(target: Workspace, family: str, field: str, name: str) -> list[str]:
    """Return the ids of the workspace's principals with a name."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    page = target.get(f"{_SCIM}/{family}", filter=f'{field} eq "{quoted}"')
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
            operations.append({"op": "replace", "path": field, "value": wanted[field]})
    return target.send("PATCH", f"{_SCIM}/{family}/{key}", {"schemas": [_PATCH], "Operations": operations})


def set_members(target: Target, key: str, wanted: list[str], present: list[str]) -> Answer | None:
    """Add the members that are missing; those that are too many are somebody's and stay."""
    missing = [{"value": value} for value in wanted if value not in present]
    if not missing:
        return None
    operations = [{"op": "add", "path": "members", "value": missing}]
    return target.send("PATCH", f"{_SCIM}/Groups/{key}", {"schemas": [_PATCH], "Operations": operations})
