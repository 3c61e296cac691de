"""Serving endpoints: what they serve, how much of it, to whom.

What is on its way to be served is what somebody wants, and compared. All is compared exactly, the compute too: an endpoint of
a standby that does not scale to zero runs as the primary's does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Keyed,
    Kind,
    Reference,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds._cluster_spec import IN_BRACES

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/serving-endpoints"
_SOURCE = "https://docs.databricks.com/api/workspace/servingendpoints/get"
_TERRAFORM = "https://github.com/databricks/terraform-provider-databricks/blob/main/serving/resource_model_serving.go"
_ENTITY = "config.served_entities[]"
_EXTERNAL = f"{_ENTITY}.external_model"
_OF_THE_REGISTRY = r"^(?!(?:[^.]+\.){2}[^.]+$)(.+)$"
"""A name with two dots is of Unity Catalog."""


class ServingEndpoints(Kind):
    """Serving endpoints (`/api/2.0/serving-endpoints`). Those of the service's own models are in every workspace."""

    name = "serving_endpoints"
    identity = Identity("name")
    handles = {"name": "name"}
    permissions = "serving-endpoints"
    volatile = frozenset({"state"})
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                Reference(
                    f"{_ENTITY}.entity_name", ("registered_models",), _SOURCE, by="name", pattern=_OF_THE_REGISTRY
                ),
                Reference(f"{_ENTITY}.instance_profile_arn", ("instance_profiles",), _SOURCE, by="name"),
                Reference(
                    f"{_EXTERNAL}.amazon_bedrock_config.instance_profile_arn",
                    ("instance_profiles",),
                    _SOURCE,
                    by="name",
                ),
                *(
                    Reference(path, ("secrets",), _SOURCE, by="name", pattern=IN_BRACES)
                    for path in (
                        f"{_ENTITY}.environment_vars.*",
                        f"{_EXTERNAL}.{{*_config}}.*",
                        f"{_EXTERNAL}.custom_provider_config.{{*_auth}}.*",
                    )
                ),
                Reference(
                    "ai_gateway.rate_limits[].principal", ("users", "service_principals", "groups"), _SOURCE, by="name"
                ),
                Reference("email_notifications.{on_update_*}[]", ("users",), _SOURCE, by="name", optional=True),
                Reference("telemetry_config.telemetry_profile_id", ("telemetry_profiles",), _SOURCE),
            ),
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("creation_timestamp", "when this copy was made", _SOURCE),
                Field("last_updated_timestamp", "when this copy was written", _SOURCE),
                Field("creator", "who made this copy", _SOURCE),
                Field("permission_level", "what the caller may do", _SOURCE),
                Field("state", "how far this copy is", _SOURCE),
                Field("endpoint_url", "where this copy is called, if its route is optimized", _SOURCE),
                Field("data_plane_info", "how this copy is called, if its route is optimized", _SOURCE),
                Field("task", "follows from what is served", _SOURCE),
                Field("config.config_version", "counts the writes of this copy", _SOURCE),
                Field("config.served_models", "what is served again, under its former name", _TERRAFORM),
                Field("config.traffic_config.routes[].served_model_name", "served_entity_name again", _TERRAFORM),
                Field("config.auto_capture_config.state", "the tables of this copy", _SOURCE),
                *(
                    Field(f"{_ENTITY}.{name}", "of this copy alone", _SOURCE)
                    for name in ("creation_timestamp", "creator", "state")
                ),
            ),
            keyed=(
                Keyed("tags", "a map, written as a list", _SOURCE, key="key"),
                Keyed("config.served_entities", "come in an order of the service's own", _TERRAFORM, key="name"),
                Keyed("config.traffic_config.routes", "a map, written as a list", _SOURCE, key="served_entity_name"),
            ),
            sensitive=(Field(f"{_ENTITY}.environment_vars.*", "may hold a password", _SOURCE),),
            free=(Field("description", "text", _SOURCE), Field("tags[].value", "text", _SOURCE)),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every endpoint, all at once, with little of what it serves."""
        return [Entry(str(found["id"]), found) for found in workspace.get(API).get("endpoints", [])]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the endpoint with all that it serves."""
        return get(workspace, entry.document["name"])

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return an endpoint by name; by its id no request finds one."""
        found = if_there(lambda: get(workspace, value)) if by == "name" else None
        if found is None:
            return None
        return Entry(str(found["id"]), found)

    def is_builtin(self, document: Document) -> bool:
        """Say whether an endpoint is one of the service's own: nobody else may call one so."""
        return str(document["name"]).startswith("databricks-")


def get(workspace: Workspace, name: str) -> Document:
    """Return an endpoint by name; what it is to serve stands where that stands which it serves."""
    found = workspace.get(f"{API}/{name}")
    pending = found.pop("pending_config", None)
    return found if pending is None else {**found, "config": {n: v for n, v in pending.items() if n != "start_time"}}
