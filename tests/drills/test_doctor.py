"""Doctor on two workspaces: what speaks for and against a drill, and that looking changes nothing."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from fixtures.emulator.seed import CALLER
from lakedrill.cli.main import main
from tests.support.workspaces import ANALYST, Ground

Said = dict[str, list[tuple[str, str]]]
RULES = json.dumps({"spark_version": {"type": "unlimited", "defaultValue": "auto:latest-lts"}})
RULE_SETS = "/api/2.0/preview/accounts/access-control/rule-sets"


@pytest.fixture
def held(ground: Ground) -> Ground:
    """A drill that nothing speaks against: a little of its own on both sides."""
    p, s = ground.primary, ground.secondary
    cluster = p.cluster("etl")
    p.notebook("/Shared/load")
    p.job(
        "nightly",
        tasks=[{"task_key": "a", "existing_cluster_id": cluster, "notebook_task": {"notebook_path": "/Shared/load"}}],
    )
    s.notebook("/Shared/load")
    s.cluster("theirs")
    s.job("theirs", tasks=[{"task_key": "a", "notebook_task": {"notebook_path": "/Shared/load"}}])
    ground.configure(stands_in="us-west-2", must_see=["notebooks:/Shared/load"])
    return ground


def _doctor(ground: Ground, capsys: pytest.CaptureFixture[str]) -> tuple[int, Said]:
    """Return the exit code, and by name what doctor says that is not ok."""
    capsys.readouterr()
    code = main(["doctor", "--drill", str(ground.folder / "drill.yaml"), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    said: Said = {}
    for found in document["findings"]:
        if found["level"] != "ok":
            said.setdefault(found["name"], []).append((found["level"], found["text"]))
    return code, said


def _setting(ground: Ground, name: str, value: Any) -> None:
    path = f"/api/2.0/settings/types/{name}/names/default"
    etag = ground.secondary.do("GET", path)["etag"]
    body = {"allow_missing": True, "setting": {name: value, "etag": etag}, "field_mask": name}
    ground.secondary.do("PATCH", path, body)


def _fault(code: str, path: str, status: int = 403) -> dict[str, Any]:
    return {"method": "GET", "path": path, "status": status, "code": code, "message": "no", "times": -1}


def test_a_drill_that_can_be_held(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """One aligned line a finding, below a table of counts; nothing is written to either side."""
    before = [held.digest(role) for role in ("primary", "secondary")]
    with held.watched("primary") as one, held.watched("secondary") as other:
        assert main(["doctor", "--drill", str(held.folder / "drill.yaml")]) == 0
    assert [held.digest(role) for role in ("primary", "secondary")] == before
    assert {entry.method for entry in (*one, *other)} == {"GET"}
    assert not [entry for entry in (*one, *other) if entry.write]
    lines = capsys.readouterr().out.splitlines()
    assert any(re.fullmatch(r"│ notebooks +│ 1 +│ 1 +│", line) for line in lines)
    found = [match for line in lines if (match := re.match(r"(ok|warn|FAIL|unknown) +\S.*?  +(?=\S)", line))]
    assert len(found) > 10
    assert len({match.end() for match in found}) == 1, "what is said begins in one column"


def test_what_must_be_seen_and_is_not(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    held.configure(stands_in="us-west-2", must_see=["notebooks:/Shared/load", "jobs:nightly"])
    code, said = _doctor(held, capsys)
    assert code == 2
    assert list(said) == ["secondary must_see"]
    assert said["secondary must_see"][0][1].startswith("jobs:nightly is not listed: ")


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_a_caller_who_is_no_admin(held: Ground, role: str, capsys: pytest.CaptureFixture[str]) -> None:
    site = held.primary if role == "primary" else held.secondary
    tokens = held.running.emulator.apps[role].workspace.tokens
    mine = next(iter(tokens))
    tokens["dapi-analyst"] = site.user(ANALYST)
    file = held.folder / "databrickscfg"
    file.write_text(file.read_text().replace(mine, "dapi-analyst"))
    code, said = _doctor(held, capsys)
    assert code == 2
    assert said[f"{role} caller"][0][1].startswith(f"{ANALYST} is no workspace admin, and sees only what it may see")


def test_two_empty_workspaces(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty one and a blind caller look alike, until something is seen that is known to be there."""
    code, said = _doctor(ground, capsys)
    assert code == 2
    assert {"primary listings", "secondary listings"} < set(said)
    ground.configure(must_see=["groups:admins"])
    code, said = _doctor(ground, capsys)
    assert code == 0
    assert set(said) == {"stands_in"}


