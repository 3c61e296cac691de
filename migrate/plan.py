"""The plan: what a copy would do to each facet of each object, and why. Making one writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lakedrill.inventory.discretion import discreet
from lakedrill.inventory.drill import Drill
from lakedrill.inventory.kind import HOLDINGS, Document, Facet, Kind
from lakedrill.inventory.scope import Mode
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.canonical import Value, leaves
from lakedrill.parity.comparison import Comparison, show
from lakedrill.parity.difference import ABSENT, Difference
from lakedrill.parity.pairing import Fate, Pair
from lakedrill.parity.reference import Dangling
from migrate.consequences import differing, following, making_room, prepared, published_anew, spread, together
from migrate.digests import digest_of
from migrate.journal import Journal
from migrate.kinds import WRITERS
from migrate.step import PRIMARY, Action, Asked, Step, is_asked
from migrate.takes import AMBIGUOUS, TAKEN, Takes
from migrate.values import withheld
from migrate.writer import Options

_LEFT = {
    Mode.CHECK: "checked, not copied",
    Mode.OUT: "out of scope",
    Mode.SECONDARY_ONLY: "the secondary's own",
}
NOT_OURS = "differs, and was not last written by this drill"
DISTURBED = "is not as this drill left it, and may hold edits that nobody committed"
NEW_ONLY = "only a new object can have this"


def make(
    comparison: Comparison, drill: Drill, journal: Journal, target: Workspace, asked: Asked, *, live: bool = True
) -> list[Step]:
    """Return the steps for everything in both snapshots, in the order of the pairs. `live`: the primary can be asked."""
    planner = _Planner(comparison, drill, journal, asked, live=live)
    steps_ = [step for each in comparison.pairs for step in planner.of(each)]
    steps_ = list(making_room(steps_, comparison, planner.room))
    steps_ = list(published_anew(steps_, comparison)) if asked.publish else steps_
    steps_ = list(prepared(steps_, comparison, target, Options(drill.identity, drill.notebooks)))
    return spread(list(following(steps_, comparison, asked)), comparison, asked)


class _Planner:
    def __init__(
        self, comparison: Comparison, drill: Drill, journal: Journal, asked: Asked, *, live: bool = True
    ) -> None:
        self.live = live
        self.comparison = comparison
        self.drill = drill
        self.journal = journal
        self.asked = asked
        self.takes = Takes(comparison, journal, asked.takes)

    def of(self, each: Pair) -> Iterator[Step]:
        """Yield the steps of one pair."""
        kind, rule = self.comparison.catalogue[each.kind], self.comparison.rule(each)
        if rule.mode is not Mode.COPY:
            left = self._step(each, Facet.DEFINITION, Action.LEAVE, f"{_LEFT[rule.mode]}: {rule}")
            yield replace(left, mode=rule.mode)
        elif kind.name not in WRITERS:
            yield replace(self._step(each, Facet.DEFINITION, Action.LEAVE, "checked, not copied"), mode=Mode.CHECK)
        elif each.fate is Fate.AMBIGUOUS:
            yield self._step(each, Facet.DEFINITION, Action.CONFLICT, AMBIGUOUS)
        elif each.fate is Fate.EXTRA:
            yield self._of_extra(each, kind)
        elif each.fate is Fate.MISSING:
            yield from together(list(self._of_missing(each, kind)), kind)
        else:
            for step in together([self._of_facet(each, kind, f) for f in self.comparison.facets(each)], kind):
                yield self.takes.settled(step) or step if step.action is Action.CONFLICT else step

    def _of_extra(self, each: Pair, kind: Kind) -> Step:
        if self.comparison.primary.failed(kind.name):
            return self._unread(
                each, Facet.DEFINITION, f"the primary can't be listed: {self.comparison.primary.failed(kind.name)}"
            )
        if self.comparison.secondary.is_builtin(kind, each.secondary or 0):
            return self._step(each, Facet.DEFINITION, Action.LEAVE, "every workspace has its own")
        if unasked := self._unasked(each, kind):
            left = self._step(each, Facet.DEFINITION, Action.LEAVE, f"the primary has none; {unasked}")
            return replace(left, mode=Mode.CHECK)
        return self._step(each, Facet.DEFINITION, Action.EXTRA, "the primary has none")

    def _of_missing(self, each: Pair, kind: Kind) -> Iterator[Step]:
        if failed := self.comparison.secondary.failed(kind.name):
            yield self._unread(each, Facet.DEFINITION, f"the secondary can't be listed: {failed}")
            return
        if self.comparison.primary.is_builtin(kind, each.primary or 0):
            yield self._step(each, Facet.DEFINITION, Action.LEAVE, "every workspace has its own")
            return
        if unasked := self._unasked(each, kind):
            left = self._step(each, Facet.DEFINITION, Action.LEAVE, f"checked, not copied: {unasked}")
            yield replace(left, mode=Mode.CHECK)
            return
        for facet in kind.shapes:
            wanted = self.comparison.wanted(each, facet)
            if withheld_ := self._withheld(each, facet):
                yield self._step(each, facet, Action.BLOCKED, withheld_)
            elif isinstance(wanted, Unreadable):
                yield self._of_unreadable(each, facet, "primary", wanted)
            elif uncarried := self._uncarried(each, kind, facet):
                yield self._unread(each, facet, uncarried)
            elif lost := _lost(self._dangling(wanted.value)):
                yield self._step(each, facet, Action.BLOCKED, lost)
            elif blind := _broken(self._dangling(wanted.value, blind=True)):
                yield self._unread(each, facet, f"refers to what can't be listed: {blind}")
            else:
                yield self._step(each, facet, Action.CREATE)

    def _of_facet(self, each: Pair, kind: Kind, facet: Facet) -> Step:
        wanted, present = self.comparison.wanted(each, facet), self.comparison.present(each, facet)
        if isinstance(wanted, Unreadable):
            return self._of_unreadable(each, facet, "primary", wanted)
        if isinstance(present, Unreadable):
            return self._of_unreadable(each, facet, "secondary", present)
        if apart := self.comparison.apart(each, facet):
            follows = self._is_untouched(each, kind, facet)
            return self._step(each, facet, Action.UPDATE if follows else Action.LEAVE, "" if follows else apart)
        found = differing(self.comparison, kind.name, facet, wanted, present)
        if not found:
            return self._step(each, facet, Action.LEAVE)
        if lost := _lost(self._dangling(wanted.value)):
            return self._step(each, facet, Action.BLOCKED, lost)
        blind = self._dangling(wanted.value, blind=True) or self._dangling(present.value, blind=True)
        if blind:
            return self._unread(each, facet, f"refers to what can't be listed: {_broken(blind)}")
        if uncarried := self._uncarried(each, kind, facet):
            return self._unread(each, facet, uncarried)
        if withheld_ := self._withheld(each, facet):
            return self._step(each, facet, Action.BLOCKED, withheld_, found)
        return self._of_differing(each, kind, facet, found)

    def _dangling(self, value: Value, *, blind: bool = False) -> list[tuple[str, Dangling]]:
        """Return the references to nothing; with `blind` those of which nobody knows, for a listing failed."""
        found = [(path, leaf) for path, leaf in leaves(value) if isinstance(leaf, Dangling)]
        known = set(self.comparison.catalogue.by_name)
        return [
            (path, leaf) for path, leaf in found if blind is (not leaf.captured and not known.isdisjoint(leaf.kinds))
        ]

    def _of_unreadable(self, each: Pair, facet: Facet, role: str, found: Unreadable) -> Step:
        """What the primary has no such thing of is not copied; the judgement whether that is in order is the check's."""
        if not found.is_lacking:
            return self._unread(each, facet, f"the {role}'s can't be read: {found.reason}")
        action = Action.LEAVE if role == "primary" else Action.BLOCKED
        return self._step(each, facet, action, f"the {role} has none: {found.reason}")

    def _of_differing(self, each: Pair, kind: Kind, facet: Facet, found: list[Difference]) -> Step:
        """Decide by whose the present facet is, and by what differs."""
        if unasked := self._unasked(each, kind):
            paths = ", ".join(d.path for d in found)
            return self._step(each, facet, Action.BLOCKED, f"differs in {paths}; {unasked}", found)
        extra = facet in HOLDINGS and all(d.primary is ABSENT for d in found)
        if extra and not self._is_fresh(each, kind, facet):
            return self._step(each, facet, Action.EXTRA, "the secondary grants or holds more", found)
        if all(d.path == kind.identity.path and d.secondary == each.label for d in found):
            return self._step(each, facet, Action.LEAVE, "the same name, and somebody in it is not on the secondary")
        if never := self._never(each, kind, facet, found):
            return self._step(each, facet, Action.BLOCKED, never, found)
        action, taken = Action.ADOPT, ""
        if self.is_ours(each, kind, facet):
            action = Action.UPDATE
        elif not self._adopts(each, kind) or self._is_builtin_unnamed(each, kind):
            reason = "; ".join(filter(None, (self._at_odds(each, kind, facet), NOT_OURS)))
            settled = self.takes.settled(self._step(each, facet, Action.CONFLICT, reason, found))
            if settled is not None:
                return settled
            taken = PRIMARY
        step = self._of_ours(each, kind, facet, action, found)
        return replace(step, taken=taken, reason=step.reason or TAKEN) if taken else step

    def _unasked(self, each: Pair, kind: Kind) -> str:
        """Return why an object is not written, and what asks for it; empty where it is."""
        why, name = WRITERS[kind.name].not_unasked(each.label)
        return "" if not why or name in self.drill.apply else f"{why}: `apply: [{name}]` in drill.yaml asks for it"

    def _adopts(self, each: Pair, kind: Kind) -> bool:
        """Say whether an object that is not ours may be overwritten. Who asks for what every workspace has means that one."""
        named = kind.is_everywhere and self.drill.asks(kind.name, each.label)
        return named or self.drill.adopts(kind.name, each.label)

    def _of_ours(self, each: Pair, kind: Kind, facet: Facet, action: Action, found: list[Difference]) -> Step:
        """Decide by what differs of a facet that may be written."""
        if _is_fixed(kind, facet, found):
            reason = self._at_odds(each, kind, facet) or NEW_ONLY
            return self._if_asked(self._step(each, facet, Action.REPLACE, reason, found))
        if facet is Facet.DEFINITION and any(d.path == kind.identity.path for d in found):
            old = next(d.secondary for d in found if d.path == kind.identity.path)
            return self._if_asked(self._step(each, facet, Action.RENAME, f"was {old!r} when it was copied", found))
        return self._step(each, facet, action, changes=found)

    def _never(self, each: Pair, kind: Kind, facet: Facet, found: list[Difference]) -> str:
        """Return why no write can make a facet as it is wanted, not even one of a new object; empty where one can."""
        writer, (primary, secondary) = WRITERS[kind.name], self._documents(each)
        if shared := writer.shared(primary, secondary):
            return shared
        if beyond := writer.beyond(facet, secondary) or writer.beyond(facet, primary):
            return beyond
        if facet is Facet.DEFINITION and not all(self._is_untouched(each, kind, other) for other in writer.disturbs):
            return f"{DISTURBED}; {self.comparison.mend(each, facet)}"
        stays = writer.permanent(secondary) if _is_fixed(kind, facet, found) else ""
        return (writer.at_odds(primary, secondary) or f"{NEW_ONLY}; {stays}") if stays else ""

    def _at_odds(self, each: Pair, kind: Kind, facet: Facet) -> str:
        return WRITERS[kind.name].at_odds(*self._documents(each)) if facet is Facet.DEFINITION else ""

    def _documents(self, each: Pair) -> tuple[Document, Document]:
        primary, secondary = self.comparison.primary.snapshot, self.comparison.secondary.snapshot
        return primary.document(each.primary or 0), secondary.document(each.secondary or 0)

    def _if_asked(self, step: Step) -> Step:
        """Say of a step how to ask for it, where that is still to be done."""
        return step if is_asked(step, self.asked) else replace(step, reason=f"{step.reason}; ask with --{step.action}")

    def room(self, step: Step, other: Pair) -> Step:
        """Return the creation of an object whose path another kind's object has on the secondary."""
        kind = self.comparison.catalogue[other.kind]
        whose = f"{other.kind}:{other.label} lies at its path"
        if stays := WRITERS[other.kind].permanent(self.comparison.secondary.snapshot.document(other.secondary or 0)):
            return replace(step, action=Action.BLOCKED, reason=f"{whose}; {stays}")
        mine = all(self.is_ours(other, kind, f) for f in (Facet.DEFINITION, Facet.CONTENT) if f in kind.shapes)
        rule = self.comparison.rule(other)
        if rule.mode is not Mode.COPY:
            return replace(step, action=Action.BLOCKED, reason=f"{whose}, and is {_LEFT[rule.mode]}: {rule}")
        step = replace(step, end=other.number)
        if not mine and not self.drill.adopts(other.kind, other.label):
            reason = f"{whose}, and was not last written by this drill"
            settled = self.takes.settled(replace(step, action=Action.CONFLICT, reason=reason))
            if settled is not None:
                return settled
            step = replace(step, taken=PRIMARY)
        return self._if_asked(replace(step, action=Action.REPLACE, reason=whose))

    def _uncarried(self, each: Pair, kind: Kind, facet: Facet) -> str:
        """Return why content can't be carried as the operator wants it; empty where it can."""
        if facet is not Facet.CONTENT or kind.name not in carried(self.drill):
            return ""
        kept = self.comparison.primary.snapshot.facet(each.primary or 0, Facet.CARRIED)
        if isinstance(kept, Unreadable):
            return f"the primary's can't be read with its outputs: {kept.reason}"
        return "" if kept else "the snapshot of the primary was captured without outputs; capture it anew"

    def _withheld(self, each: Pair, facet: Facet) -> str:
        """Return why a value is not copied; empty where it is, and for all other facets."""
        return withheld(self.comparison, each, self.drill, live=self.live) if facet is Facet.VALUE else ""

    def is_ours(self, each: Pair, kind: Kind, facet: Facet) -> bool:
        """Say whether a facet of the secondary is as this drill left it."""
        assert each.secondary is not None
        snapshot = self.comparison.secondary.snapshot
        key, primary_id = snapshot.id_of(each.secondary), self._primary_id(each)
        digest = digest_of(self.comparison, each, facet)
        ours = self.journal.is_ours(kind.name, key, primary_id, facet, digest)
        return ours or is_home_we_caused(self.comparison, self.journal, each)

    def _is_untouched(self, each: Pair, kind: Kind, facet: Facet) -> bool:
        """Say whether a facet and the definition that it follows are as this drill left them, as far as can be seen."""
        seen = not isinstance(self.comparison.present(each, facet), Unreadable)
        return seen and all(self.is_ours(each, kind, f) for f in (Facet.DEFINITION, facet))

    def _is_fresh(self, each: Pair, kind: Kind, facet: Facet) -> bool:
        key = self.comparison.secondary.snapshot.id_of(each.secondary or 0)
        return self.journal.is_fresh(kind.name, key, self._primary_id(each), facet)

    def _primary_id(self, each: Pair) -> str:
        return "" if each.primary is None else self.comparison.primary.snapshot.id_of(each.primary)

    def _is_builtin_unnamed(self, each: Pair, kind: Kind) -> bool:
        """A dedicated secondary is ours but for what every workspace has; that is adopted by name only."""
        named = replace(self.drill, dedicated=False).adopts(kind.name, each.label)
        return not named and self.comparison.secondary.is_builtin(kind, each.secondary or 0)

    def _unread(self, each: Pair, facet: Facet, reason: str) -> Step:
        return replace(self._step(each, facet, Action.BLOCKED, reason), unread=True)

    def _step(
        self, each: Pair, facet: Facet, action: Action, reason: str = "", changes: Iterable[Difference] = ()
    ) -> Step:
        told = tuple(
            (
                d.path,
                discreet(d.path, show(d.secondary, self.comparison.told_of_secondary)),
                discreet(d.path, show(d.primary, self.comparison.told_of_primary)),
            )
            for d in changes
        )
        return Step(each.number, each.kind, each.label, facet, action, reason, changes=told)


