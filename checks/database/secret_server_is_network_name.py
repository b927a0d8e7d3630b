"""SSODB must name the master secret server by the name under which it fails over."""

import ipaddress
from dataclasses import dataclass

from ssoaudit.facts import ClusterResource, ClusterView, Env, GlobalInfo, Lacking
from ssoaudit.facts.cluster_view import NETWORK_NAME
from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.facts.global_info import NOT_CONFIGURED
from ssoaudit.plugin import (
    ALL_PROFILES,
    ClusterRole,
    Grade,
    Inventory,
    Missing,
    Outcome,
    PerMachine,
    Row,
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

SOURCE = "SSOX_GlobalInfo.gi_SecretServer"
CONTENT = "<sso><globalInfo><secretServer>NAME</secretServer></globalInfo></sso>"


@dataclass(frozen=True)
class _Wanted:
    """A name that SSODB may hold: its NetBIOS form, the first label of its DNS name, and whose it is."""

    short: str
    dns: str
    whose: str

    def is_named(self, named: str) -> bool:
        """Whether this is the name, to the letter but for case."""
        return named.casefold() == self.short.casefold()

    def is_long(self, named: str) -> bool:
        """Whether this is the name in its DNS form, with a domain or without."""
        return _label(named) in {self.short.casefold(), self.dns.casefold()}


@check(
    title="SSODB names the network name",
    each=Target.DATABASE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/how-to-cluster-the-master-secret-server1",
        "https://learn.microsoft.com/biztalk/core/how-to-change-the-master-secret-server",
    ),
)
def secret_server_is_network_name(
    info: GlobalInfo | Missing,
    cluster: ClusterView | Missing,
    machines: PerMachine[Env | Missing],
    inventory: Inventory,
) -> Outcome:
    """Every SSO server fetches the secret from the machine that SSODB names. Once the cluster is the master secret
    server that has to be the network name of ENTSSO's own role: with a node's name the secret is gone at the first
    failover, with the name of the cluster itself nobody answers. Before that, and where the master is elsewhere, it is
    the name of the present or remote master. Whether ENTSSO takes a long name for its own is told by its events, which
    this check does not see."""
    if isinstance(info, Missing):
        if inventory.change == "new" and inventory.stage is Stage.PLANNED:
            return not_applicable("SSODB is still to be made, says the inventory (change: new)")
        return not_verified(f"SSODB could not be read: {info.message}", hint=info.hint)
    if len(info.rows) != 1:
        number = "no row" if not info.rows else "more than one row"
        return not_verified(f"SSODB holds {number} of settings", hint="Settle database.is-configured first.")
    named = info.rows[0].gi_SecretServer.strip()
    network_name, why = _network_name(cluster, inventory)
    if _is_clustered_master(inventory):
        hint = "Let a node be read; settle cluster.entsso-is-generic-service and cluster.group-has-name-and-address."
        return _judged(named, network_name, None, inventory, cluster, why=why, hint=hint)
    early = network_name if inventory.cluster_role is ClusterRole.MASTER else None
    why = "The inventory does not tell which server holds the master secret now"
    hint = "Write present_master into the inventory: that server, by its computer name."
    return _judged(named, _present_master(machines, inventory), early, inventory, cluster, why=why, hint=hint)


def _is_clustered_master(inventory: Inventory) -> bool:
    return inventory.cluster_role is ClusterRole.MASTER and inventory.stage is Stage.CLUSTERED


def _judged(
    named: str,
    wanted: _Wanted | None,
    early: _Wanted | None,
    inventory: Inventory,
    cluster: ClusterView | Missing,
    *,
    why: str,
    hint: str,
) -> Outcome:
    """The name against the wanted one, or the one that is wanted at the end; `why` and `hint` where neither is it."""
    row = Row("SSODB", wanted.short if wanted else "not known", named, SOURCE)
    if wanted and wanted.is_named(named):
        return passed(f"SSODB names {wanted.whose}, {wanted.short}", evidence=(row,))
    if early and early.is_named(named):
        return passed(f"SSODB already names {early.whose}, {named}; it is meant to at the end", evidence=(row,))
    for each in (wanted, early):
        if each and each.is_long(named):
            return not_verified(
                f"SSODB names {named}, a long form of {each.whose} {each.short}",
                hint="Event 10534 after the newest start of ENTSSO proves that it takes this for its own name; "
                f"better write {each.short}.",
                evidence=(row,),
            )
    machine = _machine(named, inventory, cluster)
    mistake = _no_machine(named, cluster) or (machine if _is_clustered_master(inventory) else None)
    if wanted is None and mistake is None:
        return not_verified(f"Whether SSODB should name {named} is not known: {why}", hint=hint, evidence=(row,))
    said = (
        mistake
        or machine
        or _role(named, cluster)
        or f"{named}, which is no name known here (an alias, or another server)"
    )
    return _failed(said, named, wanted, inventory, row)


def _failed(said: str, named: str, wanted: _Wanted | None, inventory: Inventory, row: Row) -> Outcome:
    clustered = _is_clustered_master(inventory)
    whose = "the network name" if clustered else "the master secret server"
    return failed(
        f"SSODB names {said}, not {f'{wanted.whose} {wanted.short}' if wanted else whose}",
        why="SSO servers fetch the master secret from the named machine: after a failover nobody answers there."
        if clustered
        else "SSO servers fetch the master secret from the named machine, which does not have it.",
        expected=wanted.short if wanted else whose,
        observed=named,
        evidence=(row,),
        fix=_fix(wanted.short if wanted else whose, "the node that owns ENTSSO" if clustered else "an SSO server"),
    )


