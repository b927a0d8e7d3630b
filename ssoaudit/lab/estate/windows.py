"""What is installed on one Windows machine of the lab, and how it is set up."""

from datetime import timedelta

from ssoaudit.facts import (
    BackupFile,
    BackupFiles,
    BizTalkInstallation,
    BizTalkRegistry,
    EntssoFiles,
    Fact,
    OperatingSystem,
    PendingReboot,
    Program,
    RpcPolicy,
    SecretKeyAcl,
)
from ssoaudit.facts.entsso_files import ENTSSO, SSOCONFIG, SSOMANAGE
from ssoaudit.lab.estate.descriptors import descriptor
from ssoaudit.lab.estate.names import BIZTALK, CLOCK, NODES, SQL, sid

ADMINISTRATORS_SID, SYSTEM_SID = "S-1-5-32-544", "S-1-5-18"
KEY_ALL_ACCESS, FILE_ALL_ACCESS = 0xF003F, 0x1F01FF
FOLDER = "C:\\Program Files\\Common Files\\Enterprise Single Sign-On\\"


def windows(name: str) -> tuple[Fact, ...]:
    """Everything that the machine of that name answers about its Windows and what is installed on it."""
    return (
        operating_system(name),
        secret_key_acl(name),
        entsso_files(name),
        backup_files(name),
        biztalk_registry(name),
        rpc_policy(),
    )


def operating_system(name: str) -> OperatingSystem:
    """A member server that nothing waits to restart."""
    return OperatingSystem(
        caption="Microsoft Windows Server 2022 Standard",
        version="10.0.20348",
        build="20348",
        revision=2849,
        installation_type="Server",
        last_boot=CLOCK - timedelta(days=9, hours=4),
        time_zone="W. Europe Standard Time",
        utc_offset=60,
        host_name=name,
        domain="contoso.com",
        is_in_domain=True,
        domain_role=3,
        pending_reboot=PendingReboot(
            component_servicing=False,
            windows_update=False,
            file_renames=0,
            update_exe_volatile=None,
            active_name=name,
            next_name=name,
        ),
    )


def secret_key_acl(name: str) -> SecretKeyAcl:
    """The key, where a node has it, open to the system, the administrators and the service's account."""
    if name not in NODES:
        return SecretKeyAcl(is_present=False, security_descriptor=None)
    allowed = dict.fromkeys((SYSTEM_SID, ADMINISTRATORS_SID, sid("account")), KEY_ALL_ACCESS)
    return SecretKeyAcl(is_present=True, security_descriptor=descriptor(ADMINISTRATORS_SID, allowed))


def entsso_files(name: str) -> EntssoFiles:
    """The same version everywhere, and nothing on the SQL Server."""
    is_installed = name != SQL
    programs = tuple(
        Program(name=program, is_present=is_installed, version="10.0.2242.0" if is_installed else None)
        for program in (ENTSSO, SSOCONFIG, SSOMANAGE)
    )
    return EntssoFiles(folder=_folder(name), folder_exists=is_installed, programs=programs)


def backup_files(name: str) -> BackupFiles:
    """On each node the backup that was just restored there, for administrators alone."""
    allowed = dict.fromkeys((SYSTEM_SID, ADMINISTRATORS_SID, sid("administrators")), FILE_ALL_ACCESS)
    backup = BackupFile(
        name="SSO3F2A.bak",
        size=1360,
        modified=CLOCK - timedelta(days=2),
        security_descriptor=descriptor(ADMINISTRATORS_SID, allowed),
        error=None,
    )
    return BackupFiles(folder=_folder(name), folder_exists=name != SQL, files=(backup,) if name in NODES else ())


def _folder(name: str) -> str:
    """As ENTSSO's setup wrote it down, or where it would be, which the reader puts together."""
    return FOLDER if name != SQL else FOLDER.rstrip("\\")


def biztalk_registry(name: str) -> BizTalkRegistry:
    """BizTalk Server 2020 in one group on its servers, and nowhere else."""
    if name not in BIZTALK:
        return BizTalkRegistry(native=None, in_32_bit_view=None, has_host_integration_server=False)
    installation = BizTalkInstallation(
        product_name="Microsoft BizTalk Server 2020",
        product_version="3.13.717.0",
        product_edition="Enterprise",
        install_path="C:\\Program Files (x86)\\Microsoft BizTalk Server\\",
        management_server=SQL,
        management_database="BizTalkMgmtDb",
    )
    return BizTalkRegistry(native=installation, in_32_bit_view=None, has_host_integration_server=False)


def rpc_policy() -> RpcPolicy:
    """Windows as it comes: no policy, no fixed ports."""
    return RpcPolicy(
        restrict_remote_clients=None,
        enable_auth_ep_resolution=None,
        ports=(),
        ports_internet_available=None,
        use_internet_ports=None,
    )
