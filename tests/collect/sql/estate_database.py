"""The lab's SQL Server in a thread, and what one database that has everything answers to every statement."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from ssoaudit.collect.sql.address import Address, SqlLogin
from ssoaudit.collect.sql.catalogue import CATALOGUE
from ssoaudit.credentials import Secret
from ssoaudit.lab.__main__ import answers as tables_of
from ssoaudit.lab.estate import healthy
from ssoaudit.lab.tables import table
from ssoaudit.lab.tds.answers import Answers, Column, Refusal, Table
from ssoaudit.lab.tds.server import SqlServer

T = TypeVar("T")

USER = "auditor"
PASSWORD = "Correct-Horse-7"
LOGIN = SqlLogin(USER, Secret(PASSWORD))
TEXTS = {query.model.topic: query.text for query in CATALOGUE}
FIRST = "11111111-2222-3333-4444-55555555AAAA"
SECOND = "11111111-2222-3333-4444-55555555BBBB"
THEN = datetime(2026, 11, 20, 6, 30, 15, 120000)  # noqa: DTZ001 - SQL Server's own times have no zone


def columns(**kinds: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in kinds.items())


SERVER = Table(
    columns(
        product_version="nvarchar",
        edition="nvarchar",
        engine_edition="int",
        is_clustered="int",
        is_hadr_enabled="int",
        machine_name="nvarchar",
        physical_node="nvarchar",
        instance_name="nvarchar",
        server_name="nvarchar",
    ),
    (("16.0.4135.4", "Enterprise Edition (64-bit)", 3, 1, None, "SQLCL", "SQL01", None, "SQLCL"),),
)
SESSION = Table(
    columns(
        database_name="nvarchar",
        login_name="nvarchar",
        local_time="datetime",
        utc_time="datetime",
        updateability="nvarchar",
        transport="nvarchar",
        authentication="nvarchar",
    ),
    (("SSODB", USER, THEN, THEN.replace(hour=5), "READ_WRITE", "TCP", "SQL"),),
)
GLOBAL_INFO = Table(
    columns(
        gi_install_timestamp="datetime",
        gi_update_timestamp="datetime",
        gi_flags="int",
        gi_audit_app_delete_max="int",
        gi_audit_mapping_delete_max="int",
        gi_audit_ntp_lookup_max="int",
        gi_audit_xp_lookup_max="int",
        gi_ticket_timeout="int",
        gi_cred_cache_timeout="int",
        gi_SecretServer="nvarchar",
        gi_SSOAdminGroup="nvarchar",
        gi_AffiliateAppMgrGroup="nvarchar",
        gi_audit_id="uniqueidentifier",
    ),
    ((THEN, THEN, 64, 1000, 1000, 1000, 1000, 2, 60, "SSOCLUSTER", "CONTOSO\\ßso 中", "CONTOSO\\Aff", FIRST.lower()),),
)
EXTERNAL = Table(
    columns(
        ec_pws_msid="uniqueidentifier",
        ec_pns_msid="uniqueidentifier",
        number="bigint",
        oldest="datetime",
        newest="datetime",
    ),
    ((FIRST, SECOND, 2**40, THEN, THEN), (None, FIRST, 0, None, None)),
)
WINDOWS = Table(
    columns(wp_msid="uniqueidentifier", number="bigint", oldest="datetime", newest="datetime"),
    ((FIRST, 12, THEN, THEN),),
)
_LAB = healthy()
TABLES: Mapping[str, Table | Refusal] = {
    **{
        fact.topic: tables_of([table(fact)])[TEXTS[fact.topic]]
        for fact in (*_LAB.database.values(), *_LAB.management.values())
    },
    "sql_server": SERVER,
    "sql_session": SESSION,
    "global_info": GLOBAL_INFO,
    "external_credential_secrets": EXTERNAL,
    "windows_password_secrets": WINDOWS,
}


def answers(**changed: Table | Refusal) -> Answers:
    return {TEXTS[topic]: answer for topic, answer in {**TABLES, **changed}.items()}


@dataclass(frozen=True)
class Running:
    """A server that listens on loopback."""

    server: SqlServer
    address: Address


@contextmanager
def running(
    texts: Answers | None = None,
    password: str = PASSWORD,
    *,
    encryption: Literal["off", "on", "required"] = "off",
    context: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Running]:
    server = SqlServer(
        "SQL01",
        answers() if texts is None else texts,
        USER,
        Secret(password),
        encryption=encryption,
        ssl_context=context,
    )
    with _loop() as run:
        port = run(server.start())
        try:
            yield Running(server, Address(f"{host},{port}", "SSODB"))
        finally:
            run(server.stop())


@contextmanager
def _loop() -> Iterator[Callable[[Coroutine[object, object, T]], T]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
