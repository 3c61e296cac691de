"""How fast a workspace may be asked: the service's documented limits as data, and a token bucket for each family of requests.

Limits hold for a workspace, whoever asks. So a drill takes a share of them (`rate` in drill.yaml) and leaves the rest to the
people who work there; where the service still refuses, the share of that family is halved for a minute.
"""

from __future__ import annotations

import re
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from lakedrill.inventory.connection import Rate

AS_OF = "2026-05-05"
"""As of when the numbers of the vendor's page were taken over, from a catalogue that was reconciled with it:
https://github.com/api-evangelist/microsoft-azure-databricks, rate-limits/azure-databricks-rate-limits.yml."""
_PAGE = "https://learn.microsoft.com/azure/databricks/resources/limits"
_UCX = "https://github.com/databrickslabs/ucx/blob/main/src/databricks/labs/ucx/workspace_access"


@dataclass(frozen=True, slots=True)
class Limit:
    """What the service grants all callers of a workspace together: so many requests in so many seconds."""

    family: str
    method: str
    path: str
    """Regular expressions over the whole method and path."""
    requests: float
    seconds: float
    source: str

    def rate(self, share: float = 1.0, scale: float = 1.0) -> float:
        """Return a share of it in requests a second."""
        return self.requests / self.seconds * share * scale


_SCIM = r"/api/2\.\d/preview/scim/v2/.*"
_ACCOUNT = r"/api/2\.\d/account/scim/v2"
LIMITS = (
    Limit("workspace export", "GET", r"/api/2\.\d/workspace/export", 60, 1, _PAGE),
    Limit("workspace import", "POST", r"/api/2\.\d/workspace/import", 30, 1, _PAGE),
    Limit("permissions reads", "GET", r"/api/2\.\d/permissions/.*", 100, 1, _PAGE),
    Limit("permissions writes", "PUT|PATCH", r"/api/2\.\d/permissions/.*", 30, 1, _PAGE),
    Limit("SCIM reads", "GET", _SCIM, 255, 60, _PAGE),
    # The page tells reads only. What UCX allows itself when it writes groups comes from an earlier page and from being refused;
    # that users and service principals share these limits with groups is the careful guess [K].
    Limit("SCIM creates", "POST", _SCIM, 35, 60, f"{_UCX}/groups.py"),
    Limit("SCIM updates", "PUT|PATCH", _SCIM, 10, 60, f"{_UCX}/scim.py"),
    Limit("SCIM deletes", "DELETE", _SCIM, 35, 60, f"{_UCX}/groups.py"),
    Limit("account SCIM listings", "GET", rf"{_ACCOUNT}/\w+", 240, 60, _PAGE),
    Limit("account SCIM reads", "GET", rf"{_ACCOUNT}/\w+/.*", 20, 1, _PAGE),
    # UCX first had 10 a second and went down to 5.
    Limit("permission assignments", ".*", r"/api/2\.\d/preview/permissionassignments.*", 5, 1, f"{_UCX}/groups.py"),
    Limit("DBFS", ".*", r"/api/2\.\d/dbfs/.*", 30, 1, _PAGE),
    Limit("jobs create", "POST", r"/api/2\.\d/jobs/create", 20, 1, _PAGE),
    Limit("jobs run-now", "POST", r"/api/2\.\d/jobs/run-now", 20, 1, _PAGE),
    Limit("jobs runs get", "GET", r"/api/2\.\d/jobs/runs/get", 100, 1, _PAGE),
    Limit("jobs runs submit", "POST", r"/api/2\.\d/jobs/runs/submit", 35, 1, _PAGE),
    Limit("secrets", ".*", r"/api/2\.\d/secrets/.*", 1100, 60, _PAGE),
    Limit("files", ".*", r"/api/2\.\d/fs/.*", 100, 1, _PAGE),
    Limit("token management", ".*", r"/api/2\.\d/token-management/.*", 40, 1, _PAGE),
)
"""The first that fits is the one. Where the page and UCX both speak (permissions, SCIM reads, secrets) they agree. The page
has 60 exports a second, where 30 are often told."""

