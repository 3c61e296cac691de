"""A copy that is killed before or after any write ends, when it is run again, where an uninterrupted one does."""

import json

import pytest

from migrate import sending
from migrate.copy import Report
from tests.support.killer import Killer
from tests.support.workspaces import ENGINEER, Ground, counted, furnish

pytestmark = pytest.mark.drill

SLICES = 6
"""The writes of a copy are many; each test kills at every so manieth, and all together at each one."""


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)
    return Killer(monkeypatch)


def _told(report: Report) -> list[tuple[str, str, str, str]]:
    return [(s.kind, s.key, s.facet.value, reason) for s, reason in report.failures]


def _start(ground: Ground) -> None:
    """A primary in which every kind of write has something that a kill can leave half done."""
    furnish(ground)
    p = ground.primary
    p.grant("directories", p.object_id(f"/Users/{ENGINEER}"), "CAN_READ", group_name="engineers")
    a, b = (p.job("ring-of-twins", tasks=[], tags={"n": str(i)}) for i in range(2))
    p.set(a, tasks=[{"task_key": "r", "run_job_task": {"job_id": b}}])
    p.set(b, tasks=[{"task_key": "r", "run_job_task": {"job_id": a}}])


def _resumes(ground: Ground, killer: Killer, n: int, *, after: bool) -> None:
    killer.at(n, after=after)
    with pytest.raises(KeyboardInterrupt):
        ground.copy()
    killer.rest()

    report = ground.copy()

    assert _told(report) == []
    assert report.exit_code == 0
    assert counted(ground.secondary.jobs()) == counted(ground.primary.jobs())
    assert len(ground.secondary.clusters()) == len(ground.primary.clusters())
    assert {(c["state"], "pinned_by_user_name" in c) for c in ground.secondary.clusters()} == {("TERMINATED", True)}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


@pytest.mark.parametrize("slice_", range(SLICES))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.slow
def test_a_killed_copy_resumes_from_any_write(ground: Ground, killer: Killer, slice_: int, after: bool) -> None:
    _start(ground)
    ground.copy()
    total = killer.total
    for n in range(1 + slice_, total, SLICES):
        ground.running.emulator.reset()
        (ground.home / "journal.jsonl").unlink()
        _start(ground)
        _resumes(ground, killer, n, after=after)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fraction", [pytest.param(0.2, marks=pytest.mark.slow), 0.7])
def test_a_killed_copy_resumes(ground: Ground, killer: Killer, fraction: float, after: bool) -> None:
    _start(ground)
    ground.copy()
    n = max(1, int(killer.total * fraction))
    ground.running.emulator.reset()
    (ground.home / "journal.jsonl").unlink()
    _start(ground)

    _resumes(ground, killer, n, after=after)


@pytest.mark.slow
def test_a_copy_that_is_killed_again_and_again_ends_as_well(ground: Ground, killer: Killer) -> None:
    _start(ground)
    for n in range(3, 400, 6):
        killer.at(n if n < 10 else 9, after=bool(n % 4))
        try:
            ground.copy()
        except KeyboardInterrupt:
            continue
        break

    killer.rest()
    assert ground.copy().exit_code == 0
    assert counted(ground.secondary.jobs()) == counted(ground.primary.jobs())
    assert ground.red() == []


def test_a_line_that_a_kill_cut_short_is_no_harm(ground: Ground) -> None:
    ground.primary.job("j", tasks=[])
    ground.copy()
    with (ground.home / "journal.jsonl").open("a") as stream:
        stream.write(json.dumps({"event": "begin", "kind": "jobs"})[:-9])

    assert ground.writes_of_a_copy() == 0
    assert ground.writes_of_a_copy() == 0


def test_a_lost_journal_asks_and_overwrites_nothing(ground: Ground) -> None:
    job = ground.primary.job("j", tasks=[])
    ground.copy()
    (ground.home / "journal.jsonl").unlink()
    ground.primary.set(job, timeout_seconds=60)

    with ground.watched() as seen:
        report = ground.copy()

    assert report.exit_code == 1
    assert [step.action.value for step, _ in report.failures] == ["conflict"]
    assert not any(entry.write for entry in seen)


def test_what_was_refused_is_not_ours_when_somebody_else_makes_it(ground: Ground) -> None:
    ground.primary.job("j", tasks=[])
    ground.faults({"path": "/api/2.2/jobs/create", "status": 400, "code": "QUOTA_EXCEEDED", "message": "No."})
    ground.copy()
    ground.secondary.job("j", tasks=[], timeout_seconds=5)

    report = ground.copy()

    assert [step.action.value for step, _ in report.failures] == ["conflict", "conflict"][: len(report.failures)]
    assert ground.secondary.jobs()["j"][0]["settings"]["timeout_seconds"] == 5
