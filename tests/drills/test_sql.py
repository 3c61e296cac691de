"""SQL in a drill: what is made costs nothing, and an edit leaves it so."""

from __future__ import annotations

from typing import Any

import pytest

from lakedrill.inventory.kind import Facet
from migrate.copy import Choices, planned
from migrate.step import Action
from tests.support.workspaces import Ground, Site

WAREHOUSES = "/api/2.0/sql/warehouses"


def _warehouse(site: Site, name: str = "bi", **fields: Any) -> str:
    return str(site.post(WAREHOUSES, name=name, cluster_size="Small", **fields)["id"])


def _states(site: Site) -> dict[str, str]:
    return {w["name"]: w["state"] for w in site.do("GET", WAREHOUSES).get("warehouses", [])}


def test_a_warehouse_is_stopped_before_the_copy_ends(ground: Ground) -> None:
    _warehouse(ground.primary)
    assert ground.copy().failures == []
    assert _states(ground.secondary) == {"bi": "STOPPED"}
    assert ground.red() == []


def test_an_edit_starts_no_standby(ground: Ground) -> None:
    key = _warehouse(ground.primary)
    ground.copy()
    ground.primary.post(f"{WAREHOUSES}/{key}/edit", name="bi", cluster_size="Large")
    assert ground.copy().failures == []
    assert _states(ground.secondary) == {"bi": "STOPPED"}
    assert ground.red() == []
    assert [step.action for step in ground.copy().steps if step.kind == "warehouses"] == [Action.LEAVE] * 3


def test_one_that_runs_on_the_secondary_is_stopped_where_it_is_ours_to(ground: Ground) -> None:
    _warehouse(ground.primary)
    key = _warehouse(ground.secondary)
    ground.configure(adopt=["warehouses:*"])
    report = ground.copy()
    assert [s.action for s in report.steps if s.kind == "warehouses" and s.facet is Facet.STATE] == [Action.ADOPT]
    assert ground.secondary.do("GET", f"{WAREHOUSES}/{key}")["state"] == "STOPPED"


@pytest.mark.parametrize("running", [True, False])
def test_an_extra_one_that_runs_is_not_deleted(ground: Ground, running: bool) -> None:
    ground.primary.folder("/Shared/lib")
    key = _warehouse(ground.secondary)
    if not running:
        ground.secondary.post(f"{WAREHOUSES}/{key}/stop")
        ground.running.control("clock", {"advance_ms": 2_000})
    with planned(ground.drill, Choices(prune=True), write=False):
        pass
    ground.copy(prune=True)
    assert list(_states(ground.secondary)) == (["bi"] if running else [])
