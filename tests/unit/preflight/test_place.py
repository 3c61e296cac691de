"""What is lost with the primary's region."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import Drill
from lakedrill.preflight.finding import Level
from lakedrill.preflight.place import findings, region_of
from tests.support.preflight import seen

DRILL = Drill(Path("drill.yaml"), "d", Connection("primary", "p", 1), Connection("secondary", "s", 2))
ZONES = "/api/2.1/clusters/list-zones"


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("us-east-1a", "us-east-1"),
        ("us-gov-west-1b", "us-gov-west-1"),
        ("ap-southeast-12c", "ap-southeast-12"),
        ("us-east1-b", "us-east1"),
        ("northamerica-northeast1-a", "northamerica-northeast1"),
        ("1", ""),
        ("", ""),
        ("auto", ""),
    ],
)
def test_a_zone_tells_its_region_but_on_azure(zone: str, region: str) -> None:
    assert region_of(zone) == region


@pytest.mark.parametrize(
    ("said", "zone", "level", "text"),
    [
        ({}, "us-east-1a", Level.UNKNOWN, "say `stands_in: REGION` in drill.yaml"),
        ({"stands_in": "us-west-2"}, "us-east-1a", Level.OK, "are in us-west-2, the primary is in us-east-1"),
        (
            {"stands_in": "US-East-1"},
            "us-east-1a",
            Level.WARN,
            "and would be lost with it; hold the drill from elsewhere",
        ),
        ({"stands_in": "eastus"}, "1", Level.UNKNOWN, "say `region: REGION` under `primary` in drill.yaml"),
        ({"stands_in": "eastus"}, None, Level.UNKNOWN, "does not tell its region (PERMISSION_DENIED: no); say"),
        ({"stands_in": "eastus", "primary_region": "eastus"}, None, Level.WARN, "would be lost"),
        ({"stands_in": "eastus", "primary_region": "westus"}, None, Level.OK, "the primary is in westus"),
    ],
)
def test_a_place_is_told_or_unknown(said: dict[str, Any], zone: str | None, level: Level, text: str) -> None:
    primary = seen(answers={} if zone is None else {ZONES: {"default_zone": zone}})
    (found,) = findings(replace(DRILL, **said), primary)
    assert found.level is level
    assert text in found.text
