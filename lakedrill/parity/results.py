"""results.json: the verdict with its findings, as a document that stays readable for years."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from lakedrill.parity.outcome import LITERALS, SIGHT, Colour, Judgement, Record

FORMAT = 1


def document(judgement: Judgement, about: dict[str, Any]) -> dict[str, Any]:
    """Return results.json. `about` says what was compared: drill, tool, both snapshots, posture."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for record in judgement.records:
        kinds[record.kind][record.outcome.value] += 1
    findings = [finding for record in judgement.records for finding in _findings(record)]
    return {
        "format": FORMAT,
        "verdict": judgement.verdict.value,
        **about,
        "checked": judgement.checked,
        "expected": judgement.expected,
        "counts": judgement.counts,
        "kinds": {kind: dict(sorted(counts.items())) for kind, counts in sorted(kinds.items())},
        "causes": causes(findings),
        "findings": findings,
        "literals": [line for record in judgement.records for line in _literals(record)],
    }


def _findings(record: Record) -> list[dict[str, Any]]:
    """Return a line for each difference of a record that is not green, or one where it has none."""
    if record.outcome.colour is Colour.GREEN:
        return []
    line = {
        "kind": record.kind,
        "key": record.key,
        "aspect": record.aspect,
        "outcome": record.outcome.value,
        "counted": record.counted,
        "because_of": record.because_of,
        "reason": record.reason,
        "fix": record.fix,
    }
    if not record.differences:
        return [{**line, "path": "", "primary": None, "secondary": None, "absent": ""}]
    return [
        {**line, "path": d.path, "primary": d.primary, "secondary": d.secondary, "absent": d.absent}
        for d in record.differences
    ]


def _literals(record: Record) -> list[dict[str, Any]]:
    """Return a line for each literal: where it stands, what it names, and what that is called on the secondary."""
    if record.aspect != LITERALS:
        return []
    line = {"kind": record.kind, "key": record.key}
    return [
        {**line, "place": d.path, "names": d.names, "primary": d.primary, "secondary": d.secondary}
        for d in record.differences
    ]


def causes(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Group counted findings that are alike: same kind, aspect, path, from and to.

    What puts all others in doubt comes first, then the largest group.
    """
    groups: dict[str, dict[str, Any]] = {}
    for finding in findings:
        if not finding["counted"]:
            continue
        alike = {
            name: finding[name] for name in ("kind", "aspect", "outcome", "path", "primary", "secondary", "reason")
        }
        group = groups.setdefault(repr(sorted(alike.items())), {**alike, "objects": []})
        group["objects"].append(finding["key"])
    return sorted(groups.values(), key=lambda g: (g["aspect"] != SIGHT, -len(g["objects"]), g["kind"], g["path"]))
