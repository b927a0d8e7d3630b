"""ENTSSO must run as the same account on every node."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ssoaudit.facts import EntssoRegistry, Identities, Lacking, Services
from ssoaudit.facts.service_account import ServiceAccount, account_of, is_built_in, is_virtual
from ssoaudit.plugin import (
    ALL_PROFILES,
    CLUSTERED_SSO,
    ClusterRole,
    Grade,
    Inventory,
    Missing,
    Outcome,
    PerNode,
    PerServer,
    Row,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_applicable,
    not_verified,
    passed,
)

SOURCE = "Win32_Service.StartName, NTAccount.Translate"
RESOLVE = "Does the account exist, and does the server reach a domain controller?"


@dataclass(frozen=True)
class _Seen:
    """The account of ENTSSO on one machine, and what it is known by; else why not.

    `key` is its SID; an account that each machine has for itself is known by the machine and its name.
    """

    node: str
    account: ServiceAccount | None
    key: str | None
    unknown: str = ""

    @property
    def name(self) -> str:
        """The name of the account, or that there is none."""
        return self.account.name if self.account else "not known"


@check(
    title="The service account is the same on every node",
    each=Target.ESTATE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    cluster_roles=CLUSTERED_SSO,
    references=("https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",),
)
def service_account_same_on_every_node(
    services: PerNode[Services],
    identities: PerNode[Identities],
    registry: PerNode[EntssoRegistry | Missing],
    others: PerServer[Services | Missing],
    known: PerServer[Identities | Missing],
    *,
    inventory: Inventory,
) -> Iterator[Outcome]:
    """The master secret is encrypted under the service's account. With another account on one node, or with one that
    is not the recorded one, what was restored earlier can no longer be decrypted at the next start: events 10565 and
    10521. Compared are SIDs, not spellings. Where ENTSSO is not clustered, each server may have an account of its
    own. The present master counts if the secret moves from it and the inventory lists it."""
    recorded = inventory.service_account
    accounts = {
        node: account_of(services[node], recorded, is_configured=_is_configured(registry[node]))
        for node in services
        if node in identities
    }
    seen = [_see(node, account, identities[node]) for node, account in accounts.items()]
    rows = tuple(_row(each) for each in seen)
    clear = [each for each in seen if each.key is not None]
    unclear = [each for each in seen if each.key is None]
    differ = len({each.key for each in clear}) > 1
    if differ:
        told = "; ".join(f"{each.node}: {each.name} ({each.key})" for each in clear)
        yield _failed(f"The nodes run ENTSSO as different accounts: {told}", "one account", told, rows, inventory)
    if unclear or not clear:
        told = "; ".join(each.unknown for each in unclear) or "no node told both its services and its accounts"
        yield not_verified(
            f"Not every node's account is known: {told}",
            hint=f"{RESOLVE} Before ENTSSO is set up, write service_account into the inventory.",
            evidence=rows,
            servers=tuple(each.node for each in unclear),
        )
    if clear:
        yield from _against_the_record(clear[0], identities[clear[0].node], inventory, rows)
        yield from _against_the_present_master(clear[0], others, known, inventory)
    if clear and not unclear and not differ:
        yield _alike(clear, recorded, rows)


def _is_configured(registry: EntssoRegistry | Missing) -> bool | None:
    return None if isinstance(registry, Missing) else registry.is_configured


def _see(node: str, account: ServiceAccount | None, identities: Identities) -> _Seen:
    if account is None:
        return _Seen(node, None, None, f"{node} does not tell as which account ENTSSO runs")
    if is_built_in(account.name) or is_virtual(account.name):
        return _Seen(node, account, f"of {node} alone")
    sid, error = _sid(identities, account.name)
    return _Seen(node, account, sid, f"{node} cannot resolve {account.name}: {error}")


def _sid(identities: Identities, account: str) -> tuple[str | None, str]:
    """The SID of an account, or none and why."""
    try:
        resolved = identities.resolved(account)
    except Lacking as lacking:
        return None, lacking.message
    return resolved.sid, resolved.error or "no SID"


def _row(seen: _Seen) -> Row:
    return Row(seen.node, "one account", f"{seen.name} ({seen.key or 'not resolved'})", SOURCE)


def _against_the_record(
    first: _Seen, identities: Identities, inventory: Inventory, rows: tuple[Row, ...]
) -> Iterator[Outcome]:
    """Says something only where the account is not, or not surely, the recorded one."""
    recorded = inventory.service_account
    if recorded is None or (first.account and first.account.is_planned):
        return
    sid, error = _sid(identities, recorded)
    if sid is None:
        yield not_verified(
            f"ENTSSO runs as {first.name}; the recorded {recorded} cannot be resolved: {error}",
            hint="Correct service_account in the inventory.",
            evidence=rows,
        )
    elif sid != first.key:
        text = f"ENTSSO of {first.node} runs as {first.name}, but {recorded} is recorded"
        yield _failed(text, recorded, first.name, rows, inventory)


def _against_the_present_master(
    first: _Seen,
    others: Mapping[str, Services | Missing],
    known: Mapping[str, Identities | Missing],
    inventory: Inventory,
) -> Iterator[Outcome]:
    """While the secret is still to be moved: it is encrypted under the present master's account."""
    present = inventory.server(inventory.present_master) if inventory.present_master else None
    if inventory.change != "move" or inventory.stage is Stage.CLUSTERED or present is None:
        return
    services, identities = others.get(present.name), known.get(present.name)
    if not isinstance(services, Services) or not isinstance(identities, Identities):
        message = next((each.message for each in (services, identities) if isinstance(each, Missing)), "not asked")
        yield not_verified(
            f"The account of the present master {present.name} is not known: {message}",
            hint="Let the present master secret server be read.",
            servers=(present.name,),
            severity=Severity.MEDIUM,
        )
        return
    master = _see(present.name, account_of(services, None, is_configured=True), identities)
    row = Row(present.name, first.name, f"{master.name} ({master.key or 'not resolved'})", SOURCE)
    if master.key is None:
        yield not_verified(
            f"The account of the present master is not known: {master.unknown}",
            hint=RESOLVE,
            evidence=(row,),
            servers=(present.name,),
            severity=Severity.MEDIUM,
        )
    elif master.key != first.key:
        yield failed(
            f"ENTSSO runs as {master.name} on the present master {present.name}, but as {first.name} on {first.node}",
            why="What the present account was granted, in SQL Server and in the domain, the other one has to be "
            "granted too before the secret moves.",
            expected=master.name,
            observed=first.name,
            evidence=(row,),
            servers=(first.node,),
            fix=(Step("Let ENTSSO log on as the present master's account on every node, or grant the other one all."),),
            severity=Severity.MEDIUM,
        )


