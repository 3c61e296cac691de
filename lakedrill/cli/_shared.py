"""What verbs share: the option that names the drill, a progress display, and the console."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from lakedrill.inventory.capture import Progress
from lakedrill.inventory.drill import FILE

console = Console(highlight=False)

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


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show a bar for each kind while work goes on; nothing where the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}
        lock = threading.Lock()

        def show(kind: str, done: int, total: int) -> None:
            with lock:
                if kind not in tasks:
                    tasks[kind] = bars.add_task(f"{what} {kind.replace('_', ' ')}", total=total)
                bars.update(tasks[kind], completed=done, total=total)

        yield show
