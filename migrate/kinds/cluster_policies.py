"""Cluster policies: their rules, the target's own ids in them. Those that every workspace has are edited, never made."""

from __future__ import annotations

from lakedrill.inventory.kind import Document
from migrate.target import Answer, Target
from migrate.writer import Wanted, Writer

_API = "/api/2.0/policies/clusters"


class ClusterPolicies(Writer):
    """Cluster policies (`/api/2.0/policies/clusters`). One of a family says what it overrides, not what comes of it."""

    name = "cluster_policies"
    how = "yes; those that every workspace has, when adopted by name"
    renames = True

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Make the policy."""
        answer = target.send("POST", f"{_API}/create", wanted.definition)
        return str(answer.document["policy_id"]), answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Replace all of it. Clusters that it rules stay as they are."""
        return target.send("POST", f"{_API}/edit", {**wanted.definition, "policy_id": key})

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Remove the policy. Clusters of it run on, and could not be edited any more."""
        return target.send("POST", f"{_API}/delete", {"policy_id": key})

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the id of the policy of this name."""
        listed = target.get(f"{_API}/list").get("policies", [])
        return [policy["policy_id"] for policy in listed if policy["name"] == wanted.definition["name"]]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the policy as it is now."""
        return target.get(f"{_API}/get", policy_id=key)
