"""From an inventory to evidence: who logs on, and a bar while servers are read."""

import getpass
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from ssoaudit.cli.session import BIZTALK_VARIABLE, SQL_VARIABLE, Session
from ssoaudit.credentials import Credential, Secret, resolve
from ssoaudit.evidence import Evidence, Read
from ssoaudit.inventory import Inventory

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


def credential(session: Session, inventory: Inventory, user: str | None) -> Credential:
    """Whom to log on as. Where the ticket (kerberos) or a certificate counts everywhere, no password is asked for.

    Raises `CredentialError`.
    """
    name = user or inventory.winrm.user
    methods = {inventory.winrm_of(server).auth for server in inventory.servers}
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
    """The SQL logins for SSODB and for the BizTalk management database; None where the Windows identity is meant."""

    sql: Credential | None = None
    biztalk: Credential | None = None


def sql_credentials(session: Session, inventory: Inventory) -> SqlCredentials:
    """The SQL logins of the inventory with their passwords; one that serves both databases has one.

    Each login has a variable of its own, so that the password of one is never sent for the other.
    Raises `CredentialError`.
    """
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


def read_estate(
    session: Session,
    inventory: Inventory,
    credential: Credential,
    manner: Manner,
    sql: SqlCredentials = SqlCredentials(),
) -> Evidence:
    """Read all servers of an inventory, and its databases."""
    # Imported here, so that judging and reporting work where pywinrm cannot be imported.
    from ssoaudit.collect.collection import Collection, Options
    from ssoaudit.collect.sql.address import SqlLogin
    from ssoaudit.collect.winrm.limits import Limits
    from ssoaudit.collect.winrm.logon import Logon

    limits = Limits(
        connect=manner.connect_timeout or Limits.connect,
        deadline=manner.timeout or Limits.deadline,
    )
    options = Options(
        manner.workers,
        limits,
        compile=not manner.no_compile,
        s4u=not manner.no_s4u,
        temp_files=manner.allow_temp_files,
        active_network=manner.active_network,
        event_days=manner.event_days or Options.event_days,
        event_count=manner.event_count or Options.event_count,
    )
    with _progress(session, len(inventory.servers)) as progress:
        return Collection(
            inventory,
            Logon(credential.user, credential.password),
            options,
            progress,
            session.run_id,
            sql_login=SqlLogin(sql.sql.user, sql.sql.password) if sql.sql else None,
            biztalk_login=SqlLogin(sql.biztalk.user, sql.biztalk.password) if sql.biztalk else None,
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
