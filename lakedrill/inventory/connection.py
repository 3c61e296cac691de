"""Where a workspace is and how to call it. Apart from `workspace.py`, so that reading drill.yaml does not load the SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lakedrill.inventory.mounting import Mounting


@dataclass(frozen=True)
class Rate:
    """How much of the service's request limits a drill may use: people's work on the two workspaces shares them."""

    primary: float = 0.5
    secondary: float = 0.8
    scale: float = 1.0
    """All limits times this: of a workspace whose limits were raised, or of an emulator whose minute is shorter."""

    def share(self, role: str) -> float:
        """Return the share of a side."""
        return self.secondary if role == "secondary" else self.primary


@dataclass(frozen=True)
class Connection:
    """Where a workspace is and how to call it: a profile of a profile file, and a rate (None: as fast as it goes)."""

    role: str
    profile: str
    workspace_id: int
    config_file: Path | None = None
    rate: Rate | None = Rate()
    secrets_on: str = ""
    """The cluster, by id or name, on which drill.yaml lets secrets be read; empty: on none."""
    mounts: Mounting = field(default_factory=Mounting)
    """What lists the mounts."""
    calls_from: str = ""
    """The address of this host as the workspace sees it, or a range that holds it; empty: nobody said."""

    @property
    def has_clusters(self) -> bool:
        """Whether drill.yaml lets commands run on any cluster."""
        return bool(self.secrets_on or self.mounts.cluster)
