"""What the table may send to a real workspace: enforced in the HTTP transport, so that nothing goes round it.

Reads, but of secrets' values. Writes only where a folder was named: notebooks, files and folders below it whose name begins
with the prefix, and jobs of that name which nothing can start. Everything that is not allowed here is refused.
"""

from __future__ import annotations

import http
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.support.fidelity.probes import PREFIX

_SECRET_READS = re.compile(r"/api/2\.\d/secrets/get")
_READING_POSTS = re.compile(r"/api/2\.\d/clusters/events")
_PATH_FIELDS = {
    "/api/2.0/workspace/mkdirs": {"path"},
    "/api/2.0/workspace/delete": {"path", "recursive"},
    "/api/2.0/workspace/import": {"path", "format", "language", "content", "overwrite"},
}
_IMPORT_FILE = "/api/2.0/workspace-files/import-file/"
_JOBS = re.compile(r"/api/2\.[12]/jobs/(create|update|reset|delete)")
_SETTINGS = {
    "name", "tasks", "tags", "timeout_seconds", "max_concurrent_runs", "job_clusters", "git_source",
    "schedule", "continuous", "colour",
}  # fmt: skip
"""What a job may be made of: nothing that mails, that runs as another or that grants. `colour` is nothing, on purpose."""
_TRIGGERS = ("schedule", "continuous")
_PAUSES_SECONDS = 1.0


class NotAllowed(RuntimeError):
    """A probe asked for more than a real workspace is asked for. A defect of the table or its harness."""


class Guard(HTTPAdapter):
    """Lets through what is allowed. `folder` is where writes may go; without one nothing is written."""

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        self.jobs: set[int] = set()
        """The jobs that were made here and not deleted since."""
        retries = Retry(
            4,
            status_forcelist=(429, 503),
            allowed_methods={"GET"},
            backoff_factor=_PAUSES_SECONDS,
            raise_on_status=False,
        )
        super().__init__(max_retries=retries)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send what is allowed; raise NotAllowed, before it leaves, for anything else."""
        why = self.refusal(request)
        path = urlsplit(request.url or "").path
        if why:
            raise NotAllowed(f"{request.method} {path}: {why}")
        response = super().send(request, *args, **kwargs)
        if response.status_code == http.HTTPStatus.OK and request.method == "POST":
            self._note(path, request, response)
        return response

    def refusal(self, request: requests.PreparedRequest) -> str:
        """Return why a request may not be sent; nothing if it may."""
        url = urlsplit(request.url or "")
        if request.method in ("GET", "HEAD"):
            return "secrets are not read" if _SECRET_READS.fullmatch(url.path) else ""
        if request.method == "POST" and _READING_POSTS.fullmatch(url.path):
            return ""
        if not self.folder or request.method != "POST":
            return "not on the list of what may be written"
        if url.path.startswith(_IMPORT_FILE):
            path = "/" + unquote(url.path.removeprefix(_IMPORT_FILE)).lstrip("/")
            known = parse_qs(url.query).keys() <= {"overwrite"}
            return "" if known and self._inside(path) else "not below the folder"
        if url.query:
            return "a write with a query"
        body = _body(request)
        if body is None:
            return "a body that is no JSON object"
        if url.path in _PATH_FIELDS:
            known = body.keys() <= _PATH_FIELDS[url.path]
            return "" if known and self._inside(body.get("path")) else "not below the folder"
        job = _JOBS.fullmatch(url.path)
        return self._job_refusal(job[1], body) if job else "not on the list of what may be written"

    def _inside(self, path: Any) -> bool:
        """Say whether a path is a thing of ours below the folder, or below such a thing."""
        if not isinstance(path, str) or not path.startswith(f"{self.folder}/{PREFIX}"):
            return False
        return not re.search(r"//|%|\\|/\.{1,2}(/|$)|[\x00-\x1f]", path)

    def _job_refusal(self, verb: str, body: dict[str, Any]) -> str:
        if verb != "create" and body.get("job_id") not in self.jobs:
            return "a job that was not made here"
        if verb == "delete":
            return "" if body.keys() == {"job_id"} else "an unknown field"
        settings = body if verb == "create" else body.get("new_settings", {})
        removed = body.get("fields_to_remove", [])
        if verb != "create" and not body.keys() <= {"job_id", "new_settings", "fields_to_remove"}:
            return "an unknown field"
        if not isinstance(settings, dict) or not settings.keys() <= _SETTINGS:
            return "a setting that is not on the list"
        if verb != "update" or "name" in settings:
            name = settings.get("name")
            if not isinstance(name, str) or not name.startswith(PREFIX):
                return f"a name that does not begin with {PREFIX}"
        if not isinstance(removed, list) or any(
            str(each).partition("/")[0] in ("name", *_TRIGGERS) for each in removed
        ):
            return "a name or a pause that is taken away"
        triggers = [settings[name] for name in _TRIGGERS if name in settings]
        paused = all(isinstance(each, dict) and each.get("pause_status") == "PAUSED" for each in triggers)
        return "" if paused else "a trigger that is not paused"

    def _note(self, path: str, request: requests.PreparedRequest, response: requests.Response) -> None:
        verb = _JOBS.fullmatch(path)
        if verb and verb[1] == "create":
            self.jobs.add(response.json()["job_id"])
        if verb and verb[1] == "delete":
            self.jobs.discard((_body(request) or {}).get("job_id", 0))


def _body(request: requests.PreparedRequest) -> dict[str, Any] | None:
    """Return the JSON object of a request; None for anything else, a name that comes twice included."""
    if not isinstance(request.body, (str, bytes)):
        return None
    try:
        document = json.loads(request.body, object_pairs_hook=_once)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name that comes twice")
    return dict(pairs)
