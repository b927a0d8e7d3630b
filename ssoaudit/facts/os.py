"""The Windows of a server: build, domain, last start, and what waits for the next one."""

from typing import ClassVar

from pydantic import AwareDatetime

from ssoaudit.facts.bounds import Dword, ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class PendingReboot(Part):
    """The signs of a restart that something waits for.

    `component_servicing` and `windows_update`: the keys that mark one exist. `file_renames` counts the entries of
    `PendingFileRenameOperations`, as far as WMI tells them: up to the first empty one. `update_exe_volatile` is the
    value `Flags`; None where it does not exist. `active_name` and `next_name` are the computer name now and after
    the next start.
    """

    component_servicing: bool
    windows_update: bool
    file_renames: Dword
    update_exe_volatile: Dword | None
    active_name: ShortText | None
    next_name: ShortText | None


class OperatingSystem(Fact):
    r"""Windows, its place in a domain, and the signs of a pending restart.

    `build` and `revision` are the two halves of a build such as 20348.2849; `revision` is None where the registry has
    no `UBR`. `installation_type` is `Server` or `Server Core`. `last_boot` is UTC, `utc_offset` minutes east of UTC,
    `time_zone` Windows' id of the time zone, which is not translated; `caption` may be. `domain` is the DNS name of
    the domain, or of the workgroup where `is_in_domain` is False; `domain_role` counts as WMI does (2 stand-alone
    server, 3 member server, 4 and 5 domain controllers).

    Source: WMI classes `Win32_OperatingSystem` and `Win32_ComputerSystem`; `TimeZoneInfo.Local`; `UBR` and
    `InstallationType` of `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion`; for a pending restart
    `…\Windows\CurrentVersion\Component Based Servicing\RebootPending`, `…\WindowsUpdate\Auto Update\RebootRequired`,
    `SOFTWARE\Microsoft\Updates\UpdateExeVolatile`, and of `SYSTEM\CurrentControlSet\Control` the keys `Session
    Manager` and `ComputerName`. Needs no privilege but WMI's; some of the keys ask for a local administrator, and
    without them `pending_reboot` is lacking. Not seen: the domain's forest and trusts, and a restart that only
    Configuration Manager knows of. That these keys mark a restart is practice, not documentation. See
    https://learn.microsoft.com/windows/win32/cimwin32prov/win32-operatingsystem.
    """

    topic: ClassVar[str] = "os"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "`Win32_OperatingSystem`, `Win32_ComputerSystem`, the process's time zone; "
        r"`HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion`; whether `RebootPending` and `RebootRequired` "
        "exist, `UpdateExeVolatile`, `PendingFileRenameOperations` (how many) and the computer names"
    )
    privilege: ClassVar[str] = "local administrator for some of the signs"
    unseen: ClassVar[str] = "the domain's forest and trusts; a restart that only Configuration Manager knows of"

    caption: ShortText | None
    version: str
    build: str
    revision: Dword | None
    installation_type: ShortText | None
    last_boot: AwareDatetime | None
    time_zone: ShortText
    utc_offset: int
    host_name: ShortText | None
    domain: ShortText | None
    is_in_domain: bool
    domain_role: int
    pending_reboot: PendingReboot
