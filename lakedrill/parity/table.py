"""The mapping as drill.yaml has it, checked as a whole, and what is wrong with it by file and line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from lakedrill.inventory.drill import Drill
from lakedrill.inventory.errors import UsageError
from lakedrill.parity.mapping import Mapping, MappingError, Row


def mapping(drill: Drill) -> Mapping:
    """Return the drill's mapping, from its primary to its secondary. Raises UsageError for rows that can't be meant."""
    try:
        found = Mapping(Row(**asdict(row)) for row in drill.mapping)
        return found.reversed() if drill.failback else found
    except MappingError as error:
        raise refused(drill.file, error) from None


def refused(file: Path, error: MappingError) -> UsageError:
    """Return what is wrong with rows as people are told: where the first stands, what is wrong, where another stands."""
    lines = [row.line for row in error.rows]
    at = f"{file}:{lines[0]}" if lines else f"{file}"
    also = f" (the other: {file}:{lines[1]})" if lines[1:] else ""
    return UsageError(f"{at}: mapping: {error}{also}")
