"""Every statement of the catalogue through both real drivers, in clear and encrypted: the same facts, nothing else."""

import logging
import re
import ssl

import pytest
from estate_database import LOGIN, PASSWORD, USER

from ssoaudit.collect.sql import catalogue
from ssoaudit.collect.sql.address import SqlLimits
from ssoaudit.collect.sql.catalogue import CATALOGUE, SESSION, Query
from ssoaudit.collect.sql.grants import NAMES, grant, grant_script
from ssoaudit.collect.sql.reader import SqlReading, read
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Missing, Read, ReadStatus, typed
from ssoaudit.facts.audit_rights import AuditRights
from ssoaudit.facts.availability_group import AvailabilityGroup
from ssoaudit.facts.columns import Database
from ssoaudit.facts.sql_session import SqlSession
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.tds.answers import Answers, Table
from ssoaudit.lab.tds.prelogin import Policy
from ssoaudit.lab.tds.server import SqlServer
from ssoaudit.version import __version__
from tests.lab.tds_faults import QUERIES, secondary, serving
from tests.lab.tds_rights import allowed, granted, reads
from tests.lab.tds_samples import SAMPLES, fact
from tests.odbc import DRIVERS, needs

LIMITS = SqlLimits(login=15, query=15, deadline=60)
SCRIPT = grant_script("auditor")
PARTS = {Database.SSODB: catalogue.SSODB, Database.BIZTALK: catalogue.BIZTALK, Database.MSDB: catalogue.MSDB}
DATABASES = {query.table: database for database, part in PARTS.items() for query in part if query.table}
TABLES = sorted({query.table for query in CATALOGUE if query.table})


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return needs(name)


@pytest.fixture(scope="module")
def context() -> ssl.SSLContext:
    return Authority().server_context("127.0.0.1")


def server(answers: Answers = SAMPLES, context: ssl.SSLContext | None = None) -> SqlServer:
    encryption: Policy = "required" if context else "off"
    return SqlServer("SQL01", answers, USER, Secret(PASSWORD), encryption=encryption, ssl_context=context)


def ask(sql: SqlServer, driver: str, **settings: object) -> SqlReading:
    told = SqlSettings.model_validate({"driver": driver, "encrypt": "optional", **settings})
    with serving(sql) as address:
        return read(address, told, LOGIN, LIMITS, CATALOGUE)


def test_every_fact_arrives_in_clear(driver: str) -> None:
    sql = server()
    reading = ask(sql, driver)

    assert {query.model.topic: typed(reading.readings[query.model.topic], query.model) for query in CATALOGUE} == {
        query.model.topic: fact(query) for query in CATALOGUE
    }
    assert [session.encrypted for session in sql.sessions] == [False]


def test_every_fact_arrives_encrypted(driver: str, context: ssl.SSLContext) -> None:
    sql = server(context=context)
    reading = ask(sql, driver, encrypt="mandatory", trust_server_certificate=True)

    assert {query.model.topic: typed(reading.readings[query.model.topic], query.model) for query in CATALOGUE} == {
        query.model.topic: fact(query) for query in CATALOGUE
    }
    assert [session.encrypted for session in sql.sessions] == [True]


