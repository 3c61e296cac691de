"""What the callers may not do: one probe a reason, each a row of PROBES."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lakedrill.inventory.addresses import shut_out
from lakedrill.inventory.drill import ROLES
from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds import ip_access_lists, workspace_conf
from lakedrill.parity.listings import ABSENT_CODES
from lakedrill.parity.table import mapping
from lakedrill.preflight.probe import FAIL, OK, UNKNOWN, WARN, Probe, Said, Sites, many
from lakedrill.preflight.sight import Seen

_ADMINS = "/api/2.0/settings/types/restrict_workspace_admins/names/default"


def _admins(sites: Sites) -> Iterator[Said]:
    """Restricted admins set nobody but themselves as a job's owner, or as whom it runs (SDK RestrictWorkspaceAdminsAPI)."""
    status = sites.secondary.read(_ADMINS).get("restrict_workspace_admins", {}).get("status")
    if status == "ALLOW_ALL":
        yield OK, "admins of the secondary may set whom jobs belong to and run as"
    elif status != "RESTRICT_TOKENS_AND_JOB_RUN_AS":
        yield UNKNOWN, f"the setting is {status}, which this version does not know"
    else:
        others = sum(
            not {sites.primary.run_as[entry.id], str(entry.document.get("creator_user_name"))} <= {sites.secondary.name}
            for entry in sites.primary.entries("jobs")
        )
        told = f"RESTRICT_TOKENS_AND_JOB_RUN_AS forbids the owner and `run_as` of {many(others, 'job')} of the primary"
        yield (FAIL, f"{told}; set ALLOW_ALL for the copy") if others else (WARN, told)


_RULES = "/api/2.0/preview/accounts/access-control/rule-sets"
_USER = "roles/servicePrincipal.user"
_APPLICATION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _service_principals(sites: Sites) -> Iterator[Said]:
    """Who lets a job run as a service principal needs the user role on it; managing it is not enough."""
    runs = Counter(name for name in sites.primary.run_as.values() if _APPLICATION.fullmatch(name))
    runs.pop(sites.secondary.name, None)
    if not runs:
        yield OK, "no job of the primary runs as a service principal other than the caller"
    elif not sites.secondary.account_id:
        told = "neither the profile nor the host of the secondary tells the account; add `account_id` to the profile"
        yield UNKNOWN, told
    else:
        said = [_may_use(sites.secondary, name, jobs) for name, jobs in sorted(runs.items())]
        yield from (each for each in said if each[0] is not OK)
        if all(level is OK for level, _ in said):
            yield OK, f"{sites.secondary.name} has the user role on {many(len(said), 'service principal')}"


def _may_use(seen: Seen, application_id: str, jobs: int) -> Said:
    name = f"accounts/{seen.account_id}/servicePrincipals/{application_id}/ruleSets/default"
    try:
        rules = seen.read(_RULES, name=name, etag="").get("grant_rules", [])
    except ReadError as error:
        return UNKNOWN, f"the roles on {application_id} ({many(jobs, 'job')}) can't be read: {error}"
    family = "servicePrincipals" if "applicationId" in seen.me else "users"
    mine = {f"{family}/{seen.name}", *(f"groups/{group.get('display')}" for group in seen.me.get("groups", []))}
    if any(rule.get("role") == _USER and not mine.isdisjoint(rule.get("principals", [])) for rule in rules):
        return OK, ""
    told = f"{seen.name} has no {_USER} on {application_id}: `run_as` of {many(jobs, 'job')} will be refused"
    return FAIL, told


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
                WARN,
                f"identity is the workspace's own; {many(len(absent), 'principal')} must be provisioned there first",
            )
        else:
            yield OK, "identity is the workspace's own: nobody is assigned from an account"
    else:
        yield (
            OK,
            f"the caller reads who is assigned to the secondary, as who may assign does; {len(absent)} are not there yet",
        )


def _addresses(sites: Sites) -> Iterator[Said]:
    """IP access lists let this host in when it matters: the secondary's, and those that a copy would bring."""
    yield _let_in(
        sites, "calls to the secondary will be refused", _has_lists_on(sites.secondary), _lists(sites.secondary)
    )
    if sites.drill.asks(ip_access_lists.IpAccessLists.name, ""):
        brought = {_name(each): each for each in (*_lists(sites.secondary), *_lists(sites.primary))}
        yield _let_in(sites, "the copy will not write the primary's IP access lists", True, list(brought.values()))


def _let_in(sites: Sites, otherwise: str, has_effect: bool, lists: list[Document]) -> Said:
    calls_from = sites.drill.calls_from
    if not has_effect:
        return OK, "IP access lists are off on the secondary"
    if not any(each.get("enabled") for each in lists):
        return OK, "the secondary has no IP access list that is enabled"
    if not calls_from:
        told = "there are IP access lists; say `from: ADDRESS` in drill.yaml, as the service sees this host"
        return UNKNOWN, told
    if reason := shut_out(lists, calls_from):
        return FAIL, f"{otherwise}: {reason}"
    return OK, f"the IP access lists of the secondary let {calls_from} in"


def _has_lists_on(seen: Seen) -> bool:
    return bool(seen.read(workspace_conf.API, keys=workspace_conf.ADDRESSES).get(workspace_conf.ADDRESSES) == "true")


def _lists(seen: Seen) -> list[Document]:
    found: list[Document] = seen.read(ip_access_lists.API).get("ip_access_lists", [])
    return found


def _name(each: Document) -> str:
    return str(ip_access_lists.named(each)["name"])


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
        told = f"{many(count, 'Git folder')} of {provider or 'no provider'}, for which the copier has no Git credential"
        yield (
            WARN,
            f"the secondary will refuse private remotes: {told} there; databricks git-credentials create {provider}",
        )
    if not lacking:
        yield OK, "the copier has a Git credential for each provider of the Git folders that it would make"


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
        yield OK, f"permissions can be read: {', '.join(fine)}"
    if unasked:
        yield UNKNOWN, f"one side has nothing yet to ask permissions of: {', '.join(unasked)}"


def _refused_permissions(kind: str, codes: dict[str, str]) -> Said:
    """Return what it means that the permissions of a kind were refused; `codes` by side, empty where they were read."""
    off = [role for role, code in codes.items() if code in ABSENT_CODES]
    unread = [f"{code} on the {role}" for role, code in codes.items() if code and role not in off]
    if unread:
        return UNKNOWN, f"{kind}: permissions can't be read: {', '.join(unread)}"
    if off == ["secondary"]:
        told = f"{kind}: the secondary has no permissions ({codes['secondary']}), so no grant can be copied"
        return FAIL, told
    return WARN, f"{kind}: {' and '.join(off)} {'have' if len(off) > 1 else 'has'} no permissions"


def _code(seen: Seen, path: str) -> str:
    try:
        seen.read(path)
    except ReadError as error:
        return error.code
    return ""


PROBES = (
    Probe("workspace admins", "the secondary's setting restrict_workspace_admins", _admins),
    Probe("service principals", "whom the primary's jobs run as", _service_principals),
    Probe("assignment", "the secondary's permission assignments", _assignments),
    Probe("IP access lists", "the secondary's IP access lists", _addresses),
    Probe("Git credentials", "the listings", _git),
    Probe("permissions", "the permissions", _permissions),
)
