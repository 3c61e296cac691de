"""Every object of the primary is accounted for, once: none is lost between a listing and the report."""

from __future__ import annotations

import json

import pytest

from lakedrill.inventory.drill import load
from lakedrill.inventory.kind import Kind
from lakedrill.inventory.snapshot import Snapshot
from tests.support.laws import MODES, TINY, Copied, over_kinds

pytestmark = pytest.mark.law


@over_kinds(TINY, *MODES)
def test_what_was_listed_is_copied_unchanged_checked_only_skipped_or_failed(kind: Kind, done: Copied) -> None:
    """By the copy's own file, and as many as the workspace listed or a reference led to."""
    found = json.loads((done.land.home / "copy.json").read_text())
    account = found["accounting"][kind.name]
    parts = (account["copied"], account["unchanged"], account["checked_only"])
    assert account["listed"] == sum(parts) + sum(account["skipped"].values()) + sum(account["failed"].values())
    with Snapshot(load(done.land.file).snapshot("primary")) as primary:
        assert found["primary"] == primary.digest
        objects = list(primary.objects(kind.name))
        assert sum(each.listed for each in objects) == primary.listings()[kind.name].count
        assert account["listed"] == len(objects) > 0
