"""Content: the bytes of notebooks, files and scripts."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.CONTENT)
def test_content(pair: PairUnderCheck) -> None:
    """The content is the primary's, byte by byte."""
    pair.judge()
