"""Canonical values as people read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakedrill.parity.canonical import Hidden, Value
from lakedrill.parity.difference import ABSENT
from lakedrill.parity.reference import Dangling, Ref, Text

Tell = Callable[[Ref], str]


def show(value: Value, tell: Tell) -> Any:
    """Return a canonical value as JSON that people can read: references by key, hidden values hidden."""
    if value is ABSENT:
        return None
    if isinstance(value, dict):
        return {key: show(child, tell) for key, child in value.items()}
    if isinstance(value, list):
        return [show(child, tell) for child in value]
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else f"{{{show(part, tell)}}}" for part in value.parts)
    if isinstance(value, Ref):
        return tell(value)
    if isinstance(value, Dangling):
        return told(value)
    return "(hidden)" if isinstance(value, Hidden) else value


def told(found: Dangling) -> str:
    """Return what a reference to nothing says, and why it leads nowhere."""
    why = "leads to nothing" if found.captured else f"not all {' or '.join(found.kinds)} were captured"
    return f"{found.value} ({why})"
