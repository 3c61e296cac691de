"""IP access lists: written only where drill.yaml asks for it, and never so that this host is locked out."""

from __future__ import annotations

from typing import Any

from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.ip_access_lists import API, named
from lakedrill.inventory.workspace import Workspace
from migrate.kinds._addresses import listed, locked_out
from migrate.target import Answer, Target
from migrate.writer import Blocked, Options, Wanted, Writer


class IpAccessLists(Writer):
    """IP access lists (`/api/2.0/ip-access-lists`)."""

    name = "ip_access_lists"
    how = "where `apply` in drill.yaml asks for it, unless it would lock out the copier"
    unasked = "it decides who may call the workspace"
    last = True
    serial = True
    renames = True
    prepares_changes = True

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """None is written where all of them together would lock out this host."""
        given = list(documents.values())
        why = locked_out(target, [*(each for each in listed(target) if not _is_among(each, given)), *given])
        return dict.fromkeys(documents, why) if why else {}

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the list. One that is not to be enabled is switched off afterwards."""
        body = {name: value for name, value in wanted.definition.items() if name not in ("name", "enabled")}
        _require_way_in(target, {**body, "enabled": True})
        answer = target.send("POST", API, body)
        return str(answer.document["ip_access_list"]["list_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Give the list all that is wanted."""
        body = {name: value for name, value in wanted.definition.items() if name != "name"}
        _require_way_in(target, {**body, "list_id": key})
        return target.send("PUT", f"{API}/{key}", body)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove a block list."""
        return target.send("DELETE", f"{API}/{key}", None)

    def permanent(self, document: Document) -> str:
        """An allow list may be what lets people in."""
        return "who is let in by it would be locked out" if document.get("list_type") == "ALLOW" else ""

    def rank(self, target: Workspace, document: Document) -> Any:
        """What lets this host in comes first: the service refuses what would lock it out even for a moment."""
        return bool(locked_out(target, [document]))

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the list of this label and type."""
        return [each["list_id"] for each in listed(target) if _is_among(each, [wanted.definition])]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the list as it is now."""
        return named(target.get(f"{API}/{key}")["ip_access_list"])


def _is_among(each: Document, others: list[Document]) -> bool:
    """Say whether a list is meant by one of others: of a label there is one of each type."""
    return any((each["label"], each["list_type"]) == (other["label"], other["list_type"]) for other in others)


def _require_way_in(target: Target, given: Document) -> None:
    """Raise Blocked where the workspace would lock out this host once it had a list."""
    rest = [each for each in listed(target) if each["list_id"] != given.get("list_id") and not _is_among(each, [given])]
    if why := locked_out(target, [*rest, given]):
        raise Blocked(why)
