"""The lab's SQL Server as real ODBC drivers see it."""

import importlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.tds.answers import Refusal
from ssoaudit.lab.tds.server import SqlServer
from tests.lab.tds.running import ANSWERS, MANY, PASSWORD, TABLES, USER, running, sql_server, statement
from tests.odbc import DRIVERS, needs

SETTINGS = ["SET LOCK_TIMEOUT 5000", "SET DEADLOCK_PRIORITY LOW"]


@dataclass(frozen=True)
class Driver:
    name: str
    path: str
    odbc: Any

    def connect(
        self,
        port: int,
        *,
        encrypt: bool = False,
        password: str = PASSWORD,
        database: str = "SSODB",
        autocommit: bool = True,
        trust: bool = True,
    ) -> Any:
        if self.name == "microsoft":
            yes = {True: "yes", False: "no"}
            own = (
                f"SERVER={{tcp:127.0.0.1,{port}}};PWD={{{password.replace('}', '}}')}}};"
                f"Encrypt={yes[encrypt]};TrustServerCertificate={yes[trust]};ConnectRetryCount=0;"
            )
        else:
            asked = "require" if encrypt else "request"
            own = f"SERVER=127.0.0.1;PORT={port};PWD={{{password}}};TDS_Version=7.4;Encryption={asked};"
        string = (
            f"DRIVER={{{self.path}}};{own}DATABASE={{{database}}};UID={{{USER}}};APP={{ssoaudit test}};"
            "ApplicationIntent=ReadOnly;"
        )
        return self.odbc.connect(string, autocommit=autocommit, timeout=10)

    def refusal(self, act: Any) -> str:
        with pytest.raises(self.odbc.Error) as caught:
            act()
        return str(caught.value)


@dataclass(frozen=True)
class Served:
    server: SqlServer
    port: int
    tls: bool


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> Driver:
    path = needs(request.param)
    odbc: Any = importlib.import_module("pyodbc")
    odbc.pooling = False
    return Driver(request.param, path, odbc)


@pytest.fixture
def plain() -> Iterator[Served]:
    server = sql_server()
    with running(server) as port:
        yield Served(server, port, tls=False)


@pytest.fixture(params=["off", "required"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    server = sql_server(request.param)
    with running(server) as port:
        yield Served(server, port, request.param == "required")


def asked(server: SqlServer) -> list[str]:
    [session] = server.sessions
    return [text for text in session.statements if "sp_datatype_info" not in text]


def test_every_statement_gives_its_values(driver: Driver, served: Served) -> None:
    with closing(driver.connect(served.port, encrypt=served.tls)) as connection:
        for topic, table in TABLES.items():
            cursor = connection.execute(statement(topic))
            assert [column[0] for column in cursor.description] == [column.name for column in table.columns]
            assert [tuple(row) for row in cursor.fetchall()] == list(table.rows)


def test_many_rows_come_in_many_packets(driver: Driver, served: Served) -> None:
    with closing(driver.connect(served.port, encrypt=served.tls)) as connection:
        assert [tuple(row) for row in connection.execute("SELECT n FROM many").fetchall()] == list(MANY.rows)


def test_the_session_tells_who_came_and_what_was_asked(driver: Driver, served: Served) -> None:
    statements = [*SETTINGS, *map(statement, TABLES)]
    with closing(driver.connect(served.port, encrypt=served.tls)) as connection:
        for text in statements:
            connection.execute(text)
    assert asked(served.server) == statements
    [session] = served.server.sessions
    told = session.as_dict()
    assert told.pop("statements") == session.statements
    assert told.pop("host")
    assert told == {
        "user": USER,
        "app": "ssoaudit test",
        "database": "SSODB",
        "read_only_intent": True,
        "encrypted": served.tls,
        "transactions": 0,
    }


def test_transactions_are_counted(driver: Driver, plain: Served) -> None:
    with closing(driver.connect(plain.port, autocommit=False)) as connection:
        connection.execute("SELECT n FROM many").fetchall()
        connection.commit()
        connection.execute("SELECT n FROM many").fetchall()
        connection.rollback()
    [session] = plain.server.sessions
    assert session.transactions >= 4


def test_settings_that_the_driver_makes_are_recorded(driver: Driver, plain: Served) -> None:
    with closing(driver.connect(plain.port)) as connection:
        connection.set_attr(driver.odbc.SQL_ATTR_TXN_ISOLATION, driver.odbc.SQL_TXN_SERIALIZABLE)
    assert [text.strip() for text in asked(plain.server)] == ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"]


def test_a_wrong_password_is_refused(driver: Driver, served: Served) -> None:
    told = driver.refusal(lambda: driver.connect(served.port, encrypt=served.tls, password="wrong-password"))
    assert "(18456)" in told
    assert f"Login failed for user '{USER}'." in told
    assert "wrong-password" not in told
    assert (served.server.sessions, served.server.rejected_logins) == ([], 1)


def test_an_unknown_database_is_refused(driver: Driver, served: Served) -> None:
    told = driver.refusal(lambda: driver.connect(served.port, encrypt=served.tls, database="nope"))
    assert {"microsoft": "(4060)", "freetds": "(18456)"}[driver.name] in told
    assert (served.server.sessions, served.server.rejected_logins) == ([], 1)


def test_the_database_may_be_written_otherwise(driver: Driver, plain: Served) -> None:
    driver.connect(plain.port, database="ssodb").close()
    assert [session.database for session in plain.server.sessions] == ["SSODB"]


@pytest.mark.parametrize(
    ("text", "number", "state"),
    [("SELECT denied table", 229, "42000"), ("SELECT denied column", 230, "42000"), ("SELECT other", 208, "42S02")],
)
def test_a_refusal_arrives_and_the_connection_lives(
    driver: Driver, served: Served, text: str, number: int, state: str
) -> None:
    with closing(driver.connect(served.port, encrypt=served.tls)) as connection:
        told = driver.refusal(lambda: connection.execute(text))
        assert told.startswith(f"('{state}'")
        assert f"({number})" in told
        assert connection.execute(statement("sql_session")).fetchval() == "SSODB"
    assert asked(served.server) == [text, statement("sql_session")]


def test_a_fatal_error_ends_the_connection(driver: Driver, plain: Served) -> None:
    with closing(driver.connect(plain.port)) as connection:
        driver.refusal(lambda: connection.execute("SELECT fatal"))
        driver.refusal(lambda: connection.execute(statement("sql_session")))
    assert asked(plain.server) == ["SELECT fatal"]


def test_a_statement_with_parameters_is_prepared_and_executed_again(driver: Driver, plain: Served) -> None:
    with closing(driver.connect(plain.port)) as connection, closing(connection.cursor()) as cursor:
        for value in (1, 2, None, "x" * 5000):
            assert [tuple(row) for row in cursor.execute("SELECT ?", value).fetchall()] == [(1,)]
        assert "(208)" in driver.refusal(lambda: cursor.execute("SELECT 1, ?", 1))
        assert cursor.execute("SELECT ?", 1).fetchval() == 1


def test_a_reading_that_is_cancelled_leaves_the_connection_in_order(driver: Driver, served: Served) -> None:
    with closing(driver.connect(served.port, encrypt=served.tls)) as connection:
        cursor = connection.execute("SELECT n FROM many")
        assert cursor.fetchone()[0] == 0
        cursor.cancel()
        cursor.close()
        assert connection.execute(statement("sql_session")).fetchval() == "SSODB"


def test_the_types_are_told(driver: Driver, plain: Served) -> None:
    with closing(driver.connect(plain.port)) as connection, closing(connection.cursor()) as cursor:
        assert {row[0]: row[2] for row in cursor.getTypeInfo(-9).fetchall()} == {"nvarchar": 4000}
        assert {row[0] for row in cursor.getTypeInfo().fetchall()} >= {"int", "bigint", "datetime", "uniqueidentifier"}


def test_connections_are_served_at_once(driver: Driver, served: Served) -> None:
    def read(_: int) -> int:
        with closing(driver.connect(served.port, encrypt=served.tls)) as connection:
            return sum(row[0] for row in connection.execute("SELECT n FROM many").fetchall())

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(16))) == {sum(range(2000))}
    assert len(served.server.sessions) == 16


