"""Every SSO server must use the same SSODB."""

from collections.abc import Iterator, Mapping
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
            return Likeness.MAYBE
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
def same_on_every_server(registry: PerServer[EntssoRegistry], inventory: Inventory) -> Iterator[Outcome]:
    """There is one SSODB. A server that was configured against another one, or created its own, has other
    credentials and another master secret server, and shows it only when it takes over. Spellings are compared
    without case, with the default port and the machine's SQL client aliases resolved; DNS is not asked, so that two
    host names count as two servers."""
    places = {name: _place(name, entry) for name, entry in registry.items() if entry.is_configured}
    bare = {name: entry for name, entry in registry.items() if name not in places}
    if bare and inventory.stage > Stage.PLANNED:
        yield _bare(bare)
    if not places:
        yield not_applicable(f"No server is configured yet: {', '.join(bare)}")
        return
    reference, of = _reference(places, inventory)
    rows = tuple(Row(name, str(reference), str(place), SOURCE) for name, place in places.items())
    different = _like(places, reference, Likeness.DIFFERENT)
    if different:
        yield _different(different, reference, of, rows)
    unsure = _like(places, reference, Likeness.MAYBE)
    if unsure:
        yield not_verified(
            f"The spelling does not tell whether this is the SSODB of {of}, {reference}: {_list(unsure)}",
            hint="Write it the same way everywhere, best as the virtual name of SQL Server.",
            evidence=rows,
            servers=unsure,
        )
    left_out = f"; not configured yet: {', '.join(bare)}" if bare else ""
    yield passed(f"{reference} is the SSODB of {', '.join(places)}{left_out}", evidence=rows)


def _place(name: str, entry: EntssoRegistry) -> _Place:
    server, database = entry.sql_server or "", entry.sql_database or ""
    return _Place(server, database, parse_sql_address(server, name, entry.sql_aliases))


def _like(places: Mapping[str, _Place], reference: _Place, likeness: Likeness) -> dict[str, _Place]:
    return {name: place for name, place in places.items() if place.likeness(reference) is likeness}


def _list(places: Mapping[str, _Place]) -> str:
    return "; ".join(f"{name}: {place}" for name, place in places.items())


def _reference(places: Mapping[str, _Place], inventory: Inventory) -> tuple[_Place, str]:
    """What all are compared with, and whose it is: the inventory's SSODB, else what most servers use."""
    of = max(places, key=lambda name: len(_like(places, places[name], Likeness.SAME)))
    common, sql = places[of], inventory.sql
    if sql.server is None and sql.database is None:
        return common, of
    address = common.address if sql.server is None else parse_sql_address(sql.server, "")
    if address is not None and not address.host:
        address = None  # "localhost" is the auditing host, or whichever the author of the inventory meant
    return _Place(sql.server or common.server, sql.database or common.database, address), INVENTORY


def _bare(bare: Mapping[str, EntssoRegistry]) -> Outcome:
    observed = {
        name: f"Server {entry.sql_server or 'missing'}, Database {entry.sql_database or 'missing'}"
        for name, entry in bare.items()
    }
    seen = "; ".join(f"{name}: {values}" for name, values in observed.items())
    return failed(
        f"ENTSSO is not configured everywhere: {seen}",
        why="Without its SSODB, ENTSSO cannot start there (event 10511).",
        expected="Server and Database below ENTSSO\\SQL",
        observed=seen,
        evidence=tuple(Row(name, "a server and a database", values, SOURCE) for name, values in observed.items()),
        servers=bare,
        fix=(Step("Configure Enterprise SSO there: join the existing SSO system.", on=", ".join(bare)),),
    )


def _different(different: Mapping[str, _Place], reference: _Place, of: str, rows: tuple[Row, ...]) -> Outcome:
    observed = _list(different)
    return failed(
        f"Another SSODB than that of {of}, {reference}: {observed}",
        why="Unless both names lead to one instance, such a server has other credentials and another master secret "
        "server than the rest of the estate.",
        expected=str(reference),
        observed=observed,
        evidence=rows,
        servers=different,
        fix=(
            Step(
                f"Point ENTSSO to {reference} with ssoconfig -setDB, in the installation folder of Enterprise Single "
                "Sign-On; take the resource offline first where the server owns it. Where the address of the others, "
                "or of the inventory, is the wrong one, correct that.",
                on=", ".join(different),
                impact="ENTSSO restarts",
            ),
        ),
    )
