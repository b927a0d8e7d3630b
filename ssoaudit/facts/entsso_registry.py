"""Which ENTSSO is installed, and which SSODB it uses."""

from typing import ClassVar

from ssoaudit.facts.fact import Fact, Part, Scope


class SqlAlias(Part):
    r"""A SQL client alias of the machine.

    `target` is `DBMSSOCN,server,port` for TCP, `DBNMPNTW,\\server\pipe\…` for a pipe; None where it is no text.
    """

    name: str
    target: str | None


class EntssoRegistry(Fact):
    r"""The part of `HKLM\SOFTWARE\Microsoft\ENTSSO` that is no secret, and the machine's SQL client aliases.

    A value is None where it does not exist; without `sql_server` and `sql_database` ENTSSO is not configured
    (event 10511, https://learn.microsoft.com/biztalk/core/single-sign-on-event-10511). The topic is `absent` where
    ENTSSO is not installed. Aliases: `HKLM\SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo`. Source: `StdRegProv`.
    """

    topic: ClassVar[str] = "entsso_registry"
    scope: ClassVar[Scope] = Scope.SERVER

    product_name: str | None
    product_version: str | None
    install_path: str | None
    sql_server: str | None
    sql_database: str | None
    sql_aliases: tuple[SqlAlias, ...]

    @property
    def is_configured(self) -> bool:
        """Whether this server knows its SSODB."""
        return bool(self.sql_server and self.sql_database)
