"""Pipelines: the whole specification, whom they run as said outright, and nothing that runs."""

from __future__ import annotations

import time
from collections.abc import Collection

from lakedrill.inventory.errors import Unreachable
from lakedrill.inventory.kind import Document, Facet
from lakedrill.inventory.workspace import Workspace
from migrate.kinds._run_as import run_as
from migrate.target import Answer, Target
from migrate.writer import BY_HAND, Options, Wanted, Writer

_API = "/api/2.0/pipelines"
AT_REST = ("IDLE", "FAILED")
"""States in which nothing runs."""
_POLL_SECONDS = (0.2, 5.0)
_STOP_SECONDS = 600
"""How long a pipeline may take to stop."""
_TOLD = ("spec", "name", "run_as_user_name", "effective_publishing_mode")
"""What a read tells otherwise than a request."""
_CRON = "its cron trigger can't be paused, and a copy of it would run; use a job's schedule, which can"


class Pipelines(Writer):
    """Pipelines (`/api/2.0/pipelines`). Names may repeat on the primary, so that they may on the secondary."""

    name = "pipelines"
    how = "yes, not continuous"
    renames = True
    create_only = frozenset(
        (
            "spec.storage",
            "spec.gateway_definition.connection_id",
            "spec.gateway_definition.connection_name",
            "spec.gateway_definition.gateway_storage_catalog",
            "spec.gateway_definition.gateway_storage_schema",
            "spec.ingestion_definition.connection_name",
            "spec.ingestion_definition.ingest_from_uc_foreign_catalog",
            "spec.ingestion_definition.ingestion_gateway_id",
        )
    )

    def prepare(self, target: Workspace, documents: dict[int, Document], options: Options) -> dict[int, str]:
        """What would run by itself is not made."""
        return {
            number: BY_HAND + _CRON
            for number, document in documents.items()
            if document.get("spec", {}).get("trigger", {}).get("cron")
        }

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the pipeline. One that is not continuous starts nothing."""
        answer = target.send("POST", _API, _body(wanted))
        return str(answer.document["pipeline_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace the whole specification, unless somebody has written it since it was read."""
        body = {**_body(wanted), "id": key, "expected_last_modified": present.get("last_modified")}
        return target.send("PUT", f"{_API}/{key}", body)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the pipeline and leave its tables."""
        return target.send("DELETE", f"{_API}/{key}?cascade=false", None)

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """An update of it may be somebody's work."""
        state = document.get("state")
        return "" if state in AT_REST else f"it is {state}"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the pipelines of this name."""
        listed = target.pages(_API, "statuses", max_results=100)
        return [found["pipeline_id"] for found in listed if found.get("name") == wanted.definition["name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the pipeline as it is now."""
        return target.get(f"{_API}/{key}")

    def write_facet(
        self,
        target: Target,
        key: str,
        facet: Facet,
        wanted: Document,
        present: Document,
        sparing: Collection[str] | None = None,
    ) -> list[Answer]:
        """Stop it if it runs."""
        if present.get("state") in (*AT_REST, wanted.get("state")):
            return []
        answer = target.send("POST", f"{_API}/{key}/stop", None)
        _wait_until_stopped(target, key)
        return [answer]


def _body(wanted: Wanted) -> Document:
    beside = {name: value for name, value in wanted.definition.items() if name not in _TOLD}
    named = {"name": wanted.definition["name"], "allow_duplicate_names": True}
    return {**wanted.definition.get("spec", {}), **beside, **named, **run_as(wanted.definition)}


def _wait_until_stopped(target: Target, key: str) -> None:
    end, pause = time.monotonic() + _STOP_SECONDS, _POLL_SECONDS[0]
    while target.get(f"{_API}/{key}").get("state") not in AT_REST:
        if time.monotonic() > end:
            raise Unreachable(f"pipeline {key} was told to stop and still runs after {_STOP_SECONDS} seconds")
        time.sleep(pause)
        pause = min(pause * 1.5, _POLL_SECONDS[1])
