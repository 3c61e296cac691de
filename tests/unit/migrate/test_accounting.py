"""Accounts: each object of the primary in exactly one place."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from checks import copied
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.scope import Mode
from lakedrill.parity.comparison import Comparison
from migrate import copy
from migrate.accounting import NOT_ASKED, accounts
from migrate.step import SECONDARY, Action, Asked, Step
from tests.support.snapshots import build


def _jobs(*names: str) -> Any:
    return {"jobs": {name: {"job_id": name, "settings": {"name": name}} for name in names}}


def _step(number: int, action: Action, **rest: Any) -> Step:
    return Step(number, "jobs", f"{number}", Facet.DEFINITION, action, **rest)


STEPS = {
    "created": (_step(0, Action.CREATE), "copied"),
    "left": (_step(0, Action.LEAVE), "unchanged"),
    "grants more": (_step(0, Action.EXTRA), "unchanged"),
    "checked": (_step(0, Action.LEAVE, mode=Mode.CHECK, reason="r"), "checked_only"),
    "its own": (_step(0, Action.LEAVE, mode=Mode.SECONDARY_ONLY, reason="r"), "checked_only"),
    "out": (_step(0, Action.LEAVE, mode=Mode.OUT, reason="out of scope"), "skipped: out of scope"),
    "kept": (_step(0, Action.LEAVE, taken=SECONDARY, reason="as asked"), "skipped: as asked"),
    "renamed, not asked": (_step(0, Action.RENAME), "failed: why"),
    "blocked": (_step(0, Action.BLOCKED), "failed: why"),
}


@pytest.mark.parametrize(("step", "where"), STEPS.values(), ids=STEPS)
def test_where_an_object_is_counted(tmp_path: Path, step: Step, where: str) -> None:
    comparison = Comparison(
        build(tmp_path / "p", "primary", _jobs("a")), build(tmp_path / "s", "secondary", _jobs("a")), CATALOGUE
    )
    failures = [(step, "why")] if where.startswith("failed") else []
    account = accounts(comparison, [step], failures, Asked())["jobs"]
    part, _, reason = where.partition(": ")
    nothing = {"copied": 0, "unchanged": 0, "checked_only": 0, "skipped": {}, "failed": {}, "unread": ""}
    assert account.document() == {**nothing, "listed": 1, part: {reason: 1} if reason else 1}


def test_what_every_workspace_has_and_what_was_not_asked_for_is_skipped(tmp_path: Path) -> None:
    """What only the secondary has is not the primary's to account for."""
    primary = {"groups": {str(i): {"id": str(i), "displayName": name} for i, name in enumerate(("admins", "b", "c"))}}
    comparison = Comparison(
        build(tmp_path / "p", "primary", primary, failed={"jobs": ("INTERNAL_ERROR", "no answer")}),
        build(tmp_path / "s", "secondary", {"groups": {"9": {"id": "9", "displayName": "d"}}}),
        CATALOGUE,
    )
    numbers = {each.label: each.number for each in comparison.pairs}
    own = Step(numbers["admins"], "groups", "admins", Facet.DEFINITION, Action.LEAVE, "every workspace has its own")
    made = Step(numbers["b"], "groups", "b", Facet.DEFINITION, Action.CREATE)
    extra = Step(numbers["d"], "groups", "d", Facet.DEFINITION, Action.EXTRA)
    found = accounts(comparison, [own, made, extra], [], Asked())
    assert found["groups"].document() == {
        "listed": 3,
        "copied": 1,
        "unchanged": 0,
        "checked_only": 0,
        "skipped": {"every workspace has its own": 1, NOT_ASKED: 1},
        "failed": {},
        "unread": "",
    }
    assert found["jobs"].unread == "no answer"
    assert list(found) == [kind.name for kind in CATALOGUE.kinds]


def test_a_check_reads_what_the_copy_of_this_snapshot_wrote(tmp_path: Path) -> None:
    """Any other is not about what is judged."""
    assert (copied.FILE, copied.FORMAT) == (copy.COPY, copy.FORMAT)
    good = '{"format": 1, "primary": "d", "accounting": {}}'
    for text, found in itertools.chain(
        [(good, True)], ((bad, False) for bad in ("", "[]", good.replace('"d"', '"e"'), good.replace("1", "2")))
    ):
        (tmp_path / copied.FILE).write_text(text)
        assert bool(copied.read(tmp_path, "d")) is found
    (tmp_path / copied.FILE).unlink()
    assert copied.read(tmp_path, "d") == {}
