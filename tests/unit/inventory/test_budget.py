"""Request budgets: which limit a request falls under, and when it may leave. Time is the tests' own."""

import itertools
import re
import threading
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest

from lakedrill.inventory import budget as subject
from lakedrill.inventory.budget import LIMITS, Bucket, Budget, Stopped, limit_of
from lakedrill.inventory.connection import Rate

PATCH = ("PATCH", "/api/2.0/preview/scim/v2/Groups/1")
EXPORT = ("GET", "/api/2.0/workspace/export")


class Time:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def _bucket(time: Time, rate: float = 10.0, capacity: float = 1.0, penalty: float = 60.0) -> Bucket:
    return Bucket(rate, capacity, time.clock, time.sleep, penalty)


def _budget(time: Time, rate: Rate | None = None, role: str = "secondary") -> Budget:
    return Budget(rate or Rate(), role, time.clock, time.sleep)


def _leave(budget: Budget, time: Time, count: int, request: tuple[str, str]) -> list[float]:
    """Return when requests left, one after the other, since now."""
    start, found = time.now, []
    for _ in range(count):
        budget.enter(*request)
        found.append(time.now - start)
    return found


@pytest.mark.parametrize(
    ("method", "path", "family"),
    [
        ("GET", "/api/2.0/workspace/export", "workspace export"),
        ("POST", "/api/2.0/workspace/import", "workspace import"),
        ("GET", "/api/2.0/permissions/jobs/7", "permissions reads"),
        ("PUT", "/api/2.0/permissions/jobs/7", "permissions writes"),
        ("GET", "/api/2.0/preview/scim/v2/Me", "SCIM reads"),
        ("POST", "/api/2.0/preview/scim/v2/Groups", "SCIM creates"),
        ("PATCH", "/api/2.0/preview/scim/v2/Groups/1", "SCIM updates"),
        ("DELETE", "/api/2.0/preview/scim/v2/Groups/1", "SCIM deletes"),
        ("GET", "/api/2.0/account/scim/v2/Users", "account SCIM listings"),
        ("GET", "/api/2.0/account/scim/v2/Users/1", "account SCIM reads"),
        ("POST", "/api/2.0/preview/permissionassignments", "permission assignments"),
        ("PUT", "/api/2.0/preview/permissionassignments/principals/1", "permission assignments"),
        ("GET", "/api/2.0/dbfs/read", "DBFS"),
        ("POST", "/api/2.2/jobs/create", "jobs create"),
        ("GET", "/api/2.1/jobs/runs/get", "jobs runs get"),
        ("POST", "/api/2.0/secrets/put", "secrets"),
        ("GET", "/api/2.0/jobs/runs/list", "jobs"),
        ("GET", "/api/2.2/jobs/get", "jobs"),
        ("GET", "/api/2.0/workspace/list", "workspace"),
        ("GET", "/api/2.0/preview/sql/queries", "sql"),
        ("GET", "/oidc/v1/token", "other"),
    ],
)
def test_a_request_falls_under_one_limit(method: str, path: str, family: str) -> None:
    assert limit_of(method, path).family == family


def test_every_limit_says_where_it_is_from() -> None:
    assert len({limit.family for limit in LIMITS}) == len(LIMITS)
    assert all(limit.source.startswith("https://") and limit.rate() > 0 for limit in LIMITS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", subject.AS_OF)
    assert limit_of("GET", "/api/2.0/unheard-of").source.startswith("[K]")


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.family)
@pytest.mark.parametrize(("role", "share"), [("primary", 0.5), ("secondary", 0.8)])
def test_no_period_of_a_limit_sees_more_than_the_share_and_what_was_saved(
    time: Time, limit: subject.Limit, role: str, share: float
) -> None:
    budget = _budget(time, role=role)
    bucket = budget._bucket(limit)
    assert bucket is not None
    time.now += 3600  # nobody asked for an hour
    left = []
    for _ in range(int(limit.requests * 2.5)):
        bucket.take()
        left.append(time.now)

    most = max(bisect_left(left, start + limit.seconds) - n for n, start in enumerate(left))

    saved = max(1.0, limit.requests * share / 10)
    assert most <= limit.requests * share + saved + 1e-6
    assert most <= limit.requests
    assert len(left) / (left[-1] - left[0]) >= limit.rate(share) * 0.99


def test_a_family_that_waits_holds_up_no_other(time: Time) -> None:
    budget = _budget(time)
    assert _leave(budget, time, 3, PATCH) == pytest.approx([0, 7.5, 15])

    assert _leave(budget, time, 1, EXPORT) == [0]


def test_without_a_rate_nobody_waits(time: Time) -> None:
    budget = Budget(None, "primary", time.clock, time.sleep)

    assert set(_leave(budget, time, 1000, PATCH)) == {0}
    budget.refused(budget.enter(*PATCH), *PATCH)
    assert budget.sent == {"SCIM updates": 1001}
    assert budget.throttled == {"SCIM updates": 1}


