"""No secret reaches a log, a file or a report, whatever the service says or somebody wrote into a definition."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakedrill.cli._emulator import PROFILES
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import load
from lakedrill.inventory.kind import Facet, Kind
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.outcome import Colour
from tests.support.apart import Apart
from tests.support.land import Land
from tests.support.laws import ROLES, Copied, is_whole, over_kinds

pytestmark = pytest.mark.law
PASSWORD = "hunter2-Pa55w0rd"
VERBS = (("plan", "--json"), ("check", "--primary-live"))


@pytest.fixture
def mine(done: Copied, tmp_path: Path) -> Iterator[Land]:
    """The copied drill with a folder of one's own, on workspaces without faults afterwards."""
    shutil.copytree(done.land.folder, tmp_path / "drill")
    yield Land(done.land.running, tmp_path / "drill")
    for app in done.land.running.emulator.apps.values():
        app.faults.rules.clear()


def _routes(kind: Kind, role: str, land: Land) -> set[str]:
    """Return what a listing of a kind asks for first."""
    app = land.running.emulator.apps[role]
    start = len(app.log)
    listed = getattr(load(land.file), role).mounts
    list(kind.list(Workspace(Connection(role, role, app.workspace.workspace_id, land.profiles, None, mounts=listed))))
    return {
        entry.path for entry in app.log[start:] if entry.path.startswith("/api/") and not entry.path.endswith("/Me")
    }


@over_kinds("federated")
def test_a_token_that_the_service_repeats_is_written_nowhere(
    kind: Kind, mine: Land, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Every listing of the kind is refused in words that hold the caller's token and a password."""
    tokens = {role: next(iter(mine.running.emulator.apps[role].workspace.tokens)) for role in ROLES}
    for role, token in tokens.items():
        message = f"Refused: Authorization: Bearer {token}, jdbc:mysql://u:{PASSWORD}@host?password={PASSWORD}"
        rule = {"status": 403, "code": "PERMISSION_DENIED", "message": message, "times": -1}
        mine.running.control(f"{role}/faults", [{**rule, "path": re.escape(p)} for p in _routes(kind, role, mine)])
    with caplog.at_level(logging.DEBUG):
        codes = [mine.run(*verb) for verb in VERBS]

    assert codes == [2, 2]
    said = "".join(capfd.readouterr())
    logged = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("asyncio"))
    written = {str(f.relative_to(mine.folder)): f.read_bytes() for f in mine.folder.rglob("*") if f.is_file()}
    del written[PROFILES]
    assert any(name.endswith("report.html") for name in written)
    for secret in (*tokens.values(), PASSWORD):
        assert secret not in said
        assert secret not in logged
        assert [name for name, data in written.items() if secret.encode() in data] == []


@over_kinds("federated")
def test_a_value_that_looks_like_a_secret_is_not_shown(kind: Kind, done: Copied, tmp_path: Path) -> None:
    """It is compared all the same: under a name that says what it is, or in a text."""
    secondary = Apart(done.secondary)
    each = next(each for each in done.pairs(kind) if is_whole(each))
    part = secondary.parts[each.secondary or 0]
    part.document["x_conf"] = {"account.key": PASSWORD, "url": f"jdbc://u?password={PASSWORD}", "plain": "to be seen"}
    after = done.compared(done.primary, secondary.seal(tmp_path / "secondary"))

    record = after.judge(after.pairs[each.number], Facet.DEFINITION.value)

    assert record.outcome.colour is Colour.RED
    told = str(record.document())
    assert "to be seen" in told
    assert PASSWORD not in told
