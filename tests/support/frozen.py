"""An emulator as it was at a moment, to go back to as often as a test likes."""

from __future__ import annotations

from fixtures.emulator.server import Emulator
from fixtures.emulator.state import State


class Frozen:
    """All that the workspaces and the account of an emulator hold. Its log and its faults are not kept."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._states = [(state, state._db.serialize(), state._sum) for state in _states(emulator)]
        self._offset_ms = emulator.clock.offset_ms

    def thaw(self) -> None:
        """Make everything as it was."""
        self._emulator.clock.offset_ms = self._offset_ms
        for state, data, total in self._states:
            state._db.deserialize(data)
            state._sum = total
            state.under_way.clear()
        for app in self._emulator.apps.values():
            app.log.clear()
            app.faults.rules.clear()


def _states(emulator: Emulator) -> list[State]:
    return [emulator.account.state, *(app.workspace.state for app in emulator.apps.values())]
