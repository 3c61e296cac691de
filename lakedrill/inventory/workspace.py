"""One workspace, opened for reading, through the SDK's own client. The only reading file that imports the SDK.

Answers are taken as raw JSON: the SDK's typed classes drop unknown fields and empty containers, on both sides alike. A
request that is not on the read list is refused here, in the HTTP transport, so that no helper of the SDK can go round it;
and there every request waits for its turn (`budget.py`), the SDK's own repetitions included.

How far that reaches: all that goes through our client or its session, and every client, session or channel that the SDK makes
of our configuration or a copy of it, which is given no credentials. Who reads the profile file anew is not held back: give the
primary's profile no more rights than reading needs.
"""

from __future__ import annotations

import configparser
import http
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
from databricks.sdk.clock import RealClock
from databricks.sdk.config import Config
from databricks.sdk.core import ApiClient
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.errors.platform import (
    BadRequest,
    DeadlineExceeded,
    InternalError,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from requests.adapters import HTTPAdapter

from lakedrill import __version__
from lakedrill.inventory import budget as budgets
from lakedrill.inventory import entra
from lakedrill.inventory.budget import Budget
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.discretion import HIDDEN, scrubbed
from lakedrill.inventory.errors import Refused, Unreachable, UsageError
from lakedrill.inventory.kind import Document

T = TypeVar("T")

ANSWER_WITHIN_SECONDS = 2.5
TRY_FOR_SECONDS = 2
"""The SDK asks twice, for what the host says of itself and for the caller, and sleeps up to two seconds after a failure: a
host that hangs is told within ten seconds. Its own budget is 300."""
READ_BUDGET_SECONDS = 120
_PAUSES = (0.2, 1.0)
"""Seconds before a read that met a 500 or a 504 is tried again: reading permissions gives one now and then. The SDK itself
tries again on 429, 503 and lost connections."""
_KEPT = ("DATABRICKS_CONFIG_FILE",)
"""Variables of the SDK that stay: a profile says all the others, and one token for two workspaces would be wrong."""
READING_POSTS = re.compile(r"/api/2\.\d/(clusters/events|fs/create-download-url)|/oidc/v1/token|/oidc/[\w/-]*token")
"""POSTs that change nothing: searches, download URLs and the exchange of credentials."""

RUNNING_POSTS = re.compile(r"/api/1\.2/(contexts/(create|destroy)|commands/(execute|cancel))")
"""POSTs that run a command on a cluster: let through for the clusters that were allowed."""
logging.getLogger("databricks.sdk").setLevel(logging.INFO)
"""At DEBUG the SDK logs requests and answers with their bodies; what it leaves out goes by the names of a few fields."""

_NOT_SERVED = frozenset({"FEATURE_DISABLED", "ENDPOINT_NOT_FOUND"})
"""Codes of a 404 that says nothing of the object: the workspace has no such thing for any."""
_LONGEST = 500
"""As many characters of an error as are kept: a proxy may answer with a page."""
_TOKENS = re.compile(r"\bdapi[\w-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=Bearer )\S+")


class WriteRefusedError(RuntimeError):
    """A workspace that was opened for reading was asked to write. A defect of ours, never a user's mistake."""


def _alone() -> dict[str, str]:
    """Stand in for a configuration's credentials once our client has them: a session of its own would pass by the adapter."""
    raise WriteRefusedError("a client of its own on a configuration that only this product's client may use")


class _PatientClock(RealClock):
    """The clock of the SDK's retries, whose patience is for the service: it stands still while a thread waits for its turn."""

    def time(self) -> float:
        return super().time() - Budget.waited()


class BudgetedAdapter(HTTPAdapter):
    """Lets a request through when its family's bucket has a token for it; it holds no connection until then."""

    def __init__(self, rate_budget: Budget) -> None:
        self._budget = rate_budget
        super().__init__(pool_connections=20, pool_maxsize=20, pool_block=True)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request in its turn, and take note where it came too fast nevertheless."""
        method, path = request.method or "", urlsplit(request.url or "").path
        turn = self._budget.enter(method, path)
        begun = time.monotonic()
        response = super().send(request, *args, **kwargs)
        self._budget.answered(time.monotonic() - begun)
        if response.status_code >= http.HTTPStatus.BAD_REQUEST and is_throttled(response):
            self._budget.refused(turn, method, path)
        return response


class ReadOnlyAdapter(BudgetedAdapter):
    """Lets reads through and nothing else: commands too on the clusters, by id, that `clusters` returns."""

    def __init__(self, rate_budget: Budget, clusters: Callable[[], Collection[str]] = tuple) -> None:
        self._clusters = clusters
        super().__init__(rate_budget)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a read; refuse a write before it leaves."""
        path = urlsplit(request.url or "").path
        reads = request.method in {"GET", "HEAD"} or READING_POSTS.fullmatch(path) or self._runs(request, path)
        if not reads:
            raise WriteRefusedError(f"{request.method} {path} on a workspace that was opened for reading")
        return super().send(request, *args, **kwargs)

    def _runs(self, request: requests.PreparedRequest, path: str) -> bool:
        """Say whether a request is for a command on a cluster that was allowed."""
        clusters = self._clusters()
        if not (clusters and request.method == "POST" and RUNNING_POSTS.fullmatch(path)):
            return False
        return json.loads(request.body or "{}").get("clusterId") in clusters


class Workspace:
    """A workspace that can be read. Threads may share it."""

    def __init__(self, connection: Connection, user_agent: str = "", *, budget: int = READ_BUDGET_SECONDS) -> None:
        """Open a connection and prove that it is the one meant.

        Raises UsageError, with the role and the profile, for an unknown profile, a refused token, a host that does not
        answer within ten seconds or a workspace id that is not the connection's (0: any). The only request before that is
        decided is `/Me`.
        """
        self.connection = connection
        self.runs_on: set[str] = set()
        """The clusters, by id, on which commands may run; added by who found what drill.yaml names."""
        self._memo: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        me, found = self._who_am_i(user_agent)
        if connection.workspace_id and found != str(connection.workspace_id):
            raise UsageError(
                f"{self._who()}: is workspace {found or 'unknown'}, but drill.yaml names {connection.workspace_id}"
            )
        self.workspace_id = int(found or 0)
        self.me: Document = me
        self._api = self._client(budget, user_agent)
        self.host: str = self._api._cfg.host or ""  # noqa: SLF001

    def _who_am_i(self, user_agent: str) -> tuple[Document, str]:
        """Return the caller and the workspace's id, or say within ten seconds why neither can be had."""
        probe = self._client(TRY_FOR_SECONDS, user_agent)
        try:
            me = probe.do("GET", "/api/2.0/preview/scim/v2/Me", response_headers=["X-Databricks-Org-Id"])
        except (Unauthenticated, PermissionDenied, BadRequest, NotFound) as error:
            raise UsageError(f"{self._who()}: the token was refused: {_told(error, probe._cfg)}") from None  # noqa: SLF001
        except (DatabricksError, OSError, TimeoutError, ValueError) as error:
            cause = error.__cause__ or error
            raise UsageError(f"{self._who()}: {probe._cfg.host} does not answer: {_told(cause, probe._cfg)}") from None  # noqa: SLF001
        if not isinstance(me, dict):
            raise UsageError(f"{self._who()}: {probe._cfg.host} does not answer as a workspace does")  # noqa: SLF001
        return me, str(me.pop("X-Databricks-Org-Id", "") or probe._cfg.workspace_id or "")  # noqa: SLF001

    @property
    def is_admin(self) -> bool:
        """Whether the caller is a workspace admin: the service shows others only what they may see."""
        return "admins" in {group.get("display") for group in self.me.get("groups", [])}

    @property
    def caller(self) -> str:
        """The caller's name, as definitions and grants name it."""
        return str(self.me.get("userName") or self.me.get("applicationId") or "")

    @property
    def calls_with_entra_user(self) -> bool:
        """Whether the caller's token is a user's of Entra ID: some requests of Azure take no other."""
        return entra.is_users(self._headers().get("Authorization", ""))

    @property
    def account_id(self) -> str:
        """The id of the account, where the profile or the host tells it; else empty."""
        return str(self._api._cfg.account_id or "")  # noqa: SLF001

    @property
    def is_aws(self) -> bool:
        """Whether the workspace is on AWS, as it says itself or as its host is named."""
        return bool(self._api._cfg.is_aws)  # noqa: SLF001

    def require_admin(self) -> None:
        """Raise UsageError for a caller who is no admin."""
        if not self.is_admin:
            raise UsageError(
                f"{self._who()}: {self.caller} is no workspace admin, and would see only a part of the workspace; "
                "use the profile of an admin"
            )

    def get(self, path: str, /, **query: Any) -> Document:
        """Return the JSON of a GET. Raises Refused or Unreachable."""
        for pause in _PAUSES:
            try:
                return self._get(path, query)
            except Refused as refusal:
                if not refusal.passing:
                    raise
                time.sleep(pause)
        return self._get(path, query)

    def head(self, path: str, *headers: str) -> dict[str, str | None]:
        """Return headers of the answer to a HEAD. Raises Refused or Unreachable; a refusal has no words."""
        return self.perform(lambda: cast("Any", self._api.do("HEAD", path, response_headers=list(headers))))

    def download(self, path: str) -> bytes:
        """Return the bytes that a GET gives. Raises Refused or Unreachable."""

        def read() -> bytes:
            answer = cast("Any", self._api.do("GET", path, headers={"Accept": "application/octet-stream"}, raw=True))
            with answer["contents"] as stream:
                return bytes(stream.read())

        return self.perform(read)

    def _get(self, path: str, query: Document) -> Document:
        answer = self.perform(lambda: self._api.do("GET", path, query=query or None))
        if not isinstance(answer, dict):
            raise Unreachable(f"GET {path}: expected a JSON object")
        return answer

    def post(self, path: str, body: Document) -> Document:
        """Return the JSON of a reading POST (see READING_POSTS, RUNNING_POSTS)."""
        answer = self.perform(lambda: self._api.do("POST", path, body=body))
        if not isinstance(answer, dict):
            raise Unreachable(f"POST {path}: expected a JSON object")
        return answer

    def start_cluster(self, key: str) -> bool:  # noqa: ARG002 - for those that write
        """Start a cluster; say whether that was done. Here it is not: starting one is a write."""
        return False

    def pages(self, path: str, key: str, /, **query: Any) -> Iterator[Document]:
        """Yield the items of a listing that is paged by tokens. An empty page with a token is not the end."""
        while True:
            page = self.get(path, **query)
            yield from page.get(key, [])
            token = page.get("next_page_token")
            if not token:
                return
            query["page_token"] = token

    def shared(self, name: str, read: Callable[[], T]) -> T:
        """Return what `read` returned when it was first called under this name; kinds share listings so."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._memo:
                self._memo[name] = read()
            found: T = self._memo[name]
            return found

    def forget(self) -> None:
        """Drop all shared listings, so that they are read anew."""
        with self._lock:
            self._memo.clear()

    def perform(self, call: Callable[[], T]) -> T:
        """Run a call of the SDK and translate its errors. No secret of the profile is in what they say."""
        try:
            return call()
        except DatabricksError as error:
            raise self.refused(error) from None
        except (OSError, TimeoutError, ValueError) as error:
            cause = error.__cause__ or error
            raise Unreachable(self.words(cause)) from None

    def refused(self, error: DatabricksError) -> Refused:
        """Return an error of the SDK as what it is: the service's refusal, in its own words."""
        return Refused(
            error.error_code or type(error).__name__,
            self.words(error),
            gone=(isinstance(error, NotFound) and error.error_code not in _NOT_SERVED)
            or "does not exist" in str(error),
            denied=isinstance(error, PermissionDenied),
            passing=isinstance(error, InternalError | DeadlineExceeded),
            etag=_etag(error),
        )

    def words(self, error: BaseException) -> str:
        """Return what an error says, in a line, without what is secret."""
        return _told(error, self._api._cfg)  # noqa: SLF001

    def _client(self, budget: int, user_agent: str) -> ApiClient:
        for name in [n for n in os.environ if n.startswith("DATABRICKS_") and n not in _KEPT]:
            del os.environ[name]  # the SDK merges them into every profile, on both sides alike
        profiles = self.connection.config_file or Path(os.environ.get(_KEPT[0]) or "~/.databrickscfg").expanduser()
        if not profiles.is_file():
            raise UsageError(f"{self._who()}: no such profile file: {profiles}")
        try:
            config = Config(
                profile=self.connection.profile,
                config_file=str(profiles),
                retry_timeout_seconds=TRY_FOR_SECONDS,
                http_timeout_seconds=ANSWER_WITHIN_SECONDS,
                product="lakedrill",
                product_version=__version__,
                clock=_PatientClock(),
            )
        except configparser.Error as error:
            raise UsageError(f"{self._who()}: {profiles}: is not a profile file: {_told(error)}") from None
        except (ValueError, OSError, TimeoutError) as error:
            raise UsageError(f"{self._who()}: {_told(error)}") from None
        for word in user_agent.split():
            name, _, value = word.partition("/")
            config.with_user_agent_extra(name, value)
        config.retry_timeout_seconds = budget
        config.http_timeout_seconds = ANSWER_WITHIN_SECONDS if budget == TRY_FOR_SECONDS else 60
        self.rate_budget: Budget = budgets.shared(config.host or "", self.connection.role, self.connection.rate)
        client = ApiClient(config)
        self._headers = config.authenticate
        config.authenticate = _alone  # type: ignore[method-assign]
        session = client._api_client._session  # noqa: SLF001 - the SDK offers no transport of its own to set
        for scheme in ("https://", "http://"):
            session.mount(scheme, self._adapter())
        return client

    def _adapter(self) -> HTTPAdapter:
        return ReadOnlyAdapter(self.rate_budget, lambda: self.runs_on if self.connection.has_clusters else ())

    def _who(self) -> str:
        return f"{self.connection.role} (profile {self.connection.profile})"


def _etag(error: DatabricksError) -> str:
    """Return the etag that a refusal tells in its details."""
    info = error.get_error_details().error_info
    return "" if info is None else str((info.metadata or {}).get("etag", ""))


def is_throttled(response: requests.Response) -> bool:
    """Say whether an answer means that requests came too fast."""
    return budgets.is_throttled(response.status_code, response.content)


def _told(error: BaseException, config: Config | None = None) -> str:
    """Return what an error says, in one line, without tokens and without the secrets of a configuration."""
    text = str(error).partition(". Config:")[0].partition("```")[0]  # there the SDK shows configuration and request
    line = " ".join(text.split()) or type(error).__name__
    secrets = [] if config is None else [getattr(config, a.name) for a in Config.attributes() if a.sensitive]
    for secret in filter(None, secrets):
        line = line.replace(str(secret), HIDDEN)
    line = scrubbed(_TOKENS.sub(HIDDEN, line))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
