"""Two snapshots compared: what is judged, what follows from what, and what can't be said."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import Catalogue, Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.comparison import INVENTORY, LISTING, REFERENCES, SAFETY, Comparison, Form
from lakedrill.parity.mapping import Mapping, Row
from lakedrill.parity.outcome import SIGHT, Colour, Outcome, Record, Verdict, judge
from lakedrill.parity.pairing import Fate, Pair
from tests.support.snapshots import CALLERS, WORKSPACES, build

NO_ANSWER = Unreadable("PERMISSION_DENIED", "may not")
DISABLED = Unreadable("FEATURE_DISABLED", "is off here")
_ARN = "arn:aws:iam::123456789012:instance-profile/{}"


class Estate:
    """One side in the making. Ids are numbered from a start, so that no two objects share one."""

    def __init__(self, role: str, start: int) -> None:
        self.role = role
        self.ids = itertools.count(start)
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.rest: dict[str, Any] = {"permissions": {}, "contents": {}, "unreadable": {}, "failed": {}}

    def put(self, kind: str, document: dict[str, Any], acl: Any = (), content: Any = b"") -> str:
        key = f"{next(self.ids)}"
        id_field = {"jobs": "job_id", "clusters": "cluster_id", "dashboards": "dashboard_id"}.get(
            kind, "object_id" if "path" in document else "id"
        )
        self.objects.setdefault(kind, {})[key] = {id_field: int(key) if kind == "jobs" else key, **document}
        self.rest["permissions"][kind, key] = (
            acl if isinstance(acl, Unreadable) else {"object_id": f"/{kind}/{key}", "access_control_list": list(acl)}
        )
        self.rest["contents"][kind, key] = content
        return key

    def user(self, name: str) -> str:
        return self.put("users", {"userName": name})

    def cluster(self, name: str, **rest: Any) -> str:
        fields = {"cluster_name": name, "state": "TERMINATED", "pinned_by_user_name": "1", "libraries": []}
        return self.put("clusters", {**fields, **rest})

    def job(self, name: str, acl: Any = (), **settings: Any) -> str:
        return self.put("jobs", {"settings": {"name": name, **settings}}, acl)

    def folder(self, path: str, acl: Any = ()) -> str:
        return self.put("directories", {"path": path}, acl)

    def notebook(self, path: str, acl: Any = (), content: Any = b"") -> str:
        return self.put("notebooks", {"path": path}, acl, content)


def _entry(user: str, level: str, folder: str = "") -> dict[str, Any]:
    permission: dict[str, Any] = {"permission_level": level}
    if folder:
        permission |= {"inherited": True, "inherited_from_object": [f"/directories/{folder}"]}
    return {"user_name": user, "all_permissions": [permission]}


class Bench:
    """Both estates, compared when first asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.p, self.s = Estate("primary", 10**9), Estate("secondary", 2 * 10**9)
        self.sides = (self.p, self.s)
        self.catalogue = CATALOGUE

    def compare(self, **rest: Any) -> Comparison:
        snapshots = [build(self.folder / side.role, side.role, side.objects, **side.rest) for side in self.sides]
        return Comparison(*snapshots, self.catalogue, **rest)

    def records(self, **rest: Any) -> dict[str, Record]:
        """Everything that is not equal, by `kind:key aspect`, judged as a drill is."""
        comparison = self.compare(**rest)
        everything = [_judge(comparison, slot) for slot in comparison.slots()]
        judgement = judge(comparison.slots(), everything)
        findings = [record for record in judgement.records if record.outcome.colour is not Colour.GREEN]
        assert bool(findings) == (judgement.verdict is not Verdict.READY), (
            "a finding is never green, and only findings are"
        )
        assert not findings or any(record.counted for record in findings), (
            "something is counted whenever anything is wrong"
        )
        assert list(judgement.records) == everything, "judging alone has left nothing to be counted after all"
        return {f"{r.name} {r.aspect}": r for r in everything if r.outcome is not Outcome.EQUAL}

    def told(self, **rest: Any) -> dict[str, str]:
        """Every record that is not equal: its outcome, and what it follows from."""
        return {
            name: f"{record.outcome.value}{f' because of {record.because_of}' if record.because_of else ''}"
            for name, record in self.records(**rest).items()
        }


