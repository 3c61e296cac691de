"""Experiments: name, tags and where artifacts and traces go, only where drill.yaml asks for it. No run is copied."""

from __future__ import annotations

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.experiments import API, SERVICE_TAGS, by_id
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer

_UNSENT = frozenset({SERVICE_TAGS, "lifecycle_stage"})


class Experiments(Writer):
    """Experiments (`/api/2.0/mlflow/experiments`). What is not a tag is settled when one is made."""

    name = "experiments"
    how = "where `apply` in drill.yaml asks for it, without runs"
    unasked = "its runs are not copied"

    def is_fixed(self, path: str) -> bool:
        """Tags alone can change."""
        return not path.startswith("tags")

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the experiment in its folder."""
        body = {name: value for name, value in wanted.definition.items() if name not in _UNSENT}
        answer = target.send("POST", f"{API}/create", body)
        return str(answer.document["experiment_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Set the tags that differ. No request takes one away."""
        tags, now = _map(wanted.definition), _map(present)
        if over := sorted(now.keys() - tags.keys()):
            raise Blocked(f"has tags that the primary's has not, and no request takes one away: {', '.join(over)}")
        answer = Answer({}, "")
        for tag, value in tags.items():
            if now.get(tag) != value:
                body = {"experiment_id": key, "key": tag, "value": value}
                answer = target.send("POST", f"{API}/set-experiment-tag", body)
        return answer

    def permanent(self, document: Document) -> str:
        """What was run on the secondary is nowhere else."""
        return "its runs would be lost"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the experiment of this name."""
        found = if_there(lambda: target.get(f"{API}/get-by-name", experiment_name=wanted.definition["name"]))
        return [] if found is None else [str(found["experiment"]["experiment_id"])]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the experiment as it is now."""
        return by_id(target, key)


def _map(document: Document) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in document["tags"]}
