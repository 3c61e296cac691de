"""Two snapshots side by side: the pairs, what the secondary ought to hold, what it holds, and the judgement of each aspect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass
from functools import cached_property, lru_cache

from lakedrill.inventory.discretion import discreet
from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import HOLDINGS, Catalogue, Facet, Setting
from lakedrill.inventory.scope import Mode, Rule
from lakedrill.inventory.snapshot import Snapshot, Unreadable
from lakedrill.parity import causes, difference, listings, posture, references, safety, texts
from lakedrill.parity.canonical import Value, leaves
from lakedrill.parity.difference import ABSENT, differences
from lakedrill.parity.ignore import bare, with_effect
from lakedrill.parity.likeness import Node
from lakedrill.parity.literals import Literals
from lakedrill.parity.mapping import Mapping
from lakedrill.parity.outcome import (
    CALLERS,
    INVENTORY,
    LISTING,
    LITERALS,
    REFERENCES,
    SAFETY,
    SIGHT,
    Difference,
    Outcome,
    Record,
    Slot,
)
from lakedrill.parity.pairing import Fate, Pair, pair
from lakedrill.parity.presence import blindness, emptiness
from lakedrill.parity.reach import Reach
from lakedrill.parity.records import mend, record_of
from lakedrill.parity.reference import Dangling, Ref
from lakedrill.parity.scope import Scope
from lakedrill.parity.shown import show, told
from lakedrill.parity.side import Side
from lakedrill.parity.sweep import Sweep

__all__ = ["INVENTORY", "LISTING", "REFERENCES", "SAFETY", "Comparison", "Form", "Side", "show"]

_OTHER_KEY = Unreadable("OTHER_KEY", "the two sides were digested under different keys; capture both anew")


@dataclass(frozen=True, slots=True)
class Form:
    """A facet in canonical form, and the rows of mapping and posture that changed it on the way."""

    value: Value
    rows: tuple[str, ...] = ()


class Comparison:
    """The primary's snapshot, the secondary's, and what lies between them.

    `pairs` are made unless they are given, as `pairing` of an earlier Comparison of the same two snapshots; making them counts
    what the mapping changes, in `reach`, and raises MappingError where that estate can't be mapped so. `must_see` are objects
    that are known to be there, `KIND:KEY` by side (see `presence`). Without a `scope` everything is copied and
    judged. `publish`: what the primary has published is to be published on the secondary too, while it stands by.
    """

    def __init__(
        self,
        primary: Snapshot,
        secondary: Snapshot,
        catalogue: Catalogue,
        *,
        mapping: Mapping | None = None,
        stance: str = posture.STANDBY,
        pairs: list[Pair] | None = None,
        must_see: Mapping_[str, Iterable[str]] | None = None,
        scope: Scope | None = None,
        ignore: Iterable[Ignored] = (),
        publish: bool = False,
    ) -> None:
        if stance not in (posture.STANDBY, posture.ACTIVE):
            raise ValueError(f"no such posture: {stance}")
        self.catalogue = catalogue
        self.mapping = mapping or Mapping()
        self.reach = Reach(self.mapping)
        self.stance = stance
        self.publish = publish
        self.scope = scope or Scope()
        self.ignore = tuple(ignore)
        self.primary = Side(primary, catalogue)
        self.secondary = Side(secondary, catalogue)
        self._sides = (self.primary, self.secondary)
        self._must_see = {role: tuple(names) for role, names in (must_see or {}).items()}
        self._wanted = lru_cache(256)(self._wanted_anew)
        self._present = lru_cache(256)(self._present_anew)
        self._room = lru_cache(None)(self._room_anew)
        self.pairs = pairs if pairs is not None else self._pair()
        self._of_primary = {each.primary: each for each in self.pairs if each.primary is not None}
        self._of_secondary = {each.secondary: each for each in self.pairs if each.secondary is not None}
        self._rules: dict[int, Rule] = {}
        self.sweep = Sweep(primary, secondary, {kind.name for kind in catalogue.kinds if kind.id_is_name})
        self.literals = Literals(self)
        self.judge = lru_cache(65536)(self._judge)
        self.differs = lru_cache(8192)(self._differs)

    def _pair(self) -> list[Pair]:
        def facets(node: Node) -> list[Facet]:
            return [facet for facet in self.catalogue[node.kind].shapes if facet is not Facet.STATE]

        def readable(kind: str, facet: Facet, form: Form | Unreadable) -> Value | None:
            if isinstance(form, Unreadable):
                return None
            # What may stand there depends on the other end, which is not known yet.
            either = [row for row in posture.settings(self.catalogue[kind], self.stance, facet) if row.instead]
            return bare(self.bare(kind, facet, form.value), either)

        return pair(
            list(self.primary.nodes(self.reach)),
            list(self.secondary.nodes(Reach(Mapping()))),
            lambda node: {
                f.value: readable(node.kind, f, self._wanted(node.kind, node.n, None, f)) for f in facets(node)
            },
            lambda node: {f.value: readable(node.kind, f, self._present(node.kind, node.n, f)) for f in facets(node)},
        )

    # What ought to be, and what is

    def wanted(self, each: Pair, facet: Facet) -> Form | Unreadable:
        """Return what the secondary ought to hold: the primary's facet through mapping and posture, with its references."""
        assert each.primary is not None
        return self._wanted(each.kind, each.primary, each.secondary, facet)

    def present(self, each: Pair, facet: Facet) -> Form | Unreadable:
        """Return what the secondary holds. References are the secondary's."""
        assert each.secondary is not None
        return self._present(each.kind, each.secondary, facet)

    def _wanted_anew(self, kind: str, n: int, other: int | None, facet: Facet) -> Form | Unreadable:
        form = self.primary.form(kind, n, facet)
        if facet is Facet.VALUE and len({side.snapshot.meta.get("values_key") for side in self._sides}) > 1:
            return _OTHER_KEY
        if isinstance(form, Unreadable) or facet in (Facet.CONTENT, Facet.VALUE):
            return form if isinstance(form, Unreadable) else Form(form)
        mapped, used = self.mapping.apply(kind, form)
        rows = self.rows(kind, n, facet)
        present = self._present(kind, other, facet) if other is not None and any(r.instead for r in rows) else None
        stands = present.value if isinstance(present, Form) else None
        value, stood = posture.apply(rows, mapped, stands, asked=self.publish)
        return Form(value, (*map(str, used), *stood))

    def rows(self, kind: str, n: int, facet: Facet) -> tuple[Setting, ...]:
        """Return what the posture says of a facet of an object of the primary, but for what there is no room for."""
        rows = posture.settings(self.catalogue[kind], self.stance, facet)
        return tuple(row for row in rows if not row.most or n in self._room(kind, row))

    def _room_anew(self, kind: str, row: Setting) -> frozenset[int]:
        judged = (each for each in self.pairs if each.kind == kind and self.mode(each) is not Mode.OUT)
        forms = ((n, self.primary.form(kind, n, row.facet)) for each in judged if (n := each.primary) is not None)
        return posture.first(row, ((n, {} if isinstance(form, Unreadable) else form) for n, form in forms))

    def _present_anew(self, kind: str, n: int, facet: Facet) -> Form | Unreadable:
        form = self.secondary.form(kind, n, facet)
        return form if isinstance(form, Unreadable) else Form(form)

    def compare(self, each: Pair, facet: Facet) -> list[difference.Difference]:
        """Return where a facet that both sides could read differs, but for what is ignored."""
        return self._compare(each, facet, self._ignored(each.kind, facet))

    def _compare(self, each: Pair, facet: Facet, rows: Sequence[Ignored]) -> list[difference.Difference]:
        wanted, present = self.wanted(each, facet), self.present(each, facet)
        assert isinstance(wanted, Form)
        assert isinstance(present, Form)
        values = bare(wanted.value, rows), bare(present.value, rows)
        return differences(*values, self.name_of_primary, self.name_of_secondary)

    def bare(self, kind: str, facet: Facet, value: Value) -> Value:
        """Return a canonical facet without what is ignored."""
        return bare(value, self._ignored(kind, facet))

    def _ignored(self, kind: str, facet: Facet) -> tuple[Ignored, ...]:
        """Return the rows about a facet. Content is whole, or it differs."""
        return () if facet is Facet.CONTENT else tuple(row for row in self.ignore if row.kind == kind)

    def apart(self, each: Pair, facet: Facet) -> str:
        """Return why a facet that can be read can't be compared: the definitions differ in what it follows from."""
        given = self.catalogue[each.kind].shapes[facet].given
        found = {d.path.partition(".")[0] for d in self._compare(each, Facet.DEFINITION, ())} if given else set[str]()
        return "; ".join(field.reason for field in given if field.path in found)

    def _differs(self, each: Pair, facet: Facet) -> bool:
        """Say whether both sides of a facet could be read and differ."""
        forms = self.wanted(each, facet), self.present(each, facet)
        return all(isinstance(form, Form) for form in forms) and bool(self.compare(each, facet))

    def name_of_primary(self, ref: Ref) -> object:
        """Return the number of the pair that a reference of the primary points at; unpaired ones have a name of their own."""
        each = self._of_primary.get(ref.n)
        return each.number if each is not None and each.fate is Fate.PAIRED else ("primary", ref.n)

    def name_of_secondary(self, ref: Ref) -> object:
        """Return the number of the pair that a reference of the secondary points at."""
        each = self._of_secondary.get(ref.n)
        return each.number if each is not None and each.fate is Fate.PAIRED else ("secondary", ref.n)

    def pair_of_primary(self, n: int) -> Pair:
        """Return the pair of an object of the primary."""
        return self._of_primary[n]

    def pair_of_secondary(self, n: int) -> Pair:
        """Return the pair of an object of the secondary."""
        return self._of_secondary[n]

    # What must be judged

    def rule(self, each: Pair) -> Rule:
        """Return the rule of the scope that a pair falls under, by the primary's object where there is one."""
        found = self._rules.get(each.number)
        if found is None:
            side, n = (self.primary, each.primary) if each.primary is not None else (self.secondary, each.secondary)
            found = self.scope.of(self.catalogue[each.kind], each.label, lambda: side.snapshot.document(n or 0))
            self._rules[each.number] = found
        return found

    def mode(self, each: Pair) -> Mode:
        """Return what is done with a pair."""
        return self.rule(each).mode

    def ruled(self) -> list[tuple[Rule, int]]:
        """Return every rule of the scope with the number of objects that fall under it."""
        counts = Counter(self.rule(each) for each in self.pairs)
        return [(rule, counts[rule]) for rule in self.scope.every]

    def slots(self) -> Iterator[Slot]:
        """Yield everything in scope that the snapshots say must be judged: blind callers, listings, each aspect of each pair.

        The listing of a kind must be whole also where some of its objects, or all, are out.
        """
        for role in self.blind:
            yield Slot(CALLERS, role, SIGHT)
        for kind in self.catalogue.kinds:
            if self.scope.judges(kind.name):
                yield Slot(kind.name, "primary", LISTING)
                yield Slot(kind.name, "secondary", LISTING)
        for each in self.pairs:
            for aspect in self.aspects(each) if self.mode(each) is not Mode.OUT else ():
                yield Slot(each.kind, each.label, aspect, each.number)

    def aspects(self, each: Pair) -> tuple[str, ...]:
        """Return the aspects of a pair: whether it is there; where it is, its facets, references, safety, literals if any."""
        if each.fate is not Fate.PAIRED:
            return (INVENTORY,)
        kind = self.catalogue[each.kind]
        facets = [facet.value for facet in self.facets(each) if facet is not Facet.STATE]
        more = [*((SAFETY,) if safety.applies(kind, self.stance) else ()), *([LITERALS] * self.literals.there(each))]
        return (INVENTORY, *facets, REFERENCES, *more)

    def facets(self, each: Pair) -> tuple[Facet, ...]:
        """Return the facets of a pair: those of its kind, a value only where either side was asked for it."""
        return tuple(f for f in self.catalogue[each.kind].shapes if f is not Facet.VALUE or self.has_value(each))

    def has_value(self, each: Pair) -> bool:
        """Say whether either side was asked for a pair's value."""
        ends = zip(self._sides, (each.primary, each.secondary), strict=True)
        return any(n is not None and side.snapshot.facet(n, Facet.VALUE) is not None for side, n in ends)

    @cached_property
    def blind(self) -> dict[str, str]:
        """The sides whose caller may have seen only a part, with the reason. Empty where both saw everything."""
        found = {
            "primary": blindness(self.primary, self._must_see.get("primary", ())) or emptiness(self.primary),
            "secondary": blindness(self.secondary, self._must_see.get("secondary", ())),
        }
        return {role: reason for role, reason in found.items() if reason}

    def judge_sight(self) -> list[Record]:
        """Return a record for each blind side: with one the verdict is undecided."""
        return listings.sight(self)

    def judge_listing(self, role: str, kind: str) -> Record:
        """Return whether a kind could be listed whole."""
        return listings.judge(self, role, self.catalogue[kind])

    def _judge(self, each: Pair, aspect: str) -> Record:
        """Return the judgement of one aspect of one pair."""
        if aspect == INVENTORY:
            return self._judge_inventory(each)
        if aspect == REFERENCES:
            return references.judge(self, each)
        if aspect == SAFETY:
            return safety.judge(self, each)
        if aspect == LITERALS:
            return self.literals.judge(each)
        return self._judge_facet(each, Facet(aspect))

    def _judge_inventory(self, each: Pair) -> Record:
        if each.fate is Fate.PAIRED:
            return record_of(each, INVENTORY, Outcome.EQUAL)
        if unseen := self._unseen(each):
            return record_of(each, INVENTORY, Outcome.UNVERIFIABLE, reason=unseen)
        if each.fate is Fate.AMBIGUOUS:
            reason = "several different objects share this key on both sides"
            return record_of(each, INVENTORY, Outcome.AMBIGUOUS, reason=reason)
        side, n = (self.primary, each.primary) if each.primary is not None else (self.secondary, each.secondary)
        if side.is_builtin(self.catalogue[each.kind], n or 0):
            return record_of(each, INVENTORY, Outcome.EXPECTED, rows=("every workspace has its own",))
        if each.fate is Fate.EXTRA and self.mode(each) is Mode.SECONDARY_ONLY:
            return record_of(each, INVENTORY, Outcome.EXPECTED, rows=(str(self.rule(each)),))
        if each.fate is Fate.EXTRA:
            reason, fix = "the primary has none", "remove it on the secondary"
            return record_of(each, INVENTORY, Outcome.EXTRA, reason=reason, fix=fix)
        broken = self.broken(each)
        reason = f"broken on the primary: {'; '.join(broken)}" if broken else ""
        return record_of(each, INVENTORY, Outcome.MISSING, reason=reason, fix=self.mend(each))

    def _unseen(self, each: Pair) -> str:
        """Return why nobody can say that an object has no other end; empty where that is known."""
        kind = self.catalogue[each.kind]
        side, n = (self.primary, each.primary) if each.primary is not None else (self.secondary, each.secondary)
        other = self.secondary if side is self.primary else self.primary
        if failed := other.failed(kind.name) or (each.fate is Fate.AMBIGUOUS and side.failed(kind.name)):
            return f"the other side can't be listed: {failed}"
        for name in side.named_by(kind, n or 0):
            if failed := side.failed(name) or other.failed(name):
                return f"its key lies in {name}, which can't be listed: {failed}"
        return ""

    def mend(self, each: Pair, facet: Facet | None = None) -> str:
        """Return what mends what is wrong with a pair, or with a facet of it: the command that does, or who has to."""
        rule = self.rule(each)
        if rule.mode is not Mode.COPY:
            return f"not by a copy: {rule}"
        primary = self.primary.snapshot.document(each.primary or 0)
        secondary = {} if each.secondary is None else self.secondary.snapshot.document(each.secondary)
        return self.catalogue[each.kind].mended_by(facet, primary, secondary) or mend(each)

    def broken(self, each: Pair) -> list[str]:
        """Return the references of the primary's object that lead to nothing, as text."""
        assert each.primary is not None
        kind = self.catalogue[each.kind]
        return [
            f"{path} → {told(leaf)}"
            for form in self.primary.forms(kind, each.primary)
            for path, leaf in leaves(form)
            if isinstance(leaf, Dangling)
        ]

    def _judge_facet(self, each: Pair, facet: Facet) -> Record:
        wanted, present = self.wanted(each, facet), self.present(each, facet)
        if isinstance(wanted, Unreadable) or isinstance(present, Unreadable):
            return self._judge_unread(each, facet, {"primary": wanted, "secondary": present})
        if apart := self.apart(each, facet):
            # It follows from the definition, whose own record says that it differs.
            rest = {"because_of": f"{each.kind}:{each.label}", "fix": self.mend(each, Facet.DEFINITION)}
            return record_of(each, facet.value, Outcome.UNVERIFIABLE, reason=apart, **rest)
        rows = self._ignored(each.kind, facet)
        found = self._compare(each, facet, rows)
        everything = self._compare(each, facet, ()) if rows else found
        used = with_effect(rows, lambda some: len(self._compare(each, facet, some))) if rows and everything else ()
        odd = "; ".join(texts.odd(self, each, facet, rows))
        if odd and not found:
            return record_of(each, facet.value, Outcome.UNVERIFIABLE, reason=odd, fix=texts.FIX)
        if not everything:
            outcome = Outcome.EXPECTED if wanted.rows else Outcome.EQUAL
            return record_of(each, facet.value, outcome, rows=wanted.rows)
        if not found:
            return record_of(
                each,
                facet.value,
                Outcome.WAIVED,
                differences=tuple(self._shown(d) for d in everything),
                rows=(*wanted.rows, *map(str, used)),
                reason="; ".join(map(str, used)),
            )
        outcome, reason = Outcome.DIFFERENT, odd
        if all(causes.is_undecided(self, d) for d in found):
            outcome, reason = Outcome.UNVERIFIABLE, "refers to what could not be captured whole"
        elif all(d.primary is ABSENT for d in found) and facet in HOLDINGS:
            outcome = Outcome.EXTRA
        return record_of(
            each,
            facet.value,
            outcome,
            differences=tuple(self._shown(d) for d in found),
            rows=tuple(map(str, used)),
            reason=reason,
            because_of=causes.cause(self, each, facet, found),
            fix=self.mend(each, facet),
        )

    def _judge_unread(self, each: Pair, facet: Facet, forms: dict[str, Form | Unreadable]) -> Record:
        unread = {name: form for name, form in forms.items() if isinstance(form, Unreadable)}
        reason = "; ".join(f"{name}: {form.reason}" for name, form in unread.items())
        if not all(form.is_lacking for form in unread.values()):
            return record_of(each, facet.value, Outcome.UNVERIFIABLE, reason=reason)
        both = len(unread) == len(forms)
        return record_of(each, facet.value, Outcome.NOT_APPLICABLE if both else Outcome.UNSUPPORTED, reason=reason)

    def unread(self, each: Pair, facet: Facet) -> str:
        """Return why a facet of the secondary could not be read; empty where it was, or where there is no such thing."""
        present = self.present(each, facet)
        return "" if isinstance(present, Form) or present.is_lacking else f"secondary: {present.reason}"

    # For people

    def called(self, each: Pair) -> str:
        """Return what an object is called on the secondary, or would be; its label where it has no name."""
        kind = self.catalogue[each.kind]
        if each.primary is not None:
            return self.primary.called(kind, each.primary, self.mapping) or each.label
        assert each.secondary is not None
        return self.secondary.called(kind, each.secondary, Mapping()) or each.label

    def _shown(self, found: difference.Difference) -> Difference:
        absent = "primary" if found.primary is ABSENT else "secondary" if found.secondary is ABSENT else ""
        return Difference(
            found.path,
            discreet(found.path, show(found.primary, self.told_of_primary)),
            discreet(found.path, show(found.secondary, self.told_of_secondary)),
            absent,
        )

    def told_of_primary(self, ref: Ref) -> str:
        """Return what a reference of the primary points at, `kind:key`."""
        each = self._of_primary[ref.n]
        return f"{each.kind}:{each.label}"

    def told_of_secondary(self, ref: Ref) -> str:
        """Return what a reference of the secondary points at, `kind:key`."""
        each = self._of_secondary[ref.n]
        return f"{each.kind}:{each.label}"
