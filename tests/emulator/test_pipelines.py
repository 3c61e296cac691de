"""Pipelines on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceConflict, ResourceDoesNotExist
from databricks.sdk.service import pipelines

from fixtures.emulator.server import Running

ROOT = "/api/2.0/pipelines"


def _make(workspace: WorkspaceClient, name: str = "etl", **spec: Any) -> str:
    made: Any = workspace.api_client.do("POST", ROOT, body={"name": name, **spec})
    return str(made["pipeline_id"])


def _raw(workspace: WorkspaceClient, key: str) -> Any:
    return workspace.api_client.do("GET", f"{ROOT}/{key}")


def _put(workspace: WorkspaceClient, key: str, **body: Any) -> None:
    workspace.api_client.do("PUT", f"{ROOT}/{key}", body={"name": "etl", **body})


def _later(emulator: Running, seconds: int) -> None:
    emulator.control("clock", {"advance_ms": seconds * 1000})


def test_a_specification_is_completed_and_kept(primary: WorkspaceClient) -> None:
    given = {"clusters": [{"num_workers": 2}], "libraries": [{"glob": {"include": "/Shared/etl/**"}}], "colour": "red"}
    key = _make(primary, **given)

    assert _raw(primary, key)["spec"] == {
        "id": key,
        "name": "etl",
        "channel": "CURRENT",
        "edition": "ADVANCED",
        "continuous": False,
        "development": False,
        "configuration": {"spark.sql.ansi.enabled": "true"},
        "storage": f"dbfs:/pipelines/{key}",
        "clusters": [{"num_workers": 2, "label": "default"}],
        "libraries": given["libraries"],
    }
    assert primary.pipelines.get(key).state is pipelines.PipelineState.IDLE


def test_nothing_runs_unless_it_is_continuous(primary: WorkspaceClient, emulator: Running) -> None:
    key = _make(primary, development=True, continuous=False)
    _put(primary, key, libraries=[{"notebook": {"path": "/Shared/load"}}])
    _later(emulator, 10)
    found = _raw(primary, key)
    assert found["state"] == "IDLE"
    assert "latest_updates" not in found
    assert "cluster_id" not in found


def test_a_continuous_one_runs_from_its_making_until_it_is_stopped(primary: WorkspaceClient, emulator: Running) -> None:
    key = _make(primary, continuous=True)
    assert _raw(primary, key)["state"] == "STARTING"
    _later(emulator, 3600)
    found = _raw(primary, key)
    assert (found["state"], found["latest_updates"][0]["state"]) == ("RUNNING", "RUNNING")
    assert found["cluster_id"]

    primary.pipelines.stop_and_wait(key)
    assert _raw(primary, key)["latest_updates"][0]["state"] == "CANCELED"
    primary.pipelines.stop(key)
    assert len(_raw(primary, key)["latest_updates"]) == 1


def test_an_edit_to_continuous_starts_it_and_one_back_lets_it_run(primary: WorkspaceClient) -> None:
    key = _make(primary)
    _put(primary, key, continuous=True)
    _put(primary, key, continuous=False)
    assert _raw(primary, key)["state"] == "STARTING"


def test_an_update_runs_once_and_alone(primary: WorkspaceClient, emulator: Running) -> None:
    key = _make(primary)
    update = str(primary.pipelines.start_update(key, full_refresh=True).update_id)
    with pytest.raises(ResourceConflict, match=update):
        primary.pipelines.start_update(key)
    _later(emulator, 600)

    found = primary.pipelines.get_update(key, update).update
    assert found is not None
    assert (found.state, found.full_refresh, found.pipeline_id) == (pipelines.UpdateInfoState.COMPLETED, True, key)
    second = primary.pipelines.start_update(key).update_id
    assert [each.update_id for each in primary.pipelines.list_updates(key).updates or []] == [second, update]


def test_a_name_is_taken_unless_it_may_repeat(primary: WorkspaceClient) -> None:
    first, other = _make(primary), _make(primary, "other")
    with pytest.raises(ResourceConflict, match="'etl' is already used by another pipeline"):
        _make(primary)
    with pytest.raises(ResourceConflict, match=r"`allow_duplicate_names = true`"):
        _put(primary, other)
    twin = _make(primary, allow_duplicate_names=True)
    _put(primary, first)
    found = primary.pipelines.list_pipelines(filter="name LIKE 'et%'", max_results=1)
    assert [each.pipeline_id for each in found] == sorted([first, twin])


def test_a_dry_run_makes_nothing(primary: WorkspaceClient) -> None:
    found: Any = primary.api_client.do("POST", ROOT, body={"name": "etl", "dry_run": True})
    assert found["effective_settings"]["channel"] == "CURRENT"
    assert list(primary.pipelines.list_pipelines()) == []


def test_an_edit_replaces_all_but_what_is_fixed(primary: WorkspaceClient) -> None:
    gateway = {"connection_name": "a", "gateway_storage_catalog": "main", "gateway_storage_schema": "cdc"}
    key = _make(primary, gateway_definition=gateway, tags={"a": "1"}, parameters={"day": "1"}, catalog="main")
    _put(primary, key, gateway_definition=gateway, catalog="other")
    found = _raw(primary, key)
    assert "tags" not in found["spec"]
    assert "parameters" not in found
    assert found["spec"]["catalog"] == "other"
    for change in (
        {"gateway_definition": {**gateway, "connection_name": "b"}, "catalog": "main"},
        {"gateway_definition": gateway},
        {"gateway_definition": gateway, "storage": "dbfs:/x"},
    ):
        with pytest.raises(InvalidParameterValue, match="Cannot modify"):
            _put(primary, key, **change)


def test_an_edit_of_what_moved_meanwhile_is_refused(primary: WorkspaceClient) -> None:
    key = _make(primary)
    seen = _raw(primary, key)["last_modified"]
    _put(primary, key, expected_last_modified=seen, photon=True)
    with pytest.raises(ResourceConflict):
        _put(primary, key, expected_last_modified=seen - 1, photon=False)
    assert _raw(primary, key)["spec"]["photon"] is True


def test_who_it_runs_as_is_its_owner_unless_it_is_said(primary: WorkspaceClient) -> None:
    for name in ("ada@example.com", "ben@example.com"):
        primary.users.create(user_name=name)
    key = _make(primary)
    owner = [{"user_name": "ada@example.com", "permission_level": "IS_OWNER"}]
    primary.api_client.do("PUT", f"/api/2.0/permissions/pipelines/{key}", body={"access_control_list": owner})
    found = _raw(primary, key)
    assert (found["creator_user_name"], found["run_as_user_name"]) == ("drill@example.com", "ada@example.com")
    assert "run_as" not in found

    _put(primary, key, run_as={"user_name": "ben@example.com"})
    assert _raw(primary, key)["run_as_user_name"] == "ben@example.com"
    with pytest.raises(InvalidParameterValue, match="Please set run_as to ben@example"):
        _put(primary, key)
    with pytest.raises(InvalidParameterValue, match="no such principal"):
        _put(primary, key, run_as={"user_name": "nobody@example.com"})


def test_who_may_not_see_it_does_not(primary: WorkspaceClient, emulator: Running) -> None:
    ada = primary.users.create(user_name="ada@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ada"] = str(ada.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ada")
    key = _make(primary)
    assert list(theirs.pipelines.list_pipelines()) == []
    with pytest.raises(PermissionDenied):
        theirs.pipelines.get(key)
    entry = [{"user_name": "ada@example.com", "permission_level": "CAN_RUN"}]
    primary.api_client.do("PATCH", f"/api/2.0/permissions/pipelines/{key}", body={"access_control_list": entry})
    assert theirs.pipelines.start_update(key).update_id
    for write in (lambda: theirs.pipelines.delete(key), lambda: _put(theirs, key)):
        with pytest.raises(PermissionDenied):
            write()
    mine = _make(theirs, "mine")
    with pytest.raises(PermissionDenied, match="Only workspace admins"):
        theirs.api_client.do(
            "PUT", f"{ROOT}/{mine}", body={"name": "mine", "run_as": {"user_name": "drill@example.com"}}
        )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "name"),
        ({"name": "x", "target": "a.b"}, "target_schema_name"),
        ({"name": "x", "target": "a", "schema": "b"}, "Only one of target and schema"),
        ({"name": "x", "storage": "dbfs:/x", "catalog": "b"}, "Only one of storage and catalog"),
        ({"name": "x", "libraries": [{}]}, "exactly one of"),
        ({"name": "x", "tags": {str(n): "" for n in range(26)}}, "25 tags"),
        ({"name": "x", "run_as": {"user_name": "nobody@example.com"}}, "no such principal"),
    ],
)
def test_what_makes_no_pipeline_is_refused(primary: WorkspaceClient, body: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParameterValue, match=words):
        primary.api_client.do("POST", ROOT, body=body)


@pytest.mark.parametrize("query", [{"max_results": "101"}, {"order_by": "name"}, {"filter": "colour = 'red'"}])
def test_a_listing_that_makes_no_sense_is_refused(primary: WorkspaceClient, query: dict[str, str]) -> None:
    with pytest.raises(InvalidParameterValue):
        primary.api_client.do("GET", ROOT, query=query)


def test_a_listing_turns_round_and_finds_notebooks(primary: WorkspaceClient) -> None:
    keys = sorted(_make(primary, f"p{n}", libraries=[{"notebook": {"path": f"/Shared/{n}"}}]) for n in range(3))
    assert [p.pipeline_id for p in primary.pipelines.list_pipelines(order_by=["id desc"])] == keys[::-1]
    assert [p.name for p in primary.pipelines.list_pipelines(filter="notebook='/Shared/1'")] == ["p1"]


def test_what_is_deleted_is_gone(primary: WorkspaceClient) -> None:
    key = _make(primary)
    primary.pipelines.delete(key)
    for read in (lambda: primary.pipelines.get(key), lambda: primary.pipelines.get_update(_make(primary), "1")):
        with pytest.raises(ResourceDoesNotExist, match="was not found"):
            read()
