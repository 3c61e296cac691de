"""Git credentials of the copying identity. Nobody sees another's, and nobody a token: that there is one can be compared."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Kind, Shape

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/git-credentials"
_SOURCE = "https://docs.databricks.com/api/workspace/gitcredentials/list"


class GitCredentials(Kind):
    """Git credentials (`/api/2.0/git-credentials`) of whoever calls. A user may have several for one provider."""

    name = "git_credentials"
    identity = Identity("git_provider")
    handles = {}
    why_no_permissions = "each is its owner's alone"
    shapes = {
        Facet.DEFINITION: Shape(assigned=(Field("credential_id", "the workspace's own", _SOURCE),)),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return the caller's own, all at once."""
        return [Entry(str(found["credential_id"]), found) for found in workspace.get(_API).get("credentials", [])]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return one of the caller's own by id."""
        return if_there(lambda: Entry(value, workspace.get(f"{_API}/{value}"))) if by == "id" else None

    def mended_by(self, facet: Facet | None, primary: Document, secondary: Document) -> str:  # noqa: ARG002 - there is one facet
        """Return the command with which its owner makes it, or sets what differs, with a token of their own."""
        user = f" --git-username {shlex.quote(str(primary['git_username']))}" if "git_username" in primary else ""
        verb = f"update {secondary['credential_id']}" if secondary else "create"
        provider = shlex.quote(str(primary["git_provider"]))
        return f"databricks git-credentials {verb} {provider}{user} --personal-access-token TOKEN, on the secondary"
