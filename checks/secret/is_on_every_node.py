"""Every node that may become the master secret server needs the secret."""

from ssoaudit.facts import MasterSecretIds
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
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
    passed,
)

SOURCE = r"HKLM\SOFTWARE\Microsoft\ENTSSO\SSOSS"


@check(
    title="The master secret is on every node",
    each=Target.MASTER,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10520",
    ),
)
def is_on_every_node(server: Server, secrets: MasterSecretIds) -> Outcome:
    """The secret lies in the registry of each node, and the cluster does not carry it along. On a node without it
    ENTSSO starts and looks healthy, but has no secret to give: event 10520, 0x80002918. Only the ids are read; that
    the secret can be decrypted there is not seen."""
    if secrets.ids:
        ids = ", ".join(sorted(secrets.ids))
        return passed(f"{server.name} holds {ids}", evidence=(Row(server.name, "at least one id", ids, SOURCE),))
    observed = "the key SSOSS is empty" if secrets.is_present else "the key SSOSS does not exist"
    return failed(
        f"{server.name} holds no master secret: {observed}",
        why=f"After a failover to {server.name} no SSO server gets the secret, and BizTalk cannot start.",
        expected="at least one secret id below SSOSS",
        observed=observed,
        evidence=(Row(server.name, "at least one id", observed, SOURCE),),
        servers=(server.name,),
        fix=(
            Step(f"Move the ENTSSO role to {server.name}.", on=server.name, impact="ENTSSO restarts"),
            Step(
                "Take the ENTSSO resource offline and bring it online again; without this the restore may not succeed.",
                on=server.name,
                impact="ENTSSO restarts",
            ),
            Step(
                "Restore the secret from its backup file, in the installation folder of Enterprise Single Sign-On, "
                "from an elevated prompt, as an SSO administrator; it asks for the file's password. Replace "
                "BACKUP-FILE.",
                on=server.name,
                impact="none",
                command=cmd("ssoconfig -restoresecret BACKUP-FILE"),
            ),
        ),
    )
