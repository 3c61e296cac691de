"""`lakedrill plan`: show what a copy would do. Writes nothing to either workspace."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from lakedrill.cli._accounts import print_scope
from lakedrill.cli._choices import at_most, prune_options, publish_option, take_option
from lakedrill.cli._shared import console, drill_option, only_option, progress, say

if TYPE_CHECKING:
    from migrate.copy import Report
    from migrate.step import Step

_SHOWN = 40


@click.command("plan")
@drill_option
@only_option
@click.option("--rename", is_flag=True, help="Rename what was renamed on the primary since it was copied.")
@click.option("--replace", multiple=True, metavar="KIND:GLOB", help="Delete and make anew where only that helps.")
@take_option
@publish_option
@prune_options
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
    prune_at_most: int | None,
    *,
    rename: bool,
    publish: bool,
    prune: bool,
    from_snapshot: bool,
    as_json: bool,
    every: bool,
) -> int:
    """Show what `migrate` would do: create, update, adopt, replace, rename, delete, leave, blocked, conflict, extra."""
    from lakedrill.inventory.drill import load
    from migrate import forecast
    from migrate.copy import PLAN, Choices, planned, reported

    drill = load(file)
    most = at_most(prune_at_most, prune=prune)
    choices = Choices(only, replace, rename, None, from_snapshot, takes, prune, most, publish=publish)
    with (
        progress("reading") as show,
        planned(drill, choices, write=False, progress=show) as (comparison, steps, target, _),
    ):
        ahead = forecast.of_copy(comparison, steps, choices.asked, target).text
        report = reported(comparison, drill, choices, steps)
    if as_json:
        click.echo((drill.folder / PLAN).read_text(encoding="utf-8"), nl=False)
    else:
        print_plan(report, _SHOWN, every=every)
        if ahead:
            say(f"to write this takes {ahead}")
    return report.exit_code


def print_plan(report: Report, most: int, *, every: bool = False) -> None:
    """Print what would be deleted, counts, the steps that are stuck or wait, what was not read, and what each row maps.

    No more than `most` of the stuck ones; with `every` all, and those that would write as well.
    """
    listed = report.steps
    for step in listed:
        if step.action.deletes or step.prune or step.left:
            _say(step)
    counts = Counter((step.kind, step.action.value) for step in listed)
    actions = sorted({action for _, action in counts})
    table = Table("kind", *actions)
    for kind in dict.fromkeys(step.kind for step in listed):
        table.add_row(kind, *(str(counts[kind, action] or "") for action in actions))
    console.print(table)
    told = ("blocked", "conflict", "extra", "rename", "replace", *(("create", "update", "adopt") if every else ()))
    stuck = [step for step in listed if (step.action.value in told or step.taken) and not (step.prune or step.left)]
    most = len(stuck) if every else most
    for step in stuck[:most]:
        _say(step)
    if len(stuck) > most:
        say(f"... and {len(stuck) - most} more; --all shows them, plan.json has them")
    print_scope(report)
    for line in report.unread:
        say(f"unread    {line}")
    for effect in report.effects:
        say(f"mapping   {effect}")


def _say(step: Step) -> None:
    say(f"{step.action.value:9} {step.kind}:{step.key} ({step.facet.value}){': ' * bool(step.reason)}{step.reason}")
