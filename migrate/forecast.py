"""How long a copy will take, told before it starts: the plan's steps, the requests of each, and how fast those may leave."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lakedrill.inventory.budget import Limit, limit_of, per_time, spoken
from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from migrate.kinds import WRITERS
from migrate.kinds._identity import account_names
from migrate.kinds._permissions import direct_only
from migrate.listed import LOOKS
from migrate.step import Action, Asked, Step, is_due

Request = tuple[str, str]
"""Method and path, with `#` for an id."""
Look = Callable[[Step], Document]
"""Returns what the primary has: the raw document of a step's object, or its access control list."""

PERMISSIONS = "permissions"
"""The phase at the end, in which all access control lists are written."""
_GRANTS_AT_ONCE = 8
_PATIENCE = 10
"""How slowly a forecast is doubted: after this part of its time it counts as much as what has been seen."""


@dataclass(frozen=True)
class Cost:
    """The requests that one object of a kind takes."""

    make: tuple[Request, ...]
    change: tuple[Request, ...]
    read: tuple[Request, ...]
    """Reading it back, its content included."""
    rest: tuple[Request, ...] = ()
    """To bring a new one to rest."""
    state: tuple[Request, ...] = ()
    """To write its state."""


def _api(*requests: str) -> tuple[Request, ...]:
    return tuple((method, f"/api/{path}") for method, _, path in (request.partition(" ") for request in requests))


def _sql(family: str) -> Cost:
    """Whose it is takes an update of its own."""
    one, update = f"GET 2.0/sql/{family}/#", f"PATCH 2.0/sql/{family}/#"
    return Cost(_api(f"POST 2.0/sql/{family}", one, one, update), _api(update), _api(one))


_SQL_CONFIG = [_api(f"{verb} 2.0/sql/config/warehouses") for verb in ("PUT", "GET")]
_SEARCH = "2.0/vector-search"
_DASHBOARDS = "2.0/lakeview/dashboards"
_DASHBOARD = _api(*[f"GET {_DASHBOARDS}/#{part}" for part in ("", "/published", "/schedules")])
_PUBLISH = _api(f"POST {_DASHBOARDS}/#/published")
_SCHEDULE = _api(f"POST {_DASHBOARDS}/#/schedules", f"GET {_DASHBOARDS}/#/schedules/#/subscriptions")
_SUBSCRIPTION = _api(f"POST {_DASHBOARDS}/#/schedules/#/subscriptions")


_COMMAND = _api(
    "GET 2.1/clusters/list",
    "GET 2.1/clusters/get",
    "POST 1.2/contexts/create",
    *["GET 1.2/contexts/status"] * 2,
    "POST 1.2/commands/execute",
    *["GET 1.2/commands/status"] * 2,
    "POST 1.2/contexts/destroy",
)
"""How often is asked whether it has ended depends on how long that takes [K]."""


def _scim(family: str, *make: str) -> Cost:
    key = f"2.0/preview/scim/v2/{family}/#"
    return Cost(_api(*make or [f"POST 2.0/preview/scim/v2/{family}"]), _api(f"PATCH {key}"), _api(f"GET {key}"))


