"""Permissions: who may do what."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.PERMISSIONS)
def test_permissions(pair: PairUnderCheck) -> None:
    """The same principals hold the same permissions, no more and no fewer, directly or through the same folder."""
    pair.judge()
