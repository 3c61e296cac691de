"""Whom something runs as, said outright: left out, it would be whoever made the copy."""

from __future__ import annotations

import re

from lakedrill.inventory.kind import Document

_APPLICATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def run_as(definition: Document) -> Document:
    """Return what a request says of whom a job or a pipeline of this definition runs as; nothing where nobody is told."""
    name = definition.get("run_as_user_name")
    if not name:
        return {}
    return {"run_as": {"service_principal_name" if _APPLICATION.fullmatch(name) else "user_name": name}}