_ASSIGN = "POST 2.0/preview/permissionassignments"
_STATUS = "GET 2.0/workspace/get-status"
_FILE = Cost(
    _api("POST 2.0/workspace/import"), _api("POST 2.0/workspace/import"), _api(_STATUS, "GET 2.0/workspace/export")
)
ASSIGNED = {
    "users": _scim("Users", _ASSIGN),
    "service_principals": _scim("ServicePrincipals", _ASSIGN),
    "groups": _scim("Groups", _ASSIGN),
}
"""Where the account's principal is assigned; elsewhere it is made, as in COSTS."""
COSTS = {
    "instance_profiles": Cost(
        _api("POST 2.0/instance-profiles/add"),
        _api("POST 2.0/instance-profiles/edit"),
        _api("GET 2.0/instance-profiles/list"),
    ),
    "users": _scim("Users"),
    "service_principals": _scim("ServicePrincipals"),
    "groups": _scim("Groups"),
    "directories": Cost(_api("POST 2.0/workspace/mkdirs", _STATUS), (), _api(_STATUS)),
    "notebooks": _FILE,
    "files": _FILE,
    "repos": Cost(
        _api("POST 2.0/repos"),
        _api("PATCH 2.0/repos/#"),
        # How many files it holds is of the remote [K].
        _api(*["GET 2.0/repos/#"] * 2, *["GET 2.0/workspace/list", "GET 2.0/workspace/export"] * 5),
    ),
    "experiments": Cost(
        _api("POST 2.0/mlflow/experiments/create"),
        _api("POST 2.0/mlflow/experiments/set-experiment-tag"),
        _api("GET 2.0/mlflow/experiments/get"),
    ),
    "registered_models": Cost(
        _api("POST 2.0/mlflow/registered-models/create", "GET 2.0/mlflow/databricks/registered-models/get"),
        _api("PATCH 2.0/mlflow/registered-models/update", "POST 2.0/mlflow/registered-models/set-tag"),
        _api("GET 2.0/mlflow/databricks/registered-models/get"),
    ),
    "dbfs_files": Cost(
        _api("POST 2.0/dbfs/put"),
        _api("POST 2.0/dbfs/put"),
        _api("GET 2.0/dbfs/get-status", "GET 2.0/dbfs/read", "GET 2.0/dbfs/read"),
    ),
    "volume_files": Cost(
        _api("PUT 2.0/fs/files/#"), _api("PUT 2.0/fs/files/#"), _api("HEAD 2.0/fs/files/#", "GET 2.0/fs/files/#")
    ),
    "global_init_scripts": Cost(
        _api("POST 2.0/global-init-scripts"),
        _api("PATCH 2.0/global-init-scripts/#"),
        _api("GET 2.0/global-init-scripts/#"),
    ),
    "secret_scopes": Cost(_api("POST 2.0/secrets/scopes/create"), (), _api("GET 2.0/secrets/scopes/list")),
    "secrets": Cost(
        _api("GET 2.0/secrets/list", "POST 2.0/secrets/put"),
        _api("POST 2.0/secrets/put"),
        _api("GET 2.0/secrets/list", "GET 2.0/secrets/get"),
    ),
    "serving_endpoints": Cost(
        _api("POST 2.0/serving-endpoints"),
        _api("PUT 2.0/serving-endpoints/#/config"),
        _api("GET 2.0/serving-endpoints/#"),
    ),
    "vector_search_endpoints": Cost(
        _api(f"POST {_SEARCH}/endpoints"), _api(f"PATCH {_SEARCH}/endpoints/#"), _api(f"GET {_SEARCH}/endpoints/#")
    ),
    "vector_search_indexes": Cost(
        # How often is asked whether its endpoint is up depends on how long that takes [K].
        _api(*[f"GET {_SEARCH}/endpoints/#"] * 2, f"POST {_SEARCH}/indexes"),
        (),
        _api(f"GET {_SEARCH}/indexes/#"),
    ),
    "instance_pools": Cost(
        _api("POST 2.0/instance-pools/create"),
        _api("POST 2.0/instance-pools/edit"),
        _api("GET 2.0/instance-pools/get"),
    ),
    "cluster_policies": Cost(
        _api("POST 2.0/policies/clusters/create"),
        _api("POST 2.0/policies/clusters/edit"),
        _api("GET 2.0/policies/clusters/get"),
    ),
    "clusters": Cost(
        _api("POST 2.1/clusters/create"),
        _api("POST 2.1/clusters/edit"),
        _api("GET 2.1/clusters/get", "GET 2.0/libraries/cluster-status"),
        # How often is asked whether it has ended depends on how long that takes [K].
        _api("POST 2.1/clusters/delete", *["GET 2.1/clusters/get"] * 2),
        _api("POST 2.1/clusters/pin"),
    ),
    "mounts": Cost(_COMMAND, _COMMAND, _COMMAND),
    "warehouses": Cost(
        _api("POST 2.0/sql/warehouses"),
        _api("POST 2.0/sql/warehouses/#/edit", "POST 2.0/sql/warehouses/#/stop", "GET 2.0/sql/warehouses/#"),
        _api("GET 2.0/sql/warehouses/#"),
        _api("POST 2.0/sql/warehouses/#/stop", *["GET 2.0/sql/warehouses/#"] * 2),
    ),
    "sql_warehouse_config": Cost(_SQL_CONFIG[0], _SQL_CONFIG[0], _SQL_CONFIG[1]),
    "queries": _sql("queries"),
    "alerts": _sql("alerts"),
    "alerts_v2": Cost(_api("POST 2.0/alerts"), _api("PATCH 2.0/alerts/#"), _api("GET 2.0/alerts/#")),
    "dashboards": Cost(_api(f"POST {_DASHBOARDS}"), _api(f"PATCH {_DASHBOARDS}/#"), _DASHBOARD),
    "genie_spaces": Cost(
        _api("POST 2.0/genie/spaces"), _api("PATCH 2.0/genie/spaces/#"), _api("GET 2.0/genie/spaces/#")
    ),
    "notification_destinations": Cost(
        _api("POST 2.0/notification-destinations"),
        _api("PATCH 2.0/notification-destinations/#"),
        _api("GET 2.0/notification-destinations/#"),
    ),
    "pipelines": Cost(_api("POST 2.0/pipelines"), _api("PUT 2.0/pipelines/#"), _api("GET 2.0/pipelines/#")),
    "apps": Cost(
        _api("POST 2.0/apps"), _api("POST 2.0/apps/#/update", "GET 2.0/apps/#/update"), _api("GET 2.0/apps/#")
    ),
    "token_permissions": Cost((), (), ()),
    "ip_access_lists": Cost(
        _api("GET 2.0/ip-access-lists", "POST 2.0/ip-access-lists"),
        _api("GET 2.0/ip-access-lists", "PUT 2.0/ip-access-lists/#"),
        _api("GET 2.0/ip-access-lists/#"),
    ),
    "workspace_conf": Cost(*[_api(f"{verb} 2.0/workspace-conf") for verb in ("PATCH", "PATCH", "GET")]),
    "settings": Cost(*[_api(f"{verb} 2.0/settings/types/#/names/default") for verb in ("PATCH", "PATCH", "GET")]),
    "jobs": Cost(_api("POST 2.2/jobs/create"), _api("POST 2.2/jobs/reset"), _api("GET 2.2/jobs/get")),
}
_LOCK = _api(
    "POST 2.0/workspace/mkdirs",
    *["GET 2.0/workspace/list", "GET 2.0/workspace/export"] * 3,
    *["POST 2.0/workspace/import"] * 2,
    "POST 2.0/workspace/delete",
)
"""To take the lock of the secondary before the first write, and to give it back."""
_GET_ACLS, _PUT_ACLS = _api("GET 2.0/secrets/acls/list"), _api("POST 2.0/secrets/acls/put")
_INSTALL = _api("POST 2.0/libraries/install")
_GET_GRANTS, _PUT_GRANTS = _api("GET 2.0/permissions/#/#"), _api("PUT 2.0/permissions/#/#")