def _judge(comparison: Comparison, slot: Any) -> Record:
    if slot.aspect == SIGHT:
        return next(record for record in comparison.judge_sight() if record.key == slot.key)
    if slot.aspect == LISTING:
        return comparison.judge_listing(slot.key, slot.kind)
    return comparison.judge(comparison.pairs[slot.pair], slot.aspect)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def _both(bench: Bench) -> list[dict[str, str]]:
    """The same small workspace twice, under different ids."""
    ids = []
    for side in bench.sides:
        user = side.user("ada@x")
        shared = side.folder("/Shared", [_entry("ada@x", "CAN_MANAGE")])
        notebook = side.notebook("/Shared/etl", [_entry("ada@x", "CAN_MANAGE", shared)], b"select 1")
        cluster = side.cluster("etl")
        tasks = [{"task_key": "a", "existing_cluster_id": cluster, "notebook_task": {"notebook_path": "/Shared/etl"}}]
        job = side.job("nightly", [_entry("ada@x", "IS_OWNER")], tasks=tasks)
        side.objects["jobs"][job]["run_as_user_name"] = "ada@x"
        ids.append({"user": user, "shared": shared, "notebook": notebook, "cluster": cluster, "job": job})
    return ids


def test_two_workspaces_that_differ_in_ids_only_are_equal(bench: Bench) -> None:
    """Nothing but ids differs: every slot is equal, every facet is judged, the state never as such."""
    _both(bench)
    assert bench.told() == {}
    comparison = bench.compare()
    job = next(p for p in comparison.pairs if p.kind == "jobs")
    assert comparison.aspects(job) == (INVENTORY, "definition", "permissions", REFERENCES, SAFETY)
    cluster = next(p for p in comparison.pairs if p.kind == "clusters")
    assert "state" not in comparison.aspects(cluster)
    assert comparison.pair_of_primary(job.primary or 0) is comparison.pair_of_secondary(job.secondary or 0) is job


def test_pairs_that_were_made_before_are_taken_as_they_are(bench: Bench) -> None:
    """A worker judges by the controller's pairing and makes none of its own."""
    _both(bench)
    assert bench.compare(pairs=[]).pairs == []


def test_an_unknown_posture_is_refused(bench: Bench) -> None:
    """A misspelt posture would otherwise mean that nothing has to stand still."""
    with pytest.raises(ValueError, match="stanby"):
        bench.compare(stance="stanby")


def test_a_missing_object_is_counted_once(bench: Bench) -> None:
    """What names a missing object differs because of it, in its facet and in its references."""
    ids = _both(bench)
    del bench.s.objects["clusters"][ids[1]["cluster"]]
    assert bench.told() == {
        "clusters:etl inventory": "missing",
        "jobs:nightly definition": "different because of clusters:etl",
        "jobs:nightly references": "different because of clusters:etl",
    }


def test_an_extra_object_is_counted_once(bench: Bench) -> None:
    """An extra grant to an extra user follows from the user."""
    _, ids = _both(bench)
    bench.s.user("eve@x")
    bench.s.rest["permissions"]["jobs", ids["job"]]["access_control_list"].append(_entry("eve@x", "CAN_VIEW"))
    assert bench.told() == {
        "users:eve@x inventory": "extra",
        "jobs:nightly permissions": "extra because of users:eve@x",
    }


def test_a_reference_that_was_moved_is_a_finding_of_its_own(bench: Bench) -> None:
    """A job that was pointed at an extra cluster would not be right if that cluster were removed."""
    _, ids = _both(bench)
    other = bench.s.cluster("other")
    bench.s.objects["jobs"][ids["job"]]["settings"]["tasks"][0]["existing_cluster_id"] = other
    assert bench.told() == {
        "clusters:other inventory": "extra",
        "jobs:nightly definition": "different",
    }


def test_a_renamed_object_explains_who_names_it(bench: Bench) -> None:
    """Missing under one key, extra under the other: both ends of the reference have no other end."""
    _, ids = _both(bench)
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
    ids = _both(bench)
    del bench.s.objects["clusters"][ids[1]["cluster"]]
    bench.s.objects["jobs"][ids[1]["job"]]["settings"]["tasks"] = []
    assert bench.told() == {"clusters:etl inventory": "missing", "jobs:nightly definition": "different"}


def test_a_value_of_another_type_is_not_explained_by_a_missing_object(bench: Bench) -> None:
    """Null in place of a reference is what it is."""
    ids = _both(bench)
    del bench.s.objects["clusters"][ids[1]["cluster"]]
    bench.s.objects["jobs"][ids[1]["job"]]["settings"]["tasks"][0]["existing_cluster_id"] = None
    assert bench.told()["jobs:nightly definition"] == "different"


def test_an_id_as_text_is_not_the_id_as_number(bench: Bench) -> None:
    """Equality is of type and value, also where the value is a reference."""
    for side, spelled in zip(bench.sides, (int, str), strict=True):
        other = side.job("other")
        side.job("nightly", tasks=[{"task_key": "a", "run_job_task": {"job_id": spelled(other)}}])
    assert bench.told() == {"jobs:nightly definition": "different"}


def test_twins_whose_state_differs_are_still_told_apart(bench: Bench) -> None:
    """What a cluster does just now says nothing about which one it is; that it runs is a matter of safety."""
    for side, state in zip(bench.sides, ("TERMINATED", "RUNNING"), strict=True):
        for size in (1, 2):
            side.cluster("etl", num_workers=size, state=state)
    assert bench.told() == {"clusters:etl safety": "different", "clusters:etl#2 safety": "different"}
    assert bench.told(stance="active") == {}


