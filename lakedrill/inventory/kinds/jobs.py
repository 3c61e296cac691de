"""Jobs: their tasks, clusters, triggers and whom they run as. Names may repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lakedrill.inventory.errors import if_there
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
from lakedrill.inventory.kinds import _cluster_spec, _environments, _libraries

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

_SOURCE = "https://docs.databricks.com/api/workspace/jobs/get"
_TASKS = ("settings.tasks[].", "settings.tasks[].for_each_task.task.")
"""A task, and the task that a for-each task repeats."""
_CLUSTERS = ("settings.job_clusters[].new_cluster.", *(f"{task}new_cluster." for task in _TASKS))
_WORKSPACE_PATH = r"^(?:/Workspace)?(/(?!Volumes/|Workspace/).*)$"
_PARAMETERS = (
    "alert_task.parameters",
    "dashboard_task.filters",
    "dbt_task.commands",
    "notebook_task.base_parameters",
    "pipeline_task.parameters",
    "python_operator_task.parameters[].value",
    "python_wheel_task.named_parameters",
    "python_wheel_task.parameters",
    "spark_jar_task.parameters",
    "spark_python_task.parameters",
    "spark_submit_task.parameters",
    "sql_task.parameters",
    *(
        f"run_job_task.{name}"
        for name in (
            "dbt_commands",
            "jar_params",
            "job_parameters",
            "notebook_params",
            "python_named_params",
            "python_params",
            "spark_submit_params",
            "sql_params",
        )
    ),
)
"""What a task hands to the user's own code."""
_FOLDER = r"^/Workspace(/.+)/[^/]+$"
_PAGED = ("tasks", "job_clusters", "parameters", "environments")
"""The lists that `get` cuts into pages of a hundred."""
_EVENTS = (
    "on_start",
    "on_success",
    "on_failure",
    "on_duration_warning_threshold_exceeded",
    "on_streaming_backlog_exceeded",
    "on_maintenance_start",
    "on_maintenance_complete",
)
_CONDITIONAL = ("schedule", "trigger", "triggers[]")
_TRIGGERS = (*_CONDITIONAL, "continuous")
_SUBSCRIBERS = (
    "sql_task.alert.subscriptions[]",
    "sql_task.dashboard.subscriptions[]",
    "alert_task.subscribers[]",
    "dashboard_task.subscription.subscribers[]",
)


def _task_references(task: str) -> Iterator[Reference]:
    yield Reference(f"{task}existing_cluster_id", ("clusters",), _SOURCE)
    yield Reference(f"{task}run_job_task.job_id", ("jobs",), _SOURCE, deferrable=True)
    for name, kinds in (
        ("notebook_task.notebook_path", ("notebooks",)),
        ("spark_python_task.python_file", ("files", "notebooks")),
        ("sql_task.file.path", ("files",)),
        ("dbt_task.project_directory", ("directories",)),
    ):
        yield Reference(
            f"{task}{name}", kinds, _SOURCE, by="path", pattern=_WORKSPACE_PATH, unless=("source", ("GIT",))
        )
    for name in ("spark_python_task.python_file", "spark_jar_task.jar_uri"):
        yield Reference(f"{task}{name}", ("dbfs_files",), _SOURCE, by="path", pattern=_libraries.ON_DBFS)
        yield Reference(f"{task}{name}", ("volume_files",), _SOURCE, by="path", pattern=_libraries.ON_A_VOLUME)
    yield from _libraries.references(task)
    # The alert itself is known by its id alone; it lies in the folder.
    alert = Reference(f"{task}alert_task.workspace_path", ("directories",), _SOURCE, by="path", pattern=_FOLDER)
    yield from (
        alert,
        Reference(f"{task}clean_rooms_notebook_task.clean_room_name", ("clean_rooms",), _SOURCE, by="name"),
    )
    for name, kind in (
        ("pipeline_task.pipeline_id", "pipelines"),
        ("sql_task.warehouse_id", "warehouses"),
        ("sql_task.query.query_id", "queries"),
        ("sql_task.dashboard.dashboard_id", "legacy_dashboards"),
        ("notebook_task.warehouse_id", "warehouses"),
        ("dbt_task.warehouse_id", "warehouses"),
        ("power_bi_task.warehouse_id", "warehouses"),
        ("alert_task.warehouse_id", "warehouses"),
        ("dashboard_task.dashboard_id", "dashboards"),
        ("dashboard_task.warehouse_id", "warehouses"),
        *((f"{subscribers}.destination_id", "notification_destinations") for subscribers in _SUBSCRIBERS),
    ):
        yield Reference(task + name, (kind,), _SOURCE)
    # Either may be meant: which the page of a task offers changed with the alerts.
    yield Reference(f"{task}sql_task.alert.alert_id", ("alerts", "alerts_v2"), _SOURCE)
    yield Reference(f"{task}alert_task.alert_id", ("alerts_v2", "alerts"), _SOURCE)
    for subscribers in _SUBSCRIBERS:
        yield Reference(f"{task}{subscribers}.user_name", ("users",), _SOURCE, by="name", optional=True)


