"""The matrix of servers and checks: one row for each check, one column for each server, and one for the domain."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ssoaudit.reports import words
from ssoaudit.result import CheckRecord, Finding, Result, ServerRecord
from ssoaudit.vocabulary import Role, Severity, State

_WIDEST_NAME = 11
_MOST_COLUMNS = 12
_NAMED_SERVERS = 3
_GROUPS = ("Estate", "Cluster nodes", "SSO servers", "BizTalk servers", "SQL servers")
_MARKED = (State.FAIL, State.NOT_VERIFIED, State.WARNING)
_DOMAIN = 0


@dataclass(frozen=True)
class Column:
    """A server, or the domain as a whole; `first` where a group of columns begins."""

    name: str
    group: str
    answered: bool
    first: bool


@dataclass(frozen=True)
class Group:
    """Adjacent columns under one heading."""

    name: str
    span: int


@dataclass(frozen=True)
class Cell:
    """The worst that a check says in a column; `anchor` leads to the finding, if it needs attention."""

    state: State
    anchor: str | None


@dataclass(frozen=True)
class Row:
    """A check and its cells, None where it has nothing to say."""

    check: str
    title: str
    severity: Severity
    worst: State
    anchor: str | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Rows in three blocks: what needs attention, what only a silent server keeps open, and the rest."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    dense: bool
    attention: tuple[Row, ...]
    silent_only: tuple[Row, ...]
    quiet: tuple[Row, ...]
    silent: str


def build(result: Result, anchor: Mapping[Finding, str]) -> Matrix:
    """Draw up the matrix of a result; `anchor` tells where each finding stands in the page."""
    servers = sorted(result.servers, key=_group)
    columns = tuple(_columns(servers))
    position = {server.name.casefold(): at for at, server in enumerate(servers, start=1)}
    rows = sorted((_row(check, result, position, anchor) for check in result.checks), key=_urgency)
    blocks: dict[str, list[Row]] = {"attention": [], "silent_only": [], "quiet": []}
    for row in rows:
        blocks[_block(row, columns)].append(row)
    return Matrix(
        columns=columns,
        groups=tuple(Group(name, len(list(members))) for name, members in groupby(column.group for column in columns)),
        dense=len(columns) > _MOST_COLUMNS or any(len(column.name) > _WIDEST_NAME for column in columns),
        attention=tuple(blocks["attention"]),
        silent_only=tuple(blocks["silent_only"]),
        quiet=tuple(blocks["quiet"]),
        silent=words.some([column.name for column in columns if not column.answered], _NAMED_SERVERS),
    )


def _group(server: ServerRecord) -> int:
    if Role.CLUSTER in server.roles:
        return 1
    if Role.BIZTALK in server.roles:
        return 3
    return 4 if Role.SQL in server.roles else 2


def _columns(servers: Sequence[ServerRecord]) -> Iterator[Column]:
    yield Column("Domain", _GROUPS[_DOMAIN], answered=True, first=True)
    before = _DOMAIN
    for server in servers:
        group = _group(server)
        yield Column(server.name, _GROUPS[group], answered=server.answered, first=group != before)
        before = group


def _row(check: CheckRecord, result: Result, position: Mapping[str, int], anchor: Mapping[Finding, str]) -> Row:
    """A check that says nothing at all is not verified: silence is never a pass."""
    cells: list[Cell | None] = [None] * (len(position) + 1)
    for finding in result.findings:
        if finding.check == check.id:
            state = result.state(finding)
            for column in _places(finding, state, position):
                cells[column] = _worse(cells[column], Cell(state, anchor.get(finding)))
    if not any(cells):
        cells[_DOMAIN] = Cell(State.NOT_VERIFIED, None)
    worst = min((cell for cell in cells if cell), key=_badness)
    return Row(check.id, check.title, check.severity, worst.state, worst.anchor, tuple(cells))


def _places(finding: Finding, state: State, position: Mapping[str, int]) -> Iterable[int]:
    """A server's finding stands in its column; any other in the domain's, and where it hurts it marks its servers."""
    own = position.get(finding.target.casefold())
    if own is not None:
        return (own,)
    named = finding.servers if state in _MARKED else ()
    return (_DOMAIN, *(position[name.casefold()] for name in named if name.casefold() in position))


def _worse(one: Cell | None, other: Cell) -> Cell:
    return other if one is None else min(one, other, key=_badness)


def _badness(cell: Cell) -> int:
    return list(State).index(cell.state)


def _urgency(row: Row) -> tuple[int, int, str]:
    return list(State).index(row.worst), -list(Severity).index(row.severity), row.check


def _block(row: Row, columns: Sequence[Column]) -> str:
    read = {cell.state for cell, column in zip(row.cells, columns, strict=True) if cell and column.answered}
    silent = {cell.state for cell, column in zip(row.cells, columns, strict=True) if cell and not column.answered}
    if not read | silent <= {State.PASS, State.NOT_APPLICABLE, State.NOT_VERIFIED} or State.NOT_VERIFIED in read:
        return "attention"
    if State.NOT_VERIFIED in silent:
        return "silent_only" if State.PASS in read else "attention"
    return "quiet"
