"""Permissions on the wire, on object types of the tests' own and on clusters."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from fixtures.emulator import acl, principals
from fixtures.emulator.acl import Securable
from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running
from fixtures.emulator.state import Document, Workspace

ANN, BOB, ROBOT = "ann@example.com", "bob@example.com", "11111111-2222-4333-8444-555555555555"
TREE = ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")


def _anything(_workspace: Workspace, _key: str) -> None:
    """Every object exists."""


def _folders(_workspace: Workspace, key: str) -> list[str]:
    return {"21": ["/folders/20", "/folders/2", "/folders/0"], "20": ["/folders/2", "/folders/0"]}.get(key, [])


def _home(_workspace: Workspace, key: str) -> list[Document]:
    return [{"principal": "1", "level": "CAN_MANAGE"}] if key == "20" else []


TYPES = (
    Securable("tasks", "task", ("CAN_VIEW", "CAN_MANAGE_RUN", "IS_OWNER", "CAN_MANAGE"), _anything, owned=True),
    Securable(
        "sql/engines",
        "engines",
        ("CAN_USE", "CAN_MANAGE", "IS_OWNER"),
        _anything,
        owned=True,
        keeps_owner=True,
        aliases=("engines",),
    ),
    Securable("access/keys", "keys", ("CAN_USE", "CAN_MANAGE"), _anything, single=True),
    Securable("rules", "rule", ("CAN_USE",), _anything, admin_level="CAN_USE", root="/rules/rules"),
    Securable(
        "folders",
        "folder",
        TREE,
        _anything,
        parents=_folders,
        top="0",
        top_text="Cannot remove admins's CAN_MANAGE permission on {key}",
        standing=_home,
    ),
)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acl, "SECURABLES", dict(acl.SECURABLES))
    monkeypatch.setattr(acl, "_BY_NAME", dict(acl._BY_NAME))
    for securable in TYPES:
        acl.register(securable)


@pytest.fixture(autouse=True)
def here(emulator: Running) -> Workspace:
    """The primary workspace with two users, a service principal and a group."""
    workspace = emulator.emulator.apps["primary"].workspace
    for key, name in (("1", ANN), ("2", BOB)):
        principals.store(workspace.state, principals.USERS, {"id": key, "userName": name, "displayName": name[:3]})
    principals.store(
        workspace.state, principals.SERVICE_PRINCIPALS, {"id": "3", "applicationId": ROBOT, "displayName": "robot"}
    )
    principals.store(workspace.state, principals.GROUPS, {"id": "4", "displayName": "team"})
    principals.join(workspace.state, "4", "2")
    return workspace


def _ask(level: str, **who: str) -> AccessControlRequest:
    return AccessControlRequest(permission_level=PermissionLevel(level), **who)


def _lines(workspace: WorkspaceClient, kind: str, key: str) -> dict[str, list[tuple[str, str | None]]]:
    """Return level and origin (None: direct) of each entry by principal."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for line in workspace.permissions.get(kind, key).access_control_list or []:
        name = str(line.user_name or line.group_name or line.service_principal_name)
        found[name] = [
            (
                str(p.permission_level.value if p.permission_level else ""),
                p.inherited_from_object[0] if p.inherited_from_object else None,
            )
            for p in line.all_permissions or []
        ]
    return found


@contextlib.contextmanager
def _refused(code: str, text: str, kind: type[Exception] = InvalidParameterValue) -> Iterator[None]:
    with pytest.raises(kind, match=text) as caught:
        yield
    assert getattr(caught.value, "error_code", None) == code


def test_the_golden_shape(primary: WorkspaceClient) -> None:
    primary.permissions.set("tasks", "12", access_control_list=[_ask("IS_OWNER", user_name=ANN)])

    assert primary.api_client.do("GET", "/api/2.0/permissions/tasks/12") == {
        "object_id": "/tasks/12",
        "object_type": "task",
        "access_control_list": [
            {
                "user_name": ANN,
                "display_name": "ann",
                "all_permissions": [{"permission_level": "IS_OWNER", "inherited": False}],
            },
            {
                "group_name": "admins",
                "all_permissions": [
                    {"permission_level": "CAN_MANAGE", "inherited": True, "inherited_from_object": ["/tasks/"]}
                ],
            },
        ],
    }


def test_a_clusters_creator_manages_it(primary: WorkspaceClient) -> None:
    cluster_id = str(
        primary.clusters.create(spark_version="15.4.x-scala2.12", node_type_id="i3.xlarge", num_workers=1).cluster_id
    )
    assert _lines(primary, "clusters", cluster_id) == {
        CALLER: [("CAN_MANAGE", None)],
        "admins": [("CAN_MANAGE", "/clusters/")],
    }
    levels = primary.clusters.get_permission_levels(cluster_id).permission_levels or []
    assert [str(level.permission_level and level.permission_level.value) for level in levels] == [
        "CAN_ATTACH_TO",
        "CAN_RESTART",
        "CAN_MANAGE",
    ]
    with _refused("INVALID_PARAMETER_VALUE", "^Cluster nope does not exist$"):
        primary.permissions.get("clusters", "nope")


