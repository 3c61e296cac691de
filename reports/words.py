"""How a record is told in words, the same in every format."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

from lakedrill.parity.outcome import Difference, Record

ABSENT = "(absent)"
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LEAD = 60
"""As much of what two long values share is shown before the place where they part."""
_MOST = 50
"""As many differences are told of one record; results.json has them all."""


def visible(text: str) -> str:
    r"""Return a text with every character that can't be seen, or that turns others around, spelled as `\uXXXX`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(char) if unicodedata.category(char) in _UNSEEN else char for char in text)


def _spelled(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"  # noqa: PLR2004 - the last of the plane


def spell(value: Any) -> str:
    """Return a value as JSON, so that `1`, `true` and `"1"` differ for the eye as well."""
    return visible(json.dumps(value, ensure_ascii=False))


def sides(difference: Any, limit: int) -> tuple[str, str]:
    """Return both values of a difference, each cut to `limit` characters about the place where they part."""
    told = (
        ABSENT if difference.absent == "primary" else spell(difference.primary),
        ABSENT if difference.absent == "secondary" else spell(difference.secondary),
    )
    if max(map(len, told)) <= limit:
        return told
    start = max(0, _shared(*told) - _LEAD) if all(len(text) > limit for text in told) else 0
    return _cut(told[0], start, limit), _cut(told[1], start, limit)


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    apart = (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(apart, min(len(one), len(other)))


def _cut(text: str, start: int, limit: int) -> str:
    start = min(start, max(0, len(text) - limit))
    left = len(text) - start - limit
    before = f"({start} characters) …" if start else ""
    return f"{before}{text[start : start + limit]}{f'… ({left} characters)' if left > 0 else ''}"


def headline(record: Record) -> str:
    """Return a record in one line: the outcome, and where or why."""
    places = [difference.path for difference in record.differences]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    what = [f"{places[0]}{more}"] if places and places[0] else []
    what += [record.reason] if record.reason else []
    what += [f"because of {record.because_of}"] if record.because_of else []
    return visible(": ".join([record.outcome.value, "; ".join(what)] if what else [record.outcome.value]))


def lines(record: Record, limit: int = 2000) -> Iterator[str]:
    """Yield all that a record says beyond its headline, line by line."""
    for row in record.rows:
        yield visible(f"through: {row}")
    for difference in record.differences[:_MOST]:
        yield _difference(difference, limit)
    if len(record.differences) > _MOST:
        yield f"and {len(record.differences) - _MOST} more differences"
    if record.fix:
        yield visible(f"fix: {record.fix}")


def _difference(difference: Difference, limit: int) -> str:
    primary, secondary = sides(difference, limit)
    names = f" ({visible(difference.names)})" if difference.names else ""
    return f"{visible(difference.path) or '(the whole)'}{names}: primary {primary}, secondary {secondary}"
