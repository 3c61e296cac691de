"""Allure results: the records as one file each, for `allure generate`. A projection; results.json is the truth."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allure_commons.model2 import Label, Status, StatusDetails, TestResult
from attr import asdict

from lakedrill.parity.outcome import Colour, Outcome, Record
from reports.junit import SKIPPED
from reports.results import Findings
from reports.words import headline, lines, visible

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "lakedrill:allure")


def write(findings: Findings, folder: Path) -> None:
    """Write a result file for each record into an empty folder, and the categories of the findings.

    The same findings make the same files. A record's history id outlives its drill: it is the drill's id, kind, key, aspect.
    """
    for result in _results(findings):
        document = asdict(result, filter=lambda _, value: value or value is False)
        name = TestResult.file_pattern.format(prefix=result.uuid)
        folder.joinpath(name).write_text(json.dumps(document), encoding="utf-8")
    folder.joinpath("categories.json").write_text(json.dumps(list(_categories())), encoding="utf-8")


def status(outcome: Outcome) -> str:
    """Return Allure's word for an outcome: red failed, undecided broken, waived and not applicable skipped."""
    if outcome.colour is Colour.RED:
        return str(Status.FAILED)
    if outcome.colour is Colour.UNDECIDED:
        return str(Status.BROKEN)
    return str(Status.SKIPPED if outcome in SKIPPED else Status.PASSED)


def _results(findings: Findings) -> Iterator[TestResult]:
    seen: Counter[tuple[str, ...]] = Counter()
    for record in findings.records:
        slot = (record.kind, record.key, record.aspect)
        # Objects may share a key; the first stays the first as long as the snapshots list them in one order.
        yield _result(findings, record, (*slot, str(seen[slot])))
        seen[slot] += 1
    if findings.undecided_by_none:
        key = findings.results["drill"]["id"]
        record = Record("drill", key, "verdict", Outcome.ERROR, reason=findings.undecided_by_none)
        yield _result(findings, record, ("drill", key, "verdict", "0"))


def _result(findings: Findings, record: Record, slot: tuple[str, ...]) -> TestResult:
    results = findings.results
    told = headline(record)
    name = visible(f"{record.kind}:{record.key}")
    when = round(findings.ended * 1000)
    history = _id(results["drill"]["id"], *slot)
    return TestResult(
        uuid=_id(results["primary"]["digest"], results["secondary"]["digest"], history),
        historyId=history,
        testCaseId=_id(*slot),
        name=name,
        fullName=f"{visible(record.aspect)}[{name}]",
        status=status(record.outcome),
        statusDetails=StatusDetails(message=told, trace="\n".join(lines(record)), known=_known(record)),
        stage="finished",
        start=when,
        stop=when,
        labels=[
            Label(name=name, value=visible(value))
            for name, value in (
                ("kind", record.kind),
                ("aspect", record.aspect),
                ("outcome", record.outcome.value),
                ("parentSuite", results["drill"]["id"]),
                ("suite", record.kind),
                ("subSuite", record.aspect),
                ("framework", results["tool"]["name"]),
            )
        ],
    )


def _known(record: Record) -> bool | None:
    """A waiver is a finding that somebody has taken on."""
    return True if record.outcome is Outcome.WAIVED else None


def _id(*parts: str) -> str:
    # JSON, so that no two lists of parts are spelled alike, and a lone surrogate can be hashed
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts)))


def _categories() -> Iterator[dict[str, Any]]:
    """Yield a category for each outcome that is not a pass; a message begins with its outcome."""
    for outcome in Outcome:
        if status(outcome) != Status.PASSED:
            name = outcome.value.replace("_", " ").capitalize()
            yield {"name": name, "matchedStatuses": [status(outcome)], "messageRegex": rf"(?s){outcome.value}\b.*"}
