"""What no API gives, so that no tool can copy it: a table of it, and what of it a workspace holds.

Each row has an id that stays, so that a gate may ask for a signature under it. None of it is part of the verdict: what can't
be read can't be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakedrill.inventory.errors import ReadError
from lakedrill.inventory.kind import PRINCIPAL_FIELDS, UNASKED, Catalogue, Document, Facet, Kind
from lakedrill.inventory.kinds import _tree, dbfs_files, experiments
from lakedrill.inventory.paths import values
from lakedrill.inventory.snapshot import Object, Snapshot

if TYPE_CHECKING:
    from lakedrill.inventory.workspace import Workspace

META = "beyond"
"""Where a snapshot keeps what was asked for beside the kinds."""
_NAMED = 20
"""As many of what was found as are named."""
_FEW = 5


@dataclass(frozen=True, slots=True)
class Manual:
    """Something to do by hand, wherever the primary holds what a row names: objects, or what a probe finds."""

    id: str
    what: str
    steps: str
    source: str
    objects: tuple[tuple[str, str], ...] = ()
    """Kinds, and the path at which an object of it must have a value; empty: any object."""
    below: str = ""
    """The folder in which an object must lie; empty: anywhere."""
    managers: bool = False
    """Each object is named with those who may manage it."""
    probes: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    """The paths of what names an object; its key, unless there are some."""


def _of_tree(object_type: str) -> Callable[[Workspace], list[str]]:
    return lambda workspace: [str(entry.document["path"]) for entry in _tree.of_type(workspace, object_type)]


def _tokens(workspace: Workspace) -> list[str]:
    """Whose they are: a comment may hold anything."""
    found = workspace.get("/api/2.0/token-management/tokens").get("token_infos", [])
    return [str(token.get("created_by_username") or token.get("owner_id") or "") for token in found]


def _notebook_experiments(workspace: Workspace) -> list[str]:
    found = (experiments.told(document) for document in experiments.listed(workspace))
    return [str(each["name"]) for each in found if experiments.is_of_notebook(each)]


def _model_versions(workspace: Workspace) -> list[str]:
    found = workspace.pages("/api/2.0/mlflow/model-versions/search", "model_versions", max_results=10_000)
    return [f"{each['name']} {each['version']}" for each in found]


PROBES: dict[str, Callable[[Workspace], list[str]]] = {
    "tokens": _tokens,
    "git_folders": _of_tree("REPO"),
    "libraries": _of_tree("LIBRARY"),
    "notebook_experiments": _notebook_experiments,
    "model_versions": _model_versions,
}
"""What a capture asks for beside the kinds: each names what it finds, and only reads."""

TABLE = (
    Manual(
        "tokens",
        "personal access tokens: the service never shows a value again",
        "have each owner create a token on the secondary, and give it to whatever calls with the old one",
        "https://docs.databricks.com/api/workspace/tokenmanagement",
        probes=("tokens",),
    ),
    Manual(
        "oauth-secrets",
        "OAuth secrets of service principals: shown once, when they are made",
        "where a service principal belongs to the account its secrets hold on both sides; else create one on the secondary "
        "and give it to whatever signs in with it",
        "https://docs.databricks.com/api/workspace/serviceprincipalsecretsproxy",
        objects=(("service_principals", ""),),
    ),
    Manual(
        "git-credentials",
        "Git credentials: each belongs to a user, who alone sees it, and its token is never shown",
        "have each user of a Git folder, and whoever a job with Git source runs as, link their Git provider on the secondary",
        "https://docs.databricks.com/api/workspace/gitcredentials",
        objects=(("jobs", "settings.git_source.git_url"),),
        probes=("git_folders",),
    ),
    Manual(
        "own-git-credentials",
        "Git credentials of whoever copies: that there is one is compared, and its token is never shown",
        "where the secondary lacks one make it there with a token of its own, as whoever copies: databricks git-credentials "
        "create PROVIDER --git-username NAME --personal-access-token TOKEN",
        "https://docs.databricks.com/api/workspace/gitcredentials",
        objects=(("git_credentials", ""),),
        named=("git_provider", "git_username"),
    ),
    Manual(
        "notification-secrets",
        "what opens notification destinations other than email: the service tells no more than that it is set",
        "set up each on the secondary under the same name, and let each tell something once",
        "https://docs.databricks.com/api/workspace/notificationdestinations",
        objects=tuple(
            ("notification_destinations", f"config.{name}")
            for name in (
                "databricks_app_slack",
                "databricks_app_teams",
                "generic_webhook",
                "microsoft_teams",
                "pagerduty",
                "slack",
            )
        ),
    ),
    Manual(
        "legacy-init-scripts",
        f"scripts in dbfs:{dbfs_files.LEGACY_SCRIPTS}: legacy global and cluster-named init scripts, which the service no "
        "longer runs; they are copied as files",
        "move each that is still needed into a workspace file or onto a volume, and name it in the init scripts of the "
        "clusters that need it, or make it a global init script (`/api/2.0/global-init-scripts`)",
        "https://docs.databricks.com/archive/init-scripts/legacy-cluster-named.html",
        objects=(("dbfs_files", ""),),
        below=dbfs_files.LEGACY_SCRIPTS,
    ),
    Manual(
        "mounts",
        "mounts of DBFS: what they were mounted with is never shown, and so not compared",
        "state credentials of the second region's storage in drill.yaml (`mounts.credentials`) for what a copy is to mount, "
        "and read something through each there once",
        "https://docs.databricks.com/dbfs/mounts.html",
        objects=(("mounts", ""),),
    ),
    Manual(
        "run-history",
        "runs of jobs, with their outputs: they belong to the workspace that ran them",
        "export what must be kept (`jobs/runs/export`) before the service forgets it after 60 days",
        "https://docs.databricks.com/api/workspace/jobs/exportrun",
        objects=(("jobs", ""),),
    ),
    Manual(
        "experiment-runs",
        "runs of experiments, those of notebooks too, with their metrics, models and artifacts: no API takes them with their "
        "times and authors",
        "copy those that must be kept with mlflow-export-import, or keep artifacts where both regions see them",
        "https://github.com/mlflow/mlflow-export-import",
        objects=(("experiments", ""),),
        probes=("notebook_experiments",),
    ),
    Manual(
        "model-versions",
        "versions of registered models: each leads to artifacts of a run",
        "register those that are in use anew on the secondary, in their order, from artifacts that are kept where both regions "
        "see them, or with mlflow-export-import",
        "https://docs.databricks.com/api/workspace/modelregistry/createmodelversion",
        probes=("model_versions",),
    ),
    Manual(
        "app-deployments",
        "apps: they are made without compute, and nothing is deployed on them; each acts by a service principal of its own",
        "give each app's service principal on the secondary what it needs beside the app's resources, start the app, and "
        "deploy it from what it is deployed from on the primary: databricks apps deploy NAME --source-code-path PATH",
        "https://docs.databricks.com/api/workspace/apps/deploy",
        objects=(("apps", ""),),
        named=("name", "default_source_code_path"),
    ),
    Manual(
        "vector-search-data",
        "vector search indexes that others write to: what is in one is not copied",
        "write it anew to the index on the secondary, from where it came",
        "https://docs.databricks.com/api/workspace/vectorsearchindexes/upsertdatavectorindex",
        objects=(("vector_search_indexes", "direct_access_index_spec"),),
    ),
    Manual(
        "notebook-revisions",
        "revisions and comments of notebooks: only the latest text is exported",
        "keep in Git what must have a history",
        "https://docs.databricks.com/notebooks/notebooks-manage.html",
        objects=(("notebooks", ""),),
    ),
    Manual(
        "embedded-credentials",
        "dashboards that are published with their publisher's credentials, which nobody can give for somebody else; no API "
        "says who published one, so each is named with those who may",
        "have each publisher publish the dashboard on the secondary, after the cutover",
        "https://docs.databricks.com/api/workspace/lakeview/publish",
        objects=(("dashboards", "published.embed_credentials"),),
        managers=True,
    ),
    Manual(
        "genie-conversations",
        "conversations of Genie spaces: they belong to those who asked, and to the space that answered",
        "keep what must be kept before the primary is gone: no API gives a conversation to another space",
        "https://docs.databricks.com/api/genie/v1/genie-space",
        objects=(("genie_spaces", ""),),
    ),
    Manual(
        "tree-libraries",
        "libraries in the workspace tree: they can't be exported",
        "upload each package anew as a workspace file or into a volume, and name it there",
        "https://docs.databricks.com/api/workspace/workspace/export",
        probes=("libraries",),
    ),
)


def asked(workspace: Workspace) -> dict[str, Any]:
    """Return what each probe finds in a workspace, or why it could not be read."""
    found: dict[str, Any] = {}
    for name, probe in PROBES.items():
        try:
            names = probe(workspace)
        except ReadError as error:
            found[name] = {"unread": str(error)}
        else:
            found[name] = {"count": len(names), "found": sorted(set(names))[:_NAMED]}
    return found


def lines(snapshot: Snapshot, catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield a line for each row of the table of which the workspace holds something, or may: `unread` says why nobody knows."""
    beyond, listings = snapshot.meta.get(META, {}), snapshot.listings()
    for row in TABLE:
        count, named, unread = 0, list[str](), list[str]()
        for kind, path in row.objects:
            own = (e for e in snapshot.objects(kind) if not catalogue[kind].is_builtin(snapshot.document(e.n)))
            found = [each for each in own if not path or _has(snapshot, each, path)]
            found = [each for each in found if not row.below or each.id.startswith(f"{row.below}/")]
            count += len(found)
            listing = listings.get(kind)
            unread += [listing.reason] if listing is not None and listing.code == UNASKED else []
            who = _managers if row.managers else lambda _snapshot, _each: ""
            named += [
                _name(snapshot, catalogue[kind], each, row.named) + who(snapshot, each) for each in found[:_NAMED]
            ]
        for probe in row.probes:
            said = beyond.get(probe, {"unread": "the snapshot does not say; capture it anew"})
            count += said.get("count", 0)
            named += said.get("found", [])
            unread += [said["unread"]] if "unread" in said else []
        if count or unread:
            told = {"id": row.id, "what": row.what, "steps": row.steps, "count": count}
            yield {**told, "found": named[:_NAMED], "unread": "; ".join(unread)}


