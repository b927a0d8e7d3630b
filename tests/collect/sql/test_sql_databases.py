"""Which databases are asked beside the servers, as whom, and what comes of it where one is silent."""

import socket
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from estate_database import LOGIN, PASSWORD, TABLES, TEXTS, USER

from ssoaudit.collect.databases import DatabaseReader, Databases, Logins, Place, read_databases, unread_databases
from ssoaudit.collect.known_servers import borrowed
from ssoaudit.collect.sql.address import DEFAULTS, SqlLimits, SqlLogin
from ssoaudit.collect.sql.catalogue import BIZTALK, MESSAGE_BOX, MSDB, Query
from ssoaudit.credentials import Secret
from ssoaudit.evidence import DatabaseEvidence, Missing, Read, Reading, ReadStatus
from ssoaudit.facts import (
    BIZTALK_TOPICS,
    MESSAGE_BOX_TOPICS,
    MSDB_TOPICS,
    SSODB_TOPICS,
    MessageBoxes,
    SqlAlias,
    SqlFact,
    SsodbBackups,
)
from ssoaudit.facts.message_boxes import MessageBoxRow
from ssoaudit.inventory import BizTalkSettings, Inventory, Server, SqlSettings
from ssoaudit.lab.__main__ import answers as tables_of
from ssoaudit.lab.tables import table
from ssoaudit.lab.tds.answers import Answers
from ssoaudit.lab.tds.server import SqlServer
from ssoaudit.vocabulary import Role, Stage
from tests.lab.tds_faults import serving
from tests.odbc import any_driver, needs

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
NO_DRIVER = "/nowhere/libmsodbcsql-18.so"
NODE = Server(host="NODE1", roles=(Role.CLUSTER,))
APP = Server(host="BTSAPP01", roles=(Role.BIZTALK,))
NO_ADDRESSES = (
    "(local)",
    ".",
    "",
    " ",
    "evil;UID=sa",
    "a b,c",
    "SQL01,99999",
    "\u202egnp",
    "x" * 300,
    "{e}",
    "a\nGO",
    "::g",
)
READ = Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data={"rows": []})
REFUSED = Missing(status=ReadStatus.UNREACHABLE, code="refused", stage="connect", message="silent", hint="look")


def inventory(*servers: Server, **sections: Any) -> Inventory:
    sections.setdefault("sql", SqlSettings(server="SQL01", driver=NO_DRIVER))
    return Inventory(name="lab", servers=(NODE, *servers), **sections)


def ssodb(reading: Reading = READ, server: str = "SQL01", database: str = "SSODB") -> DatabaseEvidence:
    topics = {topic.topic: reading for topic in SSODB_TOPICS}
    return DatabaseEvidence(
        server=server, database=database, driver="", notes=(), started=NOW, finished=NOW, topics=topics
    )


def code(database: DatabaseEvidence | None, topics: Sequence[Any] = BIZTALK_TOPICS) -> str:
    assert database is not None
    codes = {reading.code for topic in topics if isinstance(reading := database.topics[topic.topic], Missing)}
    (only,) = codes
    return only


def read(fact: SqlFact) -> Read:
    return Read(status=ReadStatus.OK, milliseconds=1, lacking={}, data=fact.model_dump(mode="json"))


def boxes(*named: tuple[str, str]) -> MessageBoxes:
    rows = (
        MessageBoxRow(Id=number, DBServerName=server, DBName=name, IsMasterMsgBox=0, ConfigurationState=1)
        for number, (server, name) in enumerate(named)
    )
    return MessageBoxes(rows=tuple(rows))


def told(queries: Sequence[Query], changed: Mapping[str, Any] | None = None) -> Answers:
    facts = {topic: tables_of([table(fact)])[TEXTS[topic]] for topic, fact in (changed or {}).items()}
    return {query.text: {**TABLES, **facts}[query.model.topic] for query in queries}


def sql_server(message_boxes: MessageBoxes | None = None, backups: SsodbBackups | None = None) -> SqlServer:
    """A server with all databases but SSODB."""
    changed = {fact.topic: fact for fact in (message_boxes, backups) if fact is not None}
    others = {"BizTalkMgmtDb": told(BIZTALK, changed), "msdb": told(MSDB, changed)}
    return SqlServer("SQL01", told(MESSAGE_BOX), USER, Secret(PASSWORD), database="master", others=others)


def settings(server: str, address: str) -> dict[str, Any]:
    return {"server": server, "address": address, "driver": any_driver(), "encrypt": "optional", "user": USER}


