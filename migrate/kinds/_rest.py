"""What clusters and warehouses share: whoever tells one to end has to wait, for it may take minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

from lakedrill.inventory.errors import Unreachable

_POLL_SECONDS = (0.2, 5.0)
"""How soon it is asked again whether it has ended: at first, and at most."""
_END_SECONDS = 600
"""How long it may take to end."""


def wait(has_ended: Callable[[], bool], what: str) -> None:
    """Return when it has ended. Raises Unreachable where that takes too long."""
    end, pause = time.monotonic() + _END_SECONDS, _POLL_SECONDS[0]
    while not has_ended():
        if time.monotonic() > end:
            raise Unreachable(f"{what} was told to end and still runs after {_END_SECONDS} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, _POLL_SECONDS[1])
