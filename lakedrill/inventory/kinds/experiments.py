"""Experiments of MLflow: what is said of them. Their runs belong to the workspace that ran them.

A notebook's own experiment is a part of it: it has its id, path and permissions, and its first run makes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Keyed, Kind, Own, Shape, permissions_shape
from lakedrill.inventory.kinds import _tree

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/mlflow/experiments"
SERVICE_TAGS = "service_tags"
"""Where a document has the tags that the service sets, told apart from people's."""
_SOURCE = "https://docs.databricks.com/api/workspace/experiments/getexperiment"
_TAGS = "https://github.com/databricks/cli/blob/main/acceptance/bundle/resources/experiments/basic/output.txt"
_TYPE = "mlflow.experimentType"
_OF_THE_SERVICE = ("mlflow.ownerId", "mlflow.ownerEmail", "mlflow.experiment.sourceName", _TYPE)
_TRACES = "trace_location.uc_trace_location"


class Experiments(Kind):
    """Experiments (`/api/2.0/mlflow/experiments`), those in the trash and notebooks' own left out."""

    name = "experiments"
    identity = Identity("name")
    handles = {"path": "name"}
    permissions = "experiments"
    volatile = frozenset({"last_update_time"})
    shapes = {
        Facet.DEFINITION: Shape(
            references=(replace(_tree.OWNER, path="name"),),
            assigned=(
                Field("experiment_id", "the workspace's own", _SOURCE),
                Field("creation_time", "when this copy was made", _SOURCE),
                Field("last_update_time", "when this copy was written", _SOURCE),
                Field(f"{SERVICE_TAGS}.{{mlflow.ownerId}}", "who made this copy", _TAGS),
                Field(f"{SERVICE_TAGS}.{{mlflow.ownerEmail}}", "who made this copy", _TAGS),
                Field(f"{SERVICE_TAGS}.{{mlflow.experiment.sourceName}}", "the name again", _TAGS),
                Field(f"{_TRACES}.effective_table_prefix", "follows from the prefix that was set, or the id", _SOURCE),
            ),
            own=(
                Own(
                    "artifact_location",
                    "where the service puts artifacts if nobody says where",
                    _TAGS,
                    form="dbfs:/databricks/mlflow-tracking/{}",
                    id="experiment_id",
                ),
            ),
            keyed=(Keyed("tags", "a map, written as a list", _SOURCE, key="key"),),
            free=(Field("tags[].value", "text", _SOURCE),),
        ),
        Facet.PERMISSIONS: permissions_shape(in_folders=True),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every experiment."""
        found = (told(document) for document in listed(workspace))
        return [Entry(each["experiment_id"], each) for each in found if not is_of_notebook(each)]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return an experiment by id or path."""
        document = if_there(lambda: by_id(workspace, value) if by == "id" else _by_name(workspace, value))
        if document is None:
            return None
        return None if is_of_notebook(document) else Entry(document["experiment_id"], document)


def listed(workspace: Workspace) -> list[Document]:
    """Return every experiment as the service tells it, notebooks' own too."""
    return workspace.shared("experiments", lambda: [*workspace.pages(f"{API}/list", "experiments", max_results=1000)])


def by_id(workspace: Workspace, key: str) -> Document:
    """Return an experiment by id. Raises Refused where it is gone, or in the trash."""
    found = told(workspace.get(f"{API}/get", experiment_id=key)["experiment"])
    if found["lifecycle_stage"] != "active":
        raise Refused("RESOURCE_DOES_NOT_EXIST", f"{key} is in the trash", gone=True)
    return found


def _by_name(workspace: Workspace, name: str) -> Document:
    return told(workspace.get(f"{API}/get-by-name", experiment_name=name)["experiment"])


def told(found: Document) -> Document:
    """Return an experiment with the service's tags, some of which it repeats, told apart from people's."""
    tags = found.get("tags", [])
    service = {tag["key"]: tag["value"] for tag in tags if tag["key"] in _OF_THE_SERVICE}
    return {**found, "tags": [tag for tag in tags if tag["key"] not in service], SERVICE_TAGS: service}


def is_of_notebook(document: Document) -> bool:
    """Say whether an experiment is a notebook's own."""
    return bool(document[SERVICE_TAGS].get(_TYPE) == "NOTEBOOK")
