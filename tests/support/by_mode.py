"""How tests are spread over processes (`-p tests.support.by_mode`): those of one mode share an estate and a process."""

from __future__ import annotations

import re

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_MODE = re.compile(r"[\[-]((?:federated|local)(?:-same-ids)?)(?=[-\]])")
_OF_THEIR_OWN = re.compile(r"test_(laws_resume|laws_unknown|no_false_alarm)\.py")
"""Files whose tests make estates that no other file needs."""


class ByMode(LoadScopeScheduling):
    """Hands out the tests of the laws by mode, and all others one by one."""

    def _split_scope(self, nodeid: str) -> str:
        mode = _MODE.search(nodeid) if "tests/conformance/test_" in nodeid else None
        if mode is None:
            return nodeid
        return f"{nodeid.partition('::')[0]} {mode[1]}" if _OF_THEIR_OWN.search(nodeid) else mode[1]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByMode:
    """Return the scheduler."""
    return ByMode(config, log)
