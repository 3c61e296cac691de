"""The table on a real workspace; and, with the emulator in a real workspace's place, that it leaves nothing there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fixtures.emulator.seed import CALLER
from fixtures.emulator.server import Running
from fixtures.estate import SMALL, Door, build
from lakedrill.inventory.errors import UsageError
from tests.support.fidelity import live, report, table
from tests.support.fidelity.guard import Guard, NotAllowed
from tests.support.fidelity.live import Live

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "/Shared/fidelity"
MINE = f"{FOLDER}/lakedrill-fidelity-x"
NAME = "lakedrill-fidelity-x"
PAUSED = {"quartz_cron_expression": "0 0 3 * * ?", "timezone_id": "UTC", "pause_status": "PAUSED"}


@pytest.mark.live
def test_a_real_workspace_agrees(request: pytest.FixtureRequest) -> None:
    profile, folder = (request.config.getoption(name) for name in ("fidelity_live", "fidelity_folder"))
    try:
        with Live(profile, folder or "") as bench:
            documents = _documents(bench)
    except UsageError as error:
        pytest.exit(str(error), returncode=error.exit_code)
    report.note(request.node, documents)
    wrong = [
        f"{each['id']}: {each.get('differs') or each.get('why')}"
        for each in documents
        if each["outcome"] == "differing"
    ]
    assert not wrong, "\n".join(["the workspace and fixtures/emulator/fidelity disagree:", *wrong])


def _documents(bench: Live) -> list[dict[str, Any]]:
    who = live.identity(bench.me)
    return [live.reported(outcome, who) for outcome in live.try_live(bench, table.load())]


# The emulator in a real workspace's place


@pytest.fixture
def profiles(emulator: Running, tmp_path: Path) -> Iterator[Path]:
    """A profile file for both workspaces."""
    file = tmp_path / "databrickscfg"
    file.write_text(emulator.emulator.profiles())
    yield file
    for app in emulator.emulator.apps.values():
        app.log.clear()  # the table asks for what is not there


def _post(emulator: Running, path: str, /, **body: Any) -> Any:
    app = emulator.emulator.apps["primary"]
    headers = {"Authorization": f"Bearer {next(iter(app.workspace.tokens))}"}
    answer = requests.post(f"{emulator.emulator.hosts['primary']}{path}", json=body, headers=headers, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def test_reading_changes_nothing_and_tells_nothing(emulator: Running, profiles: Path) -> None:
    build(Door.of(emulator, "primary"), SMALL)
    app = emulator.emulator.apps["primary"]
    before, since = app.workspace.state.digest, len(app.log)

    with Live("primary", config_file=profiles) as bench:
        documents = _documents(bench)

    assert [each for each in documents if each["outcome"] == "differing"] == []
    assert {"agreed", "unverified"} == {each["outcome"] for each in documents}
    assert app.workspace.state.digest == before
    assert not [entry for entry in app.log[since:] if entry.write]
    text = json.dumps(documents)
    token = next(iter(app.workspace.tokens))
    for private in (CALLER, token, str(app.workspace.workspace_id), emulator.emulator.hosts["primary"], "engineer-01"):
        assert private not in text


def test_writing_leaves_nothing_behind(emulator: Running, profiles: Path) -> None:
    _post(emulator, "/api/2.0/workspace/mkdirs", path=FOLDER)
    app = emulator.emulator.apps["primary"]
    before = app.workspace.state.digest

    with Live("primary", FOLDER, profiles) as bench:
        documents = _documents(bench)

    assert [each for each in documents if each["outcome"] == "differing"] == []
    asked = {fact.id for family in table.load() for fact in family.facts if fact.live == "write"}
    assert asked <= {each["id"] for each in documents if each["outcome"] == "agreed"}
    assert app.workspace.state.digest == before


def test_a_run_that_fails_cleans_up_and_the_next_one_after_one_that_was_killed(
    emulator: Running, profiles: Path
) -> None:
    _post(emulator, "/api/2.0/workspace/mkdirs", path=FOLDER)
    app = emulator.emulator.apps["primary"]
    before = app.workspace.state.digest
    _post(emulator, "/api/2.0/workspace/mkdirs", path=f"{MINE}/left by a killed run")

    with pytest.raises(KeyboardInterrupt), Live("primary", FOLDER, profiles) as bench:
        bench.send(table.Step("POST /api/2.0/workspace/mkdirs", body={"path": MINE}), {})
        bench.send(table.Step("POST /api/2.2/jobs/create", body={"name": NAME, "schedule": PAUSED}), {})
        assert app.workspace.state.digest != before
        raise KeyboardInterrupt

    assert app.workspace.state.digest == before


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("/Shared", "name a folder of your own"),
        ("Shared/x", "name a folder of your own"),
        ("/Shared/../Users", "name a folder of your own"),
        ("/Shared/none", "there is no such folder; make it first"),
    ],
)
def test_a_folder_that_is_none_is_refused(profiles: Path, folder: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Live("primary", folder, profiles)


def test_a_profile_that_is_none_is_refused(profiles: Path) -> None:
    with pytest.raises(UsageError, match="nobody"):
        Live("nobody", config_file=profiles)


@pytest.mark.slow
def test_the_command_writes_a_report(profiles: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "tests/emulator", "-q", "-p", "no:cacheprovider"]
    asked = [*command, "--live", "primary", "--live-report", str(file)]
    surroundings = {**os.environ, "DATABRICKS_CONFIG_FILE": str(profiles)}

    done = subprocess.run(asked, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    document = json.loads(file.read_text())
    assert (
        f"fidelity: {len(document['facts'])} facts: {document['counts']['agreed']} agreed, 0 differing" in done.stdout
    )
    for options in (["--live-write", FOLDER], ["--live", "primary", "-n", "2"], ["--live", "nobody"]):
        refused = subprocess.run([*command, *options], cwd=ROOT, env=surroundings, capture_output=True, check=False)
        assert refused.returncode == 4


def _request(method: str, path: str, body: Any = None, **more: Any) -> requests.PreparedRequest:
    data = body if isinstance(body, str) or body is None else json.dumps(body)
    return requests.Request(method, f"https://x.example.com{path}", data=data, **more).prepare()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/2.0/secrets/get?scope=a&key=b", None),
        ("DELETE", "/api/2.0/preview/scim/v2/Users/1", None),
        ("PATCH", "/api/2.0/preview/scim/v2/Groups/1", {"Operations": []}),
        ("POST", "/api/2.0/preview/scim/v2/Users", {"userName": NAME}),
        ("PUT", "/api/2.0/permissions/jobs/1", {"access_control_list": []}),
        ("POST", "/api/2.0/policies/clusters/create", {"name": NAME}),
        ("POST", "/api/2.0/global-init-scripts", {"name": NAME, "script": ""}),
        ("POST", "/api/2.0/sql/warehouses", {"name": NAME}),
        ("POST", "/api/2.0/secrets/put", {"scope": NAME, "key": "x"}),
        ("PATCH", "/api/2.0/workspace-conf", {"enableIpAccessLists": "true"}),
        ("POST", "/api/2.0/ip-access-lists", {"label": NAME}),
        ("POST", "/api/2.1/clusters/create", {"cluster_name": NAME}),
        ("POST", "/api/2.0/dbfs/put", {"path": f"/{NAME}"}),
        ("POST", "/api/2.2/jobs/run-now", {"job_id": 7}),
        ("POST", "/api/2.0/workspace/delete", {"path": FOLDER, "recursive": True}),
        ("POST", "/api/2.0/workspace/delete", {"path": f"{FOLDER}/theirs"}),
        ("POST", "/api/2.0/workspace/delete", {"path": f"{MINE}/../../theirs"}),
        ("POST", "/api/2.0/workspace/delete", {"path": f"{MINE}//x"}),
        ("POST", "/api/2.0/workspace/delete", {"path": f"{MINE}%2F..%2F.."}),
        ("POST", "/api/2.0/workspace/delete", {"path": [MINE]}),
        ("POST", "/api/2.0/workspace/delete", f'{{"path": "/Users", "path": "{MINE}"}}'),
        ("POST", "/api/2.0/workspace/delete", "no JSON"),
        ("POST", "/api/2.0/workspace/delete?path=/Users", {"path": MINE}),
        ("POST", "/api/2.0/workspace/%2564elete", {"path": MINE}),
        ("POST", "/api/2.0/workspace/import", {"path": MINE, "format": "RAW", "content": "", "owner": "x"}),
        ("POST", "/api/2.0/workspace-files/import-file/Shared/theirs.txt?overwrite=true", "x"),
        ("POST", f"/api/2.0/workspace-files/import-file{MINE}/..%2F..%2Fx", "x"),
        ("POST", "/api/2.2/jobs/create", {"name": "nightly"}),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "schedule": {**PAUSED, "pause_status": "UNPAUSED"}}),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "continuous": {}}),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "trigger": {"pause_status": "PAUSED"}}),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "run_as": {"user_name": CALLER}}),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "email_notifications": {"on_start": [CALLER]}}),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "access_control_list": []}),
        ("POST", "/api/2.2/jobs/delete", {"job_id": 8}),
        ("POST", "/api/2.2/jobs/update", {"job_id": 8, "new_settings": {"timeout_seconds": 1}}),
        ("POST", "/api/2.2/jobs/update", {"job_id": 7, "new_settings": {"name": "nightly"}}),
        ("POST", "/api/2.2/jobs/update", {"job_id": 7, "fields_to_remove": ["schedule"]}),
        ("POST", "/api/2.2/jobs/update", {"job_id": 7, "new_settings": {"schedule": {}}}),
        ("POST", "/api/2.2/jobs/reset", {"job_id": 7, "new_settings": {}}),
        ("POST", "/api/2.2/jobs/reset", {"job_id": 7, "new_settings": {"name": "nightly"}}),
    ],
)
def test_nothing_else_is_sent(method: str, path: str, body: Any) -> None:
    guard = Guard(FOLDER)
    guard.jobs = {7}

    with pytest.raises(NotAllowed, match=method):
        guard.send(_request(method, path, body))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/2.2/jobs/list?limit=1", None),
        ("POST", "/api/2.1/clusters/events", {"cluster_id": "x"}),
        ("POST", "/api/2.0/workspace/mkdirs", {"path": f"{MINE}/a b"}),
        ("POST", "/api/2.0/workspace/delete", {"path": MINE, "recursive": True}),
        ("POST", "/api/2.0/workspace/import", {"path": f"{MINE}/n", "format": "RAW", "content": ""}),
        ("POST", f"/api/2.0/workspace-files/import-file{MINE}%2Ff.txt?overwrite=true", "hello"),
        ("POST", "/api/2.2/jobs/create", {"name": NAME, "schedule": PAUSED}),
        ("POST", "/api/2.2/jobs/update", {"job_id": 7, "fields_to_remove": ["tasks/load"]}),
        ("POST", "/api/2.2/jobs/delete", {"job_id": 7}),
    ],
)
def test_what_is_allowed_needs_a_folder_if_it_writes(method: str, path: str, body: Any) -> None:
    guard = Guard(FOLDER)
    guard.jobs = {7}

    assert guard.refusal(_request(method, path, body)) == ""
    reads = method == "GET" or path.endswith("/events")
    assert (Guard().refusal(_request(method, path, body)) == "") == reads


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("User jane.doe@corp.com may not", "User <e-mail> may not"),
        ("see https://adb-1.azuredatabricks.net/x?o=1.", "see <url>"),
        ("token dapi0123456789abcdef", "token <hidden>"),
        ("id 0123456789abcdef of 7f3c2a10-0000-4000-a000-0123456789ab", "id <hex> of <uuid>"),
        ("Job 998877665544 does not exist.", "Job <number> does not exist."),
        ("Path (/Users/jane/plan) doesn't exist.", "Path (/<path>) doesn't exist."),
        ("Jane Doe in /Shared/place/n", "{caller-1} in {place}/n"),
    ],
)
def test_a_text_is_told_without_its_variable_parts(text: str, told: str) -> None:
    assert live.scrubbed(text, {"caller-1": "Jane Doe", "place": "/Shared/place"}) == told


def test_a_body_is_told_by_its_shape() -> None:
    body = {"id": "7", "tags": {"secret": 1}, "items": [{"name": "a", "n": 1}, {"name": "b", "n": 2}]}

    assert live.shape(body) == {"id": "str", "items": [{"n": "int", "name": "str"}], "tags": {"secret": "int"}}
    assert live.shape(body, {"id": "x", "items": {"$contains": [{"name": "a"}]}}) == {
        "id": "str",
        "items": [{"name": "str"}],
    }
