"""The fidelity table holds on the emulator: every fact, every answer against the SDK's class, every route."""

from __future__ import annotations

import inspect
import operator
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from databricks.sdk.service.compute import ClusterDetails

from fixtures.emulator import acl
from fixtures.emulator.call import Call, Routes
from fixtures.emulator.server import Running
from fixtures.plugin import client
from tests.support.fidelity import emulated, page, shapes, table
from tests.support.fidelity.emulated import Emulated, Shaped
from tests.support.fidelity.report import note

FAMILIES = table.load()
FACTS = [fact for family in FAMILIES for fact in family.facts]
PAIRS = sorted({(fact.mode, fact.family) for fact in FACTS})
_HELPERS = ("wait_", "ensure_", "select_")
"""Methods of the SDK that send nothing of their own."""


@pytest.fixture(scope="session")
def benches(_emulators: dict[str, Running]) -> Iterator[dict[str, Emulated]]:
    """The emulators of this process as benches, by identity mode."""
    found: dict[str, Emulated] = {}

    class Lazy(dict[str, Emulated]):
        def __missing__(self, mode: str) -> Emulated:
            self[mode] = Emulated(_emulators[mode])
            return self[mode]

    found = Lazy()
    yield found
    for bench in found.values():
        bench.close()


@pytest.mark.fidelity
@pytest.mark.parametrize(("mode", "family"), PAIRS, ids=lambda value: value)
def test_the_emulator_behaves_as_the_table_says(
    request: pytest.FixtureRequest, benches: dict[str, Emulated], mode: str, family: str
) -> None:
    facts = [fact for fact in FACTS if (fact.mode, fact.family) == (mode, family)]

    outcomes = emulated.try_facts(benches[mode], facts)

    note(request.node, outcomes)
    wrong = [f"{each.id} (tier {each.tier}): {each.why}" for each in outcomes if each.outcome == "differing"]
    assert not wrong, "\n".join(["the emulator and fixtures/emulator/fidelity disagree:", *wrong])


@pytest.mark.fidelity
def test_every_answer_is_what_the_sdk_parses_it_into(
    request: pytest.FixtureRequest, benches: dict[str, Emulated]
) -> None:
    shaped = emulated.try_calls(benches["federated"], FAMILIES)

    note(request.node, shaped.outcomes)
    wrong = [f"{each.id}: {each.why}" for each in shaped.outcomes if each.outcome == "differing"]
    assert not wrong, "\n".join(["answers do not fit the SDK's classes:", *wrong])
    unreached = list(_unreached(shaped))
    assert not unreached, "\n".join(unreached)
    unmet = [
        row for family in FAMILIES for row in family.unknown if not any(emulated.names(row, f) for f in shaped.met)
    ]
    assert not unmet, f"no answer has these any more; take them out of `unknown`: {unmet}"


def _unreached(shaped: Shaped) -> Iterator[str]:
    """Yield which routes nothing reaches, and what to do about it."""
    plain = {row["route"] for family in FAMILIES for row in family.plain}
    by_facts = set(emulated.asked_by(tuple(FACTS)))
    routes = emulated.expanded()
    missing: dict[str, list[str]] = {}
    for name, route in routes.items():
        if name in plain and name in shaped.reached:
            yield f"a call of the SDK reaches {name}: take it out of `plain`"
        if name not in (by_facts if name in plain else shaped.reached):
            missing.setdefault(route.handler.__module__.rpartition(".")[2].replace("_", "-"), []).append(name)
    for family, names in missing.items():
        yield (
            f"add rows to fidelity.yaml (fixtures/emulator/fidelity/{family}.yaml): no call of the SDK reaches "
            f"{', '.join(names)}. Rows in `calls`; where the SDK has no call, in `plain` with a reason, and a fact that asks"
        )
    yield from (f"the emulator has no such route: {name}" for name in sorted(plain - routes.keys()))
    for name in sorted(acl.SECURABLES.keys() - shaped.targets):
        yield f"no call reads the permissions of {name}: add one to the `calls` of permissions.yaml or of its family"


def test_every_request_that_the_sdk_can_send_is_made_or_left(emulator: Running) -> None:
    sdk = client(emulator, "primary")
    called = {call.sdk for family in FAMILIES for call in family.calls}
    left = {row["sdk"] for family in FAMILIES for row in family.left if "sdk" in row}
    methods = {
        f"{name}.{method}"
        for family in FAMILIES
        for name in family.apis
        for method in _methods(operator.attrgetter(name)(sdk))
    }

    assert not methods - called - left, "neither in `calls` nor in `left`"
    assert not left & called, "in `left` and yet called"
    assert not left - methods, "in `left`, but the SDK has no such method"


