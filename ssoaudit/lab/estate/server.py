"""What one Windows machine of the lab answers about itself."""

from datetime import timedelta

from ssoaudit.facts import (
    Cid,
    ClusteredCid,
    EntssoRegistry,
    Env,
    MsdtcIdentities,
    NamesBelow,
    OwnAccount,
    Process,
    SelfTest,
    Service,
    Services,
    Trial,
)
from ssoaudit.facts.identities import Identities, ResolvedName, Token
from ssoaudit.facts.logon_rights import LogonRights
from ssoaudit.lab.estate.names import (
    ACCOUNT,
    ADMINISTRATORS,
    AFFILIATES,
    BIZTALK,
    CLOCK,
    DATABASE,
    DESCRIPTIONS,
    MSDTC_ID,
    NODES,
    SQL,
    sid,
)

PROCESSES = {
    "MSDTC": 1880,
    "ENTSSO": 2044,
    "ClusSvc": 2312,
    "BTSSvc$Orders": 4108,
    "BTSSvc$orders": 4108,
    "BTSSvc$tracking": 4212,
    "W3SVC": 3016,
}
NEVER_STARTED = 1077
"""ERROR_SERVICE_NEVER_STARTED, since the last start of Windows."""


def env(name: str) -> Env:
    """The auditor's session there."""
    return Env(
        computer_name=name,
        time=CLOCK,
        powershell_version="5.1.20348.2849",
        language_mode="FullLanguage",
        is_64_bit=True,
        culture="en-US",
        user="CONTOSO\\auditor",
        user_sid="S-1-5-21-1004336348-1177238915-682003330-1109",
        is_elevated=True,
    )


def registry() -> EntssoRegistry:
    """ENTSSO as it is installed everywhere."""
    return EntssoRegistry(
        product_name="Microsoft Enterprise Single Sign-On",
        product_version="10.0.2242.0",
        install_path="C:\\Program Files\\Common Files\\Enterprise Single Sign-On\\",
        sql_server=SQL,
        sql_database=DATABASE,
        in_32_bit_view=None,
        sql_aliases=(),
    )


def msdtc(number: int, *, clustered: bool = False, is_node: bool = False) -> MsdtcIdentities:
    """Identities that no other machine of the lab has; `number` is the machine's own."""
    own = tuple(
        Cid(guid=f"{number:08x}-1111-4222-8333-{index:012x}", description=description)
        for index, description in enumerate(DESCRIPTIONS)
    )
    if not clustered:
        return MsdtcIdentities(contact=own, contact_32_bit=None, local=None, clustered=() if is_node else None)
    shared = tuple(
        Cid(guid=f"c1c1c1c1-1111-4222-8333-{index:012x}", description=description)
        for index, description in enumerate(DESCRIPTIONS)
    )
    return MsdtcIdentities(
        contact=shared,
        contact_32_bit=None,
        local=own,
        clustered=tuple(
            ClusteredCid(resource_id=MSDTC_ID, guid=cid.guid, description=cid.description) for cid in shared
        ),
    )


def rights() -> LogonRights:
    """As a server has them: the account by itself, and the group that holds the right on every Windows."""
    return LogonRights(method="lsa", service=("S-1-5-80-0", sid("account")), deny_service=())


def identities(number: int) -> Identities:
    """The domain's names, and the service account's token; `number` is the machine's own."""
    machine = f"S-1-5-21-{number}00000001-{number}00000002-{number}00000003"
    names = (
        ResolvedName(name=ACCOUNT, sid=sid("account"), kind=1, error=None),
        ResolvedName(name=ADMINISTRATORS, sid=sid("administrators"), kind=2, error=None),
        ResolvedName(name=AFFILIATES, sid=sid("affiliates"), kind=2, error=None),
    )
    groups = (
        sid("domain users"),
        sid("administrators"),
        "S-1-1-0",
        "S-1-5-32-545",
        "S-1-5-2",
        "S-1-5-11",
        "S-1-18-2",
    )
    token = Token(account=ACCOUNT, user_sid=sid("account"), group_sids=groups, error=None)
    return Identities(machine_sid=machine, names=names, tokens=(token,))


