"""Which master secrets encrypt the rows of SSODB."""

from collections import Counter

from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.facts.guid import NOBODY, guid
from ssoaudit.facts.windows_password_secrets import WindowsPasswordSecrets


def rows_by_secret(*facts: ExternalCredentialSecrets | WindowsPasswordSecrets) -> dict[str, int]:
    """The ids in use, lower case, with the number of rows that each encrypts.

    A row whose halves are under two secrets counts for both. What is no id is told by `strange_ids`.
    """
    numbers: Counter[str] = Counter()
    for fact in facts:
        for ids, number in _ids(fact):
            for secret in {guid(each) for each in ids} - {None}:
                numbers[str(secret)] += number
    return dict(numbers)


def strange_ids(*facts: ExternalCredentialSecrets | WindowsPasswordSecrets) -> tuple[str, ...]:
    """What stands for an id in a row and is none: under which secret that row is, is not known.

    The halves of an external credential that are not used have no id, or the one of all zeros: that is no stranger.
    """
    found = [
        each
        for fact in facts
        for ids, _ in _ids(fact)
        for each in ids
        if guid(each) is None and not (len(ids) > 1 and each in (None, NOBODY))
    ]
    return tuple(dict.fromkeys(each or "no id" for each in found))


def _ids(fact: ExternalCredentialSecrets | WindowsPasswordSecrets) -> list[tuple[tuple[str | None, ...], int]]:
    """The ids of each group of rows, and how many rows it has."""
    if isinstance(fact, ExternalCredentialSecrets):
        return [((row.ec_pws_msid, row.ec_pns_msid), row.number) for row in fact.rows]
    return [((entry.wp_msid,), entry.number) for entry in fact.rows]
