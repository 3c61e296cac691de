"""A drill's folder, as a check leaves it."""

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from lakedrill.parity import results
from lakedrill.parity.outcome import Difference, Outcome, Record, Slot, judge

ABOUT: dict[str, Any] = {
    "drill": {"id": "east-to-west", "digest": "d" * 64},
    "tool": {"name": "lakedrill", "version": "0.1.0"},
    "posture": "standby",
    "primary": {
        "host": "https://adb-1.azuredatabricks.net",
        "workspace_id": 1,
        "started": 1_700_000_000.25,
        "ended": 1_700_000_060,
        "digest": "a" * 64,
    },
    "secondary": {
        "host": "https://adb-2.azuredatabricks.net",
        "workspace_id": 2,
        "started": 1_700_007_000,
        "ended": 1_700_007_260.5,
        "digest": "b" * 64,
    },
    "narrowed": None,
}
WEIRD = (
    "🦆 nightly 👩‍👩‍👧",
    "control \x00\x08\x1b\x7f\n\r\tcharacters",
    "\"quotes\" 'and' `ticks` & <script>alert(1)</script>",
    "turned \u202egnp.exe and \u200binvisible",
    "lone \ud800 surrogate \ufffe\uffff",
    "k" * 5000,
    "",
)
Make = Callable[..., Path]


def every_outcome() -> list[Record]:
    """One record of every outcome, with what such a record has."""
    given: dict[Outcome, dict[str, Any]] = {
        Outcome.EXPECTED: {"rows": ("abfss://east → abfss://west",)},
        Outcome.ADVISORY: {
            "differences": (Difference("3", "adb-1", "adb-1"),),
            "reason": "free text names the primary",
        },
        Outcome.WAIVED: {"reason": "owner kim, ticket DR-7, until 2031-01-01"},
        Outcome.NOT_APPLICABLE: {"reason": "FEATURE_DISABLED"},
        Outcome.DIFFERENT: {
            "differences": (
                Difference("settings.max_concurrent_runs", 1, "1"),
                Difference("settings.tags", {"a": [None, True]}, None, absent="secondary"),
            ),
            "fix": "lakedrill migrate --only 'jobs:different'",
        },
        Outcome.MISSING: {"fix": "lakedrill migrate --only 'jobs:missing'"},
        Outcome.CONFLICT: {"because_of": "jobs:missing", "reason": "made by somebody else"},
        Outcome.UNVERIFIABLE: {"reason": "PERMISSION_DENIED: not an admin"},
    }
    return [Record("jobs", o.value, "definition", o, n, **given.get(o, {})) for n, o in enumerate(Outcome)]


def equal() -> list[Record]:
    return [
        Record("jobs", "primary", "listing", Outcome.EQUAL, reason="1 objects"),
        Record("clusters", "primary", "listing", Outcome.EQUAL, reason="0 objects"),
        Record("jobs", "nightly", "definition", Outcome.EQUAL, 0),
    ]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what writes a drill's folder from records; slots beyond them are those never judged."""

    def folder(records: Iterable[Record], lost: Iterable[Slot] = (), **about: Any) -> Path:
        found = list(records)
        judgement = judge([*(record.slot for record in found), *lost], found)
        document = results.document(judgement, {**copy.deepcopy(ABOUT), **about})
        tmp_path.joinpath("results.json").write_text(json.dumps(document))
        lines = [json.dumps(record.document()) for record in judgement.records]
        tmp_path.joinpath("records.jsonl").write_text("".join(f"{line}\n" for line in lines))
        return tmp_path

    return folder


@pytest.fixture
def records() -> list[Record]:
    return every_outcome()


@pytest.fixture
def green() -> list[Record]:
    return equal()


@pytest.fixture
def weird() -> list[Record]:
    """Objects with keys, values, reasons and fixes that break a careless writer."""
    return [
        Record(
            "jobs",
            key,
            "definition",
            Outcome.DIFFERENT,
            n,
            (Difference(key, key, {key: key}),),
            reason=key,
            because_of=key if n == 0 else "",
            fix=key,
        )
        for n, key in enumerate(WEIRD)
    ]
