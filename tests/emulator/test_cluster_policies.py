"""Cluster policies and their families on the wire."""

import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceAlreadyExists, ResourceDoesNotExist
from databricks.sdk.service import compute

from fixtures.emulator.server import Running

DEFAULTS = ["Job Compute", "Legacy Shared Compute", "Personal Compute", "Power User Compute", "Shared Compute"]
RULES = json.dumps({"spark_version": {"type": "fixed", "value": "auto:latest-lts"}})


def _by_name(workspace: WorkspaceClient) -> dict[str | None, compute.Policy]:
    return {policy.name: policy for policy in workspace.cluster_policies.list()}


def test_every_workspace_has_default_policies_with_ids_of_its_own(
    primary: WorkspaceClient, secondary: WorkspaceClient
) -> None:
    one, other = _by_name(primary), _by_name(secondary)
    assert sorted(map(str, one)) == sorted(map(str, other)) == DEFAULTS
    assert all(policy.is_default for policy in one.values())
    assert {p.policy_id for p in one.values()}.isdisjoint(p.policy_id for p in other.values())


def test_default_policies_stay_with_their_family(primary: WorkspaceClient) -> None:
    """What Databricks.API.PowerShell#62 met."""
    policy = _by_name(primary)["Job Compute"]
    key = str(policy.policy_id)
    with pytest.raises(InvalidParameterValue, match="Changing policy_family_id is forbidden for default cluster pol"):
        primary.cluster_policies.edit(key, name="Job Compute", definition=RULES)
    with pytest.raises(InvalidParameterValue, match="cannot be deleted"):
        primary.cluster_policies.delete(key)
    overrides = json.dumps({"num_workers": {"type": "fixed", "value": 2}})
    primary.cluster_policies.edit(
        key, name="Job Compute", policy_family_id="job-cluster", policy_family_definition_overrides=overrides
    )
    rules = json.loads(str(primary.cluster_policies.get(key).definition))
    assert rules["num_workers"] == {"type": "fixed", "value": 2}
    assert rules["cluster_type"] == {"type": "fixed", "value": "job"}
    assert primary.cluster_policies.get(key).is_default


def test_a_policy_is_kept_as_it_was_given(primary: WorkspaceClient) -> None:
    library = compute.Library(pypi=compute.PythonPyPiLibrary("plotly"))
    made = primary.cluster_policies.create(
        name="etl", definition=RULES, description="d", libraries=[library], max_clusters_per_user=3
    )
    found = primary.cluster_policies.get(str(made.policy_id))
    assert (found.name, found.definition, found.description, found.max_clusters_per_user) == ("etl", RULES, "d", 3)
    assert found.libraries == [library]
    assert (found.creator_user_name, found.is_default) == ("drill@example.com", False)
    assert len(str(made.policy_id)) == 16


def test_edit_replaces_all(primary: WorkspaceClient) -> None:
    key = str(primary.cluster_policies.create(name="a", definition=RULES, max_clusters_per_user=3).policy_id)
    primary.cluster_policies.edit(key, name="b", policy_family_id="power-user")
    found = primary.cluster_policies.get(key)
    assert (found.name, found.max_clusters_per_user, found.policy_family_id) == ("b", None, "power-user")
    assert found.definition == primary.policy_families.get("power-user").definition


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"definition": RULES}, "Missing required field: name"),
        ({"name": "x"}, "Missing required field: definition"),
        (
            {"name": "x", "definition": RULES, "policy_family_id": "power-user"},
            "policy_family_id and definition cannot be used together",
        ),
        ({"name": "x", "policy_family_id": "none"}, "Can't find a policy family with id: none."),
        ({"name": "x", "policy_family_definition_overrides": RULES}, "requires policy_family_id"),
        ({"name": "x", "definition": "{"}, "Could not parse policy definition"),
        ({"name": "x", "definition": "[]"}, "Validation failed"),
        ({"name": "x" * 101, "definition": RULES}, "between 1 and 100"),
        ({"name": "x", "definition": RULES, "max_clusters_per_user": -1}, "at least 1"),
    ],
)
def test_a_wrong_policy_is_refused(primary: WorkspaceClient, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        primary.cluster_policies.create(**given)


def test_a_name_is_taken_once(primary: WorkspaceClient) -> None:
    with pytest.raises(ResourceAlreadyExists, match="Cluster Policy with name `Personal Compute` already exists"):
        primary.cluster_policies.create(name="Personal Compute", definition=RULES)


def test_a_deleted_policy_is_gone(primary: WorkspaceClient) -> None:
    key = str(primary.cluster_policies.create(name="a", definition=RULES).policy_id)
    primary.cluster_policies.delete(key)
    for call in (primary.cluster_policies.get, primary.cluster_policies.delete):
        with pytest.raises(ResourceDoesNotExist, match=f"Can't find a cluster policy with id: {key}."):
            call(key)


def test_a_listing_is_sorted_as_asked(primary: WorkspaceClient) -> None:
    listed = primary.cluster_policies.list(
        sort_column=compute.ListSortColumn.POLICY_NAME, sort_order=compute.ListSortOrder.ASC
    )
    assert [policy.name for policy in listed] == DEFAULTS


def test_families_come_in_pages(primary: WorkspaceClient) -> None:
    found = list(primary.policy_families.list(max_results=2))
    assert sorted(str(family.name) for family in found) == DEFAULTS
    assert all(json.loads(str(family.definition)) for family in found)
    with pytest.raises(ResourceDoesNotExist, match="policy family"):
        primary.policy_families.get("none")


def test_others_see_the_policies_that_they_may_use(emulator: Running, primary: WorkspaceClient) -> None:
    """`admins` have CAN_USE from the root, as the Terraform provider records it."""
    ann = primary.users.create(user_name="ann@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    assert list(theirs.cluster_policies.list()) == []
    key = str(primary.cluster_policies.create(name="etl", definition=RULES).policy_id)
    with pytest.raises(PermissionDenied):
        theirs.cluster_policies.get(key)
    with pytest.raises(PermissionDenied):
        theirs.cluster_policies.create(name="mine", definition=RULES)

    primary.cluster_policies.update_permissions(
        key,
        access_control_list=[
            compute.ClusterPolicyAccessControlRequest(
                user_name="ann@example.com", permission_level=compute.ClusterPolicyPermissionLevel.CAN_USE
            )
        ],
    )
    assert [policy.name for policy in theirs.cluster_policies.list()] == ["etl"]
    admins = [
        permission.inherited_from_object
        for entry in primary.cluster_policies.get_permissions(key).access_control_list or []
        if entry.group_name == "admins"
        for permission in entry.all_permissions or []
    ]
    assert admins == [["/cluster-policies/cluster-policies"]]


def test_a_cluster_may_name_a_policy_that_is_there(primary: WorkspaceClient) -> None:
    key = str(primary.cluster_policies.create(name="etl", definition=RULES).policy_id)
    spec = {"spark_version": "15.4.x-scala2.12", "node_type_id": "i3.xlarge", "num_workers": 1}
    made = primary.api_client.do("POST", "/api/2.1/clusters/create", body={**spec, "policy_id": key})
    assert isinstance(made, dict)
    assert primary.clusters.get(made["cluster_id"]).policy_id == key
