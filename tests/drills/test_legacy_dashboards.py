"""Legacy dashboards in a drill: compared, and made by nobody any more."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

SQL = "/api/2.0/preview/sql"
QUERY = {"display_name": "q", "query_text": "SELECT 1", "parent_path": "/Shared"}


def _board(ground: Ground, site: Site, name: str = "b", **spec: Any) -> str:
    return str(ground.running.control(f"{site.name}/legacy-dashboard", {"name": name, **spec})["id"])


def _shows(site: Site, board: str, query: str, **options: Any) -> None:
    shown = site.post(f"{SQL}/visualizations", query_id=query, type="CHART", name="v", options={"a": 1})["id"]
    site.post(f"{SQL}/widgets", dashboard_id=board, visualization_id=shown, options=options, width=1)


def _queries(site: Site) -> dict[str, str]:
    return {each["display_name"]: each["id"] for each in site.do("GET", "/api/2.0/sql/queries").get("results", [])}


def _both(ground: Ground) -> list[str]:
    """Make on both sides a dashboard that shows the side's own query, and copy the rest."""
    for name in ("q", "r"):
        ground.primary.post("/api/2.0/sql/queries", query={**QUERY, "display_name": name})
    assert ground.copy().failures == []
    boards = []
    for site in (ground.primary, ground.secondary):
        boards.append(_board(ground, site))
        _shows(site, boards[-1], _queries(site)["q"], title="t")
    return boards


def test_one_that_is_missing_is_told_with_what_people_do(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])
    key = _board(ground, ground.primary)
    task = {"dashboard": {"dashboard_id": key}, "warehouse_id": ""}
    ground.primary.job("old", tasks=[{"task_key": "a", "sql_task": task}])
    stuck = {step.key: step.action for step, _ in ground.copy().failures}
    assert stuck["old"] is Action.BLOCKED
    (record,) = (r for r in ground.red() if r.kind == "legacy_dashboards")
    assert (record.key, record.outcome.value) == ("b", "missing")
    assert "make an AI/BI dashboard of it on the primary" in record.fix


def test_those_that_people_made_are_compared(ground: Ground) -> None:
    """By what they say, and by which of the side's own queries they show."""
    _, theirs = _both(ground)
    assert ground.red() == []
    ground.secondary.do("POST", f"{SQL}/dashboards/{theirs}", {"tags": ["t"]})
    (record,) = ground.red()
    assert (record.aspect, record.outcome.value, [d.path for d in record.differences]) == (
        "definition",
        "different",
        ["tags[0]"],
    )
    assert "by hand" in record.fix
    with ground.watched() as seen:
        ground.copy()
    assert not any(entry.write for entry in seen if entry.path.startswith(SQL))


def test_one_that_shows_another_query_is_found(ground: Ground) -> None:
    """Though that query looks the same, and the visualization too."""
    _, theirs = _both(ground)
    (widget,) = ground.secondary.do("GET", f"{SQL}/dashboards/{theirs}")["widgets"]
    ground.secondary.do("DELETE", f"{SQL}/widgets/{widget['id']}")
    _shows(ground.secondary, theirs, _queries(ground.secondary)["r"], title="t")
    (record,) = ground.red()
    assert (record.kind, record.outcome.value) == ("legacy_dashboards", "different")


def test_the_trash_is_left_out(ground: Ground) -> None:
    ground.primary.job("nightly", tasks=[])
    ground.primary.do("DELETE", f"{SQL}/dashboards/{_board(ground, ground.primary)}")
    assert ground.copy().failures == []
    assert ground.red() == []


def _listing(ground: Ground) -> str:
    return str(ground.comparison().judge_listing("secondary", "legacy_dashboards").outcome.value)


@pytest.mark.parametrize("code", ["FEATURE_DISABLED", "ENDPOINT_NOT_FOUND"])
def test_workspaces_that_have_none_any_more_are_alike(ground: Ground, code: str) -> None:
    """One that has none any more and one that still has are not."""
    ground.primary.job("nightly", tasks=[])
    ground.copy()
    rule = {"path": f"{SQL}/.*", "status": 404, "code": code, "times": -1}
    ground.faults(rule)
    assert _listing(ground) == "unsupported"
    ground.faults(rule, role="primary")
    assert _listing(ground) == "not_applicable"
    assert ground.red() == []
    assert ground.copy().failures == []
