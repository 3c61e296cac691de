"""The legacy command line, for the tests of what it does, and the options of the fidelity table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.emulator.server import Running
from tests.support.fidelity.options import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_terminal_summary,
)
from tests.support.legacy_cli import LegacyCli

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_configure", "pytest_terminal_summary"]


@pytest.fixture(scope="session")
def _processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, LegacyCli]]:
    """The command line's processes, by the emulator's first port."""
    running: dict[str, LegacyCli] = {}
    yield running
    for cli in running.values():
        cli.__exit__()


@pytest.fixture
def cli(emulator: Running, _processes: dict[str, LegacyCli], tmp_path_factory: pytest.TempPathFactory) -> LegacyCli:
    port = emulator.emulator.hosts["primary"]
    if port not in _processes:
        _processes[port] = LegacyCli(emulator.emulator, tmp_path_factory.mktemp("cli")).__enter__()
    return _processes[port]
