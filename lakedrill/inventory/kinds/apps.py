"""Apps: what they are, and which things of the workspace they use. What is deployed on one, and whether it runs, is its own.

An app's code lies in the workspace tree or in Git, and is compared there. Which of it is deployed is said by deploying it,
for which the app must run: on a standby none is, and `manual` names what each is to be deployed from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import Refused, if_there
from lakedrill.inventory.kind import (
    Default,
    Document,
    Entry,
    Facet,
    Field,
    Identity,
    Keyed,
    Kind,
    Reference,
    Setting,
    Shape,
    permissions_shape,
)

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

API = "/api/2.0/apps"
_SOURCE = "https://docs.databricks.com/api/workspace/apps/get"
_CLI = "https://github.com/databricks/cli/blob/main/bundle/direct/dresources/app.go"
_TERRAFORM = "https://github.com/databricks/terraform-provider-databricks/blob/main/apps/resource_app.go"
_RESOURCE = "resources[]"
_AUTO = "git_repository.auto_deploy"
_DEPLOYMENTS = ("active_deployment", "pending_deployment")


class Apps(Kind):
    """Apps (`/api/2.0/apps`), by name. One that is on its way out is gone."""

    name = "apps"
    identity = Identity("name")
    handles = {"name": "name"}
    id_is_name = True
    permissions = "apps"
    volatile = frozenset({"active_deployment", "app_status", "compute_status", "pending_deployment"})
    posture = {
        "standby": (Setting(Facet.DEFINITION, _AUTO, value=False, reason="each push would deploy it"),),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                Reference(f"{_RESOURCE}.app.name", ("apps",), _SOURCE, by="name", deferrable=True),
                Reference(f"{_RESOURCE}.experiment.experiment_id", ("experiments",), _SOURCE),
                Reference(f"{_RESOURCE}.genie_space.space_id", ("genie_spaces",), _SOURCE),
                Reference(f"{_RESOURCE}.job.id", ("jobs",), _SOURCE),
                Reference(f"{_RESOURCE}.secret.scope", ("secret_scopes",), _SOURCE, by="name"),
                Reference(f"{_RESOURCE}.serving_endpoint.name", ("serving_endpoints",), _SOURCE, by="name"),
                Reference(f"{_RESOURCE}.sql_warehouse.id", ("warehouses",), _SOURCE),
            ),
            assigned=(
                Field("id", "the workspace's own", _SOURCE),
                Field("url", "where this copy is called", _SOURCE),
                Field("create_time", "when this copy was made", _SOURCE),
                Field("creator", "who made this copy", _SOURCE),
                Field("update_time", "when this copy was written", _SOURCE),
                Field("updater", "who wrote this copy", _SOURCE),
                Field("thumbnail_url", "where the picture of this copy is", _SOURCE),
                Field("app_status", "whether this copy runs", _SOURCE),
                Field("compute_status", "whether this copy runs", _SOURCE),
                *(
                    Field(name, "what is deployed here", _CLI)
                    for name in (
                        "active_deployment",
                        "default_git_source",
                        "default_source_code_path",
                        "git_source",
                        "pending_deployment",
                        "source_code_path",
                    )
                ),
                *(
                    Field(f"service_principal_{name}", "the service makes one for each app", _SOURCE)
                    for name in ("client_id", "id", "name")
                ),
                *(
                    Field(f"oauth2_app_{name}", "the service makes one for each app", _SOURCE)
                    for name in ("client_id", "integration_id")
                ),
                *(
                    Field(f"effective_{name}", "follows from the one that is chosen, or is the account's", _SOURCE)
                    for name in ("budget_policy_id", "usage_policy_id", "user_api_scopes")
                ),
            ),
            defaulted=(Default(_AUTO, "left out where nothing is deployed by a push", _SOURCE, value=False),),
            keyed=(Keyed("resources", "a set", _TERRAFORM, key="name"),),
            free=(
                Field("description", "text", _SOURCE),
                Field(f"{_RESOURCE}.description", "text", _SOURCE),
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every app, whole."""
        found = workspace.pages(API, "apps", page_size=100)
        return [Entry(app["name"], _discreet(app)) for app in found if not is_going(app)]

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:  # noqa: ARG002 - its id is its name
        """Return an app by name."""
        return if_there(lambda: Entry(value, get(workspace, value)))


def get(workspace: Workspace, name: str) -> Document:
    """Return an app by name. Raises Refused where it is gone, or on its way out: that may take twenty minutes."""
    found = workspace.get(f"{API}/{name}")
    if is_going(found):
        raise Refused("RESOURCE_DOES_NOT_EXIST", f"app {name} is being deleted", gone=True)
    return _discreet(found)


def _discreet(app: Document) -> Document:
    """Return an app without the values of what is deployed with it, which may be passwords and are compared by nobody."""
    kept = dict(app)
    for name in _DEPLOYMENTS:
        if variables := app.get(name, {}).get("env_vars"):
            kept[name] = {**app[name], "env_vars": [{"name": each.get("name")} for each in variables]}
    return kept


def is_going(app: Document) -> bool:
    """Say whether an app was deleted and is still told of."""
    return bool(app.get("compute_status", {}).get("state") == "DELETING")
