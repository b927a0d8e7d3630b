"""The SQL Servers to which the inventory leads: by which names each is known, how it is reached, and as whom."""

from dataclasses import dataclass

from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.evidence import DatabaseEvidence, Missing
from ssoaudit.facts.sql_address import Likeness, SqlAddress, parse_sql_address
from ssoaudit.inventory import BizTalkSettings, SqlSettings

_REJECTED = frozenset({"login-failed", "login-disabled", "login-locked", "login-expired"})


@dataclass(frozen=True)
class KnownServer:
    """A SQL Server that a section of the inventory leads to, and where its database was found on it.

    `found` is empty where nobody knew.
    """

    settings: SqlSettings
    login: SqlLogin | None
    found: str

    @property
    def connect(self) -> str:
        """Where to connect."""
        return self.settings.address or self.found

    @property
    def names(self) -> tuple[SqlAddress, ...]:
        """As what it is known."""
        written = (self.settings.server, self.settings.address, self.found)
        parsed = (parse_sql_address(name, "") for name in written if name)
        return tuple(address for address in parsed if address is not None)

    def is_called(self, written: SqlAddress) -> bool:
        """Whether that is how it is written elsewhere, too: whoever writes it is led to `connect` all the same."""
        return any(name.is_also(written) for name in self.names)

    def may_be(self, other: "KnownServer") -> bool:
        """Whether both may be one instance, as far as the spellings tell."""
        return any(one.likeness(another) is not Likeness.DIFFERENT for one in self.names for another in other.names)

    def would_lock(self, rejecting: "KnownServer") -> bool:
        """Whether to log on would show the login to a server that has just rejected it, and so might lock it."""
        if self.login is None or rejecting.login is None:
            return False
        return self.login.user.casefold() == rejecting.login.user.casefold() and self.may_be(rejecting)


def is_rejected(database: DatabaseEvidence) -> bool:
    """Whether the login was rejected, so that another attempt may lock it."""
    return any(isinstance(reading, Missing) and reading.code in _REJECTED for reading in database.topics.values())


def borrowed(settings: SqlSettings) -> BizTalkSettings:
    """How another server is reached: driver and encryption as here, without what belongs to this server alone.

    That it is trusted without a look at its certificate is said of this server, too.
    """
    own = {"server", "address", "database", "user", "host_in_certificate", "server_spn", "trust_server_certificate"}
    return BizTalkSettings(**settings.model_dump(exclude=own))
