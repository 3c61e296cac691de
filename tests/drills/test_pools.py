"""Instance pools from plan to prune, and the clusters and jobs whose machines are theirs."""

import json
from typing import Any

import pytest

from migrate.copy import Choices, planned
from tests.support.workspaces import NIGHTLY, Ground

pytestmark = pytest.mark.drill

NODE, VERSION = "i3.xlarge", "15.4.x-scala2.12"


def _pool(site: Any, name: str, **fields: Any) -> str:
    body = {"instance_pool_name": name, "node_type_id": NODE, **fields}
    return str(site.post("/api/2.0/instance-pools/create", **body)["instance_pool_id"])


def _pools(site: Any) -> dict[str, dict[str, Any]]:
    found = site.do("GET", "/api/2.0/instance-pools/list").get("instance_pools", [])
    return {pool["instance_pool_id"]: pool for pool in found}


def _cluster(site: Any, name: str, pool: str, **fields: Any) -> str:
    body = {"cluster_name": name, "spark_version": VERSION, "num_workers": 1, "instance_pool_id": pool, **fields}
    return str(site.post("/api/2.1/clusters/create", **body)["cluster_id"])


def _actions(ground: Ground, **choices: Any) -> dict[str, tuple[str, str]]:
    with planned(ground.drill, Choices(**choices), write=False) as (_, steps, _, _):
        return {
            f"{s.kind}:{s.key}": (s.action.value, s.reason)
            for s in steps
            if s.kind == "instance_pools" and s.facet == "definition"
        }


def test_a_pool_stands_by_with_no_machine_and_what_it_had_is_noted(ground: Ground) -> None:
    _pool(ground.primary, "etl", min_idle_instances=3, max_capacity=9)

    assert ground.copy().exit_code == 0

    (copied,) = _pools(ground.secondary).values()
    assert (copied["min_idle_instances"], copied["max_capacity"]) == (0, 9)
    (noted,) = json.loads((ground.home / "activation.json").read_text())["objects"]
    assert (noted["secondary_id"], noted["intended"]) == (copied["instance_pool_id"], {"min_idle_instances": 3})
    assert ground.red() == []
    with ground.watched() as seen:
        ground.copy()
    assert [entry for entry in seen if entry.write] == []

    copied["min_idle_instances"] = 1
    ground.secondary.post("/api/2.0/instance-pools/edit", **copied)
    assert {r.aspect for r in ground.red()} == {"definition", "safety"}


def test_clusters_and_jobs_get_the_pool_that_they_had_of_several_of_one_name(ground: Ground) -> None:
    """Unlike and alike ones. A request names no machine where a pool does: the service would refuse it."""
    p = ground.primary
    unlike = [_pool(p, "warm", idle_instance_autotermination_minutes=n) for n in (1, 2)]
    alike = [_pool(p, "spare") for _ in range(2)]
    for n, pool in enumerate((*unlike, *alike)):
        _cluster(p, f"c{n}", pool, driver_instance_pool_id=unlike[0])
    spec = {"spark_version": VERSION, "num_workers": 1, "instance_pool_id": unlike[1]}
    task = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/n"}, "new_cluster": spec}
    p.notebook("/Shared/n")
    p.job("j", tasks=[task], schedule=NIGHTLY)
    ground.later()

    assert ground.copy().exit_code == 0

    pools = _pools(ground.secondary)
    clusters = {cluster["cluster_name"]: cluster for cluster in ground.secondary.clusters()}
    waits = [pools[clusters[f"c{n}"]["instance_pool_id"]]["idle_instance_autotermination_minutes"] for n in range(4)]
    assert waits == [1, 2, 60, 60]
    assert clusters["c2"]["instance_pool_id"] != clusters["c3"]["instance_pool_id"]
    assert {cluster["driver_instance_pool_id"] for cluster in clusters.values()} == {clusters["c0"]["instance_pool_id"]}
    copied = ground.secondary.jobs()["j"][0]["settings"]["tasks"][0]["new_cluster"]
    assert copied["instance_pool_id"] == clusters["c1"]["instance_pool_id"]
    assert ground.red() == []


def test_what_is_fixed_is_replaced_when_asked_and_clusters_follow(ground: Ground) -> None:
    old = _pool(ground.primary, "etl", preloaded_docker_images=[{"url": "registry.example.com/a"}])
    cluster = _cluster(ground.primary, "c", old)
    ground.later()
    assert ground.copy().exit_code == 0
    (made,) = _pools(ground.secondary)
    new = _pool(ground.primary, "etl", preloaded_docker_images=[{"url": "registry.example.com/b"}])
    ground.primary.post("/api/2.0/instance-pools/delete", instance_pool_id=old)
    body = {"cluster_id": cluster, "cluster_name": "c", "spark_version": VERSION, "num_workers": 1}
    ground.primary.post("/api/2.1/clusters/edit", **body, instance_pool_id=new)

    told = _actions(ground)
    done = ground.copy(replace=("instance_pools:etl",))

    assert told == {"instance_pools:etl": ("replace", "only a new object can have this; ask with --replace")}
    assert done.exit_code == 0, done.failures
    (pool,) = _pools(ground.secondary).values()
    assert pool["preloaded_docker_images"] == [{"url": "registry.example.com/b"}]
    assert pool["instance_pool_id"] != made
    assert [c["instance_pool_id"] for c in ground.secondary.clusters()] == [pool["instance_pool_id"]]
    assert ground.red() == []


def test_a_pool_that_something_uses_is_not_pruned(ground: Ground) -> None:
    """A cluster that stays refers to one, machines of another work for a job's own cluster, the last nobody needs."""
    ground.primary.notebook("/Shared/n")
    assert ground.copy().exit_code == 0
    s = ground.secondary
    used, busy, free = (_pool(s, name) for name in ("used", "busy", "free"))
    _cluster(s, "runs", used)
    of_job = _cluster(s, "of-a-job", busy)
    state = ground.running.emulator.apps["secondary"].workspace.state
    state.put("clusters", of_job, (state.get("clusters", of_job) or {}) | {"cluster_source": "JOB"})
    ground.later()

    told = _actions(ground, prune=True)
    ground.copy(prune=True)

    assert told["instance_pools:free"][0] == "delete"
    assert told["instance_pools:busy"] == ("extra", "the primary has none; spared: 2 of its machines work for clusters")
    assert told["instance_pools:used"][0] == "extra"
    assert set(_pools(s)) == {used, busy}
    assert free not in _pools(s)


def test_the_login_of_a_registry_is_compared_and_written_nowhere(ground: Ground) -> None:
    for site, password in ((ground.primary, "planted-one"), (ground.secondary, "planted-two")):
        image = {"url": "registry.example.com/a", "basic_auth": {"username": "puller", "password": password}}
        zone = {"zone_id": "us-west-2a"} if site is ground.secondary else {}
        _pool(site, "etl", preloaded_docker_images=[image], aws_attributes=zone)
    ground.configure(adopt=["instance_pools:*"])

    report = ground.copy()

    assert _actions(ground)["instance_pools:etl"][0] == "replace"
    written = [path for path in ground.home.rglob("*") if path.is_file() and path.suffix != ".snapshot"]
    texts = [path.read_text(errors="replace") for path in written] + [repr(report), repr(ground.records())]
    assert len(texts) > 4
    assert [text for text in texts if "planted" in text] == []
