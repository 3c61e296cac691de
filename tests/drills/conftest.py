from pathlib import Path

import pytest

from fixtures.emulator.server import Running
from tests.support.workspaces import Ground


@pytest.fixture
def ground(emulator: Running, tmp_path: Path) -> Ground:
    return Ground(emulator, tmp_path)
