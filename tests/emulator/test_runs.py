"""Runs on the wire: those that are asked for, and those that a trigger starts."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, ResourceDoesNotExist
from databricks.sdk.service import jobs

from fixtures.emulator.quartz import Cron
from fixtures.emulator.server import Running

HOUR = 3_600_000
DAY = 24 * HOUR
TASK = jobs.Task(task_key="load", notebook_task=jobs.NotebookTask(notebook_path="/Shared/load"))
PAUSED, UNPAUSED = jobs.PauseStatus.PAUSED, jobs.PauseStatus.UNPAUSED


def _advance(running: Running, milliseconds: int) -> None:
    running.control("clock", {"advance_ms": milliseconds})


@pytest.fixture(autouse=True)
def _noon(request: pytest.FixtureRequest) -> None:
    """Begin at noon, so that no due time is near."""
    if "emulator" in request.fixturenames:
        running = request.getfixturevalue("emulator")
        _advance(running, DAY - (running.emulator.clock.now() + DAY // 2) % DAY)


def _daily(pause: jobs.PauseStatus | None = None) -> jobs.CronSchedule:
    return jobs.CronSchedule(quartz_cron_expression="0 0 3 * * ?", timezone_id="UTC", pause_status=pause)


def _job(workspace: WorkspaceClient, **settings: object) -> int:
    return int(workspace.jobs.create(tasks=[TASK], **settings).job_id or 0)  # type: ignore[arg-type]


def _phase(run: jobs.Run | jobs.BaseRun) -> tuple[str, str | None]:
    assert run.state is not None
    assert run.state.life_cycle_state is not None
    return run.state.life_cycle_state.value, run.state.result_state.value if run.state.result_state else None


def test_a_run_goes_through_its_life_by_the_clock(emulator: Running, primary: WorkspaceClient) -> None:
    job_id = _job(primary, parameters=[jobs.JobParameterDefinition(name="day", default="today")])
    started = primary.jobs.run_now(job_id, job_parameters={"day": "monday"})
    run_id = int(started.run_id or 0)
    assert _phase(primary.jobs.get_run(run_id))[0] in ("PENDING", "RUNNING")

    _advance(emulator, HOUR)
    run = primary.jobs.get_run(run_id)
    assert run.number_in_job == run_id
    assert _phase(run) == ("TERMINATED", "SUCCESS")
    assert (run.job_id, run.run_type, run.trigger) == (job_id, jobs.RunType.JOB_RUN, jobs.TriggerType.ONE_TIME)
    assert (run.end_time or 0) - (run.start_time or 0) == (run.setup_duration or 0) + (run.execution_duration or 0)
    assert [(task.task_key, _phase_of(task)) for task in run.tasks or []] == [("load", "TERMINATED")]
    assert [(p.name, p.default, p.value) for p in run.job_parameters or []] == [("day", "today", "monday")]


def _phase_of(task: jobs.RunTask) -> str | None:
    return task.state.life_cycle_state.value if task.state and task.state.life_cycle_state else None


def test_the_sdk_sees_that_a_run_has_ended(emulator: Running, primary: WorkspaceClient) -> None:
    waiting = primary.jobs.run_now(_job(primary))
    _advance(emulator, HOUR)
    assert _phase(waiting.result(timeout=timedelta(seconds=5))) == ("TERMINATED", "SUCCESS")


def test_the_same_token_gives_the_same_run(primary: WorkspaceClient) -> None:
    job_id = _job(primary)
    first = primary.jobs.run_now(job_id, idempotency_token="once")
    second = primary.jobs.run_now(job_id, idempotency_token="once")
    assert first.run_id == second.run_id
    assert len(list(primary.jobs.list_runs(job_id=job_id))) == 1
    with pytest.raises(InvalidParameterValue, match="at most 64 characters"):
        primary.jobs.run_now(job_id, idempotency_token="x" * 65)


def test_no_run_beyond_the_limit_and_none_at_all_where_it_is_0(primary: WorkspaceClient) -> None:
    none = primary.jobs.run_now(_job(primary, max_concurrent_runs=0))
    assert _phase(primary.jobs.get_run(int(none.run_id or 0))) == ("SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED")

    job_id = _job(primary, continuous=jobs.Continuous())
    more = primary.jobs.run_now(job_id)
    assert _phase(primary.jobs.get_run(int(more.run_id or 0)))[0] == "SKIPPED"


def test_a_submitted_run_is_no_job(emulator: Running, primary: WorkspaceClient) -> None:
    notebook = jobs.NotebookTask(notebook_path="/Shared/load")
    started = primary.jobs.submit(tasks=[jobs.SubmitTask(task_key="a", notebook_task=notebook)])
    run = primary.jobs.get_run(int(started.run_id or 0))

    assert (run.run_name, run.run_type) == ("Untitled", jobs.RunType.SUBMIT_RUN)
    assert list(primary.jobs.list()) == []
    assert [r.run_id for r in primary.jobs.list_runs(run_type=jobs.RunType.SUBMIT_RUN)] == [run.run_id]
    assert list(primary.jobs.list_runs(run_type=jobs.RunType.JOB_RUN)) == []
    with pytest.raises(InvalidParameterValue, match="Missing required field: tasks"):
        primary.jobs.submit()


def test_a_run_is_cancelled_and_only_then_deleted(emulator: Running, primary: WorkspaceClient) -> None:
    run_id = int(primary.jobs.run_now(_job(primary)).run_id or 0)
    with pytest.raises(BadRequest, match="is active") as refusal:
        primary.jobs.delete_run(run_id)
    assert refusal.value.error_code == "INVALID_STATE"
    primary.jobs.cancel_run(run_id)
    assert _phase(primary.jobs.get_run(run_id)) == ("TERMINATED", "CANCELED")
    primary.jobs.delete_run(run_id)
    with pytest.raises(ResourceDoesNotExist, match=f"Run {run_id} does not exist"):
        primary.jobs.get_run(run_id)


def test_an_unpaused_schedule_fires_and_a_paused_one_does_not(emulator: Running, primary: WorkspaceClient) -> None:
    fires, quiet = _job(primary, name="fires", schedule=_daily()), _job(primary, name="quiet", schedule=_daily(PAUSED))
    assert list(primary.jobs.list_runs()) == []

    _advance(emulator, 3 * DAY)
    runs = list(primary.jobs.list_runs())
    assert [(run.job_id, run.trigger, run.run_name) for run in runs] == [
        (fires, jobs.TriggerType.PERIODIC, "fires")
    ] * 3
    starts = [datetime.fromtimestamp((run.start_time or 0) / 1000, UTC) for run in runs]
    assert [(start.hour, start.minute) for start in starts] == [(3, 0)] * 3
    assert starts == sorted(starts, reverse=True)
    assert primary.jobs.get_run(int(runs[0].run_id or 0)).tasks
    assert list(primary.jobs.list_runs(job_id=quiet)) == []


def test_what_fired_stays_when_the_job_is_paused_and_goes_on_when_it_is_not(
    emulator: Running, primary: WorkspaceClient
) -> None:
    job_id = _job(primary, schedule=_daily())
    _advance(emulator, DAY)
    before = [run.run_id for run in primary.jobs.list_runs(job_id=job_id)]
    primary.jobs.update(job_id, new_settings=jobs.JobSettings(schedule=_daily(PAUSED)))
    _advance(emulator, DAY)
    assert [run.run_id for run in primary.jobs.list_runs(job_id=job_id)] == before
    primary.jobs.update(job_id, new_settings=jobs.JobSettings(schedule=_daily(UNPAUSED)))
    _advance(emulator, DAY)

    after = [run.run_id for run in primary.jobs.list_runs(job_id=job_id)]
    assert (len(before), len(after), after[1:]) == (1, 2, before)


def test_both_sides_unpaused_is_a_double_firing(
    emulator: Running, primary: WorkspaceClient, secondary: WorkspaceClient
) -> None:
    for workspace in (primary, secondary):
        _job(workspace, name="nightly", schedule=_daily())
    _advance(emulator, DAY)

    left, right = ([run.start_time for run in workspace.jobs.list_runs()] for workspace in (primary, secondary))
    assert len(left) == 1
    assert left == right


def test_a_concurrency_of_0_lets_a_schedule_fire_only_skipped_runs(emulator: Running, primary: WorkspaceClient) -> None:
    _job(primary, schedule=_daily(), max_concurrent_runs=0)
    _advance(emulator, DAY)
    assert [_phase(run)[0] for run in primary.jobs.list_runs()] == ["SKIPPED"]


def test_a_periodic_trigger_counts_from_where_it_began(emulator: Running, primary: WorkspaceClient) -> None:
    unit = jobs.PeriodicTriggerConfigurationTimeUnit.HOURS
    every = jobs.TriggerSettings(periodic=jobs.PeriodicTriggerConfiguration(interval=6, unit=unit))
    _job(primary, trigger=every)
    _advance(emulator, DAY + HOUR)

    runs = list(primary.jobs.list_runs(completed_only=True))
    starts = [run.start_time or 0 for run in runs]
    assert [later - earlier for later, earlier in itertools.pairwise(starts)] == [6 * HOUR] * 3
    primary.jobs.delete_run(int(runs[0].run_id or 0))
    assert [run.run_id for run in primary.jobs.list_runs()] == [run.run_id for run in runs[1:]]


def test_a_continuous_job_always_has_one_active_run(emulator: Running, primary: WorkspaceClient) -> None:
    job_id = _job(primary, continuous=jobs.Continuous())
    (first,) = primary.jobs.list_runs(active_only=True)
    assert first.trigger == jobs.TriggerType.CONTINUOUS
    _advance(emulator, DAY)
    assert [run.run_id for run in primary.jobs.list_runs(active_only=True)] == [first.run_id]

    primary.jobs.cancel_run(int(first.run_id or 0))
    (second,) = primary.jobs.list_runs(active_only=True)
    assert second.run_id != first.run_id
    primary.jobs.update(job_id, new_settings=jobs.JobSettings(continuous=jobs.Continuous(pause_status=PAUSED)))
    assert list(primary.jobs.list_runs(active_only=True)) == []
    assert [_phase(run)[1] for run in primary.jobs.list_runs()] == ["CANCELED", "CANCELED"]


def test_lists_of_runs_are_paged_latest_first(emulator: Running, primary: WorkspaceClient) -> None:
    job_id = _job(primary, max_concurrent_runs=100)
    ids = [primary.jobs.run_now(job_id).run_id for _ in range(30)]

    assert [run.run_id for run in primary.jobs.list_runs()] == ids[::-1]
    assert [run.run_id for run in primary.jobs.list_runs(limit=25, job_id=job_id)] == ids[::-1]
    assert not next(iter(primary.jobs.list_runs())).tasks
    now = emulator.emulator.clock.now()
    assert list(primary.jobs.list_runs(start_time_from=now + HOUR)) == []
    assert len(list(primary.jobs.list_runs(start_time_to=now))) == 30
    with pytest.raises(InvalidParameterValue, match="limit must be between 0 and 25"):
        list(primary.jobs.list_runs(limit=26))
    with pytest.raises(InvalidParameterValue, match="Only one of active_only and completed_only"):
        list(primary.jobs.list_runs(active_only=True, completed_only=True))


def test_the_tasks_of_a_long_run_come_in_pages(primary: WorkspaceClient) -> None:
    created = primary.jobs.create(tasks=[jobs.Task(task_key=f"t{n}") for n in range(150)])
    run = primary.jobs.run_now(int(created.job_id or 0))
    assert len(primary.jobs.get_run(int(run.run_id or 0)).tasks or []) == 150


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 0 3 * * ?", ["2026-03-02T03:00", "2026-03-01T03:00"]),
        ("0 30 0/12 1 * ? *", ["2026-03-01T12:30", "2026-03-01T00:30"]),
        ("0 0 6,18 ? MAR MON-FRI", ["2026-03-02T18:00", "2026-03-02T06:00"]),
        ("0 0 0 L * ?", []),
        ("0 0 3 * * ? 2027", []),
    ],
)
def test_cron_expressions_are_due(expression: str, due: list[str]) -> None:
    """2026-03-01 is a Sunday."""
    start, end = (int(datetime(2026, 3, day, tzinfo=UTC).timestamp() * 1000) for day in (1, 3))
    found = [datetime.fromtimestamp(at / 1000, UTC) for at in Cron(expression).due(start, end - 1, UTC)]
    assert [moment.strftime("%Y-%m-%dT%H:%M") for moment in found] == due


def test_a_cron_expression_is_due_in_its_own_time_zone() -> None:
    """The clocks of Berlin go forward on 2026-03-29."""
    start, end = (int(datetime(2026, 3, day, 12, tzinfo=UTC).timestamp() * 1000) for day in (27, 29))
    found = Cron("0 0 3 * * ?").due(start, end, ZoneInfo("Europe/Berlin"))
    assert [datetime.fromtimestamp(at / 1000, UTC).hour for at in found] == [1, 2]


@pytest.mark.parametrize(
    "expression", ["", "* * * * *", "0 0 3 * * * ? *", "0 0 3 ? * ?", "0 60 * * * ?", "a 0 3 * * ?"]
)
def test_other_expressions_are_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"field|must be|minute|second"):
        Cron(expression)
