"""SSODB must survive the loss of one SQL Server machine."""

from ssoaudit.facts import AvailabilityGroup, SqlServer
from ssoaudit.plugin import (
    Grade,
    Inventory,
    Missing,
    Outcome,
    Profile,
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

SERVER = "SERVERPROPERTY"
GROUP = "sys.databases.group_database_id"


@check(
    title="SSODB is highly available",
    each=Target.DATABASE,
    severity=Severity.MEDIUM,
    profiles=(Profile.PREFLIGHT, Profile.COMPLIANCE),
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/technical-guides/clustering-the-master-secret-server",
        "https://learn.microsoft.com/biztalk/core/high-availability-using-sql-server-always-on-availability-groups",
    ),
)
def is_highly_available(
    server: SqlServer | Missing, availability: AvailabilityGroup | Missing, inventory: Inventory
) -> Outcome:
    """A clustered master secret server is worth no more than the database behind it: without SSODB no SSO server
    starts. SSODB fails over with a clustered SQL Server, or with the availability group that it is in itself; that the
    server has groups is not enough. Whether the group has a second replica that is in step, and mirroring or log
    shipping, this check does not see."""
    missing = [fact for fact in (server, availability) if isinstance(fact, Missing)]
    if len(missing) > 1 and inventory.change == "new" and inventory.stage is Stage.PLANNED:
        return not_applicable("SSODB is still to be made, says the inventory (change: new)")
    rows = []
    instance = None if isinstance(server, Missing) else server.rows[0]
    if instance is not None:
        name = instance.server_name or "SQL Server"
        rows.append(Row(name, "IsClustered = 1", f"IsClustered = {_told(instance.is_clustered)}", SERVER))
        rows.append(Row(name, "", f"IsHadrEnabled = {_told(instance.is_hadr_enabled)}", SERVER))
        if instance.is_clustered == 1:
            return passed(f"SSODB is on {name}, a clustered SQL Server", evidence=rows)
    group = None
    if not isinstance(availability, Missing):
        group = availability.rows[0].group_database_id
        rows.append(Row("SSODB", "or in an availability group", group or "in none", GROUP))
        if group:
            return passed("SSODB is in an availability group", evidence=rows)
    if missing:
        told = "; ".join(dict.fromkeys(fact.message for fact in missing))
        return not_verified(
            f"Whether SSODB fails over with its SQL Server is not known: {told}", hint=missing[0].hint, evidence=rows
        )
    if instance is None or instance.is_clustered is None:
        return not_verified(
            "SQL Server does not say whether it is clustered, and SSODB is in no availability group",
            hint="Ask a database administrator how SSODB survives the loss of this server.",
            evidence=rows,
        )
    return _failed(instance.server_name or "SQL Server", rows, has_groups=instance.is_hadr_enabled == 1)


def _told(value: int | None) -> str:
    return "not known" if value is None else str(value)


def _failed(name: str, rows: list[Row], *, has_groups: bool) -> Outcome:
    observed = (
        f"{name} may have availability groups, but SSODB is in none"
        if has_groups
        else f"{name} is not clustered, and SSODB is in no availability group"
    )
    return failed(
        f"SSODB is on one machine only: {observed}",
        why="While that machine is down no SSO server starts and no new credentials are looked up, on whichever node "
        "ENTSSO runs.",
        expected="a clustered SQL Server, or SSODB in an availability group",
        observed=observed,
        evidence=rows,
        fix=(
            Step(
                "Add SSODB to an availability group with synchronous commit, and the logins of the SSO groups to every "
                "replica."
                if has_groups
                else "Move SSODB to a clustered SQL Server, or add it to an availability group with synchronous commit."
            ),
            Step(
                "Point ENTSSO to the virtual name, or to the group's listener, with ssoconfig -setDB, in the "
                "installation folder of Enterprise Single Sign-On; the inventory as well.",
                on="each SSO server",
                impact="ENTSSO restarts",
            ),
        ),
    )
