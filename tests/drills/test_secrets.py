"""Secret scopes and secrets: copied with their lists, and with their values where drill.yaml says so."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Facet
from lakedrill.parity.outcome import Outcome, Record
from migrate.copy import Report
from migrate.kinds.secrets import Secrets
from migrate.step import Action
from migrate.values import NOT_COPIED, NOT_KEPT
from tests.support.planted import put, value_of
from tests.support.workspaces import ANALYST, ENGINEER, Ground, Site

pytestmark = pytest.mark.drill

COPY = {"scopes": [{"scope": "etl*", "values": "copy"}]}
COMPARE = {"scopes": [{"scope": "etl*", "values": "compare"}]}
CLOSED = {"path": "/api/2.0/secrets/get", "status": 400, "code": "BAD_REQUEST", "message": "not enabled", "times": -1}
ME = "drill@example.com"


def scope(site: Site, name: str, *, mine: bool = True, **acls: str) -> None:
    """Make a scope that principals hold permissions on."""
    site.post("/api/2.0/secrets/scopes/create", scope=name)
    for principal, permission in acls.items():
        site.post("/api/2.0/secrets/acls/put", scope=name, principal=principal, permission=permission)
    if not mine:
        site.post("/api/2.0/secrets/acls/delete", scope=name, principal=ME)


def acls(site: Site, name: str) -> dict[str, str]:
    found = site.do("GET", "/api/2.0/secrets/acls/list", scope=name).get("items", [])
    return {item["principal"]: item["permission"] for item in found}


def names(site: Site, name: str) -> set[str]:
    found = site.do("GET", "/api/2.0/secrets/list", scope=name).get("secrets", [])
    return {secret["key"] for secret in found}


def blocked(report: Report) -> dict[tuple[str, str, Facet], str]:
    return {(s.kind, s.key, s.facet): s.reason for s in report.steps if s.action is Action.BLOCKED}


def told(records: list[Record], outcome: Outcome) -> dict[tuple[str, str, str], str]:
    return {(r.kind, r.key, r.aspect): r.reason for r in records if r.outcome is outcome}


@pytest.fixture
def etl(ground: Ground) -> Ground:
    """A primary with a scope of two secrets that others than the copier manage."""
    p = ground.primary
    p.user(ENGINEER)
    p.group("readers", p.user(ANALYST))
    scope(p, "etl-Prod", mine=False, readers="READ", **{ENGINEER: "MANAGE"})
    put(ground, "primary", "etl-Prod/Password", b"one")
    put(ground, "primary", "etl-Prod/key.file", b"\xff\x00")
    ground.configure(secrets=COPY)
    return ground


def test_a_copy_is_the_same_and_a_second_writes_nothing(etl: Ground) -> None:
    scope(etl.primary, "empty", **{ANALYST: "WRITE"})
    before = etl.digest("primary")

    assert etl.copy().failures == []

    assert etl.digest("primary") == before
    assert acls(etl.secondary, "etl-Prod") == {"readers": "READ", ENGINEER: "MANAGE"}
    assert acls(etl.secondary, "empty") == {ME: "MANAGE", ANALYST: "WRITE"}
    assert value_of(etl, "secondary", "etl-Prod/password") == b"one"
    assert value_of(etl, "secondary", "etl-Prod/key.file") == b"\xff\x00"
    assert etl.red() == []
    assert etl.writes_of_a_copy() == 0


def test_the_copier_gives_up_what_it_was_given_last(etl: Ground) -> None:
    """Values first, then the lists, the copier's own entry behind all others."""
    with etl.watched() as seen:
        etl.copy()
    written = [entry.path.rpartition("secrets/")[2] for entry in seen if entry.write and "secrets/" in entry.path]
    assert written == ["scopes/create", "put", "put", "acls/put", "acls/put", "acls/delete"]


def test_a_copier_that_the_primary_names_keeps_what_it_names(etl: Ground) -> None:
    scope(etl.primary, "etl-mine")
    etl.primary.post("/api/2.0/secrets/acls/put", scope="etl-mine", principal=ME, permission="READ")
    etl.copy()
    assert acls(etl.secondary, "etl-mine") == {ME: "READ"}
    put(etl, "primary", "etl-mine/late", b"2")  # an admin may put a secret all the same
    assert etl.copy().failures == []
    assert value_of(etl, "secondary", "etl-mine/late") == b"2"