def test_twins_are_told_apart_where_what_they_point_at_is_missing(bench: Bench) -> None:
    """By all else that they hold, however the lost reference is spelled: by id, in a list, inside a text, by a name alone."""
    for side in bench.sides:
        user, folder = side.user("a@example.com"), side.folder("/Users/a@example.com")
        for retries in (1, 2, 3):
            policy = side.put("cluster_policies", {"name": f"p{retries}", "definition": "{}"})
            side.job(
                "nightly",
                [_entry("a@example.com", "CAN_RUN")],
                email_notifications={"on_failure": ["a@example.com", f"{retries}@example.com"]},
                parent_path="/Workspace/Users/a@example.com",
                job_clusters=[{"job_cluster_key": "k", "new_cluster": {"policy_id": policy, "num_workers": retries}}],
            )
    gone = bench.s.objects
    for kind, key in (("users", user), ("directories", folder)):
        del gone[kind][key]
    gone["cluster_policies"].clear()
    for acl in bench.s.rest["permissions"].values():
        acl["access_control_list"] = []
    told = {name: outcome for name, outcome in bench.told().items() if "because of" not in outcome}
    assert set(told.values()) == {"missing"}
    assert not [name for name in told if name.startswith("jobs")]


@pytest.mark.parametrize("text", ["{", "[]", '{"pages": [], "pages": []}', '{"x": NaN}', '{"a":' * 100_000])
def test_a_text_that_holds_no_json_object_is_never_proven_equal(bench: Bench, text: str) -> None:
    """Nobody can say what it refers to. One that is ignored is not judged, and an empty one holds nothing."""
    for side in bench.sides:
        side.put("dashboards", {"path": "/board", "serialized_dashboard": text, "schedules": [], "published": None})
        side.put("dashboards", {"path": "/empty", "serialized_dashboard": "", "schedules": [], "published": None})
    (record,) = bench.records().values()
    assert (record.name, record.aspect, record.outcome.value) == ("dashboards:/board", "definition", "unverifiable")
    assert record.reason.startswith("primary: serialized_dashboard holds no JSON object: ")
    assert "; secondary: serialized_dashboard holds no JSON object: " in record.reason
    assert text not in record.reason
    assert record.fix == "mend the text on the primary and copy again, or take the object out of scope"
    ignore = (Ignored("dashboards", "serialized_dashboard", "not ours", "kim", "2026-12-31"),)
    assert bench.told(ignore=ignore) == {}
    next(iter(bench.s.objects["dashboards"].values()))["serialized_dashboard"] = "{}"
    (record,) = bench.records().values()
    assert (record.name, record.outcome.value) == ("dashboards:/board", "different")
    assert record.reason.startswith("primary: serialized_dashboard holds no JSON object: ")
    assert "secondary" not in record.reason


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


def test_several_different_objects_of_one_key_block(bench: Bench) -> None:
    """Nobody can say which is which, so nothing is green, also not what names one of them."""
    for side, start in zip(bench.sides, (1, 3), strict=True):
        clusters = [side.cluster("etl", num_workers=start + i) for i in range(2)]
        side.job("nightly", tasks=[{"task_key": "a", "existing_cluster_id": clusters[0]}])
    told = bench.told()
    assert [outcome for name, outcome in told.items() if name.startswith("clusters")] == ["ambiguous"] * 4
    assert told["jobs:nightly definition"].startswith("different because of clusters:etl")


def test_permissions_inherited_from_a_folder_follow_from_the_folder(bench: Bench) -> None:
    """A level changed on a folder is counted there, and shown as the one permission that it is."""
    _, ids = _both(bench)
    for kind, name, folder in (("directories", "shared", ""), ("notebooks", "notebook", ids["shared"])):
        acl = [_entry("ada@x", "CAN_RUN", folder)]
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
        top = side.folder("/a", [_entry("ada@x", level)])
        inner = side.folder("/a/b", [_entry("ada@x", level, top)])
        side.notebook("/a/b/n", [_entry("ada@x", level, inner)])
    assert bench.told() == {
        "directories:/a permissions": "different",
        "directories:/a/b permissions": "different because of directories:/a",
        "notebooks:/a/b/n permissions": "different because of directories:/a",
    }


def test_a_folder_of_equal_permissions_explains_nothing(bench: Bench) -> None:
    """What is inherited from a folder that grants the same on both sides can't be the folder's doing."""
    _, ids = _both(bench)
    acl = [_entry("ada@x", "CAN_RUN", ids["shared"])]
    bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"] = acl
    assert bench.told() == {"notebooks:/Shared/etl permissions": "different"}


