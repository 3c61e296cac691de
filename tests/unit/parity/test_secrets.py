"""Secrets compared: their lists, their values where they were read, and what follows from one that is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.mapping import Mapping, Row
from lakedrill.parity.outcome import Outcome
from tests.support.snapshots import build

READ = {"digest": "aa"}
REFUSED = Unreadable("BAD_REQUEST", "gives none")
Apart = dict[tuple[str, str], dict[Facet, Any]]


def compared(
    folder: Path, values: tuple[Any, Any], *, keys: tuple[str, str] = ("1", "1"), rows: Any = (), **objects: Any
) -> Comparison:
    """Return two sides with a scope of one secret, whose values were read or not."""
    snapshots = []
    for role, value, key in zip(("primary", "secondary"), values, keys, strict=True):
        found = {"secret_scopes": {"etl": {"name": "etl"}}, "secrets": {"etl/Key": {"name": "etl/Key"}}}
        found |= objects.get(role, {})
        apart: Apart = {("secret_scopes", "etl"): {Facet.ACLS: objects.get(f"{role}_acls", {})}}
        if value is not None:
            apart["secrets", "etl/Key"] = {Facet.VALUE: value}
        snapshots.append(build(folder / role, role, found, apart=apart, meta={"values_key": key}))
    return Comparison(*snapshots, CATALOGUE, mapping=Mapping(rows))


def told(comparison: Comparison) -> dict[str, Outcome]:
    return {
        f"{each.kind} {aspect}": comparison.judge(each, aspect).outcome
        for each in comparison.pairs
        for aspect in comparison.aspects(each)
    }


def test_a_value_that_nobody_read_has_no_slot_and_is_told_of(tmp_path: Path) -> None:
    comparison = compared(tmp_path, (None, None))
    assert "secrets value" not in told(comparison)
    assert not [slot for slot in comparison.slots() if slot.aspect == "value"]
    record = comparison.judge_listing("secondary", "secrets")
    assert (record.outcome, record.reason) == (Outcome.ADVISORY, "1 objects; the values of 1 were not compared")
    assert comparison.judge_listing("primary", "secrets").outcome is Outcome.EQUAL
    assert comparison.judge_listing("secondary", "secret_scopes").outcome is Outcome.EQUAL


def test_values_that_were_read(tmp_path: Path) -> None:
    for name, values, outcome in (
        ("same", (READ, READ), Outcome.EQUAL),
        ("other", (READ, {"digest": "ab"}), Outcome.DIFFERENT),
        ("one", (READ, None), Outcome.UNVERIFIABLE),
        ("other one", (None, READ), Outcome.UNVERIFIABLE),
        ("refused", (REFUSED, READ), Outcome.UNVERIFIABLE),
    ):
        (folder := tmp_path / name).mkdir()
        comparison = compared(folder, values)
        assert told(comparison)["secrets value"] is outcome, name
        assert comparison.judge_listing("secondary", "secrets").outcome is Outcome.EQUAL
        assert "aa" not in str([comparison.judge(each, "value") for each in comparison.pairs if each.kind == "secrets"])


def test_digests_under_two_keys_say_nothing(tmp_path: Path) -> None:
    comparison = compared(tmp_path, (READ, READ), keys=("1", "2"))
    assert told(comparison)["secrets value"] is Outcome.UNVERIFIABLE


def test_no_row_of_a_mapping_touches_a_digest(tmp_path: Path) -> None:
    rows = [Row("a", "b", prefix=True)]
    assert told(compared(tmp_path, (READ, READ), rows=rows))["secrets value"] is Outcome.EQUAL


def test_more_in_a_list_is_extra(tmp_path: Path) -> None:
    users = {"users": {f"{n}": {"id": f"{n}", "userName": f"u{n}"} for n in (1, 2)}}
    entries = [{"principal": f"u{n}", "permission": "READ"} for n in (1, 2)]
    more = compared(
        tmp_path,
        (None, None),
        primary=users,
        secondary=users,
        primary_acls={"items": entries[:1]},
        secondary_acls={"items": entries[::-1]},
    )
    assert told(more)["secret_scopes acls"] is Outcome.EXTRA


def test_what_refers_to_a_missing_secret_follows_from_it(tmp_path: Path) -> None:
    """Also where the value that holds the reference is never shown."""
    password = {"basic_auth": {"username": "u", "password": "{{secrets/etl/KEY}}"}}
    cluster = {"1": {"cluster_id": "1", "cluster_name": "c", "docker_image": password, "spark_conf": {"a": "etl"}}}
    comparison = compared(
        tmp_path, (None, None), primary={"clusters": cluster}, secondary={"clusters": cluster, "secrets": {}}
    )
    (each,) = (each for each in comparison.pairs if each.kind == "clusters")
    record = comparison.judge(each, "definition")
    assert (record.outcome, record.because_of) == (Outcome.DIFFERENT, "secrets:etl/Key")
    assert [(d.primary, d.secondary) for d in record.differences] == [("(hidden)", "(hidden)")]


def test_a_name_is_no_trace_of_the_primary(tmp_path: Path) -> None:
    """What people called a scope stands in many texts."""
    cluster = {"1": {"cluster_id": "1", "cluster_name": "warehouse-etl", "libraries": []}}
    scopes = {"warehouse-etl": {"name": "warehouse-etl"}}
    comparison = compared(
        tmp_path, (None, None), primary={"clusters": cluster, "secret_scopes": scopes}, secondary={"clusters": cluster}
    )
    (each,) = (each for each in comparison.pairs if each.kind == "clusters")
    assert comparison.judge(each, "references").outcome is Outcome.EQUAL
