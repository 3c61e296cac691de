"""What goes wrong on the way: lost answers, busy gateways, refusals, and what can't be read."""

from typing import Any

import pytest

from migrate import sending
from migrate.target import Target, Unclear
from tests.support.workspaces import Ground, counted, furnish

pytestmark = pytest.mark.drill

CREATES = ["/api/2.2/jobs/create", "/api/2.1/clusters/create", "/api/2.0/workspace/import", "/api/2.0/permissions/.*"]
AFTERWARDS = [
    *CREATES,
    "/api/2.0/workspace/mkdirs",
    "/api/2.0/dbfs/put",
    "/api/2.0/global-init-scripts",
    "/api/2.0/preview/scim/v2/Groups",
    "/api/2.0/preview/scim/v2/Groups/.*",
    "/api/2.1/clusters/delete",
    "/api/2.1/clusters/pin",
    "/api/2.2/jobs/reset",
]


def _sampled(cases: list[Any], every: int) -> list[Any]:
    """Return cases of which one in so many is quick to run; the others are run with the slow tests."""
    return [pytest.param(case, marks=pytest.mark.slow if n % every else ()) for n, case in enumerate(cases)]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing: the emulator shows at once what it did."""
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)
    send = Target.send

    def hasty(self: Target, method: str, path: str, body: object) -> object:
        try:
            return send(self, method, path, body)  # type: ignore[arg-type]
        except Unclear as unclear:
            unclear.wait_seconds = 0.05
            raise

    monkeypatch.setattr(Target, "send", hasty)


def _is_whole(ground: Ground) -> None:
    """Everything is there, once, and a further copy finds nothing to do."""
    assert counted(ground.secondary.jobs()) == counted(ground.primary.jobs())
    assert len(ground.secondary.clusters()) == len(ground.primary.clusters())
    assert {(c["state"], "pinned_by_user_name" in c) for c in ground.secondary.clusters()} <= {("TERMINATED", True)}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


@pytest.mark.parametrize("path", _sampled(AFTERWARDS, 4))
def test_an_answer_that_is_lost_makes_nothing_twice(ground: Ground, path: str) -> None:
    furnish(ground)
    ground.faults({"method": "POST|PUT|PATCH", "path": path, "drop": True, "after": True})

    report = ground.copy()

    assert all(rule["times"] == 0 for rule in ground.running.control("secondary/faults"))
    assert report.failures == []
    _is_whole(ground)


@pytest.mark.parametrize(
    "fault",
    _sampled(
        [*zip(CREATES, (429, 503, 500, 502), strict=True), (CREATES[0], 500), (CREATES[0], 504), (CREATES[1], 429)], 3
    ),
    ids=str,
)
def test_a_busy_gateway_makes_nothing_twice(ground: Ground, fault: tuple[str, int]) -> None:
    path, status = fault
    furnish(ground)
    rule = {"method": "POST|PUT", "path": path, "status": status, "code": "TEMPORARILY_UNAVAILABLE"}
    ground.faults({**rule, "after": True, "times": 1}, {**rule, "times": 2})

    report = ground.copy()

    assert all(rule["times"] == 0 for rule in ground.running.control("secondary/faults"))
    assert report.failures == []
    _is_whole(ground)


def test_the_lost_answer_of_one_of_twins_is_told_from_the_other(ground: Ground) -> None:
    for _ in range(3):
        ground.primary.job("twin", tasks=[])
    ground.faults({"path": "/api/2.2/jobs/create", "drop": True, "after": True, "offset": 1})

    assert ground.copy().failures == []

    assert counted(ground.secondary.jobs()) == {"twin": 3}
    assert ground.writes_of_a_copy() == 0


def test_a_write_that_never_gets_through_is_told_and_sent_a_few_times_only(ground: Ground) -> None:
    ground.primary.job("j", tasks=[])
    ground.faults({"path": "/api/2.2/jobs/create", "status": 503, "code": "TEMPORARILY_UNAVAILABLE", "times": -1})

    with ground.watched() as seen:
        report = ground.copy()

    assert report.exit_code == 1
    assert sum(entry.path.endswith("jobs/create") for entry in seen) == sending.TRIES
    ground.faults()
    assert ground.copy().exit_code == 0
    assert ground.red() == []


def test_a_refusal_is_told_in_the_services_words_and_the_rest_goes_on(ground: Ground) -> None:
    furnish(ground)
    words = "Quota exceeded: a job more than you may have."
    ground.faults({"path": "/api/2.2/jobs/create", "status": 400, "code": "QUOTA_EXCEEDED", "message": words})

    report = ground.copy()

    assert report.exit_code == 1
    assert any(words in reason for _, reason in report.failures)
    failed = {step.key for step, _ in report.failures}
    assert len(ground.secondary.jobs()) >= len(ground.primary.jobs()) - len(failed)
    assert words in (ground.home / "journal.jsonl").read_text()
    ground.faults()
    assert ground.copy().exit_code == 0
    _is_whole(ground)


def test_what_refers_to_a_refused_object_says_so_and_is_not_half_made(ground: Ground) -> None:
    inner = ground.primary.job("inner", tasks=[])
    ground.primary.job("outer", tasks=[{"task_key": "r", "run_job_task": {"job_id": inner}}])
    ground.faults({"path": "/api/2.2/jobs/create", "status": 400, "code": "INVALID_PARAMETER_VALUE", "message": "No."})

    report = ground.copy()

    told = {(step.key, step.facet.value): reason for step, reason in report.failures}
    assert told["inner", "definition"] == "INVALID_PARAMETER_VALUE: No."
    assert "jobs:inner" in told["outer", "definition"]
    assert ground.secondary.jobs() == {}


def test_what_the_service_does_not_keep_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.primary.job("j", tasks=[], tags={"a": "b"})
    state = ground.running.emulator.apps["secondary"].workspace.state
    put = state.put

    def forgetful(family: str, key: object, document: dict[str, object], **rest: str) -> dict[str, object]:
        return put(family, str(key), {k: v for k, v in document.items() if k != "tags"}, **rest)

    monkeypatch.setattr(state, "put", forgetful)
    monkeypatch.setattr("migrate.writer.Writer.settle_seconds", 0.1)
    report = ground.copy()

    assert report.exit_code == 1
    assert "settings.tags" in report.failures[0][1]


def test_an_unreadable_object_of_the_primary_is_undecided_and_the_rest_is_copied(ground: Ground) -> None:
    ground.primary.notebook("/Shared/a")
    ground.primary.notebook("/Shared/b")
    a = ground.primary.object_id("/Shared/a")
    path = f"/api/2.0/permissions/notebooks/{a}"
    ground.faults(
        {"path": path, "status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": -1}, role="primary"
    )

    report = ground.copy()

    assert report.exit_code == 2
    assert [(s.key, s.facet.value) for s, _ in report.failures] == [("/Shared/a", "permissions")]
    ground.faults(role="primary")
    assert ground.copy().exit_code == 0
    assert ground.red() == []


def test_what_hangs_on_something_unreadable_is_undecided_too(ground: Ground) -> None:
    inner = ground.primary.job("inner", tasks=[])
    ground.primary.job("outer", tasks=[{"task_key": "r", "run_job_task": {"job_id": inner}}])
    path = "/api/2.2/jobs/get"
    rule = {"path": path, "status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": 1}
    ground.faults({**rule, "offset": 1}, role="primary")

    report = ground.copy()

    assert report.exit_code == 2
    assert all(step.unread for step, _ in report.failures)


def test_a_listing_of_the_secondary_that_fails_makes_nothing_twice(ground: Ground) -> None:
    furnish(ground)
    ground.copy()
    ground.primary.job("new", tasks=[])
    rule = {"status": 400, "code": "INTERNAL", "message": "No.", "times": -1}
    ground.faults({**rule, "path": "/api/2.2/jobs/list"})

    report = ground.copy()

    assert report.exit_code == 2
    ground.faults()
    assert counted(ground.secondary.jobs()).total() == counted(ground.primary.jobs()).total() - 1


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_who_could_not_be_listed_makes_nothing_broken_or_renamed(ground: Ground, role: str) -> None:
    """Nor the home of a service principal, whose name no user may have had for all we know."""
    furnish(ground)
    robot = ground.primary.post("/api/2.0/preview/scim/v2/ServicePrincipals", displayName="robot")["applicationId"]
    ground.primary.folder(f"/Users/{robot}/jobs")
    ground.copy()
    rule = {"status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": -1}
    ground.faults({**rule, "path": ".*/preview/scim/v2/Users"}, role=role)

    report = ground.copy()

    assert report.exit_code == 2
    assert [(step.kind, step.key) for step, _ in report.failures if not step.unread] == []
    assert any(step.key == f"/Users/{robot}/jobs" for step, _ in report.failures)


def test_a_field_that_the_secondary_does_not_know_is_left_out_and_told(ground: Ground) -> None:
    ground.primary.job("j", tasks=[], tags={"a": "b"})
    words = "Could not parse request object: unknown field 'tags'"
    rule = {"status": 400, "code": "MALFORMED_REQUEST", "message": words}
    ground.faults({**rule, "path": "/api/2.2/jobs/create"}, {**rule, "path": "/api/2.2/jobs/reset", "times": -1})

    report = ground.copy()

    assert report.exit_code == 1
    assert words in report.failures[0][1]
    assert "tags" not in ground.secondary.jobs()["j"][0]["settings"]
    assert {(r.key, r.aspect) for r in ground.red()} == {("j", "definition")}
