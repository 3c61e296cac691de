"""A whole drill: what it writes, what it must not, and what it comes to."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from fixtures.emulator.faults import Fault
from fixtures.emulator.server import Running
from fixtures.estate import ODD, ODD_FINDINGS
from lakedrill import __version__
from lakedrill.cli._emulator import SIZES
from lakedrill.cli.main import main
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.workspace import RUNNING_POSTS
from tests.support.land import TINY, Land

pytestmark = pytest.mark.drill

Capture = pytest.CaptureFixture[str]


def _demo(folder: Path, *args: str) -> tuple[int, dict[str, object]]:
    code = main(["demo", "--dir", str(folder), *args])
    (results,) = folder.glob("drills/*/results.json")
    return code, json.loads(results.read_text())


MODES = pytest.mark.parametrize(
    "args", [[], ["--local-identity"], ["--same-ids"], ["--local-identity", "--same-ids"]], ids=" ".join
)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a demo be of the smallest estate."""
    monkeypatch.setitem(SIZES, "small", TINY)


def _ends_ready(folder: Path, *args: str) -> None:
    code, results = _demo(folder, *args)
    assert (code, results["verdict"], results["findings"]) == (0, "ready", [])
    assert results["checked"] == results["expected"]


def _finds_what_is_declared(folder: Path, capsys: Capture, *args: str) -> None:
    code, results = _demo(folder, "--drift", *args)
    assert (code, results["verdict"]) == (1, "not_ready")
    assert "10 findings declared, 10 found, 0 apart" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_a_demo_ends_ready(tmp_path: Path) -> None:
    _ends_ready(tmp_path, "-n", "2")


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_a_demo_with_drift_finds_what_is_declared(tmp_path: Path, capsys: Capture) -> None:
    _finds_what_is_declared(tmp_path, capsys)


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_a_demo_of_two_regions_ends_ready_by_rows_that_all_have_an_effect(tmp_path: Path) -> None:
    _ends_ready(tmp_path, "--regions")
    (results,) = tmp_path.glob("drills/*/results.json")
    rows = json.loads(results.read_text())["mapping"]
    assert [row["row"] for row in rows if not row["objects"]] == []
    assert any("acme-lake" in row["row"] for row in rows)


@pytest.mark.slow
@MODES
def test_a_demo_ends_ready_in_every_mode(args: list[str], tmp_path: Path) -> None:
    _ends_ready(tmp_path, *args)


@pytest.mark.slow
@MODES
def test_drift_is_found_in_every_mode(args: list[str], tmp_path: Path, capsys: Capture) -> None:
    _finds_what_is_declared(tmp_path, capsys, *args)


def test_a_second_copy_writes_nothing_and_no_verb_writes_to_the_primary(mine: Land) -> None:
    before = mine.digest("primary"), mine.digest("secondary")
    since = {name: len(mine.log(name)) for name in ("primary", "secondary")}
    for verb in ("doctor", "snapshot", "plan", "migrate", "check"):
        assert mine.run(verb) == 0
    assert mine.run("check", "--primary-live") == 0
    assert (mine.digest("primary"), mine.digest("secondary")) == before
    sent = [entry for name, n in since.items() for entry in mine.log(name)[n:]]
    asked = [
        entry for entry in sent if not RUNNING_POSTS.fullmatch(entry.path)
    ]  # what lists mounts, and writes nothing
    assert [entry for entry in asked if entry.method not in {"GET", "HEAD"}] == []
    assert not any(entry.write for entry in sent)
    plan = json.loads((mine.home / "plan.json").read_text())
    assert set(plan["counts"]) == {"leave"}


def test_every_request_says_who_sent_it(copied: Land) -> None:
    """Of the whole drill, the copy among it: the service's audit log tells which drill wrote what."""
    agents = {
        entry.user_agent
        for name in ("primary", "secondary")
        for entry in copied.log(name)
        if entry.caller and "databricks-sdk-py" in entry.user_agent and entry.path.startswith("/api/")
    }
    assert agents
    assert all(agent.startswith(f"lakedrill/{__version__} ") for agent in agents)
    assert all(agent.endswith(" drill/drill") for agent in agents)
    written = [entry for entry in copied.log("secondary") if entry.write and "lakedrill/" in entry.user_agent]
    assert len(written) > 100
    journal = (copied.home / "journal.jsonl").read_text()
    assert all(entry.request_id in journal for entry in written if entry.path.endswith(("/import", "/jobs/create")))


