"""How a SQL Server is written, and whether two spellings mean the same one."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ssoaudit.facts.entsso_registry import SqlAlias

DEFAULT_PORT = 1433
DEFAULT_INSTANCE = "mssqlserver"
_HERE = frozenset({".", "(local)", "localhost", "127.0.0.1", "::1"})
_PROTOCOL = re.compile(r"^(?:tcp|np|lpc|admin):", re.IGNORECASE)
_PIPE = re.compile(r"^\\\\([^\\]+)\\pipe(?:\\mssql\$([^\\]+))?\\sql\\query$", re.IGNORECASE)
_ADDRESS = re.compile(r"^([^\\,]+?)(?:\\([^\\,]*))?(?:,(\d{1,5}))?$")


class Likeness(Enum):
    """What two spellings have in common. MAYBE: only SQL Server or DNS could tell."""

    SAME = "same"
    MAYBE = "maybe"
    DIFFERENT = "different"


@dataclass(frozen=True)
class SqlAddress:
    """A host, lower case, with an instance or a port; neither is the default instance on port 1433."""

    host: str
    instance: str | None
    port: int | None

    def likeness(self, other: "SqlAddress") -> Likeness:
        """Whether both lead to one instance, as far as the spelling tells."""
        hosts = _hosts(self.host, other.host)
        if hosts is Likeness.DIFFERENT or (self.instance, self.port) == (other.instance, other.port):
            return hosts
        # A named instance may listen on any port, on that of the default instance too.
        both_ports = self.port is not None and other.port is not None
        both_named = self.instance is not None and other.instance is not None
        return Likeness.DIFFERENT if both_ports or both_named else Likeness.MAYBE

    def is_also(self, other: "SqlAddress") -> bool:
        """Whether both are written for one instance, a short host name being taken for the DNS name it begins."""
        alike = self.host == other.host or _is_short_for(self.host, other.host) or _is_short_for(other.host, self.host)
        return alike and (self.instance, self.port) == (other.instance, other.port)


def parse_sql_address(text: str, here: str, aliases: Iterable[SqlAlias] = ()) -> SqlAddress | None:
    r"""The address behind `SERVER`, `SERVER\INSTANCE`, `SERVER,PORT` or a client alias of the machine `here`.

    None where the text has no such form, is a pipe whose name does not tell the instance, or an alias of nothing.
    """
    spelling = text.strip()
    for alias in aliases:
        if alias.name.casefold() == spelling.casefold():
            spelling = (alias.target or "").partition(",")[2].strip()
            break
    spelling = _PROTOCOL.sub("", spelling)
    pipe = _PIPE.match(spelling)
    if pipe:
        spelling = f"{pipe.group(1)}\\{pipe.group(2) or DEFAULT_INSTANCE}"
    match = _ADDRESS.match(spelling.replace(" ", ""))
    if match is None:
        return None
    host, instance, port = match.group(1).casefold(), (match.group(2) or "").casefold(), match.group(3)
    named = instance if instance not in ("", DEFAULT_INSTANCE) else None
    number = int(port) if port else None
    if named is None and number == DEFAULT_PORT:
        number = None
    # A port decides; the instance beside it is not looked at by the client.
    return SqlAddress(here.casefold() if host in _HERE else _one_spelling(host), None if number else named, number)


def _hosts(one: str, other: str) -> Likeness:
    if one == other:
        return Likeness.SAME
    if _is_ip(one) != _is_ip(other):
        return Likeness.MAYBE
    return Likeness.MAYBE if _is_short_for(one, other) or _is_short_for(other, one) else Likeness.DIFFERENT


def _one_spelling(host: str) -> str:
    """A name without its last dot, an IP address in its usual form."""
    return str(ipaddress.ip_address(host)) if _is_ip(host) else host.removesuffix(".")


def _is_short_for(one: str, other: str) -> bool:
    return bool(one) and "." in other and not _is_ip(other) and one == other.partition(".")[0]


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
