"""All of SSODB must be encrypted with one master secret."""

from ssoaudit.facts import ExternalCredentialSecrets, SqlSession, WindowsPasswordSecrets
from ssoaudit.facts.encrypting import rows_by_secret, strange_ids
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Inventory,
    Missing,
    Outcome,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    doubt_about_primary,
    failed,
    not_applicable,
    not_verified,
    passed,
    powershell,
)

SOURCE = "SSOX_ExternalCredentials, SSOX_WindowsPassword (ids of rows)"


@check(
    title="Re-encryption of SSODB is complete",
    each=Target.DATABASE,
    severity=Severity.MEDIUM,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    references=(
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10528",
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10525",
    ),
)
def reencryption_is_complete(
    external: ExternalCredentialSecrets | Missing,
    windows: WindowsPasswordSecrets | Missing,
    session: SqlSession | Missing,
    inventory: Inventory,
) -> Outcome:
    """A new master secret is followed by the encryption of every row of SSODB anew. While rows are still under the
    previous secret, both are needed: what changes the secret, its server or the service account now may lose one of
    them. Seen are the ids that rows name. The events of the master secret server, 10562 when it begins and 10528 when
    it is complete, are not read: one that began and has not yet changed a row passes."""
    read = [fact for fact in (external, windows) if not isinstance(fact, Missing)]
    unread = [fact for fact in (external, windows) if isinstance(fact, Missing)]
    if not read and inventory.change == "new" and inventory.stage is Stage.PLANNED:
        return not_applicable("SSODB is still to be made, says the inventory (change: new)")
    rows = rows_by_secret(*read)
    evidence = tuple(Row(secret, "the only id", f"{number} rows", SOURCE) for secret, number in sorted(rows.items()))
    doubt = doubt_about_primary(session)
    if doubt is not None:
        return not_verified(
            f"Whether all of SSODB is under one secret is not known: {doubt}",
            hint=session.hint
            if isinstance(session, Missing)
            else "Read the primary: write sql.application_intent: readwrite into the inventory.",
            evidence=evidence,
        )
    if len(rows) > 1:
        return _failed(rows, evidence)
    strange = strange_ids(*read)
    if unread or strange:
        told = [fact.message for fact in unread]
        told += [f"rows of SSODB name what is no secret id: {', '.join(strange)}"] if strange else []
        return not_verified(
            f"Whether all of SSODB is under one secret is not known: {'; '.join(dict.fromkeys(told))}",
            hint=unread[0].hint
            if unread
            else "Have a database administrator look at the ids of SSOX_ExternalCredentials and SSOX_WindowsPassword.",
            evidence=evidence,
        )
    if not rows:
        return not_applicable("SSODB holds no encrypted row yet")
    ((secret, number),) = rows.items()
    return passed(
        f"{secret} encrypts all {number} encrypted rows of SSODB; whether events 10562 and 10528 say the same was not "
        "looked at",
        evidence=evidence,
    )


def _failed(rows: dict[str, int], evidence: tuple[Row, ...]) -> Outcome:
    observed = "; ".join(f"{secret} ({number} rows)" for secret, number in sorted(rows.items()))
    return failed(
        f"SSODB is under {len(rows)} master secrets: {observed}",
        why="Re-encryption is under way, or ended before its time. Until it is complete, rows are lost with the "
        "previous secret.",
        expected="one id for all rows",
        observed=observed,
        evidence=evidence,
        fix=(
            Step(
                "Change nothing meanwhile: neither the master secret nor its server nor the service account. Make sure "
                "that there is a backup of every secret named here."
            ),
            Step(
                "Look for the events of the re-encryption: 10562 begins it, 10528 completes it, 10522 tells of a "
                "failure and when it is tried again. After a 10562 without a 10528, wait.",
                on="each server that was the master secret server since the secret was changed",
                impact="none",
                command=powershell(
                    "Get-WinEvent -FilterHashtable @{LogName='Application'; ProviderName='ENTSSO'; "
                    "Id=10522,10528,10562} -MaxEvents 20"
                ),
            ),
            Step(
                "Where it failed, or rows stay under a previous secret after a 10528, restore the backup that holds "
                "that secret on the master secret server before anything else, and settle secret.covers-ssodb."
            ),
        ),
    )
