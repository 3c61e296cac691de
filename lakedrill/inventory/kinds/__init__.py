"""The kinds: one file each, siblings alike. They stand in an order in which a key refers to earlier kinds only."""

from lakedrill.inventory.kind import Catalogue
from lakedrill.inventory.kinds.alerts import Alerts
from lakedrill.inventory.kinds.alerts_v2 import AlertsV2
from lakedrill.inventory.kinds.apps import Apps
from lakedrill.inventory.kinds.cluster_policies import ClusterPolicies
from lakedrill.inventory.kinds.clusters import Clusters
from lakedrill.inventory.kinds.dashboards import Dashboards
from lakedrill.inventory.kinds.dbfs_files import DbfsFiles
from lakedrill.inventory.kinds.directories import Directories
from lakedrill.inventory.kinds.experiments import Experiments
from lakedrill.inventory.kinds.files import Files
from lakedrill.inventory.kinds.genie_spaces import GenieSpaces
from lakedrill.inventory.kinds.git_credentials import GitCredentials
from lakedrill.inventory.kinds.global_init_scripts import GlobalInitScripts
from lakedrill.inventory.kinds.groups import Groups
from lakedrill.inventory.kinds.instance_pools import InstancePools
from lakedrill.inventory.kinds.instance_profiles import InstanceProfiles
from lakedrill.inventory.kinds.ip_access_lists import IpAccessLists
from lakedrill.inventory.kinds.jobs import Jobs
from lakedrill.inventory.kinds.legacy_dashboards import LegacyDashboards
from lakedrill.inventory.kinds.mounts import Mounts
from lakedrill.inventory.kinds.notebooks import Notebooks
from lakedrill.inventory.kinds.notification_destinations import NotificationDestinations
from lakedrill.inventory.kinds.pipelines import Pipelines
from lakedrill.inventory.kinds.queries import Queries
from lakedrill.inventory.kinds.registered_models import RegisteredModels
from lakedrill.inventory.kinds.repos import Repos
from lakedrill.inventory.kinds.secret_scopes import SecretScopes
from lakedrill.inventory.kinds.secrets import Secrets
from lakedrill.inventory.kinds.service_principals import ServicePrincipals
from lakedrill.inventory.kinds.serving_endpoints import ServingEndpoints
from lakedrill.inventory.kinds.settings import Settings
from lakedrill.inventory.kinds.sql_warehouse_config import SqlWarehouseConfig
from lakedrill.inventory.kinds.token_permissions import TokenPermissions
from lakedrill.inventory.kinds.users import Users
from lakedrill.inventory.kinds.vector_search_endpoints import VectorSearchEndpoints
from lakedrill.inventory.kinds.vector_search_indexes import VectorSearchIndexes
from lakedrill.inventory.kinds.volume_files import VolumeFiles
from lakedrill.inventory.kinds.warehouses import Warehouses
from lakedrill.inventory.kinds.workspace_conf import WorkspaceConf

CATALOGUE = Catalogue(
    (
        InstanceProfiles(),
        Users(),
        ServicePrincipals(),
        Groups(),
        Directories(),
        Notebooks(),
        Files(),
        GitCredentials(),
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
        LegacyDashboards(),
        Jobs(),
        Apps(),
        TokenPermissions(),
        IpAccessLists(),
        WorkspaceConf(),
        Settings(),
    )
)

__all__ = ["CATALOGUE"]
