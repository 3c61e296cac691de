"""How far work has come: who is told, and how often a line of a log is worth it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is told a kind, how many of its objects are done, and how many there are."""

LINE_EVERY_SECONDS = 30


def silent(_kind: str, _done: int, _total: int) -> None:
    """Tell nobody."""


class Lines:
    """Tells a line now and then, so that whoever reads a log knows that work goes on. Threads may share it."""

    def __init__(
        self,
        what: str,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        more: Callable[[], str] = str,
    ) -> None:
        """`more` is what stands behind, told when a line is."""
        self._what, self._tell, self._clock, self._more = what, tell, clock, more
        self._lock, self._told = threading.Lock(), clock()

    def __call__(self, kind: str, done: int, total: int) -> None:
        """Take note that so many objects of a kind are done."""
        with self._lock:
            if self._clock() - self._told < LINE_EVERY_SECONDS:
                return
            self._told = self._clock()
        self._tell(f"{self._what} {kind.replace('_', ' ')}: {done} of {total}{self._more()}")
