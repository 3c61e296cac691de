"""Registered models: name, description and tags, only where drill.yaml asks for it. No version is copied."""

from __future__ import annotations

from urllib.parse import urlencode

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds.registered_models import API, get
from migrate.patience import until
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer


class RegisteredModels(Writer):
    """Registered models (`/api/2.0/mlflow/registered-models`), all by name: a request for each thing that is said of one."""

    name = "registered_models"
    how = "where `apply` in drill.yaml asks for it, without versions"
    unasked = "its versions are not copied"

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the model. What was made does not tell its id."""
        answer = target.send("POST", f"{API}/create", wanted.definition)
        return str(until(lambda: get(target, wanted.definition["name"]))["id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Give it its description and its tags, as far as they differ."""
        name, tags, now = wanted.definition["name"], _map(wanted.definition), _map(present)
        answer = Answer({}, "")
        rest = {field: value for field, value in wanted.definition.items() if field != "tags"}
        if any(present.get(field, "") != value for field, value in rest.items()):
            answer = target.send("PATCH", f"{API}/update", rest)
        for tag, value in tags.items():
            if now.get(tag) != value:
                answer = target.send("POST", f"{API}/set-tag", {"name": name, "key": tag, "value": value})
        for tag in now.keys() - tags.keys():
            answer = target.send("DELETE", f"{API}/delete-tag?{urlencode({'name': name, 'key': tag})}", None)
        return answer

    def permanent(self, document: Document) -> str:
        """What was registered on the secondary is nowhere else."""
        return "its versions would be lost"

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the model of this name."""
        found = if_there(lambda: str(get(target, wanted.definition["name"])["id"]))
        return [] if found is None else [found]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the model as it is now."""
        return get(target, wanted.definition["name"])


def _map(document: Document) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in document.get("tags", [])}
