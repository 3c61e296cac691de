"""The target: a workspace opened for writing. Each write leaves exactly once.

The SDK re-sends a POST whose answer it did not like, which makes a second job of every lost reply. A body that it cannot rewind
it sends once; a refused or lost answer then comes back to us, and the copier looks before it decides.
"""

from __future__ import annotations

import http
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests
from databricks.sdk.errors.base import DatabricksError
from requests.adapters import HTTPAdapter

from lakedrill.inventory.budget import Budget
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.errors import Unreachable
from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import BudgetedAdapter, Workspace, is_throttled

_UNCLEAR = (http.HTTPStatus.REQUEST_TIMEOUT, http.HTTPStatus.TOO_MANY_REQUESTS)
"""Answers after which, like after any of the server's own errors, the write may have taken effect: gateways give them too."""

Told = Callable[[str, str, str, str], None]
"""Is told of each write: method, path, the request's id where an answer came, and what became of it."""


class Unclear(Unreachable):
    """Whether a write took effect is not known. Look before sending it again."""

    def __init__(self, message: str, wait_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class Once:
    """A request body that leaves once: the SDK re-sends only what it can rewind."""

    def __init__(self, document: Document | None) -> None:
        self._bytes = b"" if document is None else json.dumps(document).encode()
        self._stream = io.BytesIO(self._bytes)

    def __len__(self) -> int:
        return len(self._bytes)

    def __bool__(self) -> bool:
        """Say that there is one, though it be empty: what the SDK sees no body of it sends again."""
        return True

    def __iter__(self) -> Iterator[bytes]:
        return iter([self._bytes])

    def seekable(self) -> bool:
        """Say that it can't be rewound."""
        return False

    def read(self, size: int = -1) -> bytes:
        """Read, as a file is read."""
        return self._stream.read(size)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said to a write."""

    document: Document
    request_id: str


class _Listening(BudgetedAdapter):
    """Notes status and request id of each answer, which the SDK's errors do not carry."""

    def __init__(self, rate_budget: Budget, heard: threading.local) -> None:
        self._heard = heard
        super().__init__(rate_budget)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if isinstance(request.body, Once) and not len(request.body):
            request.body = None
            request.headers.pop("Transfer-Encoding", None)
            request.headers["Content-Length"] = "0"
        response = super().send(request, *args, **kwargs)
        self._heard.status = response.status_code
        self._heard.request_id = response.headers.get("x-request-id", "")
        if not response.ok and is_throttled(response):
            self._heard.status = http.HTTPStatus.TOO_MANY_REQUESTS  # whatever number the service gave it
        return response


class Target(Workspace):
    """A workspace that can be read and written. Only `migrate` opens one."""

    def __init__(self, connection: Connection, user_agent: str = "") -> None:
        self._heard = threading.local()
        self.told: Told = lambda *_: None
        self.permit: Callable[[], None] = lambda: None
        """Asked before each write; raises where none may leave any more."""
        super().__init__(connection, user_agent)

    def send(self, method: str, path: str, body: Document | None) -> Answer:
        """Send a write once. Raises Refused where it certainly had no effect, Unclear where nobody knows."""
        self.permit()
        self._heard.status, self._heard.request_id = 0, ""
        became = "unclear"
        try:
            answer = self._api.do(
                method,
                path,
                data=Once(body),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
            )
            became = "done"
        except DatabricksError as error:
            if self._heard.status in _UNCLEAR or self._heard.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
                raise Unclear(self.words(error), float(getattr(error, "retry_after_secs", None) or 1)) from None
            became = "refused"
            raise self.refused(error) from None
        except (OSError, ValueError) as error:
            raise Unclear(f"{method} {path}: no answer came ({type(error).__name__})") from None
        finally:
            self.told(method, path, self._heard.request_id, became)
        return Answer(answer if isinstance(answer, dict) else {}, self._heard.request_id)

    def _adapter(self) -> HTTPAdapter:
        return _Listening(self.rate_budget, self._heard)