@pytest.mark.parametrize("encrypt", [False, True])
def test_a_server_that_leaves_it_to_the_client_encrypts_at_least_the_login(driver: Driver, encrypt: bool) -> None:
    server = sql_server("on")
    with running(server) as port, closing(driver.connect(port, encrypt=encrypt)) as connection:
        assert [tuple(row) for row in connection.execute("SELECT n FROM many").fetchall()] == list(MANY.rows)
    assert [session.encrypted for session in server.sessions] == [encrypt]


def test_a_server_that_insists_encrypts_for_clients_that_do_not_ask(driver: Driver) -> None:
    server = sql_server("required")
    with running(server) as port:
        driver.connect(port, encrypt=False).close()
    assert [session.encrypted for session in server.sessions] == [True]


def test_a_client_that_insists_leaves_a_server_without_tls(driver: Driver, plain: Served) -> None:
    driver.refusal(lambda: driver.connect(plain.port, encrypt=True))
    assert plain.server.sessions == []


def test_a_certificate_of_an_unknown_authority_is_noticed() -> None:
    path = needs("microsoft")
    driver = Driver("microsoft", path, importlib.import_module("pyodbc"))
    server = sql_server("required")
    with running(server) as port:
        told = driver.refusal(lambda: driver.connect(port, encrypt=True, trust=False))
    assert "certificate verify failed" in told
    assert server.sessions == []


def test_strict_encryption_is_tds_8_within_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver("microsoft", needs("microsoft"), importlib.import_module("pyodbc"))
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = authority.server_context("localhost")
    server = SqlServer("SQL1", ANSWERS, USER, Secret(PASSWORD), encryption="strict", ssl_context=context)
    with running(server) as port:
        string = (
            f"DRIVER={{{driver.path}}};SERVER={{tcp:localhost,{port}}};UID={{{USER}}};"
            f"PWD={{{PASSWORD.replace('}', '}}')}}};Encrypt=strict;"
        )
        with closing(driver.odbc.connect(string, autocommit=True, timeout=10)) as connection:
            assert [tuple(row) for row in connection.execute("SELECT n FROM many").fetchall()] == list(MANY.rows)
        driver.refusal(lambda: driver.connect(port, encrypt=True))
    assert [session.encrypted for session in server.sessions] == [True]


def test_every_login_may_be_refused_with_errors_of_the_tests_own(driver: Driver) -> None:
    refusals = (Refusal(942, "The database is offline."),)
    server = SqlServer("SQL1", ANSWERS, USER, Secret(PASSWORD), refusals=refusals)
    with running(server) as port:
        assert "(942)" in driver.refusal(lambda: driver.connect(port))
    assert (server.sessions, server.rejected_logins) == ([], 1)


def test_the_answers_hold_every_topic() -> None:
    assert {statement(topic) for topic in TABLES} < set(ANSWERS)
