"""report.html: one file that says whether the drill passed, why not, and what to do; it works offline and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from itertools import pairwise
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lakedrill.parity.outcome import Colour, Outcome, Record
from reports.results import Findings
from reports.words import sides, visible

MOST_ROWS = 5000
MOST_NAMES = 200
_MOST_CAUSES = 500
_LIMIT = 1200
_SLIVER = 0.5
"""A segment of the bar is never thinner than this, in percent: one missing object among 100,000 must be seen."""
_NOTED = (Outcome.DRIFTED, Outcome.ADVISORY, Outcome.WAIVED, Outcome.NOT_APPLICABLE)
"""Green for the verdict, and not proven equal: never coloured green."""
_ORDER = [outcome.value for outcome in Outcome]


def render(findings: Findings) -> str:
    """Return report.html. Every value is escaped; the page allows itself its own style and script, and no request."""
    folder = resources.files("reports").joinpath("html")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment = Environment(
        loader=PackageLoader("reports", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(seen=_seen, when=_when, since=_since, percent=_percent, number=_number, group=group)
    page = environment.get_template("report.html.j2").render(
        results=findings.results,
        verdict=findings.verdict.value,
        exit_code=findings.verdict.exit_code,
        view=View(findings),
        # Both are files of ours; Markup keeps the page's escaping away from them.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        hashes={"style": _hash(style), "script": _hash(script)},
    )
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


def group(outcome: str) -> str:
    """Return how an outcome is shown: good, noted, bad or open (undecided)."""
    known = Outcome(outcome)
    if known in _NOTED:
        return "noted"
    return {Colour.GREEN: "good", Colour.RED: "bad", Colour.UNDECIDED: "open"}[known.colour]


@dataclass(frozen=True, slots=True)
class Segment:
    """One outcome's part of the coverage bar, in percent of its width."""

    outcome: str
    count: int
    share: float
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings that are alike, with both values as text and what mends them."""

    cause: dict[str, Any]
    primary: str
    secondary: str
    fixes: list[str]

    @property
    def objects(self) -> list[str]:
        """The keys of the objects, as many as the page bears."""
        keys: list[str] = self.cause["objects"]
        return keys[:MOST_NAMES]

    @property
    def count(self) -> int:
        """How many objects there are."""
        return len(self.cause["objects"])


@dataclass(frozen=True, slots=True)
class Row:
    """One finding with both values as text."""

    finding: dict[str, Any]
    primary: str
    secondary: str


@dataclass(frozen=True, slots=True)
class Note:
    """Records that are alike but for the object."""

    kind: str
    aspect: str
    outcome: str
    reason: str
    keys: list[str]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the objects of one kind."""

    kind: str
    account: dict[str, Any]

    @property
    def skipped(self) -> int:
        """How many were left on purpose."""
        return sum(self.account["skipped"].values())

    @property
    def failed(self) -> int:
        """How many are not as they ought to be."""
        return sum(self.account["failed"].values())

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """Why, the most frequent first."""
        found = [(count, why) for part in ("failed", "skipped") for why, count in self.account[part].items()]
        return sorted(found, key=lambda each: -each[0])


@dataclass(frozen=True, slots=True)
class _Ends:
    """Both ends of a finding, as `sides` takes them."""

    primary: Any
    secondary: Any
    absent: str = ""


