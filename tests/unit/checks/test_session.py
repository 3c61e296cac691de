"""What a run stands on: opened by the controller, opened again by the workers, refused where it is not what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks import session
from checks.session import Assignment, Bench, Controller, Request, replace_file
from checks.subject import judges
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import Drill
from lakedrill.inventory.errors import UsageError
from lakedrill.inventory.kind import Catalogue
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.progress import Progress
from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.mapping import Mapping
from lakedrill.parity.outcome import SIGHT, Outcome, Record, Slot, Verdict
from tests.support.two_sides import IDS, TwoSides


@pytest.fixture
def drill(tmp_path: Path) -> TwoSides:
    return TwoSides(tmp_path).write()


def opened(drill: TwoSides, **rest: Any) -> Controller:
    return Controller(Request(drill.file, secondary_snapshot=True, **rest))


def judged(bench: Bench, aspect: str) -> list[Slot]:
    return [s.slot for s in bench.subjects(judges(aspect)(_listing if aspect == "listing" else _pair))]


def _pair(pair: object) -> None:
    pass


def _listing(listing: object) -> None:
    pass


def test_a_worker_has_the_same_pairs_scope_posture_and_mapping(tmp_path: Path) -> None:
    drill = TwoSides(tmp_path)
    drill.extra = "kinds: [jobs, users]\nmapping: [{primary: a, secondary: b, kind: jobs, prefix: true}]\n"
    controller = opened(drill.write())
    worker = controller.assignment.open(())
    assert worker.comparison.pairs == controller.bench.comparison.pairs
    assert worker.comparison.mapping.rows == controller.bench.comparison.mapping.rows
    assert worker.comparison.stance == controller.bench.comparison.stance == "standby"
    assert worker.slots() == controller.bench.slots()
    assert {slot.kind for slot in worker.slots()} == {"jobs", "users"}


def test_every_slot_is_the_subject_of_one_check(drill: TwoSides) -> None:
    bench = opened(drill).bench
    aspects = dict.fromkeys(slot.aspect for slot in bench.slots())
    subjects = [slot for aspect in aspects for slot in judged(bench, aspect)]
    assert sorted(map(str, subjects)) == sorted(map(str, bench.slots()))


@pytest.mark.parametrize(
    ("only", "keys"),
    [
        (["jobs:nightly-*"], ["nightly-etl", "nightly-etl#2"]),
        (["jobs:weekly [日本] \x1b[31m::x", "clusters:*"], ["shared", "weekly [日本] \x1b[31m::x"]),
        (["*:re*"], ["report"]),
    ],
)
def test_only_names_pairs_by_kind_and_glob_or_exactly(drill: TwoSides, only: Any, keys: list[str]) -> None:
    bench = opened(drill, only=tuple(only)).bench
    assert sorted(slot.key for slot in judged(bench, "definition")) == keys
    assert judged(bench, "listing") == []


def test_a_worker_refuses_files_that_were_replaced(drill: TwoSides) -> None:
    told: Assignment = opened(drill).assignment
    for name in ("primary_digest", "secondary_digest", "pairing_digest"):
        with pytest.raises(UsageError, match="was replaced while the checks ran"):
            replace(told, **{name: "0"}).open(())


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("kinds: [job]\n", r"drill\.yaml:5: kinds\[0\]: unknown kind 'job'; known: .*, clusters, "),
        (
            "mapping: [{primary: a, secondary: b}, {primary: a, secondary: c}]\n",
            r"drill\.yaml:5: mapping: two rows map the same value: .* \(the other: .*drill\.yaml:5\)",
        ),
        (
            "mapping: [{primary: main, secondary: x}, {primary: other, secondary: x, kind: clusters}]\n",
            r"drill\.yaml:5: mapping: two rows lead to the same value",
        ),
    ],
)
def test_a_wrong_drill_is_refused_with_its_file(tmp_path: Path, extra: str, message: str) -> None:
    drill = TwoSides(tmp_path)
    drill.extra = extra
    with pytest.raises(UsageError, match=message):
        opened(drill.write())


def test_rows_that_merge_two_keys_of_a_document_are_the_mappings_fault(tmp_path: Path) -> None:
    drill = TwoSides(tmp_path)
    drill.primary.documents["clusters"]["primary-cluster-1"]["spark_conf"] = {"a": "1", "b": "2"}
    drill.extra = "mapping:\n- {primary: a, secondary: b, kind: clusters, one_way: true}\n"
    with pytest.raises(UsageError, match=r"drill\.yaml: mapping: clusters:shared: rows merge two keys of spark_conf"):
        opened(drill.write())


@pytest.mark.parametrize(
    ("only", "message"), [("jobs", "expected KIND:GLOB"), ("job:x", "unknown kind 'job'"), (":x", "unknown kind ''")]
)
def test_a_wrong_selection_is_refused(drill: TwoSides, only: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        opened(drill, only=(only,))


def test_a_snapshot_of_another_workspace_is_refused(drill: TwoSides) -> None:
    drill.primary.write(drill.home / "secondary.snapshot")
    with pytest.raises(UsageError, match=f"is of workspace {IDS['primary']}, but .* names {IDS['secondary']}"):
        opened(drill)


def test_a_damaged_snapshot_is_refused_by_the_controller(drill: TwoSides) -> None:
    file = drill.home / "secondary.snapshot"
    file.write_bytes(file.read_bytes().replace(b"PAUSED", b"paused", 1))
    with pytest.raises(UsageError, match="was changed after it was sealed"):
        opened(drill)


def test_the_secondarys_snapshot_must_be_there_when_it_is_asked_for(drill: TwoSides) -> None:
    (drill.home / "secondary.snapshot").unlink()
    with pytest.raises(UsageError, match="no such snapshot"):
        opened(drill)


@pytest.mark.parametrize(
    ("asked", "missing", "captured"),
    [
        ({}, False, ["secondary"]),
        ({"primary_live": True}, False, ["primary", "secondary"]),
        ({"secondary_snapshot": True}, False, []),
        ({"secondary_snapshot": True}, True, ["primary"]),
    ],
)
def test_what_is_captured(
    drill: TwoSides, monkeypatch: pytest.MonkeyPatch, asked: dict[str, bool], missing: bool, captured: list[str]
) -> None:
    seen = []

    def capture(
        _drill: Drill, side: Connection, file: Path, _show: Progress, _other: Snapshot | None, _rows: Mapping
    ) -> Snapshot:
        seen.append(side.role)
        getattr(drill, side.role).write(file)
        return Snapshot(file)

    monkeypatch.setattr(session, "_captured", capture)
    if missing:
        (drill.home / "primary.snapshot").unlink()
    Controller(Request(drill.file, **asked))
    assert seen == captured


def test_a_capture_reads_the_side_of_the_drill_into_its_own_file(
    drill: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Opened:
        def __init__(self, side: Connection, user_agent: str) -> None:
            self.side, self.user_agent = side, user_agent

        def require_admin(self) -> None:
            """Be one."""

    def capture(
        workspace: Opened, file: Path, catalogue: Catalogue, show: Progress, other: object, called: Any, values: object
    ) -> Snapshot:
        show("jobs", 1, 2)
        assert other is not None
        assert values is None
        assert called("jobs", "settings.name", "a") == "b"
        assert workspace.user_agent == "drill/small"
        seen.append((workspace.side.role, workspace.side.profile, file, catalogue))
        drill.secondary.write(file)
        return Snapshot(file)

    drill.extra = "mapping: [{primary: a, secondary: b}]\n"
    drill.write()
    monkeypatch.setattr("lakedrill.inventory.workspace.Workspace", Opened)
    monkeypatch.setattr("lakedrill.inventory.capture.capture", capture)
    told: list[tuple[str, int, int]] = []
    Controller(Request(drill.file), lambda *so_far: told.append(so_far))
    assert seen == [("secondary", "s", drill.home / "secondary.snapshot", CATALOGUE)]
    assert told == [("secondary jobs", 1, 2)]


def test_an_older_verdict_does_not_outlive_the_start_of_a_run(drill: TwoSides) -> None:
    results = drill.home / "results.json"
    results.write_text("{}")
    opened(drill, dry=True).finish("")
    assert results.read_text() == "{}", "a dry run leaves everything as it is"
    opened(drill)
    assert not results.exists()


def complete(controller: Controller) -> None:
    comparison = controller.bench.comparison
    for slot in controller.bench.slots():
        if slot.aspect == SIGHT:
            continue
        if slot.pair is None:
            controller.records.append(comparison.judge_listing(slot.key, slot.kind))
        else:
            controller.records.append(comparison.judge(comparison.pairs[slot.pair], slot.aspect))


def test_records_are_written_in_one_order_whatever_came_first(drill: TwoSides) -> None:
    texts = set()
    for backwards in (False, True):
        controller = opened(drill)
        complete(controller)
        if backwards:
            controller.records.reverse()
        assert controller.finish("").verdict is Verdict.READY
        texts.add((drill.home / "records.jsonl").read_text() + (drill.home / "results.json").read_text())
    assert len(texts) == 1
    assert drill.results["narrowed"] is None
    assert drill.results["primary"]["workspace_id"] == IDS["primary"]
    assert drill.results["drill"] == {"id": "small", "digest": controller.drill.digest}


def test_what_was_not_judged_narrows_the_drill(drill: TwoSides) -> None:
    controller = opened(drill)
    complete(controller)
    del controller.records[5:]
    judgement = controller.finish("pytest ended with 1")
    assert judgement.verdict is Verdict.UNDECIDED
    assert drill.results["narrowed"] == {"checked": 5, "expected": judgement.expected}


def test_pytests_own_trouble_takes_the_verdict_from_an_all_green_run(drill: TwoSides) -> None:
    controller = opened(drill)
    complete(controller)
    assert controller.finish("pytest ended with 1").verdict is Verdict.UNDECIDED
    errors = [record for record in drill.records if record["outcome"] == "error"]
    assert [(e["kind"], e["reason"]) for e in errors] == [("pytest", "pytest ended with 1")]


def test_trouble_does_not_hide_a_difference(drill: TwoSides) -> None:
    controller = opened(drill)
    complete(controller)
    slot = controller.records[-1].slot
    controller.records[-1] = Record(slot.kind, slot.key, slot.aspect, Outcome.DIFFERENT, slot.pair)
    assert controller.finish("pytest ended with 1").verdict is Verdict.NOT_READY


@pytest.mark.parametrize(
    ("extra", "blind", "said"),
    [
        pytest.param("", "secondary", "the caller was no workspace admin", id="no admin"),
        pytest.param('must_see: ["jobs:no such"]\n', "", "the caller does not see jobs:no such", id="unseen"),
        pytest.param('kinds: [users]\nmust_see: ["jobs:no such"]\n', "", "the caller does not", id="out of scope"),
    ],
)
def test_a_caller_who_saw_a_part_leaves_an_all_green_run_undecided(
    tmp_path: Path, extra: str, blind: str, said: str
) -> None:
    drill = TwoSides(tmp_path)
    drill.extra = extra
    drill.secondary.admin = blind != "secondary"
    controller = opened(drill.write())
    complete(controller)
    assert controller.finish("").verdict is Verdict.UNDECIDED
    findings = [(f["kind"], f["key"], f["aspect"], f["outcome"]) for f in drill.results["findings"]]
    sides = [blind] if blind else ["primary", "secondary"]
    assert findings == [("callers", side, "sight", "unverifiable") for side in sides]
    assert drill.results["findings"][0]["reason"].startswith(said)
    assert drill.results["narrowed"] is None


def test_a_caller_is_no_object_that_only_may_name(tmp_path: Path) -> None:
    drill = TwoSides(tmp_path)
    drill.primary.admin = False
    with pytest.raises(UsageError, match="means no object in scope"):
        opened(drill.write(), only=("*:primary",))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    replace_file(file, "old")
    with pytest.raises(UnicodeEncodeError):
        replace_file(file, "\ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_pairing_json_says_of_what_it_is(drill: TwoSides) -> None:
    controller = opened(drill)
    document = json.loads((drill.home / "pairing.json").read_text())
    assert document["format"] == 1
    assert document["primary"] == controller.primary.digest
    assert [pair["number"] for pair in document["pairs"]] == list(range(len(document["pairs"])))


def test_what_each_row_of_the_mapping_changes_is_in_the_results(tmp_path: Path) -> None:
    drill = TwoSides(tmp_path)
    drill.extra = (
        "mapping:\n"
        "  - {primary: report, secondary: Bericht, kind: jobs, path: settings.name}\n"
        "  - {primary: reprot, secondary: Bericht2, kind: jobs}\n"
    )
    drill.secondary.documents["jobs"]["secondary-job-3"]["settings"]["name"] = "Bericht"
    controller = opened(drill.write())
    complete(controller)
    assert controller.finish("").verdict is Verdict.READY
    rows = [(row["line"], row["objects"], row["values"], row["example"]) for row in drill.results["mapping"]]
    assert rows == [(6, 1, 1, "jobs:report"), (7, 0, 0, "")]


def test_a_drill_that_leads_back_reads_its_rows_backwards_in_every_worker(tmp_path: Path) -> None:
    drill = TwoSides(tmp_path)
    drill.extra = "failback: true\nmapping: [{primary: us, secondary: eu, kind: jobs, path: settings.name}]\n"
    for side, name in ((drill.primary, "eu"), (drill.secondary, "us")):
        side.documents["jobs"][f"{side.role}-job-3"]["settings"]["name"] = name
    controller = opened(drill.write())
    complete(controller)
    assert controller.finish("").verdict is Verdict.READY
    worker = controller.assignment.open(()).comparison.mapping
    assert (worker.rows, worker.turned) == (controller.bench.comparison.mapping.rows, True)
    drill.extra = drill.extra.replace("name}", "name, one_way: true}")
    with pytest.raises(
        UsageError, match=r"drill\.yaml:6: mapping: the row is one_way and can't be read backwards: jobs"
    ):
        opened(drill.write())