@dataclass(frozen=True)
class Forecast:
    """What a copy will take: its phases in their order, each a kind or the permissions."""

    requests: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By phase."""
    slowest: Limit | None = None
    """The family that is waited for longest; None where nobody waits for one."""
    rate: float = 0.0
    """How many requests a second of that family we allow ourselves."""

    @property
    def text(self) -> str:
        """What a person wants to know of it; empty where there is nothing to send."""
        if not self.requests:
            return ""
        told = f"{spoken(sum(self.seconds.values()))}: {self.requests:,} requests to the secondary"
        return f"{told}; slowest are {self.slowest.family} ({per_time(self.rate)})" if self.slowest else told

    def left(self, done: Mapping[str, float], elapsed: float) -> float:
        """Return the seconds that are left: by the forecast, corrected by how it came true so far.

        `done`: what part of each phase is done, from 0 to 1; a phase that is not in it has not begun.
        """
        total = sum(self.seconds.values())
        gone = sum(seconds * done.get(phase, 0.0) for phase, seconds in self.seconds.items())
        patience = total / _PATIENCE
        return (total - gone) * ((elapsed + patience) / (gone + patience) if total else 1.0)


def of_copy(comparison: Comparison, steps: Iterable[Step], asked: Asked, target: Workspace) -> Forecast:
    """Return the forecast of a copy whose target was read already: how quick its answers are is measured there."""
    budget = target.rate_budget

    def look(step: Step) -> Document:
        n = comparison.pairs[step.pair].primary or 0
        if step.facet is not Facet.PERMISSIONS:
            return comparison.primary.snapshot.document(n)
        found = comparison.primary.snapshot.facet(n, Facet.PERMISSIONS)
        return {} if found is None or isinstance(found, Unreadable) else found

    phases = requests(steps, asked, look, federated=_is_federated(target))
    for counted in list(phases.values())[:1]:
        counted.update(_LOCK)
    return forecast(phases, budget.rate, budget.seconds_per_answer)


def forecast(
    phases: Mapping[str, Counter[Request]], rate: Callable[[Limit], float | None], seconds_per_answer: float = 0.0
) -> Forecast:
    """Return how long phases take that follow each other.

    In each the families run side by side, and it takes as long as the slowest of them, or as its threads wait for answers.
    `rate`: requests a second that a limit lets us send, None where it does not hold.
    """
    found: dict[str, float] = {}
    waits: dict[Limit, float] = defaultdict(float)
    for phase, counted in phases.items():
        families: Counter[Limit] = Counter()
        for (method, path), times in counted.items():
            families[limit_of(method, path)] += times
        found[phase] = families.total() * seconds_per_answer / _at_once(phase)
        for limit, times in families.items():
            allowed = rate(limit)
            if allowed is not None:
                waits[limit] += times / allowed
                found[phase] = max(found[phase], times / allowed)
    slowest = max(waits, key=lambda limit: waits[limit], default=None)
    allowed = rate(slowest) if slowest else None
    return Forecast(sum(counted.total() for counted in phases.values()), found, slowest, allowed or 0.0)


def requests(steps: Iterable[Step], asked: Asked, look: Look, *, federated: bool) -> dict[str, Counter[Request]]:
    """Return the requests that steps take, by phase. What goes wrong and is sent again is not foreseen.

    `federated`: principals belong to the account, and are assigned.
    """
    written = [step for step in steps if is_due(step, asked)]
    whole = {step.pair for step in written if step.facet is Facet.DEFINITION}
    found: dict[str, Counter[Request]] = {}
    for phase in (*WRITERS, PERMISSIONS):
        mine = [step for step in written if phase == (PERMISSIONS if step.facet is Facet.PERMISSIONS else step.kind)]
        counted = Counter(request for step in mine for request in _of_step(step, whole, look, federated=federated))
        if counted and phase != PERMISSIONS and WRITERS[phase].listed_within:
            counted.update((*COSTS[phase].read, *COSTS[phase].read) * LOOKS)  # a page, and the empty one behind it
        if counted:
            found[phase] = counted
    return found


def _of_step(step: Step, whole: set[int], look: Look, *, federated: bool) -> Iterator[Request]:
    fresh = step.action in (Action.CREATE, Action.REPLACE)
    if step.action is Action.DELETE:  # of the same family as a change, and the primary has nothing to look at
        yield from (*COSTS[step.kind].read, *COSTS[step.kind].change, *COSTS[step.kind].read)
        return
    if step.facet is Facet.PERMISSIONS:
        yield from _of_grants(fresh=fresh, granted=bool(direct_only(look(step))["access_control_list"]))
        return
    account = federated and step.kind in ASSIGNED and _is_account(step, look(step))
    cost = (ASSIGNED if account else COSTS)[step.kind]
    if step.facet is Facet.DEFINITION and fresh:
        yield from (*cost.make, *cost.rest, *cost.read)
        if account and _is_told_of(look(step)):
            yield from (*cost.read, *cost.change, *cost.read)
    elif step.facet is Facet.DEFINITION or (step.facet in (Facet.CONTENT, Facet.VALUE) and step.pair not in whole):
        yield from (*cost.read, *cost.change, *cost.read)
    else:
        yield from _of_rest(step, cost, {} if account else look(step))


def _of_rest(step: Step, cost: Cost, document: Document) -> Iterator[Request]:
    """Yield the requests of a facet that has some of its own. `document` is the primary's, empty where it is not ours."""
    if step.facet is Facet.MEMBERS:
        yield from cost.read
        if document.get("members"):
            yield from (*cost.change, *cost.read)
    elif step.facet is Facet.ACLS:
        yield from (*_GET_ACLS, *_PUT_ACLS * len(document.get("items", [])), *_GET_ACLS)
    elif step.facet is Facet.LIBRARIES:
        yield from (*cost.read, *(_INSTALL if document.get("libraries") else ()), *cost.read)
    elif step.facet is Facet.FILES:
        yield from (*cost.read, *cost.read)
    elif step.facet is Facet.PUBLISHED:
        yield from (*cost.read, *(_PUBLISH if document.get("published") else ()), *cost.read)
    elif step.facet is Facet.SCHEDULES:
        yield from (*cost.read, *cost.read)
        for schedule in document.get("schedules", []):
            yield from (*_SCHEDULE, *_SUBSCRIPTION * len(schedule["subscriptions"]))
    elif step.facet is Facet.STATE:
        yield from (*cost.read, *cost.state, *cost.read)


def _of_grants(*, fresh: bool, granted: bool) -> Iterator[Request]:
    if not (fresh and granted):
        yield from _GET_GRANTS
    if granted:
        yield from (*_PUT_GRANTS, *_GET_GRANTS) if fresh else (*_GET_GRANTS, *_PUT_GRANTS, *_GET_GRANTS)


def _is_federated(target: Workspace) -> bool:
    """Say whether the target has an account to assign from, as the plan found."""
    try:
        return account_names(target, "Users", "userName") is not None
    except ReadError:
        return True  # who may not look there makes nobody


def _is_account(step: Step, document: Document) -> bool:
    """Say whether a principal is the account's. Of groups, some are the workspace's own, and say so."""
    return step.kind != "groups" or document.get("meta", {}).get("resourceType") == "Group"


def _is_told_of(document: Document) -> bool:
    """Say whether the workspace says more of a principal than that it is there."""
    return bool(document.get("entitlements") or document.get("roles") or document.get("active") is False)


def _at_once(phase: str) -> int:
    if phase == PERMISSIONS:
        return _GRANTS_AT_ONCE
    return 1 if WRITERS[phase].serial else WRITERS[phase].at_once
