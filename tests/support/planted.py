"""Secrets with values that are easy to look for, and all the forms in which one could turn up."""

from __future__ import annotations

import base64
import json
import sqlite3
import urllib.parse
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.workspaces import Ground

LARGEST = 128 * 1024
VALUES: dict[str, bytes] = {
    "text": b"hush-0f9c2b7d41aa",
    "utf8": "grüße-🦆-hush-77e1c0".encode(),
    "bytes": b"\x00\xff\x80hush-3d5e90\xfe",
    "lines": b"hush-line-one\nLAKEDRILL_VALUE [REDACTED] (hidden)\r\npassword=hush-line-two\t\"'\\",
    "large": b"".join(b"hush-large-%05d|" % n for n in range(7711))[:LARGEST],
    "empty": b"",
}
_PIECE = 24


def plant(ground: Ground, *keys: str, scope: str = "vital") -> None:
    """Put values, or all, into one scope of the primary."""
    ground.primary.post("/api/2.0/secrets/scopes/create", scope=scope)
    for key in keys or VALUES:
        put(ground, "primary", f"{scope}/{key}", VALUES[key])


def put(ground: Ground, role: str, name: str, value: bytes) -> None:
    """Put a value as text where it is one."""
    scope, key = name.split("/")
    try:
        given = {"string_value": value.decode()}
    except UnicodeDecodeError:
        given = {"bytes_value": base64.b64encode(value).decode()}
    getattr(ground, role).post("/api/2.0/secrets/put", scope=scope, key=key, **given)


def value_of(ground: Ground, role: str, name: str) -> bytes:
    """Return a value as a workspace has it."""
    scope, key = name.split("/")
    return base64.b64decode(getattr(ground, role).do("GET", "/api/2.0/secrets/get", scope=scope, key=key)["value"])


def forms(value: bytes) -> set[bytes]:
    """Return what a value could look like: as it is, and spelled for JSON, Python, a URL, base64, hex; pieces of a long one."""
    pieces = [value] if len(value) <= 4 * _PIECE else [value[at : at + _PIECE] for at in (0, len(value) // 2, -_PIECE)]
    found: set[bytes] = set()
    for piece in filter(None, pieces):
        text = piece.decode(errors="backslashreplace")
        spelled = (
            text,
            json.dumps(text)[1:-1],
            repr(text)[1:-1],
            repr(piece)[2:-1],
            urllib.parse.quote(piece),
            piece.hex(),
        )
        found |= {piece, *(each.encode() for each in spelled)}
    found |= {base64.b64encode(value)[:_PIECE].rstrip(b"=")} if value else set()
    lines = [line for line in value.splitlines() if line.startswith(b"hush")]
    return found | set(lines if len(value) <= 4 * _PIECE else [])


FORMS = {form for value in VALUES.values() for form in forms(value)}


def shown_in(data: bytes) -> list[bytes]:
    """Return the forms that some output or file holds."""
    return sorted(form for form in FORMS if form in data)


def left_in(folder: Path, *but: str) -> dict[str, list[bytes]]:
    """Return the files below a folder that hold a value, and what of it."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.name not in but]
    assert files
    found = {str(file.relative_to(folder)): shown_in(b"\n".join(_readable(file))) for file in files}
    return {name: forms for name, forms in found.items() if forms}


def _readable(file: Path) -> Iterator[bytes]:
    data = file.read_bytes()
    yield data
    if data.startswith(b"SQLite format 3\0"):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
            for (packed,) in db.execute("SELECT data FROM contents"):
                yield zlib.decompress(packed)
        db.close()


def echoing(path: str, value: bytes, **rule: Any) -> dict[str, Any]:
    """Return a fault whose message repeats a value, in several spellings."""
    text = value.decode(errors="backslashreplace")
    message = f"Refused {text!r}: {text} {json.dumps(text)} {base64.b64encode(value).decode()} {value.hex()}"
    return {"path": path, "message": message, "times": -1, **rule}
