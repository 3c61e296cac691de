"""Lists that lag: what was written is waited for until the target's lists show it, for a check and the next copy read those."""

from __future__ import annotations

from time import monotonic, sleep

from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.canonical import take
from migrate import patience
from migrate.journal import fingerprint
from migrate.kinds import WRITERS

LOOKS = 3
"""How many lists in a row must show everything: the replicas that answer by turns are not equally far."""


class Listed:
    """What the lists of the kinds that lag are to show, by kind and id: facet to the digest that was read by id."""

    def __init__(self, target: Workspace) -> None:
        self._target = target
        self._ought: dict[tuple[str, str], dict[Facet, str]] = {}

    def expect(self, kind: str, key: str, facet: Facet, digest: str) -> None:
        """Note what was written."""
        if WRITERS[kind].listed_within:
            self._ought.setdefault((kind, key), {})[facet] = digest

    def wait(self) -> dict[tuple[str, str], str]:
        """Wait for the lists; return what they do not show when the time is over, and why that is so."""
        left = {name for name, _ in self._ought}
        seconds = max((WRITERS[name].listed_within for name in left), default=0.0)
        end, pause, good, late = monotonic() + seconds, patience.LOOK_SECONDS, 0, set[tuple[str, str]]()
        while left and good < LOOKS:
            try:
                late = {at for name in left for at in self._late(name)}
            except ReadError as error:
                return dict.fromkeys(self._ought, f"written, and its list can't be read: {error}")
            good = 0 if late else good + 1
            if late and monotonic() >= end:
                break
            if late:
                sleep(pause)
                pause = min(1.5 * pause, patience.LONGEST_PAUSE)
        return dict.fromkeys(late, f"written, but after {seconds:.0f} seconds the lists of the service do not show it")

    def _late(self, name: str) -> set[tuple[str, str]]:
        kind = CATALOGUE[name]
        documents = {entry.id: entry.document for entry in kind.list(self._target)}
        return {
            (name, key)
            for (of, key), facets in self._ought.items()
            if of == name
            and (
                key not in documents
                or any(
                    fingerprint(kind.shapes[facet], take(kind, facet, documents[key])) != digest
                    for facet, digest in facets.items()
                )
            )
        }
