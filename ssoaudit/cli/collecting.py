"""From an inventory to evidence: who logs on, and a bar while servers are read."""

import getpass
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ssoaudit import inventory as inventory_file
from ssoaudit.cli.session import BIZTALK_VARIABLE, SQL_VARIABLE, Session
from ssoaudit.credentials import Credential, Secret, resolve
from ssoaudit.documents import did_you_mean, visible
from ssoaudit.evidence import Evidence, Read, ServerEvidence
from ssoaudit.inventory import Inventory

if TYPE_CHECKING:
    from ssoaudit.collect.caller import Caller
    from ssoaudit.collect.collection import Options

logger = logging.getLogger(__name__)

SQL_SERVICE = "ssoaudit-sql"
"""The keyring's service for SQL logins: of one name, a login and a Windows account have two passwords."""


@dataclass(frozen=True)
class Manner:
    """How servers are read: how many at once, how many seconds one may take, what is read and done there.

    None leaves it to the collector. The others are the options of those names.
    """

    workers: int | None = None
    timeout: float | None = None
    connect_timeout: float | None = None
    no_compile: bool = False
    no_s4u: bool = False
    allow_temp_files: bool = False
    active_network: bool = False
    event_days: int | None = None
    event_count: int | None = None


@dataclass(frozen=True)
class Estate:
    """Whom to read: the inventory, and what servers have answered already, in files; `offline`: nobody else.

    `sources` are the files that all this was read from.
    """

    inventory: Inventory
    from_files: Mapping[str, ServerEvidence] = field(default_factory=dict)
    offline: bool = False
    sources: tuple[Path, ...] = ()


def estate_of(path: Path, manner: dict[str, Any]) -> Estate:
    """The inventory in a file, and the files of --from. What says whom to read is taken out of `manner`.

    Raises `DocumentError`, and `click.UsageError` where the options contradict each other or the inventory.
    """
    folder, hours, local, offline = (manner.pop(name) for name in ("from", "max_age", "local", "offline"))
    if offline and folder is None:
        raise click.UsageError("--offline asks nobody: give the servers' files with --from.")
    if offline and local is not None:
        raise click.UsageError("--offline asks nobody, and --local asks this machine: leave out one of them.")
    inventory = inventory_file.load(path)
    if local is not None:
        inventory = _read_on_the_spot(inventory, local)
    if folder is None:
        return Estate(inventory, sources=(path,))
    from ssoaudit.collect.facts_file import files, read_folder

    wanted = options_of(Manner(**manner)).wanted
    from_files = read_folder(folder, inventory, datetime.now(timezone.utc), timedelta(hours=hours), wanted)
    here = inventory.server(local) if local is not None else None
    if here is not None and here.name in from_files:
        raise click.UsageError(f"--local and a file of --from are both of {here.name}: leave out one of them.")
    return Estate(inventory, from_files, offline, (path, *files(folder)))


def _read_on_the_spot(inventory: Inventory, name: str) -> Inventory:
    here = inventory.server(name)
    if here is None:
        near = did_you_mean(name, [server.name for server in inventory.servers])
        message = f"'{visible(name)}' is no server of the inventory; {near or 'name one as it stands there'}"
        raise click.BadParameter(message, param_hint="'--local'")
    servers = tuple(
        server.model_copy(update={"transport": "local" if server is here else "winrm"}) for server in inventory.servers
    )
    return inventory.model_copy(update={"servers": servers})


def credential(session: Session, estate: Estate, user: str | None) -> Credential:
    """Whom to log on as.

    No password is asked for where nobody is asked over WinRM, or the ticket (kerberos) or a certificate counts
    everywhere. Raises `CredentialError`.
    """
    inventory = estate.inventory
    name = user or inventory.winrm.user
    methods = {
        inventory.winrm_of(server).auth
        for server in inventory.servers
        if server.transport == "winrm" and server.name not in estate.from_files and not estate.offline
    }
    if methods <= {"kerberos", "certificate"}:
        return Credential(name or "", Secret(""), "the Kerberos ticket or the client's certificate")
    prompt = getpass.getpass if sys.stdin is not None and sys.stdin.isatty() else None
    found = resolve(name, environment=session.environment, prompt=prompt)
    session.log.redaction.add([found.password])
    logger.info("%s, with the password of: %s", found.user, found.source)
    return found


