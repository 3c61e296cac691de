"""A copy from end to end."""

import base64
import csv
import json
import re
from typing import Any

import pytest

from fixtures.emulator.lifecycle import ACTIVE, state_at
from lakedrill import __version__
from lakedrill.inventory.kinds.clusters import MOST_PINNED
from lakedrill.parity.outcome import Outcome
from tests.support.workspaces import ENGINEER, Ground, base64_of, furnish

MODES = ["federated", "local", "federated-same-ids", "local-same-ids"]
QUICK_MODES = ["federated", *(pytest.param(mode, marks=pytest.mark.slow) for mode in MODES[1:3]), "local-same-ids"]


@pytest.mark.parametrize("emulator", QUICK_MODES, indirect=True)
def test_a_copy_makes_everything_equal_and_a_second_one_writes_nothing(ground: Ground) -> None:
    made = furnish(ground)
    before = ground.digest("primary")

    with ground.watched("primary") as asked, ground.watched() as sent:
        report = ground.copy()

    assert [(step.key, reason) for step, reason in report.failures] == []
    assert report.exit_code == 0
    assert ground.digest("primary") == before
    assert [entry.path for entry in asked if entry.write] == []
    agent = f"lakedrill/{__version__}"
    assert all(e.user_agent.startswith(agent) and "drill/t" in e.user_agent.split() for e in asked + sent if e.caller)
    assert ground.red() == []
    counts = {name: len(found) for name, found in ground.secondary.jobs().items()}
    assert counts == {name: len(found) for name, found in ground.primary.jobs().items()}
    assert len(made["jobs"]) == sum(counts.values())
    digest = ground.digest("secondary")
    assert ground.writes_of_a_copy() == 0
    assert ground.digest("secondary") == digest


def test_the_journal_has_the_id_of_each_write(ground: Ground) -> None:
    furnish(ground)

    with ground.watched() as sent:
        ground.copy()

    lines = [json.loads(line) for line in (ground.home / "journal.jsonl").read_text().splitlines()]
    noted = {line["request_id"] for line in lines if line["event"] == "sent"}
    assert noted == {entry.request_id for entry in sent if entry.method != "GET"}
    assert {entry.request_id for entry in sent if entry.write} <= noted


def test_id_map_and_activation_tell_what_became_of_what(ground: Ground) -> None:
    made = furnish(ground)

    ground.copy()

    with (ground.home / "id-map.csv").open() as stream:
        rows = {(row["kind"], row["primary_id"]): row["secondary_id"] for row in csv.DictReader(stream)}
    ring = ground.secondary.jobs()["ring-1"][0]
    assert rows["jobs", str(made["jobs"][1])] == str(ring["job_id"])
    assert ring["settings"]["schedule"]["pause_status"] == "PAUSED"
    objects = json.loads((ground.home / "activation.json").read_text())["objects"]
    intended = {(each["kind"], each["key"]): each["intended"] for each in objects}
    assert intended["jobs", "ring-1"] == {"settings.schedule.pause_status": "UNPAUSED"}
    assert intended["jobs", "paused-already"] == {"settings.trigger.pause_status": "PAUSED"}
    assert intended["jobs", "always"] == {"settings.continuous.pause_status": "UNPAUSED"}
    by_id = {each["primary_id"]: each["secondary_id"] for each in objects}
    assert by_id[str(made["jobs"][1])] == str(ring["job_id"])
    assert intended["clusters", "twin"]["state"] in ("PENDING", "RUNNING")


def test_clusters_end_pinned_and_terminated_with_at_most_five_starting_at_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(12):
        ground.primary.cluster(f"c-{i}")
    workspace = ground.running.emulator.apps["secondary"].workspace
    active = []
    put = workspace.state.put

    def watching(family: str, key: str | int, document: dict[str, Any], **rest: Any) -> dict[str, Any]:
        stored = put(family, key, document, **rest)
        if family == "clusters":
            now = workspace.clock.now()
            active.append(sum(state_at(c["timeline"], now) in ACTIVE for c in workspace.state.find("clusters")))
        return stored

    monkeypatch.setattr(workspace.state, "put", watching)
    report = ground.copy()

    assert report.exit_code == 0
    assert 1 < max(active) <= 5
    found = ground.secondary.clusters()
    assert len(found) == 12
    assert {(c["state"], "pinned_by_user_name" in c) for c in found} == {("TERMINATED", True)}


@pytest.mark.drill
def test_more_clusters_than_a_workspace_pins(ground: Ground) -> None:
    """Those that are pinned on the primary are, and as many others as there is room for; a second copy writes nothing."""
    kept = [ground.primary.cluster(f"c-{i}") for i in range(MOST_PINNED + 2)][-1]
    ground.primary.post("/api/2.1/clusters/pin", cluster_id=kept)
    assert [(step.key, why) for step, why in ground.copy().failures] == []
    pinned = ground.secondary.do("GET", "/api/2.1/clusters/list", page_size=100, **{"filter_by.is_pinned": "true"})[
        "clusters"
    ]
    assert len(pinned) == MOST_PINNED
    assert f"c-{MOST_PINNED + 1}" in {cluster["cluster_name"] for cluster in pinned}
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_permissions_are_sent_last(ground: Ground) -> None:
    furnish(ground)

    with ground.watched() as sent:
        ground.copy()

    *writes, _, _ = ["/permissions/" in entry.path for entry in sent if entry.method != "GET"]
    assert True in writes  # and after them nothing but the word of who wrote, and the lock that goes
    assert writes == sorted(writes)


