"""`lakedrill migrate`: copy the primary to the secondary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakedrill.cli._accounts import print_accounts
from lakedrill.cli._choices import at_most, prune_options, publish_option, take_option
from lakedrill.cli._shared import Display, drill_option, only_option, progress, say
from lakedrill.inventory.drill import Drill, load

if TYPE_CHECKING:
    from migrate.copy import Choices, Report
    from migrate.forecast import Forecast

_SHOWN = 40


@click.command("migrate")
@drill_option
@only_option
@click.option("--rename", is_flag=True, help="Rename what was renamed on the primary since it was copied.")
@click.option("--replace", multiple=True, metavar="KIND:GLOB", help="Delete and make anew where only that helps.")
@take_option
@publish_option
@prune_options
@click.option("--from-snapshot", is_flag=True, help="Copy from the primary's snapshot; the primary may be gone.")
@click.option("--into-live", type=int, metavar="WORKSPACE_ID", help="Copy although the secondary is in use.")
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Wait so long for another run that writes to the secondary.",
)
def command(
    file: Path,
    only: tuple[str, ...],
    replace: tuple[str, ...],
    takes: tuple[tuple[str, str], ...],
    prune_at_most: int | None,
    into_live: int | None,
    wait: int,
    *,
    rename: bool,
    publish: bool,
    prune: bool,
    from_snapshot: bool,
) -> int:
    """Copy everything that is missing or was changed. A second run changes nothing, a killed one resumes; two never mix."""
    from migrate.copy import Choices

    most = at_most(prune_at_most, prune=prune)
    choices = Choices(only, replace, rename, into_live, from_snapshot, takes, prune, most, wait, publish)
    return carry_out(load(file), choices).exit_code


def carry_out(drill: Drill, choices: Choices) -> Report:
    """Copy with a progress display, and say what was done and what was not."""
    from migrate.copy import copy
    from migrate.step import Action

    with progress("reading") as reading, progress("writing") as writing:
        report = copy(drill, choices, reading, writing, say, lambda ahead: _expect(ahead, writing))
    deleted = sum(done.step.action is Action.DELETE for done in report.done if not done.reason)
    written = sum(1 for done in report.done if not done.reason) - deleted
    say(f"{written} facets written, {len(report.failures)} not")
    if choices.prune:
        say(f"{deleted} objects deleted")
    for done in report.done:
        if done.step.action is Action.DELETE and not done.reason:
            say(f"deleted   {done.step.kind}:{done.step.key}")
    for step, reason in report.failures[:_SHOWN]:
        say(f"{step.action.value:9} {step.kind}:{step.key} ({step.facet.value}): {reason}")
    if len(report.failures) > _SHOWN:
        say(f"... and {len(report.failures) - _SHOWN} more; journal.jsonl has them")
    for line in report.unread:
        say(f"unread    {line}")
    print_accounts(report)
    return report


def _expect(ahead: Forecast, writing: Display) -> None:
    """Say how long it will take, and let the display count from it."""
    if ahead.text:
        say(f"writing takes {ahead.text}")
    writing.expect(ahead.left)
