"""Run the checks shut off from the caller's surroundings: its pytest configuration, conftest files, modules and environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
_START = """
import sys
root = sys.argv.pop(1)
if root not in sys.path:  # a source checkout; an installed package is found as it is
    sys.path.insert(0, root)
import pytest
sys.exit(pytest.main())
"""
"""What the new interpreter does. -I keeps PYTHONPATH and the working directory out, so it is told where we are."""


def run(drill_file: Path, *, args: Sequence[str] = (), workers: int | str = 0) -> int:
    """Judge a drill and return the exit code: ready 0, not ready 1, undecided 2, internal error 3, usage 4.

    `args` are further arguments of pytest and of the plugin; `workers` is a number of processes, or `auto`.
    """
    process = subprocess.Popen(command(drill_file, args=args, workers=workers), env=environment(os.environ))
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:  # the checks were interrupted as well, and write down what they have
            continue
    return code if code in _KNOWN else int(pytest.ExitCode.INTERNAL_ERROR)


_KNOWN = frozenset({0, 1, 2, 3, 4})
"""Anything else, as the number of a signal, is no verdict."""


def command(drill_file: Path, *, args: Sequence[str], workers: int | str) -> list[str]:
    """Return the command line of the interpreter that runs the checks."""
    return [
        *(sys.executable, "-I", "-c", _START, str(FOLDER.parent)),
        *("-c", str(FOLDER.parent / "lakedrill" / "check.ini"), f"--rootdir={FOLDER.parent}", f"--confcutdir={FOLDER}"),
        *(f"--drill={drill_file.resolve()}", "-n", str(workers)),
        *args,
        str(FOLDER),
    ]


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what steers pytest or Python, for the workers too, which start without -I."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    return {**kept, "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1"}
