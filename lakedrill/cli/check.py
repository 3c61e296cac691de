"""`lakedrill check`: compare the secondary with the primary's snapshot, object by object, and give the verdict."""

from __future__ import annotations

from pathlib import Path

import click

from lakedrill.cli._shared import drill_option, only_option, workers_option


@click.command("check")
@drill_option
@only_option
@click.option("--primary-live", is_flag=True, help="Compare with the primary as it is now, not as it was last copied.")
@workers_option
def command(file: Path, only: tuple[str, ...], workers: str, *, primary_live: bool) -> int:
    """Check every object, write results.json and the reports, and end with the verdict: 0 ready, 1 not ready, 2 undecided."""
    return carry_out(file, only, workers, primary_live=primary_live)


def carry_out(file: Path, only: tuple[str, ...] = (), workers: str = "0", *, primary_live: bool = False) -> int:
    """Run the checks shut off from the caller's surroundings, then write the reports."""
    from checks.run import run
    from lakedrill.inventory.drill import load, require_globs
    from lakedrill.inventory.errors import UsageError
    from reports.results import ReportError
    from reports.write import write

    drill = load(file)
    require_globs("--only", only)
    (drill.folder / "results.json").unlink(missing_ok=True)
    args = [f"--only={glob}" for glob in only]
    code = run(drill.file, args=[*args, *(["--primary-live"] if primary_live else [])], workers=workers)
    if (drill.folder / "results.json").is_file():
        try:
            write(drill.folder)
        except ReportError as error:
            raise UsageError(str(error)) from None
    return code
