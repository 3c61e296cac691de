"""What is extra on the secondary and stays all the same, and why: no mistake in a mapping may cost somebody his work."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from lakedrill.inventory.kind import Document, Facet, Kind
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.canonical import leaves
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import INVENTORY, Outcome
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reference import Ref
from migrate.consequences import TREE, above
from migrate.kinds import WRITERS

_HOME = re.compile(r"/(?:Users|Repos)/([^/]+)(/.*)?")


def by_itself(comparison: Comparison, each: Pair) -> str:
    """Return why an extra object is not deleted, whatever else is; empty where it may be."""
    document = comparison.secondary.snapshot.document(each.secondary or 0)
    if reason := WRITERS[each.kind].permanent(document):
        return reason
    if (path := _place(each, document)) and (reason := _of_home(comparison, path)):
        return reason
    record = comparison.judge(each, INVENTORY)
    if record.outcome is not Outcome.EXTRA:
        return record.reason
    for facet in comparison.facets(each):
        present = comparison.present(each, facet)
        if isinstance(present, Unreadable):
            return f"its {facet} can't be read: {present.reason}"
    return ""


def _place(each: Pair, document: Document) -> str:
    """Return where in the tree an object lies; empty for one that lies nowhere."""
    if each.kind in TREE:
        return str(document["path"])
    folder = str(document.get("parent_path", "")).removeprefix("/Workspace")
    return folder and f"{folder}/{each.label}"


def _of_home(comparison: Comparison, path: str) -> str:
    """Return why something is not deleted for where it lies: people's own that the primary knows nothing of."""
    match = _HOME.fullmatch(path)
    if match is None:
        return ""
    owner, rest = match.groups()
    if rest is None:
        return "a home is never deleted"
    if owner.lower() in caller_names(comparison):
        return "it lies in a caller's home"
    home = path[: -len(rest)]
    n = comparison.secondary.snapshot.resolve("directories", "path", home)
    if n is None or comparison.pair_of_secondary(n).fate is not Fate.PAIRED:
        return f"it lies in {home}, which the primary does not have"
    return ""


def caller_names(comparison: Comparison) -> frozenset[str]:
    """Return what the two callers are called, in lower case."""
    callers = [side.snapshot.meta["caller"] for side in (comparison.primary, comparison.secondary)]
    return frozenset(str(c[name]).lower() for c in callers for name in ("userName", "applicationId") if c.get(name))


def callers(comparison: Comparison) -> dict[int, str]:
    """Return the two callers as the secondary knows them: number and id."""
    snapshot = comparison.secondary.snapshot
    found = [
        (kind, handle, name)
        for kind in ("users", "service_principals")
        for handle, names in (("name", caller_names(comparison)), ("id", {str(snapshot.meta["caller"].get("id"))}))
        for name in names
    ]
    numbers = filter(None, (snapshot.resolve(*each) for each in found))
    return {n: snapshot.id_of(n) for n in numbers}


@dataclass
class Hinges:
    """What of the secondary must go before an object can: what refers to it, and what lies in it. All by number."""

    on: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    held: set[tuple[int, int]] = field(default_factory=set)
    """Folders, and what lies in them."""
    blind: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Kind → objects that could not be read and may refer to any object of it."""


def hinges(comparison: Comparison, numbers: Collection[int], cut: Collection[tuple[int, Facet]]) -> Hinges:
    """Return what the objects of these numbers hang on. Facets that are `cut` refer to none of them any more."""
    found, wanted = Hinges(), set(numbers)
    snapshot = comparison.secondary.snapshot
    for kind, facet, n in _referring(comparison):
        form = comparison.secondary.form(kind.name, n, facet)
        if isinstance(form, Unreadable):
            for name in {name for reference in kind.shapes[facet].references for name in reference.kinds}:
                found.blind[name].add(n)
        elif (n, facet) not in cut:
            for end in {leaf.n for _, leaf in leaves(form) if isinstance(leaf, Ref)} & wanted - {n}:
                found.on[end].add(n)
    folders = {str(snapshot.document(n)["path"]): n for n in numbers if _kind(comparison, n) == "directories"}
    for path, n in _paths(comparison) if folders else ():
        for folder in above(path):
            if (at := folders.get(folder)) is not None:
                found.on[at].add(n)
                found.held.add((at, n))
    return found


def _referring(comparison: Comparison) -> Iterator[tuple[Kind, Facet, int]]:
    """Yield every facet of the secondary's objects that may refer to something."""
    for kind in comparison.catalogue.kinds:
        facets = [facet for facet, shape in kind.shapes.items() if shape.references]
        for each in comparison.secondary.snapshot.objects(kind.name) if facets else ():
            yield from ((kind, facet, each.n) for facet in facets)


def by_others(comparison: Comparison, numbers: Collection[int], found: Hinges) -> dict[int, str]:
    """Return why objects are not deleted because of what stays: it lies in them, refers to them, or can't be read."""
    unlisted = _unlisted(comparison)
    reasons: dict[int, str] = {}
    going = set(numbers)
    changed = True
    while changed:
        changed = False
        for n in sorted(going):
            kind = _kind(comparison, n)
            stay = sorted(found.on.get(n, set()) - going)
            blind = sorted(found.blind.get(kind, set()) - going - {n})
            if stay:
                held = (n, stay[0]) in found.held
                told = _told(comparison, stay[0])
                reasons[n] = f"it holds {told}, which stays" if held else f"{told}, which stays, refers to it"
            elif blind or kind in unlisted:
                told = _told(comparison, blind[0]) if blind else unlisted[kind]
                reasons[n] = f"{told} can't be read, and may refer to it"
            if n in reasons:
                going.discard(n)
                changed = True
    return reasons


def _unlisted(comparison: Comparison) -> dict[str, str]:
    """Return the kinds that something may refer to which could not be listed."""
    return {
        name: other.name
        for other in comparison.catalogue.kinds
        if comparison.secondary.failed(other.name)
        for shape in other.shapes.values()
        for reference in shape.references
        for name in reference.kinds
    }


def _paths(comparison: Comparison) -> Iterator[tuple[str, int]]:
    snapshot = comparison.secondary.snapshot
    for kind in TREE:
        for each in snapshot.objects(kind):
            yield str(snapshot.document(each.n)["path"]), each.n


def _kind(comparison: Comparison, n: int) -> str:
    return comparison.pair_of_secondary(n).kind


def _told(comparison: Comparison, n: int) -> str:
    each = comparison.pair_of_secondary(n)
    return f"{each.kind}:{each.label}"
