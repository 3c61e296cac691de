"""Between the emulator and whoever asks it: a test may answer in its place, or change what it answered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fixtures.emulator.app import App

Change = Callable[[str, str, bytes, bytes], tuple[int, bytes] | None]
"""Is given method, path, the body sent and the body answered; returns another status (0: as it was) and body, or None."""


@contextlib.contextmanager
def between(app: App, change: Change, *, ask: Change | None = None) -> Iterator[None]:
    """Change what one workspace answers. `ask` is asked before the request takes effect, and what it returns is the answer."""
    call = App.__call__

    async def changed(self: App, scope: Any, receive: Any, send: Any) -> None:
        if self is not app or scope["type"] != "http":
            await call(self, scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        sent = await _body(receive)
        answer = ask(method, path, sent, b"") if ask is not None else None
        head: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
        if answer is None:
            told: list[dict[str, Any]] = []

            async def collect(message: dict[str, Any]) -> None:
                told.append(message)

            await call(self, scope, _again(sent), collect)
            if not told:  # a fault cut the connection
                return
            head, body = told[0], b"".join(message.get("body", b"") for message in told[1:])
            answer = change(method, path, sent, body) or (0, body)
        status, body = answer
        headers = [(k, v) for k, v in head["headers"] if k not in (b"content-length", b"content-type")]
        headers += [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({**head, "status": status or head["status"], "headers": headers})
        await send({"type": "http.response.body", "body": body})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "__call__", changed)
        yield


async def _body(receive: Any) -> bytes:
    data, more = b"", True
    while more:
        message = await receive()
        data, more = data + message.get("body", b""), message.get("more_body", False)
    return data


def _again(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
