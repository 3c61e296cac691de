"""The options that plan and migrate share: what a copy does only when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_PRUNE = "Delete what the secondary has and the primary has not: shown by `plan --prune`, done by `migrate --prune`."

take_option: Callable[[Any], Any] = click.option(
    "--take",
    "takes",
    type=(click.Choice(["primary", "secondary"]), str),
    multiple=True,
    metavar="SIDE KIND:KEY",
    help="Settle a conflict: overwrite the object as the `primary` has it, or keep the one of the `secondary`. "
    "KEY may be a glob. May be repeated.",
)


publish_option: Callable[[Any], Any] = click.option(
    "--publish", is_flag=True, help="Publish the dashboards that the primary has published, with nobody's credentials."
)


def prune_options(command: Any) -> Any:
    """Add the options that delete what is extra."""
    at_most = click.option(
        "--prune-at-most",
        type=click.IntRange(min=0),
        metavar="N",
        help="Delete nothing at all if more than so many deletions are due. [default: 25]",
    )
    return click.option("--prune", is_flag=True, help=_PRUNE)(at_most(command))


def at_most(prune_at_most: int | None, *, prune: bool) -> int:
    """Return how many deletions are allowed. Raises UsageError for a limit to what was not asked for."""
    from lakedrill.inventory.errors import UsageError
    from migrate.prune import AT_MOST

    if prune_at_most is not None and not prune:
        raise UsageError("--prune-at-most: nothing is deleted without --prune")
    return AT_MOST if prune_at_most is None else prune_at_most
