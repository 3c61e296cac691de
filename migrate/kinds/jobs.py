"""Jobs: all settings, every reference the target's own, whom they run as said outright, and nothing that fires."""

from __future__ import annotations

import copy

from lakedrill.inventory.errors import ReadError, Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds import CATALOGUE
from lakedrill.inventory.paths import places
from lakedrill.inventory.workspace import Workspace
from migrate.kinds import _cluster_spec
from migrate.kinds._run_as import run_as
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.2/jobs"
_CLUSTERS = ("job_clusters[].new_cluster", "tasks[].new_cluster", "tasks[].for_each_task.task.new_cluster")


class Jobs(Writer):
    """Jobs (`/api/2.2/jobs`). A create that is sent twice makes two jobs: there is no token against it."""

    name = "jobs"
    how = "yes, paused"
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the job. One of a circle is made as a mere name; the rest follows when the others are there."""
        settings = {"name": wanted.definition["settings"]["name"]} if wanted.deferred else _settings(wanted)
        answer = target.send("POST", f"{_API}/create", settings)
        return str(answer.document["job_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace all settings. `run_as` goes with them: left out, the old one would stay."""
        return target.send("POST", f"{_API}/reset", {"job_id": int(key), "new_settings": _settings(wanted)})

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the job; its past runs stay."""
        return target.send("POST", f"{_API}/delete", {"job_id": int(key)})

    def busy(self, target: Workspace, key: str, document: Document) -> str:
        """A run of it may be somebody's work."""
        try:
            runs = target.get(f"{_API}/runs/list", job_id=key, active_only="true", limit=1).get("runs", [])
        except ReadError as error:
            return f"whether it runs can't be read: {error}"
        return f"its run {runs[0].get('run_id')} is active" if runs else ""

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the ids of the jobs of this name."""
        name = wanted.definition["settings"]["name"]
        listed = target.pages(f"{_API}/list", "jobs", limit=100, name=name)
        return [str(job["job_id"]) for job in listed if job["settings"]["name"] == name]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the job with all its tasks."""
        entry = CATALOGUE["jobs"].fetch(target, "id", key)
        if entry is None:
            raise Refused("INVALID_PARAMETER_VALUE", f"Job {key} does not exist.", gone=True)
        return entry.document


def _settings(wanted: Wanted) -> Document:
    settings: Document = copy.deepcopy(wanted.definition["settings"])
    for path in _CLUSTERS:
        for container, key in places(settings, path):
            if key in container:
                container[key] = _cluster_spec.sent(container[key])
    return settings | run_as(wanted.definition)
