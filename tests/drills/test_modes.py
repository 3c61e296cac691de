"""The product on a service that lags, pages oddly, has no access control, or shows its caller only a part."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.emulator.server import Running
from fixtures.estate import SMALL
from lakedrill.inventory.capture import capture
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import LISTING, SIGHT, Outcome, Record, Verdict, judge
from migrate import listed, patience, sending
from migrate.kinds import WRITERS
from tests.support.land import Land
from tests.support.workspaces import ANALYST, ENGINEER, NIGHTLY, SPEC, Ground

pytestmark = pytest.mark.drill

LAGGING = {"unseen_reads": 3, "stale_reads": True, "scim_lag": 60}
SMALL_PAGES = {"page_size": 1, "empty_pages": True}
ROLES = ("primary", "secondary")


@pytest.fixture(autouse=True)
def looks(emulator: Running, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Look again at once; who waits for a list turns the clock instead. Returns the waits for lists."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        emulator.control("clock", {"advance_ms": 7_000})

    monkeypatch.setattr(patience, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(listed, "sleep", wait)
    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)
    return waits


def _switch(ground: Ground, *roles: str, **modes: Any) -> None:
    for role in roles or ROLES:
        ground.running.control(f"{role}/modes", modes)


def _few(ground: Ground) -> None:
    """Fill the primary with one or two of each kind but clusters, which take their time."""
    p = ground.primary
    engineer = p.user(ENGINEER)
    p.group("staff", p.group("engineers", engineer), p.user(ANALYST))
    p.notebook(f"/Users/{ENGINEER}/load")
    p.folder("/Shared/lib/deep")
    p.file("/Shared/lib/init.sh")
    p.script("second", b"echo b")
    p.script("first", b"echo a", enabled=True, position=0)
    p.post("/api/2.0/dbfs/put", path="/init/x.sh", contents="ZWNobw==")
    inits = [{"dbfs": {"destination": "dbfs:/init/x.sh"}}]
    cluster = {"new_cluster": {**SPEC, "num_workers": 1, "init_scripts": inits}}
    load = {"task_key": "a", "notebook_task": {"notebook_path": f"/Users/{ENGINEER}/load"}, **cluster}
    job = p.job("load", run_as={"user_name": ENGINEER}, schedule=NIGHTLY, tasks=[load])
    calls = p.job("calls", tasks=[{"task_key": "r", "run_job_task": {"job_id": job}}])
    p.set(job, tasks=[load, {"task_key": "r", "run_job_task": {"job_id": calls}}])
    p.grant("jobs", job, "CAN_VIEW", group_name="engineers")
    p.grant("directories", p.object_id("/Shared/lib"), "CAN_READ", group_name="staff")


# A service that lags, and one that pages oddly


@pytest.mark.parametrize(
    ("emulator", "modes"),
    [
        ("federated", LAGGING),
        ("local-same-ids", LAGGING),
        ("federated", {"scim_lag": 60}),
        ("local-same-ids", SMALL_PAGES),
    ],
    indirect=["emulator"],
    ids=["lagging", "lagging-local", "lists", "pages"],
)
def test_a_copy_is_whole_and_a_second_one_writes_nothing(
    ground: Ground, modes: dict[str, Any], looks: list[float]
) -> None:
    """All that was written is seen when the copy ends; whoever checks need not wait."""
    _few(ground)
    _switch(ground, **modes)
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    assert bool(looks) == ("scim_lag" in modes)


def test_what_was_copied_stays_ours(ground: Ground) -> None:
    """What the journal keeps is what was written, not what a read that came too early showed: a change is an update."""
    _few(ground)
    _switch(ground, "secondary", stale_reads=True)
    ground.copy()
    p = ground.primary
    p.join(
        p.do("GET", "/api/2.0/preview/scim/v2/Groups", filter='displayName eq "engineers"')["Resources"][0]["id"],
        p.user("new@example.com"),
    )
    job = p.jobs()["load"][0]["job_id"]
    p.set(job, timeout_seconds=60)
    p.grant("jobs", job, "CAN_MANAGE", group_name="staff")
    p.notebook(f"/Users/{ENGINEER}/load", "print(2)", overwrite=True)
    p.grant("directories", p.object_id("/Shared/lib"), "CAN_EDIT", group_name="engineers")
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


@pytest.mark.parametrize(
    ("emulator", "path", "modes"),
    [
        ("federated", "/api/2.0/preview/permissionassignments", {"scim_lag": 60}),
        ("local", "/api/2.0/preview/scim/v2/Groups/.*", {"stale_reads": True}),
        ("local", "/api/2.0/preview/scim/v2/Groups", LAGGING),
    ],
    indirect=["emulator"],
    ids=["assignment", "members", "group"],
)
def test_a_write_whose_answer_is_lost_while_nothing_shows_it(
    ground: Ground, path: str, modes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither done twice nor taken for failed, and what the journal keeps is what it made."""
    monkeypatch.setattr(patience, "sleep", listed.sleep)
    ground.primary.group("engineers", ground.primary.user(ENGINEER))
    _switch(ground, "secondary", **modes)
    ground.faults({"method": "POST|PATCH", "path": path, "drop": True, "after": True})
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_a_cluster_that_is_not_seen_at_once_is_ended_and_pinned(ground: Ground) -> None:
    """A new one runs and costs until it was told to end, whether a read shows it or not."""
    ground.primary.cluster("one")
    _switch(ground, "secondary", **LAGGING)
    assert ground.copy().failures == []
    _switch(ground, "secondary")
    assert [(c["state"], "pinned_by_user_name" in c) for c in ground.secondary.clusters()] == [("TERMINATED", True)]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_what_is_not_listed_in_time_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than that a check finds it missing."""
    for name in ("users", "groups", "service_principals"):
        monkeypatch.setattr(type(WRITERS[name]), "listed_within", 1e-9)
    ground.primary.group("late")
    ground.primary.folder("/Shared/a")
    _switch(ground, "secondary", scim_lag=60)
    report = ground.copy()
    assert {(s.kind, s.key, s.facet, why) for s, why in report.failures} == {
        ("groups", "late", facet, "written, but after 0 seconds the lists of the service do not show it")
        for facet in (Facet.DEFINITION, Facet.MEMBERS)
    }
    assert report.exit_code == 1


def _captured(ground: Ground, role: str) -> Snapshot:
    drill = ground.drill
    side = drill.primary if role == "primary" else drill.secondary
    return capture(Workspace(side), ground.folder / f"{role}.snapshot", CATALOGUE)


def test_an_object_that_a_later_list_lacks_is_asked_for_by_its_id(ground: Ground) -> None:
    """One list shows it, the next one does not: it is not gone."""
    _switch(ground, "primary", scim_lag=60)
    made = ground.primary.group("new")
    ground.primary.do("GET", "/api/2.0/preview/scim/v2/Groups", startIndex=1)  # so that capture's first look shows it
    with _captured(ground, "primary") as snapshot:
        assert made in {found.id for found in snapshot.objects("groups")}
        assert snapshot.listings()["groups"].code == ""
    ground.primary.do("DELETE", f"/api/2.0/preview/scim/v2/Groups/{made}")
    _switch(ground, "primary")
    with _captured(ground, "primary") as snapshot:
        assert made not in {found.id for found in snapshot.objects("groups")}


# A tier without access control


@pytest.mark.parametrize(
    ("without", "outcome", "exit_code"),
    [
        (ROLES, Outcome.NOT_APPLICABLE, 0),
        (("primary",), Outcome.UNSUPPORTED, 0),
        (("secondary",), Outcome.UNSUPPORTED, 1),
    ],
    ids=["both", "primary", "secondary"],
)
def test_a_tier_without_acls(ground: Ground, without: tuple[str, ...], outcome: Outcome, exit_code: int) -> None:
    """Where neither side has it, it does not matter; where one has it, no permissions are ever equal."""
    ground.primary.notebook("/Shared/n")
    ground.primary.job("j")
    ground.primary.post("/api/2.0/pipelines", name="p")
    _switch(ground, *without, no_acls=True)
    assert ground.copy().exit_code == exit_code
    records = ground.records()
    assert {r.outcome for r in records if r.aspect == Facet.PERMISSIONS} == {outcome}
    assert all("disabled or not available in this tier" in r.reason for r in records if r.outcome is outcome)
    assert (ground.red() == []) == (outcome is Outcome.NOT_APPLICABLE)
    assert ground.writes_of_a_copy() == 0


# A caller who is no admin


def _demoted(ground: Ground, *roles: str) -> None:
    """Let the drill call with the token of somebody who is no admin."""
    profiles = (ground.folder / "databrickscfg").read_text()
    for role in roles:
        token = ground.running.control(f"{role}/callers", {"user": ANALYST, "admin": False})["token"]
        ours = next(iter(ground.running.emulator.apps[role].workspace.tokens))
        profiles = profiles.replace(ours, token)
    (ground.folder / "databrickscfg").write_text(profiles)


@pytest.mark.parametrize(("role", "verbs"), [("primary", ("snapshot", "plan")), ("secondary", ("migrate", "check"))])
def test_a_verb_refuses_a_caller_who_is_no_admin(
    ground: Ground, role: str, verbs: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    """On either side, before anything is written."""
    ground.primary.folder("/Shared/a")
    _demoted(ground, role)
    before = ground.digest("secondary")
    for verb in verbs:
        assert Land(ground.running, ground.folder).run(verb) == 4
        assert f"{ANALYST} is no workspace admin" in capfd.readouterr().err
    assert ground.digest("secondary") == before


def _judged(ground: Ground) -> tuple[Verdict, list[Record]]:
    with _captured(ground, "primary") as primary, _captured(ground, "secondary") as secondary:
        comparison = Comparison(primary, secondary, CATALOGUE)
        slots = list(comparison.slots())
        found = comparison.judge_sight()
        found += [comparison.judge_listing(s.key, s.kind) for s in slots if s.aspect == LISTING]
        found += [comparison.judge(comparison.pairs[s.pair], s.aspect) for s in slots if s.pair is not None]
        judgement = judge(slots, found)
        return judgement.verdict, list(judgement.records)


@pytest.mark.parametrize("roles", [ROLES, ("primary",), ("secondary",)], ids="+".join)
def test_what_such_a_caller_captures_is_never_equal(ground: Ground, roles: tuple[str, ...]) -> None:
    """Who goes round the verbs gets no green light, and is told which side it saw a part of."""
    for site in (ground.primary, ground.secondary):
        site.user(ANALYST)
        site.folder("/Shared/seen")
        site.job("hidden" if site is ground.primary else "hidden too")
        site.grant("directories", site.object_id("/Shared/seen"), "CAN_READ", user_name=ANALYST)
    _demoted(ground, *roles)
    verdict, records = _judged(ground)
    assert verdict is Verdict.UNDECIDED
    assert {(r.key, r.outcome) for r in records if r.aspect == SIGHT} == {
        (role, Outcome.UNVERIFIABLE) for role in roles
    }
    seen = {r.aspect: r.outcome for r in records if (r.kind, r.key) == ("directories", "/Shared/seen")}
    assert seen[Facet.PERMISSIONS] is Outcome.UNVERIFIABLE


# The sample estate


@pytest.mark.slow
@pytest.mark.parametrize("modes", [LAGGING, SMALL_PAGES], ids=["lagging", "pages"])
def test_a_drill_of_the_sample_estate(land: Land, modes: dict[str, Any]) -> None:
    """From the command line, to a green light, and a second copy that writes nothing."""
    land.fill(SMALL)
    for role in ROLES:
        land.running.control(f"{role}/modes", modes)
    assert land.run("migrate") == 0
    assert land.run("check", "--primary-live") == 0
    start = len(land.log("secondary"))
    assert land.run("migrate") == 0
    assert not [entry for entry in land.log("secondary")[start:] if entry.write]
