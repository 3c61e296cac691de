"""Outcomes and the verdict. Every pair and listing that the snapshots hold must have its records, or nothing is proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

LISTING, INVENTORY, REFERENCES, SAFETY = "listing", "inventory", "references", "safety"
"""What is judged besides the facets: of a listing, whether it is whole; of a pair, the other three."""
LITERALS = "literals"
"""Of a pair that has some: what its code says of the primary."""
CALLERS, SIGHT = "callers", "sight"
"""Of a caller: whether it saw what there is. Only one who may not have is recorded, under its side."""


class Colour(StrEnum):
    """What an outcome means for the verdict."""

    GREEN = "green"
    RED = "red"
    UNDECIDED = "undecided"


class Outcome(StrEnum):
    """What a check found."""

    EQUAL = "equal"
    EXPECTED = "expected"
    """Equal only after mapping or posture, whose rows are named."""
    DRIFTED = "drifted"
    """The primary has changed since the copy, for no longer than the objective allows."""
    NOT_APPLICABLE = "not_applicable"
    """Both sides say, by error code, that they have no such thing."""
    ADVISORY = "advisory"
    """Nothing is wrong, and somebody should know."""
    WAIVED = "waived"
    """Not equal, and let pass by somebody who answers for it, until a day: the row is named."""
    DIFFERENT = "different"
    MISSING = "missing"
    EXTRA = "extra"
    AMBIGUOUS = "ambiguous"
    CONFLICT = "conflict"
    UNSUPPORTED = "unsupported"
    """One side lacks the kind."""
    STALE = "stale"
    """Drifted for longer than the objective allows."""
    UNVERIFIABLE = "unverifiable"
    """Could not be read, for the reason given."""
    ERROR = "error"
    """No judgement was reached."""

    @property
    def colour(self) -> Colour:
        """Green, red or undecided."""
        return _COLOURS[self]


_GREEN = (
    Outcome.EQUAL,
    Outcome.EXPECTED,
    Outcome.DRIFTED,
    Outcome.NOT_APPLICABLE,
    Outcome.ADVISORY,
    Outcome.WAIVED,
)
_UNDECIDED = (Outcome.UNVERIFIABLE, Outcome.ERROR)
_COLOURS = {
    outcome: Colour.GREEN if outcome in _GREEN else Colour.UNDECIDED if outcome in _UNDECIDED else Colour.RED
    for outcome in Outcome
}


class Verdict(StrEnum):
    """What a drill ends in, with its exit code."""

    READY = "ready"
    NOT_READY = "not_ready"
    UNDECIDED = "undecided"

    @property
    def exit_code(self) -> int:
        """0, 1 or 2."""
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """One path at which two ends differ, as people read it; a value that is not there is None and `absent` says so."""

    path: str
    primary: Any
    secondary: Any
    absent: str = ""
    """`primary` or `secondary` where that side has nothing there, else empty."""
    names: str = ""
    """What a literal names, `kind:key` of an object."""


@dataclass(frozen=True, slots=True)
class Record:
    """The judgement of one aspect of one pair, or of one listing (`pair` is None then)."""

    kind: str
    key: str
    aspect: str
    outcome: Outcome
    pair: int | None = None
    differences: tuple[Difference, ...] = ()
    rows: tuple[str, ...] = ()
    """The rows of mapping, posture, scope and `ignore` that it is what it is through."""
    reason: str = ""
    because_of: str = ""
    """The finding, `kind:key`, that this one follows from: it is told and not counted."""
    fix: str = ""

    @property
    def slot(self) -> Slot:
        """What it is the judgement of."""
        return Slot(self.kind, self.key, self.aspect, self.pair)

    @property
    def name(self) -> str:
        """What `because_of` calls it."""
        return f"{self.kind}:{self.key}"

    @property
    def counted(self) -> bool:
        """A finding that follows from another is not counted."""
        return self.outcome.colour is not Colour.GREEN and not self.because_of

    def document(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Slot:
    """What must be judged: one aspect of one pair, or one listing."""

    kind: str
    key: str
    aspect: str
    pair: int | None = None


def record_from(document: dict[str, Any]) -> Record:
    """Return the record that `document` was made from."""
    differences = tuple(Difference(**difference) for difference in document["differences"])
    rows = tuple(document["rows"])
    outcome = Outcome(document["outcome"])
    return Record(**{**document, "outcome": outcome, "differences": differences, "rows": rows})


@dataclass(frozen=True, slots=True)
class Judgement:
    """All records of a drill, one for each slot, and the verdict that they add up to."""

    records: tuple[Record, ...]
    verdict: Verdict
    checked: int
    expected: int
    counts: dict[str, int] = field(default_factory=dict)


NOT_JUDGED = "was not judged"
"""The reason of a record that stands in for one that was never made."""


def judge(expected: Iterable[Slot], records: Iterable[Record]) -> Judgement:
    """Return the verdict. A slot without a record is an error, however it got lost, and so is one with two that disagree.

    A run that lost a record, or has one that nobody asked for, or whose callers may have seen only a part, is undecided
    whatever else it found. Else it is not ready where anything is red, and undecided where anything is undecided or nothing
    was there to judge.
    """
    found: dict[Slot, Record] = {}
    disputed: set[Slot] = set()
    for record in records:
        if found.setdefault(record.slot, record) != record:
            disputed.add(record.slot)
    slots = dict.fromkeys(expected)
    wrong = {slot: NOT_JUDGED for slot in slots if slot not in found}
    wrong |= {slot: "was judged and is in no snapshot" for slot in found if slot not in slots}
    wrong |= dict.fromkeys(disputed, "two judgements that disagree")
    everything = _counted(
        Record(slot.kind, slot.key, slot.aspect, Outcome.ERROR, slot.pair, reason=wrong[slot])
        if slot in wrong
        else found[slot]
        for slot in (*slots, *(slot for slot in found if slot not in slots))
    )
    colours = {record.outcome.colour for record in everything}
    proven = any(slot.pair is not None for slot in slots) and Colour.UNDECIDED not in colours
    blind = any(slot.aspect == SIGHT for slot in slots)
    if Colour.RED in colours and not wrong and not blind:
        verdict = Verdict.NOT_READY
    else:
        verdict = Verdict.READY if proven and not wrong and not blind else Verdict.UNDECIDED
    counts = Counter(record.outcome.value for record in everything)
    checked = sum(slot not in wrong for slot in slots)
    return Judgement(everything, verdict, checked, len(slots), dict(sorted(counts.items())))


def _counted(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records, counting those that follow from what is no finding, or only from each other.

    So something is counted whenever anything is wrong, also where a waiver has made the cause green.
    """
    everything = tuple(records)
    findings = [record for record in everything if record.outcome.colour is not Colour.GREEN]
    standing = {""}
    while fresh := {record.name for record in findings if record.because_of in standing} - standing:
        standing |= fresh
    return tuple(
        record
        if record.outcome.colour is Colour.GREEN or record.because_of in standing
        else replace(record, because_of="")
        for record in everything
    )
