"""The checks from end to end, on sealed snapshots: the same verdict from everywhere, and none for a part of a drill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checks import run
from tests.support.two_sides import TwoSides, unpause

ROOT = Path(__file__).parents[2]
READY, NOT_READY, UNDECIDED, INTERNAL, USAGE = range(5)
_CLEAN = run.environment(os.environ)


@pytest.fixture
def alike(tmp_path: Path) -> TwoSides:
    """A drill whose two sides are alike."""
    return TwoSides(tmp_path).write()


@pytest.fixture
def unlike(tmp_path: Path) -> TwoSides:
    """A drill with an unpaused job and a missing notebook."""
    drill = TwoSides(tmp_path)
    unpause(drill.secondary, ["secondary-job-3"])
    del drill.secondary.documents["notebooks"]["secondary-note"]
    return drill.write()


def plain(
    drill: TwoSides, *args: str, env: Mapping[str, str] | None = None, what: tuple[str, ...] = ("checks",)
) -> subprocess.CompletedProcess[str]:
    """Run plain pytest in the project's root."""
    words = [sys.executable, "-m", "pytest", *what, f"--drill={drill.file}", "--secondary-snapshot", *args]
    return subprocess.run(
        [*words, "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={**_CLEAN, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def plugin(drill: TwoSides, name: str, text: str) -> dict[str, str]:
    """Write a plugin of somebody's and return the environment in which it is found."""
    (drill.folder / f"{name}.py").write_text(text)
    return {"PYTHONPATH": str(drill.folder), "PYTEST_PLUGINS": name}


def written(drill: TwoSides) -> tuple[Any, Any]:
    return drill.records, drill.results


def test_the_verdict_and_every_record_are_the_same_from_everywhere(
    unlike: TwoSides, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = plain(unlike)
    assert done.returncode == NOT_READY, done.stdout + done.stderr
    first = written(unlike)
    assert plain(unlike, "-n", "2").returncode == NOT_READY
    assert written(unlike) == first
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    for workers in (0, 2):
        assert run.run(unlike.file, args=["--secondary-snapshot", "-q"], workers=workers) == NOT_READY
        assert written(unlike) == first


def test_a_difference_is_told_without_a_traceback_and_gives_exit_1(unlike: TwoSides) -> None:
    done = plain(unlike)
    assert done.returncode == NOT_READY
    assert "jobs:report: definition: different\n  settings.schedule.pause_status\n" in done.stdout
    assert "1 cause, report: jobs definition settings.schedule.pause_status PAUSED → UNPAUSED" in done.stdout
    assert "lakedrill: not ready" in done.stdout
    assert "Traceback" not in done.stdout
    assert "AssertionError" not in done.stdout
    counted = [(f["kind"], f["aspect"], f["outcome"]) for f in unlike.results["findings"] if f["counted"]]
    assert counted == [("jobs", "definition", "different"), ("notebooks", "inventory", "missing")]


def test_equal_sides_are_ready(alike: TwoSides) -> None:
    done = plain(alike)
    assert done.returncode == READY, done.stdout
    assert f"lakedrill: ready: all {alike.results['expected']} checked" in done.stdout
    assert alike.results["verdict"] == "ready"
    assert alike.results["narrowed"] is None


def test_a_listing_that_failed_is_undecided(tmp_path: Path) -> None:
    drill = TwoSides(tmp_path)
    drill.secondary.refused = {"files": "PERMISSION_DENIED"}
    assert plain(drill.write()).returncode == UNDECIDED
    assert drill.results["narrowed"] is None
    assert drill.results["counts"]["unverifiable"] == 1


def test_ids_name_what_is_checked_and_kinds_are_markers(alike: TwoSides) -> None:
    done = plain(alike, "--collect-only", "-q", "-m", "jobs")
    assert done.returncode == UNDECIDED
    assert "checks/test_parity.py::test_parity[jobs:nightly-etl#2]" in done.stdout
    assert "checks/test_inventory.py::test_listing[primary:jobs]" in done.stdout
    assert "test_parity[jobs:weekly [日本] \\x1b[31m::x]" in done.stdout
    assert "clusters" not in done.stdout
    assert not (alike.home / "results.json").exists()


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["-k", "parity"], {}),
        (["-m", "jobs", "-n", "2"], {}),
        (["--only", "jobs:*"], {}),
        (["--deselect", "checks/test_parity.py::test_parity[jobs:report]"], {}),
        (["-k", "nothing"], {}),
        ([], {"PYTEST_ADDOPTS": "--deselect=checks/test_content.py"}),
    ],
    ids=["k", "m", "only", "deselect", "empty", "addopts"],
)
def test_a_part_of_a_drill_has_no_verdict(alike: TwoSides, args: list[str], env: dict[str, str]) -> None:
    done = plain(alike, *args, env=env)
    assert done.returncode == UNDECIDED, done.stdout + done.stderr
    narrowed = alike.results["narrowed"]
    assert narrowed["checked"] < narrowed["expected"]
    assert f"{narrowed['checked']} of {narrowed['expected']} checked, no verdict" in done.stdout
    assert alike.results["verdict"] == "undecided"


