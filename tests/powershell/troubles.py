"""What a machine may not tell, does not have, or answers in part: one thing of Windows changed for one topic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ssoaudit.facts import (
    BackupFiles,
    BizTalkRegistry,
    ClusterEvents,
    ClusterMoves,
    ClusterSettings,
    ClusterView,
    Dns,
    EndpointMapper,
    EntssoEvents,
    EntssoFailures,
    EntssoFiles,
    EntssoRegistry,
    EventLog,
    Fact,
    Identities,
    LogonRights,
    MasterSecretIds,
    MsdtcEvents,
    MsdtcFirewall,
    MsdtcIdentities,
    MsdtcSecurity,
    Nlb,
    OperatingSystem,
    RpcPolicy,
    SecretKeyAcl,
    ServiceEvents,
    Services,
)
from ssoaudit.lab.estate.windows import FOLDER
from tests.powershell.registry import Content
from tests.powershell.windows import (
    CIMV2,
    CLUSTER,
    CONTROL,
    ENTSSO,
    ENTSSO_32_BIT,
    INVALID_NAMESPACE,
    NLB,
    RESOURCES,
    SECRETS,
    STANDARD,
    Windows,
)
from tests.powershell.windows import SERVICES as SERVICE_KEYS

Change = Callable[[Windows], None]

ACCESS_DENIED = "0x80070005"
INVALID_CAST = "0x80004002"
WMI_DENIED = "0x80041003"
MESSAGE = "Access is denied, says the lab"


@dataclass(frozen=True)
class Trouble:
    """A change of what Windows says on the first node, and the status, code and lacking parts of the topic's answer."""

    name: str
    topic: type[Fact]
    change: Change
    status: str
    code: str = ""
    lacking: frozenset[str] = frozenset()
    asked: dict[str, object] = field(default_factory=dict)


def denied_key(path: str) -> Change:
    def change(told: Windows) -> None:
        told.registry.add(path)
        told.registry.denied.add(path)

    return change


def missing_key(path: str) -> Change:
    return lambda told: told.registry.remove(path)


def cim_fault(namespace: str, name: str, code: str = WMI_DENIED) -> Change:
    def change(told: Windows) -> None:
        told.cim[namespace, name] = {"code": code, "message": MESSAGE}

    return change


def fails(kind: str, asked: str, code: str = ACCESS_DENIED) -> Change:
    return lambda told: told.fail(kind, asked, code, MESSAGE)


def nothing(_: Windows) -> None:
    pass


def no_cluster_service(told: Windows) -> None:
    told.cim[CLUSTER, "MSCluster_Cluster"] = INVALID_NAMESPACE


def not_in_a_cluster(told: Windows) -> None:
    no_cluster_service(told)
    told.registry.remove(rf"{SERVICE_KEYS}\ClusSvc")


def cluster_failure_without_cluster(told: Windows) -> None:
    cim_fault(CLUSTER, "MSCluster_Cluster")(told)
    told.registry.remove(rf"{SERVICE_KEYS}\ClusSvc\Parameters")


def value(path: str, **values: Content) -> Change:
    return lambda told: told.registry.add(path, **values)


def no_compiler(told: Windows) -> None:
    told.compiler = {"code": "", "message": "the compiler is forbidden"}


def many_resources(told: Windows) -> None:
    rows = told.cim[CLUSTER, "MSCluster_Resource"]
    assert isinstance(rows, list)
    told.cim[CLUSTER, "MSCluster_Resource"] = [{**rows[0], "Id": f"id-{number}"} for number in range(201)]


def large_hosts_file(told: Windows) -> None:
    told.answer("hosts_file", "size", 1_048_577)


def denied_log(name: str) -> Change:
    return lambda told: told.denied_logs.add(name)


def missing_log(name: str) -> Change:
    def change(told: Windows) -> None:
        del told.logs[name]

    return change


