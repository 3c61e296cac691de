"""What was just written may not be seen yet: a read is repeated until it shows it, or the time is over."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from lakedrill.inventory.errors import Refused

T = TypeVar("T")

LOOK_SECONDS = 0.25
"""Between the first looks; each pause is longer than the one before, up to the longest."""
LONGEST_PAUSE = 5.0
SETTLE_SECONDS = 10.0
"""How long the service may take until a write is seen, unless a kind says otherwise."""


def until(look: Callable[[], T], good: Callable[[T], bool] = lambda _: True, seconds: float = SETTLE_SECONDS) -> T:
    """Return what a look shows once it is good, or as it is when the time is over.

    Something made a moment ago may be told not to exist: that too is looked at again, and raised when the time is over.
    """
    end, pause = monotonic() + seconds, LOOK_SECONDS
    while True:
        over = monotonic() >= end
        try:
            found = look()
        except Refused as refusal:
            if over or not refusal.gone:
                raise
        else:
            if over or good(found):
                return found
        sleep(pause)
        pause = min(1.5 * pause, LONGEST_PAUSE)
