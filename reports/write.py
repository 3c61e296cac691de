"""Turns a drill's folder into what people and their tools read: report.html, junit.xml, allure-results/."""

from __future__ import annotations

import shutil
from pathlib import Path

from reports import allure, html, junit
from reports.results import read

REPORT, JUNIT, ALLURE = "report.html", "junit.xml", "allure-results"


def write(folder: Path) -> list[Path]:
    """Write all reports from results.json and records.jsonl, and return where they are.

    Everything is made aside first and then put in place, each file and the whole of allure-results/ at once, so that
    nothing of an earlier run is left among it. Raises ReportError, and leaves what is there, where the two are wrong.
    """
    findings = read(folder)
    made = {name: folder / f".{name}.part" for name in (REPORT, JUNIT, ALLURE)}
    try:
        for part in made.values():
            _remove(part)
        made[REPORT].write_bytes(html.render(findings).encode())
        made[JUNIT].write_bytes(junit.render(findings))
        made[ALLURE].mkdir()
        allure.write(findings, made[ALLURE])
        for name, part in made.items():
            _place(part, folder / name)
    finally:
        for part in made.values():
            _remove(part)
    return [folder / name for name in made]


def _place(part: Path, final: Path) -> None:
    """Put a finished part where it belongs. A folder can't be renamed over one that has files, so that one goes first."""
    if not part.is_dir():
        part.replace(final)
        return
    old = final.with_name(f".{final.name}.old")
    _remove(old)
    if final.exists() or final.is_symlink():
        final.rename(old)
    part.rename(final)
    _remove(old)


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