@pytest.mark.slow
def test_a_part_gives_no_verdict(mine: Land, capfd: Capture) -> None:
    assert mine.run("check", "--only", "jobs:ingest-*") == 2
    checked, expected = (mine.results[name] for name in ("checked", "expected"))
    assert 0 < checked < expected
    assert mine.results["verdict"] == "undecided"
    assert f"{checked} of {expected} checked, no verdict" in capfd.readouterr().out


def test_copy_and_check_work_when_the_primary_is_gone(mine: Land, capfd: Capture) -> None:
    """The profile then leads to a port where nobody listens."""
    profiles = mine.profiles.read_text()
    host = mine.running.emulator.hosts["primary"]
    mine.profiles.write_text(profiles.replace(host, "http://127.0.0.1:9"))
    assert mine.run("plan", "--from-snapshot") == 0
    assert mine.run("migrate", "--from-snapshot") == 0
    assert "0 facets written, 0 not" in capfd.readouterr().out
    assert mine.run("check") == 0
    assert mine.results["verdict"] == "ready"


def test_a_plan_is_a_table_or_json_and_writes_nothing(mine: Land, capsys: Capture) -> None:
    before = mine.digest("secondary")
    assert mine.run("plan") == 0
    table = capsys.readouterr().out
    assert all(word in table for word in ("kind", "leave", "global_init_scripts"))
    assert mine.run("plan", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((mine.home / "plan.json").read_text())
    assert mine.digest("secondary") == before


def test_doctor_and_snapshot_say_what_they_found(mine: Land, capsys: Capture) -> None:
    assert mine.run("doctor") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:1] == ["│"] and "jobs" in line for line in lines)
    found = [line for line in lines if re.match(r"(ok|warn|FAIL|unknown) ", line)]
    assert [line for line in found if not line.startswith("ok ")] == [found[-1]]
    assert found[-1].startswith("unknown  stands_in           where this host, the drill's folder and its keys are")
    for side in ("primary", "secondary"):
        assert mine.run("snapshot", "--side", side) == 0
        told = capsys.readouterr().out
        assert f"{mine.home / f'{side}.snapshot'} is sealed: " in told
        assert "\njobs " in told


def test_report_writes_the_reports_anew(mine: Land, capfd: Capture) -> None:
    assert mine.run("check") == 0
    for name in ("report.html", "junit.xml"):
        (mine.home / name).unlink()
    shutil.rmtree(mine.home / "allure-results")
    capfd.readouterr()
    assert mine.run("report") == 0
    assert {Path(line).name for line in capfd.readouterr().out.splitlines()} >= {"report.html", "junit.xml"}
    assert all((mine.home / name).exists() for name in ("report.html", "junit.xml", "allure-results"))


@pytest.mark.slow
def test_output_is_plain_where_nobody_watches(mine: Land, capfd: Capture) -> None:
    """No colours, no bars, no line broken in a path; and pytest says nothing that we say better."""
    assert mine.run("migrate") == 0
    assert mine.run("check") == 0
    told, err = capfd.readouterr()
    assert err == ""
    assert "\x1b" not in told
    assert "\r" not in told
    assert not [line for line in told.splitlines() if line.startswith(("platform ", "rootdir:", "FAILED ", "plugins:"))]
    assert f"to see it all: lakedrill report --drill {mine.file}" in told.splitlines()


