"""The emulator as a process of its own, with a drill.yaml for it: what `emulator up` and `demo` share."""

from __future__ import annotations

import configparser
import json
import math
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import yaml

from fixtures import estate
from fixtures.emulator.modes import Modes
from fixtures.estate import Door, Size
from fixtures.estate.client import Client
from lakedrill.cli._shared import say
from lakedrill.cli.init import render
from lakedrill.house import interpreter
from lakedrill.inventory.drill import FILE
from lakedrill.inventory.errors import DrillError, UsageError

PROFILES = "databrickscfg"
IDS = {"primary": 7_000_000_000_000_001, "secondary": 7_000_000_000_000_002}
SIZES: dict[str, Size] = {size.name: size for size in (estate.SMALL, estate.MEDIUM, estate.LARGE, estate.ODD)}


def _number(_context: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is no number")
    return value


limits_option: Callable[[Any], Any] = click.option(
    "--limits",
    type=click.FloatRange(0, 1_000_000, min_open=True),
    is_flag=False,
    flag_value=1.0,
    metavar="[SCALE]",
    callback=_number,
    help="Enforce the service's request limits; with a number, so many times as fast.",
)


regions_option: Callable[[Any], Any] = click.option(
    "--regions",
    is_flag=True,
    help="The primary holds what is bound to its region as well: storage, node types, zones; drill.yaml maps it.",
)


@dataclass(frozen=True)
class Served:
    """An emulator that answers, and the folder with its profile file."""

    folder: Path
    hosts: dict[str, str]
    process: subprocess.Popen[str]

    def door(self, name: str) -> Door:
        """Return the way into one of its workspaces."""
        profiles = configparser.ConfigParser()
        profiles.read(self.folder / PROFILES)
        return Door(self.hosts[name], profiles[name]["token"], self.hosts["primary"])


@contextmanager
def served(folder: Path, *, local_identity: bool = False, same_ids: bool = False) -> Iterator[Served]:
    """Start two workspaces that last as long as the context. Nothing touches the user's own profile file."""
    missing = [name for name in ("starlette", "uvicorn", "httptools", "python_multipart") if find_spec(name) is None]
    if missing:
        raise UsageError(f"the emulator needs {', '.join(missing)}; install lakedrill[emulator]")
    options = ["--directory", str(folder)]
    options += ["--local-identity"] * local_identity + ["--same-ids"] * same_ids
    process = subprocess.Popen(
        interpreter("fixtures.emulator", options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        if not said:
            raise DrillError("the emulator did not start; what it said stands above")
        yield Served(folder, json.loads(said)["hosts"], process)
    finally:
        process.stdin.close()  # with which it ends
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def fill(emulator: Served, size: Size) -> None:
    """Fill the primary with a sample estate, and the secondary with what an identity provider would have put there."""
    estate.build(emulator.door("primary"), size)
    estate.prepare_secondary(emulator.door("secondary"), size)


def enforce_limits(emulator: Served, scale: float | None) -> None:
    """Have both workspaces enforce the service's request limits, `scale` times as fast; None: have them stop."""
    body = {"on": False} if scale is None else {"on": True, "scale": scale}
    for name in emulator.hosts:
        with Client(emulator.door(name)) as client:
            client.control("POST", f"{name}/limits", body)


def within_limits(emulator: Served, scale: float | None) -> None:
    """Say how many requests came while the limits were enforced, and how many of them were refused."""
    for name in emulator.hosts if scale is not None else ():
        with Client(emulator.door(name)) as client:
            told = client.control("GET", f"{name}/limits")
        share = 100 * told["refused"] / max(told["requests"], 1)
        say(f"{name}: {told['requests']:,} requests within the limits, {told['refused']:,} refused ({share:.2f} %)")


def switch(emulator: Served, modes: Modes) -> None:
    """Switch modes on in both workspaces."""
    for name in emulator.hosts:
        with Client(emulator.door(name)) as client:
            client.control("POST", f"{name}/modes", asdict(modes))


def write_drill(
    folder: Path, name: str, *, dedicated: bool, limits: float | None = None, size: Size = estate.SMALL
) -> Path:
    """Write a drill.yaml for the emulator's two workspaces, the primary filled as `size` says.

    `limits`: what they enforce, as in `enforce_limits`.
    """
    rows = yaml.safe_dump({"mapping": [dict(row) for row in estate.rows(size)]}, sort_keys=False)
    text = render(
        name,
        ("primary", IDS["primary"]),
        ("secondary", IDS["secondary"]),
        config_file=Path(PROFILES),
        dedicated=dedicated,
        must_see='must_see: ["groups:admins"]  # it starts empty',
        secrets=yaml.safe_dump({"secrets": estate.SECRETS}),
        rate="rate: off\n" if limits is None else f"rate: {{scale: {limits:g}}}\n",
        apply=yaml.safe_dump({"apply": list(estate.APPLY)}),
        adopt=yaml.safe_dump({"adopt": list(estate.ADOPT)}),
        scope=yaml.safe_dump({"scope": [dict(rule) for rule in estate.SCOPE]}, sort_keys=False),
        mapping=rows,
    )
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder / FILE


def prepared(folder: Path) -> Path:
    """Return a folder to work in. Raises UsageError for one that holds a drill or profiles already."""
    folder = folder.resolve()
    for name in (FILE, PROFILES):
        if (folder / name).exists():
            raise UsageError(f"{folder}: holds a {name} already; name another folder with --dir")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: can't be made: {error.strerror}") from None
    return folder
