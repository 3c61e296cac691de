"""Published versions: what others see of an object."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.PUBLISHED)
def test_published(pair: PairUnderCheck) -> None:
    """It is published as the primary's is, or held back where the posture says so; never with the copier's credentials."""
    pair.judge()
