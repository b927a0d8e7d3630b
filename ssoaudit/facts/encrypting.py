"""Which master secrets encrypt the rows of SSODB."""

from collections import Counter

from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.facts.guid import guid
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets


def rows_by_secret(*facts: ExternalCredentialSecrets | WindowsPasswordSecrets) -> dict[str, int]:
    """The ids in use, lower case, with the number of rows that each encrypts.

    The zero GUID of unused halves is left out. A row whose halves are under two secrets counts for both.
    """
    numbers: Counter[str] = Counter()
    for fact in facts:
        if isinstance(fact, ExternalCredentialSecrets):
            for row in fact.rows:
                for secret in {guid(row.ec_pws_msid), guid(row.ec_pns_msid)} - {None}:
                    numbers[str(secret)] += row.number
        else:
            for entry in fact.rows:
                numbers[guid(entry.wp_msid) or ""] += entry.number
    return {secret: number for secret, number in numbers.items() if secret and number}
