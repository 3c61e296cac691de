"""Two snapshots side by side: the pairs, what the secondary ought to hold, what it holds, and the judgement of each aspect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lakedrill.inventory.kind import Catalogue, Facet, Kind
from lakedrill.inventory.paths import values
from lakedrill.inventory.snapshot import Snapshot, Unreadable
from lakedrill.parity import difference, posture
from lakedrill.parity.canonical import Bag, Hidden, Value, canonical, leaves, take
from lakedrill.parity.difference import ABSENT, differences
from lakedrill.parity.mapping import Mapping
from lakedrill.parity.outcome import Colour, Difference, Outcome, Record, Slot
from lakedrill.parity.pairing import Fate, Node, Pair, pair
from lakedrill.parity.reference import Dangling, Ref, Text
from lakedrill.parity.sweep import Sweep

LISTING, INVENTORY, REFERENCES, SAFETY = "listing", "inventory", "references", "safety"
_ABSENT_CODES = frozenset({"FEATURE_DISABLED", "ENDPOINT_NOT_FOUND", "NOT_FOUND"})
"""With these the service says that it has no such thing, rather than that it can't show it."""


@dataclass(frozen=True, slots=True)
class Form:
    """A facet in canonical form, and the rows of mapping and posture that changed it on the way."""

    value: Value
    rows: tuple[str, ...] = ()


class Side:
    """One snapshot, its documents in canonical form."""

    def __init__(self, snapshot: Snapshot, catalogue: Catalogue) -> None:
        self.snapshot = snapshot
        self.catalogue = catalogue
        self.listings = snapshot.listings()
        self.form = lru_cache(8192)(self._form)

    def _form(self, kind: str, n: int, facet: Facet) -> Value | Unreadable:
        """Return a facet's canonical form, or why it could not be read."""
        shape = self.catalogue[kind].shapes[facet]
        read = self.snapshot.facet(n, facet)
        if isinstance(read, Unreadable):
            return read
        if read is None:
            if facet in (Facet.CONTENT, Facet.PERMISSIONS):
                return Unreadable("NOT_CAPTURED", "the snapshot does not hold it")
            read = take(self.catalogue[kind], facet, self.snapshot.document(n))
        return canonical(read, shape, self.catalogue, self.snapshot)

    def failed(self, kind: str) -> str:
        """Return why a kind's listing is not complete; empty where it is."""
        listing = self.listings.get(kind)
        return "was not listed" if listing is None else f"{listing.reason}" if listing.code else ""

    def is_builtin(self, kind: Kind, n: int) -> bool:
        """Say whether an object is one that every workspace has: a system group, a root folder, the caller, its home."""
        document = self.snapshot.document(n)
        caller = self.snapshot.meta["caller"]
        if kind.name in ("users", "service_principals"):
            return bool(document.get("id") == caller.get("id"))
        key = str(next(values(document, kind.identity.path), ""))
        homes = {f"/Users/{caller[name]}" for name in ("userName", "applicationId") if caller.get(name)}
        return bool(key in kind.identity.builtin or (kind.name == "directories" and key in homes))

    def nodes(self, mapping: Mapping | None) -> Iterator[Node]:
        """Yield every object with its key; on the primary's side the key is what it is called on the secondary."""
        for kind in self.catalogue.kinds:
            for found in self.snapshot.objects(kind.name):
                form = self.form(kind.name, found.n, Facet.DEFINITION)
                document = self.snapshot.document(found.n)
                label = str(next(values(document, kind.identity.path), found.id))
                key: Value = label
                if not isinstance(form, Unreadable):
                    mapped = mapping.apply(kind.name, form)[0] if mapping else form
                    key = next(values(mapped, kind.identity.path), label)
                if kind.identity.fold_case and isinstance(key, str):
                    key = key.lower()
                refs = [leaf for form in self.forms(kind, found.n) for _, leaf in leaves(form) if isinstance(leaf, Ref)]
                yield Node(found.n, kind.name, key, label, tuple(dict.fromkeys(refs)))

    def forms(self, kind: Kind, n: int) -> Iterator[Value]:
        """Yield the facets that can be read and have references."""
        for facet, shape in kind.shapes.items():
            form = self.form(kind.name, n, facet)
            if shape.references and not isinstance(form, Unreadable):
                yield form


