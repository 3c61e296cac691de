"""Which rule an object falls under."""

from typing import Any

import pytest

from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.scope import DEFAULTS, Mode, Rule
from lakedrill.parity.scope import NOT_AMONG, REST, Scope

JOBS, USERS = CATALOGUE["jobs"], CATALOGUE["users"]


def _of(scope: Scope, key: str, settings: dict[str, Any] | None = None) -> Rule:
    return scope.of(JOBS, key, lambda: {"settings": {"name": key.partition("#")[0], **(settings or {})}})


def test_the_first_rule_that_fits_decides() -> None:
    first, second = Rule(Mode.COPY, "jobs", "etl-1"), Rule(Mode.CHECK, "j*", "etl-*")
    scope = Scope((Rule(Mode.OUT, "users"), first, second))
    assert (_of(scope, "etl-1"), _of(scope, "etl-2"), _of(scope, "x")) == (first, second, REST)
    assert scope.every == (*scope.rules, REST)
    assert Scope().of(JOBS, "x", dict) is REST


def test_a_rule_means_all_that_share_a_name_and_may_mean_one_by_its_number() -> None:
    """Numbers are given out in the order of a listing: what must not be written must not hang on that."""
    whole, one = Scope((Rule(Mode.OUT, "jobs", "nightly"),)), Scope((Rule(Mode.OUT, "jobs", "nightly#2"),))
    assert [_of(whole, key).mode for key in ("nightly", "nightly#2")] == [Mode.OUT, Mode.OUT]
    assert [_of(one, key).mode for key in ("nightly", "nightly#2")] == [Mode.COPY, Mode.OUT]
    assert _of(whole, "nightly-2").mode is Mode.COPY


@pytest.mark.parametrize(
    ("where", "settings", "fits"),
    [
        ({"settings.tags.by": "tf-*"}, {"tags": {"by": "tf-1"}}, True),
        ({"settings.tags.by": "tf-*"}, {"tags": {"by": "x"}}, False),
        ({"settings.tags.by": "tf-*"}, {}, False),
        ({"settings.n": 1}, {"n": 1}, True),
        ({"settings.n": 1}, {"n": True}, False),
        ({"settings.n": 1}, {"n": "1"}, False),
        ({"settings.n": None}, {"n": None}, True),
        ({"settings.n": "*"}, {"n": {"a": 1}}, False),
        ({"settings.n": 1, "settings.m": 2}, {"n": 1}, False),
        ({"settings.n": 1, "settings.m": 2}, {"n": 1, "m": 2}, True),
        ({"settings.t[].k": "b"}, {"t": [{"k": "a"}, {"k": "b"}]}, True),
    ],
)
def test_a_rule_may_ask_for_values_in_the_document(where: dict[str, Any], settings: dict[str, Any], fits: bool) -> None:
    """By type and value; a text is a glob."""
    rule = Rule(Mode.CHECK, "jobs", where=tuple(where.items()))
    assert (_of(Scope((rule,)), "j", settings) is rule) is fits


def test_what_a_bundle_deploys_and_the_trash_are_not_copied() -> None:
    scope = Scope(DEFAULTS)
    assert _of(scope, "j", {"deployment": {"kind": "BUNDLE"}}).mode is Mode.CHECK
    assert _of(scope, "j", {"deployment": {"kind": "SYSTEM_MANAGED"}}).mode is Mode.COPY
    for path in ("/Users/a@x/Trash/n", "/Users/a@x/.bundle/p/prod/state/s"):
        assert scope.of(CATALOGUE["files"], path, dict).mode is Mode.OUT
    assert scope.of(CATALOGUE["files"], "/Users/a@x/.bundle/p/prod/files/s", dict).mode is Mode.COPY


def test_a_kind_that_is_not_among_those_in_scope_is_out_whatever_a_rule_says() -> None:
    scope = Scope((Rule(Mode.CHECK),), ["users"])
    assert (scope.judges("users"), scope.judges("jobs")) == (True, False)
    assert _of(scope, "j") is NOT_AMONG
    assert scope.of(USERS, "u", dict).mode is Mode.CHECK
    assert scope.every == (NOT_AMONG, *scope.rules, REST)


@pytest.mark.parametrize(
    ("rules", "out"),
    [
        ((Rule(Mode.OUT, "jobs"),), True),
        ((Rule(Mode.OUT, "users"), Rule(Mode.OUT, key="**")), True),
        ((Rule(Mode.OUT, "jobs", "a"), Rule(Mode.OUT, "jobs", where=(("a", 1),))), False),
        ((Rule(Mode.COPY, "jobs", "a"), Rule(Mode.OUT, "jobs")), False),
        ((), False),
    ],
)
def test_whether_all_of_a_kind_is_out(rules: tuple[Rule, ...], out: bool) -> None:
    assert (Scope(rules).takes_out(JOBS) is not None) is out
