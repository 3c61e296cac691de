"""Two regions that differ: rows of the mapping alone make a copy whole, and without them each difference is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.server import Emulator, Running
from fixtures.emulator.server import Site as Place
from fixtures.plugin import client
from lakedrill.cli.main import main
from lakedrill.inventory.capture import capture
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import Colour, Outcome
from tests.support.workspaces import Ground, Site, base64_of

pytestmark = pytest.mark.drill

AWS = (Place("primary", "us-east-1"), Place("secondary", "us-west-2"), Place("third", "us-east-1"))
AZURE = (
    Place("primary", "eastus", "AZURE"),
    Place("secondary", "westus2", "AZURE"),
    Place("third", "eastus", "AZURE"),
)
RUNTIME = {"spark_version": "15.4.x-scala2.12", "num_workers": 1}
VAULT = "keyvault_metadata"
VAULTS = {
    "resource_id": "/subscriptions/0/resourceGroups/lake/providers/Microsoft.KeyVault/vaults/vault-{}",
    "dns_name": "https://vault-{}.vault.azure.net/",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "AWS": [
        {"primary": "s3://lake-east/", "secondary": "s3://lake-west/", "prefix": True},
        {"primary": "us-east-1", "secondary": "us-west-2", "path": "*zone_id", "prefix": True},
        {"primary": "p3.2xlarge", "secondary": "g5.xlarge", "path": "*node_type_id"},
        {"primary": "/init/east/", "secondary": "/init/west/", "kind": "dbfs_files", "path": "path", "prefix": True},
    ],
    "AZURE": [
        {
            "primary": "abfss://lake@acmeeast.dfs.core.windows.net/",
            "secondary": "abfss://lake@acmewest.dfs.core.windows.net/",
            "prefix": True,
        },
        {"primary": "fs.azure.account.key.acmeeast.", "secondary": "fs.azure.account.key.acmewest.", "prefix": True},
        {"primary": "Standard_NC6s_v3", "secondary": "Standard_NC4as_T4_v3", "path": "*node_type_id"},
        {"primary": "/init/east/", "secondary": "/init/west/", "kind": "dbfs_files", "path": "path", "prefix": True},
        *(
            {
                "primary": of.format("east"),
                "secondary": of.format("west"),
                "kind": "secret_scopes",
                "path": f"{VAULT}.{at}",
            }
            for at, of in VAULTS.items()
        ),
    ],
}


@pytest.fixture(scope="module")
def _three() -> Iterator[dict[str, Running]]:
    with Running(Emulator(AWS)) as aws, Running(Emulator(AZURE)) as azure:
        yield {"AWS": aws, "AZURE": azure}


@pytest.fixture
def apart(_three: dict[str, Running], request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """A drill from one region to another, and a third workspace in the first one."""
    running = _three[request.param]
    running.emulator.reset()
    for app in running.emulator.apps.values():  # the last token is that of a user of Entra ID, where there is one
        app.workspace.tokens = dict(reversed(app.workspace.tokens.items()))
    ground = Ground(running, tmp_path, {"mapping": ROWS[request.param]})
    _fill(ground.primary, request.param)
    ground.later()
    return ground


def _fill(site: Site, cloud: str) -> None:
    lake = ROWS[cloud][0]["primary"]
    node = {"AWS": "p3.2xlarge", "AZURE": "Standard_NC6s_v3"}[cloud]
    conf = {
        "AWS": {"spark.sql.warehouse.dir": f"{lake}warehouse"},
        "AZURE": {"fs.azure.account.key.acmeeast.x": "{{a}}"},
    }
    spec: dict[str, Any] = {**RUNTIME, "node_type_id": node, "spark_conf": conf[cloud]}
    if cloud == "AZURE":
        metadata = {at: of.format("east") for at, of in VAULTS.items()}
        vault = {"scope_backend_type": "AZURE_KEYVAULT", "backend_azure_keyvault": metadata}
        site.post("/api/2.0/secrets/scopes/create", scope="vault", **vault)
    if cloud == "AWS":
        spec["aws_attributes"] = {"zone_id": "us-east-1b"}
    site.post("/api/2.0/dbfs/put", path="/init/east/x.sh", contents=base64_of(b"echo 1"))
    inits = [{"dbfs": {"destination": "dbfs:/init/east/x.sh"}}]
    site.cluster("etl", **spec, init_scripts=inits)
    site.notebook("/Shared/load", f"read('{lake}')")
    task = {"task_key": "load", "notebook_task": {"notebook_path": "/Shared/load"}, "new_cluster": spec}
    libraries = [{"jar": f"{lake}a.jar"}, {"pypi": {"package": f"x @ {lake}"}}]
    url = {"file_arrival": {"url": f"{lake}in/"}, "pause_status": "PAUSED"}
    site.job("nightly", tasks=[{**task, "libraries": libraries}], trigger=url)


both = pytest.mark.parametrize("apart", ["AWS", "AZURE"], indirect=True)


@both
def test_rows_alone_make_a_copy_whole(apart: Ground) -> None:
    report = apart.copy()
    assert [(step.key, reason) for step, reason in report.failures] == []
    assert apart.red() == []
    assert apart.writes_of_a_copy() == 0
    rows = json.loads((apart.home / "plan.json").read_text())["mapping"]
    assert [row["objects"] > 0 for row in rows] == [True] * len(rows)
    east = [e for e in apart.log() if "east" in e.query or "east" in e.path]
    assert east == [], "no file is looked for under the name that it has in the other region"


@pytest.mark.parametrize(
    ("apart", "row", "kinds"),
    [
        ("AWS", 1, {"clusters", "jobs"}),
        ("AWS", 2, {"clusters", "jobs"}),
        ("AZURE", 2, {"clusters", "jobs"}),
    ],
    indirect=["apart"],
)
def test_what_the_second_region_does_not_offer_is_refused_by_name(apart: Ground, row: int, kinds: set[str]) -> None:
    """The service's own words are the reason, and a check tells what is missing for it."""
    apart.configure(mapping=[each for i, each in enumerate(apart.drill_rows) if i != row])
    failed = {step.kind: reason for step, reason in apart.copy().failures if step.facet == "definition"}
    wanted = ("is not available in region us-west-2" if row == 1 else "is not supported. Supported node types: ",)
    assert failed.keys() == kinds
    assert all(any(words in reason for words in wanted) for reason in failed.values()), failed
    missing = {(r.kind, r.key) for r in apart.red() if r.outcome is Outcome.MISSING and not r.because_of}
    assert missing == {("clusters", "etl"), ("jobs", "nightly")}


