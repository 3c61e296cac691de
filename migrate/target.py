"""The target: a workspace opened for writing. Each write leaves exactly once.

The SDK re-sends a POST whose answer it did not like, which makes a second job of every lost reply. A body that it cannot rewind
it sends once; a refused or lost answer then comes back to us, and the copier looks before it decides.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.errors.platform import (
    DeadlineExceeded,
    InternalError,
    TemporarilyUnavailable,
    TooManyRequests,
)
from requests.adapters import HTTPAdapter

from lakedrill.inventory.errors import Refused, Unreachable
from lakedrill.inventory.kind import Document
from lakedrill.inventory.workspace import Workspace

_UNCLEAR = (InternalError, TemporarilyUnavailable, TooManyRequests, DeadlineExceeded)
"""Answers after which the write may have taken effect: a gateway gives them too."""


class Unclear(Unreachable):
    """Whether a write took effect is not known. Look before sending it again."""

    def __init__(self, message: str, wait_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class Once:
    """A request body that leaves once: the SDK re-sends only what it can rewind."""

    def __init__(self, document: Document) -> None:
        self._bytes = json.dumps(document).encode()
        self._stream = io.BytesIO(self._bytes)

    def __len__(self) -> int:
        return len(self._bytes)

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


class Target(Workspace):
    """A workspace that can be read and written. Only `migrate` opens one."""

    def send(self, method: str, path: str, body: Document) -> Answer:
        """Send a write once. Raises Refused where it certainly had no effect, Unclear where nobody knows."""
        try:
            answer = self._api.do(
                method,
                path,
                data=Once(body),
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                response_headers=["x-request-id"],
            )
        except _UNCLEAR as error:
            raise Unclear(self.told(error), float(error.retry_after_secs or 1)) from None
        except DatabricksError as error:
            raise Refused(error.error_code or type(error).__name__, self.told(error)) from None
        except (OSError, ValueError) as error:
            raise Unclear(f"{method} {path}: {type(error).__name__}") from None
        document: dict[str, Any] = answer if isinstance(answer, dict) else {}
        return Answer(document, str(document.pop("x-request-id", "") or ""))

    def _adapter(self) -> HTTPAdapter:
        return HTTPAdapter(pool_connections=20, pool_maxsize=20, pool_block=True)