GUESSED = 30
"""Requests a second of an API without a documented limit."""
_GUESS = "[K] what a user who was refused was told: https://github.com/DataThirstLtd/databricks.vsts.tools/issues/27"
_API = re.compile(r"/api/[\d.]+/(?:preview/)?([\w-]+)")

_BURST = 10
"""While nobody asks, a tenth of what a period of a limit brings is saved: in any such period at most 1.1 shares leave."""
PENALTY_SECONDS = 60
"""How long a refusal halves a share."""
_MOST_HALVINGS = 6
_LEAST_PAUSE = 0.001
_ROUNDING = 1e-6
_OVERLOADED = b"token bucket limit has been exceeded"
"""SCIM says so in its text, not always with a 429 (https://github.com/databricks/databricks-sdk-py/pull/395)."""


class Stopped(Exception):
    """The wait for a token was given up, since whoever asked is being stopped."""


def limit_of(method: str, path: str) -> Limit:
    """Return the limit that a request falls under: the documented one, or the guess for its API."""
    for limit in LIMITS:
        if _fits(limit, method, path):
            return limit
    named = _API.match(path)
    return _guess(named[1] if named else "other")


def _fits(limit: Limit, method: str, path: str) -> bool:
    return bool(re.fullmatch(limit.path, path) and re.fullmatch(limit.method, method))


@cache
def _guess(api: str) -> Limit:
    return Limit(api, ".*", rf"/api/[\d.]+/(?:preview/)?{re.escape(api)}(?:/.*)?", GUESSED, 1, _GUESS)


def is_throttled(status: int, content: bytes) -> bool:
    """Say whether an answer means that requests came too fast."""
    return status == 429 or (status >= 400 and _OVERLOADED in content)  # noqa: PLR2004 - HTTP's own numbers


class Bucket:
    """Tokens that come at a steady rate; a request takes one. Threads may share it.

    One thread waits for the next token and the others for their turn, so that a token wakes one of them. The wait holds nothing
    that a refusal or another family needs.
    """

    def __init__(
        self,
        rate: float,
        capacity: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        penalty: float = PENALTY_SECONDS,
    ) -> None:
        """`rate`: tokens a second. `capacity`: how many are kept, at least one. `penalty`: the seconds that a halving lasts."""
        self._rate = rate
        self._capacity = self.tokens = max(1.0, capacity)
        """Never below nothing: a token is taken when it is there."""
        self._clock, self._sleep, self._penalty = clock, sleep, penalty
        self._at = clock()
        self._halved: deque[float] = deque()
        """When each halving ends, the next one first."""
        self._era = 0
        self._turn, self._lock = threading.Lock(), threading.Lock()

    @property
    def rate(self) -> float:
        """Tokens a second, as things stand."""
        return float(self._rate * 0.5 ** len(self._halved))

    def take(self) -> int:
        """Wait for a token and take it. Returns the era, which `refused` wants back."""
        with self._turn:
            while True:
                with self._lock:
                    pause = self._missing()
                    if not pause:
                        self.tokens = max(0.0, self.tokens - 1)
                        return self._era
                self._sleep(pause)

    def refused(self, era: int) -> None:
        """Halve the rate for a while. Requests that were under way together and are all refused halve it once."""
        with self._lock:
            if era != self._era:
                return
            self._era += 1
            self._refill()
            self.tokens = 0.0
            if len(self._halved) == _MOST_HALVINGS:
                self._halved.popleft()
            self._halved.append(self._clock() + self._penalty)

    def _missing(self) -> float:
        """Return how long to wait before it is worth to look again; nothing where a token is there."""
        self._refill()
        if self.tokens >= 1 - _ROUNDING:
            return 0.0
        pause = (1 - self.tokens) / self.rate
        if self._halved:
            pause = min(pause, self._halved[0] - self._at)
        return max(pause, _LEAST_PAUSE)

    def _refill(self) -> None:
        now = self._clock()
        while self._halved and self._halved[0] <= now:
            self._earn(self._halved[0])
            self._halved.popleft()
        self._earn(now)

    def _earn(self, until: float) -> None:
        self.tokens = min(self._capacity, self.tokens + max(0.0, until - self._at) * self.rate)
        self._at = max(self._at, until)


