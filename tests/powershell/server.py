"""What Windows says of itself, its services, its accounts and what is installed on it."""

import base64
from datetime import datetime
from typing import cast

from ssoaudit.facts import (
    BackupFiles,
    BizTalkInstallation,
    BizTalkRegistry,
    EntssoFiles,
    EntssoRegistry,
    Identities,
    LogonRights,
    MasterSecretIds,
    OperatingSystem,
    RpcPolicy,
    SecretKeyAcl,
    Services,
)
from tests.powershell.registry import Content
from tests.powershell.windows import CIMV2, CONTROL, ENTSSO, ENTSSO_32_BIT, SECRETS, SERVICES, Row, Windows


def tell_os(told: Windows, fact: OperatingSystem) -> None:
    """What the reader of OperatingSystem is told from."""
    told.time_zone = fact.time_zone
    told.cim[CIMV2, "Win32_OperatingSystem"] = [
        {
            "Caption": fact.caption,
            "Version": fact.version,
            "BuildNumber": fact.build,
            "LastBootUpTime": fact.last_boot,
            "CurrentTimeZone": fact.utc_offset,
        }
    ]
    told.cim[CIMV2, "Win32_ComputerSystem"] = [
        {
            "DNSHostName": fact.host_name,
            "Domain": fact.domain,
            "PartOfDomain": fact.is_in_domain,
            "DomainRole": fact.domain_role,
        }
    ]
    current = r"SOFTWARE\Microsoft\Windows\CurrentVersion"
    pending = fact.pending_reboot
    add = told.registry.add
    add(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", UBR=fact.revision, InstallationType=fact.installation_type)
    if pending.component_servicing:
        add(rf"{current}\Component Based Servicing\RebootPending")
    if pending.windows_update:
        add(rf"{current}\WindowsUpdate\Auto Update\RebootRequired")
    renames = tuple(rf"\??\C:\Windows\Temp\{number}" for number in range(pending.file_renames))
    add(rf"{CONTROL}\Session Manager", PendingFileRenameOperations=renames or None)
    if pending.update_exe_volatile is not None:
        add(r"SOFTWARE\Microsoft\Updates\UpdateExeVolatile", Flags=pending.update_exe_volatile)
    add(rf"{CONTROL}\ComputerName\ActiveComputerName", ComputerName=pending.active_name)
    add(rf"{CONTROL}\ComputerName\ComputerName", ComputerName=pending.next_name)


def tell_services(told: Windows, fact: Services) -> None:
    """What the reader of Services is told from."""
    rows: list[Row] = []
    for each in fact.services:
        rows.append(
            {
                "Name": each.name,
                "DisplayName": each.display_name,
                "State": each.state,
                "StartMode": each.start_mode,
                "StartName": each.start_name,
                "ProcessId": each.process_id,
                "ExitCode": each.exit_code,
                "ServiceSpecificExitCode": each.service_exit_code,
                "PathName": each.path,
            }
        )
        told.registry.add(
            rf"{SERVICES}\{each.name}",
            DependOnService=each.depends_on or None,
            DelayedAutostart=each.delayed_start,
            FailureActions=base64.b64decode(each.failure_actions) if each.failure_actions is not None else None,
        )
    known = {each.name for each in fact.services}
    others = [each for each in fact.own_accounts if each.service not in known]
    rows += [other_service(each.service, each.account) for each in others]
    rows.append(other_service("Spooler", "LocalSystem"))
    services(told).extend(rows)
    processes: list[Row] = [{"ProcessId": 4, "CreationDate": None, "CommandLine": None}]
    processes += [_process(each.id, each.started) for each in fact.processes]
    told.cim[CIMV2, "Win32_Process"] = processes


def _process(number: int, started: datetime | None) -> Row:
    return {"ProcessId": number, "CreationDate": started, "CommandLine": "not asked for"}


def services(told: Windows) -> list[Row]:
    rows = told.cim.setdefault((CIMV2, "Win32_Service"), [])
    assert isinstance(rows, list)
    return rows


def other_service(name: str, account: str, state: str = "Running") -> Row:
    return {"Name": name, "DisplayName": name, "State": state, "StartMode": "Auto", "StartName": account}


def tell_entsso(told: Windows, fact: EntssoRegistry) -> None:
    """What the reader of EntssoRegistry is told from."""
    told.registry.add(
        ENTSSO, ProductName=fact.product_name, ProductVersion=fact.product_version, InstallPath=fact.install_path
    )
    told.registry.add(rf"{ENTSSO}\SQL", Server=fact.sql_server, Database=fact.sql_database)
    if view := fact.in_32_bit_view:
        told.registry.add(ENTSSO_32_BIT, ProductVersion=view.product_version, InstallPath=view.install_path)
        told.registry.add(rf"{ENTSSO_32_BIT}\SQL", Server=view.sql_server, Database=view.sql_database)
    aliases: dict[str, Content | None] = {alias.name: alias.target or "" for alias in fact.sql_aliases}
    told.registry.put(r"SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo", aliases)


def tell_secrets(told: Windows, fact: MasterSecretIds) -> None:
    """What the reader of MasterSecretIds is told from."""
    if fact.is_present:
        told.registry.add(SECRETS)
    for name in fact.names:
        told.registry.put(rf"{SECRETS}\{name}", {"": b"\x00\x01"})


def tell_secret_key(told: Windows, fact: SecretKeyAcl) -> None:
    """What the reader of SecretKeyAcl is told from."""
    told.answer("key_security", SECRETS, fact.security_descriptor)


def tell_biztalk(told: Windows, fact: BizTalkRegistry) -> None:
    """What the reader of BizTalkRegistry is told from."""
    for root, found in (("SOFTWARE", fact.native), (r"SOFTWARE\Wow6432Node", fact.in_32_bit_view)):
        if found is not None:
            _tell_installation(told, rf"{root}\Microsoft\BizTalk Server\3.0", found)
    if fact.has_host_integration_server:
        told.registry.add(r"SOFTWARE\Microsoft\Host Integration Server")


def _tell_installation(told: Windows, path: str, found: BizTalkInstallation) -> None:
    told.registry.add(
        path,
        ProductName=found.product_name,
        ProductVersion=found.product_version,
        ProductEdition=found.product_edition,
        InstallPath=found.install_path,
    )
    told.registry.add(
        rf"{path}\Administration", MgmtDBServer=found.management_server, MgmtDBName=found.management_database
    )


def tell_rpc(told: Windows, fact: RpcPolicy) -> None:
    """What the reader of RpcPolicy is told from."""
    told.registry.add(
        r"SOFTWARE\Policies\Microsoft\Windows NT\RPC",
        RestrictRemoteClients=fact.restrict_remote_clients,
        EnableAuthEpResolution=fact.enable_auth_ep_resolution,
    )
    told.registry.add(
        r"SOFTWARE\Microsoft\Rpc\Internet",
        Ports=fact.ports or None,
        PortsInternetAvailable=fact.ports_internet_available,
        UseInternetPorts=fact.use_internet_ports,
    )


def tell_rights(told: Windows, fact: LogonRights) -> None:
    """What the reader of LogonRights is told from."""
    rights = {"SeServiceLogonRight": fact.service, "SeDenyServiceLogonRight": fact.deny_service}
    if fact.method == "lsa":
        for right, holders in rights.items():
            told.answer("holders", right, list(holders))
        return
    told.compiler = {"code": "", "message": "the compiler is forbidden"}
    lines = [f"{right} = {','.join(f'*{sid}' for sid in holders)}" for right, holders in rights.items() if holders]
    told.exported = ["[Unicode]", "Unicode=yes", "[Privilege Rights]", *lines, "[Version]"]


def tell_identities(told: Windows, fact: Identities) -> None:
    """What the reader of Identities is told from."""
    for each in fact.names:
        if each.sid is None:
            told.fail("sids", each.name, None, each.error)
            continue
        told.answer("sids", each.name, each.sid)
        if each.kind is None:
            told.fail("kinds", each.sid, None, "not resolved")
        else:
            told.answer("kinds", each.sid, each.kind)
    for token in fact.tokens:
        if token.user_sid is None:
            raise ValueError(f"a token that could not be read is not told as an answer: {token.account}")
        domain, _, account = token.account.rpartition("\\")
        form = f"{account}@{domain}" if domain else account
        told.answer("tokens", form, [token.user_sid, *token.group_sids])
    local = [f"{fact.machine_sid}-{rid}" for rid in (501, 500) if fact.machine_sid is not None]
    told.cim[CIMV2, "Win32_UserAccount"] = [
        {"LocalAccount": False, "SID": "S-1-5-21-1-2-3-500"},
        *({"LocalAccount": True, "SID": sid} for sid in local),
    ]


def tell_files(told: Windows, fact: EntssoFiles) -> None:
    """What the reader of EntssoFiles is told from."""
    if not fact.folder_exists:
        told.fail("folders", fact.folder, "0x80070003", f"Could not find a part of the path '{fact.folder}'.")
        return
    rows = _folder(told, fact.folder)
    for program in fact.programs:
        if program.is_present:
            path = _path(fact.folder, program.name)
            rows.append({"Name": program.name, "FullName": path})
            told.answer("file_versions", path, _version(program.version))


def _version(version: str | None) -> Row:
    parts = [int(part) for part in version.split(".")] if version else [0, 0, 0, 0]
    names = ("FileMajorPart", "FileMinorPart", "FileBuildPart", "FilePrivatePart")
    return {"FileVersion": None if version is None else f"{version} (a build)", **dict(zip(names, parts, strict=True))}


def tell_backups(told: Windows, fact: BackupFiles) -> None:
    """What the reader of BackupFiles is told from."""
    if not fact.folder_exists:
        return
    rows = _folder(told, fact.folder)
    rows.append({"Name": "older.bakery", "FullName": _path(fact.folder, "older.bakery")})
    for each in fact.files:
        path = _path(fact.folder, each.name)
        rows.append({"Name": each.name, "FullName": path, "Length": each.size, "LastWriteTimeUtc": each.modified})
        if each.security_descriptor is None:
            told.fail("file_security", path, None, each.error)
        else:
            told.answer("file_security", path, each.security_descriptor)


def _folder(told: Windows, folder: str) -> list[Row]:
    return cast("list[Row]", told.answers.setdefault("folders", {}).setdefault(folder, []))


def _path(folder: str, name: str) -> str:
    return folder.rstrip("\\") + "\\" + name
