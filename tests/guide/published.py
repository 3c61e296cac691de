"""The guide's own scripts, from a reader's copy of it: repaired for Python 3, run, and held against the story.

    python -m tests.guide.published FILE …            # texts of the guide, one a version
    python -m tests.guide.published --diff FILE …     # what is repaired, as a diff of the reader's copy

What others wrote is not ours to publish, whatever the licence, so the scripts are no part of this repository. `repairs.yaml`
has what must change in them, `story.py` tells them again in our words, and this program proves, to whoever has the guide, that
both are true: from the same start, the repaired scripts and the story send the same requests and leave the same findings.
The guide is "Regional disaster recovery for Azure Databricks clusters", howto-regional-disaster-recovery.md of the
repositories MicrosoftDocs/azure-docs*; as plain text a page has lost its fences and its indentation.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fixtures.emulator.server import Emulator, Running
from tests.guide.estate import by_hand, furnish
from tests.guide.findings import Finding, check, findings, records
from tests.guide.story import VERSIONS, Reader, Version
from tests.support.legacy_cli import LegacyCli
from tests.support.workspaces import IDS, Ground

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("repairs.yaml").read_text(encoding="utf-8"))
_FENCED = re.compile(r"^ *```python\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_PLAIN = re.compile(r"^import sys\n.*?(?=^Migra)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^ *((?:dbfs|databricks fs) cp .+)$", re.MULTILINE)
_TO_FILL_IN = re.compile(r"^cluster_old_new_mappings = \{.+\}$", re.MULTILINE)
_PRINTED = re.compile(r"^Cluster mappings: (.+)$", re.MULTILINE)


class NotTheGuide(Exception):
    """A text is not what was repaired."""


@dataclass(frozen=True)
class Script:
    """A script of a version: as published, without the indentation of the whole and empty lines, and repaired."""

    version: str
    name: str
    published: str
    repaired: str

    @property
    def diff(self) -> str:
        """What was repaired, for the reader's eyes."""
        texts = (self.published.splitlines(), self.repaired.splitlines())
        return "\n".join(difflib.unified_diff(*texts, f"{self.version}/{self.name}", "repaired", lineterm="", n=0))


@dataclass(frozen=True)
class Text:
    """A version of the guide: its scripts, and its commands for init scripts."""

    version: Version
    scripts: tuple[Script, ...]
    commands: tuple[str, ...]


def repaired(text: str, repairs: dict[str, int], depths: str = "") -> str:
    """Return a script with each repair made. Raises NotTheGuide where there are not as many places as are listed."""
    for name, places in repairs.items():
        kind = TABLE["kinds"][name]
        if name == "indentation":
            text, found = _indented(text, depths)
        else:
            text, found = re.subn(kind["pattern"], kind["by"], text, flags=re.MULTILINE)
        if found != places:
            raise NotTheGuide(f"{name}: {found} places, {places} expected")
    return text


def _indented(text: str, depths: str) -> tuple[str, int]:
    """Return the text with its lines at these depths, and how many moved."""
    lines = text.splitlines()
    if len(lines) != len(depths):
        raise NotTheGuide(f"indentation: {len(lines)} lines, {len(depths)} expected")
    moved = ["  " * int(depth) + line.strip() for line, depth in zip(lines, depths, strict=True)]
    return "\n".join(moved), sum(line != new for line, new in zip(lines, moved, strict=True))


def read(text: str) -> Text:
    """Find out which version a text is, and repair its scripts. Raises NotTheGuide for any other text."""
    fenced = _FENCED.findall(text)
    blocks = [block for block in fenced if "check_output" in block] or _PLAIN.findall(text)
    scripts = ["\n".join(line.rstrip() for line in textwrap.dedent(b).splitlines() if line.strip()) for b in blocks]
    digests = [hashlib.sha256(script.encode()).hexdigest() for script in scripts]
    rows = {v: [row for row in TABLE["scripts"] if row["version"] == v.name] for v in VERSIONS}
    version = next((v for v in VERSIONS if [row["digest"] for row in rows[v]] == digests), None)
    if version is None:
        raise NotTheGuide(f"no version that is known: scripts with the digests {', '.join(digests) or '(none)'}")
    found = (
        Script(version.name, row["script"], script, repaired(script, row["repairs"], row.get("depths", "")))
        for row, script in zip(rows[version], scripts, strict=True)
    )
    return Text(version, tuple(found), tuple(_COMMAND.findall(text)))


