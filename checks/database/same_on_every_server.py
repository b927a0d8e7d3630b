"""Every SSO server must use the same SSODB."""

from collections import Counter
from dataclasses import dataclass

from ssoaudit.facts import EntssoRegistry
from ssoaudit.facts.sql_address import Likeness, SqlAddress, parse_sql_address
from ssoaudit.plugin import (
    ALL_PROFILES,
    Grade,
    Inventory,
    Outcome,
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

SOURCE = r"HKLM\SOFTWARE\Microsoft\ENTSSO\SQL"
INVENTORY = "the inventory"


@dataclass(frozen=True)
class _Place:
    """Where a server looks for SSODB: as written, and as understood."""

    server: str
    database: str
    address: SqlAddress | None

    def __str__(self) -> str:
        return f"{self.database} on {self.server}"

    def likeness(self, other: "_Place") -> Likeness:
        if self.database.casefold() != other.database.casefold():
            return Likeness.DIFFERENT
        if self.address is None or other.address is None:
            return Likeness.SAME if self.server.casefold() == other.server.casefold() else Likeness.MAYBE
        return self.address.likeness(other.address)


@check(
    title="Every server uses the same SSODB",
    each=Target.ESTATE,
    severity=Severity.CRITICAL,
    profiles=ALL_PROFILES,
    stage=Stage.PLANNED,
    grade=Grade.CONFIRMED,
    references=(
        "https://learn.microsoft.com/biztalk/core/single-sign-on-event-10511",
        "https://learn.microsoft.com/biztalk/core/sso-security-recommendations",
    ),
)
def same_on_every_server(registry: PerServer[EntssoRegistry], inventory: Inventory) -> Outcome:
    """There is one SSODB. A server that was configured against another one, or created its own, has other
    credentials and another master secret server, and shows it only when it takes over. Spellings are compared
    without case, with the default port and the machine's SQL client aliases resolved; DNS is not asked."""
    configured = {name: entry for name, entry in registry.items() if entry.is_configured}
    bare = [name for name in registry if name not in configured]
    if bare and inventory.stage > Stage.PLANNED:
        return _bare(bare)
    if not configured:
        return not_applicable("No server is configured yet.")
    places = {name: _place(name, entry) for name, entry in configured.items()}
    reference, of = _reference(places, inventory)
    rows = tuple(Row(name, str(reference), str(place), SOURCE) for name, place in places.items())
    different = [name for name, place in places.items() if place.likeness(reference) is Likeness.DIFFERENT]
    if different:
        return _different(different, places, reference, of, rows)
    unsure = [name for name, place in places.items() if place.likeness(reference) is Likeness.MAYBE]
    if unsure:
        return not_verified(
            f"{', '.join(unsure)} may mean the same SSODB as {of}, but spells it otherwise: "
            f"{places[unsure[0]]} and {reference}",
            hint="Write it the same way everywhere, best as the virtual name of SQL Server.",
            evidence=rows,
            servers=unsure,
        )
    return passed(f"{', '.join(places)} use {reference}", evidence=rows)


def _place(name: str, entry: EntssoRegistry) -> _Place:
    server, database = entry.sql_server or "", entry.sql_database or ""
    return _Place(server, database, parse_sql_address(server, name, entry.sql_aliases))


def _reference(places: dict[str, _Place], inventory: Inventory) -> tuple[_Place, str]:
    """What all are compared with, and whose it is: the inventory's SSODB, else what most servers use."""
    common, _ = Counter(places.values()).most_common(1)[0]
    of = next(name for name, place in places.items() if place == common)
    if inventory.sql.server is None:
        return common, of
    address = parse_sql_address(inventory.sql.server, "")
    return _Place(inventory.sql.server, inventory.sql.database or common.database, address), INVENTORY


def _bare(names: list[str]) -> Outcome:
    return failed(
        f"{', '.join(names)} does not know its SSODB: the registry names no server and database",
        why="ENTSSO cannot start there (event 10511).",
        expected="Server and Database below ENTSSO\\SQL",
        observed="missing",
        evidence=tuple(Row(name, "a server and a database", "missing", SOURCE) for name in names),
        servers=names,
        fix=(Step("Configure Enterprise SSO there: join the existing SSO system.", on=", ".join(names)),),
    )


def _different(
    names: list[str], places: dict[str, _Place], reference: _Place, of: str, rows: tuple[Row, ...]
) -> Outcome:
    observed = "; ".join(f"{name}: {places[name]}" for name in names)
    return failed(
        f"{', '.join(names)} uses another SSODB than {of}: {observed}, not {reference}",
        why="It has other credentials and another master secret server than the rest of the estate.",
        expected=str(reference),
        observed=observed,
        evidence=rows,
        servers=names,
        fix=(
            Step(
                f"Point ENTSSO to {reference} with ssoconfig -setDB, in the installation folder of Enterprise Single "
                "Sign-On; take the resource offline first where the server owns it.",
                on=", ".join(names),
                impact="ENTSSO restarts",
            ),
        ),
    )
