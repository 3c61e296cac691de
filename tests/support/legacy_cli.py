"""The legacy command line `databricks` (databricks-cli 0.18) as a user types it.

It is loaded once in a process of its own, which forks for each command: the real program with its arguments, environment,
output and exit code, without the half second that its start takes. `python legacy_cli.py` is that process: it reads one list
of arguments a line, as JSON, and answers each with `{"code", "out", "err"}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:  # the process that runs the commands does without
    from fixtures.emulator.server import Emulator


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output read as JSON."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The output read as a table."""
        return [line.split() for line in self.out.splitlines()]


class LegacyCli:
    """Runs commands against an emulator: by host name, through the port of one workspace as the HTTP proxy."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.folder = folder
        profiles = folder / "databrickscfg"
        profiles.touch(mode=0o600)
        text = emulator.profiles(by_name=True)
        profiles.write_text(text + text.replace("]\n", "-2.1]\njobs-api-version = 2.1\n"))
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "HTTP_PROXY": next(iter(emulator.hosts.values())),
            "DATABRICKS_CONFIG_FILE": str(profiles),
            "DATABRICKS_CLI_DO_NOT_EXECUTE_NEWER_VERSION": "1",
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def __call__(self, *args: str, profile: str = "primary") -> Said:
        """Run a command; the profile stands last, as any of them takes it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([*args, "--profile", profile]) + "\n")
        self._process.stdin.flush()
        return Said(**json.loads(self._process.stdout.readline()))

    def done(self, *args: str, profile: str = "primary") -> Said:
        """Run a command that must succeed."""
        said = self(*args, profile=profile)
        assert said.code == 0, said
        return said


def _forked(run: Callable[[], object], args: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            sys.argv = ["databricks", *args]
            try:
                run()
            except SystemExit as end:  # the long way out of the interpreter would take longer than the command
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(end.code if isinstance(end.code, int) else 1)
            sys.exit("the command did not end by itself")
        status = os.waitpid(child, 0)[1]
        for file in (out, err):
            file.seek(0)
        texts = (file.read().decode() for file in (out, err))
        return {"code": os.waitstatus_to_exitcode(status), **dict(zip(("out", "err"), texts, strict=True))}


def _serve() -> None:
    from databricks_cli.cli import main  # noqa: PLC0415 - only here, and only once

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_forked(main, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
