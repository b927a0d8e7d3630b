"""All nodes must hold the same master secrets."""

from ssoaudit.facts import MasterSecretIds
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Outcome,
    PerMaster,
    Row,
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
    title="The master secret is the same on every node",
    each=Target.ESTATE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.CLUSTERED,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    requires=("secret.is-on-every-node",),
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10520",
    ),
)
def is_the_same_on_every_node(secrets: PerMaster[MasterSecretIds]) -> Outcome:
    """A node that holds another secret cannot decrypt what the others encrypted. A secret that one node has beyond
    the others may be an old leftover; which one encrypts the data is not told by the registry, so every difference
    counts as one that hurts. Names alone do not prove that the bytes are the same."""
    every = frozenset[str]().union(*(node.ids for node in secrets.values()))
    rows = tuple(Row(name, _list(every), _list(node.ids), SOURCE) for name, node in secrets.items())
    lacking = [name for name, node in secrets.items() if every - node.ids]
    if not lacking:
        return passed(f"{', '.join(secrets)} hold the same ids: {_list(every)}", evidence=rows)
    partial = {each: [name for name, node in secrets.items() if each in node.ids] for each in sorted(every)}
    partial = {each: holders for each, holders in partial.items() if len(holders) < len(secrets)}
    return failed(
        "The nodes hold different master secrets: "
        + "; ".join(f"{each} is only on {', '.join(holders)}" for each, holders in partial.items()),
        why="After a failover, what was encrypted with a secret that the new owner lacks cannot be decrypted.",
        expected="the same ids on every node",
        observed="; ".join(f"{row.subject}: {row.observed}" for row in rows),
        evidence=rows,
        servers=lacking,
        fix=(
            Step("Find out which id encrypts SSODB, and take the backup of that secret."),
            Step(
                "Move the role to each node that lacks it, cycle the ENTSSO resource and restore that backup. "
                "Replace BACKUP-FILE.",
                on=", ".join(lacking),
                impact="ENTSSO restarts",
                command=cmd("ssoconfig -restoresecret BACKUP-FILE"),
            ),
        ),
    )


def _list(ids: frozenset[str]) -> str:
    return ", ".join(sorted(ids))
