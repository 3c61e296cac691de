"""The laws' own fixtures, and the line that says how many held."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from lakedrill.inventory.kinds import CATALOGUE
from tests.support.laws import Copied, Copies


@pytest.fixture(scope="session")
def copies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    """The copied estates, by mode."""
    with contextlib.ExitStack() as stack:
        yield Copies(lambda: request.getfixturevalue("copied"), tmp_path_factory.mktemp, stack)


@pytest.fixture
def done(mode: str, copies: Copies) -> Copied:
    """The copied estate of the test's mode."""
    return copies[mode]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many laws were judged over how many kinds, and how many of them held."""
    outcomes = {name: _laws(terminalreporter.getreports(name)) for name in ("passed", "failed", "error", "skipped")}
    tests = {test for found in outcomes.values() for test in found}
    if tests:
        laws = {test.partition("[")[0] for test in tests}
        kinds = {kind.name for kind in CATALOGUE.kinds if any(f"[{kind.name}-" in test for test in tests)}
        broken = outcomes["failed"] | outcomes["error"]
        held = outcomes["passed"] - broken
        told = f"{len(held)} held, {len(broken)} broken, {len(outcomes['skipped'])} skipped"
        terminalreporter.write_line(f"laws: {len(laws)} laws x {len(kinds)} kinds, {told}")


def _laws(reports: list[Any]) -> set[str]:
    return {report.nodeid for report in reports if "law" in report.keywords}
