"""`lakedrill`: the verbs, and what every ending looks like.

Exit codes: ready 0, not ready 1, undecided 2, internal error 3, usage or configuration 4. `migrate`: 0 done, 1 something
failed, was blocked or is in conflict, 2 something could not be seen or read. `doctor`: 1 something will refuse, 2 that all is
seen is not proven.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

import click

from lakedrill import __version__
from lakedrill.house import guard
from lakedrill.inventory.errors import DrillError, UsageError

VERBS = ("init", "doctor", "emulator", "snapshot", "plan", "migrate", "check", "report", "demo", "kinds")
INTERNAL_ERROR = DrillError.exit_code
USAGE = UsageError.exit_code


class Verbs(click.Group):
    """Loads a verb when it is asked for, so that --help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of a drill."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"lakedrill.cli.{cmd_name}").command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="lakedrill")
def cli() -> None:
    """Prove that a Databricks workspace can fail over: copy it, check every object, get a verdict."""


def main(argv: list[str] | None = None) -> int:
    """Run a command and return its exit code; whatever goes wrong ends in one clear message."""
    logging.getLogger("databricks.sdk").setLevel(logging.ERROR)  # what it warns of, we say ourselves
    try:
        guard()
        result: Any = cli.main(argv, prog_name="lakedrill", standalone_mode=False)
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _say("stopped")
        return INTERNAL_ERROR
    except click.ClickException as error:
        error.show()
        return USAGE
    except DrillError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERNAL_ERROR
    except Exception as error:
        if os.environ.get("LAKEDRILL_TRACEBACK"):
            raise
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where is not None else "nowhere"
        _say(f"internal error: {type(error).__name__} at {place}; set LAKEDRILL_TRACEBACK=1 to see all of it")
        return INTERNAL_ERROR
    return int(result or 0)


def _say(message: str) -> None:
    click.echo(f"lakedrill: {message}", err=True)


if __name__ == "__main__":
    sys.exit(main())
