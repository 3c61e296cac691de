"""`lakedrill emulator up`: two workspaces to try things on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from fixtures.emulator.modes import Modes
from lakedrill.cli._emulator import (
    PROFILES,
    SIZES,
    enforce_limits,
    fill,
    limits_option,
    prepared,
    regions_option,
    served,
    switch,
    write_drill,
)
from lakedrill.cli._shared import console, say
from lakedrill.inventory.drill import FILE
from lakedrill.inventory.errors import DrillError, UsageError


@click.group("emulator")
def command() -> None:
    """Workspaces on this machine, to try the product on."""


@command.command("up")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where the files go."
)
@click.option(
    "--size", type=click.Choice([*SIZES, "empty"]), default="small", show_default=True, help="What the primary holds."
)
@click.option("--local-identity", is_flag=True, help="Principals belong to each workspace, not to an account.")
@click.option("--same-ids", is_flag=True, help="Both workspaces hand out the same ids.")
@click.option(
    "--mode",
    "modes",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="A quirk of the service, in both workspaces, once the primary is filled; may be repeated.",
)
@regions_option
@limits_option
def up(
    folder: Path,
    size: str,
    limits: float | None,
    modes: tuple[str, ...],
    *,
    regions: bool,
    local_identity: bool,
    same_ids: bool,
) -> None:
    """Serve a primary and a secondary until Ctrl-C. Writes a profile file and a drill.yaml, and touches no other."""
    quirks = _quirks(modes)
    folder = prepared(folder)
    with _ended_by_signal(), served(folder, local_identity=local_identity, same_ids=same_ids) as emulator:
        holds = replace(SIZES.get(size, SIZES["small"]), regional=regions and size in SIZES)
        if size in SIZES:
            with console.status(f"filling the primary: {size}"):
                fill(emulator, holds)
        enforce_limits(emulator, limits)
        switch(emulator, quirks)
        write_drill(folder, size, dedicated=False, limits=limits, size=holds)
        for name, host in emulator.hosts.items():
            say(f"{name:10} {host}")
        say(
            f"profiles   {folder / PROFILES}\n"
            f"drill      {folder / FILE}\n\n"
            f"In another terminal:\n\n    cd {folder}\n    lakedrill plan\n    lakedrill migrate\n    lakedrill check\n\n"
            f"Other clients: DATABRICKS_CONFIG_FILE={folder / PROFILES} and profile primary or secondary. Ctrl-C ends it."
        )
        emulator.process.wait()
    raise DrillError("the emulator ended by itself")


def _quirks(words: tuple[str, ...]) -> Modes:
    try:
        return Modes.parse(words)
    except ValueError as error:
        raise UsageError(f"--mode: {error}") from None


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Leave, all being stopped, when Ctrl-C or SIGTERM comes: it is how serving ends, and no failure."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop), signal.signal(signal.SIGINT, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(0) from None
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