def test_what_others_may_besides_is_extra_and_stays(etl: Ground) -> None:
    etl.copy()
    etl.secondary.post("/api/2.0/secrets/acls/put", scope="etl-Prod", principal="users", permission="READ")
    etl.primary.post("/api/2.0/secrets/acls/put", scope="etl-Prod", principal="readers", permission="WRITE")
    etl.configure(secrets=COPY, adopt=["secret_scopes:*"])

    assert told(etl.records(), Outcome.DIFFERENT).keys() == {("secret_scopes", "etl-Prod", "acls")}
    assert etl.copy().failures == []
    assert acls(etl.secondary, "etl-Prod") == {"readers": "WRITE", ENGINEER: "MANAGE", "users": "READ"}
    assert told(etl.records(), Outcome.EXTRA).keys() == {("secret_scopes", "etl-Prod", "acls")}


def test_a_value_is_not_invented(etl: Ground) -> None:
    """Without leave to copy it a secret is blocked; put by hand it is there, and nobody says that its value is right."""
    etl.configure()
    etl.primary.cluster("uses", spark_env_vars={"A": "{{secrets/etl-Prod/Password}}"})
    with etl.watched("primary") as seen:
        report = etl.copy()

    assert [entry for entry in seen if entry.path.endswith("secrets/get")] == []
    assert blocked(report)["secrets", "etl-Prod/Password", Facet.VALUE] == NOT_COPIED
    assert "which is blocked" in blocked(report)["clusters", "uses", Facet.DEFINITION]
    assert report.manual == [f"{NOT_COPIED}: etl-Prod/Password (secrets), etl-Prod/key.file (secrets)"]
    assert report.exit_code == 1
    assert names(etl.secondary, "etl-Prod") == set()
    assert ("secrets", "etl-Prod/Password", "inventory") in told(etl.records(), Outcome.MISSING)

    for key in ("Password", "key.file"):
        put(etl, "secondary", f"etl-Prod/{key}", b"by hand")
    assert etl.copy().failures == []
    assert etl.red() == []
    assert told(_listings(etl), Outcome.ADVISORY) == {
        ("secrets", "secondary", "listing"): "2 objects; the values of 2 were not compared"
    }


_ROLES = ("primary", "secondary")


def _listings(ground: Ground) -> list[Record]:
    comparison = ground.comparison()
    return [comparison.judge_listing(role, kind.name) for kind in comparison.catalogue.kinds for role in _ROLES]


def test_a_value_that_is_to_be_compared_is_not_written(etl: Ground) -> None:
    etl.copy()
    etl.configure(secrets=COMPARE)
    assert etl.red() == []
    put(etl, "secondary", "etl-Prod/Password", b"other")

    assert told(etl.red(), Outcome.DIFFERENT).keys() == {("secrets", "etl-Prod/Password", "value")}
    assert "(hidden)" in str(etl.red()[0].differences)
    assert blocked(etl.copy()) == {("secrets", "etl-Prod/Password", Facet.VALUE): NOT_COPIED}
    assert value_of(etl, "secondary", "etl-Prod/Password") == b"other"


def test_a_rotated_value_is_ours_to_change_and_somebody_elses_is_not(etl: Ground) -> None:
    etl.copy()
    put(etl, "primary", "etl-Prod/Password", b"two")
    assert [(d.step.facet, d.step.action, d.reason) for d in etl.copy().done] == [(Facet.VALUE, Action.UPDATE, "")]
    assert value_of(etl, "secondary", "etl-Prod/Password") == b"two"

    put(etl, "secondary", "etl-Prod/Password", b"theirs")
    assert [s.action for s, _ in etl.copy().failures] == [Action.CONFLICT]
    etl.copy(takes=(("primary", "secrets:etl-Prod/Password"),))
    assert value_of(etl, "secondary", "etl-Prod/Password") == b"two"
    assert etl.red() == []


def test_without_the_primary_no_value_is_copied(etl: Ground) -> None:
    """A check needs no primary: the snapshot's digests are under the drill's own key."""
    etl.copy()
    put(etl, "primary", "etl-Prod/new", b"3")
    etl.copy(only=("secret_scopes:*",))
    etl.faults({"path": "/api/.*", "status": 503, "times": -1}, role="primary")

    report = etl.copy(from_snapshot=True)

    assert blocked(report)["secrets", "etl-Prod/new", Facet.VALUE] == NOT_KEPT


def test_what_another_key_digested_is_not_compared(etl: Ground) -> None:
    etl.copy()
    key = etl.drill.key_file
    assert etl.home not in key.parents
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    old = etl.comparison(keep=True)
    key.unlink()
    new = etl.comparison()
    mixed = etl.compared(old.primary.snapshot, new.secondary.snapshot)
    found = [mixed.judge(each, "value") for each in mixed.pairs if "value" in mixed.aspects(each)]
    assert {(r.outcome, r.reason.partition("; ")[0]) for r in found} == {
        (Outcome.UNVERIFIABLE, "primary: the two sides were digested under different keys")
    }