def asked(sql: SqlServer, name: str = "SSODB") -> Databases:
    """What comes of it where the inventory knows that server as SQL01, for SSODB and the management database."""
    with serving(sql) as address:
        known = settings("SQL01", address.server)
        estate = inventory(sql=SqlSettings(**known), biztalk=BizTalkSettings(**known))
        return read_databases(estate, ssodb(database=name), Place(), Logins(LOGIN, LOGIN))


def test_an_inventory_without_biztalk_is_not_asked_for_it() -> None:
    found = read_databases(inventory(), ssodb(), Place(), Logins())
    assert (found.management, found.message_boxes) == (None, ())


def test_a_management_database_that_is_still_to_be_made_is_absent() -> None:
    found = read_databases(inventory(APP, stage=Stage.PLANNED, change="new"), ssodb(), Place(), Logins())
    assert code(found.management) == "to-be-made"


def test_offline_nothing_is_asked() -> None:
    estate = inventory(biztalk=BizTalkSettings(server="SQL02", driver=NO_DRIVER))
    found = read_databases(estate, ssodb(REFUSED), Place(), Logins(), offline=True)
    assert (code(found.management), found.message_boxes) == ("offline", ())


@pytest.mark.parametrize("place", [Place(), Place(None, "BizTalkMgmtDb"), Place("(local)", "BizTalkMgmtDb")])
def test_without_an_address_the_management_database_is_not_asked(place: Place) -> None:
    found = read_databases(inventory(APP), ssodb(), place, Logins())
    assert code(found.management) == "address-unknown"


@pytest.mark.parametrize(
    ("section", "place", "where"),
    [
        ({"server": "SQL02"}, Place(), ("SQL02", "BizTalkMgmtDb")),
        ({"server": "SQL02", "database": "Mgmt"}, Place("SQL03", "Other"), ("SQL02", "Mgmt")),
        ({"server": "SQL02"}, Place("SQL03", "Other"), ("SQL02", "Other")),
        ({"database": "Mgmt"}, Place("tcp:SQL03,1500", None), ("sql03,1500", "Mgmt")),
        ({"address": "10.0.0.1,1500"}, Place(), ("10.0.0.1,1500", "BizTalkMgmtDb")),
        (None, Place("SQL03", None), ("sql03", "BizTalkMgmtDb")),
    ],
)
def test_the_inventory_has_the_last_word(section: dict[str, Any] | None, place: Place, where: tuple[str, str]) -> None:
    biztalk = None if section is None else BizTalkSettings(driver=NO_DRIVER, **section)
    found = read_databases(inventory(APP, biztalk=biztalk), ssodb(), place, Logins())

    assert found.management is not None
    assert (found.management.server, found.management.database) == where
    assert code(found.management) == "driver-missing"


def test_where_ssodb_is_silent_msdb_is_not_asked() -> None:
    found = read_databases(inventory(), ssodb(REFUSED), Place(), Logins())
    assert found.ssodb.topics == {topic.topic: REFUSED for topic in (*SSODB_TOPICS, *MSDB_TOPICS)}


def test_everything_is_read_as_the_inventory_says() -> None:
    sql = sql_server(boxes(("sql01", "Box1"), ("SQL01,1433", "Box2"), ("sql01", "Box3")))
    found = asked(sql)

    assert found.management is not None
    assert [database.topics.keys() for database in found.message_boxes] == [{"sql_server"}] * 3
    every = (*found.management.topics.values(), *(box.topics["sql_server"] for box in found.message_boxes))
    assert all(isinstance(reading, Read) for reading in every)
    assert [(box.server, box.database) for box in found.message_boxes] == [
        ("sql01", "Box1"),
        ("SQL01,1433", "Box2"),
        ("sql01", "Box3"),
    ]
    opened = sorted(session.database for session in sql.sessions)
    assert opened == ["BizTalkMgmtDb", "master", "msdb"], "one for all spellings"


@pytest.mark.parametrize("name", ["SSODB", "ssodb"])
def test_of_msdb_only_the_backups_of_ssodb_are_kept(name: str) -> None:
    backups = SsodbBackups.read({"rows": [backup("SSODB"), backup("Payroll"), backup("SSODB2"), backup("SSODB")]})
    reading = asked(sql_server(backups=backups), name=name).ssodb.topics[SsodbBackups.topic]

    assert isinstance(reading, Read)
    assert [row["database_name"] for row in reading.data["rows"]] == ["SSODB", "SSODB"]


def backup(database: str) -> dict[str, Any]:
    then = "2026-11-20T02:00:00"
    return {
        "database_name": database,
        "server_name": "SQL01",
        "type": "D",
        "is_copy_only": False,
        "newest_start": then,
        "newest_finish": then,
        "local_time": then,
        "asked_server": "SQL01",
    }


