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
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from lakedrill.inventory.budget import Budget, spoken
from lakedrill.inventory.drill import FILE

console = Console(highlight=False)

LINE_EVERY_SECONDS = 30
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
        self._lock = threading.Lock()
        self._left: Left | None = None
        self._parts: dict[str, float] = {}
        self._begun: float | None = None
        self._told = clock()
        self._seen: deque[tuple[float, int]] = deque([(self._told, Budget.total)], maxlen=_SEEN)
        """When how many requests had been sent."""

    def expect(self, left: Left) -> None:
        """Take over how to tell what is left: from the done part of each kind, and the seconds since this was said."""
        self._left, self._begun = left, self._clock()

    def __call__(self, kind: str, done: int, total: int) -> None:
        """Take note that so many objects of a kind are done."""
        with self._lock:
            self._parts[kind] = done / total if total else 1.0
            now = self._clock()
            if now - self._seen[-1][0] >= 1:
                self._seen.append((now, Budget.total))
            name = kind.replace("_", " ")
            if not self._bars.disable:
                if kind not in self._tasks:
                    self._tasks[kind] = self._bars.add_task(f"{self._what} {name}", total=total, pace="")
                self._bars.update(
                    self._tasks[kind], completed=done, total=total, pace=self._pace(now) if done < total else ""
                )
            elif now - self._told >= LINE_EVERY_SECONDS:
                self._told = now
                say(f"{self._what} {name}: {done} of {total}; {self._pace(now)}")

    def _pace(self, now: float) -> str:
        """Return the rate of the last seconds, and the time that is left where it is known."""
        before, sent = self._seen[0]
        rate = (Budget.total - sent) / max(now - before, 1)
        told = f"{rate:.1f} requests/s"
        if self._left is None or self._begun is None:
            return told
        return f"{told}, {spoken(self._left(self._parts, now - self._begun))} left"


@contextmanager
def progress(what: str) -> Iterator[Display]:
    """Show how work goes on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    pace = TextColumn("{task.fields[pace]}")
    with Bars(*columns, pace, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield Display(what, bars)