class View:
    """What the page shows beyond what results.json says outright: sums, groups and cuts of it, and of the records."""

    def __init__(self, findings: Findings) -> None:
        self.results = findings.results
        self.records = findings.records
        self.total = sum(self.results["counts"].values())
        self.unjudged = self.results["expected"] - self.results["checked"]
        self.segments = list(_segments(self.results["counts"]))
        self.doubt = findings.undecided_by_none
        self.most_rows = MOST_ROWS
        absent, fixes = _of_causes(self.results["findings"])
        self.causes = [
            Cause(cause, *_texts(cause, absent.get(_alike(cause), "")), fixes.get(_alike(cause), []))
            for cause in self.results["causes"][:_MOST_CAUSES]
        ]
        self.followers = sum(not finding["counted"] for finding in self.results["findings"])

    @property
    def age(self) -> float:
        """How old the primary's snapshot was when the secondary had been read, in seconds."""
        return max(0.0, float(self.results["secondary"]["ended"] - self.results["primary"]["started"]))

    @property
    def rows(self) -> list[Row]:
        """The findings as rows: what counts first, then what follows from it; as many as the page bears."""
        ordered = sorted(self.results["findings"], key=lambda f: (not f["counted"], group(f["outcome"]) == "open"))
        return [Row(finding, *_texts(finding, finding["absent"])) for finding in ordered[:MOST_ROWS]]

    @property
    def found(self) -> dict[str, list[str]]:
        """The kinds and the outcomes that the rows can be filtered by."""
        return {
            name: sorted({visible(finding[name]) for finding in self.results["findings"]})
            for name in ("kind", "outcome")
        }

    @property
    def undecided(self) -> list[Note]:
        """What could not be judged, with the reason."""
        return _notes(record for record in self.records if record.outcome.colour is Colour.UNDECIDED)

    @property
    def noted(self) -> list[Note]:
        """What is no finding and should be known: waived, advisory, drifted, not applicable."""
        return _notes(record for record in self.records if record.outcome in _NOTED)

    @property
    def literals(self) -> list[dict[str, Any]]:
        """What of the primary stands as plain text, as many as the page bears; a drill of before did not tell."""
        found: list[dict[str, Any]] = self.results.get("literals", [])
        return found[:MOST_ROWS]

    @property
    def through(self) -> list[tuple[str, int]]:
        """The rows of mapping and posture that something is equal through only, with how often."""
        rows = Counter(row for r in self.records if r.outcome is Outcome.EXPECTED for row in r.rows)
        return sorted(rows.items(), key=lambda item: (-item[1], item[0]))

    @property
    def idle(self) -> list[str]:
        """The rows of the mapping that change nothing, with their lines."""
        rows = self.results.get("mapping", [])  # which a drill of before did not tell
        return [f"{row['row']} (line {row['line']})" for row in rows if not row["objects"]]

    @property
    def accounts(self) -> list[Account]:
        """What the copy said became of every object, by kind."""
        accounting = self.results["accounting"] or {}
        return [Account(kind, account) for kind, account in accounting.items()]

    @property
    def empty(self) -> set[str]:
        """The kinds of which neither side holds an object."""
        return {r.kind for r in self.records} - {r.kind for r in self.records if r.pair is not None}


def _texts(line: dict[str, Any], absent: str) -> tuple[str, str]:
    """Return both values as text; empty where the finding has none to show."""
    if line["primary"] is None and line["secondary"] is None and not line["path"]:
        return "", ""
    return sides(_Ends(line["primary"], line["secondary"], absent), _LIMIT)


def _alike(line: dict[str, Any]) -> str:
    """Return what the lines of one cause share, spelled."""
    names = ("kind", "aspect", "outcome", "path", "primary", "secondary", "reason")
    return json.dumps([line[name] for name in names], sort_keys=True)


def _of_causes(findings: Iterable[dict[str, Any]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return, by cause, which side has nothing and what mends it; a cause itself tells neither."""
    absent: dict[str, str] = {}
    fixes: dict[str, dict[str, None]] = defaultdict(dict)
    for finding in findings:
        if finding["counted"]:
            cause = _alike(finding)
            absent.setdefault(cause, finding["absent"])
            if finding["fix"]:
                fixes[cause][finding["fix"]] = None
    return absent, {cause: list(commands) for cause, commands in fixes.items()}


def _notes(records: Iterable[Record]) -> list[Note]:
    found: dict[tuple[str, str, str, str], Note] = {}
    for r in records:
        like = (r.kind, r.aspect, r.outcome.value, r.reason)
        found.setdefault(like, Note(*like, [])).keys.append(r.key)
    return sorted(found.values(), key=lambda note: (-_ORDER.index(note.outcome), -len(note.keys), note.kind))


def _segments(counts: dict[str, int]) -> Iterator[Segment]:
    """Yield the parts of the bar in the order of the outcomes, each at least a sliver wide, together 100."""
    total = sum(counts.values())
    shares = {o.value: 100 * counts[o.value] / total for o in Outcome if o.value in counts}
    wide = {name: max(share, _SLIVER) for name, share in shares.items()}
    scale = 100 / sum(wide.values()) if wide else 1
    edges = [0.0]
    for width in wide.values():
        edges.append(edges[-1] + width * scale)
    for (name, share), (start, end) in zip(shares.items(), pairwise(edges), strict=True):
        yield Segment(name, counts[name], share, round(start, 3), round(end - start, 3))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _seen(value: object) -> str:
    return visible(str(value))


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _since(seconds: float) -> str:
    """Return a span of time as people say it: `3 d 4 h`, `12 min 5 s`."""
    left = round(seconds)
    parts = []
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def _number(value: int) -> str:
    return f"{value:,}"


def _percent(share: float) -> str:
    """Return a share so that what is not all is never rounded up to all, nor something down to nothing."""
    if 0 < share < 0.1:  # noqa: PLR2004 - one digit after the point
        return "< 0.1 %"
    return "> 99.9 %" if 99.9 < share < 100 else f"{share:.1f} %"  # noqa: PLR2004
