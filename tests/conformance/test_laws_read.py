"""A listing that failed, or was cut short, is an error and never an empty workspace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from lakedrill.inventory.capture import capture
from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import load
from lakedrill.inventory.kind import Catalogue, Kind
from lakedrill.inventory.workspace import Workspace
from lakedrill.parity.outcome import Outcome
from lakedrill.parity.pairing import Fate
from tests.support.laws import ROLES, Copied, is_whole, over_kinds
from tests.support.wire import between

pytestmark = pytest.mark.law
SIZES = ("limit", "page_size", "count", "max_results", "maxResults")
"""What the service calls the length of a page."""
SHORT = 3
RUNS = re.compile("/api/1.2/")
"""What is asked until a command has ended: how often depends on how long that takes."""
MODES = ("federated", "local")


class Paged(Workspace):
    """A workspace that is read in short pages, so that a small estate has several."""

    def get(self, path: str, /, **query: Any) -> Any:
        return super().get(path, **{k: min(v, SHORT) if k in SIZES else v for k, v in query.items()})


either = pytest.mark.parametrize("role", ROLES)


@pytest.fixture
def reader(role: str, done: Copied) -> Iterator[Paged]:
    app = done.land.running.emulator.apps[role]
    listed = getattr(load(done.land.file), role).mounts
    yield Paged(Connection(role, role, app.workspace.workspace_id, done.land.profiles, None, mounts=listed), budget=3)
    app.faults.rules.clear()


def _asked(kind: Kind, role: str, reader: Workspace, done: Copied) -> Counter[str]:
    """Return what a listing asks for, and how often. One that is paged must have a second page.

    What it asks of one object alone is no part of it: where that fails, it is that object which can't be read.
    """
    start = len(done.land.log(role))
    ids = {entry.id for entry in kind.list(reader)}
    assert ids, f"the sample estate holds no {kind.name}"
    reader.forget()
    entries = [entry for entry in done.land.log(role)[start:] if not _is_of_one(entry.path, ids)]
    asked = Counter(entry.path for entry in entries)
    single = {e.path for e in entries if parse_qs(e.query).keys() & set(SIZES) and asked[e.path] == 1}
    assert single == set(), f"the sample estate holds too few {kind.name}"
    return asked


def _is_of_one(path: str, ids: set[str]) -> bool:
    return path.rpartition("/")[2] in ids or any(unquote(path).endswith(each) for each in ids if each.startswith("/"))


def _is_no_empty_set(kind: Kind, role: str, reader: Workspace, done: Copied, folder: Path) -> None:
    snapshot = capture(reader, folder / "failed", Catalogue((kind,)))
    sides = {"primary": done.primary, "secondary": done.secondary, role: snapshot}
    comparison = done.compared(**sides)
    listing = comparison.judge_listing(role, kind.name)
    assert listing.outcome is Outcome.UNVERIFIABLE
    assert listing.reason
    alone = [each for each in comparison.pairs if each.kind == kind.name and not is_whole(each)]
    assert len(alone) >= len([e for e in done.pairs(kind) if is_whole(e)])
    assert {each.fate for each in alone} <= {Fate.MISSING, Fate.EXTRA, Fate.AMBIGUOUS}
    assert {comparison.judge(each, "inventory").outcome for each in alone} == {Outcome.UNVERIFIABLE}


@pytest.mark.parametrize("page", ["first", "second"])
@either
@over_kinds(*MODES)
def test_a_page_that_is_refused_is_no_end(
    kind: Kind, role: str, reader: Workspace, done: Copied, page: str, tmp_path: Path
) -> None:
    asked = _asked(kind, role, reader, done)
    for path, times in asked.items():
        if page == "second" and (times == 1 or RUNS.match(path)):
            continue
        rule = {"path": re.escape(path), "status": 403, "code": "PERMISSION_DENIED", "message": "No.", "times": -1}
        done.land.running.control(f"{role}/faults", [{**rule, "offset": int(page == "second")}])
        _is_no_empty_set(kind, role, reader, done, tmp_path)


@either
@over_kinds(*MODES)
def test_an_answer_that_is_cut_is_no_answer(
    kind: Kind, role: str, reader: Workspace, done: Copied, tmp_path: Path
) -> None:
    for path in _asked(kind, role, reader, done):
        with between(
            done.land.running.emulator.apps[role],
            lambda _method, asked, _sent, body, path=path: (0, body[: len(body) // 2]) if asked == path else None,
        ):
            _is_no_empty_set(kind, role, reader, done, tmp_path)
