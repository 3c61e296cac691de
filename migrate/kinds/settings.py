"""The settings of a workspace, each by itself, and only where drill.yaml asks for it; for good, only where it is named."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.settings import API, TOLD, TYPES, read
from lakedrill.inventory.workspace import Workspace
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer

_STALE = "RESOURCE_CONFLICT"
_POLICY, _DOMAINS = "aibi_dash_embed_ws_acc_policy", "aibi_dash_embed_ws_apprvd_domains"
_APPROVED = "ALLOW_APPROVED_DOMAINS"


class Settings(Writer):
    """The settings of a workspace (`/api/2.0/settings/types/…`)."""

    name = "settings"
    how = "where `apply` in drill.yaml asks for it; by name, what can never be switched off again"
    unasked = "it changes how the whole workspace behaves"
    by_name = MappingProxyType({"shield_csp_enablement_ws_db": "once enabled it can never be disabled"})
    last = True
    serial = True
    takes_any = False

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Set it: every workspace has each."""
        name = str(wanted.definition["type"])
        return name, self.update(target, name, wanted, read(target, name))

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set the fields that differ, or take it back to its default, with the etag of what was there.

        Where that is no longer the present one it is read again and sent once more, unless somebody changed it meanwhile.
        """
        try:
            return _send(target, wanted.definition, present)
        except Refused as refusal:
            now = read(target, str(present["type"])) if refusal.code == _STALE else {}
            if not now or _value(now) != _value(present):
                raise
            return _send(target, wanted.definition, now)

    def rank(self, target: Workspace, document: Document) -> Any:
        """The domains that may embed can be changed only while approved domains may: before that ends, after it begins."""
        if document["type"] == _POLICY:
            return 0 if _value(document).get("access_policy_type") == _APPROVED else 2
        return 1

    def permanent(self, document: Document) -> str:
        """It can be changed, and never removed."""
        return "every workspace has one"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the one that there is."""
        return [str(wanted.definition["type"])]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return it as it is now."""
        return read(target, str(wanted.definition["type"]))


def _send(target: Target, wanted: Document, present: Document) -> Answer:
    name, etag = str(wanted["type"]), present.get("etag")
    field, path = TYPES[name].field, API.format(name)
    if field not in wanted:
        if not TYPES[name].is_deleted:
            raise Blocked("the primary never set it, and no request takes back what was set; set it by hand")
        return target.send("DELETE", f"{path}?etag={quote(str(etag), safe='')}", None)
    value, has = _value(wanted), _value(present)
    mask = [f"{field}.{each}" for each in {**value, **has} if value.get(each) != has.get(each)]
    setting = {field: value, "setting_name": "default", **({"etag": etag} if etag else {})}
    body = {"allow_missing": True, "setting": setting, "field_mask": ",".join(mask or [field])}
    return target.send("PATCH", path, body)


def _value(document: Document) -> Document:
    """Return what is set, without what the service only tells."""
    found = document.get(TYPES[str(document["type"])].field, {})
    return {name: each for name, each in found.items() if name not in TOLD}
