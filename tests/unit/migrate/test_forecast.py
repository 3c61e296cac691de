"""How long a copy will take: from steps to requests, from requests to time, and from there to what is left."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lakedrill.inventory.budget import Budget, Limit, limit_of, per_time, spoken
from lakedrill.inventory.connection import Rate
from lakedrill.inventory.kind import Facet
from migrate import forecast as subject
from migrate.forecast import PERMISSIONS, Forecast, forecast, requests
from migrate.kinds import WRITERS
from migrate.listed import LOOKS
from migrate.step import Action, Asked, Step

PATCH = ("PATCH", "/api/2.0/preview/scim/v2/Users/#")
GET = ("GET", "/api/2.0/preview/scim/v2/Users/#")
ASSIGN = ("POST", "/api/2.0/preview/permissionassignments")
IMPORT = ("POST", "/api/2.0/workspace/import")
LOOKS_AT_LISTS = 2 * LOOKS
"""Each look at a SCIM list reads a page and the empty one behind it."""
EXPORT = ("GET", "/api/2.0/workspace/export")


def _step(kind: str, facet: Facet = Facet.DEFINITION, action: Action = Action.CREATE, pair: int = 1) -> Step:
    return Step(pair, kind, f"{kind}-{pair}", facet, action)


def _requests(
    *steps: Step, federated: bool = True, asked: Asked | None = None, **document: Any
) -> dict[str, Counter[Any]]:
    return requests(steps, asked or Asked(), lambda _: document, federated=federated)


def _rate(share: float = 0.8) -> Callable[[Limit], float | None]:
    return Budget(Rate(secondary=share), "secondary").rate


def test_every_kind_that_is_written_has_its_costs() -> None:
    assert set(subject.COSTS) == set(WRITERS)
    assert set(subject.ASSIGNED) == {"users", "service_principals", "groups"}


def test_an_account_s_user_is_assigned_and_one_that_the_workspace_says_more_of_is_written() -> None:
    assert _requests(_step("users")) == {"users": {ASSIGN: 1, GET: 1 + LOOKS_AT_LISTS}}
    told = {"users": {ASSIGN: 1, GET: 3 + LOOKS_AT_LISTS, PATCH: 1}}
    assert _requests(_step("users"), entitlements=[{"value": "workspace-access"}]) == told
    assert _requests(_step("users"), active=False) == told


def test_a_workspace_s_own_user_is_made_whole() -> None:
    made = _requests(_step("users"), federated=False, entitlements=[{"value": "workspace-access"}])
    assert made == {"users": {("POST", "/api/2.0/preview/scim/v2/Users"): 1, GET: 1 + LOOKS_AT_LISTS}}


@pytest.mark.parametrize(
    ("resource", "members", "patches"),
    [("Group", [{"value": "1"}], 0), ("WorkspaceGroup", [{"value": "1"}], 1), ("WorkspaceGroup", [], 0)],
)
def test_members_are_written_where_the_group_is_the_workspaces_own(
    resource: str, members: list[Any], patches: int
) -> None:
    found = _requests(_step("groups", Facet.MEMBERS), meta={"resourceType": resource}, members=members)
    assert sum(n for (method, _), n in found["groups"].items() if method == "PATCH") == patches


@pytest.mark.parametrize(("libraries", "installs"), [([{"pypi": {"package": "simplejson"}}], 1), ([], 0)])
def test_libraries_are_installed_at_once_where_there_are_some(libraries: list[Any], installs: int) -> None:
    found = _requests(_step("clusters", Facet.LIBRARIES), libraries=libraries)
    assert found["clusters"]["POST", "/api/2.0/libraries/install"] == installs
    assert found["clusters"]["GET", "/api/2.0/libraries/cluster-status"] == 2


def test_content_goes_with_a_definition_and_by_itself_where_only_it_differs() -> None:
    both = _requests(_step("notebooks"), _step("notebooks", Facet.CONTENT))
    alone = _requests(_step("notebooks", Facet.CONTENT, Action.UPDATE))
    assert both["notebooks"][IMPORT] == alone["notebooks"][IMPORT] == 1
    assert (both["notebooks"][EXPORT], alone["notebooks"][EXPORT]) == (1, 2)


@pytest.mark.parametrize(
    ("action", "granted", "reads", "writes"),
    [(Action.CREATE, True, 1, 1), (Action.CREATE, False, 1, 0), (Action.UPDATE, True, 3, 1)],
)
def test_permissions_are_a_phase_of_their_own(action: Action, granted: bool, reads: int, writes: int) -> None:
    own = {"user_name": "a@example.com", "all_permissions": [{"permission_level": "CAN_RUN", "inherited": not granted}]}
    found = _requests(_step("jobs", Facet.PERMISSIONS, action), access_control_list=[own])
    assert list(found) == [PERMISSIONS]
    counted = Counter(limit_of(*request).family for request in found[PERMISSIONS].elements())
    assert counted == +Counter({"permissions reads": reads, "permissions writes": writes})


@pytest.mark.parametrize(
    "action", [Action.LEAVE, Action.BLOCKED, Action.CONFLICT, Action.EXTRA, Action.RENAME, Action.REPLACE]
)
def test_what_is_not_written_costs_nothing(action: Action) -> None:
    assert _requests(_step("jobs", action=action)) == {}


def test_what_was_asked_for_is_written() -> None:
    assert _requests(_step("jobs", action=Action.REPLACE), asked=Asked(("jobs:*",)))
    assert _requests(_step("jobs", action=Action.RENAME), asked=Asked(rename=True))


def test_phases_stand_in_the_order_of_writing() -> None:
    steps = [_step("jobs", Facet.PERMISSIONS), _step("jobs"), _step("users")]
    assert list(_requests(*steps)) == ["users", "jobs", PERMISSIONS]


def test_a_phase_takes_as_long_as_its_slowest_family() -> None:
    found = forecast({"users": Counter({PATCH: 16, GET: 34, ASSIGN: 40}), "notebooks": Counter({IMPORT: 240})}, _rate())

    assert found.requests == 330
    assert found.seconds == pytest.approx({"users": 120, "notebooks": 10})
    assert found.slowest == limit_of(*PATCH)
    assert found.text == "about 2 min: 330 requests to the secondary; slowest are SCIM updates (8/min)"


def test_half_the_share_takes_twice_as_long() -> None:
    phases = {"users": Counter({PATCH: 16})}
    assert forecast(phases, _rate(0.4)).seconds["users"] == 2 * forecast(phases, _rate(0.8)).seconds["users"]


def test_without_a_rate_it_takes_as_long_as_the_answers() -> None:
    """Eight notebooks at a time, and folders one by one."""
    phases = {"notebooks": Counter({IMPORT: 80}), "directories": Counter({("POST", "/api/2.0/workspace/mkdirs"): 80})}

    found = forecast(phases, Budget(None, "secondary").rate, seconds_per_answer=0.1)

    assert found.seconds == pytest.approx({"notebooks": 1, "directories": 8})
    assert found.slowest is None
    assert found.text == "about 9 s: 160 requests to the secondary"


def test_slow_answers_count_where_they_are_slower_than_the_budget() -> None:
    assert forecast({"notebooks": Counter({IMPORT: 80})}, _rate(), seconds_per_answer=1).seconds == {"notebooks": 10}


def test_nothing_to_write_is_nothing_to_say() -> None:
    assert forecast({}, _rate()).text == ""
    assert forecast({}, _rate()).left({}, 3) == 0


def test_what_is_left_follows_from_what_is_done_and_how_long_that_took() -> None:
    found = Forecast(100, {"users": 60.0, "jobs": 30.0, PERMISSIONS: 10.0})

    assert found.left({}, 0) == 100
    assert found.left({"users": 0.5}, 30) == 70
    assert found.left({"users": 0.5}, 60) == 70 * (60 + 10) / (30 + 10)
    assert found.left({"users": 0.01}, 6) < 200
    assert found.left({"users": 1, "jobs": 1, PERMISSIONS: 1}, 90) == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "about 1 s"), (90, "about 90 s"), (240, "about 4 min"), (7000, "about 117 min"), (7200, "about 2 h")],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


def test_rates_are_said_as_people_say_them() -> None:
    assert [per_time(rate) for rate in (24, 8 / 60, 0.5)] == ["24/s", "8/min", "30/min"]
