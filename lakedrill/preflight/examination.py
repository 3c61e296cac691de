"""A preflight from end to end: both workspaces are listed, then everything is asked."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakedrill.inventory.drill import Drill
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.scope import Scope
from lakedrill.preflight import finding, place, refusals, sight
from lakedrill.preflight.finding import Finding
from lakedrill.preflight.probe import Sites

FORMAT = 1


@dataclass(frozen=True)
class Examination:
    """What a preflight found."""

    drill: Drill
    findings: tuple[Finding, ...]
    counts: dict[str, dict[str, int | str]]
    """By kind and side: how many objects are listed, or the code of the refusal."""

    @property
    def exit_code(self) -> int:
        """0: the drill can be held; 1: something will refuse; 2: sight is not proven."""
        return finding.exit_code(self.findings)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": FORMAT,
            "drill": self.drill.id,
            "exit_code": self.exit_code,
            "findings": [found.document() for found in self.findings],
            "counts": self.counts,
        }


def examine(
    drill: Drill, primary: Workspace, secondary: Workspace, progress: Callable[[str, int, int], None]
) -> Examination:
    """List the kinds in scope of both workspaces, side by side, and ask what speaks against the drill. Reads only."""
    named = {name.partition(":")[0] for names in drill.must_see.values() for name in names}
    scope = {*(drill.kinds or CATALOGUE.by_name), *named}
    kinds = [kind for kind in CATALOGUE.kinds if kind.name in scope]
    rules = Scope(drill.scope)
    out = {kind.name for kind in kinds if rules.takes_out(kind) is not None}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda workspace: sight.look(workspace, kinds, progress, out), (primary, secondary))
    return Examination(
        drill,
        (
            *sight.findings(one, other, drill.must_see, CATALOGUE),
            *refusals.findings(Sites(drill, CATALOGUE, one, other)),
            *place.findings(drill, one),
        ),
        sight.counts(one, other),
    )