@both
def test_without_a_row_each_value_that_ought_to_be_anothers_is_told(apart: Ground) -> None:
    """A workspace that was set up by hand has the second region's values: the check names each, and rows make it green."""
    apart.copy()
    apart.configure(mapping=apart.drill_rows[1:])
    found = {(r.kind, d.path): (d.primary, d.secondary) for r in apart.red() for d in r.differences}
    ours, theirs = (str(apart.drill_rows[0][side]) for side in ("primary", "secondary"))
    assert found["jobs", "settings.trigger.file_arrival.url"] == (f"{ours}in/", f"{theirs}in/")
    assert all(ours in str(one) and theirs in str(other) for one, other in found.values()), found
    with apart.watched() as asked:
        report = apart.copy()
    assert report.exit_code == 0  # what was copied with the row is ours, and is updated
    assert [e.path for e in asked if e.write] != []


@pytest.mark.parametrize("apart", ["AWS"], indirect=True)
def test_a_row_without_effect_is_told_by_plan_and_check(apart: Ground, capfd: pytest.CaptureFixture[str]) -> None:
    slip = {**apart.drill_rows[0], "primary": "s3://laek-east/", "secondary": "s3://laek-west/"}
    apart.configure(mapping=[*apart.drill_rows, slip])
    file = apart.folder / "drill.yaml"
    assert main(["migrate", "--drill", str(file)]) == 0
    capfd.readouterr()
    assert main(["plan", "--drill", str(file)]) == 0
    said = capfd.readouterr().out
    assert "mapping   *:* s3://laek-east/* → s3://laek-west/*: without effect" in said
    assert "clusters:etl" in said
    assert main(["plan", "--json", "--drill", str(file)]) == 0
    rows = json.loads(capfd.readouterr().out)["mapping"]
    assert [row["values"] > 0 for row in rows] == [*[True] * len(apart.drill_rows), False]
    assert main(["check", "--drill", str(file)]) == 0
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "laek-east" in text)
    assert (
        f"mapping: line {line - 1}: *:* s3://laek-east/* → s3://laek-west/*: without effect" in capfd.readouterr().out
    )
    results = json.loads((apart.home / "results.json").read_text())["mapping"]
    assert [(row["objects"] > 0) for row in results] == [row["objects"] > 0 for row in rows]
    assert results[-1]["line"] == line - 1
    assert "laek-east" in (apart.home / "report.html").read_text()


