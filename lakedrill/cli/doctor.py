"""`lakedrill doctor`: say whether the drill can be held, before it is."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from lakedrill.cli._shared import console, drill_option, progress, say


@click.command("doctor")
@drill_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(file: Path, *, as_json: bool) -> int:
    """Prove that both callers see everything, and tell what will refuse later. Reads only.

    Ends with 0 where nothing speaks against the drill, 1 where something will refuse, 2 where sight is not proven.
    """
    from lakedrill.inventory.drill import load
    from lakedrill.inventory.workspace import Workspace
    from lakedrill.parity.table import mapping
    from lakedrill.preflight.examination import examine

    drill = load(file)
    mapping(drill)
    primary, secondary = (Workspace(side, drill.user_agent) for side in (drill.primary, drill.secondary))
    with progress("reading") as show:
        examination = examine(drill, primary, secondary, show)
    if as_json:
        click.echo(json.dumps(examination.document(), ensure_ascii=False, indent=1))
        return examination.exit_code
    for workspace in (primary, secondary):
        say(f"{workspace.connection.role:10} {workspace.host} is workspace {workspace.workspace_id}")
    table = Table("kind", "primary", "secondary")
    for kind, by_side in examination.counts.items():
        table.add_row(kind, str(by_side["primary"]), str(by_side["secondary"]))
    console.print(table)
    width = max(len(found.name) for found in examination.findings)
    for found in examination.findings:
        say(f"{found.level.value:8} {found.name:{width}}  {found.text}")
    return examination.exit_code
