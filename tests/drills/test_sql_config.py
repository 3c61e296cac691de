"""What all SQL warehouses share, in a drill: compared always, changed only where drill.yaml asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from lakedrill.inventory.drill import Drill
from migrate.step import Action
from tests.support.workspaces import Ground, Site

pytestmark = pytest.mark.drill

PATH = "/api/2.0/sql/config/warehouses"
ANSI = {"configuration_pairs": [{"key": "ANSI_MODE", "value": "true"}]}
PASSWORD = "planted-0123"
ACCESS = [{"key": "spark.hadoop.javax.jdo.option.ConnectionPassword", "value": PASSWORD}]


@pytest.fixture(autouse=True)
def _held(ground: Ground) -> None:
    """Every workspace has a configuration: it alone would not show that the primary is the right one."""
    ground.primary.job("nightly", tasks=[])


def _set(site: Site, **config: Any) -> None:
    site.do("PUT", PATH, config)


def _now(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.do("GET", PATH)
    return found


def _puts(ground: Ground) -> int:
    return sum(entry.write and entry.path == PATH for entry in ground.log())


def test_it_is_told_and_not_touched_unless_asked_for(ground: Ground) -> None:
    _set(ground.primary, sql_configuration_parameters=ANSI, security_policy="NONE")
    for dedicated in (False, True):
        ground.configure(secondary={"profile": "secondary", "workspace_id": _id(ground.drill), "dedicated": dedicated})
        ((step, reason),) = ground.copy().failures
        assert (step.kind, step.action) == ("sql_warehouse_config", Action.BLOCKED)
        assert reason == (
            "differs in security_policy, sql_configuration_parameters; setting it restarts the SQL warehouses that run: "
            "`apply: [sql_warehouse_config]` in drill.yaml asks for it"
        )
        assert ("security_policy", "DATA_ACCESS_CONTROL", "NONE") in step.changes
    assert _puts(ground) == 0
    assert [(record.kind, record.aspect) for record in ground.red()] == [("sql_warehouse_config", "definition")]


def _id(drill: Drill) -> int:
    return drill.secondary.workspace_id


def test_it_is_set_where_that_is_asked_for_and_once(ground: Ground) -> None:
    _set(ground.primary, sql_configuration_parameters=ANSI)
    _set(ground.secondary, security_policy="PASSTHROUGH")
    before = _puts(ground)
    ground.configure(apply=["sql_warehouse_config"])
    assert ground.copy().failures == []
    assert _now(ground.secondary) == _now(ground.primary)
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    assert _puts(ground) - before == 1


def test_what_is_alike_needs_no_word(ground: Ground) -> None:
    """Lists that are maps have no order."""
    pairs = [*ACCESS, {"key": "a", "value": "b"}]
    _set(ground.primary, data_access_config=pairs)
    _set(ground.secondary, data_access_config=pairs[::-1])
    assert ground.copy().failures == []
    assert ground.red() == []


@pytest.mark.parametrize("apply", [[], ["sql_warehouse_config"]])
def test_a_password_in_it_is_never_shown(ground: Ground, apply: list[str], caplog: pytest.LogCaptureFixture) -> None:
    _set(ground.primary, data_access_config=ACCESS)
    _set(ground.secondary, data_access_config=[{**ACCESS[0], "value": f"{PASSWORD}-too"}])
    ground.configure(apply=apply)
    said: list[str] = []
    report = ground.copy(tell=said.append)
    red = ground.red()
    assert bool(report.failures) == bool(red) == (not apply)
    texts = [p.read_text() for p in ground.home.rglob("*") if p.suffix in (".json", ".jsonl", ".csv")]
    assert PASSWORD not in "".join((*texts, *said, caplog.text, repr(report.failures), repr(red)))


def test_serverless_compute_that_is_only_on_here_stays_and_is_told(ground: Ground) -> None:
    """No request switches it off."""
    _set(ground.secondary, enable_serverless_compute=True)
    ground.configure(apply=["sql_warehouse_config"])
    ((_, reason),) = ground.copy().failures
    assert "enable_serverless_compute" in reason
