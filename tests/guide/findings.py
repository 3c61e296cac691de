"""What a check of the secondary found, each finding in the words of `losses.yaml`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from typing import Any

from lakedrill.house import interpreter
from lakedrill.inventory.drill import FILE
from lakedrill.parity.outcome import Colour, Outcome, Record, record_from
from tests.support.workspaces import Ground

Finding = tuple[str, ...]
"""Kind, key, aspect, outcome, and the path at which the two differ, where the table tells paths."""
_BY_PATH = ("definition", "libraries", "safety")


def check(ground: Ground) -> int:
    """Hold the secondary against the primary as it is now; return the exit code."""
    command = interpreter("lakedrill", ["check", "--drill", str(ground.folder / FILE), "--primary-live"])
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def records(ground: Ground) -> list[Record]:
    """Return all that the last check judged, the service principal by its name in place of its id."""
    text = (ground.home / "records.jsonl").read_text(encoding="utf-8")
    listed: dict[str, Any] = ground.primary.do("GET", "/api/2.0/preview/scim/v2/ServicePrincipals")
    for each in listed["Resources"]:
        text = text.replace(each["applicationId"], each["displayName"])
    return [record_from(json.loads(line)) for line in text.splitlines()]


def findings(found: Iterable[Record]) -> set[Finding]:
    """Return what is not green."""
    return {finding for each in found if each.outcome.colour is not Colour.GREEN for finding in _told(each)}


def kept(found: Iterable[Record]) -> set[Finding]:
    """Return what is equal, by kind, key and aspect."""
    return {(each.kind, each.key, each.aspect) for each in found if each.outcome in (Outcome.EQUAL, Outcome.EXPECTED)}


def _told(each: Record) -> Iterable[Finding]:
    told = (each.kind, each.key, each.aspect, each.outcome.value)
    paths = [difference.path for difference in each.differences] if each.aspect in _BY_PATH else []
    return [(*told, path) for path in paths] or [told]
