"""Safety: a standby fires nothing, costs nothing and serves nobody but its owners."""

from checks.subject import PairUnderCheck, judges
from lakedrill.parity.comparison import SAFETY


@judges(SAFETY)
def test_safety(pair: PairUnderCheck) -> None:
    """Nothing runs or fires on it while it stands by, and nothing acts as or belongs to whoever copied it."""
    pair.judge()
