"""Which addresses a server finds for the names of the estate, and which names for the addresses."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class Forward(Part):
    """The addresses of a name; without one, `code` and `error` say why.

    Of the codes, 0x80072AF9 is "no such host", 0x80072AFA "no server answered", 0x80131505 "not in time".
    """

    name: ShortText
    addresses: Annotated[tuple[ShortText, ...], Field(max_length=32)]
    code: ShortText | None
    error: ShortText | None


class Reverse(Part):
    """The name of an address, as its PTR record or another resolver has it; without one, `code` and `error` say why."""

    address: ShortText
    host_name: ShortText | None
    code: ShortText | None
    error: ShortText | None


class HostsOverride(Part):
    """A name in the server's hosts file, and the address it has there."""

    address: ShortText
    name: ShortText


class Dns(Fact):
    r"""How a server resolves the network name, SSODB's and the secret server, and the other servers: both ways.

    The names are given by the auditor: the inventory's servers and those that the first look and SSODB told. Source:
    `Dns.BeginGetHostAddresses` and `BeginGetHostEntry`, the resolver that ENTSSO uses (hosts file, DNS, then LLMNR and
    NetBIOS), https://learn.microsoft.com/dotnet/api/system.net.dns; `Win32_NetworkAdapterConfiguration` for
    `own_addresses`; `%SystemRoot%\System32\drivers\etc\hosts`, of which only lines with a name asked about, with or
    without its domain, are kept (a missing file has none, one over 1 MB is lacking). No privilege, but for
    `own_addresses` what WMI asks for. One lookup has 3 s, all names together 15 s, and so have all addresses; beyond
    300 of either nothing is asked, and they are lacking.

    It cannot see from which of the resolvers an answer came, nor records that a DNS server has and did not give.
    The API is confirmed; that the answers are those ENTSSO gets is inferred.
    """

    topic: ClassVar[str] = "dns"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        "the system's resolver, `Win32_NetworkAdapterConfiguration`, "
        r"`%SystemRoot%\System32\drivers\etc\hosts`"
    )
    privilege: ClassVar[str] = "none; remote access to WMI for `own_addresses`, which a local administrator has"
    unseen: ClassVar[str] = "which resolver an answer came from; records that were not given"

    forward: Annotated[tuple[Forward, ...], Field(max_length=300)]
    reverse: Annotated[tuple[Reverse, ...], Field(max_length=300)]
    hosts_overrides: Annotated[tuple[HostsOverride, ...], Field(max_length=100)]
    own_addresses: Annotated[tuple[ShortText, ...], Field(max_length=256)]
