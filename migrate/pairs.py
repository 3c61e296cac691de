"""Which object became which, where the journal remembers what names and contents can't tell.

Pairing goes by keys and content. A copier knows more: an object that was renamed on the primary since it was copied, and twins
that both changed, are still what was made of them. Like every pairing this one is not trusted: the documents decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from lakedrill.inventory.kind import Facet
from lakedrill.inventory.paths import values
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.canonical import spell
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.pairing import Fate, Pair
from migrate.journal import Journal
from migrate.kinds import WRITERS

_UNSURE = (Fate.MISSING, Fate.EXTRA, Fate.AMBIGUOUS)


def remembered(comparison: Comparison, journal: Journal) -> list[Pair]:
    """Return the pairs of a comparison, with those joined that the journal knows to be one object."""
    kinds = {name for name, writer in WRITERS.items() if writer.renames}
    loose = [each for each in comparison.pairs if each.fate in _UNSURE and each.kind in kinds]
    ends = _ends(comparison, journal, [each for each in loose if each.secondary is not None])
    joined = {
        each.number: ends[_id(comparison, each)]
        for each in loose
        if each.primary is not None and _id(comparison, each) in ends
    }
    taken = set(joined) | {end.number for end in joined.values()}
    groups: dict[tuple[str, str], tuple[list[Pair], list[Pair]]] = defaultdict(lambda: ([], []))
    for each in loose:
        if each.fate is Fate.AMBIGUOUS and each.number not in taken:
            groups[each.kind, key(comparison, each)][each.primary is None].append(each)
    fates: dict[int, Fate] = {}
    for ours, theirs in groups.values():
        if len(ours) == len(theirs) == 1:
            joined[ours[0].number] = theirs[0]
        elif not (ours and theirs):
            fates |= {each.number: Fate.MISSING for each in ours} | {each.number: Fate.EXTRA for each in theirs}
    gone = {end.number for end in joined.values()}
    found = [
        replace(each, secondary=joined[each.number].secondary, fate=Fate.PAIRED)
        if each.number in joined
        else replace(each, fate=fates.get(each.number, each.fate))
        for each in comparison.pairs
        if each.number not in gone
    ]
    return [replace(each, number=i) for i, each in enumerate(found)]


def key(comparison: Comparison, each: Pair) -> str:
    """Return what a pair's object is called on the secondary, or would be."""
    kind = comparison.catalogue[each.kind]
    side = comparison.present if each.primary is None else comparison.wanted
    form = side(each, Facet.DEFINITION)
    found = each.label if isinstance(form, Unreadable) else next(values(form.value, kind.identity.path), each.label)
    text = spell(found, str)
    return text.lower() if kind.identity.fold_case else text


def _ends(comparison: Comparison, journal: Journal, extras: Iterable[Pair]) -> dict[tuple[str, str], Pair]:
    """Return the objects of the secondary without another end, by kind and the id of what they were made of.

    What is not in the journal is what a killed copy was making of those that it had begun.
    """
    found: dict[tuple[str, str], Pair] = {}
    strays: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for each in extras:
        memory = journal.objects.get((each.kind, comparison.secondary.snapshot.id_of(each.secondary or 0)))
        if memory is not None:
            found[each.kind, memory.primary_id] = each
        elif each.fate is Fate.AMBIGUOUS:
            strays[each.kind, key(comparison, each)].append(each)
    begun: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for each in comparison.pairs:
        if each.fate is Fate.AMBIGUOUS and each.primary is not None and _id(comparison, each) in journal.open:
            begun[each.kind, key(comparison, each)].append(each)
    for group, left in strays.items():
        candidates = begun[group]
        for stray in left if len(left) <= len(candidates) else ():
            chosen = min(candidates, key=lambda each: _unlikeness(comparison, each, stray))
            candidates.remove(chosen)
            found[_id(comparison, chosen)] = stray
    return found


def _id(comparison: Comparison, each: Pair) -> tuple[str, str]:
    return each.kind, comparison.primary.snapshot.id_of(each.primary or 0)


def _unlikeness(comparison: Comparison, each: Pair, stray: Pair) -> int:
    """Return how an object of the secondary is defined: 0 as one of the primary's ought to be, 1 so that it can become it."""
    joined = replace(each, secondary=stray.secondary)
    forms = comparison.wanted(joined, Facet.DEFINITION), comparison.present(joined, Facet.DEFINITION)
    if any(isinstance(form, Unreadable) for form in forms):
        return 2
    found = comparison.compare(joined, Facet.DEFINITION)
    return 2 if any(WRITERS[each.kind].is_fixed(d.path) for d in found) else bool(found)
