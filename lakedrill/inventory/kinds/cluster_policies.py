"""Cluster policies: rules for the clusters of whoever may use them. Every workspace has some from the start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
from lakedrill.inventory.kind import (
    Derived,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Kind,
    Shape,
    permissions_shape,
)
from lakedrill.inventory.kinds import _cluster_spec, _libraries

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_API = "/api/2.0/policies/clusters"
_SOURCE = "https://docs.databricks.com/api/workspace/clusterpolicies/get"
_LANGUAGE = "https://docs.databricks.com/aws/en/admin/clusters/policy-definition"
_TEXTS = ("definition", "policy_family_definition_overrides")
_VALUES = ("{value|defaultValue}", "values[]")
"""Where a rule names values of its attribute: `fixed` and defaults, `allowlist` and `blocklist`."""


def _rules(attribute: str) -> Iterator[str]:
    """Yield where rules name values of an attribute of a cluster, by its path in a cluster's specification.

    A rule stands under that path as one name, dots and all, with a number or `*` for an item of a list.
    """
    name = attribute.replace("[]", ".*")
    for value in _VALUES:
        yield f"{{{'|'.join(_TEXTS)}}}.{{{name}}}.{value}"


class ClusterPolicies(Kind):
    """Cluster policies (`/api/2.0/policies/clusters`). Names are unique."""

    name = "cluster_policies"
    identity = Identity("name")
    handles = {}
    permissions = "cluster-policies"
    shapes = {
        Facet.DEFINITION: Shape(
            parsed=tuple(
                Field(text, "rules, however they are spaced and in whatever order", _SOURCE) for text in _TEXTS
            ),
            references=(
                *(
                    replace(of_cluster, path=path, source=_LANGUAGE)
                    for of_cluster in _cluster_spec.references("")
                    if of_cluster.path != "policy_id"
                    for path in _rules(of_cluster.path)
                ),
                *_libraries.references(""),
            ),
            assigned=(
                Field("policy_id", "the workspace's own", _SOURCE),
                Field("created_at_timestamp", "when this copy was made", _SOURCE),
                Field("creator_user_name", "who made this copy", _SOURCE),
                Field("is_default", "says which every workspace has from the start", _SOURCE),
                Derived("definition", "the family's, with what the policy overrides", _SOURCE, of="policy_family_id"),
            ),
            sensitive=tuple(
                Field(path, secret.reason, _LANGUAGE)
                for secret in _cluster_spec.sensitive("")
                for path in _rules(secret.path)
            ),
            free=tuple(
                Field(path, text.reason, _LANGUAGE)
                for text in _cluster_spec.free("")
                for path in _rules(f"{text.path}.*")
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every policy, whole."""
        found = workspace.get(f"{_API}/list").get("policies", [])
        return [Entry(policy["policy_id"], policy) for policy in found]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a policy by id: a listing shows only what the caller may use."""
        return if_there(lambda: Entry(value, workspace.get(f"{_API}/get", policy_id=value))) if by == "id" else None

    def is_builtin(self, document: Document) -> bool:
        """Say whether it is one that the service makes and keeps in every workspace."""
        return bool(document.get("is_default"))
