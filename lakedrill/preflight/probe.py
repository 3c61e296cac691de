"""What a probe is: one reason why the service may refuse later, and what it is asked of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lakedrill.inventory.drill import Drill
from lakedrill.inventory.kind import Catalogue
from lakedrill.parity.table import mapping
from lakedrill.preflight.finding import Level
from lakedrill.preflight.sight import Seen

Said = tuple[Level, str]
OK, WARN, FAIL, UNKNOWN = Level.OK, Level.WARN, Level.FAIL, Level.UNKNOWN


@dataclass(frozen=True)
class Sites:
    """Both workspaces as their callers see them, and the drill that is about them."""

    drill: Drill
    catalogue: Catalogue
    primary: Seen
    secondary: Seen

    def missing(self, *kinds: str) -> list[str]:
        """Return the keys of the primary's objects that the secondary lacks, as it would call them: what a copy would make."""
        found: list[str] = []
        rows = mapping(self.drill)
        for name in kinds:
            there = Counter(self.secondary.keys(self.catalogue[name]))
            found += (Counter(self.primary.keys(self.catalogue[name], rows)) - there).elements()
        return found

    def after(self, kind: str) -> int:
        """Return how many objects of a kind the secondary has after a copy."""
        return len(self.secondary.entries(kind)) + len(self.missing(kind))


@dataclass(frozen=True)
class Probe:
    """One reason for a refusal: what is read, and what that says."""

    name: str
    reads: str
    ask: Callable[[Sites], Iterable[Said]]


def many(count: int, noun: str) -> str:
    """Return a number of things."""
    return f"{count} {noun}{'s' * (count != 1)}"
