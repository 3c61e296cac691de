"""What the service will refuse later: one probe a reason, each a row of PROBES. All of them only read.

A probe that may not be read is unknown, never ok.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lakedrill.inventory.drill import ROLES, Drill
from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Catalogue, Document, Entry
from lakedrill.inventory.kinds.clusters import MOST_PINNED
from lakedrill.parity.listings import ABSENT_CODES
from lakedrill.parity.scope import Scope
from lakedrill.parity.table import mapping
from lakedrill.preflight.addresses import shut_out
from lakedrill.preflight.finding import Area, Finding, Level
from lakedrill.preflight.sight import Seen

Said = tuple[Level, str]
_OK, _WARN, _FAIL, _UNKNOWN = Level.OK, Level.WARN, Level.FAIL, Level.UNKNOWN


@dataclass(frozen=True)
class Sites:
    """Both workspaces as their callers see them, and the drill that is about them."""

    drill: Drill
    catalogue: Catalogue
    primary: Seen
    secondary: Seen

    def missing(self, *kinds: str) -> list[str]:
        """Return the keys of the primary's objects that the secondary lacks, as it would call them: what a copy would make."""
        found: list[str] = []
        rows = mapping(self.drill)
        for name in kinds:
            there = Counter(self.secondary.keys(self.catalogue[name]))
            found += (Counter(self.primary.keys(self.catalogue[name], rows)) - there).elements()
        return found

    def after(self, kind: str) -> int:
        """Return how many objects of a kind the secondary has after a copy."""
        return len(self.secondary.entries(kind)) + len(self.missing(kind))


@dataclass(frozen=True)
class Probe:
    """One reason for a refusal: what is read, and what that says."""

    name: str
    reads: str
    ask: Callable[[Sites], Iterable[Said]]


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
            said = [(_UNKNOWN, f"{probe.reads} can't be read: {error}")]
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
                yield _FAIL, told
    if not lacking:
        yield _OK, "neither side lacks a kind that the other has"


def _absent(listing: list[Entry] | ReadError | None) -> str:
    return listing.code if isinstance(listing, ReadError) and listing.code in ABSENT_CODES else ""


_ADMINS = "/api/2.0/settings/types/restrict_workspace_admins/names/default"


def _admins(sites: Sites) -> Iterator[Said]:
    """Restricted admins set nobody but themselves as a job's owner, or as whom it runs (SDK RestrictWorkspaceAdminsAPI)."""
    status = sites.secondary.read(_ADMINS).get("restrict_workspace_admins", {}).get("status")
    if status == "ALLOW_ALL":
        yield _OK, "admins of the secondary may set whom jobs belong to and run as"
    elif status != "RESTRICT_TOKENS_AND_JOB_RUN_AS":
        yield _UNKNOWN, f"the setting is {status}, which this version does not know"
    else:
        others = sum(
            not {sites.primary.run_as[entry.id], str(entry.document.get("creator_user_name"))} <= {sites.secondary.name}
            for entry in sites.primary.entries("jobs")
        )
        told = f"RESTRICT_TOKENS_AND_JOB_RUN_AS forbids the owner and `run_as` of {_many(others, 'job')} of the primary"
        yield (_FAIL, f"{told}; set ALLOW_ALL for the copy") if others else (_WARN, told)


_RULES = "/api/2.0/preview/accounts/access-control/rule-sets"
_USER = "roles/servicePrincipal.user"
_APPLICATION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _service_principals(sites: Sites) -> Iterator[Said]:
    """Who lets a job run as a service principal needs the user role on it; managing it is not enough."""
    runs = Counter(name for name in sites.primary.run_as.values() if _APPLICATION.fullmatch(name))
    runs.pop(sites.secondary.name, None)
    if not runs:
        yield _OK, "no job of the primary runs as a service principal other than the caller"
    elif not sites.secondary.account_id:
        told = "neither the profile nor the host of the secondary tells the account; add `account_id` to the profile"
        yield _UNKNOWN, told
    else:
        said = [_may_use(sites.secondary, name, jobs) for name, jobs in sorted(runs.items())]
        yield from (each for each in said if each[0] is not _OK)
        if all(level is _OK for level, _ in said):
            yield _OK, f"{sites.secondary.name} has the user role on {_many(len(said), 'service principal')}"


