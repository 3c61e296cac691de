"""Plain HTTP to one workspace, and what the SDK would make of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.errors.parser import _Parser

from tests.support.fidelity.table import Step, filled

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    json: Any
    headers: Mapping[str, str]
    error: DatabricksError | None

    @property
    def code(self) -> str | None:
        """The error code of the envelope; SCIM's envelope has none, and the SDK makes it up from the status."""
        if isinstance(self.json, dict) and "error_code" in self.json:
            return str(self.json["error_code"])
        return None if self.error is None else self.error.error_code

    @property
    def message(self) -> str:
        """The text of a refusal, of whatever envelope."""
        if isinstance(self.json, dict):
            return str(self.json.get("message") or self.json.get("detail") or self.json.get("error") or "")
        return self.text

    @property
    def exception(self) -> str:
        """The name of the SDK's exception; `ok` without one."""
        return "ok" if self.error is None else type(self.error).__name__


class Wire:
    """One caller's way to one workspace."""

    def __init__(self, host: str, headers: Callable[[], dict[str, str]], session: requests.Session) -> None:
        self._host = host
        self._headers = headers
        self._session = session

    def send(self, step: Step, known: dict[str, Any]) -> Answer:
        """Send one step of the table, with its placeholders filled in."""
        headers = self._headers()
        if step.token is not None:
            headers = {"Authorization": f"Bearer {filled(step.token, known)}"} if step.token else {}
        path = filled(step.path, {name: quote(str(value), safe="/") for name, value in known.items()})
        how: dict[str, Any] = {"params": _texts(filled(step.query, known))}
        if step.form is not None:
            fields = filled(step.form, known)
            how["files"] = {n: (n, v["file"]) if isinstance(v, dict) else (None, v) for n, v in fields.items()}
        elif step.data is not None:
            how["data"] = str(filled(step.data, known)).encode()
            headers["Content-Type"] = step.content_type
        elif step.body is not None:
            how["data"] = json.dumps(filled(step.body, known))
            headers["Content-Type"] = "application/json"
        response = self._session.request(
            step.method, f"{self._host}{path}", headers=headers, timeout=_TIMEOUT_SECONDS, **how
        )
        return _answer(response)


def _texts(query: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}


def _answer(response: requests.Response) -> Answer:
    try:
        document = response.json() if response.content else None
    except ValueError:
        document = None
    error = _Parser().get_api_error(response)
    return Answer(response.status_code, response.text, document, response.headers, error)
