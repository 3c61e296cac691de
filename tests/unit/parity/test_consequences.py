"""Two snapshots compared: what follows from what, and is counted once."""

from typing import Any

import pytest

from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.outcome import Outcome
from tests.support.compared import Bench, entry, twice
from tests.support.snapshots import CALLERS

NO_ANSWER = Unreadable("PERMISSION_DENIED", "may not")
_ARN = "arn:aws:iam::123456789012:instance-profile/{}"


def test_a_renamed_object_explains_who_names_it(bench: Bench) -> None:
    """Missing under one key, extra under the other: both ends of the reference have no other end."""
    _, ids = twice(bench)
    bench.s.objects["clusters"][ids["cluster"]]["cluster_name"] = "etl2"
    told = bench.told()
    assert told["clusters:etl inventory"] == "missing"
    assert told["clusters:etl2 inventory"] == "extra"
    assert told["jobs:nightly definition"] == "different because of clusters:etl"


def test_more_than_one_cause_is_still_a_cause(bench: Bench) -> None:
    """Two missing objects: the job follows from the first, and stands for itself once anything else differs."""
    for side in bench.sides:
        tasks = [{"task_key": name, "existing_cluster_id": side.cluster(name)} for name in "ab"]
        side.job("nightly", tasks=tasks)
    bench.s.objects["clusters"].clear()
    assert bench.told()["jobs:nightly definition"] == "different because of clusters:a"
    next(iter(bench.s.objects["jobs"].values()))["settings"]["description"] = "changed"
    assert bench.told()["jobs:nightly definition"] == "different"


def test_one_of_those_who_are_told_is_missing(bench: Bench) -> None:
    """A list without order that names it follows from it; one that names nothing in the place of what is there does not."""
    for side in bench.sides:
        keys = [side.put("notification_destinations", {"display_name": name, "config": {}}) for name in "ab"]
        side.job("nightly", webhook_notifications={"on_failure": [{"id": key} for key in keys]})
    gone = next(iter(bench.s.objects["notification_destinations"]))
    missing = bench.s.objects["notification_destinations"].pop(gone)
    assert bench.told() == {
        "notification_destinations:a inventory": "missing",
        "jobs:nightly definition": "different because of notification_destinations:a",
        "jobs:nightly references": "different because of notification_destinations:a",
    }
    bench.s.objects["notification_destinations"][gone] = missing
    next(iter(bench.s.objects["jobs"].values()))["settings"]["webhook_notifications"]["on_failure"][1]["id"] = "nothing"
    assert bench.told() == {
        "jobs:nightly definition": "different",
        "jobs:nightly references": "different because of jobs:nightly",
    }


def test_a_missing_task_is_not_explained_by_what_it_names(bench: Bench) -> None:
    """Were the cluster there again, the task would still be missing."""
    ids = twice(bench)
    del bench.s.objects["clusters"][ids[1]["cluster"]]
    bench.s.objects["jobs"][ids[1]["job"]]["settings"]["tasks"] = []
    assert bench.told() == {"clusters:etl inventory": "missing", "jobs:nightly definition": "different"}


def test_a_value_of_another_type_is_not_explained_by_a_missing_object(bench: Bench) -> None:
    """Null in place of a reference is what it is."""
    ids = twice(bench)
    del bench.s.objects["clusters"][ids[1]["cluster"]]
    bench.s.objects["jobs"][ids[1]["job"]]["settings"]["tasks"][0]["existing_cluster_id"] = None
    assert bench.told()["jobs:nightly definition"] == "different"


def test_what_nests_a_lost_reference_follows_from_it_if_all_else_is_alike(bench: Bench) -> None:
    """A schedule that one may subscribe to: it follows from the user who is missing, until something else differs too."""
    for side in bench.sides:
        user = side.user("a@example.com")
        told = [{"subscriber": {"user_subscriber": {"user_id": user}}, "skip_notify": False}]
        side.put(
            "dashboards",
            {
                "path": "/board.lvdash.json",
                "serialized_dashboard": "{}",
                "schedules": [{"every": 1, "pause_status": "PAUSED", "subscriptions": told}],
            },
        )
    del bench.s.objects["users"][user]
    told = [{"subscriber": {"user_subscriber": {}}, "skip_notify": False}]
    [board] = bench.s.objects["dashboards"].values()
    board["schedules"] = [{"every": 1, "pause_status": "PAUSED", "subscriptions": told}]
    name = "dashboards:/board.lvdash.json schedules"
    assert bench.told()[name] == "different because of users:a@example.com"
    board["schedules"] = [{"every": 2, "pause_status": "PAUSED", "subscriptions": told}]
    assert bench.told()[name] == "different"


