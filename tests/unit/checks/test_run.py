"""How the checks are shut off from the caller's surroundings."""

import sys
from pathlib import Path

import pytest

from checks import run


def test_nothing_that_steers_pytest_or_python_is_inherited() -> None:
    told = run.environment(
        {
            "PATH": "/bin",
            "PYTEST_ADDOPTS": "-x",
            "PYTEST_PLUGINS": "x",
            "PYTHONPATH": ".",
            "PYTHONSTARTUP": "x",
            "DATABRICKS_CONFIG_FILE": "f",
        }
    )
    assert told == {"PATH": "/bin", "DATABRICKS_CONFIG_FILE": "f", "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1"}


def test_the_command_names_everything_that_pytest_would_look_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = run.command(Path("drill.yaml"), args=["--only", "jobs:*"], workers="auto")
    folder = Path(run.__file__).parent
    assert words[:3] == [sys.executable, "-I", "-c"]
    assert f"--drill={tmp_path / 'drill.yaml'}" in words
    assert words[-5:] == ["-n", "auto", "--only", "jobs:*", str(folder)]
    assert str(folder.parent / "lakedrill" / "check.ini") in words


def test_an_end_that_is_no_verdict_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        run, "command", lambda *_args, **_rest: [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    )
    assert run.run(Path("drill.yaml")) == 3
    monkeypatch.setattr(run, "command", lambda *_args, **_rest: [sys.executable, "-c", "raise SystemExit(5)"])
    assert run.run(Path("drill.yaml")) == 3
