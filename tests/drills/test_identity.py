"""Who is on the secondary: the account's principals are assigned, the workspace's own made, and members the account's."""

import json
from typing import Any

import pytest

from migrate.copy import Report
from migrate.kinds import _identity
from tests.support.workspaces import ANALYST, ENGINEER, PATCH, Ground, Site

pytestmark = pytest.mark.drill

ASSIGNMENTS = "/api/2.0/preview/permissionassignments"
SCIM = "/api/2.0/preview/scim/v2"
USER = {"permissions": ["USER"]}
APPLICATION = "5a1e7c1e-0b3c-4c55-9d0e-3f2a5f3b8d11"


def _assign(ground: Ground, key: str) -> None:
    ground.primary.do("PUT", f"{ASSIGNMENTS}/principals/{key}", {"permissions": ["USER"]})


def _account(ground: Ground, family: str, **document: Any) -> str:
    return str(ground.running.control(f"account/{family}", document)["id"])


def _populate(ground: Ground) -> dict[str, str]:
    """Two users, a service principal and a group of the account, assigned to the primary."""
    found = {name: _account(ground, "Users", userName=name) for name in (ENGINEER, ANALYST)}
    found["sp"] = _account(ground, "ServicePrincipals", applicationId=APPLICATION, displayName="loader")
    found["group"] = _account(ground, "Groups", displayName="team", members=[{"value": found[ENGINEER]}])
    for key in (found[ENGINEER], found[ANALYST], found["sp"], found["group"]):
        _assign(ground, key)
    return found


def _told(report: Report) -> dict[tuple[str, str], str]:
    return {(s.kind, s.key): reason for s, reason in report.failures if s.facet.value == "definition"}


@pytest.mark.parametrize("identity", ["provisioned", "create"])
def test_account_principals_are_assigned_and_their_groups_left_as_they_are(ground: Ground, identity: str) -> None:
    ground.configure(identity=identity)
    made = _populate(ground)
    entitle = {"op": "add", "path": "entitlements", "value": [{"value": "allow-cluster-create"}]}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [entitle]}
    ground.primary.do("PATCH", f"/api/2.0/preview/scim/v2/Users/{made[ANALYST]}", body)
    before = ground.running.emulator.account.state.digest

    with ground.watched() as seen:
        report = ground.copy()

    assert report.failures == []
    assert ground.running.emulator.account.state.digest == before
    assert {e.path for e in seen if e.write and "scim" in e.path and "Groups" in e.path} == set()
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_one_line_names_all_whom_an_account_admin_has_to_assign_before_anything_is_written(ground: Ground) -> None:
    _populate(ground)
    ground.primary.notebook("/Shared/n")
    rule = {"path": ASSIGNMENTS, "status": 403, "code": "PERMISSION_DENIED", "message": "Not you.", "times": -1}
    ground.faults(rule)
    lines: list[tuple[str, int]] = []

    with ground.watched() as seen:
        start = len(ground.log())
        report = ground.copy(tell=lambda line: lines.append((line, len(ground.log()) - start)))

    assert report.exit_code == 1
    manual = [line for line, _ in lines if "assign" in line]
    assert manual == report.manual
    assert len(manual) == 1
    named = (ENGINEER, ANALYST, APPLICATION, "team", "PERMISSION_DENIED: Not you")
    assert [name for name in named if name not in manual[0]] == []
    line = json.loads((ground.home / "copy.json").read_text())["manual"][0]
    assert (line["id"], line["count"]) == ("assign-principals", 4)
    assert f"users:{ANALYST}" in line["found"]
    assert line in json.loads((ground.home / "plan.json").read_text())["manual"]
    first = next(i for i, entry in enumerate(seen) if entry.write)
    assert max(n for _, n in lines) <= first
    assert not any(entry.write and "scim" in entry.path for entry in seen)
    assert ground.secondary.object_id("/Shared/n")
    ground.faults()
    assert ground.copy().exit_code == 0
    assert ground.red() == []


def test_a_group_of_the_workspaces_own_is_refused_where_the_account_has_its_name(ground: Ground) -> None:
    ground.primary.group("Team")
    _account(ground, "Groups", displayName="team")

    report = ground.copy()

    assert report.exit_code == 1
    assert "would hide it" in _told(report)["groups", "Team"]
    assert len(ground.secondary.do("GET", "/api/2.0/preview/scim/v2/Groups")["Resources"]) == 2


