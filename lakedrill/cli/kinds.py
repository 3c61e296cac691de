"""`lakedrill kinds`: what Lakedrill knows of a workspace, kind by kind, from the facts themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click

from lakedrill.cli._shared import say
from lakedrill.inventory.kind import Facet, Kind
from lakedrill.inventory.kinds import CATALOGUE

COLUMNS = ("kind", "listed", "compared", "copied", "content", "permissions", "references to")
_NOTHING = "none"
_CONTENT = {Facet.CONTENT: "yes", Facet.FILES: "by digests: Git has it"}


@click.command("kinds")
def command() -> int:
    """Print which kinds of object are listed, compared and copied, and what is not, with the reason (Markdown)."""
    for line in lines():
        say(line)
    return 0


def lines() -> Iterator[str]:
    """Yield the matrix as a table in Markdown. No cell is empty."""
    for cells in (COLUMNS, ("---",) * len(COLUMNS), *map(_row, CATALOGUE.kinds)):
        yield f"| {' | '.join(cells)} |"


def _row(kind: Kind) -> tuple[str, ...]:
    """Return a kind's cells; `*` marks what it refers to and nobody captures."""
    facets = [facet.value for facet in kind.shapes if facet not in (Facet.CONTENT, Facet.PERMISSIONS)]
    named = {
        name: None
        for facet, shape in kind.shapes.items()
        if facet is not Facet.PERMISSIONS
        for reference in shape.references
        for name in reference.kinds
    }
    known = [name for name in CATALOGUE.by_name if name in named]
    unknown = sorted(f"{name} *" for name in named if name not in CATALOGUE.by_name)
    return (
        kind.name,
        "what others name" if kind.named_only else "all",
        ", ".join(facets),
        _copied(kind),
        next((told for facet, told in _CONTENT.items() if facet in kind.shapes), "all is in the definition"),
        "yes" if kind.permissions else kind.why_no_permissions,
        ", ".join([*known, *unknown]) or _NOTHING,
    )


def _copied(kind: Kind) -> str:
    from migrate.kinds import CHECKED_ONLY, WRITERS

    return WRITERS[kind.name].how if kind.name in WRITERS else f"checked only: {CHECKED_ONLY[kind.name]}"
