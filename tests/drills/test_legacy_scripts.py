"""Where init scripts once ran for lying there: all of it is copied and compared as files, and said to run no longer."""

from __future__ import annotations

from typing import Any

import pytest

from lakedrill.parity.outcome import Outcome
from tests.support.workspaces import Ground, Site, base64_of

FILES = {"/databricks/init/agent.sh": b"echo 1", "/databricks/init/etl/deep/Größe.sh": b"echo 2"}


def _put(site: Site, path: str, data: bytes) -> None:
    site.post("/api/2.0/dbfs/put", path=path, contents=base64_of(data), overwrite=True)


def test_scripts_that_nothing_names_are_copied_compared_and_told(ground: Ground) -> None:
    for path, data in {**FILES, "/databricks/initial.sh": b"", "/init/x.sh": b""}.items():
        _put(ground.primary, path, data)
    report = ground.copy()
    (line,) = [line for line in report.beyond if line["id"] == "legacy-init-scripts"]
    assert (line["count"], line["found"]) == (2, sorted(FILES))
    found = {(r.key, r.aspect): r.outcome for r in ground.records() if r.kind == "dbfs_files"}
    assert {key for key, _ in found} == set(FILES)
    assert set(found.values()) == {Outcome.EQUAL}
    _put(ground.secondary, "/databricks/init/agent.sh", b"echo 3")
    _put(ground.secondary, "/databricks/init/late.sh", b"echo")
    assert [(r.key, r.aspect, r.outcome) for r in ground.red()] == [
        ("/databricks/init/agent.sh", "content", Outcome.DIFFERENT),
        ("/databricks/init/late.sh", "inventory", Outcome.EXTRA),
    ]


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ({"status": 404, "code": "FEATURE_DISABLED", "message": "off"}, set()),
        ({"status": 403, "code": "PERMISSION_DENIED", "message": "Public DBFS root is disabled."}, set()),
        ({"status": 403, "code": "PERMISSION_DENIED", "message": "no"}, {"PERMISSION_DENIED"}),
    ],
)
def test_a_workspace_without_dbfs_has_none_and_one_that_hides_it_is_not_listed(
    ground: Ground, fault: dict[str, Any], codes: set[str]
) -> None:
    ground.faults({"path": "/api/2.0/dbfs/list", "times": -1, **fault}, role="primary")
    listing = ground.comparison().primary.snapshot.listings()["dbfs_files"]
    assert {listing.code} - {""} == codes
