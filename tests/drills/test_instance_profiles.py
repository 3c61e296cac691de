"""Instance profiles in a drill: registered before what carries them, under the name that they have in the second region."""

from typing import Any

import pytest

from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace
from migrate.copy import Choices, Report, planned
from tests.support.workspaces import ANALYST, PATCH, SPEC, Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/instance-profiles"
SCIM = "/api/2.0/preview/scim/v2"
PRIMARY, SECONDARY = "arn:aws:iam::123456789012:", "arn:aws:iam::210987654321:"
ETL = "instance-profile/etl"
ROWS = [
    {"primary": PRIMARY, "secondary": SECONDARY, "kind": "instance_profiles", "prefix": True},
    {"primary": "us-east-1", "secondary": "us-west-2", "path": "*zone_id", "prefix": True},
]


@pytest.fixture
def furnished(ground: Ground) -> Ground:
    """Two profiles, one of which a cluster, a job's cluster and a user have."""
    p = ground.primary
    ground.configure(mapping=ROWS)
    p.post(f"{API}/add", instance_profile_arn=PRIMARY + ETL, iam_role_arn=f"{PRIMARY}role/etl")
    p.post(f"{API}/add", instance_profile_arn=f"{PRIMARY}instance-profile/lab", is_meta_instance_profile=True)
    carries = {"aws_attributes": {"instance_profile_arn": PRIMARY + ETL}}
    p.cluster("c", **carries)
    p.job("j", tasks=[{"task_key": "a", "new_cluster": {**SPEC, "num_workers": 1, **carries}}])
    _give(p, p.user(ANALYST), PRIMARY + ETL)
    ground.later()
    return ground


def _give(site: Site, user: str, role: str) -> None:
    operation = {"op": "add", "path": "roles", "value": [{"value": role}]}
    site.do("PATCH", f"{SCIM}/Users/{user}", {"schemas": [PATCH], "Operations": [operation]})


def _profiles(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.do("GET", f"{API}/list").get("instance_profiles", [])
    return found


def _told(report: Report) -> dict[tuple[str, str], str]:
    return {(s.kind, s.key): reason for s, reason in report.failures if s.facet.value == "definition"}


def _roles(site: Site, name: str) -> list[str]:
    found = site.do("GET", f"{SCIM}/Users", filter=f'userName eq "{name}"')["Resources"][0]
    return [role["value"] for role in found.get("roles", [])]


def test_what_carries_a_profile_carries_the_secondarys_own(furnished: Ground) -> None:
    s = furnished.secondary

    assert furnished.copy().failures == []

    assert sorted(_profiles(s), key=str) == [
        {
            "instance_profile_arn": SECONDARY + ETL,
            "is_meta_instance_profile": False,
            "iam_role_arn": f"{SECONDARY}role/etl",
        },
        {"instance_profile_arn": f"{SECONDARY}instance-profile/lab", "is_meta_instance_profile": True},
    ]
    assert s.clusters()[0]["aws_attributes"]["instance_profile_arn"] == SECONDARY + ETL
    task = s.jobs()["j"][0]["settings"]["tasks"][0]
    assert task["new_cluster"]["aws_attributes"]["instance_profile_arn"] == SECONDARY + ETL
    assert _roles(s, ANALYST) == [SECONDARY + ETL]
    assert furnished.red() == []
    assert furnished.writes_of_a_copy() == 0


def test_a_role_is_edited_and_a_passthrough_profile_replaced_when_asked(furnished: Ground) -> None:
    p, lab = furnished.primary, f"{PRIMARY}instance-profile/lab"
    furnished.copy()
    p.post(f"{API}/edit", instance_profile_arn=PRIMARY + ETL, iam_role_arn=f"{PRIMARY}role/other")
    p.post(f"{API}/remove", instance_profile_arn=lab)
    p.post(f"{API}/add", instance_profile_arn=lab)

    told = _told(furnished.copy())
    assert told == {("instance_profiles", lab): "only a new object can have this; ask with --replace"}
    assert furnished.copy(replace=(f"instance_profiles:{lab}",)).failures == []
    assert [each.get("iam_role_arn") for each in _profiles(furnished.secondary)] == [f"{SECONDARY}role/other", None]
    assert furnished.red() == []


def test_a_profile_that_aws_refuses_blocks_what_carries_it_and_says_what_to_do(furnished: Ground) -> None:
    message = (
        "Verification of the instance profile failed. AWS error: You are not authorized to perform this operation."
    )
    furnished.faults({"path": f"{API}/add", "status": 400, "code": "DRY_RUN_FAILED", "message": message, "times": -1})

    told = _told(furnished.copy())

    hint = "add it yourself with skip_validation"
    assert message in told["instance_profiles", PRIMARY + ETL]
    assert hint in told["instance_profiles", PRIMARY + ETL]
    assert "is not registered" in told["clusters", "c"]
    furnished.faults()
    for each in _profiles(furnished.primary):
        body = {name: value.replace(PRIMARY, SECONDARY) for name, value in each.items() if isinstance(value, str)}
        furnished.secondary.post(f"{API}/add", **{**each, **body}, skip_validation=True)
    assert furnished.copy().failures == []
    assert furnished.red() == []


def test_a_cluster_whose_profile_was_removed_is_broken_and_a_role_of_it_is_text(furnished: Ground) -> None:
    furnished.primary.post(f"{API}/remove", instance_profile_arn=PRIMARY + ETL)

    told = _told(furnished.copy())

    assert told["clusters", "c"] == f"broken on the primary: aws_attributes.instance_profile_arn → {PRIMARY}{ETL}"
    assert set(told) == {("clusters", "c"), ("jobs", "j")}
    assert _roles(furnished.secondary, ANALYST) == [PRIMARY + ETL]


def test_profiles_that_can_not_be_listed_are_unread_with_all_that_carries_them(furnished: Ground) -> None:
    rule = {"path": f"{API}/list", "status": 403, "code": "PERMISSION_DENIED", "message": "Not you.", "times": -1}
    furnished.faults(rule, role="primary")

    report = furnished.copy()

    assert report.exit_code == 2
    assert "refers to what can't be listed" in _told(report)["clusters", "c"]
    assert {s.key for s in report.steps if s.kind == "users" and s.unread} == {ANALYST}


@pytest.mark.parametrize("kept", ["cluster", "nothing"])
def test_a_profile_that_nobody_carries_any_more_is_pruned(furnished: Ground, kept: str) -> None:
    furnished.copy()
    s, extra = furnished.secondary, f"{SECONDARY}instance-profile/extra"
    s.post(f"{API}/add", instance_profile_arn=extra)
    if kept == "cluster":
        s.cluster("theirs", aws_attributes={"instance_profile_arn": extra})
    with planned(furnished.drill, Choices(prune=True), write=False):
        pass  # which shows what would go

    report = furnished.copy(prune=True)

    left = [each["instance_profile_arn"] for each in _profiles(s)]
    assert (extra in left) == (kept == "cluster")
    told = [step.reason for step in report.steps if step.key == extra]
    assert "clusters:theirs" in told[0] or kept == "nothing"


def test_nobody_asks_another_cloud_for_profiles(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.running.emulator.apps["primary"].workspace, "cloud", "AZURE")

    with ground.watched("primary") as seen:
        found = list(CATALOGUE["instance_profiles"].list(Workspace(ground.drill.primary)))

    assert found == []
    assert [entry.path for entry in seen if entry.path.startswith(API)] == []
