"""What the operator decided, as JSON for plans and results: the rules of the scope, what is ignored, and what of it is idle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.scope import Rule
from lakedrill.parity.outcome import Record

Told = list[dict[str, Any]]


def scope(ruled: Iterable[tuple[Rule, int]]) -> Told:
    """Return every rule with the number of objects that fall under it."""
    return [{**rule.document(), "objects": count} for rule, count in ruled]


def ignore(rows: Iterable[Ignored], day: date, records: Iterable[Record]) -> Told:
    """Return every row of `ignore`: whether it has ended, and in how many judgements it made a difference less."""
    used = Counter(row for record in records for row in record.rows)
    return [{**asdict(row), "expired": row.has_expired(day), "judgements": used[str(row)]} for row in rows]


def idle_rules(told: Told) -> list[str]:
    """Return what to say of the operator's rules that mean no object."""
    return [
        f"scope: {row['kind']}:{row['key']} ({row['mode']}) means no object"
        for row in told
        if not (row["objects"] or row["builtin"])
    ]


def idle_rows(told: Told, *, whole: bool = True) -> list[str]:
    """Return what to say of rows of `ignore` that have ended or, where the `whole` drill was judged, have no effect."""
    said = []
    for row in told:
        name = f"ignore: {row['kind']}.{row['path']} of {row['owner']}"
        if row["expired"]:
            said.append(f"{name} ended on {row['expires']} and does not apply any more")
        elif whole and not row["judgements"]:
            said.append(f"{name} has no effect: nothing differs there")
    return said
