"""The verdict is the same wherever the checks are run from, and whatever lies about there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.land import Land

pytestmark = pytest.mark.law
ROOT = Path(__file__).resolve().parents[2]


def _run(args: list[str], where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(args, cwd=where, env=env, capture_output=True, text=True, timeout=300, check=False)


def _records(land: Land) -> bytes:
    file = land.home / "records.jsonl"
    found = file.read_bytes()
    file.unlink()
    return found


@pytest.fixture(scope="module")
def expected(copied: Land, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The records that `lakedrill check` writes."""
    shutil.copytree(copied.folder, folder := tmp_path_factory.mktemp("expected") / "drill")
    land = Land(copied.running, folder)
    assert land.run("check") == 0
    return _records(land)


@pytest.mark.parametrize("workers", [pytest.param([], marks=pytest.mark.slow), ["-n", "2"]], ids=["alone", "xdist"])
def test_plain_pytest_writes_the_same_records(mine: Land, expected: bytes, workers: list[str]) -> None:
    ended = _run([sys.executable, "-m", "pytest", "checks", f"--drill={mine.file}", "-q", *workers], ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert _records(mine) == expected


def _clutter(folder: Path) -> Path:
    """Make a folder in which everything is called as ours is, and breaks whatever loads it."""
    broken = "raise RuntimeError('a stranger was loaded')\n"
    (folder / "conftest.py").write_text(broken)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    for name in ("checks", "fixtures", "migrate", "reports"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(broken)
        (folder / name / "conftest.py").write_text(broken)
    return folder


def _lakedrill(where: Path, *args: str) -> subprocess.CompletedProcess[str]:
    start = "import sys; from lakedrill.cli.main import main; sys.exit(main())"
    surroundings = {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}
    return _run([sys.executable, "-P", "-c", start, *args], where, **surroundings)


def test_check_does_not_see_the_folder_it_is_run_in(mine: Land, expected: bytes, tmp_path: Path) -> None:
    (where := tmp_path / "clutter").mkdir()
    ended = _lakedrill(_clutter(where), "check", f"--drill={mine.file}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert _records(mine) == expected


@pytest.mark.slow
def test_check_does_not_see_the_folder_that_the_drill_lies_in(mine: Land, expected: bytes) -> None:
    ended = _lakedrill(_clutter(mine.folder), "check", "-n", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert _records(mine) == expected


def test_a_stranger_before_our_packages_is_named(mine: Land, tmp_path: Path) -> None:
    (where := tmp_path / "clutter").mkdir()
    ended = _run([sys.executable, "-m", "lakedrill", "plan"], _clutter(where), PYTHONPATH=str(ROOT))
    assert ended.returncode == 4
    assert str(where) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_demo_does_not_see_the_folder_it_is_run_in(tmp_path: Path) -> None:
    (where := tmp_path / "clutter").mkdir()
    ended = _lakedrill(_clutter(where), "demo", "--dir", str(tmp_path / "demo"))
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
def test_the_wheel_writes_the_same_records(mine: Land, expected: bytes, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    build = [*pip, "--wheel-dir", str(tmp_path / "wheels"), str(ROOT)]
    assert (made := _run(build, empty)).returncode == 0, made.stderr
    (wheel,) = (tmp_path / "wheels").iterdir()
    venv.create(home := tmp_path / "venv", with_pip=False)
    (site,) = (home / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    known = [path for path in sys.path if path.endswith("-packages")]
    (site / "dependencies.pth").write_text("\n".join(known))
    start = "import sys, lakedrill; from lakedrill.cli.main import main; print(lakedrill.__file__, flush=True)"
    start += "; sys.exit(main())"
    ended = _run([str(home / "bin" / "python"), "-I", "-c", start, "check", f"--drill={mine.file}"], empty)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.startswith(str(site))
    assert _records(mine) == expected
