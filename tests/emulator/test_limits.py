"""Request limits: off until switched on, the service's numbers and words, and the same table as the product's."""

import json
from time import sleep

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.clock import RealClock
from databricks.sdk.errors import NotFound, TooManyRequests

from fixtures.emulator import limits as subject
from fixtures.emulator.limits import Limits
from fixtures.emulator.server import Running
from fixtures.estate.client import Client, Door, Refusal
from lakedrill.inventory import budget

UPDATE = ("PATCH", "/api/2.0/preview/scim/v2/Groups/1")


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limits(time: Time) -> Limits:
    found = Limits(time)
    found.set(on=True)
    return found


def _passed(limits: Limits, count: int, request: tuple[str, str] = UPDATE) -> int:
    return sum(limits.refusal(*request) is None for _ in range(count))


def test_the_product_and_the_emulator_know_the_same_limits() -> None:
    """Two tables, since the emulator imports nothing of ours: neither may drift from the other in silence."""
    ours, theirs = (
        [(each.family, each.method, each.path, each.requests, each.seconds) for each in table]
        for table in (budget.LIMITS, subject.LIMITS)
    )
    assert theirs == ours


def test_there_are_none_until_they_are_switched_on(time: Time) -> None:
    assert _passed(Limits(time), 10_000) == 10_000


def test_a_period_s_worth_passes_and_then_as_much_as_comes_back(limits: Limits, time: Time) -> None:
    assert _passed(limits, 30) == 10
    time.now += 12
    assert _passed(limits, 30) == 2
    time.now += 3600
    assert _passed(limits, 30) == 10


def test_families_are_counted_apart_and_what_has_no_limit_passes(limits: Limits) -> None:
    assert _passed(limits, 30) == 10
    assert _passed(limits, 400, ("GET", UPDATE[1])) == 255
    assert _passed(limits, 100, ("GET", "/api/2.0/workspace/export")) == 60
    assert _passed(limits, 1000, ("GET", "/api/2.0/workspace/list")) == 1000


def test_a_scale_makes_their_time_shorter(limits: Limits, time: Time) -> None:
    limits.set(on=True, scale=60)
    assert _passed(limits, 30) == 10
    time.now += 0.2
    assert _passed(limits, 30) == 2


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (("POST", "/api/2.2/jobs/create"), "RESOURCE_EXHAUSTED"),
        (("PUT", "/api/2.0/permissions/jobs/1"), "REQUEST_LIMIT_EXCEEDED"),
    ],
)
def test_a_refusal_is_in_the_services_words(limits: Limits, request_: tuple[str, str], code: str) -> None:
    _passed(limits, 100, request_)

    answer = limits.refusal(*request_)

    assert answer is not None
    said = json.loads(bytes(answer.body))
    assert (answer.status_code, said["error_code"]) == (429, code)
    assert said["message"].startswith("Too many requests. Please wait a moment and try again.")
    assert "retry-after" not in answer.headers


def test_scim_has_words_and_an_envelope_of_its_own(limits: Limits) -> None:
    _passed(limits, 10)

    answer = limits.refusal(*UPDATE)

    assert answer is not None
    assert answer.headers["content-type"] == "application/scim+json"
    said = json.loads(bytes(answer.body))
    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said["status"] == "429"
    assert said["detail"].endswith("RPC token bucket limit has been exceeded.")


def test_when_to_come_again_is_told_where_that_is_switched_on(limits: Limits, time: Time) -> None:
    limits.set(on=True, retry_after=True)
    _passed(limits, 10)

    answer = limits.refusal(*UPDATE)
    assert answer is not None
    assert answer.headers["retry-after"] == "6"
    time.now += 6

    assert limits.refusal(*UPDATE) is None


def test_over_the_wire_a_refusal_is_logged_and_the_other_workspace_has_limits_of_its_own(emulator: Running) -> None:
    off = {"on": False, "scale": 1.0, "retry_after": False, "requests": 0, "refused": 0}
    assert emulator.control("secondary/limits") == off
    assert emulator.control("secondary/limits", {"on": True, "scale": 0.001})["on"]
    statuses = []
    with Client(Door.of(emulator, "secondary")) as client:
        for _ in range(32):
            with pytest.raises(Refusal) as caught:
                client.send("PUT", "/api/2.0/permissions/jobs/1", {"access_control_list": []})
            statuses.append(caught.value.status)

    assert 429 not in statuses[:30]
    assert statuses[30:] == [429, 429]
    log = emulator.emulator.apps["secondary"].log[-32:]
    assert [entry.status for entry in log] == statuses
    assert not any(entry.write for entry in log)
    assert not emulator.control("primary/limits")["on"]
    emulator.emulator.reset()
    assert not emulator.control("secondary/limits")["on"]


def test_the_sdk_knows_a_refusal_for_what_it_is(
    emulator: Running, secondary: WorkspaceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.control("secondary/limits", {"on": True, "scale": 0.001})
    monkeypatch.setattr(secondary.api_client._api_client, "_retry_timeout_seconds", 0.01)
    monkeypatch.setattr(RealClock, "sleep", lambda _, __: sleep(0.02))
    for _ in range(10):
        with pytest.raises(NotFound):
            secondary.groups.patch("77", operations=[])

    with pytest.raises(TimeoutError) as caught:
        secondary.groups.patch("77", operations=[])

    assert isinstance(caught.value.__cause__, TooManyRequests)
    assert "RPC token bucket limit has been exceeded" in str(caught.value.__cause__)
