"""junit.xml: the records as test cases, for every CI that reads JUnit (xunit2). A projection; results.json is the truth."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from lakedrill.parity.outcome import Colour, Outcome, Record
from reports.results import Findings
from reports.words import headline, lines

SUITE = "lakedrill"
SKIPPED = (Outcome.NOT_APPLICABLE, Outcome.WAIVED)
"""Green for the verdict and not proven equal: never shown as passed."""
_INVALID = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(findings: Findings) -> bytes:
    """Return junit.xml: a case a record, red as failure, undecided as error, waived and not applicable as skipped.

    A drill that is not ready although no record holds against it has one case more, so that no CI passes it.
    """
    results = findings.results
    records = findings.records
    tags = Counter(_tag(record) for record in records)
    doubt = findings.undecided_by_none
    suite = ET.Element("testsuite")
    suite.set("name", SUITE)
    suite.set("tests", str(len(records) + bool(doubt)))
    suite.set("failures", str(tags["failure"]))
    suite.set("errors", str(tags["error"] + bool(doubt)))
    suite.set("skipped", str(tags["skipped"]))
    suite.set("timestamp", datetime.fromtimestamp(findings.ended, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    properties = ET.SubElement(suite, "properties")
    for name, value in {
        "drill": results["drill"]["id"],
        "drill.digest": results["drill"]["digest"],
        "verdict": findings.verdict.value,
        "posture": results["posture"],
        "primary.digest": results["primary"]["digest"],
        "secondary.digest": results["secondary"]["digest"],
        "version": results["tool"]["version"],
    }.items():
        ET.SubElement(properties, "property", name=name, value=_valid(value))
    for record in records:
        _case(suite, record)
    if doubt:
        case = ET.SubElement(suite, "testcase", classname="verdict", name=_valid(f"drill:{results['drill']['id']}"))
        ET.SubElement(case, "error", message=f"{findings.verdict.value}: {doubt}")
    root = ET.Element("testsuites")
    root.append(suite)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _tag(record: Record) -> str:
    """Return the element that says how a case ended; empty where it passed."""
    if record.outcome.colour is Colour.RED:
        return "failure"
    if record.outcome.colour is Colour.UNDECIDED:
        return "error"
    return "skipped" if record.outcome in SKIPPED else ""


def _case(suite: ET.Element, record: Record) -> None:
    case = ET.SubElement(suite, "testcase", classname=_valid(record.aspect), name=_valid(f"{record.kind}:{record.key}"))
    tag = _tag(record)
    text = _valid("\n".join(lines(record)))
    if tag:
        end = ET.SubElement(case, tag, type=record.outcome.value, message=_valid(headline(record)))
        end.text = text
    elif record.outcome is not Outcome.EQUAL:
        ET.SubElement(case, "system-out").text = f"{_valid(headline(record))}\n{text}"


def _valid(text: str) -> str:
    """Return a text that XML can hold: what it can't is spelled as pytest spells it, `#x08`."""
    return _INVALID.sub(lambda found: f"#x{ord(found[0]):02X}", text)
