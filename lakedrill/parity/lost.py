"""Values without what is lost in them: references to what has no other end.

They tell whether two values differ in nothing else. `is_lost` says of a leaf (scalar, Ref, Dangling) whether it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakedrill.parity.canonical import Bag, Hidden, Value
from lakedrill.parity.reference import Text

IsLost = Callable[[Any], bool]


def without(value: Value, is_lost: IsLost) -> Value:
    """Return a value without its lost leaves, and without the items of bags that are about one."""
    if isinstance(value, dict):
        kept = ((key, child) for key, child in value.items() if not _is_gone(child, is_lost))
        return type(value)((key, without(child, is_lost)) for key, child in kept)
    if isinstance(value, Bag):
        return Bag(without(item, is_lost) for item in value if not _is_about(item, is_lost))
    if isinstance(value, list):
        return [without(item, is_lost) for item in value if not _is_gone(item, is_lost)]
    return Hidden(without(value.value, is_lost)) if isinstance(value, Hidden) else value


def _is_about(item: Value, is_lost: IsLost) -> bool:
    fields = item.values() if isinstance(item, dict) else [item]
    return any(_is_gone(field, is_lost) for field in fields)


def _is_gone(value: Value, is_lost: IsLost) -> bool:
    if isinstance(value, Hidden):
        return _is_gone(value.value, is_lost)
    if isinstance(value, dict | list):
        return False
    return any(is_lost(part) for part in value.parts) if isinstance(value, Text) else is_lost(value)
