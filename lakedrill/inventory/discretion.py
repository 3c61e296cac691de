"""What must not be written down: values that look like secrets, in what people read of an error, a judgement or a plan."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"
_NAME = re.compile(
    r"secret|token|passw|pwd|credential|private[._-]?key|(?:api|access|account|shared)[._-]?key|\bsas\b|connection[._-]?string",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"\b(?:dapi|dkea|dose)[\w-]{8,}"
    r"|\bAKIA[A-Z0-9]{16}\b"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|(?i:(?<=password=)|(?<=secret=)|(?<=token=)|(?<=key=)|(?<=bearer ))[^\s;&'\"]+"
)
_REFERENCE = "{{secrets/"
"""A value that only names a secret is none."""


def discreet(path: str, value: Any) -> Any:
    """Return a value without what looks like a secret, by the name it stands under or by itself."""
    if isinstance(value, dict):
        return {key: discreet(f"{path}.{key}", child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [discreet(path, child) for child in value]
    if isinstance(value, str) and value and _NAME.search(path) and not value.startswith(_REFERENCE):
        return HIDDEN
    return scrubbed(value) if isinstance(value, str) else value


def names_secret(text: str) -> bool:
    """Say whether a text speaks of a secret, so that what stands beside it may be one."""
    return _NAME.search(text) is not None


def scrubbed(text: str) -> str:
    """Return a text without what looks like a secret."""
    return _TEXT.sub(HIDDEN, text)
