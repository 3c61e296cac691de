"""`lakedrill plan`: show what a copy would do. Writes nothing to either workspace."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from lakedrill.cli._choices import take_option
from lakedrill.cli._shared import console, drill_option, only_option, progress, say

if TYPE_CHECKING:
    from migrate.copy import Report

_SHOWN = 40


@click.command("plan")
@drill_option
@only_option
@click.option("--rename", is_flag=True, help="Rename what was renamed on the primary since it was copied.")
@click.option("--replace", multiple=True, metavar="KIND:GLOB", help="Delete and make anew where only that helps.")
@take_option
@click.option("--from-snapshot", is_flag=True, help="Plan from the primary's snapshot; the primary may be gone.")
@click.option("--json", "as_json", is_flag=True, help="Print plan.json.")
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="List every step that would write or is stuck, not the first forty that are stuck.",
)
def command(
    file: Path,
    only: tuple[str, ...],
    replace: tuple[str, ...],
    takes: tuple[tuple[str, str], ...],
    *,
    rename: bool,
    from_snapshot: bool,
    as_json: bool,
    every: bool,
) -> int:
    """Show what `migrate` would do: create, update, adopt, replace, rename, leave, blocked, conflict, extra."""
    from lakedrill.inventory.drill import load
    from migrate import forecast, step
    from migrate.copy import Choices, Report, planned, unread

    drill = load(file)
    choices = Choices(only, replace, rename=rename, from_snapshot=from_snapshot, takes=takes)
    with (
        progress("reading") as show,
        planned(drill, choices, write=False, progress=show) as (comparison, steps, target, _),
    ):
        ahead = forecast.of_copy(comparison, steps, choices.asked, target).text
        report = Report(steps, unread=unread(comparison, drill, choices))
    if as_json:
        click.echo(json.dumps(step.document(steps, report.unread), ensure_ascii=False, indent=1))
    else:
        print_plan(report, _SHOWN, every=every)
        if ahead:
            say(f"to write this takes {ahead}")
    return report.exit_code


def print_plan(report: Report, most: int, *, every: bool = False) -> None:
    """Print counts by kind and action, what was not read, and the steps that are stuck or wait to be asked for.

    No more than `most` of them; with `every` all, and those that would write as well.
    """
    listed = report.steps
    counts = Counter((step.kind, step.action.value) for step in listed)
    actions = sorted({action for _, action in counts})
    table = Table("kind", *actions)
    for kind in dict.fromkeys(step.kind for step in listed):
        table.add_row(kind, *(str(counts[kind, action] or "") for action in actions))
    console.print(table)
    told = ("blocked", "conflict", "extra", "rename", "replace", *(("create", "update", "adopt") if every else ()))
    stuck = [step for step in listed if step.action.value in told or step.taken]
    most = len(stuck) if every else most
    for step in stuck[:most]:
        say(f"{step.action.value:9} {step.kind}:{step.key} ({step.facet.value}){': ' * bool(step.reason)}{step.reason}")
    if len(stuck) > most:
        say(f"... and {len(stuck) - most} more; --all shows them, plan.json has them")
    for line in report.unread:
        say(f"unread    {line}")
