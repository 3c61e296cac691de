"""How work goes on, told to people: bars on a terminal, a line now and then elsewhere."""

import io
import re
from collections.abc import Mapping

import pytest
from rich.console import Console
from rich.progress import Progress as Bars

from lakedrill.cli import _shared as subject
from lakedrill.cli._shared import Display, progress
from lakedrill.inventory.budget import Budget
from lakedrill.inventory.progress import LINE_EVERY_SECONDS


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    monkeypatch.setattr(Budget, "total", 100)
    return Time()


def _said(out: io.StringIO) -> list[str]:
    return out.getvalue().splitlines()


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(subject, "console", Console(file=stream, width=200))
    return stream


def _pass(time: Time, seconds: float, requests: int) -> None:
    time.now += seconds
    Budget.total += requests


def test_without_a_terminal_there_is_a_line_now_and_then(time: Time, out: io.StringIO) -> None:
    display = Display("writing", Bars(disable=True), time)
    for done in range(1, 7):
        _pass(time, LINE_EVERY_SECONDS / 3, 50)
        display("service_principals", done, 10)

    assert _said(out) == [
        "writing service principals: 3 of 10; 5.0 requests/s",
        "writing service principals: 6 of 10; 5.0 requests/s",
    ]


def test_the_rate_is_that_of_the_last_seconds(time: Time, out: io.StringIO) -> None:
    display = Display("writing", Bars(disable=True), time)
    _pass(time, 20, 4000)
    for done in range(1, 21):
        _pass(time, 1, 3)
        display("jobs", done, 20)

    assert _said(out) == ["writing jobs: 10 of 20; 3.0 requests/s"]


def test_what_is_left_is_told_from_what_is_done(time: Time, out: io.StringIO) -> None:
    asked: list[tuple[Mapping[str, float], float]] = []

    def left(done: Mapping[str, float], elapsed: float) -> float:
        asked.append((dict(done), elapsed))
        return 240

    display = Display("writing", Bars(disable=True), time)
    _pass(time, 100, 9000)
    display.expect(left)
    display("users", 2, 2)
    _pass(time, 40, 0)
    display("jobs", 1, 4)

    assert _said(out)[-1] == "writing jobs: 1 of 4; 0.0 requests/s, about 4 min left"
    assert asked[-1] == ({"users": 1, "jobs": 0.25}, 40)


def test_on_a_terminal_there_is_a_bar_for_each_kind_and_the_pace_at_what_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(subject, "console", Console(file=stream, width=200, force_terminal=True, color_system=None))

    with progress("reading") as display:
        display("users", 1, 2)
        display("jobs", 3, 3)
        rows = display._bars.get_renderable()
        Console(file=stream, width=200).print(rows)

    users, jobs = [line.rstrip() for line in stream.getvalue().splitlines() if re.search("reading (users|jobs)", line)][
        -2:
    ]
    assert re.search(r"reading users .* 1/2 \S+ \d+\.\d requests/s$", users)
    assert re.search(r"reading jobs .* 3/3 \S+$", jobs)
