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
        "https://learn.microsoft.com/biztalk/core/how-to-restore-the-master-secret",
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10520",
    ),
)
def is_on_every_node(server: Server, secrets: MasterSecretIds) -> Outcome:
    """The secret lies in the registry of each node, and the cluster does not carry it along. On a node without it
    ENTSSO starts and looks healthy, but has no secret to give: event 10520, 0x80002918. Only the ids are read, which
    are GUIDs; that the secret is the right one, and can be decrypted there, is not seen."""
    ids = sorted(secrets.ids)
    expected = "at least one GUID below SSOSS"
    if ids:
        held = ", ".join(ids)
        return passed(f"{server.name} holds {held}", evidence=(Row(server.name, expected, held, SOURCE),))
    observed = _observed(secrets)
    return failed(
        f"{server.name} holds no master secret: {observed}",
        why=_why(server),
        expected=expected,
        observed=observed,
        evidence=(Row(server.name, expected, observed, SOURCE),),
        servers=(server.name,),
        fix=(*_cycle(server), _restore(server)),
    )


def _observed(secrets: MasterSecretIds) -> str:
    if not secrets.is_present:
        return "the key SSOSS does not exist"
    if not secrets.names:
        return "the key SSOSS is empty"
    return f"the key SSOSS has no GUID, only {', '.join(sorted(secrets.names))}"


def _why(server: Server) -> str:
    when = f"After a failover to {server.name}" if server.is_node else f"While {server.name} is the master"
    return f"{when} no SSO server gets the secret, and BizTalk cannot start."


def _cycle(server: Server) -> tuple[Step, ...]:
    """What has to come before the restore, without which it may not succeed."""
    if not server.is_node:
        return (Step("Restart ENTSSO.", on=server.name, impact="ENTSSO restarts"),)
    return (
        Step(f"Move the ENTSSO role to {server.name}.", on=server.name, impact="ENTSSO restarts"),
        Step(
            "Take the ENTSSO resource offline and bring it online again; without this the restore may not succeed.",
            on=server.name,
            impact="ENTSSO restarts",
        ),
    )


def _restore(server: Server) -> Step:
    return Step(
        "Copy the backup file of the secret that is in use to the server and restore it, in the installation folder of "
        "Enterprise Single Sign-On, from an elevated prompt, as an SSO administrator; it asks for the file's password. "
        "Replace BACKUP-FILE.",
        on=server.name,
        impact="none",
        command=cmd("ssoconfig -restoresecret BACKUP-FILE"),
    )
