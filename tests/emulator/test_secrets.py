"""Secrets on the wire."""

import base64
from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import (
    BadRequest,
    DatabricksError,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
)
from databricks.sdk.service.workspace import AclPermission, AzureKeyVaultSecretScopeMetadata, ScopeBackendType

from fixtures.emulator.server import Emulator, Running, Site
from fixtures.plugin import client

SECRET = "hush-5d41402abc4b"


def _code(caught: pytest.ExceptionInfo[DatabricksError]) -> tuple[str | None, str]:
    return caught.value.error_code, str(caught.value).partition(" Config:")[0].rstrip(".")


def _acl(w: WorkspaceClient, scope: str) -> list[tuple[str, str]]:
    return [(str(item.principal), item.permission.value) for item in w.secrets.list_acls(scope) if item.permission]


def _value(w: WorkspaceClient, scope: str, key: str) -> bytes:
    return base64.b64decode(w.secrets.get_secret(scope, key).value or "")


def _as(emulator: Running, user: str) -> WorkspaceClient:
    """The client of a user who is no admin."""
    admin = client(emulator, "primary")
    made = admin.users.create(user_name=user)
    emulator.emulator.apps["primary"].workspace.tokens[f"dapi-{user}"] = str(made.id)
    host = emulator.emulator.hosts["primary"]
    return WorkspaceClient(config=Config(host=host, token=f"dapi-{user}", retry_timeout_seconds=5))


def test_nothing_is_there_on_the_first_day(primary: WorkspaceClient) -> None:
    assert primary.api_client.do("GET", "/api/2.0/secrets/scopes/list") == {}
    primary.secrets.create_scope("s")
    assert primary.api_client.do("GET", "/api/2.0/secrets/list", query={"scope": "s"}) == {}


def test_a_scope_is_its_creators_or_everybodys(primary: WorkspaceClient) -> None:
    primary.secrets.create_scope("mine")
    primary.secrets.create_scope("ours", initial_manage_principal="users")
    assert _acl(primary, "mine") == [("drill@example.com", "MANAGE")]
    assert _acl(primary, "ours") == [("users", "MANAGE")]
    for name in ("admins", "drill@example.com"):
        with pytest.raises(BadRequest) as caught:
            primary.secrets.create_scope("other", initial_manage_principal=name)
        assert _code(caught) == ("BAD_REQUEST", f"Cannot specify {name} as initial_manage_principal")
    found = [(scope.name, scope.backend_type) for scope in primary.secrets.list_scopes()]
    assert found == [("mine", ScopeBackendType.DATABRICKS), ("ours", ScopeBackendType.DATABRICKS)]


def test_names_differ_in_more_than_case(primary: WorkspaceClient) -> None:
    primary.secrets.create_scope("My.Scope_1@x-y")
    for name in ("My.Scope_1@x-y", "my.scope_1@X-Y"):
        with pytest.raises(ResourceAlreadyExists) as caught:
            primary.secrets.create_scope(name)
        assert str(caught.value) == f"Scope {name} already exists!"
    primary.secrets.put_secret("my.SCOPE_1@x-y", "Key", string_value="1")
    primary.secrets.put_secret("My.Scope_1@x-y", "KEY", string_value="2")
    assert [secret.key for secret in primary.secrets.list_secrets("My.Scope_1@x-y")] == ["Key"]
    assert _value(primary, "My.Scope_1@x-y", "key") == b"2"
    for bad in ("a b", "a/b", "ä", "x" * 129):
        with pytest.raises(InvalidParameterValue, match="alphanumeric"):
            primary.secrets.create_scope(bad)
        with pytest.raises(InvalidParameterValue, match="alphanumeric"):
            primary.secrets.put_secret("My.Scope_1@x-y", bad, string_value="1")


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"string_value": "gr\u00fc\u00dfe \U0001f986"}, "gr\u00fc\u00dfe \U0001f986".encode()),
        ({"string_value": ""}, b""),
        ({"bytes_value": base64.b64encode(b"\x00\xff").decode()}, b"\x00\xff"),
        ({"string_value": "x" * (128 * 1024)}, b"x" * (128 * 1024)),
    ],
    ids=["text", "empty", "bytes", "the largest"],
)
def test_a_value_comes_back_as_it_was_put(primary: WorkspaceClient, given: dict[str, str], value: bytes) -> None:
    primary.secrets.create_scope("s")
    primary.secrets.put_secret("s", "k", **given)
    assert _value(primary, "s", "k") == value


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "MALFORMED_REQUEST"),
        ({"string_value": SECRET, "bytes_value": "aGk="}, "MALFORMED_REQUEST"),
        ({"bytes_value": f"{SECRET}%"}, "MALFORMED_REQUEST"),
        ({"string_value": SECRET * 10_000}, "INVALID_PARAMETER_VALUE"),
    ],
    ids=["none", "both", "no base64", "too large"],
)
def test_a_value_that_cannot_be_is_refused_and_not_repeated(
    primary: WorkspaceClient, given: dict[str, str], code: str
) -> None:
    primary.secrets.create_scope("s")
    with pytest.raises(BadRequest) as caught:
        primary.secrets.put_secret("s", "k", **given)
    assert caught.value.error_code == code
    assert SECRET not in str(caught.value)
    assert list(primary.secrets.list_secrets("s")) == []


