"""The configuration of a workspace, key by key, and only where drill.yaml asks for it."""

from __future__ import annotations

from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.workspace_conf import ADDRESSES, API, read
from migrate.kinds._addresses import listed, locked_out
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer


class WorkspaceConf(Writer):
    """The configuration of a workspace (`/api/2.0/workspace-conf`)."""

    name = "workspace_conf"
    how = "where `apply` in drill.yaml asks for it"
    unasked = "it changes how the whole workspace behaves"
    last = True
    takes_any = False

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Set it: every workspace has each key."""
        return str(wanted.definition["key"]), self.update(target, "", wanted, {})

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set one key. None is unset again (terraform-provider-databricks #823, #1229, #3316)."""
        key, value = str(wanted.definition["key"]), wanted.definition["value"]
        if value is None:
            raise Blocked(
                "the primary never set it, and no request takes back what was set; set it by hand, or `ignore` it"
            )
        if (key, value) == (ADDRESSES, "true") and (why := locked_out(target, listed(target))):
            raise Blocked(why)
        return target.send("PATCH", API, {key: value})

    def permanent(self, document: Document) -> str:
        """It can be changed, and never removed."""
        return "every workspace has one"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the one that there is."""
        return [str(wanted.definition["key"])]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return it as it is now."""
        return read(target, str(wanted.definition["key"]))
