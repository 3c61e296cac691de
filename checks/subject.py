"""What a check is written with: the pair or the listing that it is given, and the mark that says what it judges."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakedrill.inventory.kind import Facet
from lakedrill.parity.comparison import INVENTORY, LISTING, REFERENCES, SAFETY, Comparison
from lakedrill.parity.outcome import Colour, Outcome, Record, Slot
from lakedrill.parity.pairing import Pair

ASPECTS = frozenset({LISTING, INVENTORY, REFERENCES, SAFETY, *(str(facet) for facet in Facet)})
_SHOWN = 300
"""As much of a value as a failure shows; results.json has all of it."""


class Finding(AssertionError):
    """A judgement that is not green, in words for people."""


class Subject(ABC):
    """What one check judges, once. `record` is the judgement, as soon as there is one."""

    __slots__ = ("comparison", "record", "slot")

    def __init__(self, comparison: Comparison, slot: Slot) -> None:
        self.comparison = comparison
        self.slot = slot
        self.record: Record | None = None

    @property
    @abstractmethod
    def name(self) -> str:
        """What stands between the brackets of the check's id."""

    def judge(self) -> None:
        """Judge it and keep the record. Raises Finding where the record is not green."""
        self.record = self._judge()
        if self.record.outcome.colour is not Colour.GREEN:
            raise Finding(told(self.record))

    @abstractmethod
    def _judge(self) -> Record:
        """Return the judgement."""


class PairUnderCheck(Subject):
    """One aspect of one pair."""

    __slots__ = ("pair",)

    def __init__(self, comparison: Comparison, pair: Pair, aspect: str) -> None:
        super().__init__(comparison, Slot(pair.kind, pair.label, aspect, pair.number))
        self.pair = pair

    @property
    def name(self) -> str:
        """`kind:key`."""
        return f"{self.slot.kind}:{self.slot.key}"

    def _judge(self) -> Record:
        return self.comparison.judge(self.pair, self.slot.aspect)


class ListingUnderCheck(Subject):
    """The listing of one kind on one side."""

    __slots__ = ()

    def __init__(self, comparison: Comparison, role: str, kind: str) -> None:
        super().__init__(comparison, Slot(kind, role, LISTING))

    @property
    def name(self) -> str:
        """`side:kind`."""
        return f"{self.slot.key}:{self.slot.kind}"

    def _judge(self) -> Record:
        return self.comparison.judge_listing(self.slot.key, self.slot.kind)


@dataclass(frozen=True)
class Check:
    """A check function and the aspect that it judges."""

    function: Callable[[Any], None]
    aspect: str


def judges(aspect: str) -> Callable[[Callable[[Any], None]], Check]:
    """Mark a check: it judges this aspect, of every pair that has it, or of every listing.

    A check takes one argument, `pair` or `listing`, uses nothing else, and raises.
    """
    if aspect not in ASPECTS:
        raise ValueError(f"no aspect {aspect!r}; there are {', '.join(sorted(ASPECTS))}")
    argument = "listing" if aspect == LISTING else "pair"

    def mark(function: Callable[[Any], None]) -> Check:
        if list(inspect.signature(function).parameters) != [argument]:
            raise TypeError(f"{function.__qualname__}: a check of {aspect} takes one argument, `{argument}`")
        return Check(function, str(aspect))

    return mark


def told(record: Record) -> str:
    """Return a judgement for people: the object, where it differs, both values and what mends it."""
    told_outcome = "no judgement" if record.outcome is Outcome.ERROR else record.outcome.value
    lines = [f"{record.kind}:{record.key}: {record.aspect}: {told_outcome}{': ' * bool(record.reason)}{record.reason}"]
    for difference in record.differences:
        lines.append(f"  {difference.path or 'as a whole'}")
        for side in ("primary", "secondary"):
            value = "(nothing)" if difference.absent == side else shown(getattr(difference, side))
            lines.append(f"    {side:<11}{value}")
    if record.because_of:
        lines.append(f"  because of {record.because_of}")
    if record.fix:
        lines.append(f"  to mend it: {record.fix}")
    return "\n".join(printable(line) for line in lines)


def shown(value: Any, most: int = _SHOWN) -> str:
    """Return a value as JSON, cut where it is longer than `most` characters."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def printable(text: str) -> str:
    """Return a line with what would upset a terminal or break the line spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
