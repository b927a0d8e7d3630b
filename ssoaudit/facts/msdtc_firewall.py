"""Whether Windows' own firewall has the rules for MSDTC."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import Dword, ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class FirewallProfile(Part):
    """A profile's settings in one store, `local` or `policy`; None where there is no such value.

    `profile` is the registry's name: StandardProfile is the private one. `enable_firewall` is 0 or 1,
    `default_inbound_action` 0 allow, 1 block. With `do_not_allow_exceptions` 1 no rule admits anything; with a
    policy's `allow_local_policy_merge` 0 local rules do not count.
    """

    store: ShortText
    profile: ShortText
    enable_firewall: Dword | None
    default_inbound_action: Dword | None
    do_not_allow_exceptions: Dword | None
    allow_local_policy_merge: Dword | None


class FirewallRule(Part):
    """A rule as the registry has it: `v2.31|Action=Allow|Active=TRUE|Dir=In|Profile=Domain|…`; [MS-FASP] 2.2.37."""

    store: ShortText
    rule_id: ShortText
    rule: Annotated[str, Field(max_length=8192)]


class ConnectionProfile(Part):
    """The network that an interface is connected to: `category` is 0 public, 1 private, 2 domain."""

    interface: ShortText
    category: int | None


class MsdtcFirewall(Fact):
    r"""The rules of the group Distributed Transaction Coordinator, the firewall's profiles, and which are in use.

    Source: `StdRegProv` below `HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy` and
    `HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall` ([MS-GPFAS] 2.2); the service MpsSvc of `Win32_Service`;
    `MSFT_NetConnectionProfile` in `root/StandardCimv2`. Users may read all of it as a rule. `service_state` is None
    where the firewall is not installed. Of local rules those named `MSDTC-…` are read; of a policy's, each (3000 at
    most, and for 20 s; more are lacking), and those of the group (`@FirewallAPI.dll,-33502`) or of msdtc.exe are kept.

    It cannot see a local rule of another name that admits MSDTC as well, rules that are set for the moment alone
    (the dynamic store), IPsec, nor any firewall that is not Windows' own. Names of rules and group are confirmed by
    exports of the registry; that a policy's rules repeat the group is inferred.
    """

    topic: ClassVar[str] = "msdtc_firewall"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "`FirewallRules` and the profiles below "
        r"`HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy` and "
        r"`HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall`; `Win32_Service` (MpsSvc alone), "
        "`MSFT_NetConnectionProfile`"
    )
    privilege: ClassVar[str] = "read the keys; Users have it"
    unseen: ClassVar[str] = "firewalls other than Windows' own, and those between the machines"

    service_state: ShortText | None
    profiles: Annotated[tuple[FirewallProfile, ...], Field(max_length=7)]
    local_rules: Annotated[tuple[FirewallRule, ...], Field(max_length=64)]
    policy_rules: Annotated[tuple[FirewallRule, ...], Field(max_length=64)]
    connections: Annotated[tuple[ConnectionProfile, ...], Field(max_length=64)]
