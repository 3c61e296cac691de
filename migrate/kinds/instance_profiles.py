"""Instance profiles: registered with the secondary, where AWS lets Databricks launch machines with them."""

from __future__ import annotations

from lakedrill.inventory.errors import Refused
from lakedrill.inventory.kind import Document
from lakedrill.inventory.kinds import instance_profiles
from migrate.target import Answer, Target
from migrate.writer import Blocked, Wanted, Writer

_API = "/api/2.0/instance-profiles"
_REFUSED_BY_AWS = "DRY_RUN_FAILED"
"""The code of a profile that AWS does not let machines be launched with (databrickslabs/migrate#159)."""


class InstanceProfiles(Writer):
    """Instance profiles (`/api/2.0/instance-profiles`). An edit changes the role and nothing else."""

    name = "instance_profiles"
    how = "yes, validated by the service"
    create_only = frozenset({"is_meta_instance_profile"})

    def create(self, target: Target, wanted: Wanted) -> tuple[str, Answer]:
        """Register it. The service's own validation is never skipped: that a profile is good is nobody's guess to make."""
        try:
            answer = target.send("POST", f"{_API}/add", wanted.definition)
        except Refused as refusal:
            if refusal.code != _REFUSED_BY_AWS:
                raise
            hint = (
                "let the secondary's account use it; if AWS is wrong about that, add it yourself with skip_validation"
            )
            raise Blocked(f"{refusal}; {hint}") from None
        return wanted.definition["instance_profile_arn"], answer

    def update(self, target: Target, key: str, wanted: Wanted, present: Document) -> Answer:
        """Give it the role that its machines take on."""
        return target.send("POST", f"{_API}/edit", wanted.definition)

    def delete(self, target: Target, key: str, document: Document) -> Answer:
        """Take it off the list. Clusters that have it keep it."""
        return target.send("POST", f"{_API}/remove", {"instance_profile_arn": key})

    def find(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the profile, if it is registered."""
        key = wanted.definition["instance_profile_arn"]
        return [key for found in instance_profiles.documents(target) if found["instance_profile_arn"] == key]

    def read(self, target: Target, key: str, wanted: Wanted) -> Document:
        """Return the profile as it is now. There is no request for one alone."""
        for found in instance_profiles.documents(target):
            if found["instance_profile_arn"] == key:
                return found
        raise Refused("RESOURCE_DOES_NOT_EXIST", f"Instance profile {key} is not registered.", gone=True)
