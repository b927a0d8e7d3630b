"""A SQL Server of the lab in a thread of its own, and what its answers are in the tests."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import ssoaudit.facts
from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.tds.answers import Column, Refusal, Table
from ssoaudit.lab.tds.server import SqlServer

USER = "auditor"
PASSWORD = "p}w;d'{ü=1"
IDENTITY = "0FADC2C3-28E8-4A12-A4E1-5A6B3E3F2D11"
OTHER_IDENTITY = "C0FFEE00-0000-4000-8000-00000000000F"
MOMENT = datetime(2024, 2, 29, 23, 59, 59, 997000)  # noqa: DTZ001 - as SQL Server's type, without zone
EARLY = datetime(1900, 1, 1)  # noqa: DTZ001 - as SQL Server's type, without zone
LATE = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - as SQL Server's type, without zone


def statement(topic: str) -> str:
    """The text of a topic's statement."""
    return Path(str(ssoaudit.facts.__file__)).with_name(f"{topic}.sql").read_text()


def _table(columns: str, *rows: tuple[object, ...]) -> Table:
    described = [column.split(":") for column in columns.split()]
    return Table(tuple(Column(name, kind) for name, kind in described), rows)


TABLES = {
    "global_info": _table(
        "gi_install_timestamp:datetime gi_update_timestamp:datetime gi_flags:int gi_audit_app_delete_max:int "
        "gi_audit_mapping_delete_max:int gi_audit_ntp_lookup_max:int gi_audit_xp_lookup_max:int gi_ticket_timeout:int "
        "gi_cred_cache_timeout:int gi_SecretServer:nvarchar gi_SSOAdminGroup:nvarchar "
        "gi_AffiliateAppMgrGroup:nvarchar gi_audit_id:uniqueidentifier",
        (
            MOMENT,
            LATE,
            -(2**31),
            2**31 - 1,
            0,
            1,
            2,
            3,
            60,
            "SSOCLUSTER",
            "CONTOSO\\SSO Admins;CONTOSO\\Größe",
            "",
            IDENTITY,
        ),
    ),
    "external_credential_secrets": _table(
        "ec_pws_msid:uniqueidentifier ec_pns_msid:uniqueidentifier number:bigint oldest:datetime newest:datetime",
        (None, None, 0, None, None),
        (IDENTITY, OTHER_IDENTITY, 2**62, EARLY, MOMENT),
    ),
    "windows_password_secrets": _table("wp_msid:uniqueidentifier number:bigint oldest:datetime newest:datetime"),
    "sql_server": _table(
        "product_version:nvarchar edition:nvarchar engine_edition:int is_clustered:int is_hadr_enabled:int "
        "machine_name:nvarchar physical_node:nvarchar instance_name:nvarchar server_name:nvarchar",
        ("15.0.4420.2", "\U0001f511 Edition \U0002000b", 3, 1, None, "SQL1", "NODE1", None, "x" * 4000),
    ),
    "sql_session": _table(
        "database_name:nvarchar login_name:nvarchar local_time:datetime utc_time:datetime updateability:nvarchar "
        "transport:nvarchar authentication:nvarchar",
        ("SSODB", USER, MOMENT, EARLY, "READ_WRITE", "TCP", "SQL"),
    ),
}
MANY = _table(
    "n:int text:nvarchar flag:bit raw:varbinary", *((n, f"row {n}" * 20, n % 2 == 0, b"\0" * 8) for n in range(2000))
)
ANSWERS: dict[str, Table | Refusal] = {
    **{statement(topic): table for topic, table in TABLES.items()},
    "SELECT n FROM many": MANY,
    "SELECT @P1": _table("n:int", (1,)),
    "SELECT denied table": Refusal(229, "The SELECT permission was denied on the object 'SSOX_GlobalInfo'."),
    "SELECT denied column": Refusal(230, "The SELECT permission was denied on the column 'ec_xa'."),
    "SELECT fatal": Refusal(823, "The operating system returned an error.", state=2, severity=24),
}


def sql_server(encryption: Any = "off") -> SqlServer:
    """A server with these answers."""
    context = None if encryption == "off" else Authority().server_context("127.0.0.1")
    return SqlServer("SQL1", ANSWERS, USER, Secret(PASSWORD), encryption=encryption, ssl_context=context)


@contextmanager
def running(server: SqlServer) -> Iterator[int]:
    """Its port; in the end it is stopped, and nothing has been left unhandled."""
    loop = asyncio.new_event_loop()
    faults: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, fault: faults.append(fault))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        gc.collect()  # a failed task tells when it is freed
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert faults == []