def test_a_job_of_somebody_who_is_missing_is_blocked_with_them(ground: Ground) -> None:
    ground.configure(identity="provisioned")
    made = _populate(ground)
    ground.primary.job("j", tasks=[], run_as={"user_name": ENGINEER})
    ground.primary.job("k", tasks=[])
    ground.copy()
    for job in ground.secondary.jobs().values():
        ground.secondary.post("/api/2.2/jobs/delete", job_id=job[0]["job_id"])
    ground.secondary.do("DELETE", f"/api/2.0/preview/scim/v2/Users/{made[ENGINEER]}")
    ground.secondary.do("DELETE", f"/api/2.0/preview/scim/v2/Groups/{made['group']}")
    ground.running.control(f"account/Users/{made[ENGINEER]}", method="DELETE")

    report = ground.copy(from_snapshot=True)

    told = _told(report)
    assert f"the account has no userName {ENGINEER}" in told["users", ENGINEER]
    assert f"users:{ENGINEER}" in told["jobs", "j"]
    assert ("jobs", "k") not in told
    assert list(ground.secondary.jobs()) == ["k"]


@pytest.mark.parametrize("emulator", ["local", "local-same-ids"], indirect=True)
def test_a_workspaces_own_people_are_made_only_when_the_operator_says_so(ground: Ground) -> None:
    ground.configure(identity="provisioned")
    p = ground.primary
    engineer = p.user(ENGINEER)
    body = {"applicationId": APPLICATION, "displayName": "loader"}
    p.post("/api/2.0/preview/scim/v2/ServicePrincipals", **body)
    p.group("team", engineer)
    p.job("j", tasks=[], run_as={"service_principal_name": APPLICATION})

    blocked = ground.copy()

    told = _told(blocked)
    assert "identity: create" in told["users", ENGINEER]
    assert "identity: create" in told["service_principals", APPLICATION]
    assert f"service_principals:{APPLICATION}" in told["jobs", "j"]
    assert blocked.exit_code == 1
    names = {u["userName"] for u in ground.secondary.do("GET", "/api/2.0/preview/scim/v2/Users")["Resources"]}
    assert ENGINEER not in names

    ground.configure(identity="create")
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_members_that_the_account_changed_are_nobodys_to_mend(ground: Ground) -> None:
    made = _populate(ground)
    ground.copy()
    ground.running.control(
        "account/Groups", {"id": made["group"], "displayName": "team", "members": [{"value": made[ANALYST]}]}
    )

    report = ground.copy()

    assert report.exit_code == 0
    assert ground.writes_of_a_copy() == 0


def _patch(ground: Ground, family: str, key: str, *operations: dict[str, Any]) -> None:
    ground.primary.do("PATCH", f"{SCIM}/{family}/{key}", {"schemas": [PATCH], "Operations": list(operations)})


def _said(site: Site) -> dict[str, dict[str, Any]]:
    """Return what a workspace says of each principal, by name."""
    return {
        found.get("userName") or found.get("applicationId") or found["displayName"]: {
            name: sorted(item["value"] for item in found.get(name, [])) for name in ("entitlements", "roles")
        }
        | {"active": found.get("active")}
        for family in ("Users", "Groups", "ServicePrincipals")
        for found in site.do("GET", f"{SCIM}/{family}").get("Resources", [])
    }


@pytest.mark.parametrize("emulator", ["federated", "local", "local-same-ids"], indirect=True)
def test_what_a_workspace_says_of_people_comes_along_and_goes_again(ground: Ground) -> None:
    p, s = ground.primary, ground.secondary
    analyst = p.user(ANALYST)
    service = p.post(f"{SCIM}/ServicePrincipals", applicationId=APPLICATION, displayName="loader")["id"]
    group = _account(ground, "Groups", displayName="team") if ground.federated else p.group("team")
    if ground.federated:
        _assign(ground, group)
    told = (("Users", analyst), ("ServicePrincipals", service), ("Groups", group))
    for family, key in told:
        entitle = [{"value": "allow-cluster-create"}, {"value": "databricks-sql-access"}]
        _patch(ground, family, key, {"op": "add", "path": "entitlements", "value": entitle})

    assert ground.copy().failures == []
    assert _said(s) == _said(p)
    assert _said(s)["team"]["entitlements"] == ["allow-cluster-create", "databricks-sql-access"]

    for family, key in told:
        _patch(ground, family, key, {"op": "remove", "path": 'entitlements[value eq "allow-cluster-create"]'})
    assert ground.copy().failures == []
    assert _said(s) == _said(p)
    assert _said(s)[APPLICATION]["entitlements"] == ["databricks-sql-access"]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


