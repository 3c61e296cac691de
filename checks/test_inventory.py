"""Inventory: everything could be listed, and every object of either side is there on the other."""

from checks.subject import ListingUnderCheck, PairUnderCheck, judges
from lakedrill.parity.comparison import INVENTORY, LISTING


@judges(LISTING)
def test_listing(listing: ListingUnderCheck) -> None:
    """The kind could be listed whole: what was not read is never taken for what is not there."""
    listing.judge()


@judges(INVENTORY)
def test_inventory(pair: PairUnderCheck) -> None:
    """The object is there on both sides: none is missing, none is extra."""
    pair.judge()
