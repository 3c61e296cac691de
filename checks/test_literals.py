"""Literals: what of the primary stands as plain text in code."""

from checks.subject import PairUnderCheck, judges
from lakedrill.parity.outcome import LITERALS


@judges(LITERALS)
def test_literals(pair: PairUnderCheck) -> None:
    """Code and free text name nothing of the primary; what they do name is told with its line, and holds up nothing."""
    pair.judge()
