"""Git credentials: compared by what can be told, never copied, and named with what to do."""

from __future__ import annotations

import pytest

from fixtures.estate.git_credentials import TOKEN
from lakedrill.parity.outcome import Outcome
from tests.support.workspaces import Ground, Site


def _link(site: Site, provider: str, **rest: str) -> None:
    site.post("/api/2.0/git-credentials", git_provider=provider, personal_access_token=TOKEN, **rest)


def test_what_the_secondary_lacks_is_named_with_the_command_that_makes_it(ground: Ground) -> None:
    """No copy makes one: it would need a token. A second look after somebody did finds nothing."""
    _link(ground.primary, "gitHub", git_username="etl bot")
    _link(ground.primary, "gitLab")
    with ground.watched() as seen:
        report = ground.copy()
    assert not any(entry.write and "git-credentials" in entry.path for entry in seen)
    (line,) = (line for line in report.beyond if line["id"] == "own-git-credentials")
    assert line["found"] == ["gitHub etl bot", "gitLab"]
    found = {record.key: record for record in ground.red()}
    assert {record.outcome for record in found.values()} == {Outcome.MISSING}
    command = "databricks git-credentials create gitHub --git-username 'etl bot' --personal-access-token TOKEN"
    assert found["gitHub"].fix.startswith(command)

    _link(ground.secondary, "gitHub", git_username="etl bot")
    _link(ground.secondary, "gitLab")
    assert ground.red() == []
    written = [file.read_bytes() for file in ground.folder.rglob("*") if file.is_file()]
    assert not any(TOKEN.encode() in content for content in written)


@pytest.mark.drill
def test_another_user_name_is_found_and_told_how_to_set(ground: Ground) -> None:
    _link(ground.primary, "gitHub", git_username="one")
    _link(ground.secondary, "gitHub", git_username="other")
    (record,) = ground.red()
    assert [d.path for d in record.differences] == ["git_username"]
    assert "git-credentials update" in record.fix
