"""Vector search in a drill: compared always, made where drill.yaml asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.estate.experiments import tags
from fixtures.estate.items import Made
from fixtures.estate.vector_search import direct, embedded, endpoint, synced
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.parity import listings
from lakedrill.parity.outcome import Outcome
from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/vector-search"
ENDPOINTS, INDEXES = "vector_search_endpoints", "vector_search_indexes"
COLUMNS = {"id": "string", "vector": "array<float>"}


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])


def _make(ground: Ground, site: Site, *made: Made) -> None:
    for each in made:
        if each.kind == INDEXES:
            ground.later()
        site.do("POST", each.api, each.spec)
        for method, path, body in each.then:
            site.do(method, path, body)


def _now(site: Site, path: str) -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", f"{API}/{path}")
    return found


def _writes(ground: Ground) -> list[str]:
    return [f"{e.method} {e.path.removeprefix(API)}" for e in ground.log() if e.write and e.path.startswith(API)]


def test_none_is_made_unless_that_is_asked_for(ground: Ground) -> None:
    _make(ground, ground.primary, endpoint("e"), synced("t", "e", embedding_source_columns=embedded("text")))
    report = ground.copy()
    steps = {step.kind: step for step in report.steps if step.kind in (ENDPOINTS, INDEXES)}
    assert {step.action for step in steps.values()} == {Action.LEAVE}
    assert "costs from then on" in steps[ENDPOINTS].reason
    assert "embedded anew" in steps[INDEXES].reason
    assert _writes(ground) == []
    assert [(r.kind, r.outcome.value) for r in ground.red()] == [(ENDPOINTS, "missing"), (INDEXES, "missing")]


def test_they_are_made_and_an_endpoint_is_followed_part_by_part(ground: Ground) -> None:
    """An index waits until its endpoint is up, and one that names an endpoint for its model refers to that."""
    made = endpoint("e", tagged=tags(team="a"), target_qps=100, budget_policy_id="b")
    spec = synced("t", "e", embedding_source_columns=embedded("text"))
    _make(ground, ground.primary, made, spec, direct("d", "e", COLUMNS))
    ground.configure(apply=[ENDPOINTS, INDEXES])
    assert ground.copy().failures == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    here, there = (_now(site, "indexes/main.search.t") for site in (ground.primary, ground.secondary))
    assert here["endpoint_id"] != there["endpoint_id"] == _now(ground.secondary, "endpoints/e")["id"]
    before = len(_writes(ground))
    one = f"{API}/endpoints/e"
    ground.primary.do("PATCH", one, {"target_qps": -1})
    ground.primary.do("PATCH", f"{one}/budget-policy", {"budget_policy_id": ""})
    ground.primary.do("PATCH", f"{one}/tags", {"custom_tags": tags(team="b")})
    assert ground.copy().failures == []
    assert _writes(ground)[before:] == [f"PATCH /endpoints/e{part}" for part in ("", "/budget-policy", "/tags")]
    assert ground.red() == []


def test_an_index_is_made_anew_when_asked_unless_somebody_writes_to_it(ground: Ground) -> None:
    for site, key in ((ground.primary, "key"), (ground.secondary, "id")):
        _make(ground, site, endpoint("e"), synced("t", "e", columns_to_sync=[key]), direct("d", "e", {key: "string"}))
    ground.configure(apply=[ENDPOINTS, INDEXES], adopt=[f"{INDEXES}:*"])
    steps = {step.key: step for step in ground.plan() if step.kind == INDEXES}
    assert steps["main.search.t"].action is Action.REPLACE
    assert "what was written into it would be lost" in steps["main.search.d"].reason
    before = len(_writes(ground))
    ground.copy(replace=(f"{INDEXES}:*",))
    assert _writes(ground)[before:] == ["DELETE /indexes/main.search.t", "POST /indexes"]
    assert [r.key for r in ground.red()] == ["main.search.d"]


def test_an_endpoint_with_an_index_is_not_taken_from_under_it(ground: Ground) -> None:
    for site, sort in ((ground.primary, "STORAGE_OPTIMIZED"), (ground.secondary, "STANDARD")):
        _make(
            ground,
            site,
            endpoint("e", endpoint_type=sort),
            direct("d", "e", COLUMNS),
            endpoint("f", endpoint_type=sort),
        )
    ground.configure(apply=[ENDPOINTS], adopt=[f"{ENDPOINTS}:*"])
    ground.copy(replace=(f"{ENDPOINTS}:*",))
    assert _now(ground.secondary, "endpoints/e")["endpoint_type"] == "STANDARD"
    assert _now(ground.secondary, "endpoints/f")["endpoint_type"] == "STORAGE_OPTIMIZED"
    assert any("its indexes would be left without one" in step.reason for step in ground.plan() if step.key == "e")


def test_a_name_that_the_primary_has_in_a_metastore_of_both_is_left_alone(ground: Ground) -> None:
    ground.running.control("secondary/metastore", {"of": "primary"})
    _make(ground, ground.primary, endpoint("e"), direct("d", "e", COLUMNS))
    ground.configure(apply=[ENDPOINTS, INDEXES])
    before = _now(ground.primary, "indexes/main.search.d")
    (step, reason), *_ = ground.copy().failures
    assert (step.key, "already exists" in reason) == ("main.search.d", True)
    assert _now(ground.primary, "indexes/main.search.d") == before


@pytest.mark.parametrize(
    ("roles", "outcome"), [(("primary", "secondary"), "not_applicable"), (("primary",), "unsupported")]
)
def test_a_workspace_without_it_says_so(ground: Ground, roles: tuple[str, ...], outcome: str) -> None:
    off = {
        "method": "GET",
        "path": f"{API}/.*",
        "status": 404,
        "code": "FEATURE_DISABLED",
        "message": "off",
        "times": -1,
    }
    for role in roles:
        ground.faults(off, role=role)
    comparison = ground.comparison()
    found = {listings.judge(comparison, "primary", CATALOGUE[kind]).outcome.value for kind in (ENDPOINTS, INDEXES)}
    assert found == {outcome}


@pytest.mark.parametrize("gone", [False, True])
def test_indexes_that_are_not_told_are_no_empty_list(ground: Ground, gone: bool) -> None:
    """Unless it went meanwhile."""
    _make(ground, ground.primary, endpoint("e"))
    refused = {"path": f"{API}/indexes", "status": 404, "code": "RESOURCE_DOES_NOT_EXIST", "message": "no", "times": -1}
    ground.faults(refused, *([{**refused, "path": f"{API}/endpoints/e"}] if gone else []), role="primary")
    listing = ground.comparison().judge_listing("primary", INDEXES)
    assert (listing.outcome is Outcome.EQUAL) is gone