def test_when_a_secret_was_put_is_all_that_tells_of_a_change(primary: WorkspaceClient, emulator: Running) -> None:
    primary.secrets.create_scope("s")
    primary.secrets.put_secret("s", "b", string_value="1")
    primary.secrets.put_secret("s", "a", string_value="1")
    before = {secret.key: secret.last_updated_timestamp or 0 for secret in primary.secrets.list_secrets("s")}
    assert list(before) == ["a", "b"]
    emulator.control("clock", {"advance_ms": 1000})
    primary.secrets.put_secret("s", "a", string_value="1")
    after = {secret.key: secret.last_updated_timestamp or 0 for secret in primary.secrets.list_secrets("s")}
    assert after["b"] == before["b"]
    assert after["a"] >= before["a"] + 1000


def test_a_scope_holds_a_thousand(primary: WorkspaceClient, emulator: Running) -> None:
    primary.secrets.create_scope("s")
    primary.secrets.create_scope("other")
    state = emulator.emulator.apps["primary"].workspace.state
    with state.transaction():
        for number in range(999):
            secret = {"id": f"s/k{number}", "key": f"k{number}", "value": "", "last_updated_timestamp": 0}
            state.put("secrets", secret["id"], secret, parent="s")
    primary.secrets.put_secret("s", "k999", string_value="")
    with pytest.raises(BadRequest) as caught:
        primary.secrets.put_secret("s", "one-more", string_value="")
    assert caught.value.error_code == "RESOURCE_LIMIT_EXCEEDED"
    primary.secrets.put_secret("s", "k7", string_value="again")
    primary.secrets.put_secret("other", "k", string_value="")


def test_what_is_missing_is_named(primary: WorkspaceClient) -> None:
    s = primary.secrets
    calls = [
        lambda: s.delete_scope("x"),
        lambda: s.list_secrets("x"),
        lambda: s.get_secret("x", "k"),
        lambda: s.put_secret("x", "k", string_value=""),
        lambda: s.delete_secret("x", "k"),
        lambda: s.list_acls("x"),
        lambda: s.put_acl("x", "users", AclPermission.READ),
    ]
    for call in calls:
        with pytest.raises(NotFound) as caught:
            call()
        assert _code(caught) == ("RESOURCE_DOES_NOT_EXIST", "Scope x does not exist!")
    s.create_scope("x")
    for call in (calls[2], calls[4]):
        with pytest.raises(NotFound, match=r"^Secret does not exist with scope: x and key: k$"):
            call()
    for acl in (s.get_acl, s.delete_acl):
        with pytest.raises(NotFound, match=r"^Failed to get secret acl for principal users for scope x\.$"):
            acl("x", "users")
        with pytest.raises(NotFound, match="nobody"):
            acl("x", "nobody")


def test_entries_are_by_name_one_a_principal(primary: WorkspaceClient) -> None:
    principal = primary.service_principals.create(display_name="robot")
    primary.secrets.create_scope("s")
    robot = str(principal.application_id)
    for name, level in (("users", AclPermission.READ), (robot, AclPermission.READ), (robot, AclPermission.WRITE)):
        primary.secrets.put_acl("s", name, level)
    assert _acl(primary, "s") == [("drill@example.com", "MANAGE"), ("users", "READ"), (robot, "WRITE")]
    assert primary.secrets.get_acl("s", robot).permission == AclPermission.WRITE
    primary.secrets.delete_acl("s", "users")
    primary.secrets.delete_acl("s", "drill@example.com")
    primary.service_principals.delete(str(principal.id))
    assert primary.api_client.do("GET", "/api/2.0/secrets/acls/list", query={"scope": "s"})["items"][1:] == []
    with pytest.raises(NotFound, match="robot"):
        primary.secrets.put_acl("s", "robot", AclPermission.READ)
    with pytest.raises(InvalidParameterValue):
        primary.api_client.do(
            "POST", "/api/2.0/secrets/acls/put", body={"scope": "s", "principal": "users", "permission": "OWN"}
        )


