"""Every hook of the checks. Without --drill it does nothing, but refuses to run checks without one."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checks import items, summary
from checks.session import Assignment, Bench, Controller, Request
from checks.subject import Check
from lakedrill.house import guard
from lakedrill.inventory.errors import DrillError, UsageError
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.progress import Lines, silent

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

FOLDER = Path(__file__).resolve().parent
_INPUT = "lakedrill"
"""What a worker is told stands under this name in its input."""
_ASKED = ("only", "primary_live", "secondary_snapshot")
_BENCH = pytest.StashKey[Bench]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a drill."""
    group = parser.getgroup("lakedrill", "a drill (lakedrill)")
    group.addoption("--drill", dest="lakedrill_drill", metavar="FILE", help="judge the drill of this drill.yaml")
    group.addoption(
        "--only",
        dest="lakedrill_only",
        action="append",
        default=[],
        metavar="KIND:GLOB",
        help="check these objects only, as in 'jobs:nightly-*'; gives no verdict; may be repeated",
    )
    group.addoption(
        "--primary-live",
        dest="lakedrill_primary_live",
        action="store_true",
        help="capture the primary anew instead of judging against its snapshot",
    )
    group.addoption(
        "--secondary-snapshot",
        dest="lakedrill_secondary_snapshot",
        action="store_true",
        help="judge the secondary's snapshot in the drill's folder instead of capturing anew",
    )


def pytest_configure(config: pytest.Config) -> None:
    """A marker for each kind."""
    if _has_drill(config):
        for kind in CATALOGUE.kinds:
            config.addinivalue_line("markers", f"{kind.name}: checks of {kind.name}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the drill, before pytest-xdist starts its workers; in a worker, what the controller opened."""
    config = session.config
    with _told_without_traceback():
        if hasattr(config, "workerinput"):
            assignment = config.workerinput.get(_INPUT)
            if assignment is not None:
                config.stash[_BENCH] = Assignment(**assignment).open(config.getoption("lakedrill_only"))
        elif _has_drill(config):
            guard()
            reporter = config.pluginmanager.get_plugin("terminalreporter")
            progress = silent if reporter is None else Lines("reading", partial(reporter.write_line, flush=True))
            controller = Controller(_request(config), progress)
            config.pluginmanager.register(Gatherer(controller), "lakedrill-gatherer")
            config.stash[_BENCH] = controller.bench
        else:
            _refuse(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without a drill the checks are no tests."""
    return True if collection_path.parent == FOLDER and not _has_drill(config) else None


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[items.CheckItem] | None:
    """Each check, once for each of its subjects."""
    if not isinstance(obj, Check):
        return None
    bench = collector.config.stash.get(_BENCH, None)
    return [] if bench is None or not name.startswith("test_") else list(items.items(collector, name, obj, bench))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A green check is run and reported at once; any other takes pytest's own road."""
    return True if isinstance(item, items.CheckItem) and items.run_quickly(item, nextitem) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of a check carries its record."""
    report = yield
    if isinstance(item, items.CheckItem):
        items.attach(item, report)
    return report


class Gatherer:
    """The hooks that only the controller has: it gathers the records and ends the run with the verdict."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.ending: list[str] = []
        """The headline, and what stands below it."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record that a report carries, from whichever process."""
        record = items.taken_from(report)
        if record is not None:
            self.controller.records.append(record)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker what to open."""
        node.workerinput[_INPUT] = asdict(self.controller.assignment)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Give the verdict, whatever pytest thinks of the run. Only a run that broke has none."""
        if exitstatus in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            return
        try:
            trouble = f"pytest ended with {int(exitstatus)}" if exitstatus else ""
            judgement = self.controller.finish(trouble)
            self.ending = [summary.headline(judgement), *summary.lines(judgement, self.controller.request.file)]
            self.ending[-1:-1] = self.controller.notes(judgement)
            session.exitstatus = judgement.verdict.exit_code
        except Exception:  # noqa: BLE001 - told in full; let through, Python would end with 1, which means "not ready"
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            session.config.notify_exception(pytest.ExceptionInfo.from_current(), session.config.option)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show how it ended."""
        if self.ending:
            terminalreporter.ensure_newline()
            terminalreporter.section(f"lakedrill: {self.ending[0]}")
            for line in self.ending[1:]:
                terminalreporter.write_line(line)


@contextlib.contextmanager
def _told_without_traceback() -> Iterator[None]:
    """Let a wrong drill or a workspace that can't be opened end pytest with one message and the error's exit code."""
    try:
        yield
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    except DrillError as error:
        pytest.exit(str(error), returncode=error.exit_code)


def _has_drill(config: pytest.Config) -> bool:
    return config.getoption("lakedrill_drill") is not None


def _request(config: pytest.Config) -> Request:
    options: dict[str, Any] = {name: config.getoption(f"lakedrill_{name}") for name in _ASKED}
    return Request(
        config.invocation_params.dir / config.getoption("lakedrill_drill"),
        only=tuple(options["only"]),
        primary_live=options["primary_live"],
        secondary_snapshot=options["secondary_snapshot"],
        dry=config.option.collectonly,
    )


def _refuse(config: pytest.Config) -> None:
    """Raise UsageError where the command line names checks, or an option of theirs, and no drill."""
    named = [arg.partition("::")[0] for arg in config.args]
    paths = [(config.invocation_params.dir / name).resolve() for name in named]
    if any(path == FOLDER or FOLDER in path.parents for path in paths):
        raise UsageError("name a drill: --drill=FILE")
    for option in _ASKED:
        if config.getoption(f"lakedrill_{option}"):
            raise UsageError(f"--{option.replace('_', '-')} needs a drill: --drill=FILE")
