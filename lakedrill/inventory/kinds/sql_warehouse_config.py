"""What all SQL warehouses of a workspace share. Every workspace has one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.kind import Document, Entry, Facet, Field, Identity, Keyed, Kind, Reference, Shape
from lakedrill.inventory.kinds._cluster_spec import IN_BRACES

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/sql/config/warehouses"
_SOURCE = "https://docs.databricks.com/api/workspace/warehouses/setworkspacewarehouseconfig"
_KEY = "workspace"


class SqlWarehouseConfig(Kind):
    """The configuration of SQL warehouses (`/api/2.0/sql/config/warehouses`)."""

    name = "sql_warehouse_config"
    identity = Identity("id", builtin=frozenset({_KEY}))
    handles = {}
    id_is_name = True
    why_no_permissions = "admins only"
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                Reference("instance_profile_arn", ("instance_profiles",), _SOURCE, by="name"),
                Reference("data_access_config[].value", ("secrets",), _SOURCE, by="name", pattern=IN_BRACES),
            ),
            keyed=(
                Keyed("data_access_config", "Spark configuration, written as a list", _SOURCE, key="key"),
                Keyed("sql_configuration_parameters.configuration_pairs", "a map, as a list", _SOURCE, key="key"),
                Keyed("enabled_warehouse_types", "a map, written as a list", _SOURCE, key="warehouse_type"),
            ),
            sensitive=(Field("data_access_config[].value", "may hold a metastore's password", _SOURCE),),
            free=(Field("sql_configuration_parameters", "text", _SOURCE),),
        ),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return the one that there is."""
        return [Entry(_KEY, read(workspace))]


def read(workspace: Workspace) -> Document:
    """Return the configuration, under the id that it has here."""
    return {"id": _KEY, **workspace.get(API)}