def _methods(service: Any) -> Iterator[str]:
    for name, _ in inspect.getmembers(type(service), inspect.isfunction):
        if not name.startswith(("_", *_HELPERS)) and not name.endswith("_and_wait"):
            yield name


def test_a_family_without_rows_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = Shaped(reached=set(emulated.expanded()) - {row["route"] for f in FAMILIES for row in f.plain})
    reached.targets = set(acl.SECURABLES)
    assert list(_unreached(reached)) == []

    routes = Routes()
    routes("GET", "/api/2.0/spoons/(?P<kind>Silver|Steel)/{spoon_id}")(spoons)
    monkeypatch.setattr(emulated.api, "ROUTES", [*emulated.api.ROUTES, *routes.table])
    emulated.expanded.cache_clear()
    try:
        told = list(_unreached(reached))
    finally:
        emulated.expanded.cache_clear()
    assert len(told) == 1
    assert told[0].startswith("add rows to fidelity.yaml (fixtures/emulator/fidelity/")
    assert "GET /api/2.0/spoons/Silver/{spoon_id}, GET /api/2.0/spoons/Steel/{spoon_id}" in told[0]


def spoons(_call: Call) -> None:
    """Answer nothing."""


def test_an_answer_that_does_not_fit_is_found_whatever_it_is_inside() -> None:
    document = {
        "cluster_id": "c",
        "wings": 2,
        "state": "FLYING",
        "num_workers": "one",
        "spark_conf": {"any": "key"},
        "init_scripts": [{"workspace": {"destinatoin": "/x"}}],
        "termination_reason": {"code": "USER_REQUEST", "type": "WEATHER"},
    }

    found = {
        str(finding)
        for finding in shapes.compare(document, ClusterDetails, {"compute.ClusterDetails": ["spark_version"]})
    }

    assert found == {
        "unknown field compute.ClusterDetails.wings",
        "unknown value compute.ClusterDetails.state = FLYING",
        "wrong type compute.ClusterDetails.num_workers = str",
        "missing field compute.ClusterDetails.spark_version",
        "unknown field compute.WorkspaceStorageInfo.destinatoin",
        "missing field compute.WorkspaceStorageInfo.destination",
        "unknown value compute.TerminationReason.type = WEATHER",
    }


# The table itself


def test_each_fact_has_a_name_of_its_own() -> None:
    ids = [fact.id for fact in FACTS] + [call.id for family in FAMILIES for call in family.calls if call.sdk]

    assert [name for name, times in Counter(ids).items() if times > 1] == []


def test_what_is_written_on_a_real_workspace_stays_in_its_place() -> None:
    for fact in FACTS:
        if fact.live == "read":
            assert all(step.method == "GET" for step in fact.steps), fact.id
        if fact.live:
            assert not any(step.control or step.caller for step in fact.steps), fact.id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tier": 3}, "too many properties|does not match|valid under"),
        ({"tier": 4}, "not one of"),
        ({"source": "hearsay"}, "not valid|does not match"),
        ({"source": "K"}, "should not be valid|not valid"),
        ({"expect": {"status": 400, "code": "X"}}, "'message' is a required"),
        ({"expext": {}}, "[Uu]nevaluated|does not match"),
        ({"setup": ["nothing"]}, "no such setup: nothing"),
        ({"request": "FETCH /x"}, "[Uu]nevaluated|does not match"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_row_that_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    row = {
        "id": "x",
        "what": "x",
        "tier": 1,
        "source": "ISS",
        "request": "GET /x",
        "expect": {"status": 400, "code": "X", "message": "no"},
    }
    assert table.parse({"family": "x", "facts": [row]}, "x.yaml").facts[0].expect["message"] == "no"

    with pytest.raises(ValueError, match=words) as caught:
        table.parse({"family": "x", "facts": [row | change]}, "x.yaml")
    assert "x" in str(caught.value)


def test_a_file_is_named_as_its_family() -> None:
    with pytest.raises(ValueError, match=r"the family jobs belongs into jobs\.yaml"):
        table.parse({"family": "jobs"}, "work.yaml")


def test_the_page_is_current() -> None:
    assert page.FILE.read_text() == page.text(), "docs/fidelity.md: python -m tests.support.fidelity.page"