@both
def test_there_and_back_is_the_identity(apart: Ground) -> None:
    """A copy to the second region, and from there, the same table read backwards, into a fresh workspace of the first."""
    apart.copy()
    third = Site("third", client(apart.running, "third"))
    apart.running.control("clock", {"advance_ms": 60_000})
    ends = {
        "primary": {"profile": "secondary", "workspace_id": 7_000_000_000_000_002},
        "secondary": {"profile": "third", "workspace_id": 7_000_000_000_000_003},
    }
    apart.configure(drill="back", mapping=apart.drill_rows, failback=True, **ends)
    assert apart.copy().exit_code == 0
    profiles = apart.folder / "databrickscfg"
    snapshots = [
        capture(
            Workspace(Connection(role, profile, 0, profiles, None)), apart.folder / f"{profile}.snapshot", CATALOGUE
        )
        for role, profile in (("primary", "primary"), ("secondary", "third"))
    ]
    comparison = Comparison(snapshots[0], snapshots[1], CATALOGUE)
    records = [comparison.judge(each, aspect) for each in comparison.pairs for aspect in comparison.aspects(each)]
    assert [(r.kind, r.key, r.differences) for r in records if r.outcome.colour is not Colour.GREEN] == []
    assert third.jobs()["nightly"][0]["settings"]["trigger"]["file_arrival"]["url"].startswith(
        str(apart.drill_rows[0]["primary"])
    )
    for snapshot in snapshots:
        snapshot.close()
    apart.configure(failback=True, mapping=[{**apart.drill_rows[0], "one_way": True}], **ends)
    with pytest.raises(UsageError, match=r"drill\.yaml:\d+: mapping: the row is one_way and can't be read backwards"):
        apart.copy()


@pytest.mark.parametrize("apart", ["AWS"], indirect=True)
def test_what_a_row_leads_to_and_the_primary_has_itself_is_refused(apart: Ground) -> None:
    apart.primary.job("of the west", trigger={"file_arrival": {"url": "s3://lake-west/in/"}, "pause_status": "PAUSED"})
    with pytest.raises(
        UsageError, match=r"drill\.yaml:\d+: mapping: jobs:of the west: the primary has, at settings\.tr"
    ):
        apart.copy()
    assert [e.path for e in apart.log() if e.write] == []
    assert main(["plan", "--drill", str(apart.folder / "drill.yaml")]) == 4


OLD, NEW = "ann.old@example.com", "ann.new@example.com"
OLD_APP, NEW_APP = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
PEOPLE = [
    {"kind": "users", "primary": OLD, "secondary": NEW},
    {"kind": "service_principals", "path": "applicationId", "primary": OLD_APP, "secondary": NEW_APP},
    {"kind": "groups", "path": "displayName", "primary": "engineers", "secondary": "engineers-west"},
]


def _people(site: Site, user: str, application: str) -> tuple[str, str]:
    body = {"applicationId": application, "displayName": "runner", "active": True}
    service = site.post("/api/2.0/preview/scim/v2/ServicePrincipals", **body)
    person = {"userName": user, "displayName": "Ann", "emails": [{"type": "work", "value": user, "primary": True}]}
    return str(site.post("/api/2.0/preview/scim/v2/Users", **person)["id"]), str(service["id"])