@pytest.mark.parametrize(
    ("emulator", "takes_it"), [("federated", True), ("local", True), ("local", False)], indirect=["emulator"]
)
def test_who_is_switched_off_stays_switched_off(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, *, takes_it: bool
) -> None:
    """Also where a create makes active people of all, whatever it is told."""
    p, s = ground.primary, ground.secondary
    keys = {"Users": p.user(ENGINEER)}
    keys["ServicePrincipals"] = p.post(f"{SCIM}/ServicePrincipals", applicationId=APPLICATION, displayName="x")["id"]
    for family, key in keys.items():
        _patch(ground, family, key, {"op": "replace", "path": "active", "value": [{"value": "false"}]})
    if not takes_it:
        make = _identity.create
        monkeypatch.setattr(_identity, "create", lambda t, f, d: make(t, f, {**d, "active": True}))

    assert ground.copy().failures == []

    assert [_said(s)[name]["active"] for name in (ENGINEER, APPLICATION)] == [False, False]
    assert ground.red() == []
    for family, key in keys.items():
        _patch(ground, family, key, {"op": "replace", "path": "active", "value": [{"value": "true"}]})
    assert ground.copy().failures == []
    assert [_said(s)[name]["active"] for name in (ENGINEER, APPLICATION)] == [True, True]
    assert ground.red() == []


def test_groups_nest_as_deep_as_they_may_with_an_account_group_innermost(ground: Ground) -> None:
    inner = _account(ground, "Groups", displayName="of the account")
    _assign(ground, inner)
    for depth in range(1, 11):
        inner = ground.primary.group(f"level {depth:02d}", inner)
    before = ground.running.emulator.account.state.digest

    assert ground.copy().failures == []

    assert ground.running.emulator.account.state.digest == before
    found = {g["displayName"]: g for g in ground.secondary.do("GET", f"{SCIM}/Groups")["Resources"]}
    held = {name: [m["display"] for m in g.get("members", [])] for name, g in found.items()}
    assert held["level 01"] == ["of the account"]
    assert [held[f"level {n + 1:02d}"] for n in range(1, 10)] == [[f"level {n:02d}"] for n in range(1, 10)]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_the_accounts_group_and_the_workspaces_own_of_one_name_are_two(ground: Ground) -> None:
    """Which of the two goes is for people to say; what the account has can't make room."""
    made = _account(
        ground, "Groups", displayName="team", members=[{"value": _account(ground, "Users", userName=ANALYST)}]
    )
    _assign(ground, made)
    ground.primary.group("other")
    ground.secondary.group("team")
    ground.secondary.do("PUT", f"{ASSIGNMENTS}/principals/{_account(ground, 'Groups', displayName='other')}", USER)

    told = _told(ground.copy())

    assert "is the workspace's own, the primary's is the account's: rename one" in told["groups", "team"]
    assert "is the account's, the primary's is the workspace's own: rename one" in told["groups", "other"]
    ground.configure(adopt=["groups:*"])
    report = ground.copy(replace=("groups:other",))
    assert "rename one of them; ask with --replace" in _told(report)["groups", "team"]
    assert "rename one" in _told(report)["groups", "other"]
    assert _members(ground, "team") == [], "the account's members are nothing to put into another group"
    done = ground.copy(replace=("groups:team",))
    assert ("groups", "team") not in _told(done)
    assert _members(ground, "team") == [ANALYST]


def _members(ground: Ground, name: str) -> list[str]:
    found = ground.secondary.do("GET", f"{SCIM}/Groups", filter=f'displayName eq "{name}"')["Resources"][0]
    return [member["display"] for member in found.get("members", [])]


def test_an_account_group_is_refused_where_the_secondary_has_no_account(ground: Ground) -> None:
    _populate(ground)
    message = "Permission assignment APIs are not available for this workspace."
    ground.faults({"path": ASSIGNMENTS, "status": 400, "code": "BAD_REQUEST", "message": message, "times": -1})

    told = _told(ground.copy())

    assert told["groups", "team"] == "belongs to an account that the secondary is not part of"


def test_the_home_of_somebody_who_is_missing_is_not_taken_for_another(ground: Ground) -> None:
    ground.configure(identity="provisioned")
    made = _populate(ground)
    ground.copy()
    ground.secondary.do("DELETE", f"{SCIM}/Users/{made[ENGINEER]}")
    ground.secondary.do("DELETE", f"{SCIM}/Groups/{made['group']}")
    ground.running.control(f"account/Users/{made[ENGINEER]}", method="DELETE")

    report = ground.copy(from_snapshot=True)

    told = _told(report)
    assert f"the account has no userName {ENGINEER}" in told["users", ENGINEER]
    assert ("directories", f"/Users/{ENGINEER}") not in told
