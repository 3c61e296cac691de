"""The lock of a secondary: whoever writes to it, from whatever machine, does so alone (docs/adr/0006-lock.md).

A file in the reserved folder of the secondary says who writes. It is made without overwriting, which the service refuses to
the second; renewed while the run lasts; and removed at its end, when a second file is left that says who wrote last. So a run
that read before another one wrote knows that what it read is old. A run that has nothing to write takes no lock.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from lakedrill.inventory.errors import DrillError, ReadError, Refused, UsageError, if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds._tree import RESERVED
from lakedrill.inventory.workspace import Workspace
from migrate.alone import Alone
from migrate.patience import until
from migrate.sending import TRIES, until_clear
from migrate.target import Target, Unclear

LOCK, LAST_RUN = "lock", "last-run"
RENEW_SECONDS = 60.0
STALE_SECONDS = 600.0
"""A lock that was not renewed for so long is of a run that is dead, or that will not write any more once it wakes."""
SETTLE_SECONDS = 2.0
"""Of two that take over one stale lock the later write wins. It has landed after so long, or its sender leaves."""
SEEN_SECONDS = 10.0
"""How long the lock may be there and not be seen."""
EXISTS = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"})
_LOOK_SECONDS = 1.0
_API = "/api/2.0/workspace"


class Lost(DrillError):
    """The lock was taken away, or not renewed in time: nothing more may be written."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its lock, or what it left behind, tells of it. Times are seconds since the epoch."""

    drill: str
    who: str
    token: str
    taken_at: float
    seen_at: float

    def __str__(self) -> str:
        said = f"drill {self.drill} of {self.who}"
        return " ".join("".join(c if c.isprintable() else " " for c in said).split())[:200]

    @property
    def age(self) -> str:
        """Since when it has the lock, and when it was last seen."""
        now = time.time()
        return f"taken {told(now - self.taken_at)} ago, last seen {told(now - self.seen_at)} ago"

    @property
    def stale(self) -> bool:
        """Say whether it was not seen for too long."""
        return time.time() - self.seen_at >= STALE_SECONDS


@dataclass(frozen=True, slots=True)
class Sight:
    """What the reserved folder holds: who has the lock, and who wrote last."""

    holder: Run | None = None
    last: Run | None = None
    folder: bool = False
    """The folder is there."""


class Lock:
    """The lock of one secondary, for one run."""

    def __init__(
        self, drill: str, alone: Alone, until: float = 0.0, tell: Callable[[str], None] = lambda _line: None
    ) -> None:
        """`until`: how long to wait for another run, of `time.monotonic`. `tell` is told what an operator should know."""
        self.token = uuid.uuid4().hex
        self._drill = drill
        self._alone = alone
        self._until = until
        self._tell = tell
        self._first = Sight()
        self._taken_at = 0.0
        self._sent_at = self._seen_at = (0.0, 0.0)
        """When the lock was sent, and when it was sent that is known to be there; by the clock, and by one that never jumps."""
        self._wrote = False
        self._why_lost = ""

    def look(self, target: Workspace) -> None:
        """Look before anything is read: raise UsageError while another run has the lock."""
        waiting = False
        while True:
            self._first = _seen(target)
            holder = self._first.holder
            if holder is None or holder.stale or self._alone.is_ours(holder.token):
                return
            if time.monotonic() >= self._until:
                raise _held(target, holder)
            if not waiting:
                self._tell(f"waiting for {holder}, {holder.age}")
            waiting = True
            time.sleep(_LOOK_SECONDS)

    @property
    def left_behind(self) -> bool:
        """A killed run of this folder left its lock, which nobody else would give back."""
        return self._first.holder is not None and self._alone.is_ours(self._first.holder.token)

    @contextmanager
    def held(self, target: Target) -> Iterator[None]:
        """Hold the lock as long as the context lasts, however it ends. Raises UsageError where another run was quicker."""
        end, anybody = threading.Event(), target.permit
        renewing = threading.Thread(target=self._keep, args=(target, end), daemon=True)
        try:
            self._take(target)
            self._wrote, target.permit = True, self.require
            renewing.start()
            yield
        finally:
            end.set()
            if renewing.ident is not None:
                renewing.join()
            target.permit = anybody
            self._release(target)

    def require(self) -> None:
        """Raise Lost where the lock is not ours any more, or others may think so by now."""
        idle = max(now - then for now, then in zip(_now(), self._seen_at, strict=True))
        if not self._why_lost and idle > STALE_SECONDS - RENEW_SECONDS:
            self._why_lost = f"it could not be renewed for {told(idle)}"
        if self._why_lost:
            raise Lost(f"the lock of the secondary was lost: {self._why_lost}; nothing more was written, run again")

    def _take(self, target: Target) -> None:
        self._alone.remember(self.token)
        self._taken_at = time.time()
        over, obstacle, tried, sight = None, "", 0, _seen(target)
        while sight.holder is None or sight.holder.token != self.token:
            if tried == TRIES:
                raise UsageError(f"{_who(target)}: {RESERVED}/{LOCK} can't be written: {obstacle}")
            over, began = self._overtaken(target, sight.holder), time.monotonic()
            patience = SEEN_SECONDS
            try:
                if not sight.folder:
                    until_clear(lambda: target.send("POST", f"{_API}/mkdirs", {"path": RESERVED}))
                self._put(target, LOCK, overwrite=over is not None)
            except Unclear as unclear:
                obstacle = str(unclear)
                time.sleep(unclear.wait_seconds)
            except Refused as refusal:  # mostly because another run was quicker, which the next look tells
                obstacle = str(refusal)
                patience = SEEN_SECONDS if refusal.code in EXISTS else 0.0
            if over is not None and not self._alone.is_ours(over.token):
                self._settle(target, over, began)
            # What was just written may not be seen at once.
            tried, sight = tried + 1, until(lambda: _seen(target), lambda now: now.holder is not None, patience)
        self._seen_at = self._sent_at
        if sight.last != self._first.last:
            raise _again(target, sight.last)
        if over is not None:
            self._tell(f"the lock of {over} was taken over: {over.age}")

    def _overtaken(self, target: Target, holder: Run | None) -> Run | None:
        """Return the dead run whose lock we may take over; None where there is no lock. Raises UsageError for a live one."""
        if holder is None or self._alone.is_ours(holder.token):
            return holder
        if not holder.stale:
            raise _held(target, holder)
        if holder != self._first.holder:
            raise _again(target, holder)
        return holder

    def _settle(self, target: Target, over: Run, began: float) -> None:
        """Wait until nobody can still write who saw a stranger's dead lock as we did. Raises UsageError where we were slow."""
        if time.monotonic() - began > SETTLE_SECONDS:
            raise _again(target, over)
        time.sleep(SETTLE_SECONDS)

    def _keep(self, target: Target, end: threading.Event) -> None:
        """Renew the lock until the end. What goes wrong is tried again; `require` tells when it was too long."""
        while not end.wait(RENEW_SECONDS):
            try:
                holder = look(target).holder
                if holder is None or holder.token != self.token:
                    self._why_lost = f"{holder or 'nobody'} has it"
                    return
                self._put(target, LOCK, overwrite=True)
            except ReadError:
                continue
            except Lost:
                return

    def _release(self, target: Target) -> None:
        """Leave word that we wrote, and give the lock back. One that is not ours is left alone."""
        if self._why_lost or not self._sent_at[0]:
            return
        try:
            holder = look(target).holder
            if holder is None or holder.token != self.token:
                self._tell(f"the lock of the secondary was taken away meanwhile: {holder or 'nobody'} has it")
                return
            if self._wrote:
                until_clear(lambda: self._put(target, LAST_RUN, overwrite=True))
            until_clear(lambda: _remove(target, LOCK))
        except ReadError as error:
            again = f"this folder's next run takes it over, any other in {told(STALE_SECONDS)}"
            self._tell(f"the lock of the secondary could not be given back: {error}; {again}")

    def _put(self, target: Target, name: str, *, overwrite: bool) -> None:
        self._sent_at = _now()
        run = Run(self._drill, target.caller, self.token, round(self._taken_at, 3), round(self._sent_at[0], 3))
        content = base64.b64encode(json.dumps(asdict(run), ensure_ascii=False).encode()).decode()
        body = {"path": f"{RESERVED}/{name}", "format": "RAW", "content": content, "overwrite": overwrite}
        target.send("POST", f"{_API}/import", body)
        self._seen_at = self._sent_at


