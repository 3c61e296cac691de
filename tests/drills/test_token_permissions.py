"""Who may use tokens and passwords, in a drill: copied like the permissions of everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.emulator.server import Emulator, Running, Site
from lakedrill.parity.outcome import Outcome
from migrate.step import Action
from tests.support.workspaces import ENGINEER, Ground

pytestmark = pytest.mark.drill

KIND = "authorization"
TOKENS = "/api/2.0/permissions/authorization/tokens"


@pytest.fixture
def azure() -> Iterator[Running]:
    """A primary of Amazon and a secondary of Azure, where nobody signs in with a password."""
    with Running(Emulator(sites=(Site("primary", "us", "AWS"), Site("secondary", "us", "AZURE")))) as running:
        yield running


def _grant(ground: Ground, role: str) -> None:
    side = ground.primary if role == "primary" else ground.secondary
    side.user(ENGINEER)
    side.grant(KIND, "tokens", "CAN_USE", user_name=ENGINEER)


def test_who_may_is_copied_where_it_is_adopted(ground: Ground) -> None:
    """Every workspace has the lists, so what differs is somebody's until the operator says whose."""
    _grant(ground, "primary")
    ground.primary.grant(KIND, "passwords", "CAN_USE", group_name="users")
    assert {step.action for step, _ in ground.copy().failures} == {Action.CONFLICT}
    ground.configure(adopt=["token_permissions:*"])
    assert ground.copy().failures == []
    for what in ("tokens", "passwords"):
        assert ground.secondary.grants(KIND, what) == ground.primary.grants(KIND, what)
    assert ground.secondary.grants(KIND, "tokens") == {"admins": {"CAN_MANAGE"}, ENGINEER: {"CAN_USE"}}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_who_may_besides_keeps_it(ground: Ground) -> None:
    """Whoever may no longer would lose the tokens that they have."""
    ground.primary.job("nightly", tasks=[])
    _grant(ground, "secondary")
    ground.configure(adopt=["token_permissions:*"])
    ground.copy()
    assert ground.secondary.grants(KIND, "tokens")[ENGINEER] == {"CAN_USE"}
    assert [(r.key, r.aspect, r.outcome) for r in ground.red() if r.kind == "token_permissions"] == [
        ("tokens", "permissions", Outcome.EXTRA)
    ]


def test_a_workspace_without_passwords_lacks_them(azure: Running, tmp_path: Path) -> None:
    ground = Ground(azure, tmp_path, {"mapping": []})
    ground.primary.group("g")
    failures = {(step.key, step.facet.value): reason for step, reason in ground.copy().failures}
    assert failures["passwords", "definition"] == "the secondary lets nobody use passwords"
    assert ("token_permissions", "passwords", Outcome.MISSING) in [(r.kind, r.key, r.outcome) for r in ground.red()]


def test_a_caller_who_may_not_read_it_has_listed_nothing(ground: Ground) -> None:
    ground.faults({"path": TOKENS, "status": 403, "code": "PERMISSION_DENIED", "message": "No", "times": -1})
    listing = ground.comparison(keep=True).judge_listing("secondary", "token_permissions")
    assert (listing.outcome, listing.reason) == (Outcome.UNVERIFIABLE, "PERMISSION_DENIED: No")
