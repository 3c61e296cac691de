"""Pipelines: their code, clusters, and whom they run as. Names may repeat where somebody allowed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Default,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Kind,
    Own,
    Reference,
    Setting,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds import _cluster_spec, _environments, _libraries

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/pipelines/get"
_API = "/api/2.0/pipelines"
_CLUSTER = "spec.clusters[]."
_CODE = "spec.libraries[]."
_IN_THE_TREE = r"^(?:/Workspace)?(/(?!Volumes/|Workspace/)[^*]*)$"
_BELOW = r"^(?:/Workspace)?(/(?!Volumes/|Workspace/)[^*]*)/\*\*$"
"""A folder with all that is in it."""
_OF_A_RUN = ("health", "cluster_id", "cause", "latest_updates")


def _here(path: str) -> bool:
    """Say whether a fact about clusters, or about libraries, is about those of a pipeline too: they have fewer fields."""
    return path.rpartition(".")[2] not in ("single_user_name", "egg", "requirements", "username", "password")


class Pipelines(Kind):
    """Pipelines (`/api/2.0/pipelines`)."""

    name = "pipelines"
    identity = Identity("name")
    handles = {}
    permissions = "pipelines"
    volatile = frozenset(_OF_A_RUN)
    posture = {
        "standby": (
            Setting(Facet.DEFINITION, "spec.continuous", value=False, reason="a continuous one runs from its making"),
            Setting(Facet.STATE, "state", "IDLE", "nothing runs in a standby"),
        ),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                *(reference for reference in _cluster_spec.references(_CLUSTER) if _here(reference.path)),
                *(reference for reference in _libraries.references("spec.") if _here(reference.path)),
                Reference(f"{_CODE}notebook.path", ("notebooks",), _SOURCE, by="path", pattern=_IN_THE_TREE),
                Reference(f"{_CODE}file.path", ("files", "notebooks"), _SOURCE, by="path", pattern=_IN_THE_TREE),
                Reference(f"{_CODE}glob.include", ("notebooks", "files"), _SOURCE, by="path", pattern=_IN_THE_TREE),
                Reference(f"{_CODE}glob.include", ("directories",), _SOURCE, by="path", pattern=_BELOW),
                Reference("spec.root_path", ("directories",), _SOURCE, by="path", pattern=_IN_THE_TREE),
                Reference("spec.parent_path", ("directories",), _SOURCE, by="path", pattern=_IN_THE_TREE),
                *_environments.references("spec.environment."),
                Reference("spec.configuration.*", ("secrets",), _SOURCE, by="name", pattern=_cluster_spec.IN_BRACES),
                Reference(
                    "spec.ingestion_definition.ingestion_gateway_id",
                    ("pipelines",),
                    _SOURCE,
                    deferrable=True,  # never alone in a circle: it says what is made first
                ),
                Reference("spec.notifications[].email_recipients[]", ("users",), _SOURCE, by="name", optional=True),
                Reference("run_as_user_name", ("users", "service_principals"), _SOURCE, by="name"),
            ),
            assigned=(
                Field("pipeline_id", "the workspace's own", _SOURCE),
                Field("spec.id", "the workspace's own", _SOURCE),
                Field("spec.name", "the name again", _SOURCE),
                Field("run_as", "run_as_user_name says the same, for every pipeline", _SOURCE),
                Field("creator_user_name", "who made this copy; owner and run-as are compared", _SOURCE),
                Field("last_modified", "when this copy was written", _SOURCE),
                Field("spec.deployment", "who deploys it; a copy is deployed by nobody", _SOURCE),
                Field("effective_budget_policy_id", "follows from the account", _SOURCE),
                Field("effective_serverless_compute_id", "follows from the workspace", _SOURCE),
                *(Field(name, "of an update, not of the pipeline", _SOURCE) for name in _OF_A_RUN),
            ),
            own=(
                Own(
                    "spec.storage",
                    "where its own data goes by default",
                    _SOURCE,
                    "dbfs:/pipelines/{}",
                    id="pipeline_id",
                ),
            ),
            defaulted=(
                Default("spec.channel", "the release that is current", _SOURCE, value="CURRENT"),
                Default("spec.continuous", "one update at a time", _SOURCE, value=False),
                Default("spec.development", "not while it is developed", _SOURCE, value=False),
                Default("spec.edition", "the one with everything", _SOURCE, value="ADVANCED"),
                Default(f"{_CLUSTER}label", "of updates and of maintenance", _SOURCE, value="default"),
            ),
            sensitive=tuple(secret for secret in _cluster_spec.sensitive(_CLUSTER) if _here(secret.path)),
            identities=(Field("run_as_user_name", "whose rights the pipeline has", _SOURCE),),
            free=(
                Field("spec.configuration", "read by the user's own code", _SOURCE),
                Field("parameters", "read by the user's own code", _SOURCE),
                Field("spec.tags", "text", _SOURCE),
                *_cluster_spec.free(_CLUSTER),
            ),
        ),
        Facet.STATE: Shape(takes=("state",)),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every pipeline, without its specification."""
        return [Entry(found["pipeline_id"], found) for found in workspace.pages(_API, "statuses", max_results=100)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the pipeline with its specification."""
        return workspace.get(f"{_API}/{entry.id}")

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a pipeline by id: a listing shows only what the caller may see."""
        return if_there(lambda: Entry(value, workspace.get(f"{_API}/{value}"))) if by == "id" else None
