"""Dashboards on the wire."""

import base64
import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import AlreadyExists, BadRequest, DatabricksError, InvalidParameterValue, NotFound
from databricks.sdk.service import dashboards

BOARDS = "/api/2.0/lakeview/dashboards"
DAILY = dashboards.CronSchedule("0 0 8 * * ?", "UTC")
PAGES = {"pages": [{"name": "p"}, {"name": "f", "pageType": "PAGE_TYPE_GLOBAL_FILTERS"}]}


def _made(workspace: WorkspaceClient, **given: Any) -> str:
    body = {"display_name": "d", "parent_path": "/Shared", **given}
    answer: Any = workspace.api_client.do("POST", BOARDS, body=body)
    return str(answer["dashboard_id"])


def test_a_draft_is_kept_as_the_service_writes_it(primary: WorkspaceClient) -> None:
    key = _made(primary, serialized_dashboard=json.dumps(PAGES))
    found = primary.lakeview.get(key)
    text = str(found.serialized_dashboard)
    assert text.endswith("\n")
    assert [page["pageType"] for page in json.loads(text)["pages"]] == ["PAGE_TYPE_CANVAS", "PAGE_TYPE_GLOBAL_FILTERS"]
    exported = primary.workspace.export("/Shared/d.lvdash.json").content
    assert base64.b64decode(str(exported)).decode() == text
    assert [(each.dashboard_id, each.serialized_dashboard) for each in primary.lakeview.list()] == [(key, None)]


def test_datasets_get_a_catalog_where_the_request_says_so(primary: WorkspaceClient) -> None:
    given = dashboards.Dashboard(display_name="d", serialized_dashboard='{"datasets": [{"name": "a"}]}')
    made = primary.lakeview.create(given, dataset_catalog="main", dataset_schema="sales")
    assert json.loads(str(made.serialized_dashboard))["datasets"] == [
        {"name": "a", "catalog": "main", "schema": "sales"}
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"serialized_dashboard": "{"}, "not valid JSON"),
        ({"serialized_dashboard": {"a": 1}}, "unexpected value for serialized_dashboard"),
        ({"warehouse_id": "x"}, "Warehouse x does not exist"),
        ({"parent_path": "/Nowhere"}, "doesn't exist"),
    ],
)
def test_a_wrong_dashboard_is_refused(primary: WorkspaceClient, given: dict[str, Any], said: str) -> None:
    with pytest.raises(DatabricksError, match=said):
        _made(primary, **given)
    assert list(primary.lakeview.list()) == []


def test_an_update_needs_no_etag_but_a_right_one_where_it_has_one(primary: WorkspaceClient) -> None:
    key = _made(primary)
    etag = primary.lakeview.get(key).etag
    renamed = primary.lakeview.update(key, dashboards.Dashboard(display_name="e", etag=etag))
    assert renamed.path == "/Shared/e.lvdash.json"
    with pytest.raises(DatabricksError, match="was changed since"):
        primary.lakeview.update(key, dashboards.Dashboard(display_name="f", etag=etag))
    _made(primary)
    with pytest.raises(AlreadyExists):
        primary.lakeview.update(key, dashboards.Dashboard(display_name="d"))


def test_what_is_published_is_what_was_drafted_then(primary: WorkspaceClient) -> None:
    key = _made(primary)
    with pytest.raises(NotFound, match="Unable to find published dashboard"):
        primary.lakeview.unpublish(key)
    primary.lakeview.publish(key, embed_credentials=True)
    primary.lakeview.update(key, dashboards.Dashboard(display_name="e"))
    found = primary.lakeview.get_published(key)
    assert (found.display_name, found.embed_credentials) == ("d", True)
    primary.lakeview.trash(key)
    assert primary.lakeview.get(key).lifecycle_state is dashboards.LifecycleState.TRASHED
    with pytest.raises(NotFound):
        primary.lakeview.get_published(key)
    assert list(primary.workspace.list("/Shared")) == list(primary.lakeview.list()) == []


def test_schedules_and_who_is_told(primary: WorkspaceClient) -> None:
    key, me = _made(primary), int(str(primary.current_user.me().id))
    made = primary.lakeview.create_schedule(key, dashboards.Schedule(DAILY))
    schedule = str(made.schedule_id)
    assert made.pause_status is dashboards.SchedulePauseStatus.UNPAUSED
    whom = dashboards.Subscriber(user_subscriber=dashboards.SubscriptionSubscriberUser(me))
    told = primary.lakeview.create_subscription(key, schedule, dashboards.Subscription(whom))
    assert [each.subscriber for each in primary.lakeview.list_subscriptions(key, schedule)] == [whom]
    paused = dashboards.Schedule(DAILY, pause_status=dashboards.SchedulePauseStatus.PAUSED, etag=made.etag)
    assert primary.lakeview.update_schedule(key, schedule, paused).etag != made.etag
    with pytest.raises(DatabricksError, match="was changed since"):
        primary.lakeview.update_schedule(key, schedule, paused)
    primary.lakeview.delete_subscription(key, schedule, str(told.subscription_id))
    with pytest.raises(NotFound):
        primary.lakeview.get_subscription(key, schedule, str(told.subscription_id))
    primary.lakeview.delete_schedule(key, schedule)
    assert list(primary.lakeview.list_schedules(key)) == []


def test_wrong_schedules_and_subscriptions_are_refused(primary: WorkspaceClient) -> None:
    key, path = _made(primary), ""
    for wrong in (dashboards.CronSchedule("daily", "UTC"), dashboards.CronSchedule("0 0 8 * * ?", "Moon")):
        with pytest.raises(InvalidParameterValue, match="Invalid cron_schedule"):
            primary.lakeview.create_schedule(key, dashboards.Schedule(wrong))
    body = {"cron_schedule": DAILY.as_dict(), "pause_status": "RESTING"}
    with pytest.raises(InvalidParameterValue, match="pause_status"):
        primary.api_client.do("POST", f"{BOARDS}/{key}/schedules", body=body)
    made = [primary.lakeview.create_schedule(key, dashboards.Schedule(DAILY)) for _ in range(10)]
    with pytest.raises(InvalidParameterValue, match="limited to 10 schedules"):
        primary.lakeview.create_schedule(key, dashboards.Schedule(DAILY))
    path = f"{BOARDS}/{key}/schedules/{made[0].schedule_id}/subscriptions"
    for subscriber, said in (({}, "a user or a destination"), ({"user_subscriber": {"user_id": 1}}, "does not exist")):
        with pytest.raises((BadRequest, NotFound), match=said):
            primary.api_client.do("POST", path, body={"subscriber": {"a": 1, **subscriber}})
