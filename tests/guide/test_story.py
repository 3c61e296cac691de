"""Who follows the guide is told by a check what it lost: exactly what the table lists, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Running
from lakedrill.parity.outcome import Verdict
from tests.guide import page
from tests.guide.estate import by_hand, furnish
from tests.guide.findings import Finding, check, findings, kept, records
from tests.guide.story import VERSIONS, Reader, Version
from tests.support.legacy_cli import LegacyCli
from tests.support.workspaces import Ground

LOCAL = pytest.mark.parametrize("emulator", ["local"], indirect=True)
EACH = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def _of(version: Version, part: str, column: str) -> set[Finding]:
    rows: list[dict[str, Any]] = page.LOSSES[part]
    return {tuple(each) for row in rows if version.name in row.get("in", [version.name]) for each in row[column]}


@pytest.mark.slow
@LOCAL
@EACH
def test_a_check_names_what_the_guide_lost(emulator: Running, tmp_path: Path, version: Version) -> None:
    ground = Ground(emulator, tmp_path)
    furnish(ground)
    by_hand(ground)
    (tmp_path / "reader").mkdir()
    before = ground.digest("primary")
    with ground.watched("primary") as asked, LegacyCli(emulator.emulator, tmp_path / "reader") as cli:
        stopped = Reader(version, cli).follow()

    assert asked
    assert [entry for entry in asked if entry.write or entry.method != "GET"] == []
    assert {entry.user_agent.startswith("databricks-cli-0.18.0-") for entry in asked} == {True}
    assert ground.digest("primary") == before
    assert stopped == list(version.stops)

    assert check(ground) == Verdict.NOT_READY.exit_code
    found = records(ground)
    assert findings(found) == _of(version, "lost", "found")
    assert _of(version, "kept", "right") - kept(found) == set()


def test_the_page_is_as_the_tables_have_it() -> None:
    """`python -m tests.guide.page` writes it."""
    assert page.FILE.read_text(encoding="utf-8") == page.text()


def test_every_row_is_of_versions_that_there_are() -> None:
    names = {version.name for version in VERSIONS}
    rows = [*page.LOSSES["lost"], *page.LOSSES["kept"]]
    assert [row["what"] for row in rows if not set(row.get("in", names)) <= names] == []
    findings_of_rows = [tuple(each) for row in page.LOSSES["lost"] for each in row["found"]]
    assert len(findings_of_rows) == len(set(findings_of_rows))
