"""Schedules: when an object is run, and who is told."""

from checks.subject import PairUnderCheck, judges
from lakedrill.inventory.kind import Facet


@judges(Facet.SCHEDULES)
def test_schedules(pair: PairUnderCheck) -> None:
    """It has the primary's schedules and subscriptions, each as often, paused while the posture says so."""
    pair.judge()
