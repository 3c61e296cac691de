"""A copy that is killed before or after any write ends, when it is run again, where an uninterrupted one does.

Of each kind the first and the last write are tried, each before it left and after it in one of the two modes; with
EVERY_WRITE=1 in the environment all of them in both.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.emulator.server import Running
from lakedrill.inventory.kind import Kind
from migrate import sending
from migrate.kinds import WRITERS, _permissions, _rest
from migrate.target import Target
from tests.support.frozen import Frozen
from tests.support.land import Land
from tests.support.laws import Copied, alarms, emulator_of, over_kinds

pytestmark = pytest.mark.law
STOPPED = 3
METHODS = ("create", "update", "delete", "settle", "write_facet")


class Killer:
    """Stops a copy dead at the nth write of a kind: it does not leave, or leaves and is not heard of; none after it leaves."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.sent: Counter[str] = Counter()
        self.at: tuple[str, int] | None = None
        self.after = False
        self._dead = False
        self._lock = threading.Lock()
        self._now = threading.local()
        for name, writer in WRITERS.items():
            for method in METHODS:
                patch.setattr(writer, method, self._of(lambda _, name=name: name, getattr(writer, method)))
        patch.setattr(_permissions, "write", self._of(lambda args: args[1].name, _permissions.write))
        patch.setattr(Target, "send", self._send_or_die(Target.send))

    def arm(self, kind: str, n: int, *, after: bool) -> None:
        self.sent.clear()
        self.at, self.after, self._dead = (kind, n), after, False

    def rest(self) -> None:
        self.sent.clear()
        self.at, self._dead = None, False

    def _of(self, kind: Callable[[tuple[Any, ...]], str], write: Callable[..., Any]) -> Callable[..., Any]:
        """Return a writer's method that says of which kind the requests are that it sends."""

        def writing(*args: Any, **kwargs: Any) -> Any:
            self._now.kind = kind(args)
            try:
                return write(*args, **kwargs)
            finally:
                self._now.kind = ""

        return writing

    def _send_or_die(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def send_or_die(target: Target, method: str, path: str, body: Any) -> Any:
            with self._lock:
                if self._dead:
                    raise KeyboardInterrupt
                kind = getattr(self._now, "kind", "")  # the lock is of none
                self.sent[kind] += 1
                self._dead = (kind, self.sent[kind]) == self.at
                last = self._dead
            if last and not self.after:
                raise KeyboardInterrupt
            answer = send(target, method, path, body)
            if last:
                raise KeyboardInterrupt
            return answer

        return send_or_die


@dataclass
class Start:
    """A drill before its first copy, to be begun again and again; how many writes of each kind a copy sends."""

    running: Running
    frozen: Frozen
    writes: Counter[str] = field(default_factory=Counter)

    def again(self, folder: Path) -> Copied:
        """Return the drill as if nothing had been done, in a folder of its own."""
        self.frozen.thaw()
        return Copied(Land(self.running, folder).write(), purpose="")


@pytest.fixture
def killer(start: Start, monkeypatch: pytest.MonkeyPatch) -> Killer:
    """What kills. A cluster that ends is waited for by turning the clock."""

    def turn(_: float) -> None:
        start.running.emulator.clock.offset_ms += 2_000

    monkeypatch.setattr(sending, "SECOND_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(_rest, "time", SimpleNamespace(sleep=turn, monotonic=time.monotonic))
    return Killer(monkeypatch)


@pytest.fixture(scope="session")
def starts() -> Iterator[dict[str, Start]]:
    made: dict[str, Start] = {}
    yield made
    for start in made.values():
        start.running.__exit__()


@pytest.fixture
def start(mode: str, starts: dict[str, Start], tmp_path: Path) -> Start:
    if mode not in starts:
        running = Running(emulator_of(mode)).__enter__()
        (tmp_path / "first").mkdir()
        Land(running, tmp_path / "first").write().fill()
        starts[mode] = Start(running, Frozen(running.emulator))
    return starts[mode]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@over_kinds("federated", "local")
def test_a_copy_resumes_wherever_it_was_killed(
    kind: Kind, mode: str, start: Start, killer: Killer, after: bool, tmp_path: Path
) -> None:
    if kind.name not in WRITERS:
        return
    if not start.writes:
        start.again(tmp_path).run("copy", "migrate", "--publish")
        start.writes = Counter(killer.sent)
    total = start.writes[kind.name]
    assert total, f"a copy of the sample estate writes no {kind.name}"
    sample = 1 if after is (mode == "federated") else total
    for n in range(1, total + 1) if os.environ.get("EVERY_WRITE") else (sample,):
        (folder := tmp_path / f"{n}").mkdir()
        drill = start.again(folder)
        killer.arm(kind.name, n, after=after)
        drill.run("killed", "migrate", "--publish")
        assert drill.runs["killed"].code == STOPPED
        killer.rest()

        for name in ("resumed", "after"):
            drill.run(name, "migrate", "--publish")

        assert [run.code for run in drill.runs.values()] == [STOPPED, 0, 0]
        assert drill.runs["after"].before == drill.runs["after"].after, "a copy after the resumed one writes"
        assert alarms(drill.comparison) == []
