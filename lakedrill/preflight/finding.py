"""One line of what a preflight found, and what all lines come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """What a finding means."""

    OK = "ok"
    WARN = "warn"
    """Somebody should know; nothing is refused for it."""
    FAIL = "FAIL"
    UNKNOWN = "unknown"
    """Could not be read or is not told: never ok."""


class Area(StrEnum):
    """What a finding is about."""

    SIGHT = "sight"
    """Whether the callers see everything: what is not ok here puts everything in doubt, the other findings too."""
    REFUSAL = "refusal"
    """What the service will refuse later."""
    PLACE = "place"
    """What is lost together with the primary's region."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, and what was found, in words."""

    area: Area
    level: Level
    name: str
    text: str

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON."""
        return asdict(self)


def exit_code(findings: Iterable[Finding]) -> int:
    """0: nothing fails and sight is proven; 1: something will refuse; 2: sight is not proven, whatever else was found."""
    everything = list(findings)
    if any(found.area is Area.SIGHT and found.level in (Level.FAIL, Level.UNKNOWN) for found in everything):
        return 2
    return int(any(found.level is Level.FAIL for found in everything))
