"""Instance pools on the wire, and what clusters have of them."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import compute

from fixtures.emulator.server import Running

NODE, VERSION = "i3.xlarge", "15.4.x-scala2.12"


def _made(workspace: WorkspaceClient, name: str = "pool", **rest: Any) -> str:
    return str(workspace.instance_pools.create(name, rest.pop("node_type_id", NODE), **rest).instance_pool_id)


def test_a_pool_is_kept_with_the_services_defaults(primary: WorkspaceClient) -> None:
    found = primary.instance_pools.get(_made(primary, custom_tags={"a": "b"}))
    assert (found.instance_pool_name, found.node_type_id, found.custom_tags) == ("pool", NODE, {"a": "b"})
    assert (found.min_idle_instances, found.idle_instance_autotermination_minutes, found.max_capacity) == (0, 60, None)
    assert found.state is compute.InstancePoolState.ACTIVE
    assert found.aws_attributes
    assert found.aws_attributes.as_dict() == {
        "availability": "SPOT",
        "spot_bid_price_percent": 100,
        "zone_id": "us-east-1a",
    }


def test_names_may_repeat(primary: WorkspaceClient) -> None:
    keys = {_made(primary) for _ in range(2)}
    assert {str(pool.instance_pool_id) for pool in primary.instance_pools.list()} == keys
    assert len(keys) == 2


def test_an_edit_sets_what_can_be_edited_and_keeps_the_rest(primary: WorkspaceClient) -> None:
    key = _made(primary, max_capacity=9, enable_elastic_disk=True, custom_tags={"a": "b"})
    primary.instance_pools.edit(key, "other", NODE, min_idle_instances=2)
    found = primary.instance_pools.get(key)
    assert (found.instance_pool_name, found.min_idle_instances, found.enable_elastic_disk) == ("other", 2, True)
    assert (found.max_capacity, found.custom_tags) == (None, None)
    assert found.stats
    assert found.stats.idle_count == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Missing required field: instance_pool_name"),
        ({"name": "x" * 101}, "between 1 and 100"),
        ({"node_type_id": ""}, "Missing required field: node_type_id"),
        ({"node_type_id": "z9.huge"}, r"^Node type z9\.huge is not supported"),
        ({"min_idle_instances": 3, "max_capacity": 2}, "between 0 and max_capacity"),
        ({"min_idle_instances": -1}, "between 0 and max_capacity"),
        ({"idle_instance_autotermination_minutes": 10_001}, "between 0 and 10000"),
        ({"custom_tags": dict.fromkeys(map(str, range(46)), "x")}, "At most 45 custom tags"),
        ({"preloaded_spark_versions": ["1.2.x"]}, "Validation failed for spark_version"),
        ({"preloaded_spark_versions": [VERSION] * 2}, "At most one"),
        (
            {"aws_attributes": compute.InstancePoolAwsAttributes(zone_id="us-west-2a")},
            "Zone us-west-2a is not available in region us-east-1",
        ),
        (
            {
                "aws_attributes": compute.InstancePoolAwsAttributes(
                    instance_profile_arn="arn:aws:iam::1:instance-profile/x"
                )
            },
            "not registered in this workspace",
        ),
        (
            {"aws_attributes": compute.InstancePoolAwsAttributes(spot_bid_price_percent=10_001)},
            "spot_bid_price_percent",
        ),
    ],
)
def test_create_refuses(primary: WorkspaceClient, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        _made(primary, **change)
    assert list(primary.instance_pools.list()) == []


def test_a_pool_keeps_its_node_type(primary: WorkspaceClient) -> None:
    key = _made(primary)
    with pytest.raises(InvalidParameterValue, match="node type of an instance pool cannot be changed"):
        primary.instance_pools.edit(key, "pool", "m5d.large")


def test_what_is_no_pool_is_unknown(primary: WorkspaceClient) -> None:
    key = _made(primary)
    primary.instance_pools.delete(key)
    for call in (primary.instance_pools.get, primary.instance_pools.delete):
        with pytest.raises(ResourceDoesNotExist, match=f"Can't find an instance pool with id: {key}"):
            call(key)


def test_only_the_entitled_make_pools_and_others_see_what_they_may_attach_to(
    emulator: Running, primary: WorkspaceClient
) -> None:
    token = emulator.control("primary/callers", {"user": "ann@example.com", "admin": False})["token"]
    ann = WorkspaceClient(host=emulator.emulator.hosts["primary"], token=token)
    key = _made(primary)
    with pytest.raises(PermissionDenied, match="not authorized to create instance pools"):
        _made(ann)
    with pytest.raises(PermissionDenied, match="CAN_ATTACH_TO"):
        ann.instance_pools.get(key)
    assert list(ann.instance_pools.list()) == []
    level = compute.InstancePoolPermissionLevel.CAN_ATTACH_TO
    entry = compute.InstancePoolAccessControlRequest(user_name="ann@example.com", permission_level=level)
    primary.instance_pools.update_permissions(key, access_control_list=[entry])
    assert [pool.instance_pool_id for pool in ann.instance_pools.list()] == [key]
    with pytest.raises(PermissionDenied, match="CAN_MANAGE"):
        ann.instance_pools.delete(key)


def test_a_cluster_has_its_machines_from_its_pools(emulator: Running, primary: WorkspaceClient) -> None:
    workers, driver = _made(primary), _made(primary, node_type_id="m5d.large")
    made = primary.clusters.create(
        VERSION, num_workers=3, instance_pool_id=workers, driver_instance_pool_id=driver
    ).response
    emulator.emulator.clock.offset_ms += 10_000
    cluster = primary.clusters.get(str(made.cluster_id))
    assert (cluster.node_type_id, cluster.driver_node_type_id) == (NODE, "m5d.large")
    used = [primary.instance_pools.get(key).stats for key in (workers, driver)]
    assert [stats and stats.used_count for stats in used] == [3, 1]


@pytest.mark.parametrize("field", ["node_type_id", "driver_node_type_id", "enable_elastic_disk", "aws_attributes"])
def test_a_cluster_of_a_pool_says_nothing_of_machines(primary: WorkspaceClient, field: str) -> None:
    """In a job as by itself."""
    given = {"enable_elastic_disk": False, "aws_attributes": {"zone_id": "auto"}}.get(field, NODE)
    spec = {"spark_version": VERSION, "num_workers": 1, "instance_pool_id": _made(primary), field: given}
    task = {"task_key": "a", "notebook_task": {"notebook_path": "/a"}, "new_cluster": spec}
    for path, body in (("2.1/clusters/create", spec), ("2.2/jobs/create", {"name": "j", "tasks": [task]})):
        with pytest.raises(InvalidParameterValue, match="cannot be supplied when an instance pool ID is provided"):
            primary.api_client.do("POST", f"/api/{path}", body=body)
    with pytest.raises(InvalidParameterValue, match="only be used together"):
        primary.clusters.create(VERSION, num_workers=1, node_type_id=NODE, driver_instance_pool_id=_made(primary))


def test_a_pool_can_be_put_in_place_of_another_for_tests(emulator: Running, primary: WorkspaceClient) -> None:
    """What no edit changes."""
    key = _made(primary)
    body = {"instance_pool_id": key, "instance_pool_name": "pool", "node_type_id": "m5d.large"}
    emulator.control("primary/pool", body)
    assert primary.instance_pools.get(key).node_type_id == "m5d.large"