_ODD_TOLD = (
    "blocked   notebooks:/Shared/odd/too large (definition): goes with its content: the primary's can't be read: MAX_NOTE",
    "blocked   notebooks:/Shared/odd/too large (content): the primary's can't be read: MAX_NOTEBOOK_SIZE_EXCEEDED",
    "blocked   notebooks:/Shared/odd/too large (permissions): its definition is blocked",
    "conflict  notebooks:/Shared/odd/conflict (content): differs, and was not last written by this drill; --take pri",
    "conflict  clusters:taken (definition): differs, and was not last written by this drill; --take",
    "blocked   jobs:no-such-cluster (definition): broken on the primary: settings.tasks[load].existing_cluster_id → ",
    "blocked   jobs:no-such-job (definition): broken on the primary: settings.tasks[run].run_job_task.job_id → ",
    "blocked   jobs:no-such-notebook (definition): broken on the primary: settings.tasks[load].notebook_task.notebook_",
    "conflict  jobs:namesake (definition): several different objects share this key",
    "conflict  jobs:namesake#4 (definition): several different objects share this key",
    "create    directories:/Users/leaver-01@example.com (definition): DIRECTORY_PROTECTED: ",
    "create    jobs:owner-gone (definition): the service keeps something else: run_as_user_name: ",
)


@pytest.mark.slow
def test_what_no_right_copy_can_make_equal_is_told_and_found_exactly(
    emulator: Running, tmp_path: Path, capfd: Capture
) -> None:
    odd = Land(emulator, tmp_path).write().fill(ODD)
    for action in ("create", "update"):  # what was made, and is not as it ought to be, is tried again
        assert odd.run("migrate") == 1
        told = [line.replace(f"{action}    jobs:", "create    jobs:") for line in capfd.readouterr().out.splitlines()]
        assert [start for start in _ODD_TOLD if not any(line.startswith(start) for line in told)] == []
        assert odd.run("check") == 1
        assert odd.results["verdict"] == "not_ready"
        assert odd.counted == ODD_FINDINGS
        accounts = odd.results["accounting"]
        uneven = {kind: account for kind, account in accounts.items() if account["listed"] != _accounted(account)}
        assert uneven == {}
        assert set(accounts) == set(CATALOGUE.by_name)
        assert sum(accounts["jobs"]["failed"].values()) == 6
        capfd.readouterr()


def _accounted(account: dict[str, Any]) -> int:
    parts = (account["copied"], account["unchanged"], account["checked_only"])
    return sum(parts) + sum(account["skipped"].values()) + sum(account["failed"].values())


def test_no_secret_is_told_or_written(emulator: Running, tmp_path: Path, capfd: Capture) -> None:
    """Tokens are in the profile file, and a proxy may quote them in an error."""
    land = Land(emulator, tmp_path).write().fill()
    tokens = [token for app in emulator.emulator.apps.values() for token in app.workspace.tokens]
    secrets = [*tokens, "dapi0123456789abcdef0123456789abcdef", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"]

    def quote(path: str, method: str = "GET") -> Fault:
        message = f"token {tokens[0]} {tokens[1]} {secrets[2]} and Bearer {secrets[3]} may not"
        return Fault(method, path, 403, "PERMISSION_DENIED", message, times=-1)

    for app in emulator.emulator.apps.values():
        app.faults.rules = [quote("/api/2.0/global-init-scripts"), quote("/api/2.2/jobs/create", "POST")]
    codes = [land.run(verb) for verb in ("snapshot", "plan", "migrate", "check")]
    assert codes == [2, 2, 1, 1]
    assert json.loads((land.home / "plan.json").read_text())["unread"] != []
    out, err = capfd.readouterr()
    files = [file for file in land.folder.rglob("*") if file.is_file() and file != land.profiles]
    assert {"journal.jsonl", "report.html", "primary.snapshot", "results.json"} <= {file.name for file in files}
    found = [(name, secret) for secret in secrets for name, text in (("out", out), ("err", err)) if secret in text]
    found += [(file.name, secret) for secret in secrets for file in files if secret.encode() in file.read_bytes()]
    assert found == []
    assert "unread    global_init_scripts of the primary: PERMISSION_DENIED: token (hidden)" in out


def test_only_a_copy_moves_what_the_secondary_is_judged_against(mine: Land) -> None:
    """A plan, and a look at the primary as it is now, leave the snapshot of the last copy alone."""
    copied = (mine.home / "primary.snapshot").read_bytes()
    assert mine.run("plan") == 0
    assert mine.run("check", "--primary-live") == 0
    assert (mine.home / "primary.snapshot").read_bytes() == copied
    assert {path.name for path in mine.home.glob("primary-*")} == {"primary-plan.snapshot", "primary-live.snapshot"}
