"""Who may call a workspace with tokens of their own, and sign in with passwords: access control lists of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Entry, Facet, Identity, Kind, Shape, permissions_shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

WHAT = ("tokens", "passwords")
_NO_LISTS = "FEATURE_DISABLED"


class TokenPermissions(Kind):
    """Who may use tokens and passwords (`/api/2.0/permissions/authorization/…`). Every workspace has a list of each."""

    name = "token_permissions"
    identity = Identity("name")
    is_everywhere = True
    handles = {}
    id_is_name = True
    permissions = "authorization"
    shapes = {Facet.DEFINITION: Shape(), Facet.PERMISSIONS: permissions_shape()}

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return both; none of passwords where the workspace has none, since people sign in by other means only.

        A tier without access control has both all the same: of that their permissions tell.
        """
        found: list[Entry] = []
        for what in WHAT:
            try:
                workspace.get(f"/api/2.0/permissions/{self.permissions}/{what}")
            except Refused as refusal:
                if found and refusal.gone:
                    continue
                if refusal.code != _NO_LISTS:
                    raise
            found.append(Entry(what, {"name": what}))
        return found
