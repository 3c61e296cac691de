"""What clusters, warehouses and endpoints share: whoever waits for one to end or to come up may wait for minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

from lakedrill.inventory.errors import Unreachable

_POLL_SECONDS = (0.2, 5.0)
"""How soon it is asked again whether that is done: at first, and at most."""
_END_SECONDS = 600
"""How long it may take."""


def wait(has_ended: Callable[[], bool], what: str, late: str = "was told to end and still runs") -> None:
    """Return when it has ended. Raises Unreachable where that takes too long, with what is `late` of it."""
    end, pause = time.monotonic() + _END_SECONDS, _POLL_SECONDS[0]
    while not has_ended():
        if time.monotonic() > end:
            raise Unreachable(f"{what} {late} after {_END_SECONDS} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, _POLL_SECONDS[1])
