"""Vector search on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service import vectorsearch

from fixtures.emulator.server import Running

API = "/api/2.0/vector-search"
SYNC = {"source_table": "main.default.t", "pipeline_type": "TRIGGERED"}


def _endpoint(workspace: WorkspaceClient, name: str = "e", **rest: Any) -> dict[str, Any]:
    body = {"name": name, "endpoint_type": "STANDARD", **rest}
    return workspace.api_client.do("POST", f"{API}/endpoints", body=body)  # type: ignore[return-value]


def _index(workspace: WorkspaceClient, name: str = "main.default.i", on: str = "e", **rest: Any) -> dict[str, Any]:
    body = {"name": name, "endpoint_name": on, "primary_key": "id", "index_type": "DELTA_SYNC", **rest}
    spec = {"delta_sync_index_spec": SYNC}
    return workspace.api_client.do("POST", f"{API}/indexes", body={**spec, **body})  # type: ignore[return-value]


def _up(emulator: Running) -> None:
    emulator.control("clock", {"advance_ms": 2_000})


def test_an_endpoint_comes_up_by_itself(emulator: Running, primary: WorkspaceClient) -> None:
    _endpoint(primary)
    _up(emulator)
    found = primary.vector_search_endpoints.get_endpoint("e")
    assert found.endpoint_status
    assert found.endpoint_status.state == vectorsearch.EndpointStatusState.ONLINE


def test_listings_come_in_pages(emulator: Running, primary: WorkspaceClient) -> None:
    names = [f"e{number:02d}" for number in range(25)]
    for name in names:
        _endpoint(primary, name)
    _up(emulator)
    indexes = [f"main.default.i{number:02d}" for number in range(25)]
    for name in indexes:
        _index(primary, name, on="e07")
    assert [each.name for each in primary.vector_search_endpoints.list_endpoints()] == names
    assert [each.name for each in primary.vector_search_indexes.list_indexes("e07")] == indexes
    assert primary.vector_search_endpoints.get_endpoint("e07").num_indexes == len(indexes)
    assert list(primary.vector_search_indexes.list_indexes("e08")) == []


def test_an_empty_budget_policy_is_none(primary: WorkspaceClient) -> None:
    _endpoint(primary, budget_policy_id="b")
    assert primary.vector_search_endpoints.get_endpoint("e").effective_budget_policy_id == "b"
    primary.vector_search_endpoints.update_endpoint_budget_policy("e", "")
    found = primary.vector_search_endpoints.get_endpoint("e")
    assert (found.budget_policy_id, found.effective_budget_policy_id) == (None, None)


def test_access_is_granted_by_the_id(emulator: Running, primary: WorkspaceClient) -> None:
    key = str(_endpoint(primary)["id"])
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    with pytest.raises(NotFound):
        ann.vector_search_endpoints.get_endpoint("e")
    assert list(ann.vector_search_endpoints.list_endpoints()) == []
    use = vectorsearch.VectorSearchEndpointAccessControlRequest(
        user_name="ann@example.com", permission_level=vectorsearch.VectorSearchEndpointPermissionLevel.CAN_USE
    )
    primary.vector_search_endpoints.set_permissions(key, access_control_list=[use])
    assert ann.vector_search_endpoints.get_endpoint("e").name == "e"
    with pytest.raises(PermissionDenied):
        ann.vector_search_endpoints.delete_endpoint("e")
    with pytest.raises(NotFound):
        primary.vector_search_endpoints.get_permissions("no-such-id")


def test_a_metastore_has_a_name_once(emulator: Running, primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    """Where two workspaces share one, what one of them made is in the other's way."""
    for workspace in (primary, secondary):
        _endpoint(workspace)
    _up(emulator)
    _index(primary)
    assert _index(secondary)["name"] == "main.default.i"
    secondary.vector_search_indexes.delete_index("main.default.i")
    emulator.control("secondary/metastore", {"of": "primary"})
    with pytest.raises(ResourceAlreadyExists):
        _index(secondary)


def test_an_index_is_made_in_the_place_of_one_that_is_there(emulator: Running, primary: WorkspaceClient) -> None:
    _endpoint(primary)
    _up(emulator)
    before = _index(primary)
    changed = {**{name: before[name] for name in ("name", "endpoint_name", "index_type")}, "primary_key": "key"}
    emulator.control("primary/vector-search-index", {**changed, "delta_sync_index_spec": SYNC})
    after = primary.vector_search_indexes.get_index("main.default.i").as_dict()
    assert {name for name in before if before[name] != after[name]} == {"primary_key"}