def test_a_folder_that_could_not_be_read_explains_nothing(bench: Bench) -> None:
    """Nothing follows from what nobody knows."""
    _, ids = _both(bench)
    acl = [_entry("ada@x", "CAN_RUN", ids["shared"])]
    bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"] = acl
    bench.s.rest["permissions"]["directories", ids["shared"]] = NO_ANSWER
    assert bench.told()["notebooks:/Shared/etl permissions"] == "different"


def test_direct_permissions_are_not_explained_by_a_folder(bench: Bench) -> None:
    """A direct grant is the object's own, whatever its folder grants."""
    _, ids = _both(bench)
    bench.s.rest["permissions"]["directories", ids["shared"]]["access_control_list"] = []
    acl = bench.s.rest["permissions"]["notebooks", ids["notebook"]]["access_control_list"]
    acl[0]["all_permissions"] = [{"permission_level": "CAN_EDIT"}]
    assert bench.told()["notebooks:/Shared/etl permissions"] == "different"


def test_a_missing_folder_explains_what_was_inherited_from_it(bench: Bench) -> None:
    """An entry whose every permission came from a folder that is missing."""
    _, ids = _both(bench)
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
            acl.append(_entry("ada@x", level, folders[other]))
        side.notebook("/n", [_entry("ada@x", level, folders[0])])
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


def test_what_every_workspace_has_is_never_missing_or_extra(bench: Bench) -> None:
    """Root folders, system groups, the caller and its home are compared where both have them, and expected else."""
    bench.p.folder("/Users/copier@primary.example")
    bench.s.folder("/Repos")
    bench.s.put("groups", {"displayName": "admins"})
    for side in bench.sides:
        side.notebook("/own")
    assert set(bench.told().values()) == {"expected"}


def test_a_user_without_an_id_is_no_caller(bench: Bench) -> None:
    """Nothing compared with nothing is not a match."""
    bench.p.objects["users"] = {"1": {"userName": "ada@x"}}
    bench.p.rest["meta"] = {"caller": {"admin": True}}
    assert bench.told() == {"users:ada@x inventory": "missing"}


# What could not be read


@pytest.mark.parametrize("side", [0, 1])
def test_a_listing_that_failed_makes_nothing_missing_or_extra(bench: Bench, side: int) -> None:
    """That the other side has none is known only where all of it was listed."""
    _both(bench)
    bench.sides[side].objects["clusters"] = {}
    bench.sides[side].rest["failed"] = {"clusters": ("PERMISSION_DENIED", "may not")}
    role = ("primary", "secondary")[side]
    assert bench.told() == {
        f"clusters:{role} listing": "unverifiable",
        "clusters:etl inventory": "unverifiable",
        "jobs:nightly definition": "unverifiable because of clusters:etl",
        **({"jobs:nightly references": "unverifiable"} if side else {}),
    }


def test_a_listing_that_failed_makes_nothing_ambiguous(bench: Bench) -> None:
    """The twin that would settle it may be among those not listed."""
    for side, start in zip(bench.sides, (1, 3), strict=True):
        for i in range(2):
            side.cluster("etl", num_workers=start + i)
    bench.p.rest["failed"] = {"clusters": ("UNREACHABLE", "")}
    told = bench.told()
    assert {outcome for name, outcome in told.items() if name.startswith("clusters:etl")} == {"unverifiable"}
    assert bench.records()["clusters:primary listing"].reason == "UNREACHABLE"


@pytest.mark.parametrize("side", [0, 1])
def test_users_that_could_not_be_listed_do_not_make_their_homes_missing(bench: Bench, side: int) -> None:
    """A path in a home is found by its text where nobody can say whose home it is, and one that is not found is open."""
    for each in bench.sides:
        each.user("ada@x")
        each.folder("/Users/ada@x")
    bench.p.folder("/Users/gone@x")
    bench.p.folder("/Plain")
    bench.sides[side].objects["users"] = {}
    bench.sides[side].rest["failed"] = {"users": ("UNREACHABLE", "no answer")}
    told = bench.told()
    assert told["directories:/Users/ada@x definition"].startswith("unverifiable")
    assert told["directories:/Users/gone@x inventory"] == "unverifiable"
    assert told["directories:/Plain inventory"] == "missing"
    assert "directories:/Users/ada@x inventory" not in told


def test_neither_side_could_list_users(bench: Bench) -> None:
    """The same name on both sides is not the same user where no side knows its users: unread is never equal."""
    for each in bench.sides:
        each.folder("/Users/ada@x")
        each.rest["failed"] = {"users": ("UNREACHABLE", "no answer")}
    told = bench.told()
    assert told["directories:/Users/ada@x definition"] == "unverifiable"
    assert told["directories:/Users/ada@x references"] == "unverifiable"


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


