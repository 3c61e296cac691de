"""`lakedrill init --from-primary` proposes the mapping that an estate needs: filled in, it makes the copy whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakedrill.cli.init import written
from lakedrill.cli.main import main
from lakedrill.inventory.drill import load
from lakedrill.inventory.errors import UsageError
from lakedrill.preflight.proposals import Proposal, Spot
from lakedrill.preflight.survey import Survey
from tests.support.workspaces import ENGINEER, Ground

pytestmark = pytest.mark.drill

ARGS = ["init", "--from-primary", "--config-file", "databrickscfg", "--force", "--mounts-file", "no-mounts"]
PLANTED = "hunter2-Pa55w0rd"


@pytest.fixture
def east(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """A primary that is bound to its region in all sorts of ways."""
    p = ground.primary
    p.user(ENGINEER)
    conf = {
        "spark.hadoop.fs.s3a.bucket.lake-east.endpoint": "x",
        "lake": "s3://lake-east/warehouse",
        "spark.hadoop.password": f"s3://{PLANTED}/",
        "url": f"s3://key:{PLANTED}@lake-east/",
    }
    spec = {"spark_version": "18.0.x-scala2.13", "node_type_id": "p3.2xlarge", "num_workers": 1}
    docker = {"url": "x", "basic_auth": {"username": "u", "password": PLANTED}}
    p.cluster("etl", **spec, spark_conf=conf, aws_attributes={"zone_id": "us-east-1f"}, docker_image=docker)
    zone = {"aws_attributes": {"zone_id": "us-east-1b"}}
    task = {"task_key": "a", "notebook_task": {"notebook_path": "/Shared/n"}, "new_cluster": {**spec, **zone}}
    host = ground.running.emulator.hosts["primary"]
    p.notebook("/Shared/n", "s3://in-a-notebook/")
    arrival = {"file_arrival": {"url": "s3://lake-east/in/"}, "pause_status": "PAUSED"}
    parameters = [{"name": "home", "default": f"{host}/#x"}, {"name": "in", "default": "--path s3://lake-east/in/"}]
    p.job("nightly\n'quoted' — 📦", tasks=[task], trigger=arrival, parameters=parameters)
    ground.later()
    monkeypatch.chdir(ground.folder)
    return ground


def _rows(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text())["mapping"]
    return found


@pytest.mark.parametrize("emulator", ["federated", "local"], indirect=True)
def test_what_it_writes_is_refused_until_it_is_filled_in_and_then_makes_the_copy_whole(
    east: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    digests = [east.digest(role) for role in ("primary", "secondary")]
    with east.watched("primary") as asked, east.watched() as also:
        assert main(ARGS) == 0
    assert "fill in the 5 empty `secondary:` of its mapping, then lakedrill doctor" in capsys.readouterr().out
    assert [east.digest(role) for role in ("primary", "secondary")] == digests
    assert {entry.method for entry in asked + also} == {"GET"}

    file = east.folder / "drill.yaml"
    text = file.read_text()
    hosts = east.running.emulator.hosts
    rows = {(row["primary"], row.get("path", "*")): row["secondary"] for row in _rows(file)}
    assert rows == {
        ("p3.2xlarge", "*node_type_id"): None,
        ("18.0.x-scala2.13", "*spark_version"): None,
        ("s3://lake-east/", "*"): None,
        ("spark.hadoop.fs.s3a.bucket.lake-east.", "*"): None,
        ("us-east-1", "*zone_id"): "us-west-2",
        ("us-east-1f", "*zone_id"): None,
        (hosts["primary"], "*"): hosts["secondary"],
    }
    assert "# 2 values in 2 objects, as clusters:etl at spark_conf.lake" in text
    assert (
        "# Beware: no row reaches s3://lake-east/ in the middle of 1 value in 1 object, as jobs:nightly\\n'quoted'"
        in text
    )
    assert "# Beware: 2 values that may be secret" in text
    lacking = [f'  # - {{kind: "users", path: "userName", primary: "{ENGINEER}", secondary: }}'] * (not east.federated)
    assert re.findall(r"  # - .*kind: \"users\".*", text) == lacking
    assert PLANTED not in text
    assert "in-a-notebook" not in text

    first = text.splitlines().index(next(line for line in text.splitlines() if "secondary: }" in line)) + 1
    assert main(["plan"]) == 4
    said = capsys.readouterr().err
    assert said.startswith(
        f"lakedrill: drill.yaml:{first}: mapping: secondary: is empty; fill in what 'p3.2xlarge' is called"
    )
    assert said.count("\n") == 1
    file.write_text(_filled(text))
    assert len(load(file).mapping) == len(rows)
    assert east.copy().exit_code == 0
    assert east.red() == []
    assert main(["plan"]) == 0
    assert "without effect" not in capsys.readouterr().out


def _filled(text: str) -> str:
    """Fill in what somebody who knows the second region would."""
    known = {"p3.2xlarge": "g5.xlarge", "18.0.x-scala2.13": "17.3.x-scala2.13", "us-east-1f": "auto"}
    lines = []
    for line in text.splitlines():
        primary = re.search(r'- \{.*primary: "([^"]*)", secondary: [,}]', line)
        if primary:
            wanted = known.get(primary[1], primary[1].replace("east", "west"))
            line = line.replace("secondary: ", f'secondary: "{wanted}"')  # noqa: PLW2901 - a line of the file
        lines.append(line)
    text = "\n".join(lines).replace("identity: provisioned", "identity: create\nrate: off")
    return re.sub(r"#   secondary: \{cluster: .*", "  secondary: {file: no-mounts}", text)


def test_an_estate_without_anything_regional_gets_the_usual_template(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ground.folder)
    ground.primary.notebook("/Shared/n")
    assert main(ARGS) == 0
    text = (ground.folder / "drill.yaml").read_text()
    assert "# The primary's definitions name nothing of its region, account or host.\n# mapping:\n" in text
    assert load(ground.folder / "drill.yaml").mapping == ()


def test_what_can_not_be_read_is_told_and_nothing_is_proposed_for_it(east: Ground) -> None:
    refused = {"status": 403, "code": "PERMISSION_DENIED", "message": "no", "times": -1}
    east.faults(
        {**refused, "path": "/api/2.1/clusters/list-node-types"}, {**refused, "path": "/api/2.1/clusters/list-zones"}
    )
    east.faults({**refused, "path": "/api/2.2/jobs/list"}, role="primary")
    assert main(ARGS) == 0
    text = (east.folder / "drill.yaml").read_text()
    assert "# Beware: the primary's jobs can't be read, and may need rows: " in text
    assert "# Beware: what the secondary offers can't be read (list-zones), and is not compared: " in text
    assert not {"p3.2xlarge", "us-east-1"} & {row["primary"] for row in _rows(east.folder / "drill.yaml")}


def test_the_callers_must_see_everything(east: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    token = east.running.control("primary/callers", {"user": "guest@example.com"})["token"]
    profiles = east.folder / "databrickscfg"
    profiles.write_text(re.sub(r"(\[primary\]\nhost = .*\ntoken = ).*", rf"\g<1>{token}", profiles.read_text()))
    before = (east.folder / "drill.yaml").read_text()
    assert main(ARGS) == 4
    assert "guest@example.com is no workspace admin" in capsys.readouterr().err
    assert (east.folder / "drill.yaml").read_text() == before


def test_the_storage_of_mounts_is_proposed_too(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their mount points only in case they are called otherwise; without what lists them it is told that they may need rows."""
    monkeypatch.chdir(ground.folder)
    mount = {"mountPoint": "/mnt/in", "source": "s3a://lake-east/in", "encryptionType": ""}
    with Path("no-mounts").open("a") as stream:
        stream.write(json.dumps(mount))
    assert main(ARGS) == 0
    text = Path("drill.yaml").read_text()
    assert (
        '# 1 value in 1 object, as mounts:/mnt/in at source\n  - {primary: "s3a://lake-east/", secondary: , prefix'
        in text
    )
    assert '  # - {primary: "/mnt/in", secondary: }' in text
    assert "\nmounts:\n  primary:\n    file: no-mounts\n#   secondary: {cluster: drill-mounts" in text
    assert main(ARGS[:-2]) == 0
    assert (
        "# Beware: the primary's mounts can't be read, and may need rows: NOT_ASKED" in Path("drill.yaml").read_text()
    )
    assert main([*ARGS[:-2], "--mounts-cluster", "nobody"]) == 0
    text = Path("drill.yaml").read_text()
    assert "may need rows: NO_SUCH_CLUSTER: 0 clusters are called nobody" in text
    assert "\nmounts:\n  primary:\n    cluster: nobody\n" in text
    assert main([*ARGS, "--mounts-cluster", "nobody"]) == 4


def test_many_that_may_not_be_needed_are_cut_short_and_many_that_are_needed_not() -> None:
    spot = [Spot("users", "a", "", "a")]
    optional = [Proposal("b", f"u{i}", optional=True, spots=spot) for i in range(25)]
    needed = [Proposal("a", f"s{i}", spots=spot) for i in range(25)]
    text = written(Survey([*needed, *optional]))
    assert text.count("  - {primary") == 25
    assert text.count("  # - {primary") == 20
    assert "  # ... and 5 more" in text
    assert yaml.safe_load(written(Survey(optional))) is None


def test_any_name_is_written_as_yaml_reads_it() -> None:
    odd = 's3://a"b\\c\u2028d\x85é📦: {x}, #y/'
    text = written(
        Survey([Proposal("t", odd, odd + "2", prefix=True, spots=[Spot("jobs", "a\u2028b\n# c", "x", odd)])])
    )
    assert yaml.safe_load(text) == {"mapping": [{"primary": odd, "secondary": odd + "2", "prefix": True}]}


def test_a_blank_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text("mapping: [{primary: a, secondary: }]\n")
    with pytest.raises(UsageError, match=r"drill\.yaml:1: mapping: secondary: is empty; fill in what 'a' is called"):
        load(file)