class Comparison:
    """The primary's snapshot, the secondary's, and what lies between them.

    `pairs` are made unless they are given, as `pairing` of an earlier Comparison of the same two snapshots.
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
    ) -> None:
        self.catalogue = catalogue
        self.mapping = mapping or Mapping()
        self.stance = stance
        self.primary = Side(primary, catalogue)
        self.secondary = Side(secondary, catalogue)
        self.pairs = pairs if pairs is not None else self._pair()
        self._of_primary = {each.primary: each for each in self.pairs if each.primary is not None}
        self._of_secondary = {each.secondary: each for each in self.pairs if each.secondary is not None}
        self._sweep = Sweep(primary, secondary)
        self.judge = lru_cache(65536)(self._judge)

    def _pair(self) -> list[Pair]:
        def wanted(node: Node) -> Value:
            return {f: self._wanted(node.kind, node.n, f) for f in self.catalogue[node.kind].shapes}

        def present(node: Node) -> Value:
            return {f: self._present(node.kind, node.n, f) for f in self.catalogue[node.kind].shapes}

        def body(forms: Value) -> Value:
            return {f.value: "unreadable" if isinstance(form, Unreadable) else form.value for f, form in forms.items()}

        nodes = list(self.primary.nodes(self.mapping)), list(self.secondary.nodes(None))
        return pair(*nodes, lambda node: body(wanted(node)), lambda node: body(present(node)))

    # What ought to be, and what is

    def wanted(self, each: Pair, facet: Facet) -> Form | Unreadable:
        """Return what the secondary ought to hold: the primary's facet through mapping and posture, with its references."""
        assert each.primary is not None
        return self._wanted(each.kind, each.primary, facet)

    def present(self, each: Pair, facet: Facet) -> Form | Unreadable:
        """Return what the secondary holds. References are the secondary's."""
        assert each.secondary is not None
        return self._present(each.kind, each.secondary, facet)

    def _wanted(self, kind: str, n: int, facet: Facet) -> Form | Unreadable:
        form = self.primary.form(kind, n, facet)
        if isinstance(form, Unreadable) or facet is Facet.CONTENT:
            return form if isinstance(form, Unreadable) else Form(form)
        mapped, rows = self.mapping.apply(kind, form)
        value, stood = posture.apply(posture.settings(self.catalogue[kind], self.stance, facet), mapped)
        return Form(value, (*rows, *stood))

    def _present(self, kind: str, n: int, facet: Facet) -> Form | Unreadable:
        form = self.secondary.form(kind, n, facet)
        return form if isinstance(form, Unreadable) else Form(form)

    def compare(self, each: Pair, facet: Facet) -> list[difference.Difference]:
        """Return where a facet that both sides could read differs."""
        wanted, present = self.wanted(each, facet), self.present(each, facet)
        assert isinstance(wanted, Form)
        assert isinstance(present, Form)
        return differences(wanted.value, present.value, self.name_of_primary, self.name_of_secondary)

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

    def slots(self) -> Iterator[Slot]:
        """Yield everything that the snapshots say must be judged: each listing, each aspect of each pair."""
        for kind in self.catalogue.kinds:
            yield Slot(kind.name, "primary", LISTING)
            yield Slot(kind.name, "secondary", LISTING)
        for each in self.pairs:
            for aspect in self.aspects(each):
                yield Slot(each.kind, each.label, aspect, each.number)

    def aspects(self, each: Pair) -> tuple[str, ...]:
        """Return the aspects of a pair: whether it is there; where it is, its facets, its references, its safety."""
        if each.fate is not Fate.PAIRED:
            return (INVENTORY,)
        kind = self.catalogue[each.kind]
        facets = [facet.value for facet in kind.shapes if facet is not Facet.STATE]
        return (INVENTORY, *facets, REFERENCES, *((SAFETY,) if self._has_safety(kind) else ()))

    def _has_safety(self, kind: Kind) -> bool:
        return bool(kind.posture.get(self.stance)) or any(shape.identities for shape in kind.shapes.values())

    def judge_listing(self, role: str, kind: str) -> Record:
        """Return whether a kind could be listed whole. What only one side lacks is unsupported; what both lack, no matter."""
        sides = {"primary": self.primary, "secondary": self.secondary}
        codes = {name: side.listings[kind].code if kind in side.listings else "MISSING" for name, side in sides.items()}
        if not codes[role]:
            count = sides[role].listings[kind].count
            return Record(kind, role, LISTING, Outcome.EQUAL, reason=f"{count} objects")
        reason = sides[role].failed(kind)
        if codes[role] not in _ABSENT_CODES:
            return Record(kind, role, LISTING, Outcome.UNVERIFIABLE, reason=reason)
        both = set(codes.values()) <= _ABSENT_CODES
        return Record(kind, role, LISTING, Outcome.NOT_APPLICABLE if both else Outcome.UNSUPPORTED, reason=reason)

    def _judge(self, each: Pair, aspect: str) -> Record:
        """Return the judgement of one aspect of one pair."""
        if aspect == INVENTORY:
            return self._judge_inventory(each)
        if aspect == REFERENCES:
            return self._judge_references(each)
        if aspect == SAFETY:
            return self._judge_safety(each)
        return self._judge_facet(each, Facet(aspect))

    def _judge_inventory(self, each: Pair) -> Record:
        kind = self.catalogue[each.kind]
        record = _Blank(each, INVENTORY)
        if each.fate is Fate.PAIRED:
            return record(Outcome.EQUAL)
        if each.fate is Fate.AMBIGUOUS:
            return record(Outcome.AMBIGUOUS, reason="several different objects share this key on both sides")
        side, other = (self.primary, self.secondary) if each.primary is not None else (self.secondary, self.primary)
        if other.failed(each.kind):
            return record(Outcome.UNVERIFIABLE, reason=f"the other side can't be listed: {other.failed(each.kind)}")
        if side.is_builtin(kind, each.primary if each.primary is not None else each.secondary or 0):
            return record(Outcome.EXPECTED, rows=("every workspace has its own",))
        if each.fate is Fate.EXTRA:
            return record(Outcome.EXTRA, reason="the primary has none", fix="remove it on the secondary")
        broken = self.broken(each)
        reason = f"broken on the primary: {'; '.join(broken)}" if broken else ""
        return record(Outcome.MISSING, reason=reason, fix=_mend(each))

    def broken(self, each: Pair) -> list[str]:
        """Return the references of the primary's object that lead to nothing, as text."""
        assert each.primary is not None
        kind = self.catalogue[each.kind]
        return [
            f"{path} → {_told(leaf)}"
            for form in self.primary.forms(kind, each.primary)
            for path, leaf in leaves(form)
            if isinstance(leaf, Dangling)
        ]

    def _judge_facet(self, each: Pair, facet: Facet) -> Record:
        record = _Blank(each, facet.value)
        wanted, present = self.wanted(each, facet), self.present(each, facet)
        if isinstance(wanted, Unreadable) or isinstance(present, Unreadable):
            unread = {
                name: form
                for name, form in (("primary", wanted), ("secondary", present))
                if isinstance(form, Unreadable)
            }
            if len(unread) == len({"primary", "secondary"}) and {u.code for u in unread.values()} <= {
                "FEATURE_DISABLED"
            }:
                return record(Outcome.NOT_APPLICABLE, reason=unread["primary"].reason)
            return record(Outcome.UNVERIFIABLE, reason="; ".join(f"{name}: {u.reason}" for name, u in unread.items()))
        found = self.compare(each, facet)
        if not found:
            return record(Outcome.EXPECTED if wanted.rows else Outcome.EQUAL, rows=wanted.rows)
        extra = all(d.primary is ABSENT for d in found) and facet in (Facet.MEMBERS, Facet.PERMISSIONS)
        return record(
            Outcome.EXTRA if extra else Outcome.DIFFERENT,
            differences=tuple(self._shown(d) for d in found),
            because_of=self._cause(each, facet, found),
            fix=_mend(each),
        )

    def _cause(self, each: Pair, facet: Facet, found: list[difference.Difference]) -> str:
        """Return the one finding that all differences follow from: an object that is missing, a folder's permissions."""
        causes = {self._cause_of_one(d, facet) for d in found}
        cause = next(iter(causes)) if len(causes) == 1 else ""
        return "" if cause == f"{each.kind}:{each.label}" else cause

    def _cause_of_one(self, found: difference.Difference, facet: Facet) -> str:
        for side, value in ((self._of_primary, found.primary), (self._of_secondary, found.secondary)):
            for _, leaf in leaves(value):
                end = side.get(leaf.n) if isinstance(leaf, Ref) else None
                if end is not None and end.fate is not Fate.PAIRED:
                    return f"{end.kind}:{end.label}"
        if facet is Facet.PERMISSIONS:
            for side, value in ((self._of_primary, found.primary), (self._of_secondary, found.secondary)):
                for ref in _inherited_from(value):
                    folder = side.get(ref.n)
                    if folder is not None and folder.fate is Fate.PAIRED:
                        above = self.judge(folder, Facet.PERMISSIONS.value)
                        if above.outcome.colour is Colour.RED:
                            return above.because_of or f"{folder.kind}:{folder.label}"
        return ""

    def _judge_references(self, each: Pair) -> Record:
        """All references of the secondary's object resolve, and nothing in it is an id, host or name of the primary's own."""
        assert each.secondary is not None
        record = _Blank(each, REFERENCES)
        kind = self.catalogue[each.kind]
        dangling = [
            Difference(path, None, _told(leaf), absent="primary")
            for form in self.secondary.forms(kind, each.secondary)
            for path, leaf in leaves(form)
            if isinstance(leaf, Dangling)
        ]
        found, noted = self._sweep.of(kind, each.secondary)
        traces = [Difference(path, None, value, absent="primary") for path, value in found]
        if dangling or traces:
            own = self.broken(each)
            reason = "broken on the primary as well" if own and not traces else ""
            return record(Outcome.DIFFERENT, differences=(*dangling, *traces), reason=reason, fix=_mend(each))
        if noted:
            notes = tuple(Difference(path, value, value) for path, value in noted)
            return record(Outcome.ADVISORY, differences=notes, reason="free text names something of the primary")
        return record(Outcome.EQUAL)

    def _judge_safety(self, each: Pair) -> Record:
        """Nothing of it runs, fires, costs or is forgotten while it stands by, and nothing is the copier's own."""
        record = _Blank(each, SAFETY)
        kind = self.catalogue[each.kind]
        found: list[Difference] = []
        explained = True
        for facet, shape in kind.shapes.items():
            if not (shape.identities or posture.settings(kind, self.stance, facet)):
                continue
            present = self.present(each, facet)
            if isinstance(present, Unreadable):
                return record(Outcome.UNVERIFIABLE, reason=f"secondary: {present.reason}")
            breaches = [
                Difference(row.path, row.value, show(have, self.told_of_secondary))
                for row, have in posture.breaches(posture.settings(kind, self.stance, facet), present.value)
            ]
            breaches += self._taken_over(each, facet)
            found += breaches
            if breaches and facet is not Facet.STATE:
                told = {d.path for d in self.judge(each, facet.value).differences}
                explained = explained and {d.path for d in breaches} <= told
            elif breaches:
                explained = False
        if not found:
            return record(Outcome.EQUAL)
        cause = f"{each.kind}:{each.label}" if explained else ""
        return record(Outcome.DIFFERENT, differences=tuple(found), because_of=cause, fix=_mend(each))

    def _taken_over(self, each: Pair, facet: Facet) -> list[Difference]:
        """Return where the secondary's object acts as or belongs to the copier, and the primary's does not."""
        caller = self.secondary.snapshot.meta["caller"]
        kinds = [name for name in ("users", "service_principals") if name in self.catalogue.by_name]
        numbers = {self.secondary.snapshot.resolve(name, "id", str(caller.get("id"))) for name in kinds}
        wanted, present = self.wanted(each, facet), self.present(each, facet)
        if isinstance(wanted, Unreadable) or isinstance(present, Unreadable):
            return []
        if facet is Facet.PERMISSIONS:
            owners = [_owner(form.value) for form in (wanted, present)]
            pairs = [("access_control_list[]", *owners)]
        else:
            paths = [field.path for field in self.catalogue[each.kind].shapes[facet].identities]
            pairs = [
                (path, next(values(wanted.value, path), None), value)
                for path in paths
                for value in values(present.value, path)
            ]
        return [
            Difference(path, show(want, self.told_of_primary), show(have, self.told_of_secondary))
            for path, want, have in pairs
            if isinstance(have, Ref)
            and have.n in numbers
            and not (isinstance(want, Ref) and self.name_of_primary(want) == self.name_of_secondary(have))
        ]

    # For people

    def _shown(self, found: difference.Difference) -> Difference:
        absent = "primary" if found.primary is ABSENT else "secondary" if found.secondary is ABSENT else ""
        return Difference(
            found.path,
            show(found.primary, self.told_of_primary),
            show(found.secondary, self.told_of_secondary),
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


class _Blank:
    """Makes the records of one aspect of one pair."""

    def __init__(self, each: Pair, aspect: str) -> None:
        self.each = each
        self.aspect = aspect

    def __call__(self, outcome: Outcome, **rest: Any) -> Record:
        each = self.each
        return Record(each.kind, each.label, self.aspect, outcome, each.number, **rest)


def show(value: Value, tell: Any) -> Any:
    """Return a canonical value as JSON that people can read: references by key, hidden values hidden."""
    if value is ABSENT:
        return None
    if isinstance(value, dict):
        return {key: show(child, tell) for key, child in value.items()}
    if isinstance(value, list):
        return [show(child, tell) for child in value]
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else f"{{{show(part, tell)}}}" for part in value.parts)
    if isinstance(value, Ref):
        return tell(value)
    if isinstance(value, Dangling):
        return _told(value)
    return "(hidden)" if isinstance(value, Hidden) else value


def _told(found: Dangling) -> str:
    why = "leads to nothing" if found.captured else f"{' or '.join(found.kinds)} are not captured"
    return f"{found.value} ({why})"


def _mend(each: Pair) -> str:
    quoted = each.label.replace("'", "'\"'\"'")
    return f"lakedrill migrate --only '{each.kind}:{quoted}'"


def _owner(acl: Value) -> Value:
    """Return who owns an object, by its canonical access control list."""
    for entry in acl.get("access_control_list", []):
        levels = [p.get("permission_level") for p in entry.get("all_permissions", []) if not p.get("inherited")]
        if "IS_OWNER" in levels:
            return next((value for value in entry.values() if isinstance(value, Ref)), None)
    return None


def _inherited_from(value: Value) -> Iterable[Ref]:
    """Return the folders that all permissions in a differing piece of an access control list come from."""
    if isinstance(value, dict) and "all_permissions" in value:
        value = value["all_permissions"]
    permissions = value if isinstance(value, Bag) else [value]
    if not all(isinstance(p, dict) and p.get("inherited") is True for p in permissions):
        return []
    return [leaf for p in permissions for _, leaf in leaves(p) if isinstance(leaf, Ref)]
