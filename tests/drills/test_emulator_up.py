"""`lakedrill emulator up` serves until it is told to end, and `lakedrill init` writes a drill for two profiles."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakedrill.cli.main import main
from lakedrill.inventory.drill import load, schema
from tests.support.land import Land

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def _up(folder: Path, *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start it in a process group of its own, as a terminal does; yield it with what it said until it was ready."""
    home = folder.parent / "home"
    home.mkdir()
    (home / ".databrickscfg").write_text("[mine]\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "lakedrill", "emulator", "up", "--dir", str(folder), *args],
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home)},
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if "Ctrl-C ends it" in line:
                break
        yield process, said
        assert (home / ".databrickscfg").read_text() == "[mine]\n"
        assert [file.name for file in home.iterdir()] == [".databrickscfg"]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def _group(leader: int) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pgid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if line.split()[0] == str(leader)]


@pytest.mark.parametrize(
    ("number", "to_group"), [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False)], ids=str
)
def test_up_serves_until_a_signal_and_leaves_nothing_behind(
    number: signal.Signals, to_group: bool, tmp_path: Path
) -> None:
    """Ctrl-C in a terminal goes to all processes of the group, a service manager's signal to the first."""
    folder = tmp_path / "up"
    with _up(folder, "--size", "small", "--regions", "--mode", "page-size=1", "--mode", "stale-reads") as (
        process,
        said,
    ):
        hosts = re.findall(r"http://127\.0\.0\.1:\d+", said)
        assert len(hosts) == 2
        for host in hosts:
            urllib.request.urlopen(f"{host}/.well-known/databricks-config", timeout=10).close()  # noqa: S310 - loopback
        for name in ("primary", "secondary"):
            with urllib.request.urlopen(f"{hosts[0]}/_emulator/{name}/modes", timeout=10) as answer:  # noqa: S310 - loopback
                modes = json.load(answer)
            assert (modes["page_size"], modes["stale_reads"], modes["no_acls"]) == (1, True, False)
        drill = load(folder / "drill.yaml")
        assert (drill.primary.profile, drill.secondary.profile) == ("primary", "secondary")
        assert "s3://acme-lake-us-west-2/" in [row.secondary for row in drill.mapping]
        assert (folder / "databrickscfg").stat().st_mode & 0o077 == 0
        assert len(_group(process.pid)) == 2
        (os.killpg if to_group else os.kill)(process.pid, number)
        assert process.wait(15) == 0
        deadline = time.monotonic() + 10
        while _group(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _group(process.pid) == []


@pytest.mark.parametrize("name", ["drill.yaml", "databrickscfg"])
@pytest.mark.parametrize("verb", [["emulator", "up"], ["demo"]], ids=" ".join)
def test_a_folder_that_is_in_use_is_refused(
    name: str, verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("mine")
    assert main([*verb, "--dir", str(tmp_path)]) == 4
    assert f"{tmp_path}: holds a {name} already" in capsys.readouterr().err
    assert [file.read_text() for file in tmp_path.iterdir()] == ["mine"]


@pytest.fixture
def here(land: Land, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to write a drill.yaml in, with a profile file beside it."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    land.profiles.rename("profiles # 1")
    return tmp_path / "here"


INIT = ["init", "--config-file", "profiles # 1"]


def test_init_writes_a_drill_that_can_be_held(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*INIT, "--name", "1.0"]) == 0
    drill = load(Path("drill.yaml"))
    assert (drill.id, drill.primary.workspace_id, drill.secondary.workspace_id) == (
        "1.0",
        7 * 10**15 + 1,
        7 * 10**15 + 2,
    )
    assert main(["doctor"]) == 2  # two empty workspaces
    capsys.readouterr()
    before = (here / "drill.yaml").read_text()
    assert main(INIT) == 4
    assert "drill.yaml: is there already; use --force" in capsys.readouterr().err
    assert (here / "drill.yaml").read_text() == before
    assert main([*INIT, "--force"]) == 0
    assert load(Path("drill.yaml")).id == "drill"


def _keys(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for child in part.values():
            yield from _keys(child)


def test_init_mentions_every_key_and_what_it_comments_out_is_right(here: Path) -> None:
    assert main(INIT) == 0
    text = (here / "drill.yaml").read_text()
    assert [key for key in set(_keys(schema())) if not re.search(rf"\b{key}\b", text)] == []
    lines = [
        re.sub(r"^# (?=[a-z_]+:( [\[{\d]| [a-z]+-[a-z]+-\d$| false$|$)|  )", "", line) for line in text.splitlines()
    ]
    (here / "drill.yaml").write_text("\n".join(lines))
    assert set(yaml.safe_load("\n".join(lines))) == set(schema()["properties"])
    assert load(Path("drill.yaml")).mapping


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--name", "a b"], "--name a b: expected letters"),
        (["--primary", "nobody"], "primary (profile nobody): "),
        (["--secondary", "primary"], "profiles primary and primary lead to one workspace, 7000000000000001"),
    ],
)
def test_init_refuses(args: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*INIT, *args]) == 4
    assert said in capsys.readouterr().err
    assert not (here / "drill.yaml").exists()
