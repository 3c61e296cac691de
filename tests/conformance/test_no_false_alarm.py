"""A clean copy of whatever the service lets somebody make is green, and a second one has nothing to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings

from fixtures.emulator.server import Running
from fixtures.estate import Door
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.comparison import Comparison
from migrate.copy import mapping
from migrate.kinds import _rest
from tests.support.laws import alarms, emulator_of
from tests.support.wild import Wild, estates
from tests.support.workspaces import Ground

pytestmark = pytest.mark.law


@pytest.fixture(params=["federated", "local"])
def ground(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """A drill whose emulator is reset for each estate; a cluster that ends is waited for by turning the clock."""
    with Running(emulator_of(request.param)) as running:

        def turn(_: float) -> None:
            running.emulator.clock.offset_ms += 2_000

        monkeypatch.setattr(_rest, "time", SimpleNamespace(sleep=turn, monotonic=time.monotonic))
        yield Ground(running, tmp_path)


def _is_green(ground: Ground, estate: Wild) -> None:
    ground.running.emulator.reset()
    (ground.home / "journal.jsonl").unlink(missing_ok=True)
    estate.build(Door.of(ground.running, "primary"))

    first = ground.copy()

    assert [(step.kind, step.key, step.facet, reason) for step, reason in first.failures] == []
    assert first.exit_code == 0
    assert ground.writes_of_a_copy() == 0
    with (
        Snapshot(ground.home / "primary.snapshot") as primary,
        Snapshot(ground.home / "secondary.snapshot") as secondary,
    ):
        comparison = Comparison(primary, secondary, CATALOGUE, mapping=mapping(ground.drill))
        assert alarms(comparison) == []


@pytest.mark.parametrize("examples", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_no_estate_raises_a_false_alarm(ground: Ground, examples: int) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(estates())
    def judge(estate: Wild) -> None:
        _is_green(ground, estate)

    judge()