@pytest.mark.parametrize("emulator", ["local", "local-same-ids"], indirect=True)
@pytest.mark.parametrize("identity", ["create", "provisioned"])
def test_principals_that_are_called_otherwise_are_followed_everywhere(ground: Ground, identity: str) -> None:
    """Keys, members, grants, owners, whom something runs as, homes and the paths in them."""
    p = ground.primary
    user, service = _people(p, OLD, OLD_APP)
    p.group("engineers", user, service)
    p.folder(f"/Users/{OLD}/etl")
    p.notebook(f"/Users/{OLD}/etl/load")
    p.file(f"/Users/{OLD}/etl/init.sh")
    inits = [{"workspace": {"destination": f"/Workspace/Users/{OLD}/etl/init.sh"}}]
    cluster = p.cluster("anns", single_user_name=OLD, data_security_mode="SINGLE_USER", init_scripts=inits)
    task = {"task_key": "a", "notebook_task": {"notebook_path": f"/Workspace/Users/{OLD}/etl/load"}}
    mails = {"on_failure": [OLD, "outsider@example.com"]}
    job = p.job("anns", tasks=[{**task, "existing_cluster_id": cluster}], email_notifications=mails)
    p.job("runners", tasks=[task], run_as={"service_principal_name": OLD_APP})
    ground.later()
    acl = [
        {"user_name": OLD, "permission_level": "IS_OWNER"},
        {"service_principal_name": OLD_APP, "permission_level": "CAN_MANAGE_RUN"},
        {"group_name": "engineers", "permission_level": "CAN_VIEW"},
    ]
    p.do("PUT", f"/api/2.0/permissions/jobs/{job}", {"access_control_list": acl})
    p.grant("directories", p.object_id(f"/Users/{OLD}/etl"), "CAN_READ", group_name="engineers")
    if identity == "provisioned":
        _people(ground.secondary, NEW, NEW_APP)
    ground.configure(identity=identity, adopt=["users:*", "service_principals:*"], mapping=[*ZONES, *PEOPLE])

    report = ground.copy()

    assert [(step.key, reason) for step, reason in report.failures] == []
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0
    s = ground.secondary
    made = s.jobs()["anns"][0]
    assert made["settings"]["tasks"][0]["notebook_task"]["notebook_path"] == f"/Workspace/Users/{NEW}/etl/load"
    assert made["settings"]["email_notifications"]["on_failure"] == [NEW, "outsider@example.com"]
    assert s.grants("jobs", made["job_id"]) == {
        NEW: {"IS_OWNER"},
        NEW_APP: {"CAN_MANAGE_RUN"},
        "engineers-west": {"CAN_VIEW"},
    }
    assert s.jobs()["runners"][0]["run_as_user_name"] == NEW_APP
    spec = next(c for c in s.clusters() if c["cluster_name"] == "anns")
    assert spec["single_user_name"] == NEW
    assert spec["init_scripts"] == [{"workspace": {"destination": f"/Workspace/Users/{NEW}/etl/init.sh"}}]
    everything = json.dumps([s.jobs(), s.clusters(), s.do("GET", "/api/2.0/workspace/list", path="/Users")])
    assert OLD not in everything
    assert OLD_APP not in everything


ZONES = [{"path": "*zone_id", "primary": "us-east-1", "secondary": "us-west-2", "prefix": True}]


@pytest.mark.parametrize("emulator", ["local"], indirect=True)
def test_a_home_of_somebody_else_is_not_taken_for_the_mapped_ones(ground: Ground) -> None:
    """The secondary has a person of the old name too: their home is theirs, and what is in it is extra."""
    p, s = ground.primary, ground.secondary
    _people(p, OLD, OLD_APP)
    p.notebook(f"/Users/{OLD}/load")
    _people(s, NEW, NEW_APP)
    s.user(OLD)
    s.notebook(f"/Users/{OLD}/load", "somebody else's")
    ground.configure(identity="provisioned", adopt=["users:*", "service_principals:*"], mapping=PEOPLE[:2])
    assert ground.copy().exit_code == 0
    found = {(r.kind, r.key, r.outcome) for r in ground.red() if r.aspect == "inventory"}
    assert found == {
        ("users", f"{OLD}#2", Outcome.EXTRA),
        ("directories", f"/Users/{OLD}#2", Outcome.EXTRA),
        ("notebooks", f"/Users/{OLD}/load#2", Outcome.EXTRA),
    }
    told = s.do("GET", "/api/2.0/workspace/list", path=f"/Users/{NEW}")
    assert [each["path"] for each in told["objects"]] == [f"/Users/{NEW}/load"]


def test_an_object_of_another_kind_at_the_mapped_path_is_found(ground: Ground) -> None:
    """What has to make room is looked for where the object comes to lie."""
    ground.primary.notebook("/Shared/east")
    ground.secondary.file("/Shared/west")
    row = {"kind": "notebooks", "path": "path", "primary": "/Shared/east", "secondary": "/Shared/west"}
    ground.configure(mapping=[row])
    report = ground.copy()
    reasons = [reason for step, reason in report.failures if step.key == "/Shared/east" and step.facet == "definition"]
    assert [reason.partition(",")[0] for reason in reasons] == ["files:/Shared/west lies at its path"]
