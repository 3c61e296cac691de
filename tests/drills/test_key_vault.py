"""Scopes of a Key Vault: made by a user of Entra ID only, never as another sort; what lies in the vault stays there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service.workspace import AzureKeyVaultSecretScopeMetadata, ScopeBackendType

from fixtures.emulator.seed import entra_token
from fixtures.emulator.server import Emulator, Running, Site
from lakedrill.inventory.kind import Facet
from lakedrill.parity.outcome import Outcome
from migrate.kinds.secret_scopes import NEEDS_ENTRA
from migrate.step import Action
from migrate.values import IN_VAULT
from tests.support.workspaces import Ground

pytestmark = pytest.mark.drill

_ID = "/subscriptions/0/resourceGroups/{0}/providers/Microsoft.KeyVault/vaults/{0}"
_DNS = "https://{}.vault.azure.net/"
VAULTS = {"primary": "east", "secondary": "west"}
MAPPING = [
    {
        "kind": "secret_scopes",
        "path": "keyvault_metadata.*",
        **{role: text.format(name) for role, name in VAULTS.items()},
    }
    for text in (_ID, _DNS)
]
SECRETS = {"scopes": [{"scope": "plain", "values": "copy"}]}


@pytest.fixture(scope="module")
def azure() -> Iterator[Running]:
    """Two workspaces on Azure."""
    sites = (Site("primary", "eastus", "AZURE"), Site("secondary", "westus2", "AZURE"))
    with Running(Emulator(sites=sites)) as running:
        yield running


@pytest.fixture
def ground(azure: Running, tmp_path: Path) -> Ground:
    """A primary with a scope of the vault `east`, which holds one secret."""
    azure.emulator.reset()
    ground = Ground(azure, tmp_path, {"mapping": MAPPING, "secrets": SECRETS})
    host = azure.emulator.hosts["primary"]
    metadata = AzureKeyVaultSecretScopeMetadata(resource_id=_ID.format("east"), dns_name=_DNS.format("east"))
    WorkspaceClient(config=Config(host=host, token=_entra(ground, "primary"))).secrets.create_scope(
        "vault", scope_backend_type=ScopeBackendType.AZURE_KEYVAULT, backend_azure_keyvault=metadata
    )
    _lay_into_vault(ground, "primary", "k")
    return ground


def _entra(ground: Ground, role: str) -> str:
    return list(ground.running.emulator.apps[role].workspace.tokens)[1]


def _call_as(ground: Ground, role: str, token: str) -> None:
    """Let the drill call a side with another token."""
    file = ground.folder / "databrickscfg"
    ours = next(iter(ground.running.emulator.apps[role].workspace.tokens))
    file.write_text(file.read_text().replace(ours, token))


def _lay_into_vault(ground: Ground, role: str, key: str) -> None:
    state = ground.running.emulator.apps[role].workspace.state
    secret = {"id": f"vault/{key}", "key": key, "value": "", "last_updated_timestamp": 1}
    with state.transaction():
        state.put("secrets", secret["id"], secret, parent="vault")


@pytest.mark.parametrize("service", [False, True], ids=["PAT", "service principal"])
def test_who_is_no_user_of_entra_is_told_what_to_run(ground: Ground, service: bool) -> None:
    if service:
        workspace = ground.running.emulator.apps["secondary"].workspace
        token = entra_token("robot", idtyp="app")
        workspace.tokens[token] = next(iter(workspace.tokens.values()))
        _call_as(ground, "secondary", token)
    report = ground.copy()

    line = next(line for line in report.manual if line.startswith(NEEDS_ENTRA))
    command, _, body = line.removesuffix(": vault (secret_scopes)").partition("run: ")[2].partition(" --json ")
    assert command == "databricks secrets create-scope"
    assert json.loads(body.strip("'")) == {
        "scope": "vault",
        "scope_backend_type": "AZURE_KEYVAULT",
        "backend_azure_keyvault": {"resource_id": _ID.format("west"), "dns_name": _DNS.format("west")},
    }
    stuck = {(s.kind, s.facet): s.action for s in report.steps if s.kind in ("secret_scopes", "secrets")}
    assert set(stuck.values()) == {Action.BLOCKED}
    assert ground.secondary.do("GET", "/api/2.0/secrets/scopes/list") == {}
    assert report.exit_code == 1


def test_a_user_of_entra_makes_it_with_the_other_regions_vault(ground: Ground) -> None:
    _call_as(ground, "secondary", _entra(ground, "secondary"))
    report = ground.copy()

    assert [reason for _, reason in report.failures] == [IN_VAULT, f"goes with its value: {IN_VAULT}"][::-1]
    (scope,) = ground.secondary.do("GET", "/api/2.0/secrets/scopes/list")["scopes"]
    assert scope["keyvault_metadata"] == {"resource_id": _ID.format("west"), "dns_name": _DNS.format("west")}
    found = {(r.kind, r.aspect): r.outcome for r in ground.records() if r.kind.startswith("secret")}
    assert found["secret_scopes", Facet.DEFINITION] is Outcome.EXPECTED
    assert found["secrets", "inventory"] is Outcome.MISSING
    _lay_into_vault(ground, "secondary", "k")
    assert ground.copy().failures == []
    assert ground.red() == []


def test_a_plain_scope_in_its_place_is_a_difference(ground: Ground) -> None:
    """It is replaced only when asked, and only while it is empty."""
    ground.secondary.post("/api/2.0/secrets/scopes/create", scope="vault")
    ground.secondary.post("/api/2.0/secrets/put", scope="vault", key="x", string_value="somebody's")
    ground.configure(mapping=MAPPING, secrets=SECRETS, adopt=["secret_scopes:*"])
    _call_as(ground, "secondary", _entra(ground, "secondary"))

    assert any("ask with --replace" in reason for _, reason in ground.copy().failures)
    report = ground.copy(replace=("secret_scopes:vault",))
    assert any("it holds 1 secrets, which would go with it" in reason for _, reason in report.failures)
    ground.secondary.post("/api/2.0/secrets/delete", scope="vault", key="x")
    ground.copy(replace=("secret_scopes:vault",))
    (scope,) = ground.secondary.do("GET", "/api/2.0/secrets/scopes/list")["scopes"]
    assert scope["backend_type"] == "AZURE_KEYVAULT"
