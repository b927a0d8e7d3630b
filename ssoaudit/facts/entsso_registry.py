"""Which ENTSSO is installed, and which SSODB it uses."""

from typing import Annotated, ClassVar

from pydantic import Field

from ssoaudit.facts.fact import Fact, Part, Scope


class SqlAlias(Part):
    r"""A SQL client alias of the machine.

    `target` is `DBMSSOCN,server,port` for TCP, `DBNMPNTW,\\server\pipe\…` for a pipe; None where it is no text.
    """

    name: str
    target: str | None


class EntssoView(Part):
    """What another view of the registry says of ENTSSO; None where it has no such value."""

    product_version: str | None
    install_path: str | None
    sql_server: str | None
    sql_database: str | None


class EntssoRegistry(Fact):
    r"""The part of `HKLM\SOFTWARE\Microsoft\ENTSSO` that is no secret, and the machine's SQL client aliases.

    A value is None where it does not exist; without `sql_server` and `sql_database` ENTSSO is not configured
    (event 10511, https://learn.microsoft.com/biztalk/core/single-sign-on-event-10511). The topic is `absent` where
    ENTSSO is not installed. A value of another type than text is lacking. `in_32_bit_view` is what 32-bit programs see
    (`HKLM\SOFTWARE\Wow6432Node\Microsoft\ENTSSO`), None where they see none; that the service does not use it is
    inferred. Aliases: `HKLM\SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo`. Source: `StdRegProv`.
    """

    topic: ClassVar[str] = "entsso_registry"
    scope: ClassVar[Scope] = Scope.SERVER
    source: ClassVar[str] = (
        r"`HKLM\SOFTWARE\Microsoft\ENTSSO` and its subkey `SQL`, the same below `HKLM\SOFTWARE\Wow6432Node`, "
        r"`HKLM\SOFTWARE\Microsoft\MSSQLServer\Client\ConnectTo`"
    )
    privilege: ClassVar[str] = "read the keys; Users have it as a rule"
    unseen: ClassVar[str] = "values whose place Microsoft does not document, such as -serverall and SSL to SQL Server"

    product_name: str | None
    product_version: str | None
    install_path: str | None
    sql_server: str | None
    sql_database: str | None
    in_32_bit_view: EntssoView | None
    sql_aliases: Annotated[tuple[SqlAlias, ...], Field(max_length=100)]

    @property
    def is_configured(self) -> bool:
        """Whether this server knows its SSODB."""
        return bool(self.sql_server and self.sql_database)