def test_a_listing_that_is_refused(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that rests on it is ok."""
    held.faults(_fault("PERMISSION_DENIED", "/api/2.2/jobs/list"))
    code, said = _doctor(held, capsys)
    assert code == 2
    assert said["secondary jobs"] == [("FAIL", "can't be listed: PERMISSION_DENIED: no")]
    assert said["limits"] == [("unknown", "the listings can't be read: PERMISSION_DENIED: no")]
    assert "secondary dbfs_files" in said


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_a_kind_that_one_side_lacks(held: Ground, role: str, capsys: pytest.CaptureFixture[str]) -> None:
    held.faults(_fault("FEATURE_DISABLED", "/api/2.0/global-init-scripts", 404), role=role)
    code, said = _doctor(held, capsys)
    assert code == 1
    assert said["kinds"][0][1].startswith(f"the {role} has no global_init_scripts (FEATURE_DISABLED); take them out")
    out = {"kind": "global_init_scripts", "mode": "out", "reason": "none here"}
    held.configure(stands_in="us-west-2", must_see=["notebooks:/Shared/load"], scope=[out])
    assert "kinds" not in _doctor(held, capsys)[1]
    held.configure(stands_in="us-west-2", kinds=["jobs", "clusters", "notebooks"])
    assert _doctor(held, capsys) == (0, {})


def test_a_volume_that_files_are_put_into_and_that_is_not_there(
    held: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """With no metastore, none is there; where no file is put, none is needed; one that may not be read is unknown."""
    script = "/Volumes/main/default/code/init.sh"
    held.running.control("primary/volume", {"name": "main.default.code"})
    held.primary.client.files.upload(script, io.BytesIO(b"echo 1"), overwrite=True)
    held.primary.cluster("scripted", init_scripts=[{"volumes": {"destination": script}}])
    lacking = "the secondary has no volume main.default.code for 1 file; make it: a copy makes none"
    assert _doctor(held, capsys) == (1, {"volumes": [("FAIL", lacking)]})
    held.running.control("secondary/metastore", {"of": ""})
    assert _doctor(held, capsys) == (1, {"volumes": [("FAIL", lacking)]})
    out = {"kind": "volume_files", "mode": "out", "reason": "somebody else's"}
    held.configure(stands_in="us-west-2", must_see=["notebooks:/Shared/load"], scope=[out])
    assert _doctor(held, capsys) == (0, {})
    held.configure(stands_in="us-west-2", must_see=["notebooks:/Shared/load"])
    held.running.control("secondary/metastore", {"of": "secondary"})
    held.running.control("secondary/volume", {"name": "main.default.code"})
    assert _doctor(held, capsys) == (0, {})
    held.faults(_fault("PERMISSION_DENIED", "/api/2.1/unity-catalog/volumes/.*"))
    assert _doctor(held, capsys)[1]["volumes"] == [
        ("unknown", "the volume main.default.code (1 file) can't be read: PERMISSION_DENIED: no")
    ]


def test_restricted_admins(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """They refuse where a job belongs to, or runs as, somebody else."""
    _setting(held, "restrict_workspace_admins", {"status": "RESTRICT_TOKENS_AND_JOB_RUN_AS"})
    code, said = _doctor(held, capsys)
    assert (code, said["workspace admins"][0][0]) == (0, "warn")
    held.primary.user(ANALYST)
    held.primary.set(next(iter(held.primary.jobs().values()))[0]["job_id"], run_as={"user_name": ANALYST})
    code, said = _doctor(held, capsys)
    assert code == 1
    level, text = said["workspace admins"][0]
    assert level == "FAIL"
    assert text.startswith("RESTRICT_TOKENS_AND_JOB_RUN_AS forbids the owner and `run_as` of 1 job of the primary; set")


def _grant(ground: Ground, application_id: str, *principals: str) -> None:
    account = ground.secondary.client.config.account_id
    name = f"accounts/{account}/servicePrincipals/{application_id}/ruleSets/default"
    etag = ground.secondary.do("GET", RULE_SETS, None, name=name, etag="")["etag"]
    rules = [{"role": "roles/servicePrincipal.user", "principals": list(principals)}] if principals else []
    ground.secondary.do(
        "PUT", RULE_SETS, {"name": name, "rule_set": {"name": name, "etag": etag, "grant_rules": rules}}
    )


def test_a_service_principal_that_the_copy_may_not_use(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """The role may come by a group of the account."""
    made = held.primary.post("/api/2.0/preview/scim/v2/ServicePrincipals", displayName="etl")["applicationId"]
    held.primary.set(held.primary.jobs()["nightly"][0]["job_id"], run_as={"service_principal_name": made})
    assert _doctor(held, capsys) == (0, {})

    _grant(held, made)
    code, said = _doctor(held, capsys)
    told = f"{CALLER} has no roles/servicePrincipal.user on {made}: `run_as` of 1 job will be refused"
    assert (code, said) == (1, {"service principals": [("FAIL", told)]})

    me = held.secondary.do("GET", "/api/2.0/preview/scim/v2/Me")["id"]
    group = {"displayName": "operators", "members": [{"value": me}]}
    key = held.running.control("account/Groups", group)["id"]
    held.secondary.do("PUT", f"/api/2.0/preview/permissionassignments/principals/{key}", {"permissions": ["USER"]})
    _grant(held, made, "groups/operators")
    assert _doctor(held, capsys) == (0, {})

    held.faults(_fault("PERMISSION_DENIED", RULE_SETS))
    code, said = _doctor(held, capsys)
    assert (code, said["service principals"][0][0]) == (0, "unknown")


def test_an_ip_access_list_without_this_host(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"label": "office", "list_type": "ALLOW", "ip_addresses": ["198.51.100.0/24", "127.0.0.0/8"]}
    held.secondary.post("/api/2.0/ip-access-lists", **body)
    assert _doctor(held, capsys) == (0, {}), "a list has no effect while the lists are off"
    held.secondary.do("PATCH", "/api/2.0/workspace-conf", {"enableIpAccessLists": "true"})
    code, said = _doctor(held, capsys)
    assert (code, said["IP access lists"][0][0]) == (0, "unknown")
    for address, expected in (("203.0.113.7", 1), ("198.51.100.7", 0)):
        held.configure(stands_in="us-west-2", **{"from": address})
        code, said = _doctor(held, capsys)
        assert code == expected
    held.configure(stands_in="us-west-2", **{"from": "203.0.113.7"})
    _, said = _doctor(held, capsys)
    told = "calls to the secondary will be refused: no allow list holds 203.0.113.7: office"
    assert said["IP access lists"] == [("FAIL", told)]


def test_an_ip_access_list_that_a_copy_would_bring(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan blocks it, and whoever asked for it is told before."""
    body = {"label": "office", "list_type": "ALLOW", "ip_addresses": ["198.51.100.0/24", "127.0.0.0/8"]}
    held.primary.post("/api/2.0/ip-access-lists", **body)
    held.configure(stands_in="us-west-2", **{"from": "203.0.113.7"})
    assert _doctor(held, capsys) == (0, {})
    held.configure(stands_in="us-west-2", apply=["ip_access_lists"], **{"from": "203.0.113.7"})
    code, said = _doctor(held, capsys)
    why = "no allow list holds 203.0.113.7: office"
    assert (code, said["IP access lists"]) == (
        1,
        [("FAIL", f"the copy will not write the primary's IP access lists: {why}")],
    )
    held.configure(stands_in="us-west-2", apply=["ip_access_lists"], **{"from": "198.51.100.7"})
    assert _doctor(held, capsys) == (0, {})


def test_dbfs_switched_off(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """It is in the way of init scripts that lie there; of paths in code nobody can say."""
    _setting(held, "disable_legacy_dbfs", {"value": True})
    held.primary.do("PATCH", "/api/2.0/workspace-conf", {"enableDbfsFileBrowser": "true"})
    code, said = _doctor(held, capsys)
    assert code == 0
    assert {name: found[0][0] for name, found in said.items()} == {"DBFS": "warn", "DBFS browser": "warn"}
    held.primary.post("/api/2.0/dbfs/put", path="/init/x.sh", contents="ZWNobw==")
    held.primary.cluster("with script", init_scripts=[{"dbfs": {"destination": "dbfs:/init/x.sh"}}])
    code, said = _doctor(held, capsys)
    assert code == 1
    assert said["DBFS"][0][1].endswith("off on the secondary: 1 init script can't be copied")


def test_a_policy_that_takes_too_few_clusters(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """Policies have the same name on both sides and ids of their own; one that is not there yet comes with its limit."""
    create = "/api/2.0/policies/clusters/create"
    policy = held.primary.post(create, name="small", definition=RULES, max_clusters_per_user=1)["policy_id"]
    for name in ("a", "b"):
        held.primary.cluster(name, policy_id=policy)
    code, said = _doctor(held, capsys)
    told = "too few clusters a user by policy: small takes 1 and the copy makes 2; raise max_clusters_per_user"
    assert (code, said) == (1, {"cluster policies": [("FAIL", told)]})
    held.secondary.post(create, name="small", definition=RULES, max_clusters_per_user=2)
    assert _doctor(held, capsys) == (0, {})
    held.secondary.cluster("c")
    held.primary.cluster("c", policy_id=policy)
    assert _doctor(held, capsys) == (0, {}), "what is there is not made"


def test_a_tier_without_access_control(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    held.faults(_fault("FEATURE_DISABLED", "/api/2.0/permissions/.*", 400))
    code, said = _doctor(held, capsys)
    assert code == 1
    assert {level for level, _ in said["permissions"]} == {"FAIL"}
    told = "directories: the secondary has no permissions (FEATURE_DISABLED), so no grant can be copied"
    assert ("FAIL", told) in said["permissions"]
    held.faults(_fault("FEATURE_DISABLED", "/api/2.0/permissions/.*", 400), role="primary")
    assert _doctor(held, capsys)[0] == 0, "what neither has is not missed"


@pytest.mark.parametrize(
    ("path", "name", "ends_with"),
    [
        ("/api/2.0/settings/types/restrict_workspace_admins/.*", "workspace admins", 2),
        ("/api/2.0/settings/types/disable_legacy_dbfs/.*", "DBFS", 2),
        ("/api/2.0/preview/permissionassignments", "assignment", 0),
        ("/api/2.0/workspace-conf", "IP access lists", 2),
        ("/api/2.0/policies/clusters/list", "cluster policies", 2),
    ],
)
def test_what_may_not_be_read_is_unknown(
    held: Ground, path: str, name: str, ends_with: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is captured as well leaves the verdict undecided."""
    held.faults(_fault("PERMISSION_DENIED", path))
    code, said = _doctor(held, capsys)
    assert code == ends_with
    assert [level for level, _ in said[name]] == ["unknown"]
    assert "can't be read: PERMISSION_DENIED: no" in said[name][0][1]


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_workspaces_of_no_account(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is not there must be provisioned, and whether a service principal may be used nobody can read."""
    made = held.primary.post("/api/2.0/preview/scim/v2/ServicePrincipals", displayName="etl")["applicationId"]
    held.primary.set(held.primary.jobs()["nightly"][0]["job_id"], run_as={"service_principal_name": made})
    held.configure(stands_in="us-west-2", identity="provisioned")
    code, said = _doctor(held, capsys)
    assert code == 0
    assert {name: found[0][0] for name, found in said.items()} == {
        "service principals": "unknown",
        "assignment": "warn",
    }


def test_a_host_in_the_primarys_region(held: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    held.configure(stands_in="us-east-1")
    code, said = _doctor(held, capsys)
    assert code == 0
    told = (
        "this host and the drill's folder are in us-east-1, the primary's region, and would be lost with it; hold the"
    )
    assert said["stands_in"][0][0] == "warn"
    assert said["stands_in"][0][1].startswith(told)