def test_an_id_that_both_hand_out_follows_from_its_missing_object(bench: Bench) -> None:
    """As long as nothing else in the object has it."""
    bench.s.ids = itertools.count(10**9)
    for side in bench.sides:
        cluster = side.cluster("etl")
        side.job("nightly", existing_cluster_id=cluster, tasks=[{"task_key": "a", "existing_cluster_id": cluster}])
        side.job("weekly", tasks=[{"task_key": "a", "existing_cluster_id": cluster}])
    del bench.s.objects["clusters"]

    told = bench.told()

    assert told["jobs:weekly references"] == "different because of clusters:etl"
    assert told["jobs:nightly definition"] == "different because of clusters:etl"


def test_what_looks_like_a_secret_is_compared_and_not_shown(bench: Bench) -> None:
    """Under a name that says so, or in a text, in what differs and in what names the primary."""
    for side, word in zip(bench.sides, ("hunter1", "hunter2"), strict=True):
        conf = {"fs.account.key": word, "url": f"jdbc://u?password={word}", "plain": word[-1]}
        side.cluster("etl", spark_conf=conf)
    bench.s.cluster("trace", x_token=f"{word}-{WORKSPACES['primary']}")

    told = str([record.document() for record in bench.records().values()])

    assert "hunter" not in told
    assert "jdbc://u?password=(hidden)" in told
    assert "'primary': '1', 'secondary': '2'" in told


def test_a_moving_object_keeps_its_place(bench: Bench) -> None:
    """What was listed tells the key of what could not be read: nothing is missing, everything of it is unverifiable."""
    for side in bench.sides:
        side.user("ada@x")
        side.notebook("/Users/ada@x/n")
        side.put("groups", {"displayName": "team", "members": []})
    moving = Unreadable("MOVING", "changed twice")
    for kind in ("notebooks", "groups"):
        bench.s.rest["unreadable"][kind, next(iter(bench.s.objects[kind]))] = moving
    assert bench.told() == {
        "notebooks:/Users/ada@x/n definition": "unverifiable",
        "notebooks:/Users/ada@x/n references": "unverifiable",
        "groups:team definition": "unverifiable",
        "groups:team members": "unverifiable",
        "groups:team references": "unverifiable",
    }


@pytest.mark.parametrize("side", [0, 1])
def test_a_facet_unread_on_one_side_is_never_equal(bench: Bench, side: int) -> None:
    """Nor are references and safety green where the secondary's permissions are not known."""
    ids = _both(bench)[side]
    bench.sides[side].rest["permissions"]["jobs", ids["job"]] = NO_ANSWER
    told = bench.told()
    assert told["jobs:nightly permissions"] == "unverifiable"
    assert told.get("jobs:nightly references") == ("unverifiable" if side else None)
    assert told.get("jobs:nightly safety") == ("unverifiable" if side else None)


def test_a_facet_that_was_not_captured_is_unverifiable(bench: Bench) -> None:
    """A snapshot that says nothing of a content does not say that it is empty."""
    _, ids = _both(bench)
    bench.s.rest["contents"]["notebooks", ids["notebook"]] = None
    assert bench.told() == {"notebooks:/Shared/etl content": "unverifiable"}


def test_libraries_of_which_a_snapshot_says_nothing_are_unverifiable_and_more_of_them_are_extra(bench: Bench) -> None:
    """One that was captured before they were read does not say that there are none."""
    library = {"pypi": {"package": "simplejson"}}
    for side in bench.sides:
        key = side.cluster("etl", libraries=[library, {"cran": {"package": "forecast"}}])
    assert bench.told() == {}
    bench.s.objects["clusters"][key]["libraries"] = [{"cran": {"package": "forecast"}}, library, library]
    assert bench.told() == {"clusters:etl libraries": "extra"}
    del bench.s.objects["clusters"][key]["libraries"]
    assert bench.told() == {"clusters:etl libraries": "unverifiable", "clusters:etl references": "unverifiable"}


def test_a_facet_that_both_sides_do_not_have_does_not_apply(bench: Bench) -> None:
    """Both must say so, and by that code; then references and safety do not miss it either."""
    ids = _both(bench)
    for side, known in zip(bench.sides, ids, strict=True):
        side.rest["permissions"]["jobs", known["job"]] = DISABLED
    assert bench.told() == {"jobs:nightly permissions": "not_applicable"}
    bench.p.rest["permissions"]["jobs", ids[0]["job"]] = NO_ANSWER
    assert bench.told()["jobs:nightly permissions"] == "unverifiable"


@pytest.mark.parametrize("lacking", [0, 1], ids=["primary", "secondary"])
def test_permissions_that_only_one_side_has_are_unsupported(bench: Bench, lacking: int) -> None:
    """Red, and told once: references and safety do not miss what is not there."""
    ids = _both(bench)
    side = bench.sides[lacking]
    side.rest["permissions"]["jobs", ids[lacking]["job"]] = DISABLED
    assert bench.told() == {"jobs:nightly permissions": "unsupported"}
    assert bench.records()["jobs:nightly permissions"].reason == f"{side.role}: is off here"


