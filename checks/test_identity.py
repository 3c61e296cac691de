"""Identity: who belongs to which group."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.MEMBERS)
def test_members(pair: PairUnderCheck) -> None:
    """The group has the primary's members, no more and no fewer."""
    pair.judge()
