"""Hooks of tests/emulator: the table's summary, and a real workspace to try it on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.fidelity import report


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("fidelity", "the emulator beside the service (fixtures/emulator/fidelity)")
    group.addoption("--fidelity-summary", action="store_true", help="print how many facts agreed, by tier")
    group.addoption(
        "--live",
        dest="fidelity_live",
        metavar="PROFILE",
        help="try the facts on the real workspace of this profile instead, reading only",
    )
    group.addoption(
        "--live-write",
        dest="fidelity_folder",
        metavar="FOLDER",
        help="also those that leave notebooks, files and paused jobs in this workspace folder for a moment",
    )
    group.addoption(
        "--live-report",
        dest="fidelity_report",
        metavar="FILE",
        default="fidelity-report.json",
        help="where the report of a real workspace goes (default: %(default)s)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that make no sense together."""
    live = config.getoption("fidelity_live", default=None)
    if config.getoption("fidelity_folder", default=None) and not live:
        raise pytest.UsageError("--live-write FOLDER goes with --live PROFILE")
    if live and config.getoption("numprocesses", default=None):
        raise pytest.UsageError("--live asks one workspace, one request after the other: leave out -n")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With a real workspace try that alone, without one everything else."""
    live = config.getoption("fidelity_live", default=None) is not None
    chosen, others = [], []
    for item in items:
        (chosen if (item.get_closest_marker("live") is not None) == live else others).append(item)
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = chosen


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Write the report and print the summary that were asked for."""
    live = config.getoption("fidelity_live", default=None) is not None
    if not live and not config.getoption("fidelity_summary", default=False):
        return
    outcomes = report.noted(each for reports in terminalreporter.stats.values() for each in reports)
    terminalreporter.section("fidelity")
    for line in report.summary(outcomes):
        terminalreporter.write_line(line)
    if live and outcomes:
        file = Path(config.getoption("fidelity_report"))
        report.write(outcomes, file)
        terminalreporter.write_line(f"{file}: read it, then send it back; it has no names, ids or values")
