"""Cluster policies from plan to prune, and the clusters that they rule."""

import json
from typing import Any

import pytest

from migrate.copy import Choices, planned
from tests.support.workspaces import SPEC, Ground, Site

pytestmark = pytest.mark.drill

API = "/api/2.0/policies/clusters"
JOBS = {"name": "Job Compute", "policy_family_id": "job-cluster"}


def _policy(site: Site, name: str, rules: Any, **fields: Any) -> str:
    body = {"name": name, "definition": json.dumps(rules), **fields}
    return str(site.post(f"{API}/create", **body)["policy_id"])


def _policies(site: Site) -> dict[str, dict[str, Any]]:
    return {policy["name"]: policy for policy in site.do("GET", f"{API}/list")["policies"]}


def _rules(site: Site, name: str) -> Any:
    return json.loads(_policies(site)[name]["definition"])


def _told(ground: Ground, **choices: Any) -> dict[str, tuple[str, str]]:
    with planned(ground.drill, Choices(**choices), write=False) as (_, steps, _, _):
        return {
            s.key: (s.action.value, s.reason)
            for s in steps
            if s.kind == "cluster_policies" and s.facet == "definition" and s.action.value != "leave"
        }


def test_the_ids_in_rules_are_the_targets_own(ground: Ground) -> None:
    pool = {"instance_pool_name": "warm", "node_type_id": "i3.xlarge"}
    pools = [ground.primary.post("/api/2.0/instance-pools/create", **pool)["instance_pool_id"] for _ in range(2)]
    rules = {
        "instance_pool_id": {"type": "allowlist", "values": pools, "defaultValue": pools[1]},
        "spark_conf.spark.x": {"type": "fixed", "value": "1.0"},
    }
    key = _policy(ground.primary, "etl", rules, description="d", max_clusters_per_user=2)
    ground.primary.cluster("c", policy_id=key)
    ground.later()

    assert ground.copy().exit_code == 0

    copied = _rules(ground.secondary, "etl")
    first, second = copied["instance_pool_id"]["values"]
    assert copied["instance_pool_id"]["defaultValue"] == second
    assert {first, second}.isdisjoint(pools)
    assert copied["spark_conf.spark.x"] == rules["spark_conf.spark.x"]
    assert ground.secondary.clusters()[0]["policy_id"] == _policies(ground.secondary)["etl"]["policy_id"]
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_rules_that_are_spaced_otherwise_are_the_same_and_still_ours(ground: Ground) -> None:
    rules = {"b": {"type": "fixed", "value": 1}, "a.b": {"type": "unlimited"}}
    key = _policy(ground.primary, "etl", rules)
    assert ground.copy().exit_code == 0
    copied = _policies(ground.secondary)["etl"]["policy_id"]
    text = json.dumps(dict(reversed(rules.items())), indent=4)
    ground.secondary.post(f"{API}/edit", policy_id=copied, name="etl", definition=text)

    assert ground.red() == []
    assert _told(ground) == {}
    ground.primary.post(f"{API}/edit", policy_id=key, name="etl", definition="{}")
    assert _told(ground) == {"etl": ("update", "")}


def test_what_every_workspace_has_is_paired_by_name_and_changed_only_when_named(ground: Ground) -> None:
    p, s = (_policies(site)["Job Compute"]["policy_id"] for site in (ground.primary, ground.secondary))
    ground.primary.cluster("c", policy_id=p)
    ground.later()
    overrides = json.dumps({"num_workers": {"type": "fixed", "value": 2}})
    ground.primary.post(f"{API}/edit", policy_id=p, **JOBS, policy_family_definition_overrides=overrides)

    report = ground.copy()

    assert {key: action for key, (action, _) in _told(ground).items()} == {"Job Compute": "conflict"}
    assert report.exit_code == 1
    assert ground.secondary.clusters()[0]["policy_id"] == s
    ground.configure(adopt=["cluster_policies:Job Compute"])
    assert ground.copy().exit_code == 0
    found = _policies(ground.secondary)["Job Compute"]
    assert (found["policy_id"], found["is_default"]) == (s, True)
    assert json.loads(found["definition"])["num_workers"] == {"type": "fixed", "value": 2}
    assert ground.red() == []


@pytest.mark.parametrize("role", ["primary", "secondary"])
def test_what_every_workspace_has_is_neither_made_nor_deleted(ground: Ground, role: str) -> None:
    """Where one side has a default policy less, as a workspace of another age may."""
    ground.primary.notebook("/Shared/n")
    state = ground.running.emulator.apps[role].workspace.state
    gone = next(policy for policy in state.find("cluster-policies") if policy["name"] == "Legacy Shared Compute")
    state.delete("cluster-policies", gone["policy_id"])

    assert _told(ground, prune=True) == {}
    report = ground.copy(prune=True)

    assert report.exit_code == 0
    assert len(_policies(ground.primary)) + len(_policies(ground.secondary)) == 9
    assert ground.red() == []


def test_a_policy_that_a_cluster_follows_is_not_pruned(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    assert ground.copy().exit_code == 0
    used, _ = (_policy(ground.secondary, name, {}) for name in ("used", "free"))
    ground.secondary.post("/api/2.1/clusters/create", cluster_name="c", num_workers=1, **SPEC, policy_id=used)

    told = _told(ground, prune=True)
    ground.copy(prune=True)

    assert told["free"] == ("delete", "the primary has none")
    assert told["used"] == ("extra", "the primary has none; spared: clusters:c, which stays, refers to it")
    assert set(_policies(ground.secondary)) - set(_policies(ground.primary)) == {"used"}


def test_a_policy_whose_pool_is_gone_is_not_copied(ground: Ground) -> None:
    """Nor are its clusters: both say why."""
    pool = ground.primary.post("/api/2.0/instance-pools/create", instance_pool_name="p", node_type_id="i3.xlarge")
    gone = pool["instance_pool_id"]
    key = _policy(ground.primary, "etl", {"instance_pool_id": {"type": "fixed", "value": gone}})
    ground.primary.cluster("c", policy_id=key)
    ground.primary.post("/api/2.0/instance-pools/delete", instance_pool_id=gone)
    ground.later()

    report = ground.copy()

    blocked = {f"{s.kind}:{s.key}": s.reason for s in report.steps if s.action.value == "blocked"}
    assert "etl" not in _policies(ground.secondary)
    assert ground.secondary.clusters() == []
    assert blocked["cluster_policies:etl"].startswith("its definition is blocked")
    assert _told(ground) == {
        "etl": ("blocked", f"broken on the primary: definition.instance_pool_id.value → {gone}"),
    }
