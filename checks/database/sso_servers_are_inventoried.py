"""Every SSO server that uses SSODB must be audited."""

import ipaddress
from collections.abc import Iterable

from ssoaudit.facts import ClusterView, Env, SqlSession, SsoServers
from ssoaudit.facts.cluster_view import NETWORK_NAME
from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.plugin import (
    Grade,
    Inventory,
    Missing,
    Outcome,
    PerMachine,
    Profile,
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
)

SOURCE = "SSOX_Servers"


@check(
    title="Every SSO server is in the inventory",
    each=Target.DATABASE,
    severity=Severity.HIGH,
    profiles=(Profile.PREFLIGHT, Profile.COMPLIANCE),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/sso-security-recommendations",
        "https://learn.microsoft.com/biztalk/core/how-to-display-the-sso-database-information",
    ),
)
def sso_servers_are_inventoried(
    registered: SsoServers | Missing,
    machines: PerMachine[Env | Missing],
    cluster: ClusterView | Missing,
    session: SqlSession | Missing,
    inventory: Inventory,
) -> Outcome:
    """Each server that runs ENTSSO registers itself in SSODB for ten days. One that is not in the inventory is looked
    at by no other check, and stops with the master secret server all the same. A clustered ENTSSO may register by the
    network name or by the node's. How often a server registers is not documented: one that has not done so for ten days
    is not seen, and one that was taken out of service is seen for up to ten days."""
    if isinstance(registered, Missing):
        if inventory.change == "new" and inventory.stage is Stage.PLANNED:
            return not_applicable("SSODB is still to be made, says the inventory (change: new)")
        return not_verified(f"Which SSO servers use SSODB is not known: {registered.message}", hint=registered.hint)
    names = registered.current
    if not names:
        return not_verified(
            "No SSO server has registered in SSODB within ten days, so which ones use it is not known",
            hint="See that ENTSSO runs on the master secret server, and collect again.",
        )
    doubt = doubt_about_primary(session)
    note = f"; {doubt}" if doubt else ""
    known = _known(machines, cluster, inventory)
    strange = [name for name in names if not any(_is_one(name, each) for each in known)]
    rows = tuple(Row(name, "in the inventory", "missing" if name in strange else "there", SOURCE) for name in names)
    if not strange:
        text = f"Every SSO server that uses SSODB is in the inventory: {', '.join(names)}{note}"
        return passed(text, evidence=rows)
    listed = ", ".join(strange)
    return failed(
        f"SSO servers use SSODB that the inventory does not name: {listed}{note}",
        why="No check looks at them: what is wrong there shows when the master secret server fails over.",
        expected="every registered server in the inventory",
        observed=listed,
        evidence=rows,
        fix=(
            Step(
                "Add each to the servers of the inventory, under the name Windows gives it, with the role biztalk "
                "where it runs BizTalk Server; a remote master as present_master.",
                on="the auditing host",
            ),
            Step("Where one was taken out of service, wait: its registration ends within ten days."),
            Step("Where nobody knows one, find out who runs ENTSSO against this SSODB.", on=listed),
        ),
    )


def _known(machines: PerMachine[Env | Missing], cluster: ClusterView | Missing, inventory: Inventory) -> set[str]:
    """Every name by which a server of the inventory may register."""
    names = {server.host for server in inventory.servers}
    by_address = {server.name for server in inventory.servers if _is_address(server.host)}
    names |= {env.computer_name for name, env in machines.items() if isinstance(env, Env) and name in by_address}
    names |= {name for name in (inventory.network_name, inventory.present_master) if name}
    return names | set(_network_names(cluster))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _network_names(cluster: ClusterView | Missing) -> Iterable[str]:
    """The names of the group that has ENTSSO."""
    if isinstance(cluster, Missing):
        return
    groups = {entsso.group for entsso in cluster.entsso_resources}
    for group in groups:
        for resource in cluster.in_group(group, NETWORK_NAME):
            yield from filter(None, (resource.network_name, resource.dns_name))


def _is_one(one: str, other: str) -> bool:
    """Whether two names may be one server's: alike as far as both go, a short one without a domain."""
    one, other = one.casefold(), other.casefold()
    if "." in one and "." in other:
        return one == other
    label, short = one.partition(".")[0], other.partition(".")[0]
    return label == short or label[:NETBIOS_LENGTH] == short
