"""What verbs share: the option that names the drill, a progress display, and the console."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.text import Text

from lakedrill.inventory.budget import Budget, spoken
from lakedrill.inventory.drill import FILE
from lakedrill.inventory.progress import Lines

console = Console(highlight=False)

_SEEN = 10
Left = Callable[[Mapping[str, float], float], float]
"""Returns the seconds that are left, of the done part of each kind and the seconds that passed."""

drill_option: Callable[[Any], Any] = click.option(
    "--drill",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=FILE,
    show_default=True,
    help="The drill's file.",
)
only_option: Callable[[Any], Any] = click.option(
    "--only", multiple=True, metavar="KIND:GLOB", help="Only these objects, as in 'jobs:nightly-*'. May be repeated."
)


def _workers(_context: click.Context, _param: click.Parameter, value: str) -> str:
    if value != "auto" and not (value.isascii() and value.isdigit()):
        raise click.BadParameter(f"{value!r} is neither a number nor auto")
    return value


workers_option: Callable[[Any], Any] = click.option(
    "-n",
    "workers",
    default="0",
    metavar="N",
    callback=_workers,
    help="Processes to check with: a number, or auto.",
)


def say(line: str) -> None:
    """Print a line as it is: keys hold whatever people put in them, and a path is not broken."""
    console.print(line, markup=False, soft_wrap=True)


class Display:
    """Tells how far work has come, how fast it asks, and how long it will still take. Threads may share it.

    On a terminal a bar for each kind; elsewhere a line now and then, so that whoever reads a log knows that it goes on.
    """

    def __init__(self, what: str, bars: Bars, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._bars, self._clock = what, bars, clock
        self._tasks: dict[str, TaskID] = {}
        self._parts: dict[str, float] = {}
        self._left: Left | None = None
        self._lines = Lines(what, say, clock, lambda: f"; {self.pace()}")
        self._lock, self._counting = threading.Lock(), threading.Lock()
        self._begin(clock())

    def expect(self, left: Left) -> None:
        """Take over how to tell what is left: from the done part of each kind, and the seconds since this was said."""
        with self._counting:
            self._left = left
            self._begin(self._clock())

    def __call__(self, kind: str, done: int, total: int) -> None:
        """Take note that so many objects of a kind are done."""
        self._count(self._clock())
        with self._lock:
            self._parts[kind] = done / total if total else 1.0
            if self._bars.disable:
                self._lines(kind, done, total)
                return
            if kind not in self._tasks:
                self._tasks[kind] = self._bars.add_task(f"{self._what} {kind.replace('_', ' ')}", total=total)
            self._bars.update(self._tasks[kind], completed=done, total=total)

    def pace(self) -> str:
        """Return the rate of the last seconds, and the time that is left where it is known."""
        now = self._clock()
        self._count(now)
        with self._counting:
            before, sent = self._seen[0]
            told = f"{(Budget.total - sent) / max(now - before, 1):.1f} requests/s"
            if self._left is None:
                return told
            return f"{told}, {spoken(self._left(dict(self._parts), now - self._begun))} left"

    def _count(self, now: float) -> None:
        with self._counting:
            if now - self._seen[-1][0] >= 1:
                self._seen.append((now, Budget.total))

    def _begin(self, now: float) -> None:
        self._begun = now
        self._seen = deque([(now, Budget.total)], _SEEN)
        """When how many requests had been sent."""


class _Pace(ProgressColumn):
    """The display's pace, at the bar of what is being done."""

    display: Display | None = None

    def render(self, task: Task) -> Text:
        return Text("" if self.display is None or task.finished else self.display.pace())


@contextmanager
def progress(what: str) -> Iterator[Display]:
    """Show how work goes on."""
    pace = _Pace()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), pace)
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        pace.display = Display(what, bars)
        yield pace.display