def test_a_difference_wins_over_an_unread(bench: Bench) -> None:
    """Broken references and breaches are told although the permissions are not known."""
    ids = _both(bench)
    for side, known in zip(bench.sides, ids, strict=True):
        job = side.objects["jobs"][known["job"]]
        job["settings"]["schedule"] = {"pause_status": "UNPAUSED"}
    bench.s.objects["jobs"][ids[1]["job"]]["settings"]["tasks"][0]["existing_cluster_id"] = "gone"
    bench.s.rest["permissions"]["jobs", ids[1]["job"]] = NO_ANSWER
    told = bench.told()
    assert told["jobs:nightly references"] == "different because of jobs:nightly"
    assert told["jobs:nightly safety"] == "different because of jobs:nightly"


def test_what_nobody_can_tell_apart_for_lack_of_reading_is_not_ambiguous(bench: Bench) -> None:
    """Twins whose permissions one side could not read are told apart by all the rest."""
    for side in bench.sides:
        side.user("ada@x")
        for i in range(2):
            acl: Any = [_entry("ada@x", "IS_OWNER")] if side is bench.p else NO_ANSWER
            side.job("nightly", acl, description=str(i))
    assert set(bench.told()) == {
        f"jobs:{name} {aspect}"
        for name in ("nightly", "nightly#2")
        for aspect in ("permissions", "references", "safety")
    }


def test_a_kind_that_was_not_listed_is_unverifiable(bench: Bench) -> None:
    """Also where both sides are silent: only an error code says that there is nothing."""
    for side in bench.sides:
        side.rest["unlisted"] = frozenset({"clusters"})
    assert bench.told() == dict.fromkeys(("clusters:primary listing", "clusters:secondary listing"), "unverifiable")


def test_a_kind_that_only_one_side_lacks_is_unsupported(bench: Bench) -> None:
    """What both lack does not matter."""
    bench.s.rest["failed"] = {"clusters": ("FEATURE_DISABLED", "off")}
    told = bench.told()
    assert told == {"clusters:secondary listing": "unsupported", "callers:primary sight": "unverifiable"}
    bench.p.rest["failed"] = {"clusters": ("FEATURE_DISABLED", "off")}
    with pytest.raises(AssertionError, match="a finding is never green"):  # no pair at all proves nothing
        bench.told()


def test_a_kind_that_is_not_known_at_all_leaves_its_references_open(bench: Bench) -> None:
    """The same id of a kind that nobody captures is neither equal nor different."""
    bench.catalogue = Catalogue(tuple(kind for kind in CATALOGUE.kinds if kind.name != "cluster_policies"))
    for side in bench.sides:
        side.cluster("etl", policy_id="ABC")
    assert bench.told() == {
        "clusters:etl definition": "unverifiable",
        "clusters:etl references": "unverifiable",
    }


# References


def test_a_reference_to_nothing_equals_nothing(bench: Bench) -> None:
    """Not even the same one on the other side; told as broken on the primary, where a missing object says so too."""
    for side in bench.sides:
        side.job("nightly", tasks=[{"task_key": "a", "existing_cluster_id": "gone"}])
    bench.p.job("lost", tasks=[{"task_key": "a", "existing_cluster_id": "gone"}])
    records = bench.records()
    assert records["jobs:nightly definition"].outcome is Outcome.DIFFERENT
    assert records["jobs:nightly references"].reason == "broken on the primary as well"
    assert "leads to nothing" in records["jobs:lost inventory"].reason


def test_an_id_of_the_primary_is_found_without_any_catalogue(bench: Bench) -> None:
    """In a field that no fact names, equal on both sides: parity is blind to it, the sweep is not."""
    for side in bench.sides:
        side.job("nightly", unknown_field=f"x-{WORKSPACES['primary']}-y")
    assert bench.told() == {"jobs:nightly references": "different"}


def test_free_text_that_names_the_primary_is_no_finding(bench: Bench) -> None:
    """It is copied unchanged, so it is equal; what it names is told of the texts by themselves."""
    for side in bench.sides:
        side.job("nightly", description="see https://primary.example/#job/1")
    assert bench.told() == {}


# Mapping, posture, safety


def test_what_a_workspace_has_no_room_for_is_told_and_holds_against_nothing(bench: Bench) -> None:
    """A workspace pins a hundred clusters: those that are pinned on the primary come first, and must be."""
    for side in bench.sides:
        for i in range(102):
            side.cluster(f"c{i}")
        for cluster in list(side.objects["clusters"].values())[:2]:
            del cluster["pinned_by_user_name"]
    assert bench.told() == {"clusters:c0 safety": "advisory", "clusters:c1 safety": "advisory"}
    del list(bench.s.objects["clusters"].values())[50]["pinned_by_user_name"]
    assert bench.told()["clusters:c50 safety"] == "different"


