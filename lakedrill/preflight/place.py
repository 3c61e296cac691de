"""Place: what stands in the primary's region is lost with it, the proof that a failover works included.

Where this host is only its operator knows: a cloud's metadata service would tell of the machine, not of the folder and its
keys, and only in a cloud. So drill.yaml says it, or it stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import ReadError
from lakedrill.preflight.finding import Area, Finding, Level

if TYPE_CHECKING:
    from lakedrill.inventory.drill import Drill
    from lakedrill.preflight.sight import Seen

_ZONES = "/api/2.1/clusters/list-zones"
_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]|([a-z]+-[a-z]+\d+)-[a-z]")
"""A zone of AWS, `us-east-1a`, and of GCP, `us-east1-b`. Azure's are numbers and tell nothing."""


def region_of(zone: str) -> str:
    """Return the region that a zone's name tells; empty where it tells none."""
    found = _ZONE.fullmatch(zone)
    return "" if found is None else found[1] or found[2]


def findings(drill: Drill, primary: Seen) -> Iterator[Finding]:
    """Yield whether this host and the drill's folder would outlive the primary's region."""

    def found(level: Level, text: str) -> Finding:
        return Finding(Area.PLACE, level, "stands_in", text)

    if not drill.stands_in:
        told = "where this host, the drill's folder and its keys are is not told; say `stands_in: REGION` in drill.yaml"
        yield found(Level.UNKNOWN, told)
        return
    region, reason = drill.primary_region, ""
    if not region:
        try:
            region = region_of(str(primary.read(_ZONES).get("default_zone", "")))
        except ReadError as error:
            reason = f" ({error})"
    if not region:
        told = f"the primary does not tell its region{reason}; say `region: REGION` under `primary` in drill.yaml"
        yield found(Level.UNKNOWN, told)
    elif region.casefold() == drill.stands_in.casefold():
        told = f"this host and the drill's folder are in {region}, the primary's region, and would be lost with it"
        yield found(Level.WARN, f"{told}; hold the drill from elsewhere")
    else:
        yield found(Level.OK, f"this host and the drill's folder are in {drill.stands_in}, the primary is in {region}")
