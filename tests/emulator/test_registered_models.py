"""The workspace's registry of models on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service import ml

from fixtures.emulator.server import Running


def _id(workspace: WorkspaceClient, name: str) -> str:
    found = workspace.model_registry.get_model(name).registered_model_databricks
    assert found
    return str(found.id)


def test_a_listing_leaves_out_the_id(primary: WorkspaceClient) -> None:
    for name in ("a", "b", "c"):
        primary.model_registry.create_model(name)
    assert [each.name for each in primary.model_registry.list_models(max_results=2)] == ["a", "b", "c"]
    answer = primary.api_client.do("GET", "/api/2.0/mlflow/registered-models/list")
    assert not any("id" in each for each in answer["registered_models"])  # type: ignore[call-overload, index]
    assert len({_id(primary, name) for name in ("a", "b", "c")}) == 3
    with pytest.raises(ResourceAlreadyExists):
        primary.model_registry.create_model("a")


def test_tags_are_set_and_taken_away(primary: WorkspaceClient) -> None:
    primary.model_registry.create_model("m", tags=[ml.ModelTag(key="a", value="1")])
    primary.model_registry.set_model_tag("m", "a", "2")
    primary.model_registry.set_model_tag("m", "b", "3")
    primary.model_registry.delete_model_tag("m", "a")
    found = primary.model_registry.get_model("m").registered_model_databricks
    assert found
    assert [tag.as_dict() for tag in found.tags or []] == [{"key": "b", "value": "3"}]


def test_versions_count_up_and_go_with_their_model(primary: WorkspaceClient) -> None:
    primary.model_registry.create_model("m")
    for source in ("dbfs:/1", "dbfs:/2"):
        primary.model_registry.create_model_version("m", source)
    assert [(each.name, each.version) for each in primary.model_registry.search_model_versions()] == [
        ("m", "1"),
        ("m", "2"),
    ]
    primary.model_registry.delete_model("m")
    assert list(primary.model_registry.search_model_versions()) == []


def test_access_is_granted_by_the_id_and_comes_from_the_registry(emulator: Running, primary: WorkspaceClient) -> None:
    primary.model_registry.create_model("m")
    key = _id(primary, "m")
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    assert list(ann.model_registry.list_models()) == []
    with pytest.raises(NotFound):
        ann.model_registry.get_model("m")
    read = ml.RegisteredModelAccessControlRequest(
        user_name="ann@example.com", permission_level=ml.RegisteredModelPermissionLevel.CAN_READ
    )
    primary.model_registry.set_permissions(key, access_control_list=[read])
    assert [each.name for each in ann.model_registry.list_models()] == ["m"]
    with pytest.raises(PermissionDenied):
        ann.model_registry.update_model("m", description="mine")
    found = primary.model_registry.get_permissions(key).access_control_list
    admins = next(each for each in found or [] if each.group_name == "admins")
    assert [p.inherited_from_object for p in admins.all_permissions or []] == [["/registered-models/root"]]
