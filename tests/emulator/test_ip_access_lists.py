"""IP access lists on the wire."""

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, InvalidParameterValue, InvalidState, ResourceAlreadyExists
from databricks.sdk.errors.platform import ResourceDoesNotExist
from databricks.sdk.service.settings import IpAccessListInfo, ListType

HERE = "127.0.0.0/8"


def _made(workspace: WorkspaceClient, label: str, kind: ListType, *addresses: str) -> IpAccessListInfo:
    found = workspace.ip_access_lists.create(label, kind, ip_addresses=list(addresses)).ip_access_list
    assert found is not None
    return found


def test_a_list_is_enabled_and_counted(primary: WorkspaceClient) -> None:
    assert primary.api_client.do("GET", "/api/2.0/ip-access-lists") == {}
    made = _made(primary, "office", ListType.ALLOW, "198.51.100.0/24", HERE)
    assert (made.label, made.list_type, made.enabled, made.address_count) == ("office", ListType.ALLOW, True, 2)
    assert list(primary.ip_access_lists.list()) == [made]
    assert primary.ip_access_lists.get(str(made.list_id)).ip_access_list == made


def test_a_list_is_changed_in_part_or_whole(primary: WorkspaceClient) -> None:
    key = str(_made(primary, "bad", ListType.BLOCK, "203.0.113.1").list_id)
    primary.ip_access_lists.update(key, enabled=False)
    found = primary.ip_access_lists.get(key).ip_access_list
    assert found is not None
    assert (found.enabled, found.ip_addresses, found.label) == (False, ["203.0.113.1"], "bad")

    primary.ip_access_lists.replace(key, "worse", ListType.BLOCK, enabled=True)
    found = primary.ip_access_lists.get(key).ip_access_list
    assert found is not None
    assert (found.enabled, found.ip_addresses, found.label, found.address_count) == (True, [], "worse", 0)
    with pytest.raises(InvalidParameterValue, match="Missing required field: enabled"):
        primary.api_client.do(
            "PUT", f"/api/2.0/ip-access-lists/{key}", body={"label": "x", "list_type": "BLOCK", "ip_addresses": []}
        )

    primary.ip_access_lists.delete(key)
    with pytest.raises(ResourceDoesNotExist, match=f"^Can't find an IP access list with id: {key}.$"):
        primary.ip_access_lists.get(key)


def test_type_and_label_are_taken_once(primary: WorkspaceClient) -> None:
    _made(primary, "x", ListType.BLOCK, "203.0.113.1")
    with pytest.raises(ResourceAlreadyExists, match=r"^IP access list with type \(BLOCK\) and label \(x\) already exi"):
        _made(primary, "x", ListType.BLOCK, "203.0.113.2")
    _made(primary, "x", ListType.ALLOW, HERE)


def test_nobody_shuts_himself_out(primary: WorkspaceClient) -> None:
    with pytest.raises(InvalidState):
        _made(primary, "a", ListType.ALLOW, "198.51.100.0/24")
    with pytest.raises(InvalidState):
        _made(primary, "b", ListType.BLOCK, HERE)
    key = str(_made(primary, "here", ListType.ALLOW, HERE).list_id)
    _made(primary, "a", ListType.ALLOW, "198.51.100.0/24")
    with pytest.raises(InvalidState):
        primary.ip_access_lists.delete(key)


def test_there_are_a_thousand_addresses_at_most(primary: WorkspaceClient) -> None:
    _made(primary, "many", ListType.BLOCK, *(f"203.0.{n // 256}.{n % 256}" for n in range(1000)))
    with pytest.raises(BadRequest) as caught:
        _made(primary, "one", ListType.BLOCK, "198.51.100.1")
    assert caught.value.error_code == "QUOTA_EXCEEDED"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"list_type": "ALLOW"}, "Missing required field: label"),
        ({"label": "x"}, "Missing required field: list_type"),
        ({"label": "x", "list_type": "MAYBE"}, "Invalid list_type: MAYBE"),
        ({"label": "x", "list_type": "BLOCK", "ip_addresses": ["a.b"]}, "Invalid IP address or CIDR: a.b"),
    ],
)
def test_a_wrong_list_is_refused(primary: WorkspaceClient, given: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        primary.api_client.do("POST", "/api/2.0/ip-access-lists", body=given)
