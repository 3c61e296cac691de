"""The end of a run in a few lines: verdict, counts, causes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks.subject import printable, shown
from lakedrill.parity import results
from lakedrill.parity.outcome import NOT_JUDGED, Judgement, Outcome, Verdict

_CAUSES = 20
"""As many causes as a terminal bears; results.json has them all."""
_SHOWN = 80
"""As much of a value as one line bears."""
_WORDS = {Verdict.READY: "ready", Verdict.NOT_READY: "not ready", Verdict.UNDECIDED: "undecided"}


def headline(judgement: Judgement) -> str:
    """Return the verdict, or how much was checked where that gives none."""
    if judgement.checked < judgement.expected:
        return f"{judgement.checked} of {judgement.expected} checked, no verdict"
    return f"{_WORDS[judgement.verdict]}: all {judgement.expected} checked"


def lines(judgement: Judgement, drill_file: Path) -> Iterator[str]:
    """Yield what a terminal shows below the headline."""
    skipped = judgement.expected - judgement.checked
    counts = dict(judgement.counts)
    counts[Outcome.ERROR] = counts.get(Outcome.ERROR, 0) - skipped
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    yield told or "nothing was judged"
    findings = [f for f in results.document(judgement, {})["findings"] if f["reason"] != NOT_JUDGED]
    causes = results.causes(findings)
    for cause in causes[:_CAUSES]:
        yield printable(_cause(cause))
    if len(causes) > _CAUSES:
        yield f"{_many(len(causes) - _CAUSES, 'more cause')}"
    following = len({(f["kind"], f["key"], f["aspect"]) for f in findings if not f["counted"]})
    if following:
        yield f"{_many(following, 'more finding')} follow{'s' * (following == 1)} from others"
    yield f"to see it all: lakedrill report --drill {drill_file}"


def _cause(cause: dict[str, Any]) -> str:
    what = [cause["kind"], cause["aspect"]]
    if cause["path"]:
        what += [cause["path"], _value(cause["primary"]), "→", _value(cause["secondary"])]
    else:
        what.append(cause["outcome"])
    reason = f" ({cause['reason']})" if cause["reason"] else ""
    objects = list(dict.fromkeys(cause["objects"]))
    named = objects[0] if len(objects) == 1 else _many(len(objects), "object")
    return f"1 cause, {named}: {' '.join(what)}{reason}"


def _value(value: Any) -> str:
    if isinstance(value, str) and len(value) <= _SHOWN:
        return value
    return "nothing" if value is None else shown(value, _SHOWN)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
