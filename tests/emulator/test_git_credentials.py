"""Git credentials on the wire: whose they are, and what they open."""

from __future__ import annotations

import json

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, InvalidParameterValue, NotFound, PermissionDenied

from fixtures.emulator.server import Running

PRIVATE = "https://github.com/example/private.git"
TOKEN = "ghp-planted-abcdefgh"


def _made(workspace: WorkspaceClient, provider: str = "gitHub", **rest: object) -> int:
    made = workspace.git_credentials.create(provider, personal_access_token=TOKEN, **rest)  # type: ignore[arg-type]
    return int(made.credential_id)


def test_everybody_sees_their_own_and_nobody_a_token(emulator: Running, primary: WorkspaceClient) -> None:
    key = _made(primary, git_username="etl-bot", git_email="bot@example.com", name="etl")
    (found,) = primary.git_credentials.list()
    assert found.as_dict() == primary.git_credentials.get(key).as_dict()
    assert (found.git_username, found.git_email, found.name) == ("etl-bot", "bot@example.com", "etl")
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": True})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    assert list(ann.git_credentials.list()) == []
    with pytest.raises(NotFound, match="Git credential with the given ID could not be found"):
        ann.git_credentials.get(key)
    assert TOKEN not in json.dumps(primary.api_client.do("GET", "/api/2.0/git-credentials"))


def test_an_update_leaves_what_it_does_not_name(primary: WorkspaceClient) -> None:
    key = _made(primary, git_username="etl-bot", name="etl")
    primary.git_credentials.update(key, "gitlab", git_username="other")
    found = primary.git_credentials.get(key)
    assert (found.git_provider, found.git_username, found.name) == ("gitLab", "other", "etl")
    primary.git_credentials.delete(key)
    with pytest.raises(NotFound):
        primary.git_credentials.delete(key)


def test_a_service_principal_has_one_for_a_provider(emulator: Running, primary: WorkspaceClient) -> None:
    """Made and seen by who manages it."""
    bot = primary.service_principals.create(display_name="bot")
    key = int(bot.id or 0)
    made = primary.git_credentials.create("gitHub", personal_access_token=TOKEN, principal_id=key)
    assert [each.credential_id for each in primary.git_credentials.list(principal_id=key)] == [made.credential_id]
    assert list(primary.git_credentials.list()) == []
    with pytest.raises(DatabricksError, match="Only one credential per provider is allowed for service principals"):
        primary.git_credentials.create("gitHub", personal_access_token=TOKEN, principal_id=key)
    with pytest.raises(InvalidParameterValue):
        list(primary.git_credentials.list(principal_id=1))
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    with pytest.raises(PermissionDenied, match="service principal managers"):
        list(ann.git_credentials.list(principal_id=key))


def test_a_private_remote_is_cloned_with_a_credential_of_its_provider(primary: WorkspaceClient) -> None:
    _made(primary, "gitLab")
    with pytest.raises(PermissionDenied, match="Missing Git provider credentials"):
        primary.repos.create(PRIVATE, "gitHub")
    key = _made(primary, name="a")
    assert primary.repos.create(PRIVATE, "gitHub", path="/Shared/a").branch == "main"
    _made(primary, name="b")
    with pytest.raises(DatabricksError) as refusal:
        primary.repos.create(PRIVATE, "gitHub", path="/Shared/b")
    assert refusal.value.error_code == "GIT_CLI_CANNOT_CHOOSE_CREDENTIAL"
    assert primary.repos.create(PRIVATE, "gitHub", path="/Shared/b", git_credential_id=key).branch == "main"
    primary.git_credentials.update(key, "gitHub", is_default_for_provider=True)
    assert primary.repos.create(PRIVATE, "gitHub", path="/Shared/c").branch == "main"