def _may_use(seen: Seen, application_id: str, jobs: int) -> Said:
    name = f"accounts/{seen.account_id}/servicePrincipals/{application_id}/ruleSets/default"
    try:
        rules = seen.read(_RULES, name=name, etag="").get("grant_rules", [])
    except ReadError as error:
        return _UNKNOWN, f"the roles on {application_id} ({_many(jobs, 'job')}) can't be read: {error}"
    family = "servicePrincipals" if "applicationId" in seen.me else "users"
    mine = {f"{family}/{seen.name}", *(f"groups/{group.get('display')}" for group in seen.me.get("groups", []))}
    if any(rule.get("role") == _USER and not mine.isdisjoint(rule.get("principals", [])) for rule in rules):
        return _OK, ""
    told = f"{seen.name} has no {_USER} on {application_id}: `run_as` of {_many(jobs, 'job')} will be refused"
    return _FAIL, told


_ASSIGNMENTS = "/api/2.0/preview/permissionassignments"
_NOT_FEDERATED = frozenset({"BAD_REQUEST", "INVALID_PARAMETER_VALUE", "FEATURE_DISABLED", "ENDPOINT_NOT_FOUND"})
"""With these a workspace says that it has no account to assign from."""


def _assignments(sites: Sites) -> Iterator[Said]:
    """Principals of the account are assigned by the copy, if its caller may."""
    absent = sites.missing(*(name for name in ("users", "service_principals") if name in sites.primary.listings))
    try:
        sites.secondary.read(_ASSIGNMENTS)
    except Refused as refusal:
        if refusal.code not in _NOT_FEDERATED:
            raise
        if absent and sites.drill.identity == "provisioned":
            yield (
                _WARN,
                f"identity is the workspace's own; {_many(len(absent), 'principal')} must be provisioned there first",
            )
        else:
            yield _OK, "identity is the workspace's own: nobody is assigned from an account"
    else:
        yield (
            _OK,
            f"the caller reads who is assigned to the secondary, as who may assign does; {len(absent)} are not there yet",
        )


_CONF = "/api/2.0/workspace-conf"


def _addresses(sites: Sites) -> Iterator[Said]:
    """IP access lists of the secondary let this host in when it matters."""
    if sites.secondary.read(_CONF, keys="enableIpAccessLists").get("enableIpAccessLists") != "true":
        yield _OK, "IP access lists are off on the secondary"
        return
    lists: list[Document] = sites.secondary.read("/api/2.0/ip-access-lists").get("ip_access_lists", [])
    if not any(each.get("enabled") for each in lists):
        yield _OK, "the secondary has no IP access list that is enabled"
    elif not sites.drill.calls_from:
        told = "the secondary has IP access lists; say `from: ADDRESS` in drill.yaml, as the service sees this host"
        yield _UNKNOWN, told
    elif reason := shut_out(lists, sites.drill.calls_from):
        yield _FAIL, f"calls to the secondary will be refused: {reason}"
    else:
        yield _OK, f"the IP access lists of the secondary let {sites.drill.calls_from} in"


_DBFS = "/api/2.0/settings/types/disable_legacy_dbfs/names/default"


def _dbfs(sites: Sites) -> Iterator[Said]:
    """Without DBFS no script is written there, no mount works, and runtimes before 13.3 do not start."""
    off = [
        seen.read(_DBFS).get("disable_legacy_dbfs", {}).get("value") is True
        for seen in (sites.primary, sites.secondary)
    ]
    scripts = len(sites.primary.entries("dbfs_files"))
    if not off[1]:
        yield _OK, "DBFS root and mounts are on"
    elif scripts:
        yield _FAIL, f"DBFS root and mounts are off on the secondary: {_many(scripts, 'init script')} can't be copied"
    elif not off[0]:
        yield (
            _WARN,
            "DBFS root and mounts are off on the secondary, and on on the primary: paths there will not be found",
        )
    else:
        yield _OK, "DBFS root and mounts are off on both sides"


_BROWSER = "enableDbfsFileBrowser"


def _browser(sites: Sites) -> Iterator[Said]:
    """The browser is a page, and refuses no request: people would miss it."""
    on = [seen.read(_CONF, keys=_BROWSER).get(_BROWSER) == "true" for seen in (sites.primary, sites.secondary)]
    if on[0] and not on[1]:
        yield _WARN, "people can browse DBFS on the primary and not on the secondary"
    else:
        yield _OK, "people can browse DBFS on the secondary where they can on the primary"


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
    yield from ((_FAIL, f"too few clusters a user by policy: {told}; raise max_clusters_per_user") for told in tight)
    if not tight:
        yield _OK, "no policy takes fewer clusters of a user than the copy makes"


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


