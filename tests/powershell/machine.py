"""What Windows says on a whole machine: the inverse of the readers."""

from collections.abc import Callable
from typing import Any

from ssoaudit.facts import (
    BackupFiles,
    BizTalkRegistry,
    ClusterSettings,
    ClusterView,
    Dns,
    EndpointMapper,
    EntssoFiles,
    EntssoRegistry,
    Env,
    Identities,
    LogonRights,
    MasterSecretIds,
    MsdtcFirewall,
    MsdtcIdentities,
    MsdtcSecurity,
    Nlb,
    OperatingSystem,
    RpcPolicy,
    SecretKeyAcl,
    Services,
)
from ssoaudit.lab.estate import Machine
from tests.powershell.cluster import CLASSES, tell_cluster, tell_settings
from tests.powershell.events import tell_events
from tests.powershell.network import tell_cids, tell_dns, tell_dtc, tell_firewall, tell_mapper, tell_nlb
from tests.powershell.server import (
    tell_backups,
    tell_biztalk,
    tell_entsso,
    tell_files,
    tell_identities,
    tell_os,
    tell_rights,
    tell_rpc,
    tell_secret_key,
    tell_secrets,
    tell_services,
)
from tests.powershell.shown import fact_of
from tests.powershell.windows import CLUSTER, ENTSSO, INVALID_NAMESPACE, Windows


def windows(machine: Machine) -> Windows:
    """What Windows says on a machine, which must be as `shown` shows it."""
    env = machine.facts[Env.topic]
    assert isinstance(env, Env)
    told = Windows(env.computer_name, env.time)
    told.identity = {"Name": env.user, "User": {"Value": env.user_sid}, "IsElevated": env.is_elevated}
    for fact, tell in _TELLING:
        found = fact_of(machine, fact)
        if found is not None:
            tell(told, found)
    if ClusterView.topic not in machine.facts:
        told.cim |= {(CLUSTER, name): INVALID_NAMESPACE for name in CLASSES}
    _tell_common_folder(told, machine)
    tell_events(told, machine)
    return told


def tell_self_test(told: Windows) -> None:
    """What the self-test asks about beside what the topics do."""
    user = str(told.identity["Name"])
    domain, _, account = user.partition("\\")
    told.registry.add(r"SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full", Version="4.8.04161")
    told.registry.add(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", CurrentBuildNumber="20348")
    told.answer("sids", user, "S-1-5-21-1-2-3-1001")
    told.answer("tokens", f"{account}@{domain}", ["S-1-5-21-1-2-3-1001", "S-1-1-0"])
    told.answer("kinds", "S-1-5-18", 5)
    told.answer("addresses", told.computer_name, ["10.0.0.11"])
    told.answer("host_names", "127.0.0.1", told.computer_name)
    told.answer("key_security", ENTSSO, "AQAEgA==")
    for path in told.answers["file_versions"]:
        told.answer("file_security", path, "AQAEgA==")


def _tell_common_folder(told: Windows, machine: Machine) -> None:
    """Where ENTSSO would be installed, if the registry does not say where it is."""
    files = fact_of(machine, EntssoFiles)
    if EntssoRegistry.topic not in machine.facts and files is not None:
        common = files.folder.removesuffix(r"\Enterprise Single Sign-On")
        told.registry.add(r"SOFTWARE\Microsoft\Windows\CurrentVersion", CommonFilesDir=common)


_TELLING: tuple[tuple[type[Any], Callable[[Windows, Any], None]], ...] = (
    (OperatingSystem, tell_os),
    (Services, tell_services),
    (MsdtcFirewall, tell_firewall),
    (Nlb, tell_nlb),
    (MsdtcIdentities, tell_cids),
    (MsdtcSecurity, tell_dtc),
    (EntssoRegistry, tell_entsso),
    (MasterSecretIds, tell_secrets),
    (SecretKeyAcl, tell_secret_key),
    (BizTalkRegistry, tell_biztalk),
    (RpcPolicy, tell_rpc),
    (LogonRights, tell_rights),
    (Identities, tell_identities),
    (EntssoFiles, tell_files),
    (BackupFiles, tell_backups),
    (Dns, tell_dns),
    (EndpointMapper, tell_mapper),
    (ClusterView, tell_cluster),
    (ClusterSettings, tell_settings),
)