def _filled_in(source: str, mapping: str) -> str:
    return _TO_FILL_IN.sub(f"cluster_old_new_mappings = {mapping}", source) if mapping else source


def run(text: Text, cli: LegacyCli) -> list[str]:
    """Run the scripts and then the commands, as their reader does; return the names of those that did not come to their end.

    What the guide asks its reader to fill in, the ids of clusters, is filled in as the script before has printed it.
    """
    env = {**cli.env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{cli.env['PATH']}"}
    stopped, mapping = [], ""
    for script in text.scripts:
        file = cli.folder / f"{script.name}.py"
        file.write_text(_filled_in(script.repaired, mapping), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(file)], env=env, cwd=cli.folder, capture_output=True, text=True, check=False
        )
        stopped += [script.name] * (done.returncode != 0)
        mapping = next(iter(_PRINTED.findall(done.stdout)), mapping)
    for command in text.commands:
        subprocess.run(command, shell=True, env=env, cwd=cli.folder, capture_output=True, check=False)  # noqa: S602
    return stopped


@dataclass(frozen=True)
class Left:
    """What somebody who followed the guide left behind."""

    stopped: list[str]
    requests: Counter[tuple[str, ...]]
    """Workspace, method, path, query and status. Their order hangs on the file system, which lists a folder's files."""
    findings: set[Finding]


def follow(how: Callable[[LegacyCli], list[str]]) -> Left:
    """Let `how` copy one workspace to another, both as the story begins, and check the copy."""
    with tempfile.TemporaryDirectory() as folder, Running(Emulator(federated=False)) as running:
        ground = Ground(running, Path(folder))
        furnish(ground)
        by_hand(ground)
        since = {role: len(ground.log(role)) for role in IDS}
        Path(folder, "reader").mkdir()
        with LegacyCli(running.emulator, Path(folder, "reader")) as cli:
            stopped = how(cli)
        sent = Counter(
            (role, entry.method, entry.path, entry.query, str(entry.status))
            for role, start in since.items()
            for entry in ground.log(role)[start:]
        )
        check(ground)
        return Left(stopped, sent, findings(records(ground)))


def compare(text: Text) -> str:
    """Follow a version in both ways; return a line that says what was alike. Raises NotTheGuide where something was not."""
    theirs, ours = follow(lambda cli: run(text, cli)), follow(lambda cli: Reader(text.version, cli).follow())
    for name in ("stopped", "requests", "findings"):
        one, other = getattr(theirs, name), getattr(ours, name)
        if one != other:
            raise NotTheGuide(f"{text.version.name}: {name} are not alike: {one} and {other}")
    stopped = ", ".join(ours.stopped) or "none"
    sent = ours.requests.total()
    return f"{text.version.name}: {sent} requests alike, {len(ours.findings)} findings alike, stopped: {stopped}"


def main(argv: list[str] | None = None) -> int:
    """Print a line a version, or the diff of all; return 1 where something was not as it is told, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.guide.published", description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="+", type=Path, help="a text of the guide")
    parser.add_argument("--diff", action="store_true", help="print what is repaired")
    args = parser.parse_args(argv)
    wrong = False
    for file in args.file:
        try:
            text = read(file.read_text(encoding="utf-8"))
            said = "\n".join(script.diff for script in text.scripts) if args.diff else compare(text)
        except (NotTheGuide, OSError, UnicodeDecodeError) as error:
            wrong, said = True, f"{file}: {error}"
        sys.stdout.write(f"{said}\n")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
