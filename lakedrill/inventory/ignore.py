"""What may differ: paths at which a difference is told and holds against nothing, each with an owner and a last day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lakedrill.inventory.kind import Catalogue

_PATH = re.compile(r"(?:[^\s.\[\]][^\[\]]*|\*)(?:\[[^\[\]]*\](?:\.[^\[\]]+)?)*")


@dataclass(frozen=True, slots=True)
class Ignored:
    """One row of `ignore`: a path of a kind's documents, spelled as results.json does; `[]` is any item."""

    kind: str
    path: str
    reason: str
    owner: str
    expires: str
    """The last day on which it holds (UTC), as 2026-12-31."""

    def __str__(self) -> str:
        return f"ignore {self.kind}.{self.path}: {self.reason} ({self.owner}, until {self.expires})"

    def has_expired(self, day: date) -> bool:
        """Say whether it does not apply any more."""
        return day > date.fromisoformat(self.expires)


def today() -> date:
    """Return the day by which rows expire."""
    return datetime.now(UTC).date()


def read(rows: Iterable[dict[str, Any]]) -> tuple[Ignored, ...]:
    """Return the rows of drill.yaml's `ignore`."""
    return tuple(
        Ignored(*_place(row), reason=row["reason"], owner=row["owner"], expires=row["expires"]) for row in rows
    )


def faults(rows: Iterable[dict[str, Any]], catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with rows: the number of each that can't be meant, and why."""
    seen: set[tuple[str, str]] = set()
    for i, row in enumerate(rows):
        kind, path = _place(row)
        if kind not in catalogue.by_name:
            known = ", ".join(sorted(catalogue.by_name))
            yield i, f"unknown kind {kind!r}; write KIND.PATH, as in jobs.settings.tags; known: {known}"
        elif not _PATH.fullmatch(path) or ".." in path or path.endswith("."):
            yield i, f"{path!r} is no path; write one as results.json does, as in settings.tasks[].max_retries"
        elif _leads_to(path, key := catalogue[kind].identity.path):
            yield i, f"{key} is what {kind} are told apart by, and can't be ignored"
        elif (kind, path) in seen:
            yield i, f"{kind}.{path} stands here twice"
        elif wrong := _no_day(row["expires"]):
            yield i, f"expires: {row['expires']!r} is no day ({wrong}); write one as 2026-12-31"
        seen.add((kind, path))


def _place(row: dict[str, Any]) -> tuple[str, str]:
    """Return the kind and the path of a row; the path begins with the kind where that is not named."""
    if "kind" in row:
        return row["kind"], row["path"]
    kind, _, path = row["path"].partition(".")
    return kind, path


def _no_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        return str(error)
    return ""


def _leads_to(path: str, key: str) -> bool:
    """Say whether a path leads to a key, or to what holds it."""
    steps, wanted = path.split("."), key.split(".")
    return len(steps) <= len(wanted) and all(step in ("*", name) for step, name in zip(steps, wanted, strict=False))
