"""The workspace that the guide's readers copy: small, and with what workspaces have come to hold since it was written."""

from __future__ import annotations

import json
from typing import Any

from tests.support.workspaces import NIGHTLY, SPEC, Ground, Site, base64_of

ANN, BO = "ann@example.com", "bo@example.com"
HOME = f"/Users/{ANN}"
INIT = "dbfs:/databricks/init/etl/install.sh"
_ARRIVAL = {"file_arrival": {"url": "s3://example/in/"}, "pause_status": "UNPAUSED"}


def furnish(ground: Ground) -> None:
    """Fill the primary, and let what starts come up."""
    site = ground.primary
    _people(site)
    _tree(site)
    _settings(site)
    clusters = _compute(site)
    ground.later()
    _jobs(site, clusters)
    _cluster_of_a_run(ground)
    _sql(site)
    ground.later()


def by_hand(ground: Ground) -> None:
    """Do on the secondary what the guide asks of its reader before the first script: add the users."""
    for name in (ANN, BO):
        ground.secondary.user(name)


def _people(site: Site) -> None:
    ann, _ = site.user(ANN), site.user(BO)
    site.group("engineers", ann)
    site.post("/api/2.0/preview/scim/v2/ServicePrincipals", displayName="deployer")


def _tree(site: Site) -> None:
    site.folder(f"{HOME}/etl/empty")
    site.notebook(f"{HOME}/etl/load", "print('load')")
    site.notebook(f"/Users/{BO}/Überblick 2024", "print('overview')")
    site.file(f"{HOME}/etl/settings.yaml", b"retries: 2\n")
    site.file(f"{HOME}/etl/install.sh")
    site.notebook("/Shared/report", "print('report')")
    site.grant("directories", site.object_id(f"{HOME}/etl"), "CAN_READ", group_name="engineers")
    site.grant("notebooks", site.object_id(f"{HOME}/etl/load"), "CAN_RUN", user_name=BO)
    site.post("/api/2.0/dbfs/put", path=INIT.removeprefix("dbfs:"), contents=base64_of(b"echo init"))
    site.post("/api/2.0/dbfs/put", path="/databricks/init/agent.sh", contents=base64_of(b"echo on every cluster"))
    site.post("/api/2.0/dbfs/put", path="/FileStore/jars/etl.whl", contents=base64_of(b"wheel"))


def _settings(site: Site) -> None:
    site.script("proxy", b"echo proxy", enabled=True)
    site.post("/api/2.0/secrets/scopes/create", scope="etl")
    site.post("/api/2.0/secrets/put", scope="etl", key="password", string_value="planted")


def _compute(site: Site) -> dict[str, str]:
    pool = {"instance_pool_name": "warm", "node_type_id": "i3.xlarge"}
    pool_id = site.post("/api/2.0/instance-pools/create", **pool)["instance_pool_id"]
    rules = {"autotermination_minutes": {"type": "fixed", "value": 30}}
    policy = {"name": "modest", "definition": json.dumps(rules)}
    policy_id = site.post("/api/2.0/policies/clusters/create", **policy)["policy_id"]
    told = {
        "autotermination_minutes": 30,
        "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
        "custom_tags": {"team": "etl"},
        "driver_node_type_id": "i3.2xlarge",
        "enable_elastic_disk": True,
        "spark_conf": {"spark.speculation": "true"},
        "spark_env_vars": {"A": "1"},
    }
    scale = {"num_workers": None, "autoscale": {"min_workers": 1, "max_workers": 2}}
    pooled = {"spark_version": SPEC["spark_version"], "num_workers": 1, "instance_pool_id": pool_id}
    made = {
        "plain": site.cluster("plain", **told),
        "pooled": str(site.post("/api/2.1/clusters/create", cluster_name="pooled", **pooled)["cluster_id"]),
        "governed": site.cluster("governed", policy_id=policy_id, autotermination_minutes=30, **scale),
        "furnished": site.cluster(
            "furnished",
            init_scripts=[{"dbfs": {"destination": INIT}}, {"workspace": {"destination": f"{HOME}/etl/install.sh"}}],
            data_security_mode="SINGLE_USER",
            single_user_name=ANN,
        ),
    }
    wheel = [{"whl": "dbfs:/FileStore/jars/etl.whl"}]
    site.post("/api/2.0/libraries/install", cluster_id=made["furnished"], libraries=wheel)
    site.grant("clusters", made["plain"], "CAN_RESTART", user_name=BO)
    return {**made, "pool": pool_id, "policy": policy_id}


def _cluster_of_a_run(ground: Ground) -> None:
    """Leave a cluster of a job's run in the listing."""
    made, state = ground.primary.cluster("of a run"), ground.running.emulator.apps["primary"].workspace.state
    with state.transaction():
        state.put("clusters", made, (state.get("clusters", made) or {}) | {"cluster_source": "JOB"})


def _jobs(site: Site, ids: dict[str, str]) -> None:
    notebook = {"notebook_path": f"{HOME}/etl/load"}
    own = {"spark_version": SPEC["spark_version"], "num_workers": 1}
    anywhere = {**own, "node_type_id": SPEC["node_type_id"], "aws_attributes": {"zone_id": "auto"}}

    def tasks(cluster: dict[str, Any], path: str = notebook["notebook_path"]) -> dict[str, Any]:
        return {"tasks": [{"task_key": "load", "notebook_task": {"notebook_path": path}, "new_cluster": cluster}]}

    simple = {"existing_cluster_id": ids["plain"], "notebook_task": notebook}
    scheduled = {"name": "nightly", "schedule": NIGHTLY, "run_as": {"user_name": BO}}
    nightly = site.post("/api/2.0/jobs/create", **simple, **scheduled)["job_id"]
    site.post("/api/2.0/jobs/create", name="by hand", **simple)
    site.grant("jobs", nightly, "CAN_VIEW", group_name="engineers")
    site.job("after nightly", tasks=[{"task_key": "run", "run_job_task": {"job_id": nightly}}])
    site.job("on arrival", trigger=_ARRIVAL, **tasks(anywhere))
    site.job("from the pool", **tasks({**own, "instance_pool_id": ids["pool"]}))
    site.job("by policy", **tasks({**anywhere, "policy_id": ids["policy"]}))
    site.job("in one zone", **tasks({**anywhere, "aws_attributes": {"zone_id": "us-east-1a"}}))
    site.job("report", **tasks(anywhere, "/Shared/report"))
    shared = {"notebook_task": notebook, "existing_cluster_id": ids["plain"]}
    site.job("two tasks", tasks=[{"task_key": key, **shared} for key in ("a", "b")])


def _sql(site: Site) -> None:
    warehouse = site.post("/api/2.0/sql/warehouses", name="bi", cluster_size="Small")["id"]
    query = {"display_name": "orders", "query_text": "SELECT 1", "parent_path": "/Shared", "warehouse_id": warehouse}
    site.post("/api/2.0/sql/queries", query=query)
