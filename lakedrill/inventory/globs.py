"""Globs over the names of objects, as rules of drill.yaml spell them.

Without `**` a glob is a shell's: `*` is any text, slashes too. With `**` it is one over paths: `**` is any number of folders,
`*` and `?` stay within one, and `a/**` is `a` with all below it. A name is also meant to the letter, whatever signs are in it.
"""

from __future__ import annotations

import fnmatch
import re
from functools import cache

_ANY = "*"
_FOLDERS = re.compile(r"(/\*\*/)|(^\*\*/)|(/\*\*$)|(\*\*)|(\*)|(\?)|(\[!?\]?[^\]]*\])|(.)", re.DOTALL)
_SIGNS = re.compile(r"(\*)|(\?)|(\[!?\]?[^\]]*\])|(.)", re.DOTALL)


def fits(glob: str, text: str) -> bool:
    """Say whether a glob means a text."""
    return glob == text or _pattern(glob).fullmatch(text) is not None


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    if "**" not in glob:
        return re.compile(fnmatch.translate(glob))
    parts = ("/(?:.*/)?", "(?:.*/)?", "(?:/.*)?", ".*", "[^/]*", "[^/]")
    found = ""
    for match in _FOLDERS.finditer(glob):
        sign = match.lastindex or 0
        found += parts[sign - 1] if sign <= len(parts) else _one(match[0])
    return re.compile(found, re.DOTALL)


def _one(text: str) -> str:
    """Return the pattern of a set of characters, or of one."""
    if len(text) == 1:
        return re.escape(text)
    inner = re.escape(text[1:-1].removeprefix("!")).replace(r"\-", "-")
    return f"[{'^' if text.startswith('[!') else ''}{inner}]"


def covers(glob: str, other: str) -> bool:
    """Say whether a glob surely means all that another one means. Where that is hard to tell it says no."""
    if glob in (other, "*", "**"):
        return True
    if not any(sign in other for sign in "*?["):
        return fits(glob, other)
    return "**" not in glob + other and _covers(_signs(glob), _signs(other))


def _signs(glob: str) -> tuple[str, ...]:
    return tuple(match[0] for match in _SIGNS.finditer(glob))


def _covers(glob: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not glob:
        return not other
    if glob[0] == _ANY:
        return _covers(glob[1:], other) or (bool(other) and _covers(glob, other[1:]))
    if not other or other[0] == _ANY:
        return False
    means = glob[0] in ("?", other[0]) or (len(other[0]) == 1 and other[0] != "?" and fits(glob[0], other[0]))
    return means and _covers(glob[1:], other[1:])
