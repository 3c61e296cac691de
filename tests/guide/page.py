"""Writes docs/guide-story.md from the tables: `python -m tests.guide.page`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.guide.published import TABLE
from tests.guide.story import VERSIONS

FILE = Path(__file__).resolve().parents[2] / "docs" / "guide-story.md"
LOSSES: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("losses.yaml").read_text(encoding="utf-8")
)
_HEAD = """\
# The guide's story

Generated from `tests/guide/` by `python -m tests.guide.page`; edit the tables there, not this page.

The vendor's guide "Regional disaster recovery for Azure Databricks clusters" copies a workspace with three scripts and a
pair of commands around the command line databricks-cli. What becomes of a workspace that is copied so? The story is that
of a reader who follows the guide from its first step to its last with `databricks-cli==0.18.0`, against two workspaces of
the emulator, and then asks `lakedrill check`. Every version ends `not_ready`. What it lost is named below, object by
object; and nothing else is.

    sh .ci/test tests/guide -m ""

proves each line of the two tables about objects: what is listed as lost is found, nothing else is, and what is listed as
copied is found equal. The request log proves that no version writes to the primary.

Three versions are told:
"""
_TOLD_AGAIN = """\
## Told again, not quoted

What others wrote is not ours to publish, whatever its licence says, so the guide's scripts are no part of this
repository. `tests/guide/story.py` tells in our own words what they read, decide and send: the same commands in the same
order, with the same mistakes. Whoever has the guide can try whether that is true:

    python -m tests.guide.published FILE …            # texts of the guide, one a version
    python -m tests.guide.published --diff FILE …     # what is repaired, as a diff of one's own copy

The first takes the scripts out of the texts, makes the repairs listed below, runs them on Python 3 with the real
databricks-cli, tells the story beside them from the same start, and fails unless both sent the same requests to either
workspace and left the same findings. Scripts are known by their digests, so that a text which was changed is refused. The
guide is `howto-regional-disaster-recovery.md` in the repositories MicrosoftDocs/azure-docs and their translations; the
Spanish version is the plain text of the page at learn.microsoft.com, which has neither fences nor indentation.

## Repaired

The least that lets the scripts run on Python 3. The story tells them as they are after that; each repair is data in
`tests/guide/repairs.yaml`, with the number of places that it has, and none is made that is not listed.
"""
_NOT_REPAIRED = """\
Left as it is, since Python 3 has no part in it: the spaces that came into two names of the Swedish version; exit codes
that nobody looks at; success that is told of what was refused; a folder that is copied without the option for folders. Of
the reader's part, done is what the guide asks for before its first script (the users are added by hand), and what a
script prints for the next one to be filled in (the new ids of clusters). What it leaves to the reader beyond that, the
story's reader has not done.

What the emulator does is what it is known to do ([how](fidelity.md)); none of this has been run against a real workspace.
"""


def text() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_versions(), _TOLD_AGAIN, *_repairs(), _NOT_REPAIRED, *_lost(), *_kept()])


def _versions() -> Iterator[str]:
    yield "| version | published | scripts that stop before their end |\n| --- | --- | --- |"
    yield from (f"| {v.name} | {v.published} | {', '.join(v.stops) or 'none'} |" for v in VERSIONS)
    yield ""


def _repairs() -> Iterator[str]:
    yield "| repair | was | becomes | without it | places |\n| --- | --- | --- | --- | --- |"
    for name, kind in TABLE["kinds"].items():
        rows = [row for row in TABLE["scripts"] if name in row["repairs"]]
        places = ", ".join(f"{row['version']} {row['script']} {row['repairs'][name]}" for row in rows)
        yield f"| {name} | {kind['was']} | {kind['becomes']} | {kind['without']} | {places} |"
    yield ""


def _lost() -> Iterator[str]:
    yield "## Lost\n\n| what | lost by | in | why | what the check names |\n| --- | --- | --- | --- | --- |"
    for row in LOSSES["lost"]:
        yield f"| {row['what']} | {row['by']} | {_where(row)} | {row['why'].strip()} | {_spelled(row['found'])} |"
    yield ""


def _kept() -> Iterator[str]:
    yield "## Copied as it should be\n\n| what | in | what the check finds equal |\n| --- | --- | --- |"
    yield from (f"| {row['what']} | {_where(row)} | {_spelled(row['right'])} |" for row in LOSSES["kept"])
    yield ""


def _where(row: dict[str, Any]) -> str:
    return ", ".join(row["in"]) if "in" in row else "all"


def _spelled(findings: Iterable[list[str]]) -> str:
    """Return findings with the objects named once each."""
    objects: dict[str, list[str]] = {}
    for kind, key, *rest in findings:
        objects.setdefault(f"{kind}:{key}", []).append(_aspect(rest))
    return "<br>".join(f"`{name}` {', '.join(aspects)}" for name, aspects in objects.items())


def _aspect(rest: list[str]) -> str:
    match rest:
        case ["inventory", outcome]:
            return outcome
        case [aspect, _, path]:
            return f"{aspect} `{path}`"
        case [aspect, *_]:
            return aspect
    raise ValueError(rest)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