def _task_defaults(task: str) -> Iterator[Default]:
    yield Default(f"{task}run_if", "filled in by the server", _SOURCE, value="ALL_SUCCESS")
    yield Default(f"{task}timeout_seconds", "0 is none", _SOURCE, value=0)
    yield Default(f"{task}email_notifications", "nobody is told", _SOURCE, value={})
    yield Default(f"{task}webhook_notifications", "nobody is told", _SOURCE, value={})
    yield Default(f"{task}notebook_task.source", "where a path is looked up", _SOURCE, value="WORKSPACE")


class Jobs(Kind):
    """Jobs (`/api/2.2/jobs`)."""

    name = "jobs"
    identity = Identity("settings.name")
    handles = {}
    permissions = "jobs"
    posture = {
        "standby": tuple(
            Setting(Facet.DEFINITION, f"settings.{trigger}.pause_status", "PAUSED", "nothing fires in a standby")
            for trigger in _TRIGGERS
        ),
    }
    shapes = {
        Facet.DEFINITION: Shape(
            references=(
                *(reference for task in _TASKS for reference in _task_references(task)),
                *(reference for cluster in _CLUSTERS for reference in _cluster_spec.references(cluster)),
                *_environments.references("settings.environments[].spec."),
                *(
                    Reference(path, kinds, _SOURCE, by="path", pattern=_environments.IN_THE_TREE)
                    for path, kinds in (
                        ("settings.environments[].spec.base_environment", ("files",)),
                        ("settings.environments[].spec.project_environment", ("files",)),
                        ("settings.environment_variables[].spec.files[]", ("files",)),
                    )
                ),
                Reference(
                    "settings.environments[].spec.java_dependencies[]",
                    ("volume_files",),
                    _SOURCE,
                    by="path",
                    pattern=_libraries.ON_A_VOLUME,
                ),
                Reference("settings.parent_path", ("directories",), _SOURCE, by="path", pattern=_WORKSPACE_PATH),
                Reference("run_as_user_name", ("users", "service_principals"), _SOURCE, by="name"),
                *(
                    Reference(f"{at}email_notifications.{event}[]", ("users",), _SOURCE, by="name", optional=True)
                    for at in ("settings.", *_TASKS)
                    for event in _EVENTS
                ),
                *(
                    Reference(f"settings.{trigger}.sql_condition.{name}", (kind,), _SOURCE)
                    for trigger in _CONDITIONAL
                    for name, kind in (("sql_query_id", "queries"), ("warehouse_id", "warehouses"))
                ),
                *(
                    Reference(f"{at}webhook_notifications.{event}[].id", ("notification_destinations",), _SOURCE)
                    for at in ("settings.", *_TASKS)
                    for event in _EVENTS
                ),
            ),
            assigned=(
                Field("job_id", "the workspace's own", _SOURCE),
                Field("created_time", "when this copy was made", _SOURCE),
                Field("creator_user_name", "who made this copy; owner and run-as are compared", _SOURCE),
                Field("settings.run_as", "run_as_user_name says the same, for every job", _SOURCE),
                Field("settings.format", "follows from the tasks", _SOURCE),
                Field("effective_budget_policy_id", "follows from the account", _SOURCE),
                Field("settings.deployment", "who deploys it; a copy is deployed by nobody", _SOURCE),
                Field("settings.edit_mode", "locks the page for a deployer that a copy does not have", _SOURCE),
            ),
            defaulted=(
                Default("settings.name", "a job without a name", _SOURCE, value="Untitled"),
                Default("settings.email_notifications", "nobody is told", _SOURCE, value={}),
                Default("settings.webhook_notifications", "nobody is told", _SOURCE, value={}),
                Default("settings.timeout_seconds", "0 is none", _SOURCE, value=0),
                Default("settings.max_concurrent_runs", "one at a time", _SOURCE, value=1),
                *(
                    Default(f"settings.{trigger}.pause_status", "an omitted one fires", _SOURCE, value="UNPAUSED")
                    for trigger in _TRIGGERS
                ),
                *(default for task in _TASKS for default in _task_defaults(task)),
                *(default for cluster in _CLUSTERS for default in _cluster_spec.defaulted(cluster)),
            ),
            chosen=tuple(chosen for cluster in _CLUSTERS for chosen in _cluster_spec.chosen(cluster)),
            keyed=(
                Keyed("settings.tasks", "shown sorted, sent in any order", _SOURCE, key="task_key"),
                Keyed("settings.job_clusters", "named by their key", _SOURCE, key="job_cluster_key"),
                Keyed("settings.parameters", "named", _SOURCE, key="name"),
                Keyed("settings.environments", "named by their key", _SOURCE, key="environment_key"),
                Keyed("settings.tasks[].depends_on", "sorted by the server", _SOURCE, key="task_key"),
            ),
            unordered=tuple(
                Field(f"{at}{channel}_notifications.{event}", "a set", _SOURCE)
                for at in ("settings.", *_TASKS)
                for channel in ("email", "webhook")
                for event in _EVENTS
            ),
            sensitive=tuple(secret for cluster in _CLUSTERS for secret in _cluster_spec.sensitive(cluster)),
            identities=(
                Field("run_as_user_name", "whose rights the job has", _SOURCE),
                *(identity for cluster in _CLUSTERS for identity in _cluster_spec.identities(cluster)),
            ),
            free=(
                Field("settings.description", "text", _SOURCE),
                Field("settings.tags", "text", _SOURCE),
                *(
                    Field(f"settings.{name}", "read by the user's own code", _SOURCE)
                    for name in (
                        "parameters[].default",
                        "environment_variables[].spec.variables",
                        "tasks[].for_each_task.inputs",
                    )
                ),
                *(
                    Field(f"{task}{name}", "read by the user's own code", _SOURCE)
                    for task in _TASKS
                    for name in ("description", *_PARAMETERS)
                ),
                *(text for cluster in _CLUSTERS for text in _cluster_spec.free(cluster)),
            ),
        ),
        Facet.PERMISSIONS: permissions_shape(),
    }

    def list(self, workspace: Workspace) -> Iterable[Entry]:
        """Return every job, with its first hundred tasks."""
        return [Entry(str(document["job_id"]), document) for document in _listed(workspace)]

    def whole(self, workspace: Workspace, entry: Entry) -> Document:
        """Return the job with all its tasks."""
        return _whole(workspace, entry.id)

    def fetch(self, workspace: Workspace, by: str, value: str) -> Entry | None:
        """Return a job by id: a listing shows only what the caller may see."""
        return if_there(lambda: Entry(value, _whole(workspace, value))) if by == "id" else None


def documents(workspace: Workspace) -> Iterable[Document]:
    """Yield the jobs with all their job clusters and tasks, for those who look for what jobs name."""
    for document in _listed(workspace):
        yield _whole(workspace, str(document["job_id"])) if document.get("has_more") else document


def _listed(workspace: Workspace) -> list[Document]:
    def read() -> list[Document]:
        return list(workspace.pages("/api/2.2/jobs/list", "jobs", limit=100, expand_tasks="true"))

    return workspace.shared("jobs", read)


def _whole(workspace: Workspace, job_id: str) -> Document:
    job = workspace.get("/api/2.2/jobs/get", job_id=job_id)
    job.pop("has_more", None)
    token = job.pop("next_page_token", None)
    while token:
        page = workspace.get("/api/2.2/jobs/get", job_id=job_id, page_token=token)
        for name in _PAGED:
            if page["settings"].get(name):
                job["settings"].setdefault(name, []).extend(page["settings"][name])
        token = page.get("next_page_token")
    return job