def _now() -> tuple[float, float]:
    return time.time(), time.monotonic()


def look(target: Workspace) -> Sight:
    """Return what the reserved folder holds. Raises Refused or Unreachable."""
    found = if_there(lambda: target.get(f"{_API}/list", path=RESERVED))
    if found is None:
        return Sight()
    files = {document["path"].rpartition("/")[2]: document for document in found.get("objects", [])}
    holder, last = (_run(target, files[name]) if name in files else None for name in (LOCK, LAST_RUN))
    return Sight(holder, last, folder=True)


def told(seconds: float) -> str:
    """Return a length of time as people say it."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds / length)} {unit}"
    return f"{max(0, int(seconds))} seconds"


def _seen(target: Workspace) -> Sight:
    try:
        return look(target)
    except ReadError as error:
        raise UsageError(f"{_who(target)}: whether another run writes to it can't be read: {error}") from None


def _run(target: Workspace, document: Document) -> Run | None:
    """Read a file of the reserved folder; None where it is gone by now. One that is no run's is somebody's, of its own age."""
    text = if_there(
        lambda: base64.b64decode(target.get(f"{_API}/export", path=document["path"], format="AUTO")["content"])
    )
    if text is None:
        return None
    modified = float(document.get("modified_at", 0)) / 1000
    try:
        run = Run(**_checked(json.loads(text)))
    except (ValueError, TypeError):
        return Run("?", "nobody knows whom", text.hex()[:64], modified, modified)
    # The service's time too, in case the other machine's clock is late.
    return Run(run.drill, run.who, run.token, run.taken_at, max(run.seen_at, modified))


def _checked(document: Any) -> dict[str, Any]:
    types = {"drill": str, "who": str, "token": str, "taken_at": int | float, "seen_at": int | float}
    if not all(isinstance(document[name], kind) for name, kind in types.items() if name in document):
        raise TypeError("not a run")
    return {name: document[name] for name in types if name in document}


def _remove(target: Target, name: str) -> None:
    try:
        target.send("POST", f"{_API}/delete", {"path": f"{RESERVED}/{name}", "recursive": False})
    except Refused as refusal:
        if not refusal.gone:
            raise


def _who(target: Workspace) -> str:
    return f"secondary (workspace {target.workspace_id})"


def _held(target: Workspace, holder: Run) -> UsageError:
    how = "run again when it has ended, or wait for it with --wait SECONDS"
    return UsageError(f"{_who(target)}: {holder} is writing to it ({holder.age}); {how}")


def _again(target: Workspace, other: Run | None) -> UsageError:
    whose = other or "another run"
    return UsageError(f"{_who(target)}: {whose} wrote to it while this run read; nothing was written, run again")
