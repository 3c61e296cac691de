"""Secrets: who may read, write and manage a scope, and what a secret hides, where drill.yaml lets that be compared."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.ACLS)
def test_acls(pair: PairUnderCheck) -> None:
    """The same principals hold the same permissions on the scope, no more and no fewer."""
    pair.judge()


@judges(Facet.VALUE)
def test_value(pair: PairUnderCheck) -> None:
    """The value is the primary's, as the digests tell; neither it nor they are shown."""
    pair.judge()
