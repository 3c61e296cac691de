"""Serving endpoints on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied
from databricks.sdk.service import serving

from fixtures.emulator.server import Running

API = "/api/2.0/serving-endpoints"
ENTITY = {"name": "prod", "entity_name": "main.default.m", "entity_version": "1"}


def _made(workspace: WorkspaceClient, name: str = "e", *entities: dict[str, object]) -> dict[str, object]:
    config = {"served_entities": list(entities or (ENTITY,))}
    return workspace.api_client.do("POST", API, body={"name": name, "config": config})  # type: ignore[return-value]


def test_an_update_is_pending_until_it_is_there(emulator: Running, primary: WorkspaceClient) -> None:
    _made(primary)
    found = primary.serving_endpoints.get("e")
    assert found.config is None
    assert found.pending_config
    emulator.control("clock", {"advance_ms": 2_000})
    found = primary.serving_endpoints.get("e")
    assert found.pending_config is None
    assert found.config
    assert found.state
    assert (found.config.config_version, found.state.ready) == (1, serving.EndpointStateReady.READY)


def test_a_model_of_the_registry_needs_its_version(primary: WorkspaceClient) -> None:
    entity = {**ENTITY, "entity_name": "churn"}
    with pytest.raises(NotFound):
        _made(primary, "e", entity)
    primary.model_registry.create_model("churn")
    primary.model_registry.create_model_version("churn", "dbfs:/m")
    assert _made(primary, "e", entity)["name"] == "e"


def test_what_is_served_is_named_by_itself(primary: WorkspaceClient) -> None:
    """After what it is, where nobody names it."""
    _made(primary, "ours", {"entity_name": "main.default.m", "entity_version": "2"})
    opened = {"openai_api_key": "{{secrets/a/b}}"}
    other = {"name": "gpt-4.1:mini", "provider": "openai", "task": "llm/v1/chat", "openai_config": opened}
    _made(primary, "other", {"external_model": other})
    for name, entity in (("ours", "main.default.m-2"), ("other", "gpt-4-1-mini")):
        pending = primary.serving_endpoints.get(name).pending_config
        assert pending
        assert [each.name for each in pending.served_entities or []] == [entity]


def test_the_services_own_is_there_and_nobodys(primary: WorkspaceClient) -> None:
    assert [each.name for each in primary.serving_endpoints.list()] == ["databricks-gte-large-en"]
    key = str(primary.serving_endpoints.get("databricks-gte-large-en").id)
    assert primary.serving_endpoints.get_permissions(key).object_id == f"/serving-endpoints/{key}"
    with pytest.raises(NotFound):
        primary.serving_endpoints.delete("databricks-gte-large-en")


def test_access_is_granted_by_the_id(emulator: Running, primary: WorkspaceClient) -> None:
    key = str(_made(primary)["id"])
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    with pytest.raises(NotFound):
        ann.serving_endpoints.get("e")
    query = serving.ServingEndpointAccessControlRequest(
        user_name="ann@example.com", permission_level=serving.ServingEndpointPermissionLevel.CAN_QUERY
    )
    primary.serving_endpoints.set_permissions(key, access_control_list=[query])
    assert ann.serving_endpoints.get("e").name == "e"
    with pytest.raises(PermissionDenied):
        ann.serving_endpoints.delete("e")
