"""What reaches others: published versions, schedules, subscriptions."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.PUBLISHED)
def test_published(pair: PairUnderCheck) -> None:
    """It is published, scheduled and told of as the primary's, but for what a standby holds back."""
    pair.judge()
