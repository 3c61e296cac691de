"""What of the primary stands in code as plain text: told with file and line, and no obstacle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakedrill.cli.main import main
from lakedrill.inventory.kind import Facet
from lakedrill.parity.outcome import LITERALS, Outcome
from tests.support.workspaces import IDS, SPEC, Ground

pytestmark = pytest.mark.drill

TOKEN = "dapi0123456789abcdef0123456789abcdef"
LAKE = "abfss://raw@acmeeast.dfs.core.windows.net/orders"


def _furnish(ground: Ground) -> dict[str, Any]:
    """A primary whose texts name its own things; return the ids."""
    p = ground.primary
    cluster, job = p.cluster("etl"), p.job("nightly")
    warehouse = p.post("/api/2.0/sql/warehouses", name="bi", cluster_size="Small")["id"]
    host = ground.running.emulator.hosts["primary"]
    lines = [
        "import json",
        f"cluster = '{cluster}'",
        f"token = '{TOKEN}'",
        f"url = '{host}/?o={IDS['primary']}#job/{job}'",
        f"df = spark.read.parquet('{LAKE}')",
        "lake = 's3://lake-east/in'",
        f"http_path = '/sql/1.0/warehouses/{warehouse}'",
    ]
    p.notebook("/Shared/code", "\n".join(lines))
    p.file("/Shared/config.yaml", f"one: 1\ntwo: {cluster}\n".encode())
    p.file("/Shared/plain.txt", b"nothing of anybody\n")
    p.post("/api/2.0/sql/queries", query={"display_name": "q", "query_text": f"SELECT 1\n-- {job}"})
    task = {"task_key": "a", "notebook_task": {"notebook_path": "/Shared/code", "base_parameters": {"on": cluster}}}
    p.job("told", tasks=[{**task, "new_cluster": {**SPEC, "num_workers": 1}}])
    ground.later()
    return {"cluster": cluster, "job": str(job), "warehouse": warehouse}


def test_each_is_told_with_its_line_and_what_it_is_called_on_the_secondary(ground: Ground) -> None:
    rows = ground.drill.mapping
    lake = {"primary": "s3://lake-east/", "secondary": "s3://lake-west/", "prefix": True}
    zones = [{k: getattr(r, k) for k in ("kind", "path", "primary", "secondary", "prefix")} for r in rows]
    ground.configure(mapping=[*zones, lake])
    ids = _furnish(ground)
    assert ground.copy().failures == []
    s = ground.secondary
    (cluster,) = [c["cluster_id"] for c in s.clusters()]
    (nightly,) = s.jobs()["nightly"]
    (warehouse,) = [w["id"] for w in s.do("GET", "/api/2.0/sql/warehouses")["warehouses"] if w["name"] == "bi"]
    records = [r for r in ground.records() if r.aspect == LITERALS]
    assert {r.outcome for r in records} == {Outcome.ADVISORY}
    told = {(r.kind, r.key, d.path, d.names): (d.primary, d.secondary) for r in records for d in r.differences}
    hosts = tuple(url.removeprefix("http://") for url in ground.running.emulator.hosts.values())
    mine, copy = (ids["cluster"], cluster), (ids["job"], str(nightly["job_id"]))
    first = 2  # the service puts a line before the source of a notebook
    assert told == {
        ("notebooks", "/Shared/code", f"line {first + 1}", "clusters:etl"): mine,
        ("notebooks", "/Shared/code", f"line {first + 3}", "host of the primary"): hosts,
        ("notebooks", "/Shared/code", f"line {first + 3}", "workspace id of the primary"): tuple(
            map(str, IDS.values())
        ),
        ("notebooks", "/Shared/code", f"line {first + 3}", "jobs:nightly"): copy,
        ("notebooks", "/Shared/code", f"line {first + 4}", "storage by its own address"): (LAKE, LAKE),
        ("notebooks", "/Shared/code", f"line {first + 5}", "what the mapping calls otherwise"): (
            "s3://lake-east/in",
            "s3://lake-west/in",
        ),
        ("notebooks", "/Shared/code", f"line {first + 6}", "warehouses:bi"): (ids["warehouse"], warehouse),
        ("files", "/Shared/config.yaml", "line 2", "clusters:etl"): mine,
        ("queries", "q", "query_text line 2", "jobs:nightly"): copy,
        (
            "jobs",
            "told",
            "settings.tasks[0].notebook_task.base_parameters.on line 1",
            "clusters:etl",
        ): mine,
    }
    assert ground.red() == []


def test_they_are_in_the_results_and_the_report_and_no_token_is(ground: Ground) -> None:
    _furnish(ground)
    ground.copy()
    assert main(["check", "--drill", str(ground.folder / "drill.yaml"), "-n", "0"]) == 0
    results = json.loads((ground.home / "results.json").read_text())
    assert results["counts"]["advisory"] == 4
    assert {line["key"] for line in results["literals"]} == {"/Shared/code", "/Shared/config.yaml", "q", "told"}
    page = (ground.home / "report.html").read_text()
    assert "What of the primary stands in code" in page
    assert "line 3" in page
    written = [
        file for file in ground.home.iterdir() if file.is_file() and file.suffix in (".json", ".jsonl", ".html", ".xml")
    ]
    assert written
    assert [file.name for file in written if TOKEN in file.read_text()] == []
    kept = ground.comparison().primary.snapshot.every  # the content itself is in a snapshot, as it must be
    assert TOKEN.removeprefix("dapi") not in json.dumps(kept(Facet.LITERALS))
