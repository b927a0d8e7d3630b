"""The services that a BizTalk, SSO or MSDTC machine lives by."""

from typing import ClassVar

from ssoaudit.facts.fact import Fact, Part, Scope

PENDING = frozenset({"Start Pending", "Stop Pending", "Continue Pending", "Pause Pending"})


class Service(Part):
    """One Windows service, as the service control manager knows it.

    `state` and `start_mode` are WMI's words (`Running`, `Stopped`, …; `Auto`, `Manual`, `Disabled`), which are
    not translated. `process_id` is 0 while it does not run. `depends_on` names services.
    """

    name: str
    display_name: str
    state: str
    start_mode: str
    start_name: str | None
    process_id: int
    path: str | None
    depends_on: tuple[str, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether it does not run."""
        return self.state == "Stopped"

    @property
    def is_pending(self) -> bool:
        """Whether it is on its way to another state."""
        return self.state in PENDING


class Services(Fact):
    """ENTSSO, MSDTC and its clustered instances, BizTalk hosts, IIS, cluster, RPC and password sync, where installed.

    Source: WMI class `Win32_Service`, filtered by name; `DependOnService` of the service's registry key.
    Non-administrators may see less.
    """

    topic: ClassVar[str] = "services"
    scope: ClassVar[Scope] = Scope.SERVER

    services: tuple[Service, ...]

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
