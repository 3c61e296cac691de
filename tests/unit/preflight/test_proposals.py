"""Which rows an estate needs, told from its texts."""

from __future__ import annotations

import pytest

from lakedrill.preflight.proposals import (
    ACCOUNTS,
    ARNS,
    HOSTS,
    MOUNTS,
    NODES,
    ODD_ZONES,
    PEOPLE,
    REGIONS,
    RUNTIMES,
    STORAGE,
    VAULTS,
    ZONES,
    Offer,
    Proposal,
    Spot,
    absent,
    proposals,
)

EAST = Offer(
    "https://east.example.com",
    frozenset({"m5d.large", "p3.2xlarge"}),
    frozenset({"us-east-1a", "us-east-1f"}),
    frozenset({"15.4", "18.0"}),
)
WEST = Offer(
    "https://west.example.com",
    frozenset({"m5d.large", "g5.xlarge"}),
    frozenset({"us-west-2a", "us-west-2b"}),
    frozenset({"15.4"}),
)
VAULT = "/subscriptions/1/resourceGroups/g/providers/Microsoft.KeyVault/vaults/east"


def _of(text: str, path: str = "url", *, primary: Offer = EAST, secondary: Offer = WEST) -> list[Proposal]:
    return proposals([Spot("jobs", "nightly", path, text)], primary, secondary)[0]


@pytest.mark.parametrize(
    ("text", "path", "row"),
    [
        ("s3://lake/in/x", "url", Proposal(STORAGE, "s3://lake/", prefix=True)),
        ("s3a://lake", "url", Proposal(STORAGE, "s3a://lake")),
        ("gs://lake/", "url", Proposal(STORAGE, "gs://lake/", prefix=True)),
        (
            "abfss://c@acct.dfs.core.windows.net/x",
            "url",
            Proposal(STORAGE, "abfss://c@acct.dfs.core.windows.net/", prefix=True),
        ),
        (
            "https://acct.blob.core.windows.net/x",
            "url",
            Proposal(STORAGE, "https://acct.blob.core.windows.net/", prefix=True),
        ),
        ("dbfs:/mnt/lake/x", "url", Proposal(MOUNTS, "dbfs:/mnt/lake/", prefix=True, optional=True)),
        (
            "fs.azure.account.key.acct.dfs.core.windows.net",
            "spark_conf.",
            Proposal(ACCOUNTS, "fs.azure.account.key.acct.", prefix=True),
        ),
        (
            "spark.hadoop.fs.s3a.bucket.lake.endpoint",
            "spark_conf.",
            Proposal(ACCOUNTS, "spark.hadoop.fs.s3a.bucket.lake.", prefix=True),
        ),
        ("https://v.vault.azure.net/", "dns_name", Proposal(VAULTS, "https://v.vault.azure.net/", prefix=True)),
        (VAULT, "resource_id", Proposal(VAULTS, VAULT)),
        ("arn:aws:iam::1:instance-profile/x", "arn", Proposal(ARNS, "arn:aws:iam::1:instance-profile/x")),
        ("p3.2xlarge", "a.driver_node_type_id", Proposal(NODES, "p3.2xlarge", path="*node_type_id")),
        ("p3.2xlarge", "d.node_type_id.values[]", Proposal(NODES, "p3.2xlarge", path="*node_type_id.values[]")),
        ("18.0", "x.spark_version", Proposal(RUNTIMES, "18.0", path="*spark_version")),
        ("us-east-1a", "a.zone_id", Proposal(ZONES, "us-east-1", "us-west-2", path="*zone_id", prefix=True)),
        ("us-east-1f", "a.zone_id", Proposal(ODD_ZONES, "us-east-1f", path="*zone_id")),
        ("us-east-1", "s3.region", Proposal(REGIONS, "us-east-1", "us-west-2", path="*region")),
        ("https://east.example.com/#job/1", "u", Proposal(HOSTS, EAST.host, WEST.host, prefix=True)),
    ],
)
def test_what_belongs_to_a_region_an_account_or_a_host_is_proposed(text: str, path: str, row: Proposal) -> None:
    (found,) = _of(text, path)
    assert found == row
    assert found.optional is row.optional


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("s3://lake/", "spark_conf."),
        ("fs.azure.account.key.acct.dfs.core.windows.net", "spark_conf.x"),
        ("dbfs:/init/x.sh", "url"),
        ("m5d.large", "node_type_id"),
        ("p3.2xlarge", "custom_tags.node"),
        ("auto", "zone_id"),
        ("us-west-2a", "zone_id"),
        ("https://east.example.com.evil/", "url"),
        ("15.4", "spark_version"),
    ],
)
def test_the_rest_needs_no_row(text: str, path: str) -> None:
    assert _of(text, path) == []


