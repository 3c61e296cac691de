"""What the service will refuse later: one probe a reason, each a row of PROBES. All of them only read.

A probe that may not be read is unknown, never ok.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document, Entry
from lakedrill.inventory.kinds import workspace_conf
from lakedrill.inventory.kinds.clusters import MOST_PINNED
from lakedrill.inventory.kinds.volume_files import VolumeFiles, volume_of
from lakedrill.parity.listings import ABSENT_CODES
from lakedrill.parity.scope import Scope
from lakedrill.preflight import callers
from lakedrill.preflight.finding import Area, Finding
from lakedrill.preflight.probe import FAIL, OK, UNKNOWN, WARN, Probe, Said, Sites, many
from lakedrill.preflight.sight import Seen


@dataclass(frozen=True)
class Limit:
    """How many objects a workspace takes."""

    kind: str
    most: int
    what: str
    source: str
    as_of: str
    beyond: str = ""
    """What becomes of those beyond it; a copy fails unless something does."""


LIMITS = (
    Limit("jobs", 10_000, "saved jobs", "learn.microsoft.com/azure/databricks/resources/limits", "2026-09-02"),
    Limit(
        "pipelines", 12_000, "saved pipelines", "learn.microsoft.com/azure/databricks/resources/limits", "2026-09-02"
    ),
    Limit(
        "clusters",
        MOST_PINNED,
        "pinned clusters",
        "terraform-provider-databricks#2824",
        "2026-11",
        "the others are forgotten 30 days after the copy: copy again before",
    ),
)
"""They were raised more than once: read them with their date."""


def findings(sites: Sites) -> Iterator[Finding]:
    """Yield what each probe says."""
    for probe in PROBES:
        try:
            said = list(probe.ask(sites))
        except ReadError as error:
            said = [(UNKNOWN, f"{probe.reads} can't be read: {error}")]
        yield from (Finding(Area.REFUSAL, level, probe.name, text) for level, text in said)


def _kinds(sites: Sites) -> Iterator[Said]:
    """A kind that one side says it has not can't be copied, nor compared."""
    lacking, scope = False, Scope(sites.drill.scope)
    for kind in sites.primary.listings:
        if scope.takes_out(sites.catalogue[kind]):
            continue
        codes = [_absent(seen.listings.get(kind)) for seen in (sites.primary, sites.secondary)]
        for seen, code, other in zip((sites.primary, sites.secondary), codes, reversed(codes), strict=True):
            if code and not other:
                lacking = True
                told = (
                    f"the {seen.role} has no {kind} ({code}); take them out with a rule of `scope`, or switch them on"
                )
                yield FAIL, told
    if not lacking:
        yield OK, "neither side lacks a kind that the other has"


def _absent(listing: list[Entry] | ReadError | None) -> str:
    return listing.code if isinstance(listing, ReadError) and listing.code in ABSENT_CODES else ""


_DBFS = "/api/2.0/settings/types/disable_legacy_dbfs/names/default"


def _dbfs(sites: Sites) -> Iterator[Said]:
    """Without DBFS no script is written there, no mount works, and runtimes before 13.3 do not start."""
    off = [
        seen.read(_DBFS).get("disable_legacy_dbfs", {}).get("value") is True
        for seen in (sites.primary, sites.secondary)
    ]
    scripts = len(sites.primary.entries("dbfs_files"))
    if not off[1]:
        yield OK, "DBFS root and mounts are on"
    elif scripts:
        yield FAIL, f"DBFS root and mounts are off on the secondary: {many(scripts, 'init script')} can't be copied"
    elif not off[0]:
        yield (
            WARN,
            "DBFS root and mounts are off on the secondary, and on on the primary: paths there will not be found",
        )
    else:
        yield OK, "DBFS root and mounts are off on both sides"


_BROWSER = "enableDbfsFileBrowser"