def test_equal_through_mapping_and_posture_is_expected_and_names_the_rows(bench: Bench) -> None:
    """Keys too are what the secondary calls them."""
    for side, name, pause in zip(bench.sides, ("eu nightly", "us nightly"), ("UNPAUSED", "PAUSED"), strict=True):
        side.job(name, schedule={"pause_status": pause})
    records = bench.records(mapping=Mapping([Row("eu ", "us ", prefix=True)]))
    assert list(records) == ["jobs:eu nightly definition"]
    assert len(records["jobs:eu nightly definition"].rows) == 2


RENAMED = Mapping([Row("ada@x", "ada@y", kind="users"), Row("/Shared/eu", "/Shared/us", path="path", prefix=True)])


def test_what_refers_to_a_mapped_name_follows_it(bench: Bench) -> None:
    """A home, what lies in it, a grant, and a mail that is nobody's here: none of them needs a row of its own."""
    for side, who, shared in zip(bench.sides, ("ada@x", "ada@y"), ("/Shared/eu", "/Shared/us"), strict=True):
        side.user(who)
        side.folder(f"/Users/{who}/etl", [_entry(who, "CAN_MANAGE")])
        side.notebook(f"/Users/{who}/etl/load")
        side.notebook(f"{shared}/n")
        side.job("nightly", tasks=[{"task_key": "a", "notebook_task": {"notebook_path": f"/Users/{who}/etl/load"}}])
    told = bench.told(mapping=RENAMED)
    assert set(told) == {"users:ada@x definition", "notebooks:/Shared/eu/n definition"}
    assert set(told.values()) == {"expected"}


def test_what_an_object_is_called_on_the_other_side(bench: Bench) -> None:
    """As plain text, with what it refers to; a job without a name goes by its id."""
    bench.p.user("ada@x")
    bench.p.notebook("/Users/ada@x/load")
    bench.p.notebook("/Shared/eu/n")
    nameless = bench.p.put("jobs", {"settings": {}})
    bench.s.notebook("/Shared/us/m")
    comparison = bench.compare(mapping=RENAMED)
    called = {each.label: comparison.called(each) for each in comparison.pairs}
    assert called == {
        "ada@x": "ada@y",
        "/Users/ada@x/load": "/Users/ada@y/load",
        "/Shared/eu/n": "/Shared/us/n",
        nameless: nameless,
        "/Shared/us/m": "/Shared/us/m",
    }
    bench.p.rest["failed"]["users"] = ("PERMISSION_DENIED", "may not")
    bench.p.objects["users"].clear()
    blind = bench.compare(mapping=RENAMED)
    assert "/Users/ada@x/load" in {blind.called(each) for each in blind.pairs}


def test_a_home_of_the_old_name_is_not_the_mapped_one(bench: Bench) -> None:
    """Where nobody of the new name is there yet, the old one's home on the secondary is somebody else's."""
    bench.p.user("ada@x")
    bench.p.notebook("/Users/ada@x/load")
    bench.s.notebook("/Users/ada@x/load")
    assert bench.told(mapping=RENAMED) == {
        "users:ada@x inventory": "missing",
        "notebooks:/Users/ada@x/load inventory": "missing",
        "notebooks:/Users/ada@x/load#2 inventory": "extra",
    }
    bench.s.objects["notebooks"].clear()
    bench.s.notebook("/Users/ada@y/load")
    assert {name for name in bench.told(mapping=RENAMED) if name.startswith("notebooks")} == {
        "notebooks:/Users/ada@x/load definition"
    }, "the one of the new name is it, even while they are not there"


def test_an_unpaused_job_is_counted_once(bench: Bench) -> None:
    """The definition tells it; safety says so because of that. What stands by in no other way is a breach of its own."""
    for side in bench.sides:
        side.job("nightly", schedule={"pause_status": "UNPAUSED"})
        side.cluster("etl", state="RUNNING", pinned_by_user_name=None)
    records = bench.records()
    assert {name: r.because_of for name, r in records.items()} == {
        "jobs:nightly definition": "",
        "jobs:nightly safety": "jobs:nightly",
        "clusters:etl safety": "",
    }
    assert [d.path for d in records["clusters:etl safety"].differences] == ["state", "pinned_by_user_name"]
    assert bench.told(stance="active") == {}


@pytest.mark.parametrize("more", [False, True])
def test_an_unpaused_schedule_is_counted_once(bench: Bench, more: bool) -> None:
    """Schedules have no order: a difference shows all of one, or what of it is another."""
    for side, paused in zip(bench.sides, ("UNPAUSED", "UNPAUSED"), strict=True):
        schedules = [{"name": "a", "pause_status": paused, "subscriptions": []}]
        if side is bench.s and more:
            schedules.append({"name": "b", "pause_status": "PAUSED", "subscriptions": []})
        side.put("dashboards", {"path": "/Shared/d", "published": None, "schedules": schedules})
    assert {name: r.because_of for name, r in bench.records().items()} == {
        "dashboards:/Shared/d schedules": "",
        "dashboards:/Shared/d safety": "dashboards:/Shared/d",
    }


