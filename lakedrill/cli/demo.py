"""`lakedrill demo`: a whole drill on the emulator, from an empty secondary to the verdict."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from fixtures.drift import Finding, inject
from lakedrill.cli._emulator import (
    SIZES,
    enforce_limits,
    fill,
    limits_option,
    prepared,
    regions_option,
    served,
    within_limits,
    write_drill,
)
from lakedrill.cli._shared import console, progress, say, workers_option
from lakedrill.inventory.drill import load


@click.command("demo")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the drill's files here.")
@click.option(
    "--size", type=click.Choice(list(SIZES)), default="small", show_default=True, help="What the primary holds."
)
@click.option("--drift", is_flag=True, help="Change the secondary in ten ways after the copy, and see them found.")
@click.option("--local-identity", is_flag=True, help="Principals belong to each workspace, not to an account.")
@click.option("--same-ids", is_flag=True, help="Both workspaces hand out the same ids.")
@regions_option
@limits_option
@workers_option
def command(
    folder: Path | None,
    size: str,
    limits: float | None,
    workers: str,
    *,
    drift: bool,
    regions: bool,
    local_identity: bool,
    same_ids: bool,
) -> int:
    """Start two workspaces, fill one, copy it, check every object, report, and stop what was started."""
    from lakedrill.cli import check, migrate, plan
    from migrate.copy import Choices, planned, reported

    holds = replace(SIZES[size], regional=regions)
    folder = prepared(folder or Path(tempfile.mkdtemp(prefix="lakedrill-demo-")))
    with served(folder, local_identity=local_identity, same_ids=same_ids) as emulator:
        with _step(f"Two workspaces; the primary is filled ({size})"):
            fill(emulator, holds)
        enforce_limits(emulator, limits)
        file = write_drill(folder, f"demo-{size}", dedicated=False, limits=limits, size=holds)
        drill = load(file)
        with (
            _step("Plan"),
            progress("reading") as show,
            planned(drill, Choices(), write=False, progress=show) as (comparison, steps, _, _),
        ):
            plan.print_plan(reported(comparison, drill, Choices(), steps), 5)
        with _step("Copy"):
            migrate.carry_out(drill, Choices())
        declared: set[Finding] = set()
        if drift:
            with _step("Ten causes of difference are injected into the secondary"):
                enforce_limits(emulator, None)  # people change it at their own pace
                declared = inject(emulator.door("secondary"))
                enforce_limits(emulator, limits)
        with _step("Check"):
            code = check.carry_out(file, workers=workers)
        within_limits(emulator, limits)
    results = json.loads((drill.folder / "results.json").read_text(encoding="utf-8"))
    if drift:
        found = {(f["kind"], f["key"], f["aspect"], f["outcome"]) for f in results["findings"] if f["counted"]}
        for line in sorted(declared - found):
            say(f"declared, not found: {line}")
        for line in sorted(found - declared):
            say(f"found, not declared: {line}")
        say(f"{len(declared)} findings declared, {len(found)} found, {len(declared ^ found)} apart")
    say(f"report   {drill.folder / 'report.html'}")
    say(f"verdict  {results['verdict']}")
    return code


@contextmanager
def _step(what: str) -> Iterator[None]:
    console.rule(what, align="left")
    start = time.monotonic()
    yield
    say(f"({time.monotonic() - start:.1f} s)")