def test_a_scale_makes_the_limits_own_time_shorter(time: Time) -> None:
    budget = _budget(time, Rate(scale=100))

    assert _leave(budget, time, 3, PATCH) == pytest.approx([0, 0.075, 0.15])
    budget.refused(budget.enter(*PATCH), *PATCH)
    assert _leave(budget, time, 3, PATCH) == pytest.approx([0.15, 0.3, 0.45])
    time.now += 0.6
    budget.enter(*PATCH)
    assert _leave(budget, time, 2, PATCH) == pytest.approx([0.075, 0.15])


def test_a_refusal_halves_the_rate_for_a_minute_and_no_longer(time: Time) -> None:
    bucket = _bucket(time)
    bucket.refused(bucket.take())
    assert bucket.rate == 5
    bucket.take()
    assert time.now == pytest.approx(1000.2)

    time.now = 1059.9
    bucket.take()
    assert bucket.rate == 5
    time.now = 1060.1
    bucket.take()

    assert bucket.rate == 10


def test_each_further_refusal_halves_again_and_each_ends_by_itself(time: Time) -> None:
    bucket = _bucket(time, rate=64)
    for _ in range(10):
        bucket.refused(bucket.take())
    assert bucket.rate == 1
    time.now += 59.8
    bucket.take()
    assert 1 < bucket.rate < 64
    time.now += 60
    bucket.take()
    assert bucket.rate == 64


def test_requests_that_were_under_way_together_halve_it_once(time: Time) -> None:
    bucket = _bucket(time, capacity=8)
    eras = [bucket.take() for _ in range(8)]

    for era in eras:
        bucket.refused(era)

    assert bucket.rate == 5


def test_what_was_saved_is_forfeited_by_a_refusal(time: Time) -> None:
    bucket = _bucket(time, capacity=5)
    bucket.refused(bucket.take())
    assert bucket.tokens == 0


def test_who_waits_while_a_halving_ends_gains_by_it(time: Time) -> None:
    bucket = _bucket(time, rate=1, penalty=1)
    bucket.refused(bucket.take())

    bucket.take()

    assert time.now == pytest.approx(1001.5)  # half a token in the second of the penalty, the rest at the whole rate


def test_threads_share_a_bucket_one_of_them_waits_and_tokens_are_never_negative() -> None:
    """The clock goes on only in `sleep`, so what leaves when is the same however threads take turns."""
    time, sleepers, most, lowest = Time(), itertools.count(), [0], [0.0]
    under_way: set[int] = set()

    def sleep(seconds: float) -> None:
        under_way.add(token := next(sleepers))
        most[0] = max(most[0], len(under_way))
        lowest[0] = min(lowest[0], bucket.tokens)
        time.sleep(seconds)
        under_way.remove(token)

    bucket = Bucket(10, 3, time.clock, sleep)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bucket.take(), range(103)))

    assert time.now == pytest.approx(1010)
    assert most == [1]
    assert lowest == [0.0]


def test_who_waits_holds_nothing_that_others_need() -> None:
    """While one waits for a SCIM update, a refusal is noted and other families go on."""
    waiting, go_on = threading.Event(), threading.Event()
    time = Time()

    def sleep(seconds: float) -> None:
        waiting.set()
        assert go_on.wait(10)
        time.sleep(seconds)

    budget = Budget(Rate(), "secondary", time.clock, sleep)
    turn = budget.enter(*PATCH)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(budget.enter, *PATCH)
        assert waiting.wait(10)
        budget.enter(*EXPORT)
        budget.refused(turn, *PATCH)
        assert not late.done()
        go_on.set()
        late.result(10)

    assert budget.sent == {"SCIM updates": 2, "workspace export": 1}
    assert time.now == pytest.approx(1015)  # the refusal halved the rate of who was waiting already


def test_a_stopped_budget_lets_nobody_wait() -> None:
    budget = Budget(Rate(), "secondary")
    budget.enter(*PATCH)
    with ThreadPoolExecutor(4) as pool:
        late = [pool.submit(budget.enter, *PATCH) for _ in range(4)]
        with pytest.raises(KeyboardInterrupt), budget.stopped_by_failure():
            raise KeyboardInterrupt
        errors = [each.exception(10) for each in late]

    assert all(isinstance(error, Stopped) for error in errors)


def test_a_workspace_that_is_open_twice_has_one_budget() -> None:
    one = subject.shared("https://a", "secondary", Rate())

    assert subject.shared("https://a", "secondary", Rate()) is one
    assert subject.shared("https://b", "secondary", Rate()) is not one
    one.stop()
    assert subject.shared("https://a", "secondary", Rate()) is not one


def test_a_thread_knows_how_long_it_waited(time: Time) -> None:
    budget = _budget(time)
    before = Budget.waited()

    _leave(budget, time, 2, PATCH)

    assert Budget.waited() - before == pytest.approx(7.5)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(Budget.waited).result() == 0


@pytest.mark.parametrize(
    ("status", "content", "is_it"),
    [
        (429, b"", True),
        (400, b'{"detail": "... RPC token bucket limit has been exceeded."}', True),
        (200, b"RPC token bucket limit has been exceeded", False),
        (503, b"", False),
    ],
)
def test_what_says_that_requests_came_too_fast(status: int, content: bytes, is_it: bool) -> None:
    assert subject.is_throttled(status, content) is is_it
