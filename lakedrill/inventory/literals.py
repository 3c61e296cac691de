"""Literals: what in a text looks like an id, a host or a place in storage, found while a capture holds the text.

Whether one names anything of the primary is not known here; `lakedrill.parity.literals` looks each up. What looks like a
secret is never among them. Most of a text is passed over at the speed of a memory search: only what is near a run of digits,
a URI, an ARN or the workspace's own host is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from lakedrill.inventory.discretion import HIDDEN, discreet, names_secret, scrubbed
from lakedrill.inventory.kind import Document, Shape
from lakedrill.inventory.paths import above, below, names, opened, spots

MOST = 200
"""As many literals as are kept of one object; the rest is counted."""
_SHORTEST = 9
"""The shortest run of digits, hex digits and hyphens that is looked at."""
_BEFORE, _AFTER = 200, 400
"""As much of a very long line as is looked at, around what is near a literal."""
_HEAD = 8192
"""Where a NUL says that bytes are no text."""
_RUN = b"x" * _SHORTEST
_RUNS = bytes(ord("x") if chr(each) in "0123456789abcdefABCDEF-" else ord(" ") for each in range(256))

_LONGEST = 64
"""A longer run is data."""

_EDGE, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_HEX = "[0-9a-fA-F]"
_PLAIN = (
    r"\b((?:abfss?|wasbs?|adl|s3[an]?|gs)://[^\s\"'`<>,;()\[\]{}\\|?#]*[\w/])",
    r"\b(arn:aws[\w-]*:iam::\d{12}:instance-profile/[\w+=,.@/-]*\w)",
    rf"/(?:warehouses|endpoints)/({_HEX}{{16}}){_END}",
    rf"{_EDGE}(\d{{4}}-\d{{6}}-[0-9a-z]+(?:-[0-9a-z]+)*){_END}",
    rf"[?&]o=(\d+){_END}",
    r"\badb-(\d+)\.",
    rf"\b(?i:job|run|task|cluster|pipeline|query|dashboard|warehouse|workspace|org)\w*[\"']?\W{{1,4}}(\d{{9,20}}){_END}",
)
_OPAQUE = (
    rf"{_EDGE}({_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}){_END}",
    rf"(?<![0-9A-Za-z.])({_HEX}{{32}}|{_HEX}{{16}}){_END}",
)
"""What a password may look like as well: not taken from a line that speaks of one."""


Literal = tuple[str, int, str]
"""Path, line and text."""


class Finder:
    """Finds literals in texts of one workspace."""

    def __init__(self, host: str) -> None:
        """`host` is the workspace's own, as a URL."""
        found = urlsplit(host).netloc.encode()
        self._anchors = (b"://", b"arn:aws", *((found,) if found else ()))
        own = rf"(?<![\w.-])({re.escape(found.decode())})(?![\w.-])"
        self._code = _patterns((own,) if found else (), shortest=14)
        self._text = _patterns((own,) if found else (), shortest=8)

    def of(self, document: Document, shapes: Iterable[Shape], data: bytes | None) -> Document | None:
        """Return the literals of an object, `found` as path, line and text, and how many `more` there may be.

        They are those of its content, without a path, and of the free text of its raw document. None where there are none.
        """
        found, more = ([], 0) if data is None else self._in_content(data)
        found += self._in_fields(document, shapes)
        more += max(0, len(found) - MOST)
        return {"found": found[:MOST], "more": more} if found else None

    def _in_content(self, data: bytes) -> tuple[list[Literal], int]:
        if b"\0" in data[:_HEAD]:
            return [], 0
        found: list[Literal] = []
        line, counted = 1, 0
        for start, end in self._windows(data):
            if len(found) >= MOST:
                return found, self._left(data, start)
            line, counted = line + data.count(b"\n", counted, start), start
            found += [("", line, text) for text in _texts(data[start:end].decode("utf-8", "replace"), self._code)]
        return found, 0

    def _in_fields(self, document: Document, shapes: Iterable[Shape]) -> Iterator[Literal]:
        for shape in (shape for shape in shapes if shape.free):
            whole = opened(document, shape)
            fields = names(whole)
            for field in shape.free:
                if above(field.path) <= fields:
                    for path, value in spots(whole, field.path).items():
                        yield from self._in_value(path, value)

    def _in_value(self, path: str, value: Any) -> Iterator[Literal]:
        if isinstance(value, dict | list):
            for key, child in value.items() if isinstance(value, dict) else enumerate(value):
                yield from self._in_value(below(path, value, key), child)
        elif isinstance(value, str | int) and discreet(path, str(value)) != HIDDEN:
            for number, line in enumerate(str(value).splitlines(), 1):
                yield from ((path, number, text) for text in _texts(line, self._text))

    def _windows(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield the parts of a text that are worth a look: lines, and of very long lines what is around."""
        runs, end = data.translate(_RUNS), 0
        texts = [(data, anchor) for anchor in self._anchors] + [(runs, _RUN)]
        nearest = [text.find(anchor) for text, anchor in texts]
        while True:
            nearest = [
                text.find(anchor, end) if 0 <= at < end else at
                for (text, anchor), at in zip(texts, nearest, strict=True)
            ]
            near = min((at for at in nearest if at >= 0), default=-1)
            if near < 0:
                return
            if near == nearest[-1] and (over := _end_of_run(runs, near)) > near + _LONGEST:
                end = over
                continue
            start = max(end, data.rfind(b"\n", end, near) + 1, near - _BEFORE)
            stop = data.find(b"\n", near)
            end = min(len(data) if stop < 0 else stop, near + _AFTER)
            yield start, end

    def _left(self, data: bytes, start: int) -> int:
        """Return about how many places are left."""
        runs = data[max(0, start - 1) :].translate(_RUNS)
        return runs.count(b" " + _RUN) + sum(data.count(anchor, start) for anchor in self._anchors)


def _patterns(own: tuple[str, ...], *, shortest: int) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what is looked for in a line, and in one that speaks of a secret. Numbers by themselves are long ones."""
    plain = (*own, *_PLAIN, rf"(?<![\w.-])(\d{{{shortest},20}})(?![\w.-]*\w)")
    return re.compile("|".join((*plain, *_OPAQUE))), re.compile("|".join(plain))


def _texts(line: str, patterns: tuple[re.Pattern[str], re.Pattern[str]]) -> Iterator[str]:
    clean = scrubbed(line)
    pattern = patterns[1] if names_secret(clean) else patterns[0]
    yield from dict.fromkeys(match[match.lastindex or 0] for match in pattern.finditer(clean))


def _end_of_run(runs: bytes, start: int) -> int:
    found = runs.find(b" ", start)
    return len(runs) if found < 0 else found
