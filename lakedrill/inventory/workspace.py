"""One workspace, opened for reading, through the SDK's own client. The only reading file that imports the SDK.

Answers are taken as raw JSON: the SDK's typed classes drop unknown fields and empty containers, on both sides alike. A
request that is not on the read list is refused here, in the HTTP transport, so that no helper of the SDK can go round it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from databricks.sdk.config import Config
from databricks.sdk.core import ApiClient
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.errors.platform import (
    BadRequest,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from requests.adapters import HTTPAdapter

from lakedrill import __version__
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.errors import Refused, Unreachable, UsageError
from lakedrill.inventory.kind import Document

T = TypeVar("T")

ANSWER_WITHIN_SECONDS = 3
"""A host that hangs is asked twice, and told within ten seconds; the SDK's own budget is 300 seconds."""
_ASK_AGAIN_SECONDS = 1
"""How long a host that refuses or fails at once is asked again."""
_METADATA_SECONDS = 2
"""How long the SDK may wait for what a host says of itself, which it can do without."""
READ_BUDGET_SECONDS = 120
READING_POSTS = re.compile(r"/api/2\.\d/(clusters/events|fs/create-download-url)|/oidc/v1/token|/oidc/[\w/-]*token")
"""POSTs that change nothing: searches, download URLs and the exchange of credentials."""


class WriteRefusedError(RuntimeError):
    """A workspace that was opened for reading was asked to write. A defect of ours, never a user's mistake."""


class ReadOnlyAdapter(HTTPAdapter):
    """Lets reads through and nothing else."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a read; refuse a write before it leaves."""
        path = urlsplit(request.url or "").path
        if request.method not in {"GET", "HEAD"} and not READING_POSTS.fullmatch(path):
            raise WriteRefusedError(f"{request.method} {path} on a workspace that was opened for reading")
        return super().send(request, *args, **kwargs)


class Workspace:
    """A workspace that can be read. Threads may share it."""

    def __init__(self, connection: Connection, user_agent: str = "", *, budget: int = READ_BUDGET_SECONDS) -> None:
        """Open a connection and prove that it is the one meant.

        Raises UsageError, with the role and the profile, for an unknown profile, a refused token, a host that does not
        answer within ten seconds or a workspace id that is not the connection's. The only request before that is decided is
        `/Me`.
        """
        self.connection = connection
        self._memo: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        probe = self._client(_ASK_AGAIN_SECONDS, user_agent)
        try:
            me = probe.do("GET", "/api/2.0/preview/scim/v2/Me", response_headers=["X-Databricks-Org-Id"])
        except (Unauthenticated, PermissionDenied, BadRequest, NotFound) as error:
            raise UsageError(f"{self._who()}: the token was refused: {_first_line(error)}") from None
        except (DatabricksError, OSError, TimeoutError, ValueError) as error:
            raise UsageError(f"{self._who()}: {probe._cfg.host} does not answer: {_first_line(error)}") from None  # noqa: SLF001
        if not isinstance(me, dict):
            raise UsageError(f"{self._who()}: {probe._cfg.host} does not answer as a workspace does")  # noqa: SLF001
        found = str(me.pop("X-Databricks-Org-Id", "") or probe._cfg.workspace_id or "")  # noqa: SLF001
        if found != str(connection.workspace_id):
            raise UsageError(
                f"{self._who()}: is workspace {found or 'unknown'}, but drill.yaml names {connection.workspace_id}"
            )
        self.me: Document = me
        self._api = self._client(budget, user_agent)
        self.host: str = self._api._cfg.host or ""  # noqa: SLF001

    def get(self, path: str, /, **query: Any) -> Document:
        """Return the JSON of a GET. Raises Refused or Unreachable."""
        answer = self.perform(lambda: self._api.do("GET", path, query=query or None))
        if not isinstance(answer, dict):
            raise Unreachable(f"GET {path}: expected a JSON object")
        return answer

    def post(self, path: str, body: Document) -> Document:
        """Return the JSON of a reading POST (see READING_POSTS)."""
        answer = self.perform(lambda: self._api.do("POST", path, body=body))
        if not isinstance(answer, dict):
            raise Unreachable(f"POST {path}: expected a JSON object")
        return answer

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

    @staticmethod
    def perform(call: Callable[[], T]) -> T:
        """Run a call of the SDK and translate its errors."""
        try:
            return call()
        except DatabricksError as error:
            raise refused(error) from None
        except (OSError, TimeoutError, ValueError) as error:
            cause = error.__cause__ or error
            raise Unreachable(_first_line(cause)) from None

    def _client(self, budget: int, user_agent: str) -> ApiClient:
        try:
            config = Config(
                profile=self.connection.profile,
                config_file=str(self.connection.config_file) if self.connection.config_file else None,
                retry_timeout_seconds=_ASK_AGAIN_SECONDS,
                http_timeout_seconds=_METADATA_SECONDS,
                product="lakedrill",
                product_version=__version__,
            )
        except (ValueError, OSError, TimeoutError) as error:
            raise UsageError(f"{self._who()}: {_first_line(error)}") from None
        for word in user_agent.split():
            name, _, value = word.partition("/")
            config.with_user_agent_extra(name, value)
        config.retry_timeout_seconds = budget
        config.http_timeout_seconds = ANSWER_WITHIN_SECONDS if budget == _ASK_AGAIN_SECONDS else 60
        client = ApiClient(config)
        session = client._api_client._session  # noqa: SLF001 - the SDK offers no transport of its own to set
        for scheme in ("https://", "http://"):
            session.mount(scheme, self._adapter())
        return client

    def _adapter(self) -> HTTPAdapter:
        return ReadOnlyAdapter(pool_connections=20, pool_maxsize=20, pool_block=True)

    def _who(self) -> str:
        return f"{self.connection.role} (profile {self.connection.profile})"


def refused(error: DatabricksError) -> Refused:
    """Return an error of the SDK as what it is: the service's refusal, in its own words."""
    return Refused(
        error.error_code or type(error).__name__,
        plain_text(error),
        gone=isinstance(error, NotFound) or "does not exist" in str(error),
        denied=isinstance(error, PermissionDenied),
    )


def plain_text(error: BaseException) -> str:
    """Return an error's text without the configuration that the SDK adds to it."""
    return str(error).partition(". Config:")[0].strip()


def _first_line(error: BaseException) -> str:
    text = plain_text(error)
    return text.splitlines()[0] if text else type(error).__name__
