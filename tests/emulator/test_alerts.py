"""Alerts of Databricks SQL on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, ResourceAlreadyExists
from databricks.sdk.service import sql

ALERTS, QUERIES = "/api/2.0/sql/alerts", "/api/2.0/sql/queries"
CONDITION = {"op": "GREATER_THAN", "operand": {"column": {"name": "a"}}, "threshold": {"value": {"double_value": 1.5}}}
GIVEN = {"display_name": "a", "parent_path": "/Shared", "condition": CONDITION}


@pytest.fixture
def query(primary: WorkspaceClient) -> str:
    given = {"display_name": "q", "query_text": "SELECT 1", "parent_path": "/Shared"}
    answer: Any = primary.api_client.do("POST", QUERIES, body={"query": given})
    return str(answer["id"])


def _made(workspace: WorkspaceClient, query: str, **given: Any) -> str:
    answer: Any = workspace.api_client.do("POST", ALERTS, body={"alert": {**GIVEN, "query_id": query, **given}})
    return str(answer["id"])


def test_an_alert_is_kept_as_it_was_given(primary: WorkspaceClient, query: str) -> None:
    found = primary.alerts.get(_made(primary, query, notify_on_ok=False, seconds_to_retrigger=60, custom_subject="s"))
    assert (found.query_id, found.notify_on_ok, found.seconds_to_retrigger, found.custom_subject) == (
        query,
        False,
        60,
        "s",
    )
    assert found.condition == sql.AlertCondition.from_dict(CONDITION)
    assert (found.owner_user_name, found.state) == ("drill@example.com", sql.AlertState.UNKNOWN)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"query_id": "x"}, "Query x does not exist"),
        ({"condition": {}}, "an operator and a column"),
        ({"condition": {"op": "GREATER_THAN"}}, "an operator and a column"),
        ({"condition": {**CONDITION, "empty_result_state": "ODD"}}, "Unknown empty_result_state"),
    ],
)
def test_a_wrong_alert_is_refused(primary: WorkspaceClient, query: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidParameterValue, match=said):
        _made(primary, query, **given)
    key = _made(primary, query)
    with pytest.raises(InvalidParameterValue, match=said):
        primary.api_client.do("PATCH", f"{ALERTS}/{key}", body={"alert": given, "update_mask": ",".join(given)})


def test_an_alert_and_a_query_share_the_names_of_a_folder(primary: WorkspaceClient, query: str) -> None:
    with pytest.raises(ResourceAlreadyExists, match="Node named 'q' already exists"):
        _made(primary, query, display_name="q")
    key = _made(primary, query)
    assert [alert.id for alert in primary.alerts.list()] == [key]
    primary.alerts.delete(key)
    assert list(primary.alerts.list()) == []