def test_a_role_that_is_only_a_name_where_its_profile_is_missing_follows_from_it(bench: Bench) -> None:
    """An entry of a list that has the name of what is missing; another name is a difference of its own."""
    for side in bench.sides:
        side.objects["instance_profiles"] = {_ARN.format("x"): {"instance_profile_arn": _ARN.format("x")}}
        side.put(
            "users", {"userName": "a@example.com", "roles": [{"value": _ARN.format("x")}, {"value": _ARN.format("y")}]}
        )
    bench.s.objects["instance_profiles"].clear()
    assert (
        bench.told()["users:a@example.com definition"] == f"different because of instance_profiles:{_ARN.format('x')}"
    )
    next(iter(bench.s.objects["users"].values()))["roles"][0]["value"] = _ARN.format("z")
    assert bench.told()["users:a@example.com definition"] == "different"


def test_permissions_inherited_from_a_folder_follow_from_the_folder(bench: Bench) -> None:
    """A level changed on a folder is counted there, and shown as the one permission that it is."""
    _, ids = twice(bench)
    for kind, name, folder in (("directories", "shared", ""), ("notebooks", "notebook", ids["shared"])):
        acl = [entry("ada@x", "CAN_RUN", folder)]
        bench.s.rest["permissions"][kind, ids[name]]["access_control_list"] = acl
    records = bench.records()
    assert {name: r.because_of for name, r in records.items()} == {
        "directories:/Shared permissions": "",
        "notebooks:/Shared/etl permissions": "directories:/Shared",
    }
    (found,) = records["directories:/Shared permissions"].differences
    assert found.path == "access_control_list[].all_permissions[]"
    assert found.primary == {"permission_level": "CAN_MANAGE", "inherited": False}
    assert found.secondary == {"permission_level": "CAN_RUN", "inherited": False}


def test_permissions_inherited_through_folders_follow_from_the_topmost(bench: Bench) -> None:
    """The chain is followed to its end."""
    for side, level in zip(bench.sides, ("CAN_RUN", "CAN_EDIT"), strict=True):
        side.user("ada@x")
        top = side.folder("/a", [entry("ada@x", level)])
        inner = side.folder("/a/b", [entry("ada@x", level, top)])
        side.notebook("/a/b/n", [entry("ada@x", level, inner)])
    assert bench.told() == {
        "directories:/a permissions": "different",
        "directories:/a/b permissions": "different because of directories:/a",
        "notebooks:/a/b/n permissions": "different because of directories:/a",
    }


def test_a_folder_of_equal_permissions_explains_nothing(bench: Bench) -> None:
    """What is inherited from a folder that grants the same on both sides can't be the folder's doing."""
    _, ids = twice(bench)
    acl = [entry("ada@x", "CAN_RUN", ids["shared"])]
    bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"] = acl
    assert bench.told() == {"notebooks:/Shared/etl permissions": "different"}


def test_a_folder_that_could_not_be_read_explains_nothing(bench: Bench) -> None:
    """Nothing follows from what nobody knows."""
    _, ids = twice(bench)
    acl = [entry("ada@x", "CAN_RUN", ids["shared"])]
    bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"] = acl
    bench.s.rest["permissions"]["directories", ids["shared"]] = NO_ANSWER
    assert bench.told()["notebooks:/Shared/etl permissions"] == "different"


def test_direct_permissions_are_not_explained_by_a_folder(bench: Bench) -> None:
    """A direct grant is the object's own, whatever its folder grants."""
    _, ids = twice(bench)
    bench.s.rest["permissions"]["directories", ids["shared"]]["access_control_list"] = []
    acl = bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"]
    acl[0]["all_permissions"] = [{"permission_level": "CAN_EDIT"}]
    assert bench.told()["notebooks:/Shared/etl permissions"] == "different"


