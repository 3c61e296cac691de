"""A cluster's specification as a request takes it, the same for an all-purpose cluster and for the clusters inside a job."""

from __future__ import annotations

from lakedrill.inventory.kind import Document

_OF_THE_POOL = ("node_type_id", "driver_node_type_id", "enable_elastic_disk")
_KEPT = {"aws_attributes": "instance_profile_arn", "gcp_attributes": "google_service_account", "azure_attributes": ""}
"""Of these attributes a cluster of a pool has one of its own, or none; the others are the pool's."""


def sent(spec: Document) -> Document:
    """Return a specification without what the service tells of a cluster's pool and takes from nobody else.

    What a request with a pool may hold: terraform-provider-databricks `clusters.ModifyRequestOnInstancePool`, and the refusal
    in its issue 2141.
    """
    if not spec.get("instance_pool_id"):
        return spec
    rest = {name: value for name, value in spec.items() if name not in (*_OF_THE_POOL, *_KEPT)}
    own = {name: {kept: spec[name][kept]} for name, kept in _KEPT.items() if kept in spec.get(name, {})}
    return {**rest, **own}