def test_a_run_that_stops_at_the_first_finding_has_no_verdict(unlike: TwoSides) -> None:
    done = plain(unlike, "-x", "-p", "no:randomly")
    assert done.returncode == UNDECIDED
    assert "no verdict" in done.stdout


def test_a_worker_that_dies_leaves_no_verdict(alike: TwoSides) -> None:
    env = plugin(
        alike,
        "killer",
        """
import os
def pytest_runtest_logstart(nodeid):
    if "PYTEST_XDIST_WORKER" in os.environ and "test_parity[jobs:report]" in nodeid:
        os.kill(os.getpid(), 9)
""",
    )
    done = plain(alike, "-n", "2", env=env)
    assert done.returncode == UNDECIDED, done.stdout + done.stderr
    lost = [record for record in alike.records if record["outcome"] == "error"]
    assert [(r["key"], r["aspect"], r["reason"]) for r in lost] == [("report", "definition", "was not judged")]


@pytest.mark.parametrize(
    "text",
    [
        "def pytest_runtest_protocol(item): return True",
        "def pytest_collection_modifyitems(items): del items[3:]",
        "import pytest\ndef pytest_runtest_call(item): pytest.skip()",
        "import pytest\ndef pytest_runtestloop(session): pytest.exit('enough', returncode=0)",
    ],
    ids=["runs nothing", "drops items", "skips", "exits with 0"],
)
def test_a_foreign_plugin_gets_no_green_out_of_it(unlike: TwoSides, text: str) -> None:
    hook = text.replace("def pytest", "@__import__('pytest').hookimpl(tryfirst=True)\ndef pytest")
    done = plain(unlike, env=plugin(unlike, "foreign", hook))
    assert done.returncode == UNDECIDED, done.stdout + done.stderr


def test_a_foreign_test_that_fails_takes_the_verdict_away(alike: TwoSides) -> None:
    other = alike.folder / "test_other.py"
    other.write_text("def test_other(): assert False\n")
    assert plain(alike, what=("checks", str(other))).returncode == UNDECIDED
    assert "pytest ended with 1" in [record["reason"] for record in alike.records]


def test_a_check_that_breaks_is_an_error_with_its_text(alike: TwoSides) -> None:
    own = alike.folder / "test_own.py"
    own.write_text("""
import pytest
from checks.subject import Finding, judges
@judges("definition")
def test_crash(pair):
    pair.judge()
    raise ValueError("first line\\nsecond line")
@judges("safety")
def test_nothing(pair):
    pass
@judges("content")
def test_skip(pair):
    pytest.skip("not today")
@judges("members")
def test_finding_of_its_own(pair):
    raise Finding("I think it is wrong")
""")
    done = plain(alike, "-p", "checks.plugin", "-c", "pyproject.toml", "--rootdir=.", what=(str(own),))
    assert done.returncode == UNDECIDED, done.stdout + done.stderr
    found = {record["aspect"]: (record["outcome"], record["reason"]) for record in alike.records}
    assert found["definition"] == ("error", "ValueError: first line")
    assert found["safety"] == ("error", "the check ended without a judgement")
    assert found["content"] == ("error", "Skipped: not today")
    assert found["members"] == ("error", "Finding: I think it is wrong")


def test_a_check_that_hides_a_finding_hides_nothing(unlike: TwoSides) -> None:
    own = unlike.folder / "test_own.py"
    own.write_text("""
import contextlib
from checks.subject import Finding, judges
@judges("definition")
def test_blind(pair):
    with contextlib.suppress(Finding):
        pair.judge()
""")
    done = plain(unlike, "-p", "checks.plugin", "-c", "pyproject.toml", "--rootdir=.", what=(str(own),))
    assert "FAILED" in done.stdout
    assert "different" in {record["outcome"] for record in unlike.records}


