"""Safety: nothing of the secondary runs, fires, costs or is forgotten while it stands by, and nothing is the copier's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Facet, Kind
from lakedrill.inventory.paths import spots
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity import posture
from lakedrill.parity.canonical import Value
from lakedrill.parity.outcome import SAFETY, Difference, Outcome, Record
from lakedrill.parity.pairing import Pair
from lakedrill.parity.records import record_of
from lakedrill.parity.reference import Ref
from lakedrill.parity.shown import show

if TYPE_CHECKING:
    from lakedrill.parity.comparison import Comparison


def applies(kind: Kind, stance: str) -> bool:
    """Say whether there is anything about a kind that could be unsafe."""
    return bool(kind.posture.get(stance)) or any(shape.identities for shape in kind.shapes.values())


def judge(comparison: Comparison, each: Pair) -> Record:
    """Return the judgement. What a facet's own record tells already is not counted again; a breach wins over an unread."""
    kind = comparison.catalogue[each.kind]
    found: list[Difference] = []
    unread: list[str] = []
    explained = True
    for facet, shape in kind.shapes.items():
        if not (shape.identities or posture.settings(kind, comparison.stance, facet)):
            continue
        if reason := comparison.unread(each, facet):
            unread.append(reason)
            continue
        breaches = [*_breaches(comparison, each, facet), *_taken_over(comparison, each, facet, unread)]
        found += breaches
        if breaches:
            explained = explained and _is_told(comparison, each, facet, breaches)
    if found:
        cause = f"{each.kind}:{each.label}" if explained else ""
        return record_of(
            each, SAFETY, Outcome.DIFFERENT, differences=tuple(found), because_of=cause, fix=comparison.mend(each)
        )
    if unread:
        return record_of(each, SAFETY, Outcome.UNVERIFIABLE, reason="; ".join(unread))
    rows = [row for facet in kind.shapes for row in posture.settings(kind, comparison.stance, facet)]
    crowded = [row for row in rows if row not in comparison.rows(each.kind, each.primary or 0, row.facet)]
    reason = "; ".join(f"{row.path}: no room for more than {row.most}; {row.reason}" for row in crowded)
    return record_of(each, SAFETY, Outcome.ADVISORY if crowded else Outcome.EQUAL, reason=reason)


def _is_told(comparison: Comparison, each: Pair, facet: Facet, breaches: list[Difference]) -> bool:
    """Say whether the record of the facet itself tells all of these. The state of an object has none."""
    if facet is Facet.STATE:
        return False
    record = comparison.judge(each, facet.value)
    paths = [] if record.outcome is Outcome.WAIVED else [d.path for d in record.differences]
    return all(any(_is_about(path, breach.path) for path in paths) for breach in breaches)


def _is_about(path: str, breach: str) -> bool:
    """Say whether a difference shows a breach. Of a list without order it shows whole items, and not where they stand."""
    anywhere = re.sub(r"\[\d+\]", "[]", breach)
    return path.startswith((breach, anywhere)) or (path.endswith("[]") and anywhere.startswith(path))


def _breaches(comparison: Comparison, each: Pair, facet: Facet) -> list[Difference]:
    """Return where the secondary's object is not as the posture wants it."""
    present = comparison.present(each, facet)
    if isinstance(present, Unreadable):
        return []
    rows = comparison.rows(each.kind, each.primary or 0, facet)
    return [
        Difference(where, row.value, show(have, comparison.told_of_secondary))
        for row, where, have in posture.breaches(rows, present.value)
    ]


def _taken_over(comparison: Comparison, each: Pair, facet: Facet, unread: list[str]) -> list[Difference]:
    """Return where the secondary's object acts as or belongs to the copier, and the primary's does not."""
    wanted, present = comparison.wanted(each, facet), comparison.present(each, facet)
    if isinstance(present, Unreadable):
        return []
    kind = comparison.catalogue[each.kind]
    taken = {
        path: have
        for path, have in _identities(kind, facet, present.value).items()
        if isinstance(have, Ref) and have.n in _callers(comparison)
    }
    if taken and isinstance(wanted, Unreadable):
        unread.append(f"primary: {wanted.reason}")
        return []
    meant = _identities(kind, facet, wanted.value) if taken and not isinstance(wanted, Unreadable) else {}
    return [
        Difference(path, show(meant.get(path), comparison.told_of_primary), show(have, comparison.told_of_secondary))
        for path, have in taken.items()
        if not _is_same(comparison, meant.get(path), have)
    ]


def _is_same(comparison: Comparison, want: Value, have: Ref) -> bool:
    return isinstance(want, Ref) and comparison.name_of_primary(want) == comparison.name_of_secondary(have)


def _callers(comparison: Comparison) -> set[int | None]:
    """Return the numbers of the principals that the secondary knows the copier by."""
    caller = comparison.secondary.snapshot.meta["caller"]
    names = [name for name in ("users", "service_principals") if name in comparison.catalogue.by_name]
    return {comparison.secondary.snapshot.resolve(name, "id", str(caller.get("id"))) for name in names}


def _identities(kind: Kind, facet: Facet, value: Value) -> dict[str, Value]:
    """Return whom an object acts as or belongs to, by where it says so."""
    if facet is Facet.PERMISSIONS:
        return {"access_control_list[]": _owner(value)}
    return {path: found for field in kind.shapes[facet].identities for path, found in spots(value, field.path).items()}


def _owner(acl: Value) -> Value:
    """Return who owns an object, by its canonical access control list."""
    for entry in spots(acl, "access_control_list[]").values():
        permissions = [p for p in spots(entry, "all_permissions[]").values() if isinstance(p, dict)]
        if any(p.get("permission_level") == "IS_OWNER" and not p.get("inherited") for p in permissions):
            return next((value for value in entry.values() if isinstance(value, Ref)), None)
    return None
