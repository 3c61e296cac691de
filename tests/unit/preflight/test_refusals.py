"""What will refuse later, where the emulator can't say it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lakedrill.inventory.connection import Connection
from lakedrill.inventory.drill import Drill
from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.preflight import refusals
from lakedrill.preflight.finding import Area, Finding, Level, exit_code
from lakedrill.preflight.probe import Sites
from lakedrill.preflight.refusals import LIMITS, PROBES, findings
from lakedrill.preflight.sight import Seen
from tests.support.preflight import refused, seen

DRILL = Drill(Path("drill.yaml"), "d", Connection("primary", "p", 1), Connection("secondary", "s", 2))
ADMINS = "/api/2.0/settings/types/restrict_workspace_admins/names/default"


def _said(name: str, primary: Seen, secondary: Seen) -> list[tuple[Level, str]]:
    sites = Sites(DRILL, CATALOGUE, primary, secondary)
    return [(found.level, found.text) for found in findings(sites) if found.name == name]


def _jobs(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"settings": {"name": f"job {n}"}} for n in range(start, start + count)]


@pytest.mark.parametrize(
    ("primary", "secondary", "after", "level"),
    [
        (_jobs(10), [], 10, Level.OK),
        (_jobs(11), [], 11, Level.FAIL),
        (_jobs(6), _jobs(6, 3), 9, Level.OK),
        (_jobs(6), _jobs(6, 5), 11, Level.FAIL),
        ([*_jobs(6), *_jobs(6)], _jobs(6), 12, Level.FAIL),
    ],
)
def test_limits_count_what_a_copy_leaves(
    primary: Any, secondary: Any, after: int, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there already is not made again; of those that share a name each counts."""
    monkeypatch.setattr(refusals, "LIMITS", [replace(LIMITS[0], most=10)])
    ((found, text),) = _said("limits", seen(jobs=primary), seen("secondary", jobs=secondary))
    assert found is level
    assert f"{after} of 10 saved jobs after a copy (limit as of " in text


def test_a_status_that_is_not_known_is_not_ok() -> None:
    answers = {ADMINS: {"restrict_workspace_admins": {"status": "NEW"}}}
    ((level, text),) = _said("workspace admins", seen(), seen("secondary", answers=answers))
    assert level is Level.UNKNOWN
    assert "is NEW" in text


def test_permissions_that_may_not_be_read_are_unknown() -> None:
    paths = {f"/api/2.0/permissions/jobs/{n}": {} for n in range(1)}
    one, other = seen(jobs=_jobs(1), answers=paths), seen("secondary", jobs=_jobs(1))
    assert _said("permissions", one, other) == [
        (Level.UNKNOWN, "jobs: permissions can't be read: PERMISSION_DENIED on the secondary")
    ]


def test_a_probe_never_breaks_and_never_says_ok_of_what_was_refused() -> None:
    """Every request is refused, and every listing."""
    kinds = {kind.name: refused("UNAVAILABLE") for kind in CATALOGUE.kinds}
    found = list(findings(Sites(DRILL, CATALOGUE, seen(**kinds), seen("secondary", **kinds))))
    assert {each.name for each in found} | {"permissions"} == {probe.name for probe in PROBES}
    assert {each.level for each in found if each.name != "kinds"} == {Level.UNKNOWN}


def _finding(area: Area, level: Level) -> Finding:
    return Finding(area, level, "n", "t")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], 0),
        (
            [_finding(Area.SIGHT, Level.WARN), _finding(Area.REFUSAL, Level.UNKNOWN), _finding(Area.PLACE, Level.WARN)],
            0,
        ),
        ([_finding(Area.REFUSAL, Level.FAIL), _finding(Area.SIGHT, Level.OK)], 1),
        ([_finding(Area.REFUSAL, Level.FAIL), _finding(Area.SIGHT, Level.FAIL)], 2),
        ([_finding(Area.SIGHT, Level.UNKNOWN)], 2),
    ],
)
def test_unproven_sight_puts_all_else_in_doubt(found: list[Finding], code: int) -> None:
    assert exit_code(found) == code


def test_a_provider_without_a_credential_is_told_before_it_refuses() -> None:
    """Only of Git folders that a copy would make; a public remote takes none, so it is a warning."""
    clones = [
        {"path": f"/Repos/x/{n}", "provider": provider} for n, provider in enumerate(("gitHub", "gitHub", "gitLab"))
    ]
    linked = [{"git_provider": "GitLab"}]
    ((level, text),) = _said("Git credentials", seen(repos=clones), seen("secondary", git_credentials=linked))
    assert level is Level.WARN
    assert "2 Git folders of gitHub" in text
    assert "gitLab" not in text
    ((level, _),) = _said(
        "Git credentials", seen(repos=clones), seen("secondary", git_credentials=linked, repos=clones)
    )
    assert level is Level.OK


def test_a_volume_that_is_not_there_is_told_before_files_are_put_into_it() -> None:
    """Only of files that a copy would put; one that may not be read is unknown."""
    named = [{"path": f"/Volumes/main/{volume}/{name}"} for volume, name in (("a/v", 1), ("a/v", 2), ("b/v", 3))]
    there = {"/api/2.1/unity-catalog/volumes/main.b.v": {}}
    primary = seen(volume_files=named)
    ((level, text),) = _said("volumes", primary, seen("secondary", volume_files=[], answers=there))
    assert (level, "main.a.v (2 files)" in text) == (Level.UNKNOWN, True)
    gone = replace(seen("secondary", volume_files=[]), read=_nothing)
    assert _said("volumes", primary, gone) == [
        (Level.FAIL, "the secondary has no volume main.a.v for 2 files; make it: a copy makes none"),
        (Level.FAIL, "the secondary has no volume main.b.v for 1 file; make it: a copy makes none"),
    ]
    assert _said("volumes", primary, replace(gone, listings=primary.listings)) == [
        (Level.OK, "the secondary has each volume that the copy puts files into")
    ]


def _nothing(_path: str, **_query: Any) -> Any:
    raise Refused("VOLUME_DOES_NOT_EXIST", "no", gone=True)
