"""Small sealed snapshots, made by hand: what a capture of a workspace would have written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakedrill.inventory.kind import Catalogue, Document, Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import values
from lakedrill.inventory.snapshot import Listing, Snapshot, SnapshotWriter, Unreadable

WORKSPACES = {"primary": 1111111111111111, "secondary": 2222222222222222}
CALLERS = {
    "primary": {"id": "9000000000000001", "userName": "copier@primary.example", "applicationId": None, "admin": True},
    "secondary": {
        "id": "9000000000000002",
        "userName": "copier@secondary.example",
        "applicationId": None,
        "admin": True,
    },
}

Objects = Mapping[str, Mapping[str, Document]]
"""Kind → id → raw document."""


def build(
    path: Path,
    role: str,
    objects: Objects,
    *,
    permissions: Mapping[tuple[str, str], Document | Unreadable] | None = None,
    contents: Mapping[tuple[str, str], bytes | Unreadable | None] | None = None,
    apart: Mapping[tuple[str, str], Mapping[Facet, Document | Unreadable]] | None = None,
    unreadable: Mapping[tuple[str, str], Unreadable] | None = None,
    failed: Mapping[str, tuple[str, str]] | None = None,
    unlisted: frozenset[str] = frozenset(),
    catalogue: Catalogue = CATALOGUE,
    meta: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Write, seal and open a snapshot.

    `permissions` and `contents` are by kind and id; an object without is given an empty access control list, and no bytes;
    a content that is None is not captured.
    `apart` are other facets that are read by themselves.
    `unreadable` are objects whose definition could not be read, `failed` kinds whose listing was not whole, with code and
    reason, `unlisted` kinds of which the snapshot says nothing.
    """
    writer = SnapshotWriter(path)
    for kind in catalogue.kinds:
        found = objects.get(kind.name, {})
        code, reason = (failed or {}).get(kind.name, ("", ""))
        if kind.name not in unlisted:
            writer.listing(Listing(kind.name, len(found), code, reason))
        for key, document in found.items():
            handles = [
                (handle, kind.fold(handle, str(value)))
                for handle, at in kind.handles.items()
                for value in values(document, at)
            ]
            n = writer.put(kind.name, key, document, listed=True, handles=handles)
            if (unread := (unreadable or {}).get((kind.name, key))) is not None:
                writer.facet(n, Facet.DEFINITION, unread)
            for facet, read in (apart or {}).get((kind.name, key), {}).items():
                writer.facet(n, facet, read)
            if Facet.PERMISSIONS in kind.shapes:
                writer.facet(
                    n, Facet.PERMISSIONS, (permissions or {}).get((kind.name, key), {"access_control_list": []})
                )
            if Facet.CONTENT in kind.shapes:
                data = (contents or {}).get((kind.name, key), b"")
                if data is None:
                    continue
                writer.facet(
                    n,
                    Facet.CONTENT,
                    data if isinstance(data, Unreadable) else {"sha256": writer.content(data), "size": len(data)},
                )
    writer.seal(
        {
            "role": role,
            "host": f"https://{role}.example",
            "workspace_id": WORKSPACES[role],
            "caller": CALLERS[role],
            "started": 0.0,
            "ended": 0.0,
            "lakedrill": "0",
            **(meta or {}),
        }
    )
    return Snapshot(path)
