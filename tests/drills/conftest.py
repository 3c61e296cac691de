"""The drills' own fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.emulator.server import Running
from tests.support.land import Land
from tests.support.workspaces import Ground


@pytest.fixture
def ground(emulator: Running, tmp_path: Path) -> Ground:
    """A copy in this process, between two workspaces as on their first day."""
    return Ground(emulator, tmp_path)


@pytest.fixture
def land(emulator: Running, tmp_path: Path) -> Land:
    """A drill of two workspaces as on their first day."""
    return Land(emulator, tmp_path).write()
