"""endpoints.csv: what callers from outside must change when the secondary takes over, old and new beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakedrill.inventory.snapshot import Snapshot
from lakedrill.parity.comparison import Comparison
from migrate.materialise import Ids

HEAD = ("kind", "key", "what", "primary", "secondary")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A way in that names an object by its id. `{id}` is the object's, `{workspace_id}` the workspace's."""

    kind: str
    what: str
    form: str


ENDPOINTS = (
    Endpoint("clusters", "cluster id", "{id}"),
    # https://docs.databricks.com/integrations/compute-details.html: what JDBC and ODBC call httpPath
    Endpoint("clusters", "http path", "sql/protocolv1/o/{workspace_id}/{id}"),
    Endpoint("warehouses", "warehouse id", "{id}"),
    Endpoint("warehouses", "http path", "/sql/1.0/warehouses/{id}"),
    Endpoint("jobs", "job id", "{id}"),
    Endpoint("pipelines", "pipeline id", "{id}"),
    # https://docs.databricks.com/genie/conversation-api.html: what applications ask
    Endpoint("genie_spaces", "space id", "{id}"),
)


def rows(comparison: Comparison, ids: Ids) -> Iterator[tuple[str, ...]]:
    """Yield the workspaces' addresses, then each way into each object of the primary; the new one is empty where none is."""
    sides = (comparison.primary.snapshot, comparison.secondary.snapshot)
    yield ("workspace", "", "host", *(str(side.meta["host"]) for side in sides))
    yield ("workspace", "", "workspace id", *(_workspace_id(side) for side in sides))
    for each in comparison.pairs:
        for endpoint in ENDPOINTS if each.primary is not None else ():
            if endpoint.kind == each.kind:
                keys = (sides[0].id_of(each.primary or 0), ids.get(each.number))
                spelled = (
                    "" if key is None else endpoint.form.format(id=key, workspace_id=_workspace_id(side))
                    for side, key in zip(sides, keys, strict=True)
                )
                yield (each.kind, each.label, endpoint.what, *spelled)


def _workspace_id(side: Snapshot) -> str:
    return str(side.meta["workspace_id"])
