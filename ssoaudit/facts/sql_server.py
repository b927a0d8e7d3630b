"""Which SQL Server answered."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class SqlServerRow(Part):
    """`SERVERPROPERTY` of the instance; None where it does not know the property."""

    product_version: str | None
    edition: str | None
    engine_edition: int | None
    is_clustered: int | None
    is_hadr_enabled: int | None
    machine_name: str | None
    physical_node: str | None
    instance_name: str | None
    server_name: str | None


class SqlServer(SqlFact):
    """The SQL Server instance behind SSODB. Any login may ask for its properties."""

    topic: ClassVar[str] = "sql_server"
    scope: ClassVar[Scope] = Scope.SQL_SERVER
    source: ClassVar[str] = "`SERVERPROPERTY`"
    privilege: ClassVar[str] = "none but to connect"
    unseen: ClassVar[str] = "the other replicas of an availability group"
    maximum_rows: ClassVar[int] = 1

    rows: tuple[SqlServerRow, ...]
