"""Is a fact of a kind needed?

What it forgives must be a false alarm without it; what it reveals must be overlooked without it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lakedrill.inventory.kind import APART, Catalogue, Derived, Document, Facet, Reference
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import opened, places
from lakedrill.inventory.snapshot import Snapshot, Unreadable
from lakedrill.parity import posture
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.mapping import Mapping
from lakedrill.parity.outcome import Colour, Outcome
from lakedrill.parity.scope import Scope
from tests.conformance.without import POSTURE, Entry, without
from tests.support.apart import closed
from tests.support.laws import OWN

Change = Callable[[Document], None]
Told = set[tuple[str, str, str, str, str]]


class Altered(Snapshot):
    """A snapshot whose documents of one kind and facet are changed as they are read."""

    def __init__(self, path: Path, kind: str, facet: Facet, change: Change, caller: str = "") -> None:
        super().__init__(path, verify=False)
        self._numbers = {found.n for found in self.objects(kind)}
        self._change = change
        self._shape = CATALOGUE[kind].shapes[facet]
        self._apart = facet if facet in APART else None
        self.changed = False
        self.document = lru_cache(4096)(self._altered_document)
        if caller:
            self.meta["caller"] = {"id": caller}

    def _altered_document(self, n: int) -> Document:
        return super()._document(n) if self._apart else self._altered(n, super()._document(n))

    def facet(self, n: int, facet: Facet) -> Document | Unreadable | None:
        found = super().facet(n, facet)
        altered = facet is self._apart and isinstance(found, dict)
        return self._altered(n, found) if altered and isinstance(found, dict) else found

    def _altered(self, n: int, document: Document) -> Document:
        if n not in self._numbers:
            return document
        before = opened(document, self._shape)
        new = copy.deepcopy(before)
        self._change(new)
        self.changed = self.changed or new != before
        return document if new == before else closed(new)


@dataclass
class Sides:
    """The sealed snapshots of two workspaces after a copy."""

    primary: Path
    secondary: Path
    mapping: Mapping
    stance: str = posture.STANDBY

    def mirrored(self) -> Sides:
        """Return the primary against itself, with nothing at rest: what the posture would hide."""
        return Sides(self.primary, self.primary, Mapping(), posture.ACTIVE)

    def told(self, catalogue: Catalogue, primary: Snapshot | None = None, secondary: Snapshot | None = None) -> Told:
        """Return every record that is not green or notes something, with what it shows."""
        with primary or Snapshot(self.primary) as one, secondary or Snapshot(self.secondary) as other:
            own = Scope([OWN])
            comparison = Comparison(one, other, catalogue, mapping=self.mapping, stance=self.stance, scope=own)
            return {
                (r.kind, r.key, r.aspect, r.outcome.value, repr([(d.primary, d.secondary) for d in r.differences]))
                for each in comparison.pairs
                for r in (comparison.judge(each, aspect) for aspect in comparison.aspects(each))
                if r.outcome.colour is not Colour.GREEN or r.outcome is Outcome.ADVISORY
            }

    def is_needed(self, entry: Entry) -> bool:
        """Say whether a comparison without the fact would be wrong of a clean copy, or of one that is changed to fit."""
        if _red(self.told(without(entry))):
            return True
        way = _ways(entry)
        return way is not None and (way(self, entry) or way(self.mirrored(), entry))


def _red(told: Told) -> Told:
    return {row for row in told if row[3] != Outcome.ADVISORY.value}


def _ways(entry: Entry) -> Callable[[Sides, Entry], bool] | None:
    return {
        "parsed": _forgives(_respelled),
        "assigned": _forgives(_marked),
        "defaulted": _forgives(_left_out),
        "chosen": _forgives(_left_out),
        "keyed": _forgives(_reversed),
        "unordered": _forgives(_reversed),
        "references": _follows if getattr(entry.fact, "optional", False) else _reveals(_gone, both=True),
        "free": _forgives(_planted, both=True),
        "sensitive": _reveals(_marked),
        "given": _reveals(_edited),
        "identities": _takes_over,
        POSTURE: _reveals(_unsafe),
    }.get(entry.list)


def _forgives(change: Callable[[Entry, Sides], Change], *, both: bool = False) -> Callable[[Sides, Entry], bool]:
    def way(sides: Sides, entry: Entry) -> bool:
        alter = change(entry, sides)
        green = _compare(sides, entry, CATALOGUE, alter, both=both)
        return (
            green is not None
            and not _red(green)
            and bool(_red(_compare(sides, entry, without(entry), alter, both=both) or set()))
        )

    return way


def _follows(sides: Sides, entry: Entry) -> bool:
    """Say whether a reference knows what it points at spelled otherwise, or by the name that a mapping gives to that alone."""
    kinds = [kind for kind in entry.fact.kinds if kind in CATALOGUE.by_name]
    rows = [
        replace(row, kind=kind) for row in sides.mapping.rows for kind in (kinds if row.kind == "*" else [row.kind])
    ]
    narrow = replace(sides, mapping=Mapping(rows))
    return _forgives(_upper)(sides, entry) or bool(_red(narrow.told(without(entry))) - _red(narrow.told(CATALOGUE)))


def _reveals(change: Callable[[Entry, Sides], Change], *, both: bool = False) -> Callable[[Sides, Entry], bool]:
    def way(sides: Sides, entry: Entry) -> bool:
        alter = change(entry, sides)
        seen = _compare(sides, entry, CATALOGUE, alter, both=both)
        return bool(seen) and seen != _compare(sides, entry, without(entry), alter, both=both)

    return way


def _compare(
    sides: Sides, entry: Entry, catalogue: Catalogue, change: Change, *, both: bool, caller: str = ""
) -> Told | None:
    """Return what is told of the changed secondary, and primary; None where there was nothing to change."""
    primary = Altered(sides.primary, entry.kind, entry.facet, change) if both else None
    secondary = Altered(sides.secondary, entry.kind, entry.facet, change, caller)
    told = sides.told(catalogue, primary, secondary)
    return told if secondary.changed else None


def _each(entry: Entry, document: Document, change: Callable[[Any], Any]) -> None:
    for container, key in places(document, entry.fact.path):
        meant = not isinstance(entry.fact, Derived) or container.get(entry.fact.of)
        if meant and (isinstance(container, list) or key in container):
            container[key] = change(container[key])


def _marked(entry: Entry, _: Sides) -> Change:
    return lambda document: _each(entry, document, lambda _: "not what it was")


def _respelled(entry: Entry, _: Sides) -> Change:
    return lambda document: _each(entry, document, lambda found: json.dumps(found, indent=7))


def _edited(entry: Entry, _: Sides) -> Change:
    """Change what a facet follows from, and the facet with it."""

    def change(document: Document) -> None:
        if entry.fact.path in document:
            document[entry.fact.path] = "not what it was"
            document |= {name: {} for name in CATALOGUE[entry.kind].shapes[entry.facet].takes}

    return change


def _left_out(entry: Entry, _: Sides) -> Change:
    def change(document: Document) -> None:
        for container, key in places(document, entry.fact.path):
            meant = container.get(entry.fact.like) if entry.list == "chosen" else entry.fact.value
            if key in container and container[key] == meant:
                del container[key]
            elif key not in container and meant is not None:
                container[key] = meant

    return change


def _reversed(entry: Entry, _: Sides) -> Change:
    return lambda document: _each(entry, document, lambda found: found[::-1])


def _handled(entry: Entry, change: Callable[[str], str]) -> Change:
    """Change the handle inside a reference, as its pattern says where it stands."""
    reference: Reference = entry.fact

    def of_value(value: Any) -> Any:
        found = re.search(reference.pattern or "^(.*)$", value) if isinstance(value, str) else None
        return value if found is None else value[: found.start(1)] + change(found[1]) + value[found.end(1) :]

    return lambda document: _each(entry, document, of_value)


def _upper(entry: Entry, sides: Sides) -> Change:
    """Spell what points at something in capitals; what points at nothing is plain text."""
    kinds = [CATALOGUE[kind] for kind in entry.fact.kinds if kind in CATALOGUE.by_name]

    def spelled(text: str) -> str:
        with Snapshot(sides.secondary, verify=False) as secondary:
            found = [secondary.resolve(k.name, entry.fact.by, k.fold(entry.fact.by, text)) for k in kinds]
        return text if set(found) == {None} else text.upper()

    return _handled(entry, spelled)


def _gone(entry: Entry, _: Sides) -> Change:
    return _handled(entry, lambda handle: f"{handle}-gone")


def _planted(entry: Entry, sides: Sides) -> Change:
    with Snapshot(sides.primary) as primary:
        known = next(found.id for found in primary.objects("jobs"))

    def plant(value: Any) -> Any:
        if not value:  # one side may leave out what is empty
            return value
        if isinstance(value, dict):
            return {**value, "planted": known}
        return [*value, known] if isinstance(value, list) else f"{value} {known}"

    return lambda document: _each(entry, document, plant)


def _unsafe(entry: Entry, _: Sides) -> Change:
    def change(document: Document) -> None:
        for container, key in places(document, entry.fact.path):
            if entry.fact.value is True:
                container.pop(key, None)
            else:
                container[key] = "RUNNING"

    return change


def _takes_over(sides: Sides, entry: Entry) -> bool:
    """Say whether an object that became the caller's own is told only with the fact."""
    with Snapshot(sides.secondary) as secondary:
        kind = "service_principals" if "service" in entry.fact.path else "users"
        path = CATALOGUE[kind].identity.path
        callers = [(found.id, secondary.document(found.n)[path]) for found in secondary.objects(kind)]

    def taken_by(name: str) -> Change:
        def change(document: Document) -> None:
            for container, key in places(document, entry.fact.path):
                if entry.facet is not Facet.PERMISSIONS:
                    container.update({key: name} if key in container else {})
                elif "IS_OWNER" in repr(container[key]):
                    container[key] = {"user_name": name, "all_permissions": container[key]["all_permissions"]}

        return change

    for key, name in callers:
        found = [
            _compare(sides, entry, catalogue, taken_by(name), both=False, caller=key)
            for catalogue in (CATALOGUE, without(entry))
        ]
        safety = [{row for row in told or () if row[2] == "safety"} for told in found]
        if safety[0] != safety[1]:
            return True
    return False