def _has(snapshot: Snapshot, each: Object, path: str) -> bool:
    return any(values(snapshot.document(each.n), path))


def _name(snapshot: Snapshot, kind: Kind, each: Object, paths: tuple[str, ...]) -> str:
    document = snapshot.document(each.n)
    found = [str(value) for path in paths or (kind.identity.path,) for value in values(document, path)]
    return " ".join(found) or each.id


def _managers(snapshot: Snapshot, each: Object) -> str:
    """Return who may manage an object by its own access control list, as text behind its name."""
    acl = snapshot.facet(each.n, Facet.PERMISSIONS)
    found = [
        str(entry.get(field))
        for entry in (acl.get("access_control_list", []) if isinstance(acl, dict) else [])
        for field in PRINCIPAL_FIELDS
        if entry.get(field) and any(_manages(permission) for permission in entry.get("all_permissions", []))
    ]
    return f" ({', '.join(sorted(found))})" if found else ""


def _manages(permission: Document) -> bool:
    return permission.get("permission_level") == "CAN_MANAGE" and not permission.get("inherited")


def told(line: dict[str, Any]) -> str:
    """Return a line as people read it, with the names of what was found where that is little."""
    few = f": {', '.join(line['found'])}" if 0 < line["count"] == len(line["found"]) <= _FEW else ""
    count = f" ({line['count']}{few})" if line["count"] else ""
    unread = f"; whether there are any can't be read: {line['unread']}" if line["unread"] else ""
    return f"{line['id']}: {line['what']}{count}{unread}. {line['steps'][0].upper()}{line['steps'][1:]}"