def test_a_password_is_not_sent_where_only_a_row_of_the_database_says() -> None:
    stranger = sql_server()
    with serving(stranger, host="127.0.0.2") as address:
        (box,) = asked(sql_server(boxes((address.server, "Box")))).message_boxes

    assert (box.server, box.database) == (address.server, "Box")
    assert code(box, MESSAGE_BOX_TOPICS) == "login-withheld"
    assert (stranger.sessions, stranger.rejected_logins) == ([], 0)


@pytest.mark.parametrize("name", NO_ADDRESSES)
def test_a_row_that_is_no_address_is_not_connected_to(name: str) -> None:
    (box,) = asked(sql_server(boxes((name, "Box")))).message_boxes
    assert code(box, MESSAGE_BOX_TOPICS) == "address-unknown"


def test_another_server_is_shown_the_windows_identity_and_expected_to_have_its_own_certificate() -> None:
    own: dict[str, Any] = {
        "driver": needs("freetds"),
        "encrypt": "optional",
        "host_in_certificate": "sql01.contoso.com",
    }
    estate = inventory(biztalk=BizTalkSettings(server="SQL01", **own))
    with serving(sql_server(), host="127.0.0.2") as address:
        management = ssodb().model_copy(update={"topics": {"message_boxes": read(boxes((address.server, "Box")))}})
        reader = DatabaseReader(estate, ssodb(), Place(), Logins(), DEFAULTS, time.monotonic() + 30)
        (box,) = reader.message_boxes(management)

    assert code(reader.management()) == "option-unsupported", "SQL01 is expected to have the name of the inventory"
    assert code(box, MESSAGE_BOX_TOPICS) in ("untrusted-domain", "kerberos", "no-session")


SPELLINGS = ("sql01", "SQL01,1433", "SQL01.contoso.com", "SQL01\\MSSQLSERVER")
HERE = Place()


def boxes_of(
    estate: Inventory,
    servers: Sequence[str],
    logins: Logins,
    *,
    of: DatabaseEvidence | None = None,
    told: Place = HERE,
    server: str = "SQL02",
) -> tuple[DatabaseEvidence, ...]:
    """The MessageBoxes on these servers, as a management database on `server` has them."""
    rows = boxes(*((name, f"Box{number}") for number, name in enumerate(servers)))
    management = ssodb(server=server).model_copy(update={"topics": {"message_boxes": read(rows)}})
    reader = DatabaseReader(estate, of or ssodb(), told, logins, DEFAULTS, time.monotonic() + 30)
    return reader.message_boxes(management)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_rejected_login_is_not_tried_again_on_that_server(spelled: str) -> None:
    rejected = REFUSED.model_copy(update={"code": "login-failed"})
    login = SqlLogin("SSOAUDIT", Secret("a-password-7d21"))
    logins = Logins(SqlLogin("ssoaudit", Secret("a-password-7d21")), login)

    def management(server: str) -> DatabaseEvidence | None:
        estate = inventory(biztalk=BizTalkSettings(server=server, driver=NO_DRIVER, user="ssoaudit"))
        return read_databases(estate, ssodb(rejected), Place(), logins).management

    assert code(management(spelled)) == "not-tried"
    assert code(management("SQL02")) == "driver-missing"


@pytest.mark.parametrize("spelled", [*SPELLINGS, "tcp:SQL01", "sql01.", "admin:sql01.contoso.com"])
def test_a_rejected_login_is_not_shown_to_that_server_for_a_message_box(spelled: str) -> None:
    rejected = REFUSED.model_copy(update={"code": "login-locked"})
    sql = SqlSettings(server="SQL01", driver=NO_DRIVER, user="ssoaudit")
    estate = inventory(sql=sql, biztalk=BizTalkSettings(server="SQL02", driver=NO_DRIVER, user="other"))
    logins = Logins(SqlLogin("ssoaudit", LOGIN.password), SqlLogin("other", LOGIN.password))

    found = boxes_of(estate, (spelled, "SQL02"), logins, of=ssodb(rejected))
    assert [code(box, MESSAGE_BOX_TOPICS) for box in found] == ["not-tried", "driver-missing"]


