"""The options that plan and migrate share: what a copy does only when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

take_option: Callable[[Any], Any] = click.option(
    "--take",
    "takes",
    type=(click.Choice(["primary", "secondary"]), str),
    multiple=True,
    metavar="SIDE KIND:KEY",
    help="Settle a conflict: overwrite the object as the `primary` has it, or keep the one of the `secondary`. "
    "KEY may be a glob. May be repeated.",
)
