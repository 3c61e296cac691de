"""Two snapshots compared: what is judged, and how."""

import itertools
from typing import Any

import pytest

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.comparison import INVENTORY, REFERENCES, SAFETY, Form
from lakedrill.parity.mapping import Mapping, Row
from lakedrill.parity.outcome import Outcome
from lakedrill.parity.pairing import Fate, Pair
from tests.support.compared import Bench, entry, twice
from tests.support.snapshots import CALLERS, WORKSPACES

NO_ANSWER = Unreadable("PERMISSION_DENIED", "may not")
DISABLED = Unreadable("FEATURE_DISABLED", "is off here")


def test_two_workspaces_that_differ_in_ids_only_are_equal(bench: Bench) -> None:
    """Nothing but ids differs: every slot is equal, every facet is judged, the state never as such."""
    twice(bench)
    assert bench.told() == {}
    comparison = bench.compare()
    job = next(p for p in comparison.pairs if p.kind == "jobs")
    assert comparison.aspects(job) == (INVENTORY, "definition", "permissions", REFERENCES, SAFETY)
    cluster = next(p for p in comparison.pairs if p.kind == "clusters")
    assert "state" not in comparison.aspects(cluster)
    assert comparison.pair_of_primary(job.primary or 0) is comparison.pair_of_secondary(job.secondary or 0) is job


def test_pairs_that_were_made_before_are_taken_as_they_are(bench: Bench) -> None:
    """A worker judges by the controller's pairing and makes none of its own."""
    twice(bench)
    assert bench.compare(pairs=[]).pairs == []


def test_an_unknown_posture_is_refused(bench: Bench) -> None:
    """A misspelt posture would otherwise mean that nothing has to stand still."""
    with pytest.raises(ValueError, match="stanby"):
        bench.compare(stance="stanby")


def test_a_missing_object_is_counted_once(bench: Bench) -> None:
    """What names a missing object differs because of it, in its facet and in its references."""
    ids = twice(bench)
    del bench.s.objects["clusters"][ids[1]["cluster"]]
    assert bench.told() == {
        "clusters:etl inventory": "missing",
        "jobs:nightly definition": "different because of clusters:etl",
        "jobs:nightly references": "different because of clusters:etl",
    }


def test_an_extra_object_is_counted_once(bench: Bench) -> None:
    """An extra grant to an extra user follows from the user."""
    _, ids = twice(bench)
    bench.s.user("eve@x")
    bench.s.rest["permissions"]["jobs", ids["job"]]["access_control_list"].append(entry("eve@x", "CAN_VIEW"))
    assert bench.told() == {
        "users:eve@x inventory": "extra",
        "jobs:nightly permissions": "extra because of users:eve@x",
    }


def test_a_reference_that_was_moved_is_a_finding_of_its_own(bench: Bench) -> None:
    """A job that was pointed at an extra cluster would not be right if that cluster were removed."""
    _, ids = twice(bench)
    other = bench.s.cluster("other")
    bench.s.objects["jobs"][ids["job"]]["settings"]["tasks"][0]["existing_cluster_id"] = other
    assert bench.told() == {
        "clusters:other inventory": "extra",
        "jobs:nightly definition": "different",
    }


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
                [entry("a@example.com", "CAN_RUN")],
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


def test_several_different_objects_of_one_key_block(bench: Bench) -> None:
    """Nobody can say which is which, so nothing is green, also not what names one of them."""
    for side, start in zip(bench.sides, (1, 3), strict=True):
        clusters = [side.cluster("etl", num_workers=start + i) for i in range(2)]
        side.job("nightly", tasks=[{"task_key": "a", "existing_cluster_id": clusters[0]}])
    told = bench.told()
    assert [outcome for name, outcome in told.items() if name.startswith("clusters")] == ["ambiguous"] * 4
    assert told["jobs:nightly definition"].startswith("different because of clusters:etl")


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
        side.folder(f"/Users/{who}/etl", [entry(who, "CAN_MANAGE")])
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
        job = side.job("nightly", [entry(name, "IS_OWNER")], tasks=tasks)
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
    bench.s.job("nightly", [entry("ada@x", "CAN_VIEW"), entry(CALLERS["secondary"]["userName"], "IS_OWNER")])
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
    ids = twice(bench)
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
