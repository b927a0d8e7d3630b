"""An SSO server must reach a SQL Server that fails over by the name that fails over with it."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from ssoaudit.facts import AvailabilityGroup, EntssoRegistry, Env, SqlServer, SqlSession
from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.facts.sql_address import SqlAddress, parse_sql_address
from ssoaudit.facts.sql_server import SqlServerRow
from ssoaudit.plugin import (
    Grade,
    Inventory,
    Missing,
    Outcome,
    PerMachine,
    Profile,
    Row,
    Server,
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

SOURCE = r"HKLM\SOFTWARE\Microsoft\ENTSSO\SQL"
_CLUSTERED = {True: "is a clustered SQL Server", False: "does not say whether it is clustered"}


@check(
    title="SSODB is addressed by a virtual name",
    each=Target.SERVER,
    severity=Severity.HIGH,
    profiles=(Profile.PREFLIGHT, Profile.COMPLIANCE),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/high-availability-using-sql-server-always-on-availability-groups",
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10511",
    ),
)
def address_is_virtual(
    server: Server,
    registry: EntssoRegistry,
    *,
    sql: SqlServer | Missing,
    availability: AvailabilityGroup | Missing,
    session: SqlSession | Missing,
    machines: PerMachine[Env | Missing],
    inventory: Inventory,
) -> Outcome:
    """A clustered SQL Server moves with its virtual name, a database in an availability group is found by the listener.
    A server that looks for SSODB on one machine works until that machine hands it over. Client aliases of the server
    are resolved, DNS is not asked. A listener's name is not known to this check: of an availability group the address
    passes by which the auditor reached the primary, if it is not the primary's own name, so that an alias in DNS for a
    machine is not seen."""
    if not registry.is_configured:
        return not_applicable(f"{server.name} does not know SSODB yet: database.same-on-every-server looks at that")
    if isinstance(sql, Missing) or isinstance(availability, Missing):
        if inventory.change == "new" and inventory.stage is Stage.PLANNED:
            return not_applicable("SSODB is still to be made, says the inventory (change: new)")
        told = next(fact for fact in (sql, availability) if isinstance(fact, Missing))
        return not_verified(f"Whether SSODB fails over is not known: {told.message}", hint=told.hint)
    instance, group = sql.rows[0], availability.rows[0].group_database_id
    if not group and instance.is_clustered == 0:
        return not_applicable("SSODB is on a stand-alone SQL Server, which has no virtual name")
    reached = parse_sql_address(inventory.sql.server, "") if inventory.sql.server else None
    virtual = _Virtual(instance, group is not None, reached, doubt_about_primary(session))
    return _judged(server, registry, virtual, _machines(machines, inventory))


@dataclass(frozen=True)
class _Virtual:
    """How SSODB fails over, and by which name it is found then.

    `in_group`: whether it does so with an availability group. `reached` is the inventory's address of SSODB, `doubt`
    why it may not have been the primary that answered there.
    """

    instance: SqlServerRow
    in_group: bool
    reached: SqlAddress | None
    doubt: str | None

    @property
    def name(self) -> str | None:
        """The virtual name of a clustered SQL Server; None for a listener's, which SQL Server was not asked for."""
        return None if self.in_group or self.instance.is_clustered != 1 else self.instance.machine_name

    def __str__(self) -> str:
        if self.in_group:
            return "SSODB is in an availability group"
        return f"{self.instance.machine_name or 'SQL Server'} {_CLUSTERED[self.instance.is_clustered == 1]}"

    def machines(self) -> dict[str, str]:
        """The names that are known to stand for one machine, or for one replica, each with whose it is."""
        known: dict[str, str] = {}
        if self.in_group and self.instance.machine_name:
            known[_label(self.instance.machine_name)] = f"{self.instance.machine_name}, one replica"
        if self.instance.physical_node:
            node = self.instance.physical_node
            known[_label(node)] = f"the machine {node}, which has SSODB now"
        return known


