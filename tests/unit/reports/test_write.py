"""All reports of a drill's folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lakedrill.parity.outcome import Record
from reports import html
from reports.results import ReportError
from reports.write import write

Make = Callable[..., Path]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_is_written_and_nothing_else(make: Make, records: list[Record]) -> None:
    folder = make(records)
    assert write(folder) == [folder / "report.html", folder / "junit.xml", folder / "allure-results"]
    assert _names(folder) == {"results.json", "records.jsonl", "report.html", "junit.xml", "allure-results"}
    assert len(list((folder / "allure-results").glob("*-result.json"))) == len(records)


@pytest.mark.parametrize("name", ["weird", "green"])
def test_nothing_of_an_earlier_run_is_left(
    make: Make, records: list[Record], request: pytest.FixtureRequest, name: str
) -> None:
    folder = make(records)
    write(folder)
    (folder / ".allure-results.part").mkdir()
    (folder / ".allure-results.old").mkdir()
    (folder / "allure-results" / "stale-result.json").write_text("{}")
    given: list[Record] = request.getfixturevalue(name)
    write(make(given))
    assert len(list((folder / "allure-results").iterdir())) == len(given) + 1
    assert _names(folder) == {"results.json", "records.jsonl", "report.html", "junit.xml", "allure-results"}


def test_a_link_is_replaced_and_not_followed(
    make: Make, records: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, elsewhere = make(records), tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "kept").write_text("kept")
    (folder / "allure-results").symlink_to(elsewhere)
    write(folder)
    assert _names(elsewhere) == {"kept"}
    assert not (folder / "allure-results").is_symlink()


def test_a_wrong_folder_is_left_as_it_is(make: Make, records: list[Record]) -> None:
    folder = make(records)
    write(folder)
    before = (folder / "report.html").read_bytes()
    (folder / "results.json").write_text("{}")
    with pytest.raises(ReportError):
        write(folder)
    assert (folder / "report.html").read_bytes() == before


def test_what_fails_leaves_no_half(make: Make, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(records)

    def broken(_: object) -> str:
        raise RuntimeError("no")

    monkeypatch.setattr(html, "render", broken)
    with pytest.raises(RuntimeError):
        write(folder)
    assert _names(folder) == {"results.json", "records.jsonl"}


def test_nothing_is_added_that_is_not_in_the_drill(
    make: Make, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-of-the-caller")
    folder = make(records)
    written = "".join(path.read_text() for path in _files(write(folder)))
    for alien in ("dapi-of-the-caller", str(folder), str(Path.home()), str(Path(html.__file__).parent)):
        assert alien not in written
    assert json.loads((folder / "results.json").read_text())["drill"]["digest"] in written


def _files(paths: list[Path]) -> list[Path]:
    return [file for path in paths for file in (path.iterdir() if path.is_dir() else [path])]
