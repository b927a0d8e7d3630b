"""A driver that never returns is left behind: the reading ends in time, and so does the process."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone

import pytest
from estate_database import LOGIN, PASSWORD, USER

from ssoaudit.collect.databases import DatabaseReader, Logins, Place
from ssoaudit.collect.sql import catalogue
from ssoaudit.collect.sql.address import Address, SqlLimits
from ssoaudit.collect.sql.reader import SqlReading, read
from ssoaudit.credentials import Secret
from ssoaudit.evidence import DatabaseEvidence, Missing, Read, Reading, ReadStatus
from ssoaudit.facts import GlobalInfo, MessageBoxes
from ssoaudit.facts.message_boxes import MessageBoxRow
from ssoaudit.inventory import BizTalkSettings, Inventory, Server, SqlSettings
from ssoaudit.lab.tds.packets import PacketType
from ssoaudit.lab.tds.server import SqlServer
from ssoaudit.vocabulary import Role
from tests.lab.tds_faults import Mischief, misbehaving, serving, silent, unanswering
from tests.lab.tds_samples import SAMPLES
from tests.odbc import DRIVERS, needs

GRACE = 2.0
NEVER = Mischief("hang", PacketType.SQL_BATCH)
"""After the logon: what pyodbc asks there has no limit of time."""

CHILD = """
import json, sys, time

from ssoaudit.collect.sql.address import Address, SqlLimits, SqlLogin
from ssoaudit.collect.sql.reader import read
from ssoaudit.credentials import Secret
from ssoaudit.inventory import SqlSettings

server, driver, encrypt, user, password = json.load(sys.stdin)
settings = SqlSettings(driver=driver, encrypt=encrypt)
started = time.monotonic()
reading = read(Address(server, "SSODB"), settings, SqlLogin(user, Secret(password)), SqlLimits(1, 1, 3))
took = time.monotonic() - started
json.dump({"took": took, "codes": sorted({each.code for each in reading.readings.values()})}, sys.stdout)
"""


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return needs(name)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Where the other end is gone the driver returns at last: nothing of it reaches into another test."""
    yield
    for thread in threading.enumerate():
        if thread.name == "sql":
            thread.join(30)
            assert not thread.is_alive()


def sql_server() -> SqlServer:
    return SqlServer("SQL01", SAMPLES, USER, Secret(PASSWORD))


def codes(reading: SqlReading) -> set[str]:
    return {each.code if isinstance(each, Missing) else "read" for each in reading.readings.values()}


def told_of(servers: Sequence[str]) -> DatabaseEvidence:
    """A management database that has a MessageBox on each of these servers."""
    rows = (
        MessageBoxRow(Id=number, DBServerName=server, DBName="Box", IsMasterMsgBox=0, ConfigurationState=1)
        for number, server in enumerate(servers)
    )
    data = MessageBoxes(rows=tuple(rows)).model_dump(mode="json")
    reading = Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data=data)
    now = datetime.now(timezone.utc)
    topics: dict[str, Reading] = {MessageBoxes.topic: reading}
    return DatabaseEvidence(
        server="SQL02", database="BizTalkMgmtDb", driver="", notes=(), started=now, finished=now, topics=topics
    )


def ends_in_time(address: Address, driver: str, encrypt: str) -> None:
    told = json.dumps([address.server, driver, encrypt, USER, PASSWORD])
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", CHILD], input=told, capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    answer = json.loads(ended.stdout)
    assert answer["codes"] == ["deadline"]
    assert 3 <= answer["took"] <= 3 + GRACE


def test_a_driver_that_never_returns_keeps_no_process(driver: str) -> None:
    with serving(sql_server()) as sql, misbehaving(sql, NEVER) as address:
        ends_in_time(address, driver, "optional")


def test_a_strict_logon_without_an_answer_keeps_no_process() -> None:
    driver = needs("microsoft")
    with silent() as address:
        ends_in_time(address, driver, "strict")


def test_an_answer_that_drips_ends_at_the_deadline_and_what_came_before_is_kept(driver: str) -> None:
    drips = Mischief("drip", words="SSOX_GlobalInfo", pause=0.1)
    settings = SqlSettings(driver=driver, encrypt="optional")
    with serving(sql_server()) as sql, misbehaving(sql, drips) as address:
        started = time.monotonic()
        reading = read(address, settings, LOGIN, SqlLimits(login=15, query=15, deadline=3))
        took = time.monotonic() - started

    assert took <= 3 + GRACE
    assert codes(reading) == {"read", "deadline"}
    assert reading.readings["global_info"].status is ReadStatus.DEADLINE
    assert reading.readings["sql_session"].status is ReadStatus.OK


def test_after_the_deadline_nothing_more_is_asked(driver: str) -> None:
    slow = Mischief("slow", words="SSOX_GlobalInfo", pause=3.0)
    settings = SqlSettings(driver=driver, encrypt="optional")
    sql = sql_server()
    with serving(sql) as healthy, misbehaving(healthy, slow) as address:
        reading = read(address, settings, LOGIN, SqlLimits(login=15, query=15, deadline=2))
        for thread in threading.enumerate():
            if thread.name == "sql":
                thread.join(30)
        (session,) = sql.sessions

    assert codes(reading) == {"read", "deadline"}
    (asked_last,) = (query.text for query in catalogue.SSODB if query.model is GlobalInfo)
    assert session.statements[-1] == asked_last


def test_fifty_message_boxes_of_which_five_hang_end_within_one_deadline(driver: str) -> None:
    deadline = 6.0
    sql = sql_server()
    with ExitStack() as open_ports:
        port = open_ports.enter_context(serving(sql, "0.0.0.0")).endpoint.port  # noqa: S104 - all of the loopback
        healthy = [f"127.0.1.{number},{port}" for number in range(1, 46)]
        hanging = [open_ports.enter_context(unanswering("127.0.0.2")).server for _ in range(5)]
        management = told_of([*hanging, *healthy])
        inventory = Inventory(
            name="lab",
            servers=(Server(host="NODE1", roles=(Role.CLUSTER,)),),
            biztalk=BizTalkSettings(server="SQL02", driver=driver, encrypt="optional"),
        )
        limits = SqlLimits(login=30, query=15, deadline=deadline)
        started = time.monotonic()
        reader = DatabaseReader(inventory, management, Place(), Logins(), limits, started + deadline)
        boxes = reader.message_boxes(management)
        took = time.monotonic() - started

    assert took <= deadline + GRACE
    found = {box.server: box.topics["sql_server"] for box in boxes}
    assert len(found) == 50
    late = {name for name, each in found.items() if isinstance(each, Missing) and each.code == "deadline"}
    assert late == set(hanging)
