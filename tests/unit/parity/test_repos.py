"""Git folders compared: at one commit file by file, at two not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.ignore import Ignored
from lakedrill.inventory.kind import Facet
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.snapshot import Unreadable
from lakedrill.parity.comparison import Comparison
from lakedrill.parity.outcome import Outcome, Record, Verdict, judge
from tests.support.snapshots import build

PATH = "/Shared/it's etl"
CLONE = {
    "path": PATH,
    "url": "https://github.com/example/etl.git",
    "provider": "gitHub",
    "branch": "main",
    "head_commit_id": "a" * 40,
    "files": {"src/main.py": {"object_type": "FILE", "sha256": "1"}},
}
EDITED = {"files": {"src/main.py": {"object_type": "FILE", "sha256": "2"}}}
MOVED = {"head_commit_id": "b" * 40}


class _Sides:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def compare(self, other: dict[str, Any], one: dict[str, Any] | None = None, **rest: Any) -> Comparison:
        """Compare a clone with one that differs in some fields; a field that is None is not there."""
        unread = {("repos", "2"): rest.pop("unread")} if "unread" in rest else {}
        documents = (
            {name: value for name, value in {**CLONE, **given, "id": n}.items() if value is not None}
            for n, given in enumerate((one or {}, other), 1)
        )
        snapshots = [
            build(
                self.folder / role,
                role,
                {"repos": {str(document["id"]): document}},
                unreadable={key: why for key, why in unread.items() if role == "secondary"},
            )
            for role, document in zip(("primary", "secondary"), documents, strict=True)
        ]
        return Comparison(*snapshots, CATALOGUE, **rest)

    def records(self, other: dict[str, Any], one: dict[str, Any] | None = None, **rest: Any) -> dict[str, Record]:
        comparison = self.compare(other, one, **rest)
        (each,) = comparison.pairs
        return {aspect: comparison.judge(each, aspect) for aspect in comparison.aspects(each)}


@pytest.fixture
def sides(tmp_path: Path) -> _Sides:
    return _Sides(tmp_path)


def test_at_one_commit_an_edit_is_found_by_its_file(sides: _Sides) -> None:
    assert {r.outcome for r in sides.records({}).values()} == {Outcome.EQUAL}
    found = sides.records(EDITED)
    assert found["definition"].outcome is Outcome.EQUAL
    assert found["files"].outcome is Outcome.DIFFERENT
    assert [d.path for d in found["files"].differences] == ["files.src/main.py.sha256"]
    assert found["files"].fix.startswith("commit and push the edits")


@pytest.mark.parametrize("files", [{}, EDITED])
def test_at_two_commits_nobody_can_say(sides: _Sides, files: dict[str, Any]) -> None:
    """Whether the files are alike or not. It follows from the commit, and what mends that is told."""
    found = sides.records({**MOVED, **files})
    assert found["definition"].outcome is Outcome.DIFFERENT
    assert found["files"].outcome is Outcome.UNVERIFIABLE
    assert not found["files"].counted
    assert "at different commits" in found["files"].reason
    for record in (found["definition"], found["files"]):
        assert (
            record.fix
            == "databricks repos update '/Shared/it'\"'\"'s etl' --branch main, on the side whose commit is older"
        )


def test_with_other_patterns_nobody_can_say(sides: _Sides) -> None:
    patterns = [{"sparse_checkout": {"patterns": [name]}} for name in ("src", "lib")]
    assert "different patterns" in sides.records(*patterns)["files"].reason


def test_a_commit_that_may_differ_leaves_the_files_undecided(sides: _Sides) -> None:
    """A waiver of the commit is none of the edits that it may hide."""
    row = Ignored(kind="repos", path="head_commit_id", reason="r", owner="o", expires="2999-01-01")
    comparison = sides.compare(MOVED, ignore=(row,))
    (each,) = comparison.pairs
    found = [comparison.judge(each, aspect) for aspect in comparison.aspects(each)]
    assert {r.aspect: r.outcome for r in found}["definition"] is Outcome.WAIVED
    judged = judge([r.slot for r in found], found)
    assert judged.verdict is Verdict.UNDECIDED
    assert [r.aspect for r in judged.records if r.counted] == ["files"]


def test_one_that_can_not_be_read_has_no_commit_to_compare_at(sides: _Sides) -> None:
    found = sides.records({}, unread=Unreadable("PERMISSION_DENIED", "may not"))
    assert {found[aspect].outcome for aspect in ("definition", "files")} == {Outcome.UNVERIFIABLE}


@pytest.mark.parametrize(
    ("primary", "secondary", "told"),
    [
        ({}, {"url": "https://gitlab.com/x.git"}, "remove the secondary's and copy again"),
        ({"sparse_checkout": {"patterns": []}}, {}, "remove the secondary's and copy again"),
        ({"branch": None}, {}, "--tag TAG"),
        ({"branch": "a b"}, {}, "--branch 'a b'"),
    ],
)
def test_what_mends_it_is_told(sides: _Sides, primary: dict[str, Any], secondary: dict[str, Any], told: str) -> None:
    assert told in sides.records(secondary, primary)["definition"].fix


def test_a_copy_mends_its_permissions_and_that_there_is_none(sides: _Sides) -> None:
    comparison = sides.compare({})
    assert comparison.mend(comparison.pairs[0], Facet.PERMISSIONS).startswith("lakedrill migrate --only")
    assert CATALOGUE["repos"].mended_by(None, CLONE, {}) == ""
