"""`lakedrill snapshot`: capture a side into a sealed file."""

from __future__ import annotations

from pathlib import Path

import click

from lakedrill.cli._shared import drill_option, progress, say


@click.command("snapshot")
@drill_option
@click.option(
    "--side", type=click.Choice(["primary", "secondary"]), default="primary", show_default=True, help="Which one."
)
def command(file: Path, side: str) -> int:
    """Capture a workspace. Copy and check work from the primary's snapshot even when the primary is gone."""
    from lakedrill.inventory.capture import capture
    from lakedrill.inventory.drill import load
    from lakedrill.inventory.kind import UNASKED
    from lakedrill.inventory.kinds import CATALOGUE
    from lakedrill.inventory.values import Values
    from lakedrill.inventory.workspace import Workspace
    from lakedrill.parity.scope import Scope

    drill = load(file)
    workspace = Workspace(drill.primary if side == "primary" else drill.secondary, drill.user_agent)
    workspace.require_admin()
    file, values = drill.snapshot(side), Values.of(drill)
    with progress("reading") as show, capture(workspace, file, CATALOGUE, show, values=values) as snapshot:
        failed, rules = False, Scope(drill.scope)
        for kind, listing in snapshot.listings().items():
            left = listing.code == UNASKED and rules.takes_out(CATALOGUE[kind]) is not None
            failed = failed or (bool(listing.code) and not left)
            say(f"{kind:22} {listing.reason if listing.code else listing.count}")
        say(f"{snapshot.path} is sealed: {snapshot.digest}")
    return 2 if failed else 0
