"""What can be known. A topic is its reader (`.ps1`, `.sql`) and the typed model of its answer (`.py`), side by side."""

from ssoaudit.facts.audit_rights import AuditRights
from ssoaudit.facts.availability_group import AvailabilityGroup
from ssoaudit.facts.backup_databases import BackupDatabases
from ssoaudit.facts.backup_files import BackupFile, BackupFiles
from ssoaudit.facts.backup_history import BackupHistory
from ssoaudit.facts.biztalk_group import BizTalkGroup
from ssoaudit.facts.biztalk_host_instances import BizTalkHostInstances
from ssoaudit.facts.biztalk_host_mappings import BizTalkHostMappings
from ssoaudit.facts.biztalk_hosts import BizTalkHosts
from ssoaudit.facts.biztalk_registry import BizTalkInstallation, BizTalkRegistry
from ssoaudit.facts.biztalk_servers import BizTalkServers
from ssoaudit.facts.cluster_events import ClusterEvents
from ssoaudit.facts.cluster_moves import ClusterMoves
from ssoaudit.facts.cluster_settings import ClusterSettings
from ssoaudit.facts.cluster_view import ClusterGroup, ClusterResource, ClusterView
from ssoaudit.facts.database_properties import DatabaseProperties
from ssoaudit.facts.dns import Dns
from ssoaudit.facts.endpoint_mapper import EndpointMapper
from ssoaudit.facts.entsso_events import EntssoEvents
from ssoaudit.facts.entsso_failures import EntssoFailures
from ssoaudit.facts.entsso_files import EntssoFiles, Program
from ssoaudit.facts.entsso_registry import EntssoRegistry, SqlAlias
from ssoaudit.facts.env import Env
from ssoaudit.facts.event_log import Event, EventLog
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.facts.fact import Fact, Lacking, Part, Scope
from ssoaudit.facts.global_info import GlobalInfo
from ssoaudit.facts.global_info_change import GlobalInfoChange
from ssoaudit.facts.identities import Identities
from ssoaudit.facts.logon_rights import LogonRights
from ssoaudit.facts.master_secret_ids import MasterSecretIds
from ssoaudit.facts.message_boxes import MessageBoxes
from ssoaudit.facts.msdtc_events import MsdtcEvents
from ssoaudit.facts.msdtc_firewall import MsdtcFirewall
from ssoaudit.facts.msdtc_identities import Cid, ClusteredCid, MsdtcIdentities
from ssoaudit.facts.msdtc_security import MsdtcSecurity
from ssoaudit.facts.nlb import Nlb
from ssoaudit.facts.os import OperatingSystem, PendingReboot
from ssoaudit.facts.other_backup_databases import OtherBackupDatabases
from ssoaudit.facts.rpc_policy import RpcPolicy
from ssoaudit.facts.schema_version import SchemaVersion
from ssoaudit.facts.secret_key_acl import SecretKeyAcl
from ssoaudit.facts.self_test import NamesBelow, SelfTest, Trial
from ssoaudit.facts.service_events import ServiceEvents
from ssoaudit.facts.services import OwnAccount, Process, Service, Services
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.sql_server import SqlServer
from ssoaudit.facts.sql_session import SqlSession
from ssoaudit.facts.sso_servers import SsoServers
from ssoaudit.facts.ssodb_backups import SsodbBackups
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets

TOPICS: tuple[type[Fact], ...] = (
    Env,
    EntssoRegistry,
    MasterSecretIds,
    SecretKeyAcl,
    BizTalkRegistry,
    RpcPolicy,
    MsdtcIdentities,
    Services,
    OperatingSystem,
    ClusterView,
    MsdtcSecurity,
    ClusterSettings,
    MsdtcFirewall,
    Nlb,
    LogonRights,
    Identities,
    EntssoFiles,
    BackupFiles,
    Dns,
    EndpointMapper,
    EntssoEvents,
    EntssoFailures,
    MsdtcEvents,
    ServiceEvents,
    ClusterEvents,
    ClusterMoves,
)
"""Every topic that a server is asked, cheap and essential ones first."""

OPT_IN_TOPICS: frozenset[type[Fact]] = frozenset({EndpointMapper})
"""Those of them that nobody is asked about unless the auditor allows it."""

PILOT_TOPICS: tuple[type[Fact], ...] = (SelfTest,)
"""What a server can be asked beside, and is asked by the pilot kit alone: no audit rests on it."""

SSODB_TOPICS: tuple[type[SqlFact], ...] = (
    SqlServer,
    SqlSession,
    GlobalInfo,
    GlobalInfoChange,
    ExternalCredentialSecrets,
    WindowsPasswordSecrets,
    SsoServers,
    DatabaseProperties,
    AvailabilityGroup,
    AuditRights,
    SchemaVersion,
)
"""Every topic that SSODB is asked, in this order."""

MSDB_TOPICS: tuple[type[SqlFact], ...] = (SsodbBackups,)
"""Every topic that msdb is asked on the SQL Server that holds SSODB."""

BIZTALK_TOPICS: tuple[type[SqlFact], ...] = (
    BizTalkGroup,
    BizTalkServers,
    BizTalkHosts,
    BizTalkHostMappings,
    BizTalkHostInstances,
    MessageBoxes,
    BackupDatabases,
    OtherBackupDatabases,
    BackupHistory,
)
"""Every topic that the BizTalk management database is asked, in this order."""

MESSAGE_BOX_TOPICS: tuple[type[SqlFact], ...] = (SqlServer,)
"""Every topic that the SQL Server of a MessageBox database is asked."""

__all__ = [
    "BIZTALK_TOPICS",
    "MESSAGE_BOX_TOPICS",
    "MSDB_TOPICS",
    "OPT_IN_TOPICS",
    "PILOT_TOPICS",
    "SSODB_TOPICS",
    "TOPICS",
    "AuditRights",
    "AvailabilityGroup",
    "BackupDatabases",
    "BackupFile",
    "BackupFiles",
    "BackupHistory",
    "BizTalkGroup",
    "BizTalkHostInstances",
    "BizTalkHostMappings",
    "BizTalkHosts",
    "BizTalkInstallation",
    "BizTalkRegistry",
    "BizTalkServers",
    "Cid",
    "ClusterEvents",
    "ClusterGroup",
    "ClusterMoves",
    "ClusterResource",
    "ClusterSettings",
    "ClusterView",
    "ClusteredCid",
    "DatabaseProperties",
    "Dns",
    "EndpointMapper",
    "EntssoEvents",
    "EntssoFailures",
    "EntssoFiles",
    "EntssoRegistry",
    "Env",
    "Event",
    "EventLog",
    "ExternalCredentialSecrets",
    "Fact",
    "GlobalInfo",
    "GlobalInfoChange",
    "Identities",
    "Lacking",
    "LogonRights",
    "MasterSecretIds",
    "MessageBoxes",
    "MsdtcEvents",
    "MsdtcFirewall",
    "MsdtcIdentities",
    "MsdtcSecurity",
    "NamesBelow",
    "Nlb",
    "OperatingSystem",
    "OtherBackupDatabases",
    "OwnAccount",
    "Part",
    "PendingReboot",
    "Process",
    "Program",
    "RpcPolicy",
    "SchemaVersion",
    "Scope",
    "SecretKeyAcl",
    "SelfTest",
    "Service",
    "ServiceEvents",
    "Services",
    "SqlAlias",
    "SqlFact",
    "SqlServer",
    "SqlSession",
    "SsoServers",
    "SsodbBackups",
    "Trial",
    "WindowsPasswordSecrets",
]