def _ask_for_sql_login(question: str) -> str:
    return getpass.getpass(f"SQL login: {question}")


@dataclass(frozen=True)
class SqlCredentials:
    """The SQL logins for SSODB and for the BizTalk management database.

    None where the Windows identity is meant, or nobody is asked.
    """

    sql: Credential | None = None
    biztalk: Credential | None = None


def sql_credentials(session: Session, estate: Estate) -> SqlCredentials:
    """The SQL logins of the inventory with their passwords; one that serves both databases has one.

    Each login has a variable of its own, so that the password of one is never sent for the other.
    Raises `CredentialError`.
    """
    if estate.offline:
        return SqlCredentials()
    inventory = estate.inventory
    sql = _sql_credential(session, inventory.sql.user, SQL_VARIABLE)
    user = inventory.biztalk.user if inventory.biztalk else None
    if user == inventory.sql.user:
        return SqlCredentials(sql, sql)
    return SqlCredentials(sql, _sql_credential(session, user, BIZTALK_VARIABLE))


def _sql_credential(session: Session, user: str | None, variable: str) -> Credential | None:
    if user is None:
        return None
    prompt = _ask_for_sql_login if sys.stdin is not None and sys.stdin.isatty() else None
    found = resolve(
        user,
        environment=session.environment,
        prompt=prompt,
        keyring_service=SQL_SERVICE,
        variable=variable,
    )
    session.log.redaction.add([found.password])
    return found


def options_of(manner: Manner, *, offline: bool = False) -> "Options":
    """The manner as the collector's `Options`."""
    from ssoaudit.collect.collection import Options
    from ssoaudit.collect.winrm.limits import Limits

    limits = Limits(
        connect=manner.connect_timeout or Limits.connect,
        deadline=manner.timeout or Limits.deadline,
    )
    return Options(
        manner.workers,
        limits,
        compile=not manner.no_compile,
        s4u=not manner.no_s4u,
        temp_files=manner.allow_temp_files,
        active_network=manner.active_network,
        event_days=manner.event_days or Options.event_days,
        event_count=manner.event_count or Options.event_count,
        offline=offline,
    )


def read_estate(
    session: Session,
    estate: Estate,
    credential: Credential,
    manner: Manner,
    sql: SqlCredentials = SqlCredentials(),
    caller: "Caller | None" = None,
) -> Evidence:
    """Read all servers of an estate, and its databases; `caller` is one that goes on asking afterwards."""
    # Imported here, so that judging and reporting work where pywinrm cannot be imported.
    from ssoaudit.collect.collection import Collection
    from ssoaudit.collect.sql.address import SqlLogin
    from ssoaudit.collect.winrm.logon import Logon

    options = options_of(manner, offline=estate.offline)
    with _progress(session, len(estate.inventory.servers)) as progress:
        return Collection(
            estate.inventory,
            Logon(credential.user, credential.password),
            options,
            progress,
            session.run_id,
            sql_login=SqlLogin(sql.sql.user, sql.sql.password) if sql.sql else None,
            biztalk_login=SqlLogin(sql.biztalk.user, sql.biztalk.password) if sql.biztalk else None,
            from_files=estate.from_files,
            caller=caller,
        ).collect()


def answered(evidence: Evidence) -> tuple[str, ...]:
    """The servers that answered anything, by name."""
    return tuple(
        server.name
        for server in evidence.servers
        if any(isinstance(reading, Read) for reading in server.topics.values())
    )


@contextmanager
def _progress(session: Session, servers: int) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr while servers are read; nothing where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda *_: None
        return
    bar = click.progressbar(length=servers, label="Reading servers", show_eta=False, show_pos=True, file=sys.stderr)
    with session.log.beside_bar(), bar:
        yield lambda *_: bar.update(1)