def test_the_catalogue_and_two_settings_are_all_that_is_sent(driver: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sql = server()
    reading = ask(sql, driver)

    (session,) = sql.sessions
    own = [text for text in session.statements if not re.match(r"(EXEC )?(\[sys\]\.)?sp_datatype_info", text)]
    assert own == [statement.text for statement in (*SESSION, *CATALOGUE)]
    assert (session.transactions, sql.rejected_logins) == (0, 0)
    assert (session.read_only_intent, session.app) == (True, f"ssoaudit {__version__}")
    assert PASSWORD not in caplog.text + repr(reading) + "".join(str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("part", ["SSODB", "MSDB", "BIZTALK", "MESSAGE_BOX"])
def test_a_database_is_logged_on_to_once(driver: str, part: str) -> None:
    queries: tuple[Query, ...] = getattr(catalogue, part)
    sql = server()
    with serving(sql) as address:
        reading = read(address, SqlSettings(driver=driver, encrypt="optional"), LOGIN, LIMITS, queries)

    assert sorted(reading.readings) == sorted(query.model.topic for query in queries)
    assert (len(sql.sessions), sql.rejected_logins) == (1, 0)


def test_the_primary_is_asked_for_where_that_is_set(driver: str) -> None:
    sql = server()
    ask(sql, driver, application_intent="readwrite")

    assert [session.read_only_intent for session in sql.sessions] == [False]


def test_a_secondary_is_read_and_known_for_one(driver: str) -> None:
    reading = ask(server(secondary(SAMPLES)), driver)

    assert {each.status for each in reading.readings.values()} == {ReadStatus.OK}
    session = typed(reading.readings["sql_session"], SqlSession)
    assert isinstance(session, SqlSession)
    assert session.rows[0].updateability == "READ_ONLY"


def ask_part(database: Database, driver: str, script: str) -> SqlReading:
    """What a login with the rights of a script is told in one of the databases, where nothing else is known."""
    answers = {query.text: SAMPLES[query.text] for query in PARTS[database]}
    sql = server(allowed(answers, granted(script)[NAMES[database]]))
    with serving(sql) as address:
        return read(address, SqlSettings(driver=driver, encrypt="optional"), LOGIN, LIMITS, PARTS[database])


@pytest.mark.parametrize("database", Database)
def test_the_grant_script_gives_what_the_catalogue_reads_and_no_more(driver: str, database: Database) -> None:
    reading = ask_part(database, driver, SCRIPT)

    assert {each.status for each in reading.readings.values()} == {ReadStatus.OK}
    read_columns: dict[str, set[str]] = {}
    for query in PARTS[database]:
        for table, columns in reads(query.text):
            read_columns.setdefault(table, set()).update(columns)
    assert granted(SCRIPT)[NAMES[database]] == read_columns


@pytest.mark.parametrize("table", TABLES)
def test_without_one_grant_its_own_topics_alone_are_denied(driver: str, table: str) -> None:
    line = grant(table)
    assert SCRIPT.count(line) == 1
    reading = ask_part(DATABASES[table], driver, SCRIPT.replace(line, ""))

    denied = {query.model.topic for query in CATALOGUE if query.table == table}
    found = {topic for topic, each in reading.readings.items() if not isinstance(each, Read)}
    assert found == denied
    for topic in denied:
        missing = reading.readings[topic]
        assert isinstance(missing, Missing)
        assert (missing.status, missing.code) == (ReadStatus.DENIED, "denied")
        assert line in missing.hint
        assert f"auditor may not read {table} on SSODB on 127.0.0.1," in missing.message


@pytest.mark.parametrize(("table", "column"), [("SSOX_WindowsPassword", "wp_timestamp"), ("backupset", "type")])
def test_without_one_column_the_topic_is_denied_too(driver: str, table: str, column: str) -> None:
    line = grant(table)
    shorter = line.replace(f", {column}", "")
    assert shorter != line
    reading = ask_part(DATABASES[table], driver, SCRIPT.replace(line, shorter))

    found = {topic: each.code for topic, each in reading.readings.items() if isinstance(each, Missing)}
    assert found == {query.model.topic: "denied" for query in CATALOGUE if query.table == table}


def test_before_availability_groups_their_ids_alone_are_missing(driver: str) -> None:
    (query,) = (query for query in CATALOGUE if query.model is AvailabilityGroup)
    reading = ask(server({**SAMPLES, query.text: QUERIES[207]}), driver)

    found = {topic: each.code for topic, each in reading.readings.items() if isinstance(each, Missing)}
    assert found == {"availability_group": "missing-object"}
    assert not any("group_database_id" in each.text for each in CATALOGUE if each is not query)


def test_a_database_owner_is_told_to_be_one(driver: str) -> None:
    (query,) = (query for query in CATALOGUE if query.model is AuditRights)
    columns = SAMPLES[query.text].columns
    owner = Table(columns, (tuple(int(column.name != "is_sysadmin") for column in columns),))
    reading = ask(server({**SAMPLES, query.text: owner}), driver)

    rights = typed(reading.readings["audit_rights"], AuditRights)
    assert isinstance(rights, AuditRights)
    assert (rights.rows[0].is_db_owner, rights.rows[0].is_sysadmin, rights.rows[0].reads_wp_password) == (1, 0, 1)
