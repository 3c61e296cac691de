"""Fixtures that more than one folder of tests shares: a copied drill."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.emulator.server import Emulator, Running
from tests.support.land import Land


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    """A drill after its copy. Tests share it: they change neither workspace and leave its folder as it is."""
    with Running(Emulator()) as running:
        land = Land(running, tmp_path_factory.mktemp("copied")).write().fill()
        before = land.digest("primary")
        since = len(land.log("primary"))
        assert land.run("migrate", "--publish") == 0
        assert land.digest("primary") == before
        assert not [entry for entry in land.log("primary")[since:] if entry.write]
        yield land


@pytest.fixture
def mine(copied: Land, tmp_path: Path) -> Land:
    """The copied drill with a folder of one's own."""
    shutil.copytree(copied.folder, tmp_path / "drill")
    return Land(copied.running, tmp_path / "drill")
