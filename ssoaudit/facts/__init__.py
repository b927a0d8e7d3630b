"""What can be known. A topic is its reader (`.ps1`) and the typed model of its answer (`.py`), side by side."""

from ssoaudit.facts.cluster_view import ClusterGroup, ClusterResource, ClusterView
from ssoaudit.facts.entsso_registry import EntssoRegistry, SqlAlias
from ssoaudit.facts.env import Env
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.facts.fact import Fact, Lacking, Part, Scope
from ssoaudit.facts.global_info import GlobalInfo
from ssoaudit.facts.identities import Identities
from ssoaudit.facts.logon_rights import LogonRights
from ssoaudit.facts.master_secret_ids import MasterSecretIds
from ssoaudit.facts.msdtc_identities import Cid, ClusteredCid, MsdtcIdentities
from ssoaudit.facts.services import Service, Services
from ssoaudit.facts.sql_fact import SqlFact
from ssoaudit.facts.sql_server import SqlServer
from ssoaudit.facts.sql_session import SqlSession
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets

TOPICS: tuple[type[Fact], ...] = (
    Env,
    EntssoRegistry,
    MasterSecretIds,
    MsdtcIdentities,
    Services,
    ClusterView,
    LogonRights,
    Identities,
)
"""Every topic that a server is asked, cheap and essential ones first."""

SSODB_TOPICS: tuple[type[SqlFact], ...] = (
    SqlServer,
    SqlSession,
    GlobalInfo,
    ExternalCredentialSecrets,
    WindowsPasswordSecrets,
)
"""Every topic that SSODB is asked."""

__all__ = [
    "SSODB_TOPICS",
    "TOPICS",
    "Cid",
    "ClusterGroup",
    "ClusterResource",
    "ClusterView",
    "ClusteredCid",
    "EntssoRegistry",
    "Env",
    "ExternalCredentialSecrets",
    "Fact",
    "GlobalInfo",
    "Identities",
    "Lacking",
    "LogonRights",
    "MasterSecretIds",
    "MsdtcIdentities",
    "Part",
    "Scope",
    "Service",
    "Services",
    "SqlAlias",
    "SqlFact",
    "SqlServer",
    "SqlSession",
    "WindowsPasswordSecrets",
]
