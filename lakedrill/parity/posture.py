"""The posture: what the secondary must be while it stands by, whatever the primary is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lakedrill.inventory.kind import Document, Facet, Kind, Setting
from lakedrill.inventory.paths import below, spots
from lakedrill.parity.canonical import Value, copied, same

STANDBY, ACTIVE = "standby", "active"


def settings(kind: Kind, posture: str, facet: Facet) -> tuple[Setting, ...]:
    """Return what a posture says of a facet. `active` says nothing: all is as on the primary."""
    return tuple(setting for setting in kind.posture.get(posture, ()) if setting.facet is facet)


def first(row: Setting, objects: Iterable[tuple[int, Value]]) -> frozenset[int]:
    """Return of which objects a row is that a workspace has no room for on all: those that keep it already, then in order."""
    found = sorted(objects, key=lambda each: bool(_breaches((row,), each[1])))
    return frozenset(n for n, _ in found[: row.most])


def apply(
    rows: tuple[Setting, ...], value: Value, present: Value = None, *, asked: bool = False
) -> tuple[Value, list[str]]:
    """Return a canonical value as the posture wants it, and the rows that changed it.

    Where a row says what may stand there `instead`, it does if somebody `asked` for it, or has before: it is `present`.
    """
    if not _breaches(rows, value):
        return value, []
    wanted = copied(value)
    used: dict[str, None] = {}
    for row, container, key, where in _breaches(rows, wanted):
        own = container.get(key)
        if row.instead and isinstance(own, dict) and (asked or isinstance(spots(present, row.path).get(where), dict)):
            changed = {name: ought for name, ought in row.instead if not same(own.get(name), ought)}
            own.update(changed)
            used |= {f"{row.path}.{name} = {ought}: {row.reason}": None for name, ought in changed.items()}
        else:
            container[key] = row.value
            used[f"{row.path} = {row.value}: {row.reason}"] = None
    return wanted, list(used)


def breaches(rows: tuple[Setting, ...], value: Value) -> list[tuple[Setting, str, Any]]:
    """Return the rows that a canonical value does not keep, where exactly, and what it has instead (None: nothing)."""
    found = [(row, where, container.get(key)) for row, container, key, where in _breaches(rows, value)]
    return [(row, where, have) for row, where, have in found if not _is_instead(row, have)]


def _is_instead(row: Setting, have: Any) -> bool:
    fits = isinstance(have, dict) and all(same(have.get(name), ought) for name, ought in row.instead)
    return bool(row.instead) and fits


def _breaches(rows: tuple[Setting, ...], value: Value) -> list[tuple[Setting, Any, str, str]]:
    found = []
    for row in rows:
        parent, _, key = row.path.rpartition(".")
        for where, container in (spots(value, parent) if parent else {"": value}).items():
            if isinstance(container, dict) and not (key in container and same(container[key], row.value)):
                found.append((row, container, key, below(where, container, key)))
    return found


def intended(rows: tuple[Setting, ...], document: Document) -> dict[str, Any]:
    """Return what a document says at the posture's paths, by where exactly it stands: what a cutover has to restore."""
    return {where: value for row in rows for where, value in spots(document, row.path).items()}