def test_the_copy_runs_and_owns_as_the_primary_says_and_not_as_the_copier(ground: Ground) -> None:
    job = ground.primary
    engineer = job.user(ENGINEER)
    assert engineer
    owned = job.job("owned", tasks=[])
    job.do(
        "PUT",
        f"/api/2.0/permissions/jobs/{owned}",
        {"access_control_list": [{"user_name": ENGINEER, "permission_level": "IS_OWNER"}]},
    )

    assert ground.copy().exit_code == 0

    found = ground.secondary.jobs()["owned"][0]
    assert found["run_as_user_name"] == ENGINEER
    assert ground.secondary.grants("jobs", found["job_id"]) == {ENGINEER: {"IS_OWNER"}}
    assert ground.red() == []


def test_no_secret_is_written_down(ground: Ground) -> None:
    planted = "hunter2-Pa55w0rd"
    cluster = ground.primary.cluster("c", spark_conf={"fs.azure.account.key.x.net": planted})
    ground.copy()
    ground.later()
    body = {
        "cluster_id": cluster,
        "cluster_name": "c",
        "spark_version": "15.4.x-scala2.12",
        "node_type_id": "i3.xlarge",
    }
    conf = {"fs.azure.account.key.x.net": f"{planted}-2", "url": f"jdbc://u?password={planted}"}
    ground.primary.post("/api/2.1/clusters/edit", **body, num_workers=1, spark_conf=conf)

    assert ground.copy().exit_code == 0

    tokens = [token for app in ground.running.emulator.apps.values() for token in app.workspace.tokens]
    for file in ground.home.iterdir():
        data = file.read_bytes()
        assert not any(token.encode() in data for token in tokens), file
        assert file.suffix == ".snapshot" or planted.encode() not in data, file
    assert "(hidden)" in (ground.home / "plan.json").read_text()


def test_init_scripts_keep_path_order_and_flag(ground: Ground) -> None:
    for i, enabled in enumerate((True, False, True, True)):
        ground.primary.script(f"s{i}", f"echo {i}".encode(), enabled=enabled, position=0)

    assert ground.copy().exit_code == 0

    listed = [site.do("GET", "/api/2.0/global-init-scripts")["scripts"] for site in (ground.primary, ground.secondary)]
    told = [[(s["name"], s["position"], s["enabled"]) for s in scripts] for scripts in listed]
    assert told[0] == told[1]
    assert [name for name, _, _ in told[1]] == ["s3", "s2", "s1", "s0"]


def test_references_land_on_the_right_twin(ground: Ground) -> None:
    made = furnish(ground)
    ground.copy()
    with (ground.home / "id-map.csv").open() as stream:
        rows = {(row["kind"], row["primary_id"]): row["secondary_id"] for row in csv.DictReader(stream)}

    caller = ground.secondary.jobs()["calls-a-twin"][0]["settings"]["tasks"][0]["run_job_task"]["job_id"]

    assert str(caller) == rows["jobs", str(made["jobs"][4])]
    twin = next(j for j in ground.secondary.jobs()["twins"] if j["job_id"] == caller)
    task = twin["settings"]["tasks"][0]
    assert task["existing_cluster_id"] == rows["clusters", made["clusters"][3]]


IPYNB = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["forty-two\n"]}],
            "source": ["print(42)"],
        }
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 0,
}


@pytest.mark.parametrize("form", ["source", "jupyter"])
def test_outputs_go_along_where_the_operator_wants_them_and_are_told_where_not(ground: Ground, form: str) -> None:
    ground.configure(notebooks=form)
    body = {"path": "/Shared/n", "format": "JUPYTER", "content": base64_of(json.dumps(IPYNB).encode())}
    ground.primary.post("/api/2.0/workspace/import", **body)
    told: list[str] = []

    report = ground.copy(tell=told.append)

    assert report.exit_code == 0
    exported = ground.secondary.do("GET", "/api/2.0/workspace/export", path="/Shared/n", format="JUPYTER")["content"]
    assert ("forty-two" in base64.b64decode(exported).decode()) is (form == "jupyter")
    assert told == report.notes
    assert bool(re.search("1 notebooks are copied as source", " ".join(told))) is (form == "source")
    assert ground.red() == []
    assert ground.writes_of_a_copy() == 0


def test_outputs_that_a_snapshot_lacks_are_not_guessed(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n")
    ground.copy()
    ground.secondary.post("/api/2.0/workspace/delete", path="/Shared/n")
    ground.configure(notebooks="jupyter")

    report = ground.copy(from_snapshot=True)

    assert report.exit_code == 2
    assert "captured without outputs" in report.failures[0][1]


@pytest.mark.slow
def test_the_primary_may_be_gone(ground: Ground) -> None:
    furnish(ground)
    ground.copy()
    last = ground.secondary.jobs()["twins"][0]["job_id"]
    ground.secondary.post("/api/2.2/jobs/delete", job_id=last)

    with ground.watched("primary") as asked:
        report = ground.copy(from_snapshot=True)

    assert report.exit_code == 0
    assert asked == []
    assert ground.red() == []


def test_free_text_of_the_primary_is_copied_as_it_is(ground: Ground) -> None:
    ground.primary.notebook("/Shared/n", "host = 'https://x.cloud.databricks.com/?o=7000000000000001'")

    assert ground.copy().exit_code == 0

    outcomes = {r.outcome for r in ground.records() if r.key == "/Shared/n"}
    assert outcomes <= {Outcome.EQUAL, Outcome.ADVISORY}
