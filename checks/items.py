"""Check items: thin, because there may be hundreds of thousands of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.session import Bench
from checks.subject import Check, Finding, Subject, printable, told
from lakedrill.parity.outcome import Colour, Outcome, Record, record_from

_RECORD = "lakedrill_record"
"""The attribute of a test report that carries the record, as JSON, so that it travels from any worker."""


class CheckItem(pytest.Item):
    """One check of one subject. `record` is the judgement of the last run."""

    def __init__(self, *, check: Check, subject: Subject, **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.subject = subject
        self.record: Record | None = None

    def runtest(self) -> None:
        """Run the check. Raises what it raised, or Finding where its record is not green."""
        self.record, problem = self._attempt()
        if problem is not None:
            raise problem

    def is_green(self) -> bool:
        """Run the check and say whether it ended well and green."""
        self.record, problem = self._attempt()
        return problem is None

    def _attempt(self) -> tuple[Record, BaseException | None]:
        """Run the check and return its record; one that crashes or ends without a judgement has an error's."""
        subject = self.subject
        subject.record = None
        try:
            self.check.function(subject)
        except (KeyboardInterrupt, SystemExit, pytest.exit.Exception):
            raise
        except BaseException as problem:  # noqa: BLE001 - pytest's skip is one too, and no judgement either
            if isinstance(problem, Finding) and subject.record is not None and not _green(subject.record):
                return subject.record, problem
            lines = str(problem).splitlines()
            return self._error(f"{type(problem).__name__}: {lines[0] if lines else ''}"), problem
        if subject.record is None:
            record = self._error("the check ended without a judgement")
            return record, Finding(told(record))
        return subject.record, None if _green(subject.record) else Finding(told(subject.record))

    def _error(self, reason: str) -> Record:
        slot = self.subject.slot
        return Record(slot.kind, slot.key, slot.aspect, Outcome.ERROR, slot.pair, reason=reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A finding is its own text; a crash is shown as pytest shows one."""
        if isinstance(excinfo.value, Finding):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the check stands, and its name."""
        return self.path, self.check.function.__code__.co_firstlineno - 1, self.name


def items(collector: pytest.Collector, name: str, check: Check, bench: Bench) -> Iterator[CheckItem]:
    """Yield an item for each subject of a check, in the order of the pairs: the same in every process."""
    for subject in bench.subjects(check):
        item: CheckItem = CheckItem.from_parent(
            collector, name=f"{name}[{printable(subject.name)}]", check=check, subject=subject
        )
        item.add_marker(getattr(pytest.mark, subject.slot.kind))
        yield item


def run_quickly(item: CheckItem, nextitem: pytest.Item | None) -> bool:
    """Run and report a check that is green without set-up, tear-down and capture; False: take pytest's own road.

    The last item always takes it, so that whatever pytest has set up is torn down there.
    """
    start = time.time()
    if nextitem is None or not item.is_green():
        return False
    stop = time.time()
    report = pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call", (), stop - start, start, stop)
    attach(item, report)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    left = item.session._setupstate  # noqa: SLF001 - pytest has no public way to end what an earlier item left for this one
    if left.stack:
        left.teardown_exact(nextitem)
    return True


def attach(item: CheckItem, report: pytest.TestReport) -> None:
    """Give the record of a check to its report."""
    if report.when == "call" and item.record is not None:
        setattr(report, _RECORD, json.dumps(item.record.document()))


def taken_from(report: pytest.TestReport) -> Record | None:
    """Take the record off a report, which pytest keeps until the end."""
    text = vars(report).pop(_RECORD, None)
    return None if text is None else record_from(json.loads(text))


def _green(record: Record) -> bool:
    return record.outcome.colour is Colour.GREEN