def test_no_process_of_a_run_on_sealed_files_loads_the_sdk(alike: TwoSides) -> None:
    env = plugin(
        alike,
        "spy",
        f"""
import os, sys, pathlib
def pytest_sessionfinish():
    who = os.environ.get("PYTEST_XDIST_WORKER", "controller")
    (pathlib.Path({str(alike.folder)!r}) / f"seen-{{who}}").write_text(str("databricks" in sys.modules))
""",
    )
    assert plain(alike, "-n", "2", env=env).returncode == READY
    seen = {file.name: file.read_text() for file in alike.folder.glob("seen-*")}
    assert seen == {"seen-controller": "False", "seen-gw0": "False", "seen-gw1": "False"}


def test_an_internal_error_is_no_verdict(alike: TwoSides) -> None:
    env = plugin(alike, "broken", "def pytest_collection_finish(): raise RuntimeError('broken')")
    assert plain(alike, env=env).returncode == INTERNAL
    assert not (alike.home / "results.json").exists()


def test_results_that_cant_be_written_are_an_internal_error(alike: TwoSides) -> None:
    env = plugin(
        alike,
        "full",
        "import checks.session as s\n"
        "def pytest_collection_finish():\n"
        "    def full(file, text): raise OSError(28, 'No space left on device')\n"
        "    s.replace_file = full",
    )
    done = plain(alike, env=env)
    assert done.returncode == INTERNAL
    assert "No space left on device" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("extra", "args", "message"),
    [
        ("identity: asleep\n", [], "drill.yaml:5: identity: 'asleep'"),
        ("kinds: [job]\n", [], "drill.yaml:5: kinds[0]: unknown kind 'job'"),
        ("", ["--only", "jobs"], "--only=jobs: expected KIND:GLOB"),
        ("", ["-n", "2", "--only", "job:x"], "--only=job:x: unknown kind 'job'"),
        ("", ["--no-such-option"], "unrecognized arguments: --no-such-option"),
    ],
)
def test_a_wrong_drill_or_command_ends_with_4_and_one_message(
    tmp_path: Path, extra: str, args: list[str], message: str
) -> None:
    drill = TwoSides(tmp_path)
    drill.extra = extra
    done = plain(drill.write(), *args)
    assert done.returncode == USAGE
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_workspace_that_cant_be_opened_ends_with_4_and_leaves_no_older_verdict(alike: TwoSides) -> None:
    (alike.home / "results.json").write_text("{}")
    (alike.folder / "profiles").write_text("[other]\nhost = http://127.0.0.1:9\ntoken = x\n")
    alike.file.write_text(alike.file.read_text() + "config_file: profiles\n")
    assert run.run(alike.file, args=["-q"]) == USAGE
    assert not (alike.home / "results.json").exists()


def test_checks_without_a_drill_are_refused() -> None:
    for args in (["checks"], ["checks/test_parity.py", "-n", "1"], ["tests/unit", "--only", "jobs:*"]):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *args], cwd=ROOT, env=_CLEAN, capture_output=True, text=True, check=False
        )
        assert done.returncode == USAGE
        assert "--drill=FILE" in done.stderr


def test_the_callers_own_files_and_environment_change_nothing(
    alike: TwoSides, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    trap = "raise RuntimeError('the caller has a module of this name')\n"
    for name in ("conftest.py", "checks/__init__.py", "checks/test_own.py", "fixtures/__init__.py", "execnet.py"):
        (alike.folder / name).parent.mkdir(exist_ok=True)
        (alike.folder / name).write_text(trap)
    (alike.folder / "pytest.ini").write_text("[pytest]\naddopts = -k nothing\n")
    monkeypatch.chdir(alike.folder)
    for name, value in {
        "PYTHONPATH": ".",
        "PYTEST_ADDOPTS": "-k nothing",
        "PYTEST_PLUGINS": "conftest",
        "PYTEST_XDIST_AUTO_NUM_WORKERS": "x",
    }.items():
        monkeypatch.setenv(name, value)
    for workers in (0, 2):
        assert run.run(Path("drill.yaml"), args=["--secondary-snapshot"], workers=workers) == READY
    assert "the caller has" not in "".join(capfd.readouterr())
