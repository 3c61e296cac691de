"""How an object of each kind is created and updated. No writer for a kind: it is checked, not copied.

They stand in the order in which kinds are written: what a definition refers to comes first.
"""

from migrate.kinds.alerts import Alerts
from migrate.kinds.alerts_v2 import AlertsV2
from migrate.kinds.apps import Apps
from migrate.kinds.cluster_policies import ClusterPolicies
from migrate.kinds.clusters import Clusters
from migrate.kinds.dashboards import Dashboards
from migrate.kinds.dbfs_files import DbfsFiles
from migrate.kinds.directories import Directories
from migrate.kinds.experiments import Experiments
from migrate.kinds.files import Files
from migrate.kinds.genie_spaces import GenieSpaces
from migrate.kinds.global_init_scripts import GlobalInitScripts
from migrate.kinds.groups import Groups
from migrate.kinds.instance_pools import InstancePools
from migrate.kinds.instance_profiles import InstanceProfiles
from migrate.kinds.ip_access_lists import IpAccessLists
from migrate.kinds.jobs import Jobs
from migrate.kinds.mounts import Mounts
from migrate.kinds.notebooks import Notebooks
from migrate.kinds.notification_destinations import NotificationDestinations
from migrate.kinds.pipelines import Pipelines
from migrate.kinds.queries import Queries
from migrate.kinds.registered_models import RegisteredModels
from migrate.kinds.repos import Repos
from migrate.kinds.secret_scopes import SecretScopes
from migrate.kinds.secrets import Secrets
from migrate.kinds.service_principals import ServicePrincipals
from migrate.kinds.serving_endpoints import ServingEndpoints
from migrate.kinds.settings import Settings
from migrate.kinds.sql_warehouse_config import SqlWarehouseConfig
from migrate.kinds.token_permissions import TokenPermissions
from migrate.kinds.users import Users
from migrate.kinds.vector_search_endpoints import VectorSearchEndpoints
from migrate.kinds.vector_search_indexes import VectorSearchIndexes
from migrate.kinds.volume_files import VolumeFiles
from migrate.kinds.warehouses import Warehouses
from migrate.kinds.workspace_conf import WorkspaceConf
from migrate.writer import Writer

WRITERS: dict[str, Writer] = {
    writer.name: writer
    for writer in (
        InstanceProfiles(),
        Users(),
        ServicePrincipals(),
        Groups(),
        Directories(),
        Notebooks(),
        Files(),
        Repos(),
        Experiments(),
        RegisteredModels(),
        DbfsFiles(),
        VolumeFiles(),
        GlobalInitScripts(),
        SecretScopes(),
        Secrets(),
        ServingEndpoints(),
        VectorSearchEndpoints(),
        VectorSearchIndexes(),
        InstancePools(),
        ClusterPolicies(),
        Clusters(),
        Mounts(),
        SqlWarehouseConfig(),
        Warehouses(),
        Queries(),
        Alerts(),
        NotificationDestinations(),
        Pipelines(),
        AlertsV2(),
        Dashboards(),
        GenieSpaces(),
        Jobs(),
        Apps(),
        TokenPermissions(),
        IpAccessLists(),
        WorkspaceConf(),
        Settings(),
    )
}

CHECKED_ONLY: dict[str, str] = {
    "git_credentials": "no API gives a token; people make each on the secondary",
    "legacy_dashboards": "no request makes one any more; people make AI/BI dashboards of them, which are copied",
}
"""Kinds that are checked, not copied, on purpose: name to reason. Any other kind without a writer breaks a law."""

__all__ = ["CHECKED_ONLY", "WRITERS"]