@pytest.mark.parametrize(("text", "mode"), [("no key\n", 0o600), ("", 0o600), ("00" * 32, 0o644)])
def test_a_key_that_is_none_or_not_ones_own(etl: Ground, text: str, mode: int) -> None:
    file = etl.drill.key_file
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(UsageError, match=r"\.key: (is not the key of a drill|others may read this key)"):
        etl.copy()


def test_values_that_rest_does_not_give(etl: Ground) -> None:
    """Without a cluster, and on one that does not run, they are not read: nothing starts one."""
    etl.copy()
    etl.faults(CLOSED, role="primary")
    cluster = etl.primary.cluster("reader")
    etl.later()
    etl.primary.post("/api/2.1/clusters/delete", cluster_id=cluster)
    etl.later()
    for named, reason in (
        ("", "the workspace gives no values over REST"),
        ("reader", "cluster reader is TERMINATED, and a drill starts none; start it yourself"),
        ("nobody", "0 clusters are called nobody; name one by its id"),
    ):
        etl.configure(secrets={**COPY, **({"cluster": named} if named else {})})
        with etl.watched("primary") as seen:
            found = told(etl.red(), Outcome.UNVERIFIABLE)
        assert {key for key in found if key[2] == "value"} == {
            ("secrets", f"etl-Prod/{key}", "value") for key in ("Password", "key.file")
        }
        assert all(reason in why for key, why in found.items() if key[2] == "value")
        assert [entry for entry in seen if entry.method != "GET"] == []
        assert {s.reason.partition(": ")[0] for s, _ in etl.copy().failures} == {"the primary's can't be read"}