def test_a_missing_folder_explains_what_was_inherited_from_it(bench: Bench) -> None:
    """An entry whose every permission came from a folder that is missing."""
    _, ids = twice(bench)
    del bench.s.objects["directories"][ids["shared"]]
    bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"] = []
    bench.s.folder("/Other")
    for side in bench.sides:
        side.objects["directories"] = {
            key: {**document, "path": document["path"].replace("/Shared", "/Team")}
            for key, document in side.objects["directories"].items()
        }
    assert bench.told() == {
        "directories:/Team inventory": "missing",
        "directories:/Other inventory": "extra",
        "notebooks:/Shared/etl permissions": "different because of directories:/Team",
    }


@pytest.mark.parametrize("first", [0, 1])
def test_findings_that_follow_from_each_other_are_counted(bench: Bench, first: int) -> None:
    """A ring of folders: each stands for itself, whichever is judged first; what hangs on the ring follows from it."""
    for side, level in zip(bench.sides, ("CAN_RUN", "CAN_EDIT"), strict=True):
        side.user("ada@x")
        folders = [side.folder(path) for path in ("/a", "/b", "/own")]
        for one, other in ((0, 1), (1, 0), (2, 2)):
            acl = side.rest["permissions"]["directories", folders[one]]["access_control_list"]
            acl.append(entry("ada@x", level, folders[other]))
        side.notebook("/n", [entry("ada@x", level, folders[0])])
    comparison = bench.compare()
    pairs = sorted(
        (p for p in comparison.pairs if p.kind in ("directories", "notebooks")), reverse=bool(first), key=str
    )
    causes = {p.label: comparison.judge(p, "permissions").because_of for p in pairs}
    assert causes.pop("/n") in ("directories:/a", "directories:/b")
    assert causes == {"/a": "", "/b": "", "/own": ""}
    assert bench.told()["directories:/a permissions"] == "different"


def test_nothing_follows_from_what_is_green(bench: Bench) -> None:
    """The primary's caller need not be on the secondary; a job that runs as it differs all the same."""
    for side in bench.sides:
        job = side.job("nightly")
        side.objects["jobs"][job]["run_as_user_name"] = "copier@primary.example"
    caller = CALLERS["primary"]["id"]
    bench.p.objects["users"] = {caller: {"id": caller, "userName": "copier@primary.example"}}
    records = bench.records()
    assert records["users:copier@primary.example inventory"].outcome is Outcome.EXPECTED
    assert records["jobs:nightly definition"].counted


def test_a_home_without_its_user_follows_from_the_user(bench: Bench) -> None:
    """A home that is there under the same path is that home, also where its user is missing."""
    for side in bench.sides:
        side.folder("/Users/ada@x")
    bench.p.user("ada@x")
    assert bench.told() == {
        "users:ada@x inventory": "missing",
        "directories:/Users/ada@x definition": "different because of users:ada@x",
    }


def test_an_outsider_that_is_a_user_of_one_side_only(bench: Bench) -> None:
    """Plain text is explained by a missing user only if it is that user's name."""
    for side, name in zip(bench.sides, ("ada@x", "bob@x"), strict=True):
        side.job("nightly", email_notifications={"on_start": [name]})
        side.folder("/Users/ada@x")
    bench.p.user("ada@x")
    assert bench.told()["jobs:nightly definition"] == "different"


@pytest.mark.parametrize(
    ("spelled", "because"),
    [
        ("Ann@x", " because of users:ann@x"),
        pytest.param("bob@x", "", id="another"),
        pytest.param({"ann@x": 1}, "", id="no text"),
    ],
)
def test_a_name_among_others_follows_from_its_user(bench: Bench, spelled: Any, because: str) -> None:
    """In a list without order the name is too many on one side where the reference is too few."""
    bench.p.user("ann@x")
    for side, first in zip(bench.sides, ("ann@x", spelled), strict=True):
        side.user("carl@x")
        side.job("mailing", email_notifications={"on_failure": ["carl@x", "partner@y", first]})

    told = bench.told()

    assert told["users:ann@x inventory"] == "missing"
    assert told["jobs:mailing definition"] == f"different{because}"
