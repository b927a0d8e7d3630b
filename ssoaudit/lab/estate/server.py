"""What one Windows machine of the lab answers about itself."""

from ssoaudit.facts import Cid, ClusteredCid, EntssoRegistry, Env, MsdtcIdentities, Service, Services
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
        sql_aliases=(),
    )


def msdtc(number: int, *, clustered: bool = False) -> MsdtcIdentities:
    """Identities that no other machine of the lab has; `number` is the machine's own."""
    own = tuple(
        Cid(guid=f"{number:08x}-1111-4222-8333-{index:012x}", description=description)
        for index, description in enumerate(DESCRIPTIONS)
    )
    if not clustered:
        return MsdtcIdentities(contact=own, local=None, clustered=None)
    shared = tuple(
        Cid(guid=f"c1c1c1c1-1111-4222-8333-{index:012x}", description=description)
        for index, description in enumerate(DESCRIPTIONS)
    )
    return MsdtcIdentities(
        contact=shared,
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


def services(name: str) -> Services:
    """The services of a machine, as its place in the lab has them."""
    is_node, is_sql, owns = name in NODES, name == SQL, name == NODES[0]
    services = [_service("MSDTC", "Distributed Transaction Coordinator", running=not is_node, account=None)]
    if not is_sql:
        services.append(
            _service(
                "ENTSSO",
                "Enterprise Single Sign-On Service",
                running=owns or not is_node,
                auto=not is_node,
                account=ACCOUNT,
            )
        )
    if is_node:
        services.append(_service("ClusSvc", "Cluster Service", running=True, auto=True, account="LocalSystem"))
    if name in BIZTALK:
        display = "BizTalk Service BizTalk Group : Orders"
        services.append(_service("BTSSvc$Orders", display, running=True, auto=True, account="CONTOSO\\svc-bts"))
    return Services(services=tuple(services))


def _service(name: str, display: str, *, running: bool, account: str | None, auto: bool = False) -> Service:
    return Service(
        name=name,
        display_name=display,
        state="Running" if running else "Stopped",
        start_mode="Auto" if auto else "Manual",
        start_name=account or "NT AUTHORITY\\NetworkService",
        process_id=1880 if running else 0,
        path=f"C:\\Windows\\System32\\{name.lower()}.exe",
        depends_on=("RpcSs",),
    )
