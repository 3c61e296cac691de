"""Libraries: what is installed on a cluster."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.LIBRARIES)
def test_libraries(pair: PairUnderCheck) -> None:
    """The cluster has the primary's libraries, no more and no fewer, whether they could be installed or not."""
    pair.judge()
