"""Legacy dashboards on the wire."""

from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound, PermissionDenied
from databricks.sdk.service import iam, sql

from fixtures.emulator.server import Running

QUERIES = "/api/2.0/sql/queries"


def _board(emulator: Running, name: str = "b", **spec: Any) -> str:
    return str(emulator.control("primary/legacy-dashboard", {"name": name, **spec})["id"])


def _visualization(workspace: WorkspaceClient) -> str:
    body = {"query": {"display_name": "q", "query_text": "SELECT 1", "parent_path": "/Shared"}}
    query: Any = workspace.api_client.do("POST", QUERIES, body=body)
    made = workspace.query_visualizations_legacy.create(query_id=query["id"], type="CHART", options={"a": 1}, name="v")
    assert made.query
    assert made.query.id == query["id"]
    return str(made.id)


def test_one_is_listed_without_its_widgets_page_by_page(emulator: Running, primary: WorkspaceClient) -> None:
    keys = [_board(emulator, name) for name in ("Same — Name", "Same — Name", "other")]
    found = list(primary.dashboards.list(page_size=2))
    assert [(each.id, each.slug) for each in found] == list(
        zip(keys, ("same-name", "same-name_1", "other"), strict=True)
    )
    primary.dashboards.delete(keys[0])
    assert [each.id for each in primary.dashboards.list()] == keys[1:]
    assert primary.dashboards.get(keys[0]).is_archived
    primary.dashboards.restore(keys[0])
    assert len(list(primary.dashboards.list())) == len(keys)


def test_a_widget_shows_a_text_or_a_visualization(emulator: Running, primary: WorkspaceClient) -> None:
    key, shown = _board(emulator), _visualization(primary)
    at = sql.WidgetOptions(title="t", is_hidden=True, position=sql.WidgetPosition(col=0, row=1, size_x=3, size_y=8))
    made = primary.dashboard_widgets.create(key, at, 1, visualization_id=shown)
    (widget,) = primary.dashboards.get(key).widgets or []
    assert widget.visualization
    assert (widget.id, widget.visualization.id) == (made.id, shown)
    assert widget.options
    assert (widget.options.title, widget.options.is_hidden, widget.options.position) == ("t", True, at.position)
    primary.dashboard_widgets.update(str(made.id), key, at, 1, text="# T")
    (widget,) = primary.dashboards.get(key).widgets or []
    assert (widget.id, widget.visualization) == (made.id, None)
    with pytest.raises(InvalidParameterValue, match="a text or a visualization"):
        primary.dashboard_widgets.update(str(made.id), key, at, 1, text="# T", visualization_id=shown)
    with pytest.raises(NotFound, match="Visualization x"):
        primary.dashboard_widgets.create(key, at, 1, visualization_id="x")
    primary.dashboard_widgets.delete(str(made.id))
    assert not primary.dashboards.get(key).widgets
    with pytest.raises(NotFound):
        primary.dashboard_widgets.delete(str(made.id))


def test_one_is_changed_by_those_who_may(emulator: Running, primary: WorkspaceClient) -> None:
    ann = primary.users.create(user_name="ann@example.com")
    key = _board(emulator)
    primary.dashboards.update(key, name="c", tags=["t"], run_as_role=sql.RunAsRole.OWNER)
    found = primary.dashboards.get(key)
    assert (found.name, found.slug, found.tags, found.can_edit) == ("c", "b", ["t"], True)
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ann"] = str(ann.id)
    theirs = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ann")
    with pytest.raises(NotFound):
        theirs.dashboards.get(key)
    level = iam.AccessControlRequest(user_name="ann@example.com", permission_level=iam.PermissionLevel.CAN_RUN)
    primary.permissions.update("sql/dashboards", key, access_control_list=[level])
    assert theirs.dashboards.get(key).permission_tier is sql.PermissionLevel.CAN_RUN
    with pytest.raises(PermissionDenied):
        theirs.dashboards.update(key, name="d")
