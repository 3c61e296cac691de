"""The scope of a drill: which objects are copied, which are only checked, and which are none of its business.

A rule is data: what it means (globs over kind and key, values in the document) and what is done with that. The first rule that
fits an object decides; the rules of drill.yaml come first, those that are built in last. Scope limits what is judged and
written, never what is read: references resolve through everything.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from lakedrill.inventory.globs import covers


class Mode(StrEnum):
    """What a drill does with an object."""

    COPY = "copy"
    CHECK = "check"
    """Compared, never written: somebody else brings it to both sides."""
    OUT = "out"
    """Neither judged nor written; still read, because references resolve through it."""
    SECONDARY_ONLY = "secondary_only"
    """As `check`, and may be on the secondary alone: it is not extra then, and never pruned."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `where` holds paths and the values that a document must have there; a text is a glob."""

    mode: Mode
    kind: str = "*"
    key: str = "*"
    where: tuple[tuple[str, Any], ...] = ()
    reason: str = ""
    builtin: bool = False

    def __str__(self) -> str:
        facts = " and ".join(f"{path} = {value}" for path, value in self.where)
        told = f"{self.kind}:{self.key}{' where ' * bool(facts)}{facts} is {self.mode}{' (built in)' * self.builtin}"
        return f"{told}: {self.reason}" if self.reason else told

    def document(self) -> dict[str, Any]:
        """Return the rule as JSON."""
        return {**asdict(self), "mode": self.mode.value, "where": dict(self.where)}

    def covers(self, other: Rule) -> bool:
        """Say whether everything that another rule means is surely meant by this one too."""
        return covers(self.kind, other.kind) and covers(self.key, other.key) and set(self.where) <= set(other.where)


_BUNDLE = (("settings.deployment.kind", "BUNDLE"),)
DEFAULTS = (
    Rule(Mode.CHECK, "jobs", where=_BUNDLE, reason="a bundle deploys it, to both workspaces", builtin=True),
    Rule(
        Mode.CHECK,
        "pipelines",
        where=(("spec.deployment.kind", "BUNDLE"),),
        reason="a bundle deploys it, to both workspaces",
        builtin=True,
    ),
    Rule(Mode.OUT, key="**/.bundle/**/state/**", reason="what a bundle knows of its own workspace", builtin=True),
    Rule(Mode.OUT, key="/Users/*/Trash/**", reason="was thrown away", builtin=True),
)
"""What holds unless drill.yaml says otherwise."""


def with_defaults(rules: Sequence[Rule], kinds: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules with those built-in ones behind them that mean a kind there is and are not overridden."""
    known = list(kinds)
    return (
        *rules,
        *(
            rule
            for rule in DEFAULTS
            if fnmatch.filter(known, rule.kind) and not any(other.covers(rule) for other in rules)
        ),
    )


def read(rows: Iterable[dict[str, Any]]) -> tuple[Rule, ...]:
    """Return the rules of drill.yaml's `scope`, or of what `Rule.document` made."""
    return tuple(
        Rule(**{**row, "mode": Mode(row["mode"]), "where": tuple(sorted(row.get("where", {}).items()))}) for row in rows
    )


def clashes(rules: Sequence[Rule], kinds: Sequence[str], known: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with rules that stand together: the number of each that can't have effect, and why.

    `kinds` are those in scope, empty: all; `known` all that there are.
    """
    for i, rule in enumerate(rules):
        meant = fnmatch.filter(known, rule.kind)
        if kinds and not set(meant) & set(kinds):
            yield i, f"{rule.kind} is not among `kinds`, so that this rule can never fit"
        for j, earlier in enumerate(rules[:i]):
            if (earlier.kind, earlier.key, earlier.where) == (rule.kind, rule.key, rule.where):
                other = f", as {earlier.mode} there and {rule.mode} here" if earlier.mode != rule.mode else ""
                yield i, f"scope[{j}] means the same objects{other}; keep one of the two"
            elif earlier.covers(rule):
                yield i, f"can never fit: scope[{j}], which stands before it, means all of it; put this one first"