def test_values_by_command(etl: Ground) -> None:
    """The same values, on the cluster that drill.yaml names; the primary is not changed by it."""
    put(etl, "primary", "etl-Prod/short", b"a")  # a notebook blackens it wherever it is printed
    cluster = etl.primary.cluster("reader")
    etl.later()
    etl.faults(CLOSED, role="primary")
    etl.configure(secrets={**COPY, "cluster": cluster})
    before = etl.digest("primary")
    with etl.watched("primary") as seen:
        assert etl.copy().failures == []

    assert etl.digest("primary") == before
    assert value_of(etl, "secondary", "etl-Prod/short") == b"a"
    assert value_of(etl, "secondary", "etl-Prod/key.file") == b"\xff\x00"
    posted = [entry.path.rpartition("1.2/")[2] for entry in seen if entry.method == "POST"]
    assert posted.count("contexts/create") == posted.count("contexts/destroy") == 2
    assert set(posted) == {"contexts/create", "commands/execute", "contexts/destroy"}
    assert etl.red() == []


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
def test_a_put_whose_answer_is_lost(etl: Ground, after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.sending.SECOND_LOOK_SECONDS", 0.05)
    etl.faults({"path": "/api/2.0/secrets/put", "drop": True, "after": after})
    assert etl.copy().failures == []
    assert etl.red() == []
    assert etl.writes_of_a_copy() == 0


def test_a_secret_that_somebody_puts_meanwhile_is_not_overwritten(etl: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    def put_meanwhile(*_: Any) -> None:
        scope(etl.secondary, "etl-Prod")
        put(etl, "secondary", "etl-prod/PASSWORD", b"theirs")

    monkeypatch.setattr("migrate.guard.require_standby", put_meanwhile)
    report = etl.copy()
    assert value_of(etl, "secondary", "etl-Prod/Password") == b"theirs"
    assert any("somebody has put it meanwhile" in reason for _, reason in report.failures)


def test_pruning_takes_secrets_before_their_scope(etl: Ground) -> None:
    etl.copy()
    etl.primary.post("/api/2.0/secrets/delete", scope="etl-Prod", key="key.file")
    scope(etl.primary, "gone")
    put(etl, "primary", "gone/k", b"1")
    etl.configure(secrets={"scopes": [{"scope": "*", "values": "copy"}]})
    etl.copy()
    etl.primary.post("/api/2.0/secrets/scopes/delete", scope="gone")

    etl.plan(prune=True)
    report = etl.copy(prune=True)

    gone = [(d.step.kind, d.step.key) for d in report.done if d.step.action is Action.DELETE and not d.reason]
    assert set(gone) == {("secrets", "etl-Prod/key.file"), ("secrets", "gone/k"), ("secret_scopes", "gone")}
    assert gone.index(("secrets", "gone/k")) < gone.index(("secret_scopes", "gone"))
    assert etl.red() == []


def test_a_scope_that_holds_something_new_is_not_deleted(etl: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    etl.copy()
    etl.primary.post("/api/2.0/secrets/scopes/delete", scope="etl-Prod")
    etl.plan(prune=True)
    delete = Secrets.delete

    def delete_and_put(self: Secrets, target: Any, key: str, document: Any) -> Any:
        answer = delete(self, target, key, document)
        if key.endswith("key.file"):
            put(etl, "secondary", "etl-Prod/new", b"1")
        return answer

    monkeypatch.setattr(Secrets, "delete", delete_and_put)
    report = etl.copy(prune=True)
    assert [reason for _, reason in report.failures] == ["it holds 1 secrets, which would go with it"]
    assert names(etl.secondary, "etl-Prod") == {"new"}


@pytest.mark.parametrize(
    ("without", "facet", "code"),
    [(_ROLES, Outcome.NOT_APPLICABLE, 0), (("secondary",), None, 1), (("primary",), Outcome.UNSUPPORTED, 0)],
    ids=["both", "secondary", "primary"],
)
def test_a_tier_without_lists(ground: Ground, without: tuple[str, ...], facet: Outcome | None, code: int) -> None:
    """A scope is everybody's where the primary's are; nobody's secrets are opened to all for want of a list."""
    ground.configure(secrets=COPY)
    for role in without:
        ground.running.control(f"{role}/modes", {"no_acls": True})
    ground.primary.post("/api/2.0/secrets/scopes/create", scope="etl", initial_manage_principal="users")
    put(ground, "primary", "etl/k", b"1")
    assert ground.copy().exit_code == code
    found = {r.outcome for r in ground.records() if r.kind == "secret_scopes" and r.aspect == "acls"}
    assert found == ({facet} if facet else set())
    if facet is None:
        listed = ground.secondary.do("GET", "/api/2.0/secrets/scopes/list")
        assert listed == {}


def test_a_reference_to_no_secret_is_broken_on_the_primary(etl: Ground) -> None:
    etl.primary.cluster("broken", spark_conf={"a": "{{secrets/etl-Prod/nobody}} and {{secrets/etl-Prod/PASSWORD}}"})
    etl.primary.cluster(
        "whole", spark_conf={"a": "{{secrets/etl-prod/PASSWORD}}", "b": "{{secrets/x}} {{ secrets/a/b }}"}
    )
    etl.later()
    found = blocked(etl.copy())
    assert found["clusters", "broken", Facet.DEFINITION] == ("broken on the primary: spark_conf.a → etl-Prod/nobody")
    assert {key for _, key, _ in found} == {"broken"}
    assert told(etl.red(), Outcome.MISSING) == {
        ("clusters", "broken", "inventory"): "broken on the primary: spark_conf.a → etl-Prod/nobody (leads to nothing)"
    }


def test_a_reference_is_not_broken_where_secrets_can_not_be_listed(etl: Ground) -> None:
    etl.primary.cluster("uses", spark_conf={"a": "{{secrets/etl-Prod/Password}}"})
    etl.faults(
        {"path": "/api/2.0/secrets/list", "status": 403, "code": "PERMISSION_DENIED", "times": -1}, role="primary"
    )
    report = etl.copy()
    assert "refers to what can't be listed" in blocked(report)["clusters", "uses", Facet.DEFINITION]
    assert report.exit_code == 2


def test_a_mapped_scope(etl: Ground) -> None:
    """Called otherwise on the secondary, with all that refers to it."""
    row = {"kind": "secret_scopes", "path": "name", "primary": "etl-Prod", "secondary": "etl-prod-west"}
    zone = {"kind": "clusters", "path": "*zone_id", "primary": "us-east-1", "secondary": "us-west-2", "prefix": True}
    etl.configure(secrets=COPY, mapping=[row, zone])
    etl.primary.cluster("uses", spark_conf={"a": "x{{secrets/etl-Prod/Password}}"})
    etl.later()
    assert etl.copy().failures == []
    assert value_of(etl, "secondary", "etl-prod-west/Password") == b"one"
    assert etl.secondary.clusters()[0]["spark_conf"] == {"a": "x{{secrets/etl-prod-west/Password}}"}
    assert etl.red() == []
    assert etl.writes_of_a_copy() == 0


def test_no_file_but_the_key_says_more_than_that_values_differ(etl: Ground) -> None:
    """What is kept of two values that are the same and of two that are not: digests that nobody can make without the key."""
    etl.copy()
    kept = json.dumps([json.loads(line) for line in (etl.home / "journal.jsonl").read_text().splitlines()])
    key = etl.drill.key_file.read_text().strip()
    for file in (file for file in Path(etl.home).rglob("*") if file.is_file()):
        assert key.encode() not in file.read_bytes(), file
        assert bytes.fromhex(key) not in file.read_bytes(), file
    assert key not in kept
    assert sorted(file.name for file in etl.drill.key_file.parent.iterdir()) == ["t", "t.key"]
