"""A kill in the middle of a copy, in this process."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.target import Target


class Killer:
    """Stops a copy dead: the write that is named, and all after it, do not leave, or leave and are not heard of."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.after = False
        self.total = 0
        send = Target.send
        killer = self

        def send_or_die(self: Target, method: str, path: str, body: Any) -> Any:
            killer.total += 1
            if killer.left == 0:
                raise KeyboardInterrupt
            if killer.left > 0:
                killer.left -= 1
                if killer.left == 0 and killer.after:
                    send(self, method, path, body)
                    raise KeyboardInterrupt
                if killer.left == 0:
                    raise KeyboardInterrupt
            return send(self, method, path, body)

        monkeypatch.setattr(Target, "send", send_or_die)

    def at(self, n: int, *, after: bool) -> None:
        """Kill at the nth write from now, counted from 1."""
        self.left, self.after = n, after

    def rest(self) -> None:
        self.left, self.total = -1, 0
