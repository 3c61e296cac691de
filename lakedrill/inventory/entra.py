"""Tokens of Entra ID, Azure's identity provider: whose one is."""

from __future__ import annotations

import base64
import json
from typing import Any

_ISSUERS = ("https://sts.windows.net/", "https://login.microsoftonline.com/")


def is_users(header: str) -> bool:
    """Say whether an `Authorization` header holds a token that Entra ID gave to a user, and not to an application.

    Such a token is a JWT; `idtyp` and `upn` tell the two apart
    (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
    """
    claims = _claims(header.partition(" ")[2])
    named = bool(claims.get("upn") or claims.get("unique_name")) and claims.get("idtyp") != "app"
    return named and str(claims.get("iss", "")).startswith(_ISSUERS)


def _claims(token: str) -> dict[str, Any]:
    """Return what a JWT says; nothing where it is none. Nothing is proven by it, and nothing is granted for it."""
    parts = token.split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