def _present_master(machines: PerMachine[Env | Missing], inventory: Inventory) -> _Wanted | None:
    """The present or remote master by its own computer name; None where the inventory has no name for it."""
    named = inventory.present_master
    server = inventory.server(named) if named else None
    env = machines.get(server.name) if server else None
    if server and isinstance(env, Env):
        return _Wanted(env.computer_name, _label(server.host), "the present master secret server")
    name = server.name if server else named
    if name is None or _is_address(name):
        return None
    label = _label(name)
    return _Wanted(label[:NETBIOS_LENGTH].upper(), label, "the present master secret server")


def _short(name: str) -> str:
    """A name as NetBIOS has it: its first label, in capitals, cut."""
    return name.partition(".")[0][:NETBIOS_LENGTH].upper()


def _network_name(cluster: ClusterView | Missing, inventory: Inventory) -> tuple[_Wanted | None, str]:
    """The network name of ENTSSO's group; None, and why, where there is none, or more than one to choose from.

    Before the group exists, the one that the inventory plans.
    """
    planned = inventory.network_name
    try:
        if isinstance(cluster, Missing):
            why, names = f"the network name: {cluster.message}", []
        else:
            names = _names_of_entsso(cluster)
            why = f"ENTSSO's group {cluster.entsso.group} has {len(names)} network names, not one"
    except Lacking as lacking:
        why, names = f"the network name: {lacking.message}", []
    if len(names) > 1 and planned:
        names = [name for name in names if (name.network_name or "").casefold() == _short(planned).casefold()]
    if len(names) == 1:
        short = names[0].network_name or ""
        return _Wanted(short, _label(names[0].dns_name or short), "the network name"), ""
    if planned and not _is_clustered_master(inventory):
        return _Wanted(_short(planned), _label(planned), "the network name"), ""
    return None, why


def _names_of_entsso(cluster: ClusterView) -> list[ClusterResource]:
    """The named Network Names of ENTSSO's group; of several, those that ENTSSO depends on."""
    entsso = cluster.entsso
    names = [name for name in cluster.in_group(entsso.group, NETWORK_NAME) if name.network_name]
    if len(names) <= 1:
        return names
    needed = frozenset[str]().union(*cluster.dependencies_of(entsso))
    return [name for name in names if {name.id.casefold(), name.name.casefold()} & needed] or names


def _no_machine(named: str, cluster: ClusterView | Missing) -> str | None:
    """What the name is, where it can be that of no master secret server whatever."""
    if named in ("", NOT_CONFIGURED):
        return f"nobody ({named!r}: it was never configured)"
    if _is_address(named):
        return f"the IP address {named}"
    if isinstance(cluster, Missing):
        return None
    if _label(named) == cluster.name.casefold():
        return f"the cluster's own name {named}"
    is_resource = any(named.casefold() == resource.name.casefold() for resource in cluster.resources)
    if is_resource and _role(named, cluster) is None:
        return f"{named}, the name of a resource and of no machine"
    return None


def _role(named: str, cluster: ClusterView | Missing) -> str | None:
    """Which role of the cluster the name is the network name of."""
    if isinstance(cluster, Missing):
        return None
    own = {entsso.group for entsso in cluster.entsso_resources}
    for resource in cluster.resources:
        if _label(named) in {_label(resource.network_name or ""), _label(resource.dns_name or "")}:
            whose = "this cluster's own role" if resource.group in own else "another role"
            return f"{named}, the network name of {whose}, {resource.group}"
    return None


def _machine(named: str, inventory: Inventory, cluster: ClusterView | Missing) -> str | None:
    """Which machine the name is that of, if it is one that is known here."""
    label = _label(named)
    nodes = set() if isinstance(cluster, Missing) else {_label(node.name) for node in cluster.nodes}
    servers = {_label(server.host) for server in inventory.servers}
    if label in nodes | {_label(node.host) for node in inventory.nodes}:
        return f"the node {named}, one machine"
    if inventory.present_master and label == _label(inventory.present_master):
        return f"the old master {named}"
    return f"the server {named}, one machine" if label in servers else None


def _is_address(named: str) -> bool:
    try:
        ipaddress.ip_address(named.strip("[]"))
    except ValueError:
        return False
    return True


def _label(name: str) -> str:
    """What names of one machine have in common: the first label, in lower case; an address stays whole."""
    return name.casefold() if _is_address(name) else name.partition(".")[0].casefold()


def _fix(name: str, where: str) -> tuple[Step, ...]:
    return (
        Step(f"Write a file with this one line, NAME replaced by {name}: {CONTENT}", on=where),
        Step(
            "Update SSODB with it, as an SSO administrator, from an elevated prompt. Replace UPDATE-FILE.",
            on=where,
            impact="SSO servers look for the secret under the new name",
            command=cmd("ssomanage -updatedb UPDATE-FILE"),
        ),
        Step(
            "Restart ENTSSO on the SSO servers, one after the other.",
            impact="BizTalk host instances of the server restart",
        ),
    )
