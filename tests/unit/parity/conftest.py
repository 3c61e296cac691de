"""Two estates in the making for every test."""

from pathlib import Path

import pytest

from tests.support.compared import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
