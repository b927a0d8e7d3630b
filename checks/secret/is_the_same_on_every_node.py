"""All nodes must hold the same master secrets."""

from collections.abc import Iterable, Mapping

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
    not_applicable,
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
    held = {name: node.ids for name, node in secrets.items()}
    every = frozenset[str]().union(*held.values())
    if len(held) == 1:
        return not_applicable(f"Only {_list(held)} is meant to hold the secret: there is nothing to compare")
    rows = tuple(Row(name, _list(every), _list(ids) or "none", SOURCE) for name, ids in held.items())
    lacking = [name for name, ids in held.items() if every - ids]
    if not lacking:
        return passed(f"{', '.join(held)} hold the same ids: {_list(every)}", evidence=rows)
    return failed(
        f"The nodes hold different master secrets: {_differences(held, every)}",
        why="After a failover, what was encrypted with a secret that the new owner lacks cannot be decrypted.",
        expected="the same ids on every node",
        observed="; ".join(f"{row.subject}: {row.observed}" for row in rows),
        evidence=rows,
        servers=lacking,
        fix=(
            Step("Find out which id encrypts SSODB, and take the backup of that secret."),
            Step(
                "Move the role to each node that lacks it, take the ENTSSO resource offline and bring it online, and "
                "restore that backup there, from an elevated prompt, as an SSO administrator. Replace BACKUP-FILE.",
                on=", ".join(lacking),
                impact="ENTSSO restarts",
                command=cmd("ssoconfig -restoresecret BACKUP-FILE"),
            ),
        ),
    )


def _differences(held: Mapping[str, frozenset[str]], every: frozenset[str]) -> str:
    """Each id that some node lacks, with the nodes that have it."""
    holders = {each: [name for name, ids in held.items() if each in ids] for each in sorted(every)}
    partial = {each: names for each, names in holders.items() if len(names) < len(held)}
    return "; ".join(f"{each} is only on {', '.join(names)}" for each, names in partial.items())


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
