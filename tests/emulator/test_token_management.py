"""Who has which tokens, on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied

from fixtures.emulator import seed
from fixtures.emulator.server import Running


def test_an_admin_sees_whose_tokens_there_are_and_no_value(emulator: Running, primary: WorkspaceClient) -> None:
    workspace = emulator.emulator.apps["primary"].workspace
    token = seed.let_in(workspace, "ada@example.com", admin=False)
    found = list(primary.token_management.list())
    assert [each.created_by_username for each in found] == [seed.CALLER, "ada@example.com"]
    assert [each.expiry_time for each in found] == [-1, -1]
    assert not any(value in str(found) for value in (token, *workspace.tokens))


def test_nobody_else_sees_them(emulator: Running) -> None:
    workspace = emulator.emulator.apps["primary"].workspace
    token = seed.let_in(workspace, "ada@example.com", admin=False)
    other = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token, auth_type="pat")
    with pytest.raises(PermissionDenied):
        list(other.token_management.list())
