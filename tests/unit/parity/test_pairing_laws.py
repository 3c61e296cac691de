"""The law of pairing, on random estates: every real change is found, and a shuffled, renumbered copy raises no alarm."""

import itertools
import random
from collections import Counter, defaultdict

import pytest

from lakedrill.parity.canonical import Bag, Keyed, leaves, spell, walk
from lakedrill.parity.difference import differences
from lakedrill.parity.pairing import Fate, Node, pair
from lakedrill.parity.reference import Ref, Text

Estate = dict[int, tuple[str, dict]]
"""Number → key and document. A Ref in a document has its number in the same estate."""


def _estate(rng: random.Random, size: int) -> Estate:
    """Few keys, so that most repeat; references anywhere, so that rings, chains and twins come about."""
    keys = [f"k{i}" for i in range(max(1, size // rng.choice((1, 2, 3))))]
    estate = {}
    for n in range(size):
        document = {"v": rng.choice((1, 1, 1, True, "1", 1.0, None)), "bag": Bag([]), "tasks": Keyed()}
        for _ in range(rng.choice((0, 1, 1, 2))):
            ref = Ref("things", rng.randrange(size))
            place = rng.choice(("ref", "bag", "text", "tasks"))
            if place == "ref":
                document["ref"] = ref
            elif place == "bag":
                document["bag"].append(ref)
            elif place == "text":
                document["text"] = Text(("/a/", ref, "/b"))
            else:
                document["tasks"][rng.choice("xy")] = {"to": ref}
        estate[n] = (rng.choice(keys), document)
    return estate


def _copy(rng: random.Random, estate: Estate) -> Estate:
    """The same estate under other numbers, in another order, its bags shuffled."""
    numbers = dict(zip(estate, rng.sample(range(100, 100 + 2 * len(estate)), len(estate)), strict=True))

    def change(leaf: object) -> object:
        if isinstance(leaf, Ref):
            return Ref(leaf.kind, numbers[leaf.n])
        if isinstance(leaf, Text):
            return Text(tuple(change(part) for part in leaf.parts))
        return leaf

    items = [(numbers[n], (key, walk(document, change))) for n, (key, document) in estate.items()]
    rng.shuffle(items)
    for _, (_, document) in items:
        rng.shuffle(document["bag"])
    return dict(items)


def _change(rng: random.Random, estate: Estate) -> None:
    """Change one thing: a value, its type alone, where a reference leads, an object too few, or one too many."""
    n = rng.choice(list(estate))
    key, document = estate[n]
    what = rng.choice(("value", "move", "move", "move", "lose", "gain", "rename", "drop"))
    if what == "value":
        document["v"] = rng.choice([v for v in (1, True, "1", 1.0, None, 2) if repr(v) != repr(document["v"])])
    elif what == "rename":
        estate[n] = (key + "x", document)
    elif what == "gain":
        estate[max(estate) + 1] = (key, walk(document, lambda leaf: leaf))
    elif what == "lose":
        referred = {ref.n for _, d in estate.values() for ref in _refs(d)}
        free = [m for m in estate if m not in referred]
        if free:
            del estate[rng.choice(free)]
        else:
            document["v"] = "changed"
    else:
        refs = [ref for m in estate for ref in _refs(estate[m][1])]
        if not refs:
            document["v"] = "changed"
            return
        old = rng.choice(refs)
        owner = next(m for m in estate if any(ref is old for ref in _refs(estate[m][1])))
        new = Ref(old.kind, rng.choice(list(estate))) if what == "move" else None

        def swap(leaf: object) -> object:
            if isinstance(leaf, Text):
                return Text(tuple(swap(part) for part in leaf.parts)) if leaf.parts[1] is old else leaf
            return new if leaf is old else leaf

        estate[owner] = (estate[owner][0], walk(estate[owner][1], swap))


def _refs(document: dict) -> list[Ref]:
    return [leaf for _, leaf in leaves(document) if isinstance(leaf, Ref)]


def _nodes(estate: Estate) -> list[Node]:
    return [
        Node(n, "things", key, key, tuple((at, r) for at, r in leaves(document) if isinstance(r, Ref)))
        for n, (key, document) in estate.items()
    ]


def _findings(primary: Estate, secondary: Estate) -> list[tuple[str, str]]:
    pairs = pair(
        _nodes(primary),
        _nodes(secondary),
        lambda node: {"definition": primary[node.n][1]},
        lambda node: {"definition": secondary[node.n][1]},
    )
    ends = [
        Counter(getattr(p, side) for p in pairs if getattr(p, side) is not None) for side in ("primary", "secondary")
    ]
    assert ends == [Counter(list(primary)), Counter(list(secondary))], "every object is in exactly one pair"
    names = [{getattr(p, s): p.number for p in pairs if p.fate is Fate.PAIRED} for s in ("primary", "secondary")]
    found = []
    for each in pairs:
        if each.fate is not Fate.PAIRED:
            found.append((each.fate.value, each.label))
        elif differences(
            primary[each.primary][1],
            secondary[each.secondary][1],
            lambda ref: names[0].get(ref.n, ("primary", ref.n)),
            lambda ref: names[1].get(ref.n, ("secondary", ref.n)),
        ):
            found.append(("different", each.label))
    return found


def _isomorphic(primary: Estate, secondary: Estate) -> bool:
    """The oracle, which shares nothing with pairing: is there any pairing by key under which all documents are equal?"""
    groups = [defaultdict(list), defaultdict(list)]
    for group, estate in zip(groups, (primary, secondary), strict=True):
        for n, (key, document) in estate.items():
            group[key, spell(document, lambda _: "")].append(n)
    if {k: len(v) for k, v in groups[0].items()} != {k: len(v) for k, v in groups[1].items()}:
        return False
    keys = list(groups[0])
    for orders in itertools.product(*(itertools.permutations(groups[1][k]) for k in keys)):
        ends = {p: s for k, order in zip(keys, orders, strict=True) for p, s in zip(groups[0][k], order, strict=True)}
        if all(
            spell(primary[p][1], lambda ref, ends=ends: ends[ref.n]) == spell(secondary[s][1], lambda ref: ref.n)
            for p, s in ends.items()
        ):
            return True
    return False


def _trial(seed: int, size: int) -> tuple[bool, bool]:
    """Return whether the change was real, and whether it was found."""
    rng = random.Random(seed)
    primary = _estate(rng, size)
    secondary = _copy(rng, primary)
    assert _findings(primary, secondary) == [], f"false alarm, seed {seed}"
    _change(rng, secondary)
    real = not _isomorphic(primary, secondary) if size <= 7 else True
    return real, bool(_findings(primary, secondary))


def _run(seeds: range) -> None:
    changed = 0
    for seed in seeds:
        real, found = _trial(seed, 2 + seed % 6)
        changed += real
        assert found or not real, f"a real change was not found, seed {seed}"
        assert real or not found, f"a false alarm about a change that is none, seed {seed}"
    assert changed > len(seeds) // 2


def test_every_real_change_is_found_and_a_copy_raises_no_alarm() -> None:
    """A change is found exactly when no pairing at all would make the two estates equal."""
    _run(range(300))


@pytest.mark.slow
def test_every_real_change_is_found_and_a_copy_raises_no_alarm_at_length() -> None:
    """The same for four thousand estates."""
    _run(range(300, 4300))


@pytest.mark.parametrize("seed", range(12))
def test_a_large_copy_raises_no_alarm(seed: int) -> None:
    """Also where hundreds of objects share a few keys."""
    rng = random.Random(seed)
    primary = _estate(rng, 200)
    assert _findings(primary, _copy(rng, primary)) == []