def self_test() -> SelfTest:
    """How the collector fares on every machine: all its functions work, and the long parameter came in full."""
    answers = {
        "Get-Sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "Get-TextOrNull": "abc",
        "Get-Text": "7",
        "Get-Number": "4294967295",
        "Get-Bounded": "5",
        "Get-ShortText": "1024",
        "Get-Time": "2026-11-20T08:40:51.1234567Z",
        "Get-Flag": "True",
        "ConvertTo-Failure": "absent",
        "ConvertTo-Capped": "list",
        "Get-RegistryKeyNames": "118",
        "Get-RegistryValueNames": "31",
        "Get-RegistryText": "Server",
        "Get-PartText": "Server",
        "Get-RegistryStrings": "2",
        "Get-RegistryNumber": "2849",
        "Get-PartNumber": "2849",
        "Get-RegistryBytes": "60",
        "Get-CimInstance": "False",
        "Get-ClusterRows": "9",
        "Get-KeySecurity": "176",
        "Get-FolderFiles": "1",
        "Get-FileVersion": "10",
        "Get-FileSecurity": "228",
        "Get-HostsSize": "824",
        "Get-HostsLines": "21",
        "Get-Addresses": "2",
        "Get-HostName": "localhost",
        "Get-MachineSid": "S-1-5-21-100000001-100000002-100000003",
        "Get-Sid": sid("account"),
        "Initialize-Lsa": None,
        "Get-AccountKind": "5",
        "Get-RightHolders": "6",
        "Get-TokenSids": "14",
    }
    return SelfTest(
        framework_version="4.8.04161",
        build="20348",
        installation="Server",
        code_page=65001,
        temp_path="C:\\Users\\auditor\\AppData\\Local\\Temp\\",
        padding=200_000,
        trials=tuple(
            Trial(name=name, works=True, answer=answer, error=None, code=None, milliseconds=2)
            for name, answer in answers.items()
        ),
        names_below=(
            NamesBelow(
                key="SOFTWARE\\Microsoft\\ENTSSO",
                keys=("SQL", "SSOSS"),
                values=("InstallPath", "ProductName", "ProductVersion"),
            ),
            NamesBelow(key="SOFTWARE\\Microsoft\\ENTSSO\\SQL", keys=(), values=("Database", "Server")),
            NamesBelow(
                key="SOFTWARE\\Microsoft\\BizTalk Server\\3.0",
                keys=("Administration", "Install Paths"),
                values=("InstallPath", "ProductEdition", "ProductVersion"),
            ),
            NamesBelow(key="SOFTWARE\\Microsoft\\Host Integration Server", keys=None, values=None),
        ),
    )


def services(name: str) -> Services:
    """The services of a machine, as its place in the lab has them."""
    is_node, is_sql, owns = name in NODES, name == SQL, name == NODES[0]
    services = [msdtc_service(running=not is_node)]
    if not is_sql:
        services.append(entsso_service(running=owns or not is_node, auto=not is_node))
    if is_node:
        services.append(cluster_service())
    if name in BIZTALK:
        services.append(host_service("Orders", running=True, auto=True).model_copy(update={"delayed_start": 1}))
    return running_as(*services)


def msdtc_service(*, running: bool) -> Service:
    """MSDTC, which does not run where the cluster has one."""
    return _service("MSDTC", "Distributed Transaction Coordinator", running=running, account=None)


def entsso_service(*, running: bool, auto: bool, account: str = ACCOUNT) -> Service:
    """ENTSSO, which only the cluster starts where it is clustered."""
    return _service("ENTSSO", "Enterprise Single Sign-On Service", running=running, auto=auto, account=account)


def cluster_service() -> Service:
    """The cluster service of a node."""
    return _service("ClusSvc", "Cluster Service", running=True, auto=True, account="LocalSystem")


def host_service(host: str, *, running: bool, auto: bool) -> Service:
    """A BizTalk host instance that runs in a process of its own."""
    display = f"BizTalk Service BizTalk Group : {host}"
    service = _service(f"BTSSvc${host}", display, running=running, auto=auto, account="CONTOSO\\svc-bts")
    return service.model_copy(update={"depends_on": ("ENTSSO", "EventLog", "RpcSs")})


def web_service(*, running: bool) -> Service:
    """IIS, which only the cluster starts."""
    return _service("W3SVC", "World Wide Web Publishing Service", running=running, account="LocalSystem")


def running_as(*services: Service, others: tuple[OwnAccount, ...] = ()) -> Services:
    """The services of a machine, with the processes of those that run; `others` are services that are not asked for."""
    return Services(
        services=services,
        processes=tuple(
            Process(id=process, started=CLOCK - timedelta(days=9, hours=3))
            for process in sorted({service.process_id for service in services} - {0})
        ),
        own_accounts=(
            *(
                OwnAccount(service=service.name, account=service.start_name)
                for service in services
                if service.start_name is not None and service.start_name.startswith("CONTOSO\\")
            ),
            *others,
        ),
    )


def _service(name: str, display: str, *, running: bool, account: str | None, auto: bool = False) -> Service:
    return Service(
        name=name,
        display_name=display,
        state="Running" if running else "Stopped",
        start_mode="Auto" if auto else "Manual",
        delayed_start=None,
        start_name=account or "NT AUTHORITY\\NetworkService",
        process_id=PROCESSES[name] if running else 0,
        exit_code=0 if running else NEVER_STARTED,
        service_exit_code=0,
        path=f"C:\\Windows\\System32\\{name.lower()}.exe",
        depends_on=("RpcSs",),
        failure_actions=None,
    )