def carried(drill: Drill) -> frozenset[str]:
    """Return the kinds whose content the operator wants with all that the compared form leaves out."""
    return frozenset({"notebooks"} if drill.notebooks == "jupyter" else ())


def is_home_we_caused(comparison: Comparison, journal: Journal, each: Pair) -> bool:
    """Say whether a folder is there because we let its owner into the workspace, and nobody has written it since."""
    snapshot = comparison.secondary.snapshot
    if each.kind != "directories" or ("directories", snapshot.id_of(each.secondary or 0)) in journal.objects:
        return False
    top, _, name = comparison.called(each).rpartition("/")
    return top == "/Users" and any(
        _is_made_by_us(comparison, journal, kind, n)
        for kind in ("users", "service_principals")
        if (n := snapshot.resolve(kind, "name", name.lower())) is not None
    )


def _is_made_by_us(comparison: Comparison, journal: Journal, kind: str, n: int) -> bool:
    memory = journal.objects.get((kind, comparison.secondary.snapshot.id_of(n)))
    if memory is not None:
        return memory.born
    primary = comparison.pair_of_secondary(n).primary
    return primary is not None and (kind, comparison.primary.snapshot.id_of(primary)) in journal.open


def _lost(dangling: list[tuple[str, Dangling]]) -> str:
    """Return why references lead nowhere: there is nothing on the primary, or nobody captures what they name."""
    broken = _broken([(path, leaf) for path, leaf in dangling if leaf.captured])
    unknown = "; ".join(
        f"{path} → {' or '.join(leaf.kinds)} {leaf.value}" for path, leaf in dangling if not leaf.captured
    )
    return "; ".join(
        f"{why}: {named}"
        for why, named in (("broken on the primary", broken), ("refers to what is not captured yet", unknown))
        if named
    )


def _broken(dangling: list[tuple[str, Dangling]]) -> str:
    return "; ".join(f"{path} → {leaf.value}" for path, leaf in dangling)


def _is_fixed(kind: Kind, facet: Facet, found: list[Difference]) -> bool:
    """Say whether something differs that only a new object can have."""
    return facet is Facet.DEFINITION and any(WRITERS[kind.name].is_fixed(d.path) for d in found)
