"""A drill on an emulator in this process: its folder, its file, and the command line as a user types it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fixtures import estate
from fixtures.emulator import mounts
from fixtures.emulator.app import Entry
from fixtures.emulator.server import Running
from fixtures.estate import Door, Size
from lakedrill.cli._emulator import PROFILES, write_drill
from lakedrill.cli.main import main
from tests.support.workspaces import NO_MOUNTS

TINY = replace(
    estate.SMALL,
    name="tiny",
    **dict.fromkeys(
        (
            "users",
            "groups",
            "service_principals",
            "folders",
            "notebooks",
            "files",
            "clusters",
            "jobs",
            "pools",
            "policies",
        ),
        0,
    ),
    global_init_scripts=0,
    pipelines=0,
    large_notebook=False,
)
"""Only what every sample estate has."""


@dataclass
class Land:
    """Two workspaces and a folder with a drill of them."""

    running: Running
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "drill.yaml"

    @property
    def profiles(self) -> Path:
        return self.folder / PROFILES

    @property
    def home(self) -> Path:
        """The drill's folder."""
        return self.folder / "drills" / "drill"

    @property
    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.home / "results.json").read_text())
        return found

    @property
    def counted(self) -> set[tuple[str, str, str, str]]:
        """The findings that count: kind, key, aspect, outcome."""
        found = self.results["findings"]
        return {(f["kind"], f["key"], f["aspect"], f["outcome"]) for f in found if f["counted"]}

    def write(self) -> Land:
        """Write the profile file and drill.yaml; mounts are listed by clusters where the workspaces are filled."""
        self.profiles.write_text(self.running.emulator.profiles())
        (self.folder / "no-mounts").write_text(NO_MOUNTS)
        by_file = {role: {"file": "no-mounts"} for role in ("primary", "secondary")}
        filled = mounts.mounted(self.running.emulator.apps["primary"].workspace.state)
        write_drill(self.folder, "drill", dedicated=False, mounts=estate.MOUNTS if filled else by_file)
        return self

    def fill(self, size: Size = TINY) -> Land:
        """Fill both workspaces as they are before a first copy."""
        estate.build(self.door("primary"), size)
        estate.prepare_secondary(self.door("secondary"), size)
        return self.write()

    def door(self, name: str) -> Door:
        return Door.of(self.running, name)

    def log(self, name: str) -> list[Entry]:
        return self.running.emulator.apps[name].log

    def digest(self, name: str) -> str:
        """The digest of all that a workspace holds."""
        return self.running.emulator.apps[name].workspace.state.digest

    def run(self, verb: str, *args: str) -> int:
        """Run a verb of the command line on this drill."""
        return main([verb, "--drill", str(self.file), *args])
