"""Which master secrets encrypt the Windows passwords in SSODB."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class WindowsPasswordSecretRow(Part):
    """How many rows are encrypted under a secret id, and when the oldest and newest were written."""

    wp_msid: str | None
    number: int
    oldest: datetime | None
    newest: datetime | None


class WindowsPasswordSecrets(SqlFact):
    """The ids of the master secrets that encrypt `SSOX_WindowsPassword`, with numbers of rows.

    The passwords are not read, nor whose they are. Needs SELECT on `wp_msid` and `wp_timestamp`.
    """

    topic: ClassVar[str] = "windows_password_secrets"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "`wp_msid` and `wp_timestamp` of table `SSOX_WindowsPassword`"
    privilege: ClassVar[str] = "SELECT on these columns"
    unseen: ClassVar[str] = "the passwords, and whose they are"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[WindowsPasswordSecretRow, ...]