@pytest.mark.parametrize("login", [None, LOGIN])
def test_a_server_that_the_inventory_names_is_asked_however_the_row_spells_it(login: SqlLogin | None) -> None:
    sql = sql_server()
    with serving(sql, host="127.0.0.2") as address:
        known = {**settings("SQL02.contoso.com", address.server), "user": None}
        estate = inventory(biztalk=BizTalkSettings(**known))
        rows = ("SQL02", "tcp:sql02", "SQL02.contoso.com,1433", "SQL02.fabrikam.com", "SQL02,1500", address.server)
        found = boxes_of(estate, rows, Logins(biztalk=login), server="SQL02.contoso.com")

    silent = [code(box, MESSAGE_BOX_TOPICS) if isinstance(box.topics["sql_server"], Missing) else "" for box in found]
    if login is not None:
        assert silent == ["", "", "", "login-withheld", "login-withheld", ""]
        assert [session.database for session in sql.sessions] == ["master"], "one logon for all spellings"
    else:
        assert len({silent[index] for index in (0, 1, 2, 5)}) == 1
        assert silent[3] != silent[0] != silent[4], "these names do not resolve"


def test_a_message_box_is_asked_where_its_server_was_found() -> None:
    sql = sql_server()
    with serving(sql) as address:
        estate = inventory(sql=SqlSettings(**{**settings("", address.server), "server": None, "user": None}))
        found = boxes_of(estate, ("SQLFOUND", "SsoAlias"), Logins(LOGIN), of=ssodb(server="sqlfound.contoso.com"))

    assert [isinstance(box.topics["sql_server"], Read) for box in found] == [True, False]
    assert code(found[1], MESSAGE_BOX_TOPICS) == "login-withheld"


def test_a_message_box_is_asked_where_the_management_database_was_found() -> None:
    sql = sql_server()
    with serving(sql) as address:
        known = {**settings("", address.server), "server": None, "user": None}
        estate = inventory(biztalk=BizTalkSettings(**known))
        (box,) = boxes_of(estate, ("SQLFOUND",), Logins(biztalk=LOGIN), server="sqlfound")

    assert isinstance(box.topics["sql_server"], Read)


def test_the_aliases_of_the_nodes_are_resolved() -> None:
    aliases = (SqlAlias(name="BtsSql", target="DBMSSOCN,SQL02.contoso.com,1433"),)
    estate = inventory(biztalk=BizTalkSettings(server="SQL02", driver=NO_DRIVER, user=USER))
    found = boxes_of(estate, ("btssql",), Logins(biztalk=LOGIN), told=Place(aliases=aliases))
    assert code(found[0], MESSAGE_BOX_TOPICS) == "driver-missing"

    place = Place("BTSSQL", "Mgmt", aliases)
    management = read_databases(inventory(APP), ssodb(), place, Logins()).management
    assert management is not None
    assert (management.server, management.database) == ("sql02.contoso.com", "Mgmt")


def test_what_belongs_to_one_server_is_not_borrowed_for_another() -> None:
    own: dict[str, Any] = {
        "server": "SQL01",
        "address": "10.0.0.1",
        "database": "SSODB",
        "user": USER,
        "server_spn": "MSSQLSvc/sql01",
    }
    common: dict[str, Any] = {"driver": NO_DRIVER, "encrypt": "optional", "application_intent": "readwrite"}
    wanted = BizTalkSettings(**common)

    assert borrowed(SqlSettings(**own, **common, host_in_certificate="sql01")) == wanted
    assert borrowed(SqlSettings(**own, **common, trust_server_certificate=True)) == wanted


def test_msdb_has_a_reason_even_where_ssodb_has_none() -> None:
    nothing = ssodb().model_copy(update={"topics": {}})
    assert code(read_databases(inventory(), nothing, Place(), Logins()).ssodb, MSDB_TOPICS) == "not-collected"


def test_a_reading_that_broke_leaves_what_was_read() -> None:
    found = unread_databases(inventory(APP), ssodb(), REFUSED)

    assert found.ssodb.topics == {**ssodb().topics, **{topic.topic: REFUSED for topic in MSDB_TOPICS}}
    assert (code(found.management), found.message_boxes) == ("refused", ())
    assert unread_databases(inventory(), ssodb(), REFUSED).management is None


def test_a_silent_database_costs_no_more_than_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1,{silent.getsockname()[1]}"
        known = {**settings("SQL01", address)}
        estate = inventory(sql=SqlSettings(**known), biztalk=BizTalkSettings(**known))
        started = time.monotonic()
        found = read_databases(estate, ssodb(), Place(), Logins(LOGIN, LOGIN), SqlLimits(deadline=1.0))
        took = time.monotonic() - started

    assert took <= 1.0 + 2
    assert code(found.management) == code(found.ssodb, MSDB_TOPICS) == "deadline"
    assert found.message_boxes == ()
