"""Clusters on the wire."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service.compute import (
    AutoScale,
    AwsAttributes,
    ClusterSource,
    DataSecurityMode,
    EventType,
    GetEventsOrder,
    Kind,
    ListClustersFilterBy,
    ListClustersSortBy,
    ListClustersSortByDirection,
    ListClustersSortByField,
    State,
    UpdateClusterResource,
)

from fixtures.emulator import principals
from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running

VERSION, NODE = "15.4.x-scala2.12", "i3.xlarge"
DAY_MS = 24 * 60 * 60 * 1000


def _create(workspace: WorkspaceClient, name: str = "c", **more: Any) -> str:
    fields: dict[str, Any] = {"spark_version": VERSION, "node_type_id": NODE, "num_workers": 1, **more}
    return str(workspace.clusters.create(cluster_name=name, **fields).cluster_id)


def _advance(running: Running, milliseconds: int) -> None:
    running.control("clock", {"advance_ms": milliseconds})


def _raw(workspace: WorkspaceClient, cluster_id: str) -> dict[str, Any]:
    answer = workspace.api_client.do("GET", "/api/2.0/clusters/get", query={"cluster_id": cluster_id})
    assert isinstance(answer, dict)
    return answer


@contextlib.contextmanager
def _refused(code: str, text: str, kind: type[BadRequest] = BadRequest) -> Iterator[None]:
    with pytest.raises(kind, match=text) as caught:
        yield
    assert caught.value.error_code == code


def test_a_created_cluster_is_pending_and_comes_up_by_itself(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary)
    assert primary.clusters.get(cluster_id).state == State.PENDING
    _advance(emulator, 60_000)

    found = primary.clusters.get(cluster_id)
    assert (found.state, found.jdbc_port, len(found.executors or [])) == (State.RUNNING, 10000, 1)
    assert found.driver is not None
    assert (found.cluster_cores, found.cluster_memory_mb) == (8, 62_464)


def test_the_genuine_waiter_sees_a_cluster_through(primary: WorkspaceClient) -> None:
    created = primary.clusters.create(spark_version=VERSION, node_type_id=NODE, num_workers=1).result()
    assert created.state == State.RUNNING


def test_defaults_are_filled_in_and_spec_is_what_was_sent(primary: WorkspaceClient) -> None:
    cluster_id = _create(primary, "x", apply_policy_default_values=True)
    raw = _raw(primary, cluster_id)

    assert raw["driver_node_type_id"] == NODE
    assert raw["autotermination_minutes"] == 0
    assert (raw["enable_elastic_disk"], raw["enable_local_disk_encryption"]) == (False, False)
    assert raw["aws_attributes"] == {
        "availability": "SPOT_WITH_FALLBACK",
        "zone_id": "us-east-1a",
        "first_on_demand": 1,
        "spot_bid_price_percent": 100,
        "ebs_volume_count": 0,
    }
    assert raw["default_tags"] == {
        "Vendor": "Databricks",
        "Creator": CALLER,
        "ClusterName": "x",
        "ClusterId": cluster_id,
    }
    assert (raw["cluster_source"], raw["creator_user_name"]) == ("API", CALLER)
    assert "data_security_mode" not in raw
    assert "apply_policy_default_values" not in raw
    assert raw["spec"] == {
        "cluster_name": "x",
        "spark_version": VERSION,
        "node_type_id": NODE,
        "num_workers": 1,
        "apply_policy_default_values": True,
    }


def test_read_only_and_unknown_fields_are_ignored(primary: WorkspaceClient) -> None:
    """Old seed tools post back the whole answer of `get`."""
    raw = _raw(primary, _create(primary))
    copy = primary.api_client.do("POST", "/api/2.0/clusters/create", body={**raw, "frobnicate": 1})
    assert isinstance(copy, dict)

    found = _raw(primary, copy["cluster_id"])
    assert found["cluster_id"] != raw["cluster_id"]
    assert found["state"] == "PENDING"
    assert not {"frobnicate", "default_tags", "state", "spec"} & found["spec"].keys()


@pytest.mark.parametrize(
    ("asked", "version", "resolved"),
    [
        ("DATA_SECURITY_MODE_AUTO", VERSION, "USER_ISOLATION"),
        ("DATA_SECURITY_MODE_AUTO", "15.4.x-cpu-ml-scala2.12", "SINGLE_USER"),
        ("DATA_SECURITY_MODE_STANDARD", VERSION, "USER_ISOLATION"),
        ("DATA_SECURITY_MODE_DEDICATED", VERSION, "SINGLE_USER"),
        ("NONE", VERSION, "NONE"),
    ],
)
def test_access_modes_resolve(primary: WorkspaceClient, asked: str, version: str, resolved: str) -> None:
    cluster_id = _create(primary, spark_version=version, data_security_mode=DataSecurityMode(asked))
    found = _raw(primary, cluster_id)

    assert (found["data_security_mode"], found["spec"]["data_security_mode"]) == (resolved, asked)
    assert found.get("single_user_name") == (CALLER if resolved == "SINGLE_USER" else None)


def test_a_single_node_gets_its_marks(primary: WorkspaceClient) -> None:
    created = primary.clusters.create(
        spark_version=VERSION, node_type_id=NODE, kind=Kind.CLASSIC_PREVIEW, is_single_node=True
    )
    found = primary.clusters.get(str(created.cluster_id))
    assert found.num_workers == 0
    assert (found.custom_tags, (found.spark_conf or {})["spark.databricks.cluster.profile"]) == (
        {"ResourceClass": "SingleNode"},
        "singleNode",
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"spark_version": ""}, r"^Missing required field 'spark_version'$"),
        ({"spark_version": "1.2.x"}, r"Validation failed for spark_version, must be .*\(is an element in \"List\(17"),
        ({"num_workers": None}, r"^Missing required field: size$"),
        ({"num_workers": 0}, r"^NumWorkers could be 0 only for SingleNode clusters\.$"),
        ({"autoscale": AutoScale(min_workers=1, max_workers=2)}, "autoscale and num_workers"),
        ({"num_workers": None, "autoscale": AutoScale(min_workers=3, max_workers=2)}, "min_workers"),
        ({"node_type_id": "z9.huge"}, r"^Node type z9\.huge is not supported"),
        ({"driver_node_type_id": "z9.huge"}, r"^Node type z9\.huge is not supported"),
        ({"instance_pool_id": "p"}, r"^Can't find an instance pool with id: p\."),
        ({"policy_id": "p"}, r"^Can't find a cluster policy with id: p\.$"),
        ({"autotermination_minutes": 5}, "autotermination_minutes"),
        (
            {"aws_attributes": AwsAttributes(zone_id="us-west-2a")},
            "Zone us-west-2a is not available in region us-east-1",
        ),
    ],
)
def test_create_refuses(primary: WorkspaceClient, change: dict[str, Any], text: str) -> None:
    with _refused("INVALID_PARAMETER_VALUE", text, InvalidParameterValue):
        _create(primary, **change)
    assert list(primary.clusters.list()) == []


def test_a_pool_gives_its_node_type_and_takes_none(emulator: Running, primary: WorkspaceClient) -> None:
    state = emulator.emulator.apps["primary"].workspace.state
    state.put("instance-pools", "pool-1", {"instance_pool_id": "pool-1", "node_type_id": "m5d.large"})
    with _refused("INVALID_PARAMETER_VALUE", "The field 'node_type_id' cannot be supplied when an instance pool ID"):
        _create(primary, instance_pool_id="pool-1")

    found = primary.clusters.get(_create(primary, node_type_id=None, instance_pool_id="pool-1"))
    assert (found.node_type_id, found.driver_node_type_id, found.driver_instance_pool_id) == (
        "m5d.large",
        "m5d.large",
        "pool-1",
    )


def test_the_same_token_gives_the_same_active_cluster(emulator: Running, primary: WorkspaceClient) -> None:
    body = {"spark_version": VERSION, "node_type_id": NODE, "num_workers": 1, "idempotency_token": "t"}
    first, second = (primary.api_client.do("POST", "/api/2.1/clusters/create", body=body) for _ in range(2))
    assert isinstance(first, dict)
    assert first == second

    primary.clusters.delete(first["cluster_id"])
    _advance(emulator, 10_000)
    assert primary.api_client.do("POST", "/api/2.1/clusters/create", body=body) != first


def test_start_resize_and_edit_need_the_right_state(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary)
    with _refused("INVALID_STATE", rf"^Cluster {cluster_id} is in unexpected state Pending\.$"):
        primary.clusters.start(cluster_id)
    with _refused("INVALID_STATE", r"is in unexpected state Pending\.$"):
        primary.clusters.edit(cluster_id, VERSION, node_type_id=NODE, num_workers=2)
    with _refused("INVALID_STATE", "^Cluster is not running$"):
        primary.clusters.resize(cluster_id, num_workers=2)
    with _refused("INVALID_STATE", r"is in unexpected state Pending\.$"):
        primary.clusters.change_owner(cluster_id, CALLER)
    _advance(emulator, 10_000)
    with _refused("INVALID_STATE", rf"^Cluster {cluster_id} is in unexpected state Running\.$"):
        primary.clusters.start(cluster_id)


def test_termination_is_told_and_may_be_repeated(
    emulator: Running, primary: WorkspaceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.emulator.lifecycle.STOP_MS", 10_000)
    cluster_id = _create(primary)
    _advance(emulator, 10_000)
    primary.clusters.delete(cluster_id)
    assert primary.clusters.get(cluster_id).state == State.TERMINATING
    _advance(emulator, 10_000)
    primary.clusters.delete(cluster_id)
    primary.clusters.restart(cluster_id)

    found = _raw(primary, cluster_id)
    assert found["state"] == "TERMINATED"
    assert found["termination_reason"] == {
        "code": "USER_REQUEST",
        "type": "SUCCESS",
        "parameters": {"username": CALLER},
    }
    assert found["terminated_time"] > found["start_time"]
    primary.clusters.start(cluster_id)
    assert primary.clusters.get(cluster_id).state == State.PENDING


def test_an_idle_cluster_ends_on_time_and_nothing_is_written(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary, autotermination_minutes=30)
    before = len(emulator.emulator.apps["primary"].log)
    digest = emulator.control("workspaces")[0]["digest"]
    _advance(emulator, 31 * 60_000)

    found = primary.clusters.get(cluster_id)
    assert found.state == State.TERMINATED
    assert found.termination_reason is not None
    assert str(found.termination_reason.code).endswith("INACTIVITY")
    list(primary.clusters.list())
    list(primary.clusters.events(cluster_id))
    primary.permissions.get("clusters", cluster_id)
    entries = emulator.control(f"primary/log?since={before}")
    assert [entry["write"] for entry in entries] == [False] * 4
    assert emulator.control("workspaces")[0]["digest"] == digest


def test_edit_replaces_all_and_restarts(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary, custom_tags={"a": "b"}, spark_conf={"k": "{{secrets/s/k}}"})
    assert primary.clusters.get(cluster_id).spark_conf == {"k": "{{secrets/s/k}}"}
    _advance(emulator, 10_000)
    primary.clusters.edit(cluster_id, VERSION, node_type_id=NODE, num_workers=3)

    found = primary.clusters.get(cluster_id)
    assert (found.state, found.cluster_name, found.custom_tags, found.spark_conf) == (State.RESTARTING, "", None, None)
    _advance(emulator, 10_000)
    assert primary.clusters.get(cluster_id).state == State.RUNNING


def test_update_touches_what_the_mask_names(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary, "old", custom_tags={"a": "b"})
    primary.clusters.delete(cluster_id)
    _advance(emulator, 10_000)
    primary.clusters.update(
        cluster_id,
        "cluster_name,custom_tags,autoscale,aws_attributes.first_on_demand",
        cluster=UpdateClusterResource(
            cluster_name="new",
            spark_version="14.3.x-scala2.12",
            autoscale=AutoScale(min_workers=1, max_workers=4),
            aws_attributes=AwsAttributes(first_on_demand=2),
        ),
    )

    found = primary.clusters.get(cluster_id)
    assert (found.cluster_name, found.custom_tags, found.spark_version) == ("new", None, VERSION)
    assert (found.state, found.num_workers) == (State.TERMINATED, None)
    assert found.autoscale == AutoScale(min_workers=1, max_workers=4)
    assert found.aws_attributes is not None
    assert found.aws_attributes.first_on_demand == 2
    with _refused("INVALID_PARAMETER_VALUE", "^Invalid field mask: colour$"):
        primary.clusters.update(cluster_id, "colour")


def test_resize_goes_through_its_state(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary)
    _advance(emulator, 10_000)
    primary.clusters.resize(cluster_id, autoscale=AutoScale(min_workers=2, max_workers=3))
    assert primary.clusters.get(cluster_id).state == State.RESIZING
    _advance(emulator, 10_000)
    found = primary.clusters.get(cluster_id)
    assert (found.state, found.num_workers, len(found.executors or [])) == (State.RUNNING, None, 2)


def test_the_listing_forgets_after_30_days_and_get_after_60(emulator: Running, primary: WorkspaceClient) -> None:
    kept, gone = _create(primary, "kept"), _create(primary, "gone")
    for cluster_id in (kept, gone):
        primary.clusters.delete(cluster_id)
    primary.clusters.pin(kept)
    _advance(emulator, 29 * DAY_MS)
    assert len(list(primary.clusters.list())) == 2
    _advance(emulator, 2 * DAY_MS)
    assert [cluster.cluster_name for cluster in primary.clusters.list()] == ["kept"]
    assert primary.clusters.get(gone).state == State.TERMINATED

    _advance(emulator, 30 * DAY_MS)
    text = rf"^Cannot access cluster {gone} that was terminated or unpinned more than 60 days ago\.$"
    for ask in (primary.clusters.get, primary.clusters.start):
        with _refused("INVALID_STATE", text):
            ask(gone)
    with _refused("INVALID_STATE", text):
        primary.permissions.get("clusters", gone)

    primary.clusters.unpin(kept)
    _advance(emulator, 29 * DAY_MS)
    assert len(list(primary.clusters.list())) == 1
    _advance(emulator, 2 * DAY_MS)
    assert list(primary.clusters.list()) == []


def test_pins_show_a_numeric_user_and_are_told_by_events(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary)
    primary.clusters.pin(cluster_id)
    primary.clusters.pin(cluster_id)
    raw = _raw(primary, cluster_id)
    assert raw["pinned_by_user_name"].isdigit()
    _advance(emulator, 1)
    primary.clusters.unpin(cluster_id)

    assert "pinned_by_user_name" not in _raw(primary, cluster_id)
    kinds = [EventType.PINNED, EventType.UNPINNED]
    found = primary.api_client.do(
        "POST",
        "/api/2.1/clusters/events",
        body={"cluster_id": cluster_id, "order": "DESC", "limit": 1, "event_types": [kind.value for kind in kinds]},
    )
    assert isinstance(found, dict)
    assert [event["type"] for event in found["events"]] == ["UNPINNED"]
    assert found["total_count"] == 2


def test_a_hundred_pins_at_most(primary: WorkspaceClient) -> None:
    for _ in range(100):
        primary.clusters.pin(_create(primary))
    with _refused("INVALID_PARAMETER_VALUE", "maximum number of pinned clusters is 100"):
        primary.clusters.pin(_create(primary))


def test_the_listing_comes_in_pages_without_spec(primary: WorkspaceClient) -> None:
    names = [f"n{number:02d}" for number in range(25)]
    for name in names:
        _create(primary, name)

    assert [cluster.cluster_name for cluster in primary.clusters.list()] == names
    assert [cluster.cluster_name for cluster in primary.clusters.list(page_size=7)] == names
    for version, shown in (("2.0", 25), ("2.1", 20)):  # 2.0 has no pages
        first = primary.api_client.do("GET", f"/api/{version}/clusters/list")
        assert isinstance(first, dict)
        assert len(first["clusters"]) == shown
    assert "prev_page_token" not in first
    assert all("spec" not in cluster for cluster in first["clusters"])
    second = primary.api_client.do("GET", "/api/2.1/clusters/list", query={"page_token": first["next_page_token"]})
    assert isinstance(second, dict)
    assert "next_page_token" not in second
    back = primary.api_client.do("GET", "/api/2.1/clusters/list", query={"page_token": second["prev_page_token"]})
    assert back == first
    for query in ({"page_size": 101}, {"page_token": "zzz"}):
        with _refused("INVALID_PARAMETER_VALUE", "page"):
            primary.api_client.do("GET", "/api/2.1/clusters/list", query=query)


def test_an_empty_listing_leaves_its_key_out(primary: WorkspaceClient) -> None:
    assert primary.api_client.do("GET", "/api/2.1/clusters/list") == {}


def test_filters_and_order(emulator: Running, primary: WorkspaceClient) -> None:
    for name in ("b", "a", "c"):
        _create(primary, name)
    ended = _create(primary, "0")
    primary.clusters.delete(ended)
    _advance(emulator, 10_000)
    pinned = _create(primary, "z")
    primary.clusters.pin(pinned)
    _advance(emulator, 10_000)

    def names(**options: Any) -> str:
        return "".join(str(cluster.cluster_name) for cluster in primary.clusters.list(**options))

    assert names() == "zabc0"
    assert names(filter_by=ListClustersFilterBy(is_pinned=True)) == "z"
    assert names(filter_by=ListClustersFilterBy(is_pinned=False)) == "abc0"
    assert names(filter_by=ListClustersFilterBy(cluster_states=[State.TERMINATED, State.PENDING])) == "0"
    assert names(filter_by=ListClustersFilterBy(cluster_states=[State.TERMINATED, State.RUNNING])) == "zabc0"
    assert names(filter_by=ListClustersFilterBy(cluster_sources=[ClusterSource.JOB])) == ""
    assert names(filter_by=ListClustersFilterBy(policy_id="none")) == ""
    by_name = ListClustersSortBy(field=ListClustersSortByField.CLUSTER_NAME, direction=ListClustersSortByDirection.DESC)
    assert names(sort_by=by_name) == "zcba0"


def test_events_tell_the_story_in_pages(emulator: Running, primary: WorkspaceClient) -> None:
    cluster_id = _create(primary)
    assert [event.type for event in primary.clusters.events(cluster_id)] == [EventType.CREATING]
    _advance(emulator, 10_000)
    primary.clusters.edit(cluster_id, VERSION, node_type_id=NODE, num_workers=2)
    _advance(emulator, 10_000)
    primary.clusters.delete(cluster_id)

    story = [
        "CREATING",
        "RUNNING",
        "DRIVER_HEALTHY",
        "EDITED",
        "RESTARTING",
        "RUNNING",
        "DRIVER_HEALTHY",
        "TERMINATING",
    ]
    pagings: tuple[dict[str, Any], ...] = ({}, {"page_size": 3}, {"limit": 3})
    for paging in pagings:
        told = primary.clusters.events(cluster_id, order=GetEventsOrder.ASC, **paging)
        assert [event.type.value for event in told if event.type] == story
    newest = [event.type.value for event in primary.clusters.events(cluster_id) if event.type]
    assert newest == story[::-1]


def test_permanent_deletion_needs_an_unpinned_cluster(primary: WorkspaceClient) -> None:
    cluster_id = _create(primary)
    primary.clusters.pin(cluster_id)
    with _refused("INVALID_PARAMETER_VALUE", "unpin the cluster first"):
        primary.clusters.permanent_delete(cluster_id)
    primary.clusters.unpin(cluster_id)
    primary.clusters.permanent_delete(cluster_id)

    with pytest.raises(ResourceDoesNotExist, match=f"Cluster {cluster_id} does not exist"):
        primary.clusters.get(cluster_id)
    for ask in (primary.clusters.delete, primary.clusters.start, primary.clusters.pin):
        with _refused("INVALID_PARAMETER_VALUE", f"^Cluster {cluster_id} does not exist$", InvalidParameterValue):
            ask(cluster_id)


def test_the_owner_changes_when_the_cluster_is_down(emulator: Running, primary: WorkspaceClient) -> None:
    workspace = emulator.emulator.apps["primary"].workspace
    principals.store(workspace.state, principals.USERS, {"id": "5", "userName": "ann@example.com"})
    cluster_id = _create(primary)
    primary.clusters.delete(cluster_id)
    _advance(emulator, 10_000)
    with pytest.raises(ResourceDoesNotExist, match="bob"):
        primary.clusters.change_owner(cluster_id, "bob@example.com")
    primary.clusters.change_owner(cluster_id, "ann@example.com")

    found = primary.clusters.get(cluster_id)
    assert found.creator_user_name == "ann@example.com"
    assert (found.default_tags or {})["Creator"] == "ann@example.com"


def test_what_a_user_may_do(emulator: Running, primary: WorkspaceClient) -> None:
    workspace = emulator.emulator.apps["primary"].workspace
    principals.store(workspace.state, principals.USERS, {"id": "5", "userName": "ann@example.com"})
    workspace.tokens["dapi-ann"] = "5"
    ann = WorkspaceClient(config=Config(host=emulator.emulator.hosts["primary"], token="dapi-ann"))
    cluster_id = _create(primary)

    assert list(ann.clusters.list()) == []
    for refused in (
        lambda: _create(ann),
        lambda: ann.clusters.get(cluster_id),
        lambda: ann.clusters.pin(cluster_id),
        lambda: ann.clusters.permanent_delete(cluster_id),
    ):
        with pytest.raises(PermissionDenied) as caught:
            refused()
        assert caught.value.error_code == "PERMISSION_DENIED"
    workspace.state.put("grants", "5", {"entitlements": ["allow-cluster-create"]})
    own = _create(ann)
    assert [cluster.cluster_id for cluster in ann.clusters.list()] == [own]


def test_regions_offer_different_things(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    nodes = [{n.node_type_id for n in w.clusters.list_node_types().node_types or []} for w in (primary, secondary)]
    runtimes = [{v.key for v in w.clusters.spark_versions().versions or []} for w in (primary, secondary)]
    zones = [set(w.clusters.list_zones().zones or []) for w in (primary, secondary)]
    for one, other in (nodes, runtimes, zones):
        assert one - other
        assert other - one
    assert NODE in nodes[0] & nodes[1]
    assert VERSION in runtimes[0] & runtimes[1]
    assert primary.clusters.select_node_type(local_disk=True, min_cores=4) in nodes[0]
    assert primary.clusters.select_spark_version(long_term_support=True) in runtimes[0]


@pytest.mark.parametrize("emulator", ["federated-same-ids"], indirect=True)
def test_workspaces_can_hand_out_equal_ids(primary: WorkspaceClient, secondary: WorkspaceClient) -> None:
    assert _create(primary) == _create(secondary)