def test_a_deleted_scope_leaves_nothing_behind(primary: WorkspaceClient) -> None:
    for _ in range(2):
        primary.secrets.create_scope("s")
        assert list(primary.secrets.list_secrets("s")) == []
        assert _acl(primary, "s") == [("drill@example.com", "MANAGE")]
        primary.secrets.put_secret("s", "k", string_value="1")
        primary.secrets.put_acl("s", "users", AclPermission.READ)
        primary.secrets.delete_scope("S")


def test_who_is_no_admin_needs_a_permission(primary: WorkspaceClient, emulator: Running) -> None:
    reader = _as(emulator, "reader@example.com")
    primary.secrets.create_scope("s")
    primary.secrets.put_secret("s", "k", string_value="1")
    assert list(reader.secrets.list_scopes()) == []
    with pytest.raises(PermissionDenied) as caught:
        reader.secrets.get_secret("s", "k")
    assert _code(caught) == ("PERMISSION_DENIED", "User reader@example.com does not have READ permission on scope s")

    primary.secrets.put_acl("s", "users", AclPermission.READ)
    assert [scope.name for scope in reader.secrets.list_scopes()] == ["s"]
    assert _value(reader, "s", "k") == b"1"
    with pytest.raises(PermissionDenied, match="WRITE"):
        reader.secrets.put_secret("s", "k", string_value="2")
    primary.secrets.put_acl("s", "reader@example.com", AclPermission.WRITE)
    reader.secrets.put_secret("s", "k", string_value="2")
    with pytest.raises(PermissionDenied, match="MANAGE"):
        reader.secrets.list_acls("s")
    reader.secrets.create_scope("own")
    assert _acl(reader, "own") == [("reader@example.com", "MANAGE")]


def test_no_value_is_in_the_log_and_no_read_is_a_write(primary: WorkspaceClient, emulator: Running) -> None:
    primary.secrets.create_scope("s")
    primary.secrets.put_secret("s", "k", string_value=SECRET)
    assert _value(primary, "s", "k") == SECRET.encode()
    list(primary.secrets.list_secrets("s"))
    log = emulator.emulator.apps["primary"].log
    written = [entry.path.rpartition("secrets/")[2] for entry in log if entry.write]
    assert written == ["scopes/create", "put"]
    shown = str(emulator.control("primary/log"))
    for form in (SECRET, base64.b64encode(SECRET.encode()).decode()):
        assert form not in shown


@pytest.fixture(scope="module")
def azure() -> Iterator[Running]:
    """A workspace on Azure."""
    with Running(Emulator(sites=(Site("azure", "westeurope", "AZURE"),))) as running:
        yield running


VAULT = AzureKeyVaultSecretScopeMetadata(
    resource_id="/subscriptions/0/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
    dns_name="https://v.vault.azure.net/",
)


def test_a_key_vault_needs_a_token_of_entra_id(azure: Running) -> None:
    azure.emulator.reset()
    entra = list(azure.emulator.apps["azure"].workspace.tokens)[1]
    by_pat = client(azure, "azure")
    by_entra = WorkspaceClient(config=Config(host=azure.emulator.hosts["azure"], token=entra, retry_timeout_seconds=5))
    kind = ScopeBackendType.AZURE_KEYVAULT
    with pytest.raises(InvalidParameterValue, match=r"^Scope with Azure KeyVault must have userAADToken defined!$"):
        by_pat.secrets.create_scope("v", scope_backend_type=kind, backend_azure_keyvault=VAULT)
    with pytest.raises(InvalidParameterValue, match=r"^Missing required fields: backend_azure_keyvault\.resource_id"):
        by_entra.secrets.create_scope("v", scope_backend_type=kind)
    by_entra.secrets.create_scope("v", scope_backend_type=kind, backend_azure_keyvault=VAULT)

    scope = by_pat.api_client.do("GET", "/api/2.0/secrets/scopes/list")["scopes"][0]  # type: ignore[index, call-overload]
    metadata = {"resource_id": VAULT.resource_id, "dns_name": VAULT.dns_name}
    assert scope == {"name": "v", "backend_type": "AZURE_KEYVAULT", "keyvault_metadata": metadata}
    for write in (
        lambda: by_pat.secrets.put_secret("v", "k", string_value=""),
        lambda: by_pat.secrets.delete_secret("v", "k"),
    ):
        with pytest.raises(BadRequest) as caught:
            write()
        assert caught.value.error_code == "BAD_REQUEST"


def test_there_is_no_key_vault_on_another_cloud(primary: WorkspaceClient) -> None:
    with pytest.raises(BadRequest, match="Azure KeyVault is not available"):
        primary.secrets.create_scope(
            "v", scope_backend_type=ScopeBackendType.AZURE_KEYVAULT, backend_azure_keyvault=VAULT
        )
