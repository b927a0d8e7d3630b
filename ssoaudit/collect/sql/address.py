"""Where a database is, who logs on there, and how long that may take."""

import ipaddress
import re
from dataclasses import dataclass

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.text import one_line
from ssoaudit.credentials import Secret
from ssoaudit.facts.sql_address import DEFAULT_PORT

_SERVER = re.compile(r"(?P<host>[\w.:-]{1,253})(?:\\(?P<instance>[\w$#-]{1,64}))?(?:,(?P<port>[0-9]{1,5}))?")
_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Endpoint:
    """A host, with the port that listens there or the instance that SQL Browser knows there."""

    host: str
    instance: str | None
    port: int | None


@dataclass(frozen=True)
class Address:
    r"""A database on a SQL Server, given as `HOST`, `HOST,PORT` or `HOST\INSTANCE`."""

    server: str
    database: str

    @property
    def shown(self) -> str:
        """The address for a sentence."""
        return f"{one_line(self.database, 128)} on {one_line(self.server, 253)}"

    @property
    def endpoint(self) -> Endpoint:
        """Where to connect: a port decides, an instance beside it is not looked at. Raises the `Fault` address."""
        match = _SERVER.fullmatch(self.server)
        port = int(match["port"]) if match and match["port"] else None
        if match is None or (port is not None and not 1 <= port <= _HIGHEST_PORT) or not _is_host(match["host"]):
            raise Fault(
                FaultStage.CONFIGURE,
                "address",
                f"'{one_line(self.server, 100)}' is no address of a SQL Server.",
                "Write HOST, HOST,PORT or HOST\\INSTANCE into the inventory.",
            )
        if match["instance"] and port is None:
            return Endpoint(match["host"], match["instance"], None)
        return Endpoint(match["host"], None, port or DEFAULT_PORT)


@dataclass(frozen=True)
class SqlLogin:
    """A SQL Server login, for where the Windows identity is not used."""

    user: str
    password: Secret


@dataclass(frozen=True)
class SqlLimits:
    """Seconds: for the logon, for one statement, and for everything together."""

    login: int = 15
    query: int = 15
    deadline: float = 60.0


DEFAULTS = SqlLimits()


def _is_host(host: str) -> bool:
    if ":" not in host:
        return True
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