def _git(sites: Sites) -> Iterator[Said]:
    """A private remote is cloned with the copier's own credential; whether one is private nobody can tell beforehand."""
    linked = {str(each.document["git_provider"]).lower() for each in sites.secondary.entries("git_credentials")}
    there, rows = set(sites.secondary.keys(sites.catalogue["repos"])), mapping(sites.drill)
    wanted = Counter(
        str(each.document.get("provider", ""))
        for each in sites.primary.entries("repos")
        if rows.translate("repos", "path", str(each.document["path"])) not in there
    )
    lacking = {provider: count for provider, count in sorted(wanted.items()) if provider.lower() not in linked}
    for provider, count in lacking.items():
        told = (
            f"{_many(count, 'Git folder')} of {provider or 'no provider'}, for which the copier has no Git credential"
        )
        yield (
            _WARN,
            f"the secondary will refuse private remotes: {told} there; databricks git-credentials create {provider}",
        )
    if not lacking:
        yield _OK, "the copier has a Git credential for each provider of the Git folders that it would make"


def _limits(sites: Sites) -> Iterator[Said]:
    """A copy makes jobs and pins every cluster."""
    for limit in LIMITS:
        if limit.kind in sites.primary.listings:
            count = sites.after(limit.kind)
            told = f"{count} of {limit.most} {limit.what} after a copy (limit as of {limit.as_of})"
            if count <= limit.most:
                yield _OK, told
            else:
                yield (_WARN, f"{told}; {limit.beyond}") if limit.beyond else (_FAIL, f"too many: {told}")


def _permissions(sites: Sites) -> Iterator[Said]:
    """Without access control (a tier without it) no grant can be copied."""
    fine, unasked = [], []
    for kind in sites.catalogue.kinds:
        if kind.permissions is None or kind.name not in sites.primary.listings:
            continue
        codes = {}
        for seen in (sites.primary, sites.secondary):
            for entry in seen.listed(kind.name)[:1]:
                codes[seen.role] = _code(seen, f"/api/2.0/permissions/{kind.permissions}/{kind.permission_id(entry)}")
        if any(codes.values()):
            yield _refused_permissions(kind.name, codes)
        elif len(codes) == len(ROLES):
            fine.append(kind.name)
        elif codes:
            unasked.append(kind.name)
    if fine:
        yield _OK, f"permissions can be read: {', '.join(fine)}"
    if unasked:
        yield _UNKNOWN, f"one side has nothing yet to ask permissions of: {', '.join(unasked)}"


def _refused_permissions(kind: str, codes: dict[str, str]) -> Said:
    """Return what it means that the permissions of a kind were refused; `codes` by side, empty where they were read."""
    off = [role for role, code in codes.items() if code in ABSENT_CODES]
    unread = [f"{code} on the {role}" for role, code in codes.items() if code and role not in off]
    if unread:
        return _UNKNOWN, f"{kind}: permissions can't be read: {', '.join(unread)}"
    if off == ["secondary"]:
        told = f"{kind}: the secondary has no permissions ({codes['secondary']}), so no grant can be copied"
        return _FAIL, told
    return _WARN, f"{kind}: {' and '.join(off)} {'have' if len(off) > 1 else 'has'} no permissions"


def _code(seen: Seen, path: str) -> str:
    try:
        seen.read(path)
    except ReadError as error:
        return error.code
    return ""


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


PROBES = (
    Probe("kinds", "the listings", _kinds),
    Probe("workspace admins", "the secondary's setting restrict_workspace_admins", _admins),
    Probe("service principals", "whom the primary's jobs run as", _service_principals),
    Probe("assignment", "the secondary's permission assignments", _assignments),
    Probe("IP access lists", "the secondary's IP access lists", _addresses),
    Probe("DBFS", "the setting disable_legacy_dbfs", _dbfs),
    Probe("DBFS browser", f"the workspace configuration {_BROWSER}", _browser),
    Probe("cluster policies", "the cluster policies", _policies),
    Probe("Git credentials", "the listings", _git),
    Probe("limits", "the listings", _limits),
    Probe("permissions", "the permissions", _permissions),
)
