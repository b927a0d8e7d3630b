"""Every node must hold the secrets that encrypt SSODB."""

from ssoaudit.facts import ExternalCredentialSecrets, MasterSecretIds, WindowsPasswordSecrets
from ssoaudit.facts.encrypting import rows_by_secret, strange_ids
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Inventory,
    Missing,
    Outcome,
    Row,
    Server,
    Severity,
    Stage,
    Step,
    Target,
    check,
    cmd,
    failed,
    not_applicable,
    not_verified,
    passed,
)

SOURCE = "SSODB (ids of rows), SSOSS (names of keys)"


@check(
    title="The master secrets cover SSODB",
    each=Target.MASTER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    requires=("secret.is-on-every-node",),
    references=("https://learn.microsoft.com/biztalk/core/single-sign-on-event-10520",),
)
def covers_ssodb(
    server: Server,
    secrets: MasterSecretIds,
    external: ExternalCredentialSecrets | Missing,
    windows: WindowsPasswordSecrets | Missing,
    inventory: Inventory,
) -> Outcome:
    """Each row of SSODB names the master secret that encrypts it. Where a node lacks that secret, or SSODB was restored
    from before the last change of the secret, the row cannot be decrypted there. Compared are names: that the bytes
    behind a name are the right ones is not proved by it. An SSODB without an encrypted row asks for no secret: then
    there is nothing to compare, and nothing is proved."""
    read = [fact for fact in (external, windows) if not isinstance(fact, Missing)]
    unread = [fact for fact in (external, windows) if isinstance(fact, Missing)]
    if not read and inventory.change == "new" and inventory.stage is Stage.PLANNED:
        return not_applicable("SSODB is still to be made, says the inventory (change: new)")
    rows = rows_by_secret(*read)
    evidence = tuple(
        Row(
            secret, f"held by {server.name}", f"{'held' if secret in secrets.ids else 'missing'}; {number} rows", SOURCE
        )
        for secret, number in sorted(rows.items())
    )
    lacking = {secret: number for secret, number in rows.items() if secret not in secrets.ids}
    if lacking:
        return _failed(server, lacking, ", ".join(sorted(rows)), ", ".join(sorted(secrets.ids)), evidence)
    if unread:
        told = "; ".join(dict.fromkeys(fact.message for fact in unread))
        return not_verified(
            f"What encrypts SSODB is not known, or not all of it: {told}",
            hint=unread[0].hint,
            evidence=evidence,
            servers=(server.name,),
        )
    strange = strange_ids(*read)
    if strange:
        return not_verified(
            f"Rows of SSODB name what is no secret id: {', '.join(strange)}",
            hint="Have a database administrator look at the ids of SSOX_ExternalCredentials and SSOX_WindowsPassword.",
            evidence=evidence,
            servers=(server.name,),
        )
    if not rows:
        return not_applicable(f"SSODB holds no encrypted row yet, so {server.name} has nothing to cover")
    return passed(f"{server.name} holds every secret that encrypts SSODB: {', '.join(sorted(rows))}", evidence=evidence)


def _failed(
    server: Server, lacking: dict[str, int], expected: str, observed: str, evidence: tuple[Row, ...]
) -> Outcome:
    told = "; ".join(f"{secret} ({number} rows)" for secret, number in sorted(lacking.items()))
    return failed(
        f"{server.name} lacks secrets that encrypt SSODB: {told}",
        why=f"What these rows hold cannot be decrypted while {server.name} is the master secret server.",
        expected=expected,
        observed=observed,
        evidence=evidence,
        servers=(server.name,),
        fix=(
            Step(
                "Find the backup of that secret. If SSODB was restored from an older backup, it needs the older secret."
            ),
            Step(
                f"Move the ENTSSO role to {server.name}, take its ENTSSO resource offline and bring it online again."
                if server.is_node
                else "Restart ENTSSO.",
                on=server.name,
                impact="ENTSSO restarts",
            ),
            Step(
                "Restore that backup, in the installation folder of Enterprise Single Sign-On, from an elevated "
                "prompt, as an SSO administrator. Replace BACKUP-FILE.",
                on=server.name,
                impact="none",
                command=cmd("ssoconfig -restoresecret BACKUP-FILE"),
            ),
        ),
    )
