"""What in a text looks like an id, a host or a place in storage; and what looks like a secret, which is never kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.literals import MOST, Finder

HOST = "https://adb-1111111111111111.5.azuredatabricks.net"
CLUSTER, WAREHOUSE, UUID = "0101-120000-abcdefgh", "0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"
HEX = "0123456789abcdef0123456789abcdef"


def _found(text: str | bytes, host: str = HOST) -> list[tuple[int, str]]:
    data = text.encode() if isinstance(text, str) else text
    kept = Finder(host).of({}, (), data) or {"found": []}
    assert {path for path, _, _ in kept["found"]} <= {""}
    return [(line, text) for _, line, text in kept["found"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'c = "{CLUSTER}"', [CLUSTER]),
        ("pool 0727-104344-hauls13-pool-uftxk0r6.", ["0727-104344-hauls13-pool-uftxk0r6"]),
        (f"/sql/1.0/warehouses/{WAREHOUSE}", [WAREHOUSE]),
        (f"policy={WAREHOUSE.upper()};", [WAREHOUSE.upper()]),
        (f"pipeline {UUID}", [UUID]),
        (f"board {HEX}", [HEX]),
        (f"{HOST}/x", ["adb-1111111111111111.5.azuredatabricks.net"]),
        ("https://eu.azuredatabricks.net/?o=1111111111111111", ["1111111111111111"]),
        ("https://adb-2222222222222222.7.azuredatabricks.net/", ["2222222222222222"]),
        ("run_now(job_id=123456789)", ["123456789"]),
        ('{"run_id": 987654321}', ["987654321"]),
        ("#job/123456789012345/run/1", ["123456789012345"]),
        ("read('abfss://raw@acme.dfs.core.windows.net/a b')", ["abfss://raw@acme.dfs.core.windows.net/a"]),
        ("(s3a://lake/in/), gs://b/c.", ["s3a://lake/in/", "gs://b/c"]),
        ("wasbs://c@a.blob.core.windows.net?sig=abc", ["wasbs://c@a.blob.core.windows.net"]),
        ("arn:aws:iam::123456789012:instance-profile/a/etl.", ["arn:aws:iam::123456789012:instance-profile/a/etl"]),
        ("https://example.com/123456789", []),
        ("price 123456789, 1.41421356237309512", []),
        ("x0123456789abcdef", []),
        ("---------------------------------", []),
        ("0101-120000", []),
        ("", []),
    ],
)
def test_each_sort_is_found(text: str, found: list[str]) -> None:
    assert _found(text) == [(1, each) for each in found]
    assert _found(f"a\n\n  {text}\r\nb") == [(3, each) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        f"dapi{HEX}",
        f"token dapi{HEX}-2",
        f"password={HEX}",
        f'api_key = "{HEX}"',
        f"client_secret: {UUID}",
        f"Bearer {HEX}",
        f"s3://{HEX}:{HEX}@bucket/x",
        f"PASSWORD {WAREHOUSE}",
    ],
)
def test_what_looks_like_a_secret_is_never_kept(text: str) -> None:
    assert _found(text) == []
    document = {"job_id": 1, "settings": {"description": text, "tags": {"token": "0101-120000-abcdefgh"}}}
    assert Finder(HOST).of(document, CATALOGUE["jobs"].shapes.values(), None) is None


def test_an_id_beside_a_secret_is_found() -> None:
    line = f'connect("/sql/1.0/warehouses/{WAREHOUSE}", token="{HEX}", cluster="{CLUSTER}")'
    assert _found(line) == [(1, WAREHOUSE), (1, CLUSTER)]


def test_bytes_that_are_no_text_have_none() -> None:
    assert _found(b"PK\0 " + CLUSTER.encode()) == []
    assert _found(b"\xff\xfe\n" + CLUSTER.encode()) == [(2, CLUSTER)]


def test_long_lines_and_long_runs_are_passed_over() -> None:
    """A minified file is one line; a dump of hex digits is data, whatever its length."""
    filler = "x = 1; " * 1000
    assert _found(f"{filler}{CLUSTER} {filler}\n{CLUSTER}") == [(1, CLUSTER), (2, CLUSTER)]
    assert _found("0123456789abcdef" * 100_000 + f"\n{CLUSTER}") == [(2, CLUSTER)]


def test_no_more_than_so_many_are_kept_and_the_rest_is_counted() -> None:
    text = "".join(f"{CLUSTER}\n" for _ in range(MOST + 50))
    kept = Finder(HOST).of({}, (), text.encode())
    assert kept is not None
    assert (len(kept["found"]), kept["more"]) == (MOST, 50)
    many = Finder(HOST).of({}, (), (f"{CLUSTER}, " * 3 + f"s3://a {UUID}\n").encode() * MOST)
    assert many is not None
    assert len(many["found"]) == MOST
    assert many["more"] > MOST


def test_a_host_without_a_name_is_looked_for_nowhere() -> None:
    assert _found("see 127.0.0.1:8080/x", "http://127.0.0.1:8080") == [(1, "127.0.0.1:8080")]
    assert _found("see 127.0.0.1:80801", "http://127.0.0.1:8080") == []
    assert _found("anything", "") == []


@pytest.mark.parametrize(
    ("kind", "document", "found"),
    [
        ("queries", {"query_text": f"SELECT 1\n-- {CLUSTER}"}, [("query_text", 2, CLUSTER)]),
        (
            "jobs",
            {
                "settings": {
                    "name": CLUSTER,
                    "tasks": [{"notebook_task": {"base_parameters": {"c": [CLUSTER, 12345678]}}}],
                }
            },
            [
                ("settings.tasks[0].notebook_task.base_parameters.c[0]", 1, CLUSTER),
                ("settings.tasks[0].notebook_task.base_parameters.c[1]", 1, "12345678"),
            ],
        ),
        (
            "dashboards",
            {"serialized_dashboard": json.dumps({"datasets": [{"queryLines": ["SELECT 1", f"-- {CLUSTER}"]}]})},
            [("serialized_dashboard.datasets[0].queryLines[1]", 1, CLUSTER)],
        ),
        (
            "pipelines",
            {"spec": {"configuration": {"c": CLUSTER, "more": None}}},
            [("spec.configuration.c", 1, CLUSTER)],
        ),
    ],
)
def test_free_text_is_searched_where_it_stands(kind: str, document: dict[str, Any], found: list[Any]) -> None:
    """What a fact says of another field, its reference tells."""
    kept = Finder(HOST).of(document, CATALOGUE[kind].shapes.values(), None)
    assert kept == {"found": found, "more": 0}