def test_what_is_published_without_credentials_is_as_good_as_a_draft(bench: Bench) -> None:
    """While the secondary stands by; and only where the primary has it published."""
    versions = {"embedded": ({"embed_credentials": True}, {"embed_credentials": False}), "draft": (None, None)}
    for name, both in versions.items():
        for side, version in zip(bench.sides, both, strict=True):
            side.put("dashboards", {"path": f"/Shared/{name}", "published": version, "schedules": []})
    assert bench.told() == {"dashboards:/Shared/embedded published": "expected"}
    assert bench.told(publish=True) == bench.told()
    assert bench.told(stance="active") == {"dashboards:/Shared/embedded published": "different"}
    (there,) = [d for d in bench.s.objects["dashboards"].values() if d["published"]]
    there["published"] = None
    assert bench.told() == {"dashboards:/Shared/embedded published": "expected"}
    assert bench.told(publish=True) == {"dashboards:/Shared/embedded published": "different"}


def _with_callers(bench: Bench) -> None:
    for side in bench.sides:
        side.user("ada@x")
        for caller in CALLERS.values():
            side.objects["users"][caller["id"]] = {"id": caller["id"], "userName": caller["userName"]}


def test_what_the_copier_took_over_is_found_wherever_it_stands(bench: Bench) -> None:
    """In each task, as the owner, as whom a job runs; what the primary names as well is no finding."""
    _with_callers(bench)
    copier = CALLERS["secondary"]["userName"]
    for side, name in zip(bench.sides, ("ada@x", copier), strict=True):
        tasks = [{"task_key": t, "new_cluster": {"single_user_name": who}} for t, who in (("a", copier), ("b", name))]
        job = side.job("nightly", [_entry(name, "IS_OWNER")], tasks=tasks)
        side.objects["jobs"][job]["run_as_user_name"] = name
    record = bench.records()["jobs:nightly safety"]
    assert record.because_of == "jobs:nightly"
    assert {d.path: d.secondary for d in record.differences} == dict.fromkeys(
        ("run_as_user_name", "settings.tasks[b].new_cluster.single_user_name", "access_control_list[]"),
        f"users:{copier}",
    )


def test_whether_the_copier_took_something_over_is_open_where_the_primary_is(bench: Bench) -> None:
    """Nobody knows who owned it."""
    _with_callers(bench)
    bench.p.job("nightly", NO_ANSWER)
    bench.s.job("nightly", [_entry("ada@x", "CAN_VIEW"), _entry(CALLERS["secondary"]["userName"], "IS_OWNER")])
    assert bench.told()["jobs:nightly safety"] == "unverifiable"


@pytest.mark.parametrize("acl", [None, [None], [{"all_permissions": None}], [{"all_permissions": [None]}]])
def test_an_access_control_list_of_an_odd_form_is_compared_as_it_is(bench: Bench, acl: Any) -> None:
    """No form of it ends the judgement, and none but the same is equal."""
    for side in bench.sides:
        side.job("nightly", DISABLED)
    key = next(iter(bench.s.objects["jobs"]))
    for side in bench.sides:
        side.rest["permissions"]["jobs", next(iter(side.objects["jobs"]))] = {"access_control_list": acl}
    assert bench.told() == {}
    bench.s.rest["permissions"]["jobs", key] = {"access_control_list": [*(acl or []), {"all_permissions": []}]}
    assert "jobs:nightly permissions" in bench.told()


def test_wanted_is_the_primarys_facet_as_the_secondary_ought_to_hold_it(bench: Bench) -> None:
    """Content is never mapped; what was not read stays unread."""
    ids = _both(bench)
    bench.p.rest["permissions"]["notebooks", ids[0]["notebook"]] = NO_ANSWER
    comparison = bench.compare(mapping=Mapping([Row("/Shared/etl", "/Shared/etl2")]))
    each = next(p for p in comparison.pairs if p.kind == "notebooks" and p.primary is not None)
    assert each == Pair(each.number, "notebooks", "/Shared/etl", each.primary, None, Fate.MISSING)
    wanted = comparison.wanted(each, Facet.DEFINITION)
    assert isinstance(wanted, Form)
    assert wanted.value == {"path": "/Shared/etl2"}
    assert comparison.wanted(each, Facet.CONTENT) == Form(
        comparison.primary.form("notebooks", each.primary or 0, Facet.CONTENT)
    )
    assert comparison.wanted(each, Facet.PERMISSIONS) == NO_ANSWER
