"""References: where an object points."""

from checks.subject import PairUnderCheck, judges
from lakedrill.parity.comparison import REFERENCES


@judges(REFERENCES)
def test_references(pair: PairUnderCheck) -> None:
    """Every reference leads to an object of the secondary, and nothing in it names the primary."""
    pair.judge()
