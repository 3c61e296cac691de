"""A field that nobody has told us of is carried where a request has a place for it, and compared everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lakedrill.inventory.kind import Facet, Kind
from lakedrill.inventory.paths import steps, values
from lakedrill.parity.outcome import Outcome, Record
from migrate.kinds import WRITERS
from tests.support.apart import Apart
from tests.support.laws import is_whole, over_kinds
from tests.support.novel import NOVEL, VALUE, Tomorrow

pytestmark = pytest.mark.law
MODES = ("federated", "local")


@pytest.fixture(scope="session")
def tomorrow(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bool], Tomorrow]:
    """The drills of a session, by mode and whether the secondary refuses, each made when it is first asked for."""
    made: dict[tuple[str, bool], Tomorrow] = {}

    def of(mode: str, refused: bool) -> Tomorrow:
        if (mode, refused) not in made:
            made[mode, refused] = Tomorrow(mode, tmp_path_factory.mktemp(mode), refused=refused)
        return made[mode, refused]

    return of


@over_kinds(*MODES, kinds=NOVEL)
def test_an_unknown_field_is_carried_and_compared(
    kind: Kind, mode: str, tomorrow: Callable[[str, bool], Tomorrow], tmp_path: Path
) -> None:
    drill = tomorrow(mode, False)
    record, found = _definition(kind, drill)

    if not (kind.name in WRITERS and WRITERS[kind.name].takes_any):
        _is_told(kind, record)
        return
    assert record.outcome.colour.value == "green"
    assert found == [VALUE]
    done = drill.copied
    changed = Apart(done.secondary)
    each = done.comparison.pairs[record.pair or 0]
    place = changed.parts[each.secondary or 0].document
    for step in steps(kind.identity.path)[:-1]:
        place = place[step]
    place[f"x_{kind.name}"] = "of today"
    after = done.compared(done.primary, changed.seal(tmp_path / "secondary"))
    _is_told(kind, after.judge(after.pairs[each.number], Facet.DEFINITION.value))


@over_kinds(*MODES, kinds=NOVEL)
def test_an_unknown_field_that_is_refused_is_told(
    kind: Kind, mode: str, tomorrow: Callable[[str, bool], Tomorrow]
) -> None:
    """The object is there, without the field."""
    drill = tomorrow(mode, True)
    record, found = _definition(kind, drill)

    assert found == []
    assert drill.copied.runs["copy"].code == 1
    _is_told(kind, record)


def _definition(kind: Kind, drill: Tomorrow) -> tuple[Record, list[object]]:
    """Return the judgement of the marked object, and what its copy has in the field."""
    done = drill.copied
    key, _ = drill.marked[kind.name]
    n = done.primary.resolve(kind.name, "id", key)
    each = done.comparison.pair_of_primary(n or 0)
    assert is_whole(each)
    path = ".".join((*steps(kind.identity.path)[:-1], f"x_{kind.name}"))
    assert list(values(done.primary.document(n or 0), path)) == [VALUE]
    found = list(values(done.secondary.document(each.secondary or 0), path))
    return done.comparison.judge(each, Facet.DEFINITION.value), found


def _is_told(kind: Kind, record: Record) -> None:
    assert record.outcome is Outcome.DIFFERENT
    assert record.counted
    assert [difference.path.rpartition(".")[2].partition("[")[0] for difference in record.differences] == [
        f"x_{kind.name}"
    ]
