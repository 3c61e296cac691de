"""Which rule of the scope an object falls under. The first one that fits decides; what none fits is copied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from lakedrill.inventory.globs import fits
from lakedrill.inventory.kind import Document, Facet, Kind
from lakedrill.inventory.paths import opened, spelled, values
from lakedrill.inventory.scope import Mode, Rule
from lakedrill.parity.canonical import same

NOT_AMONG = Rule(Mode.OUT, reason="not among `kinds`", builtin=True)
REST = Rule(Mode.COPY, reason="everything else", builtin=True)
_NUMBERED = re.compile(r"#\d+")


class Scope:
    """The rules of a drill, and the kinds that it is about (empty: all)."""

    def __init__(self, rules: Iterable[Rule] = (), kinds: Iterable[str] = ()) -> None:
        self.rules = tuple(rules)
        self.kinds = frozenset(kinds)

    @property
    def every(self) -> tuple[Rule, ...]:
        """All rules in the order in which they are tried, what is done with the rest among them."""
        return (*((NOT_AMONG,) if self.kinds else ()), *self.rules, REST)

    def judges(self, kind: str) -> bool:
        """Say whether a kind is among `kinds`: of others not even the listings are judged."""
        return not self.kinds or kind in self.kinds

    def of(self, kind: Kind, key: str, document: Callable[[], Document]) -> Rule:
        """Return the rule that an object falls under, by its key as people see it and, where it matters, its document.

        A key that others have too is numbered, as in `nightly#2`: a rule means all of them by the name that they share.
        """
        if not self.judges(kind.name):
            return NOT_AMONG
        return next((rule for rule in self.rules if _fits(rule, kind, key, document)), REST)

    def takes_out(self, kind: Kind) -> Rule | None:
        """Return the rule by which all objects of a kind are out; None where some may not be."""
        for rule in self.rules:
            if not fits(rule.kind, kind.name):
                continue
            if rule.mode is not Mode.OUT:
                return None
            if rule.key in ("*", "**") and not rule.where:
                return rule
        return None


def _fits(rule: Rule, kind: Kind, key: str, document: Callable[[], Document]) -> bool:
    if not fits(rule.kind, kind.name):
        return False
    named = fits(rule.key, key)
    if not named and _NUMBERED.search(key):
        named = any(fits(rule.key, str(name)) for name in values(document(), kind.identity.path))
    if not (named and rule.where):
        return named
    found = opened(document(), kind.shapes[Facet.DEFINITION])
    return all(any(_is(place[at], wanted) for place, at in spelled(found, path)) for path, wanted in rule.where)


def _is(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return fits(wanted, value)
    return same(value, wanted) if not isinstance(value, dict | list) else False
