"""What a run of the table says: counts by tier, in one line more, and each fact for whoever asked a real workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest

from tests.support.fidelity.probes import Outcome

OUTCOMES = ("agreed", "differing", "unverified")
_PROPERTY = "fidelity"


def note(item: pytest.Item, outcomes: Iterable[Outcome]) -> None:
    """Keep outcomes in the report of a test, which travels from a worker to the controller."""
    documents = [{name: value for name, value in asdict(each).items() if name != "known"} for each in outcomes]
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
