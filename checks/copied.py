"""What the last copy said of itself, for the record. The verdict does not ask for it; another tool's copy leaves none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = "copy.json"
FORMAT = 1


def read(folder: Path, primary_digest: str) -> dict[str, Any]:
    """Return what a copy of this very snapshot of the primary wrote down (`accounting`, `manual`); nothing where none did."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("primary") != primary_digest:
        return {}
    return found
