"""The rows of a mapping that an estate seems to need: what in its definitions belongs to a region, a workspace or an account.

Found are values and keys that begin with a place, and names of what the secondary does not offer. What stands in the middle of
a text no row reaches: it is told, and changed at the source.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from lakedrill.inventory.discretion import discreet

_KEY = "."
"""What the path of a key ends with."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A text of a definition of the primary: of which object, `kind:key`, and where in it."""

    kind: str
    object: str
    path: str
    text: str


@dataclass(frozen=True)
class Offer:
    """What one workspace offers. None: it could not be read, so that nothing is known to be missing."""

    host: str
    node_types: frozenset[str] | None = None
    zones: frozenset[str] | None = None
    runtimes: frozenset[str] | None = None

    @property
    def region(self) -> str:
        """What the names of all zones begin with, but for a letter; empty where that tells nothing."""
        shortest = min((zone[:-1] for zone in self.zones or ()), key=len, default="")
        return shortest.rstrip("-") if all(zone.startswith(shortest) for zone in self.zones or ()) else ""


@dataclass(order=True)
class Proposal:
    """A row, with what it is about and what it would change. An empty `secondary` is to be filled in by somebody who knows."""

    title: str
    primary: str
    secondary: str = ""
    kind: str = "*"
    path: str = "*"
    prefix: bool = False
    optional: bool = False
    """The copy may be right without it."""
    spots: list[Spot] = field(default_factory=list, compare=False)

    @property
    def told(self) -> str:
        """How much it would change, with an example."""
        objects = len({(spot.kind, spot.object) for spot in self.spots})
        first = self.spots[0]
        at = f" at {first.path.rstrip(_KEY)}" if first.path else ""
        return f"{_many(len(self.spots), 'value')} in {_many(objects, 'object')}, as {first.kind}:{first.object}{at}"


@dataclass(frozen=True, slots=True)
class Place:
    """What a place looks like where a text begins with it."""

    title: str
    pattern: re.Pattern[str]
    keys: bool = False
    """Looked for in keys, not in values."""
    optional: bool = False


STORAGE = "Storage accounts and buckets"
MOUNTS = "Mounts: rows only where the mount points themselves are called otherwise"
ACCOUNTS = "Storage accounts and buckets that settings are named by"
VAULTS = "Key vaults"
ARNS = "Amazon resources: instance profiles, keys, roles"
PLACES = (
    Place(STORAGE, re.compile(r"(?:s3[an]?|gs|adl)://[^/\s]+(?:/|$)")),
    Place(STORAGE, re.compile(r"(?:abfss?|wasbs?)://[^@/\s]+@[^/\s]+(?:/|$)")),
    Place(STORAGE, re.compile(r"https://[a-z0-9]+\.(?:blob|dfs|file|queue|table)\.core\.windows\.net(?:/|$)")),
    Place(MOUNTS, re.compile(r"(?:dbfs:|/dbfs)?/mnt/[^/\s]+(?:/|$)"), optional=True),
    Place(
        ACCOUNTS, re.compile(r"(?:spark\.hadoop\.)?fs\.azure\.[\w.]+?\.[a-z0-9]+\.(?=(?:blob|dfs)\.core\.)"), keys=True
    ),
    Place(ACCOUNTS, re.compile(r"(?:spark\.hadoop\.)?fs\.s3a\.bucket\.[^.\s]+\."), keys=True),
    Place(VAULTS, re.compile(r"https://[\w-]+\.vault\.azure\.net(?:/|$)")),
    Place(
        VAULTS,
        re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.KeyVault/vaults/[^/\s]+$"),
    ),
    Place(ARNS, re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:\d*:\S+$")),
)
NODES = "Node types that the secondary does not offer"
ZONES = "Zones"
ODD_ZONES = "Zones without a like one in the secondary's region: auto, or one of its zones with one_way on both rows"
RUNTIMES = "Runtimes that the secondary does not offer"
REGIONS = "The region by name"
HOSTS = "The primary's own host"
PEOPLE = "Principals that the secondary lacks: rows only for those that are called otherwise there"


def proposals(spots: Iterable[Spot], primary: Offer, secondary: Offer) -> tuple[list[Proposal], list[str]]:
    """Return the rows that definitions need, and notes on what no row reaches or nobody may see."""
    found: dict[tuple[str, str, str], Proposal] = {}
    middle: dict[str, list[Spot]] = defaultdict(list)
    hidden = 0
    for spot in spots:
        seen = discreet(spot.path, spot.text) == spot.text
        for each in (*_placed(spot), *_offered(spot, primary, secondary)):
            hidden += not seen
            if seen:
                found.setdefault((each.title, each.primary, each.path), each).spots.append(spot)
        for name in _inside(spot, primary.host) if seen else ():
            middle[name].append(spot)
    notes = [
        f"no row reaches {name} in the middle of {Proposal('', '', spots=at).told}"
        for name, at in sorted(middle.items())
    ]
    if hidden:
        notes.append(f"{_many(hidden, 'value')} that may be secret would need a row as well, and can't be shown")
    return sorted(found.values()), notes


def absent(kind: str, path: str, keys: Iterable[str], present: Collection[str]) -> list[Proposal]:
    """Return a row for each principal of the primary that is not among the names, in lower case, of the other side."""
    return [
        Proposal(PEOPLE, key, kind=kind, path=path, optional=True, spots=[Spot(kind, key, "", key)])
        for key in sorted(keys)
        if key.lower() not in present
    ]


def _placed(spot: Spot) -> Iterator[Proposal]:
    for place in PLACES:
        match = place.pattern.match(spot.text) if place.keys is spot.path.endswith(_KEY) else None
        if match:
            whole = match[0] == spot.text and not match[0].endswith(("/", "."))
            yield Proposal(place.title, match[0], prefix=not whole, optional=place.optional)
            return


def _offered(spot: Spot, primary: Offer, secondary: Offer) -> Iterator[Proposal]:
    text, path = spot.text, spot.path
    if "node_type_id" in path and _lacks(secondary.node_types, text) and not _lacks(primary.node_types, text):
        yield Proposal(NODES, text, path=_from("node_type_id", path))
    if "spark_version" in path and _lacks(secondary.runtimes, text) and not _lacks(primary.runtimes, text):
        yield Proposal(RUNTIMES, text, path=_from("spark_version", path))
    here, there = primary.region, secondary.region
    if "zone_id" in path and _lacks(secondary.zones, text) and text in (primary.zones or ()):
        if here and there and there + text[len(here) :] in (secondary.zones or ()):
            yield Proposal(ZONES, here, there, path=_from("zone_id", path), prefix=True)
        else:
            yield Proposal(ODD_ZONES, text, path=_from("zone_id", path))
    if path.endswith("region") and here and there and text == here != there:
        yield Proposal(REGIONS, here, there, path="*region")
    if text.startswith(primary.host) and text[len(primary.host) :][:1] in ("", "/", "?", "#"):
        yield Proposal(HOSTS, primary.host, secondary.host, prefix=True)


def _from(name: str, path: str) -> str:
    """Return a glob for all paths that end as this one does, from a field on."""
    return f"*{path[path.rindex(name) :]}"


def _lacks(offered: frozenset[str] | None, name: str) -> bool:
    return offered is not None and name not in offered


def _inside(spot: Spot, host: str) -> Iterator[str]:
    """Yield the places that a text names elsewhere than at its beginning."""
    for place in PLACES:
        if not place.optional and not place.keys and not place.pattern.pattern.endswith("$"):
            yield from {match[0] for match in place.pattern.finditer(spot.text) if match.start()}
    if spot.text.find(host) > 0:
        yield host


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
