"""What is wrong with a command line, a drill.yaml, a profile or a workspace is told in one line, with exit code 4."""

from __future__ import annotations

import http.server
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from fixtures.estate.client import Client
from lakedrill.cli.main import VERBS, main
from lakedrill.inventory.kinds import CATALOGUE
from tests.support.land import Land

SIDES = "primary: {profile: p, workspace_id: 1}\nsecondary: {profile: s, workspace_id: 2}\n"
GOOD = f"version: 1\ndrill: x\n{SIDES}"
KNOWN = ", ".join(sorted(CATALOGUE.by_name))


def _told(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line that was told."""
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "internal error" not in err
    lines = err.splitlines()
    assert len(lines) == 1
    return lines[0].removeprefix("lakedrill: ")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("", 1, "expected keys with values, found nothing", id="empty"),
        pytest.param("- version: 1\n", 1, "expected keys with values, found [{'version': 1}]", id="a list"),
        pytest.param("version: 1\ndrill: [x\n", 3, "is not YAML: expected ',' or ']', but got", id="not YAML"),
        pytest.param("version: 1\n", 1, "missing drill, primary, secondary", id="missing"),
        pytest.param(GOOD.replace("version: 1", "version: 2"), 1, "version: 1 was expected", id="version"),
        pytest.param(GOOD.replace(": x", ": a b"), 2, "drill: 'a b' does not match", id="drill"),
        pytest.param(
            GOOD + "nope: 1\n", 5, "unknown key 'nope'; known here: adopt, apply, config_file", id="unknown key"
        ),
        pytest.param(
            GOOD.replace("2}", "2, colour: red}"), 4, "secondary: unknown key 'colour'; known here: ded", id="deep key"
        ),
        pytest.param(GOOD.replace("id: 1", "id: one"), 3, "primary.workspace_id: expected a whole number", id="type"),
        pytest.param(GOOD.replace("2}", "2, dedicated: 1}"), 4, "secondary.dedicated: expected true or f", id="bool"),
        pytest.param(GOOD + "kinds: jobs\n", 5, "kinds: expected a list, found 'jobs'", id="list"),
        pytest.param(
            GOOD + "kinds:\n  - jobs\n  - job\n", 7, f"kinds[1]: unknown kind 'job'; known: {KNOWN}", id="kind"
        ),
        pytest.param(GOOD + "adopt: ['job:*']\n", 5, "adopt[0]: unknown kind 'job'; known: ", id="adopted kind"),
        pytest.param(GOOD + "adopt: [jobs]\n", 5, "adopt[0]: 'jobs' does not match", id="adopt"),
        pytest.param(
            GOOD + "mapping:\n  - {primary: a, secondary: b, kind: job}\n",
            6,
            "mapping[0].kind: unknown",
            id="mapped kind",
        ),
        pytest.param(GOOD + "mapping:\n  - {primary: a}\n", 6, "mapping[0]: missing secondary", id="mapping"),
        pytest.param(
            GOOD + "identity: asleep\n", 5, "identity: 'asleep' is not one of provisioned, create", id="identity"
        ),
        pytest.param(GOOD + "drill: y\n", 5, "the key 'drill' stands here twice", id="twice"),
        pytest.param(GOOD + "config_file: nowhere\n", 5, "config_file: no such file: ", id="profile file"),
        pytest.param(GOOD.replace("2}", "1}"), 4, "secondary.workspace_id: is the primary's", id="one workspace"),
    ],
)
def test_a_wrong_drill(text: str, line: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(text)
    assert main(["plan", "--drill", str(file)]) == 4
    assert _told(capsys).startswith(f"{file}:{line}: {said}")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(None, "no such file; `lakedrill init` writes one", id="none"),
        pytest.param(b"\xff\xfe\x00", "can't be read: is not UTF-8 text", id="bytes"),
        pytest.param(b"a: \x00", "is not YAML: unacceptable character", id="control"),
        pytest.param(b"&a [*a]", "is nested too deep", id="circle"),
        pytest.param(b"a: !!int x", "is not YAML: invalid literal", id="value"),
    ],
)
def test_an_unreadable_drill(data: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "drill.yaml"
    if data is not None:
        file.write_bytes(data)
    assert main(["doctor", "--drill", str(file)]) == 4
    assert _told(capsys).startswith(f"{file}: {said}")


def test_rows_that_can_not_both_be_meant(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "mapping:\n  - {primary: a, secondary: b}\n  - {primary: a, secondary: c}\n"
    land.file.write_text(land.file.read_text().partition("mapping:")[0] + rows)
    for verb in ("doctor", "plan", "migrate"):
        assert land.run(verb) == 4
        assert "mapping: two rows map the same value" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("drill", "profiles", "said"),
    [
        pytest.param(
            ("profile: primary", "profile: nobody"), None, r"primary \(profile nobody\): .* no nobody", id="nobody"
        ),
        pytest.param(
            None, ("dapi-primary", "dapi-wrong"), r"primary \(profile primary\): the token was refused", id="token"
        ),
        pytest.param(None, ("token", "tokn"), r"primary \(profile primary\): .*credentials", id="no token"),
        pytest.param(None, ("[primary]", "primary"), r"primary .*: is not a profile file", id="no profiles"),
        pytest.param(
            ("7000000000000001", "5"),
            None,
            r"primary .*: is workspace 7000000000000001, but drill.yaml names 5",
            id="id",
        ),
        pytest.param(
            ("profile: primary", "profile: secondary"),
            None,
            r"primary \(profile secondary\): is workspace 70",
            id="twice",
        ),
    ],
)
def test_a_wrong_profile(
    land: Land,
    drill: tuple[str, str] | None,
    profiles: tuple[str, str] | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for file, change in ((land.file, drill), (land.profiles, profiles)):
        if change is not None:
            file.write_text(file.read_text().replace(*change))
    assert land.run("snapshot") == 4
    told = _told(capsys)
    assert re.match(said, told)
    assert "dapi" not in told


def test_no_profile_file(
    land: Land, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DATABRICKS_CONFIG_FILE", raising=False)
    land.file.write_text(
        land.file.read_text().replace("config_file: databrickscfg", "").replace('config_file: "databrickscfg"', "")
    )
    assert land.run("doctor") == 4
    assert f"no such profile file: {tmp_path}/home/.databrickscfg" in capsys.readouterr().err


def test_exchanged_roles_end_before_any_request_but_me(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    text = land.file.read_text()
    swapped = text.replace("profile: primary", "profile: X").replace("profile: secondary", "profile: primary")
    land.file.write_text(swapped.replace("profile: X", "profile: secondary"))
    seen = [len(land.log(name)) for name in ("primary", "secondary")]
    assert land.run("migrate") == 4
    assert "secondary (profile primary): is workspace 7000000000000001" in _told(capsys)
    asked = [entry for name, n in zip(("primary", "secondary"), seen, strict=True) for entry in land.log(name)[n:]]
    assert {entry.path for entry in asked} <= {"/api/2.0/preview/scim/v2/Me", "/.well-known/databricks-config"}


def test_the_environment_does_not_leak_into_a_profile(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-of-somebody-else")
    monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.invalid")
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "somebody")
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "nobody")
    assert land.run("doctor") == 2  # the primary is empty
    asked = {e.status for name in ("primary", "secondary") for e in land.log(name)}
    assert asked == {200, 404}  # 404: a setting that was never set, a folder that is not there


def _of(host: str, port: int) -> str:
    return re.sub(r"(\[primary\]\nhost = )\S+", rf"\g<1>http://127.0.0.1:{port}", host)


def test_a_host_that_refuses_is_told_within_ten_seconds(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    land.profiles.write_text(_of(land.profiles.read_text(), port))
    start = time.monotonic()
    assert land.run("snapshot") == 4
    assert time.monotonic() - start < 10
    assert re.match(rf"primary \(profile primary\): http://127.0.0.1:{port} does not answer: .*refused", _told(capsys))


def test_a_host_that_hangs_is_told_within_ten_seconds(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(16)
        port = mute.getsockname()[1]
        land.profiles.write_text(_of(land.profiles.read_text(), port))
        start = time.monotonic()
        assert land.run("snapshot") == 4
    assert time.monotonic() - start < 10
    assert re.match(
        rf"primary \(profile primary\): http://127.0.0.1:{port} does not answer: .*timed out", _told(capsys)
    )


def test_a_host_that_is_no_workspace(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        land.profiles.write_text(_of(land.profiles.read_text(), server.server_port))
        assert land.run("snapshot") == 4
        server.shutdown()
    assert "does not answer" in _told(capsys)


def test_a_caller_who_is_no_admin(land: Land, capfd: pytest.CaptureFixture[str]) -> None:
    for app in land.running.emulator.apps.values():
        with Client(land.door(app.workspace.name)) as client:
            scim = "/api/2.0/preview/scim/v2"
            me = client.get(f"{scim}/Me")["id"]
            admins = next(g for g in client.get(f"{scim}/Groups")["Resources"] if g["displayName"] == "admins")
            operations = [{"op": "remove", "path": f'members[value eq "{me}"]'}]
            schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
            client.send("PATCH", f"{scim}/Groups/{admins['id']}", {"schemas": schemas, "Operations": operations})
    for verb in ("snapshot", "plan", "migrate", "check"):
        assert land.run(verb) == 4
        assert "drill@example.com is no workspace admin" in capfd.readouterr().err
    assert land.run("doctor") == 2
    assert re.search("FAIL +primary caller +drill@example.com is no workspace admin", capfd.readouterr().out)


EMPTY = "holds nothing but what every workspace has from the start"


@pytest.mark.parametrize("verb", ["plan", "migrate"])
def test_an_empty_primary_proves_nothing(land: Land, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = land.digest("secondary")
    assert land.run(verb) == 2
    assert EMPTY in _told(capsys)
    assert land.digest("secondary") == before


def test_a_check_of_two_empty_workspaces_is_undecided(land: Land, capfd: pytest.CaptureFixture[str]) -> None:
    assert land.run("check") == 2
    told = capfd.readouterr().out
    assert f"1 cause, primary: callers sight unverifiable ({EMPTY}" in told
    assert "lakedrill: undecided" in told
    assert land.results["verdict"] == "undecided"
    assert [(f["key"], f["aspect"]) for f in land.results["findings"]] == [("primary", "sight")]
    assert (land.home / "report.html").is_file()


@pytest.mark.parametrize("side", ["primary", pytest.param("secondary", marks=pytest.mark.slow)])
def test_what_must_be_seen_and_is_not_gives_no_verdict(
    mine: Land, side: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A copy asks it of the primary only: what the secondary lacks, a copy brings."""
    text = mine.file.read_text()
    old = '# must_see: ["jobs:nightly-etl"]' if side == "primary" else 'must_see: ["groups:admins"]'
    assert old in text
    mine.file.write_text(text.replace(old, 'must_see: ["jobs:no such job"]'))
    before = mine.digest("secondary")
    for verb in ("plan", "migrate"):
        assert mine.run(verb) == (2 if side == "primary" else 0)
    assert mine.digest("secondary") == before
    capfd.readouterr()
    assert mine.run("check") == 2
    assert mine.results["verdict"] == "undecided"
    said = "the caller does not see jobs:no such job, which drill.yaml says it must see"
    assert [(f["kind"], f["key"], f["reason"]) for f in mine.results["findings"]] == [("callers", side, said)]
    assert said in (mine.home / "report.html").read_text()


def _job(land: Land, pause_status: str) -> int:
    schedule = {"quartz_cron_expression": "0 0 1 * * ?", "timezone_id": "UTC", "pause_status": pause_status}
    with Client(land.door("secondary")) as client:
        body = {
            "name": "theirs",
            "schedule": schedule,
            "tasks": [{"task_key": "a", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}],
        }
        return int(client.send("POST", "/api/2.2/jobs/create", body)["job_id"])


@pytest.mark.parametrize(("serves", "said"), [("trigger", "its job theirs has an unpaused schedule"), ("run", "run ")])
def test_a_secondary_that_serves(land: Land, serves: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Client(land.door("primary")) as client:
        client.send("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/one"})
    job = _job(land, "UNPAUSED" if serves == "trigger" else "PAUSED")
    if serves == "run":
        with Client(land.door("secondary")) as client:
            client.send("POST", "/api/2.2/jobs/run-now", {"job_id": job})
    before = land.digest("secondary")
    assert land.run("plan") == 0
    capsys.readouterr()
    for refused in ([], ["--into-live", "7000000000000001"]):
        assert land.run("migrate", *refused) == 4
        told = _told(capsys)
        assert told.startswith(f"secondary (workspace 7000000000000002) is in use: {said}")
        assert told.endswith("add --into-live 7000000000000002")
    assert not [e for e in land.log("secondary") if e.write and e.user_agent.startswith("lakedrill")]
    assert serves == "run" or land.digest("secondary") == before
    assert land.run("migrate", "--into-live", "7000000000000002") == 0


@pytest.mark.parametrize("verb", ["plan", "migrate", "check"])
@pytest.mark.parametrize(
    ("glob", "said"),
    [
        ("jobs", "expected KIND:GLOB"),
        ("job:*", f"unknown kind 'job'; known: {KNOWN}"),
        pytest.param("jobs:no-such-*", "means no object", marks=pytest.mark.slow),
    ],
)
def test_only_that_means_nothing(
    copied: Land, verb: str, glob: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = copied.digest("secondary")
    assert copied.run(verb, "--only", glob) == 4
    assert f"--only={glob}: {said}" in capfd.readouterr().err
    assert copied.digest("secondary") == before


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["plan", "--frob"], "No such option '--frob'"),
        (["emulator", "down"], "No such command 'down'"),
        (["emulator", "up", "--mode", "slow"], "--mode: no such mode: slow; there are unseen_reads, scim_lag, "),
        (["emulator", "up", "--mode", "page-size=all"], "--mode: mode page_size: 'all' is not a whole number"),
        (["demo", "--size", "huge"], "'huge' is not one of 'small', 'medium', 'large', 'odd'"),
        (["check", "-n", "many"], "'many' is neither a number nor auto"),
        (["demo", "-n", "-1"], "'-1' is neither a number nor auto"),
        (["migrate", "--into-live", "yes"], "'yes' is not a valid integer"),
        (["plan", "--drill", "."], "is a directory"),
        ([], "Usage: lakedrill"),
    ],
)
def test_a_wrong_command_line(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 4
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("verb", [[], *([verb] for verb in VERBS), ["emulator", "up"]], ids=" ".join)
def test_help(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(" ".join(["Usage: lakedrill", *verb]))
    assert verb or all(f"  {name} " in told for name in VERBS)


def test_a_folder_that_can_not_be_made(land: Land, capsys: pytest.CaptureFixture[str]) -> None:
    (land.folder / "drills").write_text("in the way")
    assert land.run("snapshot") == 4
    assert _told(capsys) == f"{land.home}: can't be made: Not a directory"


def test_a_damaged_snapshot(mine: Land, capfd: pytest.CaptureFixture[str]) -> None:
    snapshot = mine.home / "primary.snapshot"
    for damage, said in ((b"garbage", "is not a snapshot, or a damaged one"), (None, "no such snapshot")):
        snapshot.unlink() if damage is None else snapshot.write_bytes(damage)
        assert mine.run("plan", "--from-snapshot") == 4
        assert f"{snapshot}: {said}" in capfd.readouterr().err