def test_what_was_not_read_is_not_missing() -> None:
    unread = Offer("https://west.example.com")
    for text, path in (("p3.2xlarge", "node_type_id"), ("18.0", "spark_version"), ("us-east-1a", "zone_id")):
        assert _of(text, path, secondary=unread) == []
    assert [
        each.title for each in _of("us-east-1a", "zone_id", primary=EAST, secondary=Offer("w", zones=frozenset()))
    ] == [ODD_ZONES]


def test_zones_of_a_cloud_with_a_hyphen_and_without_a_region() -> None:
    gcp = [Offer("h", zones=frozenset({f"{region}-a", f"{region}-b"})) for region in ("us-central1", "us-west1")]
    assert [each.region for each in gcp] == ["us-central1", "us-west1"]
    (row,) = _of("us-central1-b", "zone_id", primary=gcp[0], secondary=gcp[1])
    assert (row.primary, row.secondary) == ("us-central1", "us-west1")
    assert Offer("h", zones=frozenset("123")).region == ""
    assert Offer("h", zones=frozenset({"us-east-1a", "eu-west-12a"})).region == ""


def test_rows_count_what_they_change_with_an_example() -> None:
    spots = [
        Spot("jobs", "b", "x[].url", "s3://lake/1"),
        Spot("jobs", "b", "y", "s3://lake/2"),
        Spot("clusters", "b", "", "s3://lake/3"),
    ]
    (row,), notes = proposals(spots, EAST, WEST)
    assert row.told == "3 values in 2 objects, as jobs:b at x[].url"
    assert Proposal("", "", spots=spots[2:]).told == "1 value in 1 object, as clusters:b"
    assert notes == []


def test_what_stands_in_the_middle_of_a_text_is_told() -> None:
    spots = [
        Spot("jobs", "b", "p[]", "--in=s3://lake/1"),
        Spot("jobs", "b", "q", "see https://east.example.com/#job/1"),
        Spot("jobs", "b", "r", "s3://a/ and s3://lake/"),
    ]
    rows, notes = proposals(spots, EAST, WEST)
    assert [row.primary for row in rows] == ["s3://a/"]
    assert notes == [
        "no row reaches https://east.example.com in the middle of 1 value in 1 object, as jobs:b at q",
        "no row reaches s3://lake/ in the middle of 2 values in 1 object, as jobs:b at p[]",
    ]


def test_what_may_be_secret_is_counted_and_not_shown() -> None:
    planted = "hunter2"
    spots = [
        Spot("jobs", "b", "spark_conf.password", f"s3://{planted}/"),
        Spot("jobs", "b", "url", f"s3://user:{planted}@lake/"),
    ]
    rows, notes = proposals(spots, EAST, WEST)
    assert rows == []
    assert notes == ["2 values that may be secret would need a row as well, and can't be shown"]


def test_principals_that_the_other_side_lacks() -> None:
    rows = absent("users", "userName", ["Bob@x", "Ann@x"], {"bob@x"})
    assert rows == [Proposal(PEOPLE, "Ann@x", kind="users", path="userName", optional=True)]
    assert rows[0].told == "1 value in 1 object, as users:Ann@x"
