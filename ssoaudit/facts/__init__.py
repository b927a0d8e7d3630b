"""What can be known. A topic is its reader (`.ps1`) and the typed model of its answer (`.py`), side by side."""

from ssoaudit.facts.cluster_view import ClusterGroup, ClusterResource, ClusterView
from ssoaudit.facts.entsso_registry import EntssoRegistry, SqlAlias
from ssoaudit.facts.env import Env
from ssoaudit.facts.fact import Fact, Lacking, Part, Scope
from ssoaudit.facts.master_secret_ids import MasterSecretIds
from ssoaudit.facts.msdtc_identities import Cid, ClusteredCid, MsdtcIdentities
from ssoaudit.facts.services import Service, Services

TOPICS: tuple[type[Fact], ...] = (Env, EntssoRegistry, MasterSecretIds, MsdtcIdentities, Services, ClusterView)
"""Every topic that a server is asked, cheap and essential ones first."""

SSODB_TOPICS: tuple[type[Fact], ...] = ()
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
    "Fact",
    "Lacking",
    "MasterSecretIds",
    "MsdtcIdentities",
    "Part",
    "Scope",
    "Service",
    "Services",
    "SqlAlias",
]
