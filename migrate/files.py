"""What a copy writes into the drill's folder besides its plan and its journal."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lakedrill.inventory.scope import Mode
from lakedrill.parity import posture
from lakedrill.parity.comparison import Comparison
from migrate import endpoints
from migrate.materialise import Ids

ACTIVATION, ID_MAP, ENDPOINTS = "activation.json", "id-map.csv", "endpoints.csv"


def write(folder: Path, comparison: Comparison, ids: Ids) -> None:
    """Write which object became which, where callers find it now, and what a cutover has to restore."""
    sides = [each for each in comparison.pairs if each.primary is not None and ids.get(each.number) is not None]
    mapped = (
        (each.kind, each.label, comparison.primary.snapshot.id_of(each.primary or 0), str(ids.get(each.number)))
        for each in sides
    )
    write_csv(folder / ID_MAP, ("kind", "key", "primary_id", "secondary_id"), mapped)
    write_csv(folder / ENDPOINTS, endpoints.HEAD, endpoints.rows(comparison, ids))
    write_json(folder / ACTIVATION, activation(comparison, ids))


def activation(comparison: Comparison, ids: Ids) -> dict[str, Any]:
    """Return what a cutover has to restore: for each object that stands by, what the primary has at the posture's paths."""
    objects = []
    for each in comparison.pairs:
        rows = comparison.catalogue[each.kind].posture.get(posture.STANDBY, ())
        if not rows or each.primary is None or comparison.mode(each) is Mode.OUT:
            continue
        snapshot = comparison.primary.snapshot
        intended = posture.intended(rows, snapshot.document(each.primary))
        if intended:
            found = {"kind": each.kind, "key": each.label, "primary_id": snapshot.id_of(each.primary)}
            objects.append({**found, "secondary_id": ids.get(each.number), "intended": intended})
    return {"format": 1, "objects": objects}


def write_csv(file: Path, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a table whole or not at all."""
    part = file.with_name(file.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows((head, *rows))
    part.replace(file)


def write_json(file: Path, document: Any) -> None:
    """Write a document whole or not at all."""
    part = file.with_name(file.name + ".part")
    part.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(file)