@dataclass(frozen=True, slots=True)
class Turn:
    """A request that may leave."""

    bucket: Bucket | None
    era: int


class Budget:
    """The buckets of one workspace, made when they are first asked for. Without a rate it only counts."""

    total: ClassVar[int] = 0
    """Requests of all workspaces that this process sent."""
    _counting: ClassVar[threading.Lock] = threading.Lock()
    _waited: ClassVar[threading.local] = threading.local()

    def __init__(
        self,
        rate: Rate | None,
        role: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """`clock` and `sleep` are for tests; by default a wait ends early when the budget is stopped."""
        self.scale = rate.scale if rate else 1.0
        self.share = rate.share(role) if rate else None
        self.sent: Counter[str] = Counter()
        """Requests by family."""
        self.throttled: Counter[str] = Counter()
        """Those of them that came too fast."""
        self._answers, self._seconds = 0, 0.0
        self._clock = clock
        self._sleep = sleep or self._pause
        self._stopped = threading.Event()
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def enter(self, method: str, path: str) -> Turn:
        """Wait until a request may leave. Raises Stopped where it may not any more."""
        limit = limit_of(method, path)
        bucket = self._bucket(limit)
        turn = Turn(None, 0)
        if bucket is not None:
            begun = self._clock()
            turn = Turn(bucket, bucket.take())
            self._waited.seconds = self.waited() + self._clock() - begun
        with self._counting:
            Budget.total += 1
            self.sent[limit.family] += 1
        return turn

    def answered(self, seconds: float) -> None:
        """Take note how long an answer took."""
        with self._counting:
            self._answers += 1
            self._seconds += seconds

    @property
    def seconds_per_answer(self) -> float:
        """How long an answer takes on average."""
        return self._seconds / self._answers if self._answers else 0.0

    def refused(self, turn: Turn, method: str, path: str) -> None:
        """Take note that a request came too fast after all."""
        with self._counting:
            self.throttled[limit_of(method, path).family] += 1
        if turn.bucket is not None:
            turn.bucket.refused(turn.era)

    def rate(self, limit: Limit) -> float | None:
        """Return how many requests a second we allow ourselves; None: as many as go."""
        return None if self.share is None else limit.rate(self.share, self.scale)

    @contextmanager
    def stopped_by_failure(self) -> Iterator[None]:
        """Stop when what is done meanwhile is broken off, so that threads which wait don't hold up the end."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Let nobody wait any more: what has not left will not. Whoever asks for this workspace's budget anew gets another."""
        self._stopped.set()
        with _REGISTRY_LOCK:
            for key in [key for key, budget in _REGISTRY.items() if budget is self]:
                del _REGISTRY[key]

    @classmethod
    def waited(cls) -> float:
        """Return the seconds that this thread has waited for tokens so far."""
        return float(getattr(cls._waited, "seconds", 0.0))

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise Stopped("stopped while waiting for the request budget")

    def _bucket(self, limit: Limit) -> Bucket | None:
        rate = self.rate(limit)
        if rate is None or self.share is None:
            return None
        with self._lock:
            if limit.family not in self._buckets:
                capacity = limit.requests * self.share / _BURST
                penalty = PENALTY_SECONDS / self.scale
                self._buckets[limit.family] = Bucket(rate, capacity, self._clock, self._sleep, penalty)
            return self._buckets[limit.family]


_REGISTRY: weakref.WeakValueDictionary[tuple[str, str, Rate | None], Budget] = weakref.WeakValueDictionary()
_REGISTRY_LOCK = threading.Lock()


def shared(host: str, role: str, rate: Rate | None) -> Budget:
    """Return the budget of a workspace: one for all who have it open in this process."""
    with _REGISTRY_LOCK:
        budget = _REGISTRY.get((host, role, rate))
        if budget is None:
            budget = _REGISTRY[host, role, rate] = Budget(rate, role)
        return budget


def spoken(seconds: float) -> str:
    """Return a duration as people say it."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {max(seconds, 1):.0f} s"


def per_time(rate: float) -> str:
    """Return requests a second as people say it."""
    return f"{rate:.0f}/s" if rate >= 1 else f"{rate * 60:.0f}/min"
