"""Literals of the primary are told with their lines and what they name, and hold up nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.mapping import Mapping, Row
from lakedrill.parity.outcome import LITERALS, Difference, Outcome, Record, judge, record_from
from lakedrill.parity.results import document
from tests.support.snapshots import WORKSPACES, build

CLUSTER, COPY, ALONE = "0101-120000-abcdefgh", "0202-120000-hgfedcba", "0303-120000-aaaaaaaa"
ARN = "arn:aws:iam::123456789012:instance-profile/etl"
Judge = Callable[..., Record | None]


@pytest.fixture
def told(tmp_path: Path) -> Judge:
    """Judge the literals of a notebook; None where it has none."""

    def run(*found: tuple[str, int, str], more: int = 0, rows: tuple[Row, ...] = (), **rest: Any) -> Record | None:
        kept = {"found": [list(each) for each in found], "more": more}
        sides = {}
        for role, key in (("primary", CLUSTER), ("secondary", COPY)):
            clusters = {key: {"cluster_id": key, "cluster_name": "etl"}}
            clusters |= {ALONE: {"cluster_id": ALONE, "cluster_name": "alone"}} if role == "primary" else {}
            objects = {
                "notebooks": {"555555555555555": {"path": "/n", "object_id": 555555555555555, "language": "PYTHON"}},
                "instance_profiles": {ARN: {"instance_profile_arn": ARN}},
                "clusters": clusters,
            }
            literals = {("notebooks", "555555555555555"): {Facet.LITERALS: kept}}
            sides[role] = build(tmp_path / role, role, objects, apart=literals if found or more else None, **rest)
        comparison = Comparison(sides["primary"], sides["secondary"], CATALOGUE, mapping=Mapping(rows))
        (each,) = [pair for pair in comparison.pairs if pair.kind == "notebooks"]
        if LITERALS not in comparison.aspects(each):
            assert not any(slot.aspect == LITERALS for slot in comparison.slots())
            return None
        assert [slot.key for slot in comparison.slots() if slot.aspect == LITERALS] == ["/n"]
        return comparison.judge(each, LITERALS)

    return run


@pytest.mark.parametrize(
    ("text", "names", "there"),
    [
        (CLUSTER, "clusters:etl", COPY),
        (ALONE, "clusters:alone", None),
        ("primary.example", "host of the primary", "secondary.example"),
        (str(WORKSPACES["primary"]), "workspace id of the primary", str(WORKSPACES["secondary"])),
        (
            "abfss://raw@acme.dfs.core.windows.net/x",
            "storage by its own address",
            "abfss://raw@acme.dfs.core.windows.net/x",
        ),
        ("s3://lake-eu/in", "what the mapping calls otherwise", "s3://lake-us/in"),
        ("s3://whole", "what the mapping calls otherwise", "s3://other"),
    ],
)
def test_each_sort_is_told_with_its_line_and_what_it_names(
    told: Judge, text: str, names: str, there: str | None
) -> None:
    rows = (Row("s3://lake-eu/", "s3://lake-us/", prefix=True), Row("s3://whole", "s3://other"))
    record = told(("", 12, text), ("settings.parameters[0].default", 1, text), rows=rows)
    assert record is not None
    absent = "secondary" if there is None else ""
    assert record.outcome is Outcome.ADVISORY
    assert record.reason == "plain text names something of the primary"
    assert record.differences == (
        Difference("line 12", text, there, absent, names),
        Difference("settings.parameters[0].default line 1", text, there, absent, names),
    )


@pytest.mark.parametrize(
    "text",
    [
        COPY,
        "0404-120000-bbbbbbbb",
        "555555555555555",
        ARN,
        "secondary.example",
        str(WORKSPACES["secondary"]),
        "s3://elsewhere/x",
        "s3://whole/x",
        "arn:aws:iam::1:instance-profile/none",
    ],
)
def test_what_names_nothing_or_the_same_on_both_sides_is_none(told: Judge, text: str) -> None:
    """An id that the pair has on both sides leads where it should, and so does an ARN."""
    assert told(("", 1, text), rows=(Row("s3://whole", "s3://other"),)) is None


def test_an_object_without_any_has_no_slot(told: Judge) -> None:
    assert told() is None


def test_one_workspace_against_itself_has_none(told: Judge) -> None:
    same = {"host": "https://one.example", "workspace_id": 7}
    assert told(("", 1, "one.example"), ("", 1, "7"), meta=same) is None


def test_what_was_not_looked_at_is_told(told: Judge) -> None:
    record = told(("", 1, "nothing"), more=12)
    assert record is not None
    assert (record.outcome, record.reason) == (Outcome.ADVISORY, "about 12 more places were not looked at")
    record = told(("", 1, CLUSTER), more=2)
    assert record is not None
    assert record.reason == "plain text names something of the primary; about 2 more places were not looked at"


def test_a_value_that_looks_like_a_secret_is_not_shown(told: Judge) -> None:
    record = told(("spark_env_vars.TOKEN", 1, CLUSTER))
    assert record is not None
    assert [(d.primary, d.secondary) for d in record.differences] == [("(hidden)", "(hidden)")]


def test_they_are_in_the_results_and_count_for_nothing(told: Judge) -> None:
    record = told(("", 12, CLUSTER))
    assert record is not None
    assert record_from(record.document()) == record
    judgement = judge([record.slot], [record])
    found = document(judgement, {})
    assert (found["verdict"], found["findings"]) == ("ready", [])
    line = {"kind": "notebooks", "key": "/n", "place": "line 12", "names": "clusters:etl"}
    assert found["literals"] == [{**line, "primary": CLUSTER, "secondary": COPY}]
