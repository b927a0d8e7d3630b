"""Which master secrets encrypt the external credentials in SSODB."""

from datetime import datetime
from typing import ClassVar

from ssoaudit.facts.fact import Part, Scope
from ssoaudit.facts.sql_fact import SqlFact


class ExternalCredentialSecretRow(Part):
    """How many rows are encrypted under a pair of secret ids, and when the oldest and newest were written."""

    ec_pws_msid: str | None
    ec_pns_msid: str | None
    number: int
    oldest: datetime | None
    newest: datetime | None


class ExternalCredentialSecrets(SqlFact):
    """The ids of the master secrets that encrypt `SSOX_ExternalCredentials`, with numbers of rows.

    The encrypted columns are not read, nor whose credentials they are. Needs SELECT on `ec_pws_msid`, `ec_pns_msid`
    and `ec_timestamp`.
    """

    topic: ClassVar[str] = "external_credential_secrets"
    scope: ClassVar[Scope] = Scope.SSODB
    source: ClassVar[str] = "`ec_pws_msid`, `ec_pns_msid` and `ec_timestamp` of table `SSOX_ExternalCredentials`"
    privilege: ClassVar[str] = "SELECT on these columns"
    unseen: ClassVar[str] = "the encrypted columns, and whose credentials they are"
    maximum_rows: ClassVar[int] = 1000

    rows: tuple[ExternalCredentialSecretRow, ...]
