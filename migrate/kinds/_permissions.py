"""Access control lists: the same request for every kind that has one, sent when everything else is in its place."""

from __future__ import annotations

from collections.abc import Callable

from lakedrill.inventory.kind import PRINCIPAL_FIELDS, Document, Kind
from migrate.target import Answer, Target

Grant = tuple[tuple[str, str], str]
"""Principal (field and name) and level."""


def path(kind: Kind, key: str) -> str:
    """Return where the permissions of an object are."""
    return f"/api/2.0/permissions/{kind.permissions}/{key}"


def write(
    target: Target, kind: Kind, key: str, wanted: Document, present: Document, keep: Callable[[str], bool]
) -> Answer:
    """Replace an object's direct entries by the wanted ones.

    `keep` says by name whose entries stay of the principals that are not wanted at all. An owner gives way to the wanted one.
    """
    entries = grants(wanted)
    named = {principal for principal, _ in entries}
    entries += [e for e in grants(present) if e[0] not in named and e[1] != "IS_OWNER" and keep(e[0][1])]
    body = [{field: name, "permission_level": level} for (field, name), level in entries]
    return target.send("PUT", path(kind, key), {"access_control_list": body})


def grants(acl: Document) -> list[Grant]:
    """Return the direct entries of a raw list."""
    return [
        ((field, entry[field]), permission["permission_level"])
        for entry in direct_only(acl)["access_control_list"]
        for field in PRINCIPAL_FIELDS
        if field in entry
        for permission in entry["all_permissions"]
    ]


def direct_only(acl: Document) -> Document:
    """Return a raw access control list without what is inherited."""
    kept = []
    for entry in acl.get("access_control_list", []):
        own = [p for p in entry.get("all_permissions", []) if not p.get("inherited")]
        if own:
            kept.append({**entry, "all_permissions": own})
    return {**acl, "access_control_list": kept}


def is_kept(acl: Document, ought: set[Grant], before: Document | None) -> bool:
    """Say whether a raw list shows what was written: all it ought to have, and not what it had before unless that is it."""
    has = set(grants(acl))
    return ought <= has and (has == ought or before is None or has != set(grants(before)))
