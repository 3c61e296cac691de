"""A workspace as it was: every raw document, every content by digest, and what could not be read, in one SQLite file.

A snapshot is written once, sealed by a digest over all its rows, and read-only from then on. FORMAT is raised when the layout
changes; older formats stay readable.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Document, Facet

FORMAT = 1
_TABLES = ("meta", "listings", "objects", "facets", "handles", "contents")
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE listings (kind TEXT PRIMARY KEY, code TEXT, reason TEXT, count INTEGER);
CREATE TABLE objects (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, listed INTEGER, document TEXT, UNIQUE (kind, id));
CREATE TABLE facets (n INTEGER, facet TEXT, document TEXT, code TEXT, reason TEXT, PRIMARY KEY (n, facet)) WITHOUT ROWID;
CREATE TABLE handles (kind TEXT, handle TEXT, value TEXT, n INTEGER, PRIMARY KEY (kind, handle, value, n)) WITHOUT ROWID;
CREATE TABLE contents (digest TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID;
"""


LACKING = "FEATURE_DISABLED"
"""The code by which a snapshot says that a workspace has no such thing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How the listing of one kind went. `code` is empty where it is complete."""

    kind: str
    count: int
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A facet that could not be read, in the service's own words."""

    code: str
    reason: str

    @property
    def is_lacking(self) -> bool:
        """Say whether the workspace has no such thing at all, as one of a lower tier has no permissions."""
        return self.code == LACKING


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a snapshot. `n` is its number there, and the only name that nothing else has."""

    n: int
    kind: str
    id: str
    listed: bool
    """False where only a reference led to it: a complete listing lacks it."""


class SnapshotWriter:
    """A snapshot in the making. Only one thread writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(path.name + ".part")
        self._part.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._part, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA + "BEGIN;")

    def listing(self, listing: Listing) -> None:
        """Record how a kind's listing went."""
        values = (listing.kind, listing.code, listing.reason, listing.count)
        self._db.execute("INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?)", values)

    def put(self, kind: str, key: str, document: Document, *, listed: bool, handles: list[tuple[str, str]]) -> int:
        """Record an object, in place of an earlier reading of it, and return its number."""
        self.drop(kind, key)
        cursor = self._db.execute(
            "INSERT INTO objects (kind, id, listed, document) VALUES (?, ?, ?, ?)", (kind, key, listed, _dump(document))
        )
        n = int(cursor.lastrowid or 0)
        rows = {(kind, "id", key, n), *((kind, handle, value, n) for handle, value in handles)}
        self._db.executemany("INSERT INTO handles VALUES (?, ?, ?, ?)", sorted(rows))
        return n

    def facet(self, n: int, facet: Facet, read: Document | Unreadable) -> None:
        """Record a facet that is read by itself, or why it could not be."""
        if isinstance(read, Unreadable):
            row: tuple[int, str, str | None, str, str] = (n, facet.value, None, read.code, read.reason)
        else:
            row = (n, facet.value, _dump(read), "", "")
        self._db.execute("INSERT OR REPLACE INTO facets VALUES (?, ?, ?, ?, ?)", row)

    def content(self, data: bytes) -> str:
        """Keep bytes and return their digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._db.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", (digest, zlib.compress(data, 6)))
        return digest

    def drop(self, kind: str, key: str) -> None:
        """Forget an object that is gone after all."""
        row = self._db.execute("SELECT n FROM objects WHERE kind = ? AND id = ?", (kind, key)).fetchone()
        if row is not None:
            for table in ("objects", "facets", "handles"):
                self._db.execute(f"DELETE FROM {table} WHERE n = ?", row)  # noqa: S608 - the names stand above

    def seal(self, meta: dict[str, Any]) -> None:
        """Write what the snapshot is of, digest it all, and put the file in its place."""
        rows = {"format": FORMAT, **meta}
        self._db.executemany(
            "INSERT INTO meta VALUES (?, ?)", [(name, json.dumps(rows[name])) for name in sorted(rows)]
        )
        digest = _digest(self._db)
        self._db.execute("INSERT INTO meta VALUES ('digest', ?)", (json.dumps(digest),))
        self._db.execute("COMMIT")
        self._db.close()
        self._part.replace(self.path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._db.close()
        self._part.unlink(missing_ok=True)


class Snapshot:
    """A sealed snapshot, read-only. Threads may share it."""

    def __init__(self, path: Path, *, verify: bool = True) -> None:
        """Open a snapshot. Raises UsageError where the file is missing, of an unknown format or not as it was sealed."""
        if not path.is_file():
            raise UsageError(f"{path}: no such snapshot; make one with `lakedrill snapshot`")
        self.path = path
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        try:
            self.meta: dict[str, Any] = {
                name: json.loads(value) for name, value in self._db.execute("SELECT name, value FROM meta")
            }
            known = self.meta.get("format") == FORMAT
            sound = known and (not verify or _digest(self._db) == self.meta.get("digest"))
        except (sqlite3.DatabaseError, ValueError):
            raise UsageError(f"{path}: is not a snapshot, or a damaged one") from None
        if not known:
            raise UsageError(f"{path}: has format {self.meta.get('format')}; this version reads {FORMAT}")
        if not sound:
            raise UsageError(f"{path}: was changed after it was sealed; capture it anew")
        self.digest: str = self.meta["digest"]
        self.document = lru_cache(4096)(self._document)
        self.resolve = lru_cache(65536)(self._resolve)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def listings(self) -> dict[str, Listing]:
        """Return how the listing of each kind went."""
        rows = self._db.execute("SELECT kind, count, code, reason FROM listings ORDER BY kind")
        return {row[0]: Listing(*row) for row in rows}

    def objects(self, kind: str) -> list[Object]:
        """Return the objects of a kind in the order of their ids."""
        rows = self._db.execute("SELECT n, kind, id, listed FROM objects WHERE kind = ? ORDER BY id", (kind,))
        return [Object(n, kind, key, bool(listed)) for n, kind, key, listed in rows]

    def ids(self) -> Iterator[tuple[int, str, str]]:
        """Yield number, kind and id of every object."""
        yield from self._db.execute("SELECT n, kind, id FROM objects ORDER BY n")

    def id_of(self, n: int) -> str:
        """Return an object's id in its workspace."""
        (key,) = self._db.execute("SELECT id FROM objects WHERE n = ?", (n,)).fetchone()
        return str(key)

    def _document(self, n: int) -> Document:
        """Return an object's whole raw document."""
        (text,) = self._db.execute("SELECT document FROM objects WHERE n = ?", (n,)).fetchone()
        found: Document = json.loads(text)
        return found

    def facet(self, n: int, facet: Facet) -> Document | Unreadable | None:
        """Return a facet that is read by itself; None where the snapshot says nothing of it."""
        row = self._db.execute(
            "SELECT document, code, reason FROM facets WHERE n = ? AND facet = ?", (n, facet.value)
        ).fetchone()
        if row is None:
            return None
        document, code, reason = row
        if document is None:
            return Unreadable(code, reason)
        found: Document = json.loads(document)
        return found

    def every(self, facet: Facet) -> dict[int, Document]:
        """Return a facet of every object of which it was read, by the object's number."""
        rows = self._db.execute("SELECT n, document FROM facets WHERE facet = ? ORDER BY n", (facet.value,))
        return {n: json.loads(document) for n, document in rows if document is not None}

    def _resolve(self, kind: str, handle: str, value: str) -> int | None:
        """Return the number of the one object of a kind with this handle; None where there is none, or several."""
        rows = self._db.execute(
            "SELECT n FROM handles WHERE kind = ? AND handle = ? AND value = ? LIMIT 2", (kind, handle, value)
        ).fetchall()
        return int(rows[0][0]) if len(rows) == 1 else None

    def content(self, digest: str) -> bytes:
        """Return the bytes of a digest."""
        (data,) = self._db.execute("SELECT data FROM contents WHERE digest = ?", (digest,)).fetchone()
        return zlib.decompress(data)


def _dump(document: Any) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _digest(db: sqlite3.Connection) -> str:
    """Return a SHA-256 over all rows but the digest itself, table by table in the order of their keys."""
    total = hashlib.sha256()
    for table in _TABLES:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        query = f"SELECT * FROM {table} ORDER BY {', '.join(columns[:4])}"  # noqa: S608 - the names stand above
        for row in db.execute(query):
            if table == "meta" and row[0] == "digest":
                continue
            total.update(repr((table, row)).encode())
    return total.hexdigest()