def _judged(server: Server, registry: EntssoRegistry, virtual: _Virtual, machines: Mapping[str, str]) -> Outcome:
    written = registry.sql_server or ""
    address = parse_sql_address(written, server.name, registry.sql_aliases)
    better = virtual.name or ("the listener of its availability group" if virtual.in_group else "its virtual name")
    row = Row(server.name, better, _shown(written, address), SOURCE)
    if address is None:
        return not_verified(
            f"{server.name} looks for SSODB on {written}, which cannot be read as an address; {virtual}",
            hint=f"Write {better} there.",
            evidence=(row,),
        )
    label, shown = _label(address.host), _shown(written, address)
    if virtual.name is not None and label == _label(virtual.name):
        return passed(f"{server.name} looks for SSODB on {shown}; {virtual}", evidence=(row,))
    whose = {**machines, **virtual.machines()}.get(label)
    if whose is not None:
        return _failed(server, f"{shown}: that is {whose}", better, virtual, row)
    unknown = _unknown(virtual, address)
    if unknown is None:
        return passed(
            f"{server.name} looks for SSODB on {shown}, by which the primary answered under another name; {virtual}",
            evidence=(row,),
        )
    return not_verified(
        f"{server.name} looks for SSODB on {shown}; whether that moves in a failover is not known, but {virtual}"
        f"{unknown.text}",
        hint=unknown.hint or f"Look up where it leads; best write {better} there.",
        evidence=(row,),
    )


@dataclass(frozen=True)
class _Unknown:
    """What keeps an address from being known as the listener's: the end of a sentence, and what to do."""

    text: str = ""
    hint: str = ""


def _unknown(virtual: _Virtual, address: SqlAddress) -> _Unknown | None:
    """None for the address at which the primary of the group answered; its own name was told from that before.

    The name of a secondary may be one that nobody knows here, and so may the primary's where a secondary answered.
    """
    if not virtual.in_group or _is_ip(address.host):
        return _Unknown()
    if virtual.reached is None or not virtual.reached.is_also(address):
        hint = "Write the listener of the availability group into the inventory, as sql.server."
        return _Unknown(", and the inventory names another address of SSODB or none", hint)
    if virtual.doubt is not None:
        hint = "Read the primary: write sql.application_intent: readwrite into the inventory."
        return _Unknown(f"; {virtual.doubt}", hint)
    return None


def _machines(machines: Mapping[str, Env | Missing], inventory: Inventory) -> dict[str, str]:
    """The names and addresses of the inventory that stand for one machine, each with whose it is.

    Nodes are machines. What else the inventory names is one if it answered by that name: a virtual name does not.
    """
    known: dict[str, str] = {}
    for server in inventory.servers:
        env = machines.get(server.name)
        if isinstance(env, Env) or server.is_node:
            names = (server.host, server.address, env.computer_name if isinstance(env, Env) else None)
            known |= {_label(name): f"the machine {server.name}" for name in names if name}
    return known


def _label(name: str) -> str:
    """What names of one machine have in common: the NetBIOS name, in lower case; an address stays whole."""
    return name.casefold() if _is_ip(name) else name.partition(".")[0][:NETBIOS_LENGTH].casefold()


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(written: str, address: SqlAddress | None) -> str:
    """The address as it is written, and the host behind it where that is another."""
    if address is None or address.host in written.casefold():
        return written
    return f"{written} ({address.host})"


def _failed(server: Server, said: str, better: str, virtual: _Virtual, row: Row) -> Outcome:
    return failed(
        f"{server.name} looks for SSODB on {said}, but {virtual}",
        why="After a failover of SQL Server ENTSSO does not find SSODB there, although it is up.",
        expected=better,
        observed=row.observed,
        evidence=(row,),
        servers=(server.name,),
        fix=(
            Step(
                f"Point ENTSSO to {better} with ssoconfig -setDB, in the installation folder of Enterprise Single "
                "Sign-On; where a SQL client alias leads to the machine, correct the alias. Take the resource offline "
                "first where the server owns it.",
                on=server.name,
                impact="ENTSSO restarts",
            ),
            Step("Write the same name into the inventory, below sql.", on="the auditing host"),
        ),
    )
