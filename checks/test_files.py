"""Files: what lies in Git folders, so that edits which nobody committed are found."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.FILES)
def test_files(pair: PairUnderCheck) -> None:
    """The Git folder holds what the primary's does, file by file, where both are at one commit."""
    pair.judge()
