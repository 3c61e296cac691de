"""The facts about a cluster's specification, the same for an all-purpose cluster and for the clusters inside a job."""

from __future__ import annotations

from lakedrill.inventory.kind import Chosen, Default, Field, Reference
from lakedrill.inventory.kinds import _libraries

SOURCE = "https://docs.databricks.com/api/workspace/clusters/create"
IN_BRACES = r"\{\{secrets/([^/{}]+/[^/{}]+)\}\}"
"""The name of a secret in a text: https://docs.databricks.com/security/secrets/secrets-spark-conf-env-var."""
_PRINCIPALS = ("users", "service_principals", "groups")


def references(at: str) -> tuple[Reference, ...]:
    """Return what a specification points at; `at` is the path before it, with its dot."""
    return (
        *(
            Reference(at + name, ("instance_pools",), SOURCE)
            for name in ("instance_pool_id", "driver_instance_pool_id")
        ),
        Reference(at + "policy_id", ("cluster_policies",), SOURCE),
        # A cluster can't be made with a profile that is not registered, so one with such a profile is broken.
        Reference(at + "aws_attributes.instance_profile_arn", ("instance_profiles",), SOURCE, by="name"),
        Reference(at + "single_user_name", _PRINCIPALS, SOURCE, by="name"),
        Reference(
            at + "init_scripts[].workspace.destination",
            ("files", "notebooks"),
            SOURCE,
            by="path",
            pattern=r"^(?:/Workspace)?(/.*)$",
        ),
        Reference(
            at + "init_scripts[].dbfs.destination", ("dbfs_files",), SOURCE, by="path", pattern="^dbfs:(/(?!mnt/).*)$"
        ),
        Reference(
            at + "init_scripts[].volumes.destination",
            ("volume_files",),
            SOURCE,
            by="path",
            pattern=_libraries.ON_A_VOLUME,
        ),
        *(
            Reference(at + name, ("secrets",), SOURCE, by="name", pattern=IN_BRACES)
            for name in (
                "spark_conf.*",
                "spark_env_vars.*",
                "docker_image.basic_auth.username",
                "docker_image.basic_auth.password",
            )
        ),
    )


def defaulted(at: str) -> tuple[Default, ...]:
    """Return the constants that the server fills in."""
    return (
        Default(at + "enable_elastic_disk", "always told", SOURCE, value=False),
        Default(at + "enable_local_disk_encryption", "always told", SOURCE, value=False),
    )


def chosen(at: str) -> tuple[Chosen, ...]:
    """Return the values that follow a sibling when left out."""
    return (
        Chosen(at + "driver_node_type_id", "the driver is like the workers", SOURCE, like="node_type_id"),
        Chosen(at + "driver_instance_pool_id", "from the workers' pool", SOURCE, like="instance_pool_id"),
    )


def identities(at: str) -> tuple[Field, ...]:
    """Return where a specification says whom it serves."""
    return (Field(at + "single_user_name", "who alone may use it", SOURCE),)


def sensitive(at: str) -> tuple[Field, ...]:
    """Return the secrets of a specification; whoever wrote them into it should have named a secret scope."""
    return tuple(
        Field(at + name, "opens something", SOURCE)
        for name in (
            "docker_image.basic_auth.password",
            "azure_attributes.log_analytics_info.log_analytics_primary_key",
        )
    )


def free(at: str) -> tuple[Field, ...]:
    """Return the free text of a specification."""
    return tuple(Field(at + name, "read by the user's own code", SOURCE) for name in ("spark_conf", "spark_env_vars"))
