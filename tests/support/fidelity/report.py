"""What a run of the table says: counts by tier, in one line more, and each fact for whoever asked a real workspace."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from lakedrill import __version__
from tests.support.fidelity.probes import Outcome

OUTCOMES = ("agreed", "differing", "unverified")
_PROPERTY = "fidelity"


def note(item: pytest.Item, outcomes: Iterable[Outcome] | list[dict[str, Any]]) -> None:
    """Keep outcomes in the report of a test, which travels from a worker to the controller."""
    documents = [
        each if isinstance(each, dict) else {"id": each.id, "tier": each.tier, "outcome": each.outcome}
        for each in outcomes
    ]
    item.user_properties.append((_PROPERTY, documents))


def noted(reports: Iterable[Any]) -> list[dict[str, Any]]:
    """Return all outcomes that the reports of a run carry, each fact once, by id."""
    found = {
        outcome["id"]: outcome
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, outcomes in report.user_properties
        if name == _PROPERTY
        for outcome in outcomes
    }
    return [found[name] for name in sorted(found)]


def summary(outcomes: list[dict[str, Any]]) -> list[str]:
    """Return the lines of a summary: a table tier by outcome, and one line that says it all."""
    counts = Counter((each["tier"], each["outcome"]) for each in outcomes)
    lines = ["tier " + "".join(f"{name:>12}" for name in OUTCOMES)]
    lines += [f"{tier:<5}" + "".join(f"{counts[tier, name]:>12}" for name in OUTCOMES) for tier in (1, 2, 3)]
    totals = Counter(each["outcome"] for each in outcomes)
    told = ", ".join(f"{totals[name]} {name}" for name in OUTCOMES)
    return [*lines, f"fidelity: {len(outcomes)} facts: {told}"]


def write(outcomes: list[dict[str, Any]], file: Path) -> None:
    """Write the report of a real workspace, for its user to read and send back."""
    about = {
        "what": "the emulator of Lakedrill beside a real workspace: shapes, codes and texts, without names, ids and values",
        "lakedrill": __version__,
        "databricks-sdk": version("databricks-sdk"),
        "day": datetime.now(UTC).date().isoformat(),
        "counts": dict(Counter(each["outcome"] for each in outcomes)),
    }
    file.write_text(json.dumps({**about, "facts": outcomes}, indent=1) + "\n")
