"""How the judgement of a pair is written down."""

from __future__ import annotations

import shlex
from typing import Any

from lakedrill.parity.outcome import Outcome, Record
from lakedrill.parity.pairing import Pair


def record_of(each: Pair, aspect: str, outcome: Outcome, **rest: Any) -> Record:
    """Return the record of one aspect of one pair."""
    return Record(each.kind, each.label, aspect, outcome, each.number, **rest)


def mend(each: Pair) -> str:
    """Return the command that mends what is wrong with a pair, as a shell takes it."""
    return f"lakedrill migrate --only {shlex.quote(f'{each.kind}:{each.label}')}"
