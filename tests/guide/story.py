"""The guide's scripts told again: the same commands of databricks-cli 0.18, in the same order, with the same mistakes.

What the scripts read, decide and send is told here in our own words, as what others wrote is not ours to publish; how it is
known that the telling is true, `published.py` says. Told are the scripts after their repairs for Python 3 (`repairs.yaml`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.legacy_cli import LegacyCli, Said

_KEPT = (
    "num_workers",
    "autoscale",
    "cluster_name",
    "spark_version",
    "spark_conf",
    "node_type_id",
    "driver_node_type_id",
    "custom_tags",
    "cluster_log_conf",
    "spark_env_vars",
    "autotermination_minutes",
    "enable_elastic_disk",
)
_SPACED = {"node_type_id": " node_type_id", "spark_env_vars": "sp ark_env_vars"}
_LOCAL, _DBFS, _VOLUME = "old-ws-init-scripts", "dbfs:/databricks/init", "dbfs:/Volumes/my_catalog/my_schema/my_volume/"


class Stopped(Exception):
    """A command failed that the script does not go on without. What it had to say at its end, it does not say."""


@dataclass(frozen=True)
class Version:
    """One published version, by what it does otherwise than the others."""

    name: str
    published: str
    stops: tuple[str, ...] = ()
    """Its scripts that do not come to their end."""
    listing: str = "ls"
    kept: tuple[str, ...] = _KEPT
    """What of a cluster is sent to the other side."""
    careful: bool = True
    """Leaves out the clusters of jobs' runs and lines without text, and sends a file."""
    init: tuple[tuple[str, ...], ...] = (
        ("fs", "cp", "-r", _DBFS, f"./{_LOCAL}"),
        ("fs", "cp", "-r", _LOCAL, _DBFS),
    )
    """The init scripts' way out and in."""


VERSIONS = (
    Version(
        "sv-2018",
        "Swedish, August 2018",
        stops=("clusters",),
        kept=tuple(_SPACED.get(name, name) for name in _KEPT),
        careful=False,
    ),
    Version("pt-2019", "Portuguese, March 2019"),
    Version(
        "es-2024",
        "Spanish, about 2024",
        listing="list",
        init=(("fs", "cp", _VOLUME, f"./{_LOCAL}"), ("fs", "cp", _LOCAL, _VOLUME)),
    ),
)


@dataclass
class Reader:
    """Somebody who runs the scripts of a version one after the other, in a folder of their own, and goes on as they say."""

    version: Version
    cli: LegacyCli

    def follow(self) -> list[str]:
        """Carry out every step for which the guide has a script or commands; return those that did not come to their end."""
        stopped: list[str] = []
        mapping: dict[str, str] = {}
        for name, step in (
            ("homes", self.homes),
            ("clusters", lambda: mapping.update(self.clusters())),
            ("jobs", lambda: self.jobs(mapping)),
            ("init", self.init_scripts),
        ):
            try:
                step()
            except Stopped:
                stopped.append(name)
        return stopped

    def homes(self) -> None:
        """Copy each home through a folder here. What fails of one is said, and the next one's turn comes."""
        for user in self._told("workspace", self.version.listing, "/Users").out.splitlines():
            here, there = f"./{user}", f"/Users/{user}"
            (self.cli.folder / user).mkdir(parents=True, exist_ok=True)
            if self.cli("workspace", "export_dir", there, here).code == 0:
                self.cli("workspace", "import_dir", here, there, profile="secondary")

    def clusters(self) -> dict[str, str]:
        """Create each cluster, of what is kept; return old ids to new ones, as the script prints them at its end."""
        lines = self._told("clusters", "list").out.splitlines()
        mapping = {}
        for old in [_first(line) for line in lines if line or not self.version.careful]:
            found = json.loads(self._told("clusters", "get", "--cluster-id", old).out)
            if self.version.careful and found["cluster_source"] == "JOB":
                continue
            wanted = {name: value for name, value in found.items() if name in self.version.kept}
            made = self._told("clusters", "create", *self._sent(wanted), profile="secondary")
            mapping[old] = json.loads(made.out)["cluster_id"]
        return mapping

    def jobs(self, mapping: dict[str, str]) -> None:
        """Create each job without its schedule. One on a cluster that `mapping` lacks is left out, and any refusal unheard."""
        said = self.cli("jobs", "list")
        for job in [_first(line) for line in said.out.splitlines()] if said.code == 0 else ():
            settings = json.loads(self._told("jobs", "get", "--job-id", job).out)["settings"]
            settings.pop("schedule", None)
            if "existing_cluster_id" in settings:
                if settings["existing_cluster_id"] not in mapping:
                    continue
                settings["existing_cluster_id"] = mapping[settings["existing_cluster_id"]]
            self.cli("jobs", "create", "--json", json.dumps(settings), profile="secondary")

    def init_scripts(self) -> None:
        """Copy the init scripts, out and in."""
        for command, profile in zip(self.version.init, ("primary", "secondary"), strict=True):
            self.cli(*command, profile=profile)

    def _told(self, *command: str, profile: str = "primary") -> Said:
        said = self.cli(*command, profile=profile)
        if said.code:
            raise Stopped(said.out)
        return said

    def _sent(self, wanted: dict[str, Any]) -> tuple[str, str]:
        if not self.version.careful:
            return "--json", json.dumps(wanted)
        file = Path(self.cli.folder, "cluster.json")
        file.write_text(json.dumps(wanted))
        return "--json-file", str(file)


def _first(line: str) -> str:
    """Return the first word, as the scripts take it of every line; of one without text they can't."""
    words = line.split()
    if not words:
        raise Stopped("a line without a word")
    return words[0]
