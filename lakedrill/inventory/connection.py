"""Where a workspace is and how to call it. Apart from `workspace.py`, so that reading drill.yaml does not load the SDK."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Connection:
    """Where a workspace is and how to call it: a profile of a profile file."""

    role: str
    profile: str
    workspace_id: int
    config_file: Path | None = None
