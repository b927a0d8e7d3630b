"""All nodes must hold the same master secrets."""

from collections.abc import Iterable, Mapping

from ssoaudit.facts import ExternalCredentialSecrets, MasterSecretIds, WindowsPasswordSecrets
from ssoaudit.facts.encrypting import rows_by_secret, strange_ids
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    Grade,
    Missing,
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
def is_the_same_on_every_node(
    secrets: PerMaster[MasterSecretIds],
    external: ExternalCredentialSecrets | Missing,
    windows: WindowsPasswordSecrets | Missing,
) -> Outcome:
    """A node that holds another secret cannot decrypt what the others encrypted. A secret that encrypts no row of
    SSODB, while all nodes hold those that do, is an old leftover: the difference is then worth little. Where SSODB does
    not tell, every difference counts as one that hurts. Names alone do not prove that the bytes are the same, and a
    secret made a moment ago, before it encrypted anything, looks like a leftover."""
    held = {name: node.ids for name, node in secrets.items()}
    every = frozenset[str]().union(*held.values())
    if len(held) == 1:
        return not_applicable(f"Only {_list(held)} is meant to hold the secret: there is nothing to compare")
    rows = tuple(Row(name, _list(every), _list(ids) or "none", SOURCE) for name, ids in held.items())
    lacking = [name for name, ids in held.items() if every - ids]
    if not lacking:
        return passed(f"{', '.join(held)} hold the same ids: {_list(every)}", evidence=rows)
    read = [fact for fact in (external, windows) if not isinstance(fact, Missing)]
    used = rows_by_secret(*read)
    common = frozenset.intersection(*held.values())
    text = f"The nodes hold different master secrets: {_differences(held, every, used)}"
    observed = "; ".join(f"{row.subject}: {row.observed}" for row in rows)
    if len(read) == 2 and not strange_ids(*read) and used and used.keys() <= common:  # noqa: PLR2004 - both tables of SSODB
        return _leftover(text, observed, rows, lacking)
    return _failed(text, observed, rows, lacking)


def _failed(text: str, observed: str, rows: tuple[Row, ...], lacking: list[str]) -> Outcome:
    return failed(
        text,
        why="After a failover, what was encrypted with a secret that the new owner lacks cannot be decrypted.",
        expected="the same ids on every node",
        observed=observed,
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


def _leftover(text: str, observed: str, rows: tuple[Row, ...], lacking: list[str]) -> Outcome:
    return failed(
        f"{text}; SSODB does not use what differs",
        why="An old leftover hurts nobody, unless the secret was changed a moment ago and SSODB is still being "
        "encrypted anew.",
        expected="the same ids on every node",
        observed=observed,
        evidence=rows,
        servers=lacking,
        severity=Severity.LOW,
        fix=(
            Step("If the secret was changed today, back it up, and restore it on the nodes that lack it."),
            Step("If not, leave it, or restore the backup in use on every node the next time the secret is changed."),
        ),
    )


def _differences(held: Mapping[str, frozenset[str]], every: frozenset[str], used: Mapping[str, int]) -> str:
    """Each id that some node lacks, with the nodes that have it, and what of SSODB it encrypts."""
    holders = {each: [name for name, ids in held.items() if each in ids] for each in sorted(every)}
    partial = {each: names for each, names in holders.items() if len(names) < len(held)}
    return "; ".join(
        f"{each} is only on {', '.join(names)}{f', and encrypts {used[each]} rows of SSODB' if each in used else ''}"
        for each, names in partial.items()
    )


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
