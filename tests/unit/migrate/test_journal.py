import json
from pathlib import Path

import pytest

from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Facet
from migrate.journal import Journal


def _open(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl", 7)


def test_what_we_wrote_last_is_ours_and_what_somebody_changed_is_not(tmp_path: Path) -> None:
    with _open(tmp_path) as journal:
        journal.wrote("jobs", "j", "1", "2", Facet.DEFINITION, "a", "r")

    with _open(tmp_path) as journal:
        assert journal.is_ours("jobs", "2", "1", Facet.DEFINITION, "a")
        assert not journal.is_ours("jobs", "2", "1", Facet.DEFINITION, "b")
        assert not journal.is_ours("jobs", "3", "1", Facet.DEFINITION, "a")
        assert not journal.is_ours("jobs", "2", "1", Facet.PERMISSIONS, "a")


def test_a_facet_that_the_server_gave_an_object_of_ours_is_ours_until_we_wrote_it(tmp_path: Path) -> None:
    with _open(tmp_path) as journal:
        journal.begin("jobs", "j", "1")
        journal.made("jobs", "j", "1", "2", "r")

        assert journal.is_fresh("jobs", "2", "1", Facet.PERMISSIONS)
        assert journal.is_ours("jobs", "2", "1", Facet.PERMISSIONS, "anything")
        journal.wrote("jobs", "j", "1", "2", Facet.PERMISSIONS, "a", "r")
        assert not journal.is_fresh("jobs", "2", "1", Facet.PERMISSIONS)
        assert not journal.is_ours("jobs", "2", "1", Facet.PERMISSIONS, "anything")


def test_what_was_begun_may_be_ours_until_it_was_refused(tmp_path: Path) -> None:
    with _open(tmp_path) as journal:
        journal.begin("jobs", "j", "1")
    with _open(tmp_path) as journal:
        assert journal.is_ours("jobs", "9", "1", Facet.DEFINITION, "x")
        assert journal.is_fresh("jobs", "9", "1", Facet.PERMISSIONS)
        journal.refused("jobs", "j", "1")
    with _open(tmp_path) as journal:
        assert not journal.is_ours("jobs", "9", "1", Facet.DEFINITION, "x")
        assert not journal.is_fresh("jobs", "9", "1", Facet.PERMISSIONS)


def test_what_was_removed_is_forgotten(tmp_path: Path) -> None:
    with _open(tmp_path) as journal:
        journal.made("jobs", "j", "1", "2", "r")
        journal.removed("jobs", "j", "2")
    with _open(tmp_path) as journal:
        assert ("jobs", "2") not in journal.objects


def test_a_reason_is_kept_without_secrets(tmp_path: Path) -> None:
    with _open(tmp_path) as journal:
        journal.failed("jobs", "j", Facet.DEFINITION, "bad token dapi0123456789abcdef")

    assert "dapi0123" not in (tmp_path / "journal.jsonl").read_text()


def test_a_line_that_a_kill_cut_short_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with _open(tmp_path) as journal:
        journal.begin("jobs", "j", "1")
    with file.open("ab") as stream:
        stream.write('{"event": "made", "key": "日'.encode()[:-1])
    for number in (2, 3):
        with _open(tmp_path) as journal:
            assert ("jobs", "1") in journal.open
            journal.begin("jobs", "k", str(number))

    events = [json.loads(line)["event"] for line in file.read_text().splitlines()]
    assert events == ["opened", "begin", "begin", "begin"]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"event": "made"}'])
def test_a_damaged_journal_is_told_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "journal.jsonl"
    with _open(tmp_path) as journal:
        journal.begin("jobs", "j", "1")
    file.write_text(f"{file.read_text()}{line}\n")

    with pytest.raises(UsageError, match=r"journal\.jsonl:3"):
        _open(tmp_path)


def test_a_journal_of_another_workspace_is_told(tmp_path: Path) -> None:
    with _open(tmp_path):
        pass

    with pytest.raises(UsageError, match="workspace 7"):
        Journal(tmp_path / "journal.jsonl", 8)


def test_a_line_that_somebody_is_writing_is_left_to_him(tmp_path: Path) -> None:
    """A plan reads the journal of a copy that is under way."""
    with _open(tmp_path) as journal:
        journal.begin("jobs", "j", "1")
    file = tmp_path / "journal.jsonl"
    with file.open("a") as stream:
        stream.write('{"event": "ma')
    before = file.read_bytes()

    with Journal(file, 7, mend=False) as journal:
        assert ("jobs", "1") in journal.open

    assert file.read_bytes() == before
    with Journal(file, 7) as journal:
        assert ("jobs", "1") in journal.open
    assert file.read_bytes() == before.removesuffix(b'{"event": "ma')


def test_what_is_kept_is_remembered_until_it_is_written(tmp_path: Path) -> None:
    with _open(tmp_path) as journal:
        journal.keep("jobs", "j", "2", Facet.DEFINITION, ("theirs", "ours"))
        journal.keep("jobs", "j", "2", Facet.DEFINITION, ("theirs", "ours"))

    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert sum('"kept"' in line for line in lines) == 1
    with _open(tmp_path) as journal:
        assert journal.kept == {("jobs", "2", "definition"): ("theirs", "ours")}
        journal.wrote("jobs", "j", "1", "2", Facet.DEFINITION, "a", "r")
        assert journal.kept == {}