TROUBLES = (
    Trouble("the key is denied", EntssoRegistry, denied_key(ENTSSO), "denied", ACCESS_DENIED),
    Trouble("the key is missing", EntssoRegistry, missing_key(ENTSSO), "absent"),
    Trouble(
        "a value is of another type",
        EntssoRegistry,
        value(ENTSSO, ProductName=1),
        "partial",
        lacking=frozenset({"product_name"}),
    ),
    Trouble(
        "a value of SSODB is of another type",
        EntssoRegistry,
        value(rf"{ENTSSO}\SQL", Server=("SQL01",)),
        "partial",
        lacking=frozenset({"sql_server"}),
    ),
    Trouble(
        "the 32-bit key is denied",
        EntssoRegistry,
        denied_key(ENTSSO_32_BIT),
        "partial",
        lacking=frozenset({"in_32_bit_view"}),
    ),
    Trouble(
        "a value of the 32-bit key is of another type",
        EntssoRegistry,
        value(ENTSSO_32_BIT, InstallPath=1),
        "partial",
        lacking=frozenset({"in_32_bit_view"}),
    ),
    Trouble("the key is denied", MasterSecretIds, denied_key(SECRETS), "denied", ACCESS_DENIED),
    Trouble("the key is denied", SecretKeyAcl, fails("key_security", SECRETS), "denied", ACCESS_DENIED),
    Trouble(
        "the key is denied",
        BizTalkRegistry,
        denied_key(r"SOFTWARE\Microsoft\BizTalk Server\3.0"),
        "denied",
        ACCESS_DENIED,
    ),
    Trouble(
        "the policy is denied",
        RpcPolicy,
        denied_key(r"SOFTWARE\Policies\Microsoft\Windows NT\RPC"),
        "denied",
        ACCESS_DENIED,
    ),
    Trouble(
        "a value is of another type",
        RpcPolicy,
        value(r"SOFTWARE\Policies\Microsoft\Windows NT\RPC", RestrictRemoteClients="1"),
        "partial",
        lacking=frozenset({"restrict_remote_clients"}),
    ),
    Trouble(
        "a value is of another type",
        BizTalkRegistry,
        value(r"SOFTWARE\Microsoft\BizTalk Server\3.0", ProductName=1),
        "error",
        INVALID_CAST,
    ),
    Trouble("the key is denied", MsdtcIdentities, denied_key(r"SOFTWARE\Classes\CID"), "denied", ACCESS_DENIED),
    Trouble("the cluster's hive is denied", MsdtcIdentities, denied_key(RESOURCES), "denied", ACCESS_DENIED),
    Trouble("the class is denied", Services, cim_fault(CIMV2, "Win32_Service"), "denied", WMI_DENIED),
    Trouble("the class fails", Services, cim_fault(CIMV2, "Win32_Service", "0x80041001"), "error", "0x80041001"),
    Trouble(
        "the processes are denied",
        Services,
        cim_fault(CIMV2, "Win32_Process"),
        "partial",
        lacking=frozenset({"processes"}),
    ),
    Trouble("the class is denied", OperatingSystem, cim_fault(CIMV2, "Win32_OperatingSystem"), "denied", WMI_DENIED),
    Trouble(
        "a sign of a restart is denied",
        OperatingSystem,
        denied_key(rf"{CONTROL}\Session Manager"),
        "partial",
        lacking=frozenset({"pending_reboot"}),
    ),
    Trouble("the cluster is denied", ClusterView, cim_fault(CLUSTER, "MSCluster_Cluster"), "denied", WMI_DENIED),
    Trouble("the cluster service is stopped", ClusterView, no_cluster_service, "error", "0x8004100E"),
    Trouble("the machine is in no cluster", ClusterView, not_in_a_cluster, "absent"),
    Trouble("the cluster fails where there is none", ClusterView, cluster_failure_without_cluster, "absent"),
    Trouble(
        "there are too many resources",
        ClusterView,
        many_resources,
        "partial",
        lacking=frozenset({"resources", "dependencies"}),
    ),
    Trouble("the cluster is denied", ClusterSettings, cim_fault(CLUSTER, "MSCluster_Cluster"), "denied", WMI_DENIED),
    Trouble("the machine is in no cluster", ClusterSettings, not_in_a_cluster, "absent"),
    Trouble("the cluster fails where there is none", ClusterSettings, cluster_failure_without_cluster, "absent"),
    Trouble("the key is denied", MsdtcSecurity, denied_key(r"SOFTWARE\Microsoft\MSDTC"), "denied", ACCESS_DENIED),
    Trouble(
        "the cluster's hive is denied",
        MsdtcSecurity,
        denied_key(RESOURCES),
        "partial",
        lacking=frozenset({"clustered", "mappings", "cluster_values"}),
    ),
    Trouble("the service is denied", MsdtcFirewall, cim_fault(CIMV2, "Win32_Service"), "denied", WMI_DENIED),
    Trouble(
        "the connections are denied",
        MsdtcFirewall,
        cim_fault(STANDARD, "MSFT_NetConnectionProfile"),
        "partial",
        lacking=frozenset({"connections"}),
    ),
    Trouble("the key is denied", Nlb, denied_key(rf"{SERVICE_KEYS}\WLBS"), "denied", ACCESS_DENIED),
    Trouble(
        "the bindings are denied",
        Nlb,
        cim_fault(STANDARD, "MSFT_NetAdapterBindingSettingData"),
        "partial",
        lacking=frozenset({"bindings"}),
    ),
    Trouble("the nodes are denied", Nlb, cim_fault(NLB, "MicrosoftNLB_Node"), "partial", lacking=frozenset({"nodes"})),
    Trouble("the policy is denied", LogonRights, fails("holders", "SeServiceLogonRight"), "denied", ACCESS_DENIED),
    Trouble("the compiler fails", LogonRights, no_compiler, "error", "0x80131500"),
    Trouble("compiling is not allowed", LogonRights, nothing, "error", asked={"compile": False}),
    Trouble("the service is denied", Identities, cim_fault(CIMV2, "Win32_Service"), "denied", WMI_DENIED),
    Trouble(
        "the local accounts are denied",
        Identities,
        cim_fault(CIMV2, "Win32_UserAccount"),
        "partial",
        lacking=frozenset({"machine_sid"}),
    ),
    Trouble(
        "no account is logged on", Identities, nothing, "partial", lacking=frozenset({"tokens"}), asked={"s4u": False}
    ),
    Trouble("the folder is denied", EntssoFiles, fails("folders", FOLDER), "denied", ACCESS_DENIED),
    Trouble("the folder is denied", BackupFiles, fails("folders", FOLDER), "denied", ACCESS_DENIED),
    Trouble(
        "the adapters are denied",
        Dns,
        cim_fault(CIMV2, "Win32_NetworkAdapterConfiguration"),
        "partial",
        lacking=frozenset({"own_addresses"}),
    ),
    Trouble(
        "the hosts file is denied",
        Dns,
        fails("hosts_file", "lines"),
        "partial",
        lacking=frozenset({"hosts_overrides"}),
    ),
    Trouble("the hosts file is large", Dns, large_hosts_file, "partial", lacking=frozenset({"hosts_overrides"})),
    Trouble("there is no hosts file", Dns, fails("hosts_file", "size", "0x80070002"), "ok"),
    Trouble("no connection is allowed", EndpointMapper, nothing, "error", asked={"active_network": False}),
)


def troubles() -> Iterator[Trouble]:
    """Those above, and for every topic of events a log that is denied and one that is not there."""
    yield from TROUBLES
    for topic, log in _LOGS.items():
        yield Trouble(f"the log {log} is denied", topic, denied_log(log), "denied", ACCESS_DENIED)
        yield Trouble(f"there is no log {log}", topic, missing_log(log), "absent")


_LOGS: dict[type[EventLog], str] = {
    EntssoEvents: "Application",
    EntssoFailures: "Application",
    MsdtcEvents: "Application",
    ServiceEvents: "System",
    ClusterEvents: "System",
    ClusterMoves: "Microsoft-Windows-FailoverClustering/Operational",
}
