"""Notification destinations on the wire: what opens the other side goes in and never comes out."""

import json
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service import settings

from fixtures.emulator.server import Running

SECRET = "hunter2-T0/B0"
HOOK = settings.Config(
    generic_webhook=settings.GenericWebhookConfig(url=f"https://hooks.example.com/{SECRET}", password=SECRET)
)
ROOT = "/api/2.0/notification-destinations"


def _mail(*addresses: str) -> settings.Config:
    return settings.Config(email=settings.EmailConfig(addresses=list(addresses)))


def _raw(workspace: WorkspaceClient, key: str | None) -> Any:
    return workspace.api_client.do("GET", f"{ROOT}/{key}")


def test_names_repeat_and_a_listing_has_no_configurations(primary: WorkspaceClient) -> None:
    api = primary.notification_destinations
    keys = [api.create(display_name="on call", config=_mail(f"{n}@example.com")).id for n in "ab"]

    listed = primary.api_client.do("GET", ROOT, query={"page_size": 1})

    assert isinstance(listed, dict)
    assert listed["results"] == [{"id": keys[0], "display_name": "on call", "destination_type": "EMAIL"}]
    assert [each.id for each in api.list(page_size=1)] == keys


def test_a_secret_is_told_to_be_set_and_never_shown(primary: WorkspaceClient) -> None:
    made = primary.notification_destinations.create(display_name="hook", config=HOOK)

    found = _raw(primary, made.id)

    assert found["config"] == {"generic_webhook": {"url_set": True, "password_set": True}}
    assert found["destination_type"] == "WEBHOOK"
    answers = [made.as_dict(), found, primary.api_client.do("GET", ROOT)]
    assert SECRET not in json.dumps(answers)


def test_a_configuration_is_replaced_as_a_whole_and_keeps_its_type(primary: WorkspaceClient) -> None:
    api = primary.notification_destinations
    key = str(api.create(display_name="hook", config=HOOK).id)

    api.update(key, display_name="hooked")
    assert _raw(primary, key)["config"] == {"generic_webhook": {"url_set": True, "password_set": True}}
    api.update(key, config=settings.Config(generic_webhook=settings.GenericWebhookConfig(url="https://example.com")))
    assert _raw(primary, key)["config"] == {"generic_webhook": {"url_set": True}}
    with pytest.raises(InvalidParameterValue, match="type"):
        api.update(key, config=_mail("a@example.com"))
    assert api.get(key).display_name == "hooked"


def test_another_secret_is_a_change_that_only_the_workspace_knows_of(
    primary: WorkspaceClient, emulator: Running
) -> None:
    key = str(primary.notification_destinations.create(display_name="hook", config=HOOK).id)
    state, before = emulator.emulator.apps["primary"].workspace.state, _raw(primary, key)
    digest = state.digest

    primary.notification_destinations.update(
        key,
        config=settings.Config(
            generic_webhook=settings.GenericWebhookConfig(url="https://other.example.com", password="x")
        ),
    )

    assert _raw(primary, key) == before
    assert state.digest != digest


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"display_name": "x"}, "config"),
        ({"config": {"email": {"addresses": ["a@example.com"]}}}, "display_name"),
        ({"display_name": "x", "config": {}}, "exactly one"),
        ({"display_name": "x", "config": {"slack": {"url_set": True}}}, r"config\.slack\.url"),
        ({"display_name": "x", "config": {"email": {"addresses": ["nobody"]}}}, "addresses"),
    ],
)
def test_what_makes_no_destination_is_refused(primary: WorkspaceClient, body: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParameterValue, match=words):
        primary.api_client.do("POST", ROOT, body=body)


def test_only_admins_write_and_see_configurations(primary: WorkspaceClient, emulator: Running) -> None:
    key = str(primary.notification_destinations.create(display_name="mail", config=_mail("a@example.com")).id)
    user = primary.users.create(user_name="ada@example.com")
    emulator.emulator.apps["primary"].workspace.tokens["dapi-ada"] = str(user.id)
    ada = WorkspaceClient(host=emulator.emulator.hosts["primary"], token="dapi-ada")

    assert ada.notification_destinations.get(key).config is None
    assert [each.id for each in ada.notification_destinations.list()] == [key]
    for write in (
        lambda: ada.notification_destinations.create(display_name="x", config=_mail("a@example.com")),
        lambda: ada.notification_destinations.update(key, display_name="y"),
        lambda: ada.notification_destinations.delete(key),
    ):
        with pytest.raises(PermissionDenied):
            write()


def test_what_is_deleted_is_gone(primary: WorkspaceClient) -> None:
    key = str(primary.notification_destinations.create(display_name="hook", config=HOOK).id)
    primary.notification_destinations.delete(key)
    with pytest.raises(ResourceDoesNotExist, match=key):
        primary.notification_destinations.get(key)
