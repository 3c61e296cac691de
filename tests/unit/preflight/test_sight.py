"""Whether both callers see everything, told from listings alone."""

from typing import Any

import pytest

from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.preflight.finding import Level
from lakedrill.preflight.sight import Seen, counts, findings
from tests.support.preflight import refused, seen

JOB = {"settings": {"name": "nightly", "tasks": [{"task_key": "a", "existing_cluster_id": "c1"}]}}
CLUSTER = {"cluster_id": "c1", "cluster_name": "etl"}


def _said(primary: Seen, secondary: Seen, *must_see: str) -> dict[str, tuple[Level, str]]:
    """Return what is not ok, by name."""
    found = findings(primary, secondary, {"secondary": must_see}, CATALOGUE)
    return {each.name: (each.level, each.text) for each in found if each.level is not Level.OK}


def test_a_kind_that_is_nowhere_although_something_refers_to_it() -> None:
    """Two callers who do not see clusters agree that there are none."""
    one, other = seen(jobs=[JOB], clusters=[]), seen("secondary", jobs=[JOB], clusters=[])
    told = "neither side lists any, but jobs:nightly of the primary refers to one"
    assert _said(one, other) == {"clusters": (Level.FAIL, told)}
    assert _said(one, seen("secondary", jobs=[JOB], clusters=[CLUSTER])) == {}
    assert _said(seen(jobs=[JOB]), seen("secondary", jobs=[JOB])) == {}, "out of scope"


def test_what_may_mean_several_kinds_or_nothing_is_no_evidence() -> None:
    """An e-mail address of an outsider, a script on DBFS that is not there."""
    job = {
        "run_as_user_name": "ada@example.com",
        "settings": {"name": "a", "email_notifications": {"on_failure": ["x@example.com"]}},
    }
    cluster = {**CLUSTER, "init_scripts": [{"dbfs": {"destination": "dbfs:/x.sh"}}]}
    kinds: dict[str, Any] = {"users": [], "service_principals": [], "dbfs_files": []}
    assert _said(seen(jobs=[job], clusters=[cluster], **kinds), seen("secondary", jobs=[job], **kinds)) == {}


def test_an_empty_side_is_unknown_until_something_known_is_seen() -> None:
    """Or until a listing failed, which says it better."""
    empty = {"users": [{"id": "1", "userName": "ops@example.com"}], "groups": [{"id": "2", "displayName": "admins"}]}
    full = seen(jobs=[JOB], clusters=[CLUSTER])
    level, text = _said(full, seen("secondary", **empty))["secondary listings"]
    assert level is Level.UNKNOWN
    assert text.endswith("if it is empty, say `must_see: [groups:admins]` under `secondary`")
    assert _said(full, seen("secondary", **empty), "groups:Admins") == {}
    assert list(_said(full, seen("secondary", **empty), "groups:nobody")) == [
        "secondary must_see",
        "secondary listings",
    ]
    assert list(_said(full, seen("secondary", **empty, jobs=refused()))) == ["secondary jobs"]


@pytest.mark.parametrize(("code", "fails"), [("PERMISSION_DENIED", True), ("FEATURE_DISABLED", False)])
def test_a_listing_that_was_refused_is_not_an_empty_one(code: str, fails: bool) -> None:
    """What the workspace says it has not is no matter of sight."""
    one, other = seen(jobs=[JOB], clusters=[CLUSTER]), seen("secondary", jobs=[JOB], clusters=refused(code))
    assert _said(one, other) == ({"secondary clusters": (Level.FAIL, f"can't be listed: {code}: no")} if fails else {})
    assert counts(one, other) == {"jobs": {"primary": 1, "secondary": 1}, "clusters": {"primary": 1, "secondary": code}}


def test_a_job_that_a_listing_tells_too_little_of_is_read() -> None:
    job = {**JOB, "creator_user_name": "ada@example.com"}
    answers = {"/api/2.2/jobs/get": {"run_as_user_name": "bob@example.com"}}
    assert seen(jobs=[job], answers=answers).run_as == {"0": "bob@example.com"}
    assert seen(jobs=[{**job, "run_as_user_name": "eve@example.com"}]).run_as == {"0": "eve@example.com"}
