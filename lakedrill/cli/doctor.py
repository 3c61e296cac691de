"""`lakedrill doctor`: say whether the drill can be held, before it is."""

from __future__ import annotations

from pathlib import Path

import click

from lakedrill.cli._shared import drill_option, say


@click.command("doctor")
@drill_option
def command(file: Path) -> int:
    """Prove that both workspaces are the ones named, answer, and show the callers everything. Reads only."""
    from lakedrill.inventory.drill import load
    from lakedrill.inventory.workspace import Workspace
    from migrate.copy import mapping

    drill = load(file)
    mapping(drill)
    say(f"ok  {file}: drill {drill.id}")
    for connection in (drill.primary, drill.secondary):
        workspace = Workspace(connection, drill.user_agent)
        say(f"ok  {connection.role}: {workspace.host} is workspace {workspace.workspace_id}")
        workspace.require_admin()
        name = workspace.me.get("userName") or workspace.me.get("applicationId")
        say(f"ok  {connection.role}: {name} is a workspace admin")
    return 0
