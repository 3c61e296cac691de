"""Definitions: what an object is, whole."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.DEFINITION)
def test_parity(pair: PairUnderCheck) -> None:
    """The definition is the primary's, field by field, through mapping and posture."""
    pair.judge()
