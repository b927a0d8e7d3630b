"""The services that a BizTalk, SSO or MSDTC machine lives by."""

import base64
import struct
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from ssoaudit.facts.bounds import Base64, Dword, ShortText
from ssoaudit.facts.fact import Fact, Part, Scope

PENDING = frozenset({"Start Pending", "Stop Pending", "Continue Pending", "Pause Pending"})
HEADER = struct.Struct("<12xI4x")
ACTION = struct.Struct("<II")


class Service(Part):
    """One Windows service, as the service control manager knows it.

    `state` and `start_mode` are WMI's words (`Running`, `Stopped`, …; `Auto`, `Manual`, `Disabled`), which are not
    translated. `delayed_start` is the registry's `DelayedAutostart`: 1 with Auto is "Automatic (Delayed Start)"; None
    where it was never set. `process_id` is 0 while it does not run. `exit_code` is how it last ended (a Win32 error);
    where that is 1066, `service_exit_code` is its own code;
    None where Windows does not tell. `depends_on` names services. `failure_actions` is the
    value `FailureActions`, what the service control manager does when the service fails; None where nobody set it.
    """

    name: str
    display_name: ShortText
    state: str
    start_mode: str
    delayed_start: Dword | None
    start_name: str | None
    process_id: int
    exit_code: Dword | None
    service_exit_code: Dword | None
    path: ShortText | None
    depends_on: Annotated[tuple[str, ...], Field(max_length=64)]
    failure_actions: Annotated[Base64, Field(max_length=1368)] | None

    @property
    def is_stopped(self) -> bool:
        """Whether it does not run."""
        return self.state == "Stopped"

    @property
    def is_pending(self) -> bool:
        """Whether it is on its way to another state."""
        return self.state in PENDING

    @property
    def recovery_actions(self) -> tuple[int, ...] | None:
        """The kinds of the actions on failure: 0 none, 1 restart the service, 2 reboot, 3 run a program.

        They stand in `FailureActions` behind five 32-bit numbers, of which the fourth counts them, each with its delay.
        That layout is inferred: it is `SERVICE_FAILURE_ACTIONS` with 32-bit places. None where the value is otherwise.
        """
        if self.failure_actions is None:
            return ()
        value = base64.b64decode(self.failure_actions)
        if len(value) < HEADER.size:
            return None
        count = HEADER.unpack_from(value)[0]
        if len(value) < HEADER.size + count * ACTION.size:
            return None
        return tuple(kind for kind, _ in ACTION.iter_unpack(value[HEADER.size : HEADER.size + count * ACTION.size]))


class Process(Part):
    """A process that a service runs in; `started` is UTC, None where Windows does not tell."""

    id: int
    started: AwareDatetime | None


class OwnAccount(Part):
    """A service that runs as neither LocalSystem nor an account of Windows itself."""

    service: str
    account: str


class Services(Fact):
    r"""ENTSSO, MSDTC and its clustered instances, BizTalk hosts, IIS, cluster, RPC and password sync, where installed.

    `processes` are those of the services that run. `own_accounts` are all services of the machine but those of
    LocalSystem, `NT AUTHORITY\...` and `NT SERVICE\...`; services of each user, which have no account there, are left
    out.

    Source: WMI classes `Win32_Service`, filtered by name and by account, and `Win32_Process` (`ProcessId` and
    `CreationDate` alone); `DependOnService`, `DelayedAutostart` and `FailureActions` of the service's registry key.
    Needs a local administrator: others may see fewer services, and no start times. What a program outside the service
    control manager does to a service is not seen.
    See https://learn.microsoft.com/windows/win32/cimwin32prov/win32-service.
    """

    topic: ClassVar[str] = "services"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "`Win32_Service`; `ProcessId` and `CreationDate` of `Win32_Process`; `DependOnService`, "
        r"`DelayedAutostart` and `FailureActions` below `HKLM\SYSTEM\CurrentControlSet\Services`"
    )
    privilege: ClassVar[str] = "local administrator; others may see less"
    unseen: ClassVar[str] = (
        "what a program outside the service control manager does to a service; whether the account was changed since "
        "the service started"
    )

    services: Annotated[tuple[Service, ...], Field(max_length=200)]
    processes: Annotated[tuple[Process, ...], Field(max_length=200)]
    own_accounts: Annotated[tuple[OwnAccount, ...], Field(max_length=200)]

    def get(self, name: str) -> Service | None:
        """The service of that name, or None where it is not installed."""
        for service in self.services:
            if service.name.casefold() == name.casefold():
                return service
        return None

    @property
    def entsso(self) -> Service | None:
        """The Enterprise Single Sign-On service, or None where it is not installed."""
        return self.get("ENTSSO")

    def started(self, service: Service) -> AwareDatetime | None:
        """When the process of a service started (UTC), or None where it does not run or Windows does not tell."""
        for process in self.processes:
            if process.id == service.process_id != 0:
                return process.started
        return None
