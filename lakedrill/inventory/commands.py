"""Commands on a cluster, for what no REST API gives: mounts, and secrets' values where a workspace gives none over REST.

A command runs where a notebook would (`/api/1.2/contexts`, `/api/1.2/commands`), on a cluster that drill.yaml names. A
workspace that was opened for reading runs programs that only read, and starts no cluster: that is a write.

What a program prints is spelled in Braille, a sign a byte: a notebook blackens whatever in an output looks like one of its
secrets, and hardly any secret looks like that.
"""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from lakedrill.inventory.errors import ReadError, Refused

if TYPE_CHECKING:
    from lakedrill.inventory.kind import Document
    from lakedrill.inventory.workspace import Workspace

_API = "/api/1.2"
EXECUTE = f"{_API}/commands/execute"
"""Where a command is sent to."""
_ID = re.compile(r"\d{4}-\d{6}-\w+")
_PAUSE_SECONDS, _LONGEST_PAUSE = 0.03, 2.0
_LONGEST_SECONDS = 120
"""How long a context may take to start, and a command to end."""
_STARTED_WITHIN_SECONDS = 900
"""How long a cluster may take to start."""
FAILED = "COMMAND_FAILED"
_UP = ("RUNNING", "RESIZING")
BLANK = 0x2800
_BRAILLE = re.compile("[\u2800-\u28ff]+")
PRINTING = f"""
def _print(found):
    import json, zlib
    print("".join(chr({BLANK} + byte) for byte in zlib.compress(json.dumps(found).encode())))
"""
"""Defines how a program prints what it found, so that it arrives whole or not at all (see `printed`)."""

Send = Callable[[str, "Document"], "Document"]
"""Sends a POST: path and body; returns the answer."""


class Cluster:
    """One running cluster that commands run on. Threads may share it; it runs one command at a time. A context manager."""

    def __init__(self, workspace: Workspace, named: str, *, may_start: bool = False) -> None:
        """Find the cluster that drill.yaml names, by id or name.

        Raises Refused where there is none, or it does not run: none is started, unless it may be and the workspace is open
        for writing. Then it is waited for.
        """
        self._workspace = workspace
        self._lock = threading.Lock()
        self._context = ""
        self._id = _found(workspace, named)
        _require_up(workspace, named, self._id, may_start=may_start)
        workspace.runs_on.add(self._id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except ReadError:
            return  # what went wrong before is what is told

    def close(self) -> None:
        """Give the execution context back: a cluster has 145 of them."""
        if self._context:
            body = {"clusterId": self._id, "contextId": self._context}
            self._context = ""
            self._workspace.post(f"{_API}/contexts/destroy", body)

    def run(self, source: str, send: Send | None = None) -> str:
        """Run a program in Python and return what it printed. One that writes is sent by `send`.

        Raises ReadError: Refused(COMMAND_FAILED) where it certainly ended, and not well, with nothing of what it said.
        """
        with self._lock:
            if not self._context:
                body = {"clusterId": self._id, "language": "python"}
                self._context = str(self._workspace.post(f"{_API}/contexts/create", body)["id"])
                self._until(f"{_API}/contexts/status", {"Running"}, {"Error"}, contextId=self._context)
            body = {"clusterId": self._id, "contextId": self._context, "language": "python", "command": source}
            command = str((send or self._workspace.post)(EXECUTE, body)["id"])
            asked = {"contextId": self._context, "commandId": command}
            ended = self._until(f"{_API}/commands/status", {"Finished"}, {"Error", "Cancelled"}, **asked)
        results = ended.get("results") or {}
        if results.get("resultType") != "text":
            raise Refused(FAILED, "the command failed on the cluster")
        if results.get("truncated"):
            raise Refused(FAILED, "the output of the command was cut short")
        return str(results.get("data", ""))

    def _until(self, path: str, good: set[str], bad: set[str], **asked: str) -> Document:
        end, pause = time.monotonic() + _LONGEST_SECONDS, _PAUSE_SECONDS
        while True:
            found = self._workspace.get(path, clusterId=self._id, **asked)
            if found.get("status") in good:
                return found
            if found.get("status") in bad or time.monotonic() > end:
                raise Refused(FAILED, f"the cluster did not run the command: {found.get('status')}")
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE)


def spelled(printed: str) -> bytes:
    """Return the bytes that a program spelled in Braille; none where it spelled none."""
    found = _BRAILLE.search(printed)
    return bytes(ord(sign) - BLANK for sign in found[0]) if found else b""


def printed(text: str) -> Any:
    """Return what a program printed by PRINTING. Raises Refused for anything else, and for a part of it."""
    try:
        return json.loads(zlib.decompress(spelled(text)))
    except (zlib.error, ValueError):
        raise Refused(FAILED, "what the cluster printed is not whole, or not what was asked for") from None


def _found(workspace: Workspace, named: str) -> str:
    """Return the id of the one cluster of a name, or the id that was named."""
    if _ID.fullmatch(named):
        return named
    try:
        listed = workspace.pages("/api/2.1/clusters/list", "clusters", page_size=100)
        found = [str(cluster["cluster_id"]) for cluster in listed if cluster.get("cluster_name") == named]
    except ReadError as error:
        raise Refused(error.code, f"cluster {named} can't be looked up: {error}") from None
    if len(found) != 1:
        raise Refused("NO_SUCH_CLUSTER", f"{len(found)} clusters are called {named}; name one by its id")
    return found[0]


def _require_up(workspace: Workspace, named: str, key: str, *, may_start: bool) -> None:
    """Raise Refused for a cluster that does not run, and is not started."""
    cluster = workspace.get("/api/2.1/clusters/get", cluster_id=key)
    if cluster.get("state") in _UP:
        return
    told = f"cluster {named} is {cluster.get('state')}"
    if not may_start:
        raise Refused("CLUSTER_NOT_RUNNING", f"{told}, and a drill starts none; start it yourself")
    if not cluster.get("autotermination_minutes"):
        raise Refused("CLUSTER_NOT_RUNNING", f"{told}, and never ends by itself, so that a copy does not start it")
    if not workspace.start_cluster(key):
        raise Refused("CLUSTER_NOT_RUNNING", f"{told}, and only `migrate` starts it; start it yourself")
    end, pause = time.monotonic() + _STARTED_WITHIN_SECONDS, _PAUSE_SECONDS
    while (state := workspace.get("/api/2.1/clusters/get", cluster_id=key).get("state")) not in _UP:
        if state not in ("PENDING", "RESTARTING") or time.monotonic() > end:
            raise Refused("CLUSTER_NOT_RUNNING", f"cluster {named} was started, and is {state}")
        time.sleep(pause)
        pause = min(1.5 * pause, 5 * _LONGEST_PAUSE)