def _browser(sites: Sites) -> Iterator[Said]:
    """The browser is a page, and refuses no request: people would miss it."""
    on = [
        seen.read(workspace_conf.API, keys=_BROWSER).get(_BROWSER) == "true"
        for seen in (sites.primary, sites.secondary)
    ]
    if on[0] and not on[1]:
        yield WARN, "people can browse DBFS on the primary and not on the secondary"
    else:
        yield OK, "people can browse DBFS on the secondary where they can on the primary"


_POLICIES = "/api/2.0/policies/clusters/list"


def _policies(sites: Sites) -> Iterator[Said]:
    """A copy makes all clusters as one user, so a policy's limit for one user is the limit of the copy."""
    named, there = ({p["name"]: p for p in _listed_policies(seen)} for seen in (sites.primary, sites.secondary))
    names = {policy["policy_id"]: name for name, policy in named.items()}
    wanted = Counter(names.get(str(e.document.get("policy_id")), "") for e in _to_make(sites))
    tight = [
        f"{name} takes {most} and the copy makes {count}"
        for name, count in sorted(wanted.items())
        if name and (most := (there.get(name) or named[name]).get("max_clusters_per_user")) and most < count
    ]
    yield from ((FAIL, f"too few clusters a user by policy: {told}; raise max_clusters_per_user") for told in tight)
    if not tight:
        yield OK, "no policy takes fewer clusters of a user than the copy makes"


def _listed_policies(seen: Seen) -> list[Document]:
    found: list[Document] = seen.read(_POLICIES).get("policies", [])
    return found


def _to_make(sites: Sites) -> Iterator[Entry]:
    """Yield the primary's clusters for which the secondary has none of the name."""
    there = Counter(sites.secondary.keys(sites.catalogue["clusters"]))
    for entry in sites.primary.entries("clusters"):
        name = str(entry.document.get("cluster_name", entry.id))
        if there[name] > 0:
            there[name] -= 1
        else:
            yield entry


def _limits(sites: Sites) -> Iterator[Said]:
    """A copy makes jobs and pins every cluster."""
    for limit in LIMITS:
        if limit.kind in sites.primary.listings:
            count = sites.after(limit.kind)
            told = f"{count} of {limit.most} {limit.what} after a copy (limit as of {limit.as_of})"
            if count <= limit.most:
                yield OK, told
            else:
                yield (WARN, f"{told}; {limit.beyond}") if limit.beyond else (FAIL, f"too many: {told}")


_VOLUMES = "/api/2.1/unity-catalog/volumes"


def _volumes(sites: Sites) -> Iterator[Said]:
    """A copy puts files into volumes that are there, and makes none."""
    is_out = Scope(sites.drill.scope).takes_out(sites.catalogue[VolumeFiles.name])
    wanted = Counter(volume_of(path) for path in ([] if is_out else sites.missing(VolumeFiles.name)))
    said = [_holds(sites.secondary, volume, files) for volume, files in sorted(wanted.items())]
    yield from (each for each in said if each[0] is not OK)
    if all(level is OK for level, _ in said):
        yield OK, "the secondary has each volume that the copy puts files into"


def _holds(seen: Seen, volume: str, files: int) -> Said:
    try:
        seen.read(f"{_VOLUMES}/{quote(volume)}")
    except ReadError as error:
        if isinstance(error, Refused) and error.gone:
            return FAIL, f"the secondary has no volume {volume} for {many(files, 'file')}; make it: a copy makes none"
        return UNKNOWN, f"the volume {volume} ({many(files, 'file')}) can't be read: {error}"
    return OK, ""


PROBES = (
    Probe("kinds", "the listings", _kinds),
    *callers.PROBES,
    Probe("DBFS", "the setting disable_legacy_dbfs", _dbfs),
    Probe("DBFS browser", f"the workspace configuration {_BROWSER}", _browser),
    Probe("volumes", "the secondary's volumes", _volumes),
    Probe("cluster policies", "the cluster policies", _policies),
    Probe("limits", "the listings", _limits),
)