def test_put_replaces_and_patch_adds_and_raises(primary: WorkspaceClient) -> None:
    primary.permissions.set(
        "folders",
        "9",
        access_control_list=[
            _ask("CAN_MANAGE", user_name=ANN),
            _ask("CAN_READ", service_principal_name=ROBOT),
            _ask("CAN_EDIT", user_name=ANN.upper()),
        ],
    )
    assert _lines(primary, "folders", "9") == {
        ANN: [("CAN_EDIT", None)],
        ROBOT: [("CAN_READ", None)],
        "admins": [("CAN_MANAGE", "/folders/")],
    }
    primary.permissions.update(
        "folders",
        "9",
        access_control_list=[
            _ask("CAN_READ", user_name=ANN),
            _ask("CAN_RUN", service_principal_name=ROBOT),
            _ask("CAN_READ", group_name="team"),
        ],
    )
    assert _lines(primary, "folders", "9") == {
        ANN: [("CAN_EDIT", None)],
        ROBOT: [("CAN_RUN", None)],
        "team": [("CAN_READ", None)],
        "admins": [("CAN_MANAGE", "/folders/")],
    }
    primary.permissions.set("folders", "9", access_control_list=[])
    assert _lines(primary, "folders", "9") == {"admins": [("CAN_MANAGE", "/folders/")]}


def test_what_is_inherited_is_shown_with_its_origin_and_stays(primary: WorkspaceClient) -> None:
    """One line a principal; the owner of a home manages it whatever is set."""
    primary.permissions.set("folders", "2", access_control_list=[_ask("CAN_READ", group_name="team")])
    primary.permissions.update("folders", "0", access_control_list=[_ask("CAN_RUN", user_name=BOB)])
    primary.permissions.set("folders", "21", access_control_list=[_ask("CAN_EDIT", group_name="team")])
    primary.permissions.set("folders", "20", access_control_list=[])

    assert _lines(primary, "folders", "21") == {
        "team": [("CAN_EDIT", None), ("CAN_READ", "/folders/2")],
        ANN: [("CAN_MANAGE", "/folders/20")],
        BOB: [("CAN_RUN", "/folders/")],
        "admins": [("CAN_MANAGE", "/folders/")],
    }
    assert _lines(primary, "folders", "20")[ANN] == [("CAN_MANAGE", "/folders/")]


def test_exactly_one_owner(primary: WorkspaceClient) -> None:
    text = r"^The task must have exactly one owner\.$"
    for entries in (
        [_ask("CAN_VIEW", user_name=ANN)],
        [_ask("CAN_MANAGE", group_name="admins")],
        [_ask("IS_OWNER", user_name=ANN), _ask("IS_OWNER", user_name=BOB)],
    ):
        with _refused("INVALID_PARAMETER_VALUE", text):
            primary.permissions.set("tasks", "1", access_control_list=entries)
    with _refused("INVALID_PARAMETER_VALUE", "^Group 'team' cannot be the owner of a task"):
        primary.permissions.set("tasks", "1", access_control_list=[_ask("IS_OWNER", group_name="team")])
    primary.permissions.update("tasks", "1", access_control_list=[_ask("CAN_VIEW", user_name=BOB)])
    primary.permissions.update("tasks", "1", access_control_list=[_ask("IS_OWNER", user_name=ANN)])
    with _refused("INVALID_PARAMETER_VALUE", text):
        primary.permissions.update("tasks", "1", access_control_list=[_ask("IS_OWNER", user_name=BOB)])
    primary.permissions.set("tasks", "1", access_control_list=[])
    assert _lines(primary, "tasks", "1") == {ANN: [("IS_OWNER", None)], "admins": [("CAN_MANAGE", "/tasks/")]}


def test_a_type_may_keep_its_owner(primary: WorkspaceClient) -> None:
    with _refused(
        "INVALID_PARAMETER_VALUE", "^PUT requests for engine e1 with no existing owner must provide a new owner"
    ):
        primary.permissions.set("engines", "e1", access_control_list=[_ask("CAN_USE", user_name=BOB)])
    primary.permissions.set("sql/engines", "e1", access_control_list=[_ask("IS_OWNER", user_name=ANN)])
    primary.permissions.set("engines", "e1", access_control_list=[_ask("CAN_USE", user_name=BOB)])

    assert primary.permissions.get("engines", "e1").object_id == "/sql/engines/e1"
    assert _lines(primary, "sql/engines", "e1") == {
        ANN: [("IS_OWNER", None)],
        BOB: [("CAN_USE", None)],
        "admins": [("CAN_MANAGE", "/sql/engines/")],
    }


