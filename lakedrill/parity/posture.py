"""The posture: what the secondary must be while it stands by, whatever the primary is."""

from __future__ import annotations

from typing import Any

from lakedrill.inventory.kind import Document, Facet, Kind, Setting
from lakedrill.inventory.paths import places
from lakedrill.parity.canonical import Value, copied, same

STANDBY, ACTIVE = "standby", "active"


def settings(kind: Kind, posture: str, facet: Facet) -> tuple[Setting, ...]:
    """Return what a posture says of a facet. `active` says nothing: all is as on the primary."""
    return tuple(setting for setting in kind.posture.get(posture, ()) if setting.facet is facet)


def apply(rows: tuple[Setting, ...], value: Value) -> tuple[Value, list[str]]:
    """Return a canonical value as the posture wants it, and the rows that changed it."""
    if not breaches(rows, value):
        return value, []
    wanted, used = copied(value), []
    for row, container, key, _ in _breaches(rows, wanted):
        container[key] = row.value
        used.append(f"{row.path} = {row.value}: {row.reason}")
    return wanted, used


def breaches(rows: tuple[Setting, ...], value: Value) -> list[tuple[Setting, Any]]:
    """Return the rows that a canonical value does not keep, with what it has instead (None: nothing)."""
    return [(row, have) for row, _, _, have in _breaches(rows, value)]


def _breaches(rows: tuple[Setting, ...], value: Value) -> list[tuple[Setting, Any, Any, Any]]:
    return [
        (row, container, key, container.get(key))
        for row in rows
        for container, key in places(value, row.path)
        if not (key in container and same(container[key], row.value))
    ]


def intended(rows: tuple[Setting, ...], document: Document) -> dict[str, Any]:
    """Return what a document says at the posture's paths: what a cutover has to restore."""
    return {
        row.path: container[key] for row in rows for container, key in places(document, row.path) if key in container
    }
