"""What the machine's policy and registry say about remote procedure calls, which SSO clients live by."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import Dword, ShortText
from ssoaudit.facts.fact import Fact, Scope


class RpcPolicy(Fact):
    r"""The RPC hardening policy, and the ports that RPC is bound to; a value is None where it does not exist.

    `restrict_remote_clients`: 0 nobody is restricted, 1 callers must authenticate unless a service exempts itself, 2
    all must. `enable_auth_ep_resolution`: 1 lets this machine authenticate to the endpoint mapper. `ports`, such as
    `5000-5100`, are those of dynamic endpoints, or those they must avoid: `ports_internet_available` (`Y` or `N`)
    tells which.

    Source: `StdRegProv`; `HKLM\SOFTWARE\Policies\Microsoft\Windows NT\RPC` and
    `HKLM\SOFTWARE\Microsoft\Rpc\Internet`. Users may read them. Not seen: what a service exempts itself from, and RPC
    filters of the firewall. See
    https://learn.microsoft.com/windows/client-management/mdm/policy-csp-remoteprocedurecall and
    https://learn.microsoft.com/biztalk/core/ports-for-the-enterprise-single-sign-on-servers.
    """

    topic: ClassVar[str] = "rpc_policy"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = r"`HKLM\SOFTWARE\Policies\Microsoft\Windows NT\RPC`, `HKLM\SOFTWARE\Microsoft\Rpc\Internet`"
    privilege: ClassVar[str] = "read the keys; Users have it"
    unseen: ClassVar[str] = "a policy that is set and not yet applied"

    restrict_remote_clients: Dword | None
    enable_auth_ep_resolution: Dword | None
    ports: Annotated[tuple[ShortText, ...], Field(max_length=64)]
    ports_internet_available: ShortText | None
    use_internet_ports: ShortText | None
