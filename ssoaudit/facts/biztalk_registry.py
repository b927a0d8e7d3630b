"""Which BizTalk Server is installed, and which management database it is configured with."""

from typing import ClassVar

from ssoaudit.facts.bounds import ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class BizTalkInstallation(Part):
    """BizTalk Server as one view of the registry has it; a value is None where it does not exist.

    `product_version` is the version as first installed, without updates. Without `management_server` and
    `management_database` the machine is in no BizTalk group.
    """

    product_name: ShortText | None
    product_version: ShortText | None
    product_edition: ShortText | None
    install_path: ShortText | None
    management_server: ShortText | None
    management_database: ShortText | None


class BizTalkRegistry(Fact):
    r"""BizTalk Server in both views of the registry, and whether Host Integration Server is there.

    `native` is None where the key does not exist, `in_32_bit_view` likewise: products of different ages use one or
    the other. Where both are None BizTalk Server is not installed. The version of Host Integration Server is not
    told: no public source names the value.

    Source: `StdRegProv`; `HKLM\SOFTWARE\Microsoft\BizTalk Server\3.0`, its subkey `Administration` (`MgmtDBServer`,
    `MgmtDBName`), the same below `HKLM\SOFTWARE\Wow6432Node`, and `HKLM\SOFTWARE\Microsoft\Host Integration Server`.
    Users may read them as a rule. See
    https://learn.microsoft.com/biztalk/core/what-version-of-biztalk-server-do-i-have.
    """

    topic: ClassVar[str] = "biztalk_registry"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"`HKLM\SOFTWARE\Microsoft\BizTalk Server\3.0` and its subkey `Administration`, also below "
        r"`Wow6432Node`; `HKLM\SOFTWARE\Microsoft\Host Integration Server`"
    )
    privilege: ClassVar[str] = "read the keys; Users have it as a rule"
    unseen: ClassVar[str] = "what is installed for one user alone"

    native: BizTalkInstallation | None
    in_32_bit_view: BizTalkInstallation | None
    has_host_integration_server: bool

    @property
    def installations(self) -> tuple[BizTalkInstallation, ...]:
        """What the views have, the native one first; empty where BizTalk Server is not installed."""
        return tuple(found for found in (self.native, self.in_32_bit_view) if found is not None)
