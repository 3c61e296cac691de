"""`lakedrill report`: write the reports of the last check anew."""

from __future__ import annotations

from pathlib import Path

import click

from lakedrill.cli._shared import drill_option, say


@click.command("report")
@drill_option
def command(file: Path) -> int:
    """Write report.html, junit.xml and allure-results from the results of the last check."""
    from lakedrill.inventory.drill import load
    from lakedrill.inventory.errors import UsageError
    from reports.results import ReportError
    from reports.write import write

    try:
        for path in write(load(file).folder):
            say(str(path))
    except ReportError as error:
        raise UsageError(str(error)) from None
    return 0
