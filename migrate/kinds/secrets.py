"""Secrets: put with their values, which come from the primary's memory into the secondary's and are read back."""

from __future__ import annotations

import base64

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.kinds import secrets
from migrate.target import Answer, Target, Unclear
from migrate.writer import Blocked, Wanted, Writer

_API = "/api/2.0/secrets"


class Secrets(Writer):
    """Secrets (`/api/2.0/secrets`). There is none without a value."""

    name = "secrets"
    how = "with their values, where drill.yaml says so"
    with_definition = frozenset({Facet.VALUE})
    takes_any = False
    settle_seconds = 60.0
    """A secret that was just put may be told not to exist (databrickslabs/ucx, `workspace_access/secrets.py`)."""

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Put the secret where there is none of its name: the request itself would overwrite one."""
        if self.find(target, wanted):
            raise Blocked("somebody has put it meanwhile; plan again")
        return str(wanted.definition["name"]), _put(target, wanted)

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Put the value over the one that is there."""
        return _put(target, wanted)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the secret. Nobody can bring its value back."""
        scope, _, name = key.partition("/")
        return target.send("POST", f"{_API}/delete", {"scope": scope, "key": name})

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the name as the target spells it, if there is such a secret."""
        name = str(wanted.definition["name"])
        found = secrets.in_scope(target, name.partition("/")[0])
        return [secret["name"] for secret in found if secret["name"].lower() == name.lower()]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the secret as it is listed now."""
        found = secrets.in_scope(target, key.partition("/")[0])
        secret = next((secret for secret in found if secret["name"].lower() == key.lower()), None)
        if secret is None:
            raise Refused("RESOURCE_DOES_NOT_EXIST", f"secret {key} is not listed", gone=True)
        return secret


def _put(target: Target, wanted: Wanted) -> Answer:
    """Send a value: as text where it is UTF-8, so that `get` and `getBytes` agree about it, else as bytes.

    What the service says to it is not kept but for its code: it may repeat the value.
    """
    scope, _, key = str(wanted.definition["name"]).partition("/")
    value = wanted.content()
    try:
        return target.send("POST", f"{_API}/put", {"scope": scope, "key": key, **_spelled(value)})
    except Refused as refusal:
        told = "the service refuses the value; its words are not kept, for they may repeat it"
        raise Refused(refusal.code, told, gone=refusal.gone, denied=refusal.denied) from None
    except Unclear as unclear:
        raise Unclear("whether the value was put is not known", unclear.wait_seconds) from None


def _spelled(value: bytes) -> Document:
    try:
        return {"string_value": value.decode()}
    except UnicodeDecodeError:
        return {"bytes_value": base64.b64encode(value).decode()}