def _alike(clear: list[_Seen], recorded: str | None, rows: tuple[Row, ...]) -> Outcome:
    nodes, name = ", ".join(each.node for each in clear), clear[0].name
    if all(each.account and each.account.is_planned for each in clear):
        return passed(f"ENTSSO is set up on none of {nodes} yet; all know the recorded {name} as one", evidence=rows)
    if len(clear) == 1 and recorded is None:
        return not_applicable(f"{nodes} is the only node, and no account is recorded: there is nothing to compare")
    return passed(f"ENTSSO runs as {name} on {nodes}{', as recorded' if recorded else ''}", evidence=rows)


def _failed(text: str, expected: str, observed: str, rows: tuple[Row, ...], inventory: Inventory) -> Outcome:
    logon = Step("Let ENTSSO log on as the one account on every node.", impact="ENTSSO restarts")
    holds = inventory.cluster_role is ClusterRole.MASTER
    return failed(
        text,
        why="The secret stays encrypted under the old identity, and the next start cannot decrypt it."
        if holds
        else "After a failover ENTSSO has the rights of another account, in SQL Server and at the master.",
        expected=expected,
        observed=observed,
        evidence=rows,
        servers=tuple(row.subject for row in rows),
        fix=(
            Step("Back up the master secret before anything else."),
            logon,
            Step("Restore the master secret on every node.", impact="none"),
        )
        if holds
        else (logon,),
    )
