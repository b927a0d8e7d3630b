"""Whether SSODB is in an availability group."""

from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class AvailabilityGroupRow(Part):
    """The ids of the database in its group and of the replica that answered; None for a database in no group."""

    group_database_id: str | None
    replica_id: str | None


class AvailabilityGroup(SqlFact):
    """The availability group of SSODB, as far as the database's own row tells: one row.

    Source: the database's own row in `sys.databases`, which every user of the database sees. A SQL Server before 2012
    has neither these columns nor availability groups: there the topic, and it alone, cannot be read.
    """

    topic: ClassVar[str] = "availability_group"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "the database's own row in `sys.databases`"
    privilege: ClassVar[str] = "none but to connect"
    unseen: ClassVar[str] = "the other replicas, and the group's own settings"
    maximum_rows: ClassVar[int] = 1

    rows: tuple[AvailabilityGroupRow, ...]
