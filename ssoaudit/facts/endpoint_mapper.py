"""Whether a server reaches the endpoint mapper behind the network name."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.bounds import ShortText
from ssoaudit.facts.fact import Fact, Part, Scope


class Connection(Part):
    """One attempt to connect to TCP 135 of a name, closed at once; where it did not, `code` and `error` say why."""

    name: ShortText
    is_open: bool
    milliseconds: int
    code: ShortText | None
    error: ShortText | None


class EndpointMapper(Fact):
    """TCP 135 of the network name, tried once from the server: only with `--active-network`.

    Source: `TcpClient.BeginConnect`, https://learn.microsoft.com/dotnet/api/system.net.sockets.tcpclient; each has 2 s,
    the name's resolution included, and goes to an address of either family; that one socket serves both where Windows
    has no IPv6 is inferred. More than 8 names are refused before the first. Needs no privilege, sends nothing, and
    leaves what a connection leaves in the logs of firewalls and intrusion detection. An open port does not prove that
    ENTSSO's endpoint is registered: 0x800706D9 comes from an endpoint mapper that answers. Confirmed.
    """

    topic: ClassVar[str] = "endpoint_mapper"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = "one connection from each server, closed at once"
    privilege: ClassVar[str] = "none"
    unseen: ClassVar[str] = "whether ENTSSO's endpoint is registered there"

    connections: Annotated[tuple[Connection, ...], Field(max_length=8)]
