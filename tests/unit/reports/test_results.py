"""results.json and records.jsonl, read back."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lakedrill.parity import results
from lakedrill.parity.outcome import Colour, Outcome, Record, Slot, Verdict
from reports.results import FORMAT, ReportError, load, load_records, read, schema

Make = Callable[..., Path]


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Change results.json, and return what is said of it."""
    file = folder / "results.json"
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    with pytest.raises(ReportError) as caught:
        read(folder)
    said = str(caught.value)
    assert said.startswith(f"{file}: ")
    assert "\n" not in said
    return said.removeprefix(f"{file}: ")


def test_what_a_drill_writes_is_valid(
    make: Make, records: list[Record], green: list[Record], weird: list[Record]
) -> None:
    for given, verdict in ((records, "not_ready"), (green, "ready"), (weird, "not_ready"), ([], "undecided")):
        found = read(make(given))
        assert found.verdict == verdict
        # A finding that names a cause which is none is counted, so that is not kept.
        assert [replace(r, because_of="") for r in found.records] == [replace(r, because_of="") for r in given]


def test_the_schema_is_one_and_knows_every_outcome() -> None:
    Draft202012Validator.check_schema(schema())
    assert FORMAT == results.FORMAT == schema()["properties"]["format"]["const"]
    assert schema()["properties"]["verdict"]["enum"] == list(Verdict)
    assert schema()["$defs"]["outcome"]["enum"] == list(Outcome)
    assert schema()["$defs"]["found"]["enum"] == [o for o in Outcome if o.colour is not Colour.GREEN]


def _fields(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for name, child in node.get("properties", {}).items():
            yield f"{path}.{name}", child
        for name, child in node.items():
            yield from _fields(child, f"{path}.{name}")


LATER = {"mapping", "scope", "ignore", "accounting", "manual", "literals"}
"""Fields that results.json has not had from its first day."""


def test_every_field_is_described_and_required() -> None:
    fields = dict(_fields(schema()))
    assert len(fields) > 40
    assert [path for path, field in fields.items() if not field.get("description")] == []
    for node in (schema(), *schema()["$defs"].values()):
        if "properties" in node:
            later = LATER if node is schema() else set()
            assert {*node["required"], *later} == set(node["properties"])
            assert not later & set(node["required"])
            assert node["additionalProperties"] is False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(format=2), "format: is 2, and this version reads 1"),
        (lambda d: d.pop("verdict"), "missing verdict"),
        (lambda d: d.update(verdict="fine"), "verdict: 'fine' is not one of 'ready', 'not_ready', 'undecided'"),
        (lambda d: d.update(more=1), "unknown key 'more'"),
        (lambda d: d["primary"].pop("digest"), "primary: missing digest"),
        (lambda d: d["secondary"].update(ended="now"), "secondary.ended: expected number, found 'now'"),
        (lambda d: d["secondary"].update(ended=1e300), "secondary.ended: 1e+300 is not allowed: maximum 253402300799"),
        (lambda d: d.update(narrowed=3), "narrowed: expected object or null, found 3"),
        (lambda d: d["findings"][0].update(outcome="equal"), "findings[0].outcome: 'equal' is not one of"),
        (lambda d: d["findings"][1].update(key=["a\nb"]), "findings[1].key: expected string, found ['a\\nb']"),
        (lambda d: d["counts"].update(lost=1), "counts: 'lost' is not one of"),
        (lambda d: d["causes"][0].update(objects=[]), "causes[0].objects: [] is not allowed: minItems 1"),
        (lambda d: d.update(checked=-1), "checked: -1 is not allowed: minimum 0"),
        (lambda d: d["counts"].update(equal=9), "counts: are not the sum of the counts by kind"),
        (lambda d: d.update(findings=[]), "findings: there are none, and the counts hold ambiguous, conflict,"),
        (lambda d: d.update(verdict="ready"), "verdict: ready, and the counts hold ambiguous, conflict,"),
        (lambda d: d.update(drill={"id": "x" * 999, "digest": 5}), "drill.digest: expected string, found 5"),
    ],
)
def test_what_is_wrong_is_refused(make: Make, records: list[Record], change: Any, said: str) -> None:
    assert _edit(make(records), change).startswith(said)


def test_a_green_verdict_must_be_earned(make: Make, records: list[Record], green: list[Record]) -> None:
    findings = json.loads((make(records) / "results.json").read_text())["findings"]
    for change, said in (
        ({"checked": 2}, "verdict: ready, and 2 of 3 were judged"),
        ({"checked": 0, "expected": 0}, "verdict: ready, and 0 of 0 were judged"),
        ({"findings": findings}, "verdict: ready, and there are findings"),
    ):
        assert _edit(make(green), lambda d, change=change: d.update(change)) == said


def test_a_part_of_a_drill_is_never_ready(make: Make, green: list[Record]) -> None:
    found = read(make(green, narrowed={"checked": 3, "expected": 300}))
    assert found.results["verdict"] == "ready"
    assert found.verdict is Verdict.UNDECIDED
    assert found.undecided_by_none == "only a part of the drill was looked at"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "is not JSON: Expecting property name"),
        (b"\xff", "can't be read: 'utf-8' codec can't decode"),
        (b'{"format": NaN}', "is not JSON: NaN is no number"),
        (b"[" * 200_000, "is not JSON: maximum recursion depth"),
        (b"[]", "expected object, found []"),
        (b'{"format": "1"}', "format: is '1', and this version reads 1"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(data)
    with pytest.raises(ReportError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: {said}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"results\.json: no such file; `lakedrill check` writes it"):
        read(tmp_path)


def test_records_of_another_run_are_refused(make: Make, records: list[Record], green: list[Record]) -> None:
    old = (make(green) / "records.jsonl").read_text()
    folder = make(records[1:])
    folder.joinpath("records.jsonl").write_text(old)
    with pytest.raises(
        ReportError, match=r"records\.jsonl: is not of the same run as results\.json: advisory 0 and 1,"
    ):
        read(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("differences"), "is not a record: 'differences'"),
        (lambda d: d.update(outcome="fine"), "is not a record: 'fine' is not a valid Outcome"),
        (lambda d: d.update(more=1), "is not a record: Record.__init__() got an unexpected keyword"),
        (lambda d: d.update(key=7), "is not a record: a text is not a string, or the pair not a number"),
        (lambda d: d.update(rows=[7]), "is not a record: a text is not a string, or the pair not a number"),
        (lambda d: d.update(pair="7"), "is not a record: a text is not a string, or the pair not a number"),
        (lambda d: d.update(key="equal", pair=0), "a second judgement of 'jobs:equal', definition"),
    ],
)
def test_a_line_that_is_no_record_is_refused(make: Make, records: list[Record], change: Any, said: str) -> None:
    file = make(records) / "records.jsonl"
    lines = file.read_text().splitlines()
    document = json.loads(lines[1])
    change(document)
    file.write_text("\n".join([lines[0], "", json.dumps(document)]))
    with pytest.raises(ReportError) as caught:
        load_records(file)
    assert str(caught.value).startswith(f"{file}:3: {said}")


def test_what_was_never_judged_is_among_the_records(make: Make, green: list[Record]) -> None:
    found = read(make(green, lost=[Slot("jobs", "lost", "definition", 7)]))
    assert (found.verdict, found.results["counts"]) == ("undecided", {"equal": 3, "error": 1})
    assert found.undecided_by_none == ""
