"""Writes docs/fidelity.md from the table: `python -m tests.support.fidelity.page`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.fidelity import table

FILE = Path(__file__).resolve().parents[3] / "docs" / "fidelity.md"
_TIERS = {
    1: "recorded: status, code, text and shape to the letter",
    2: "documented: status and code, the text by a pattern; answers against the SDK's classes",
    3: "guessed: the class of the SDK's exception alone, so unverified",
}
_HEAD = """\
# How the emulator is known to behave as the service does

Generated from `fixtures/emulator/fidelity/` by `python -m tests.support.fidelity.page`; edit the table, not this page.

Each fact there has a request, the answer it gets, a source and a tier. `sh .ci/full fidelity` tries all of them on the emulator
and prints how many agreed. What the SDK parses, it parses itself: every route is reached by a call of the genuine SDK, and each
raw answer is held against the class that the call made of it. A field that the class lacks has a row with its source.
"""
_LIVE = """\
## On a real workspace

    python -m pytest tests/emulator --live PROFILE
    python -m pytest tests/emulator --live PROFILE --live-write /Shared/FOLDER

The first only reads. The second also makes notebooks, files, folders and jobs that nothing can start, all called
`lakedrill-fidelity-…`, inside a folder that is there already, and takes them away again; the transport refuses anything else.
Both write `fidelity-report.json`: each fact as agreed, differing (with both sides) or unverified. Shapes, codes and texts are
in it, with ids, names, e-mail addresses and hosts taken out. Read it before you send it.

A differing fact is corrected in the table first, with the report as its source, and then in the emulator.
"""


def text() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_counts(), _LIVE, *_unverified(), *_left()])


def _counts() -> Iterator[str]:
    counts = Counter((fact.family, fact.tier) for family in table.load() for fact in family.facts)
    counts.update((call.family, 2) for family in table.load() for call in family.calls if call.sdk)
    names = [family.name for family in table.load()]
    yield "| tier | what is asserted | facts |\n| --- | --- | --- |"
    for tier, words in _TIERS.items():
        yield f"| {tier} | {words} | {sum(counts[name, tier] for name in names)} |"
    yield "\n| family | tier 1 | tier 2 | tier 3 |\n| --- | --- | --- | --- |"
    yield from (f"| {name} | {counts[name, 1]} | {counts[name, 2]} | {counts[name, 3]} |" for name in names)
    yield ""


def _unverified() -> Iterator[str]:
    yield "## Unverified\n\nWhat to look at first on a real workspace; `read` and `write` say which are asked there.\n"
    for family in table.load():
        facts = [fact for fact in family.facts if fact.tier == 3]
        if facts:
            yield f"### {family.name}\n\n| fact | what | request | the emulator | asked |\n| --- | --- | --- | --- | --- |"
            for fact in facts:
                held = "success" if fact.expect["class"] == "ok" else f"`{fact.expect['class']}`"
                yield f"| {fact.id} | {fact.what} | `{fact.step.request}` | {held} | {fact.live} |"
            yield ""


def _left() -> Iterator[str]:
    yield "## Left out on purpose\n\n| family | what | why |\n| --- | --- | --- |"
    for family in table.load():
        for row in family.left:
            what = f"{row['what']} (`{row['sdk']}`)" if "sdk" in row else row["what"]
            yield f"| {family.name} | {what} | {row['why']} |"
    yield ""


if __name__ == "__main__":
    FILE.write_text(text())
