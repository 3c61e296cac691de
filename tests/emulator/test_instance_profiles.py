"""Instance profiles on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound

from fixtures.emulator.server import Running
from tests.support.workspaces import SPEC

ARN = "arn:aws:iam::123456789012:instance-profile/etl"
ROLE = "arn:aws:iam::123456789012:role/etl"


def _cluster(workspace: WorkspaceClient, arn: str) -> str:
    body = {"cluster_name": "c", "num_workers": 1, **SPEC, "aws_attributes": {"instance_profile_arn": arn}}
    made = workspace.api_client.do("POST", "/api/2.1/clusters/create", body=body)
    assert isinstance(made, dict)
    return str(made["cluster_id"])


def test_a_profile_is_registered_edited_and_removed(primary: WorkspaceClient) -> None:
    """An edit changes the role and nothing else."""
    primary.instance_profiles.add(ARN, is_meta_instance_profile=True)
    primary.instance_profiles.edit(ARN, iam_role_arn=ROLE, is_meta_instance_profile=False)

    found = [profile.as_dict() for profile in primary.instance_profiles.list()]
    assert found == [{"instance_profile_arn": ARN, "iam_role_arn": ROLE, "is_meta_instance_profile": True}]
    primary.instance_profiles.remove(ARN)
    assert list(primary.instance_profiles.list()) == []
    with pytest.raises(NotFound):
        primary.instance_profiles.remove(ARN)


@pytest.mark.parametrize("arn", ["etl", "arn:aws:iam::1:instance-profile/etl", "arn:aws:iam::123456789012:role/etl"])
def test_what_is_no_profile_fails_the_dry_run_and_is_none_without_it(primary: WorkspaceClient, arn: str) -> None:
    with pytest.raises(BadRequest, match=r"Verification of the instance profile failed\. AWS error"):
        primary.instance_profiles.add(arn)
    with pytest.raises(InvalidParameterValue, match="Invalid instance profile ARN"):
        primary.instance_profiles.add(arn, skip_validation=True)


def test_profiles_of_other_partitions_are_profiles(primary: WorkspaceClient) -> None:
    primary.instance_profiles.add("arn:aws-us-gov:iam::123456789012:instance-profile/path/to/etl+1=@x")
    assert len(list(primary.instance_profiles.list())) == 1


def test_a_cluster_needs_a_registered_profile_and_keeps_it_when_it_is_removed(
    emulator: Running, primary: WorkspaceClient
) -> None:
    with pytest.raises(InvalidParameterValue, match=f"Instance profile {ARN} is not registered"):
        _cluster(primary, ARN)
    primary.instance_profiles.add(ARN)
    key = _cluster(primary, ARN)
    emulator.control("clock", {"advance_ms": 10_000})
    primary.instance_profiles.remove(ARN)

    spec = {"cluster_name": "c", "num_workers": 2, **SPEC, "aws_attributes": {"instance_profile_arn": ARN}}
    primary.api_client.do("POST", "/api/2.1/clusters/edit", body={"cluster_id": key, **spec})
    with pytest.raises(InvalidParameterValue, match="is not registered"):
        _cluster(primary, ARN)