def test_admins_cannot_be_lowered(primary: WorkspaceClient) -> None:
    assert _lines(primary, "access", "keys") == {"admins": [("CAN_MANAGE", None)]}
    assert primary.permissions.get("access", "keys").object_id == "/access/keys"
    assert _lines(primary, "rules", "r") == {"admins": [("CAN_USE", "/rules/rules")]}
    with _refused("INVALID_PARAMETER_VALUE", "^Cannot change permissions for group 'admins' to None"):
        primary.permissions.set("access", "keys", access_control_list=[_ask("CAN_USE", group_name="team")])
    with _refused("INVALID_PARAMETER_VALUE", "^Cannot remove admins's CAN_MANAGE permission on 0$"):
        primary.permissions.set("folders", "0", access_control_list=[_ask("CAN_READ", group_name="team")])
    with _refused("INVALID_PARAMETER_VALUE", "^Cannot change permissions for group 'admins' to CAN_READ"):
        primary.permissions.update("folders", "9", access_control_list=[_ask("CAN_READ", group_name="admins")])
    primary.permissions.set(
        "access",
        "keys",
        access_control_list=[_ask("CAN_USE", group_name="team"), _ask("CAN_MANAGE", group_name="admins")],
    )
    assert _lines(primary, "access", "keys") == {"team": [("CAN_USE", None)], "admins": [("CAN_MANAGE", None)]}


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ({"user_name": "no@example.com"}, r"^Principal: UserName\(no@example\.com\) does not exist$"),
        ({"group_name": "nobody"}, r"^Principal: GroupName\(nobody\) does not exist$"),
        ({"service_principal_name": "x"}, r"^Principal: ServicePrincipalName\(x\) does not exist$"),
    ],
)
def test_an_unknown_principal_is_refused(primary: WorkspaceClient, who: dict[str, str], text: str) -> None:
    with _refused("RESOURCE_DOES_NOT_EXIST", text, ResourceDoesNotExist):
        primary.permissions.update("folders", "9", access_control_list=[_ask("CAN_READ", **who)])


def test_blank_principals_and_wrong_levels_are_refused(primary: WorkspaceClient) -> None:
    with _refused("INVALID_PARAMETER_VALUE", "^Principal name not defined$"):
        primary.permissions.update("folders", "9", access_control_list=[_ask("CAN_READ")])
    with _refused("INVALID_PARAMETER_VALUE", r"\[CAN_READ, CAN_RUN, CAN_EDIT, CAN_MANAGE\]"):
        primary.permissions.update("folders", "9", access_control_list=[_ask("CAN_USE", user_name=ANN)])
    with _refused("INVALID_PARAMETER_VALUE", "'nothing' is not a supported object type"):
        primary.permissions.get("nothing", "9")


def test_entries_of_principals_that_are_gone_are_not_shown(primary: WorkspaceClient, here: Workspace) -> None:
    primary.permissions.set(
        "tasks",
        "1",
        access_control_list=[_ask("IS_OWNER", user_name=ANN), _ask("CAN_VIEW", user_name=BOB)],
    )
    for key in ("1", "2"):
        here.state.delete(principals.USERS, key)

    assert _lines(primary, "tasks", "1") == {"admins": [("CAN_MANAGE", "/tasks/")]}
    primary.permissions.update("tasks", "1", access_control_list=[_ask("IS_OWNER", user_name=CALLER)])
    assert _lines(primary, "tasks", "1")[CALLER] == [("IS_OWNER", None)]


def test_who_may_write(emulator: Running, primary: WorkspaceClient, here: Workspace) -> None:
    here.tokens["dapi-bob"] = "2"
    bob = WorkspaceClient(config=Config(host=emulator.emulator.hosts["primary"], token="dapi-bob"))
    wish: list[Any] = [_ask("CAN_READ", user_name=ANN)]
    primary.permissions.update("folders", "2", access_control_list=[_ask("CAN_EDIT", group_name="team")])
    with pytest.raises(PermissionDenied) as caught:
        bob.permissions.update("folders", "20", access_control_list=wish)
    assert caught.value.error_code == "PERMISSION_DENIED"

    primary.permissions.update("folders", "2", access_control_list=[_ask("CAN_MANAGE", group_name="team")])
    bob.permissions.update("folders", "20", access_control_list=wish)
    assert _lines(primary, "folders", "20")[ANN][0] == ("CAN_READ", None)


def test_reading_writes_nothing_and_the_old_prefix_answers_the_same(
    emulator: Running, primary: WorkspaceClient
) -> None:
    primary.permissions.set("folders", "9", access_control_list=[_ask("CAN_READ", user_name=ANN)])
    answers = [primary.api_client.do("GET", f"/api/2.0/{p}permissions/folders/9") for p in ("", "preview/")]
    assert answers[0] == answers[1]
    primary.permissions.get_permission_levels("folders", "9")
    assert [entry["write"] for entry in emulator.control("primary/log")][-4:] == [True, False, False, False]
