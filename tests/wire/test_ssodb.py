"""Databases over real drivers and a real socket: what is asked, what arrives, and what happens without a driver."""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from ssoaudit import record
from ssoaudit.collect.collection import Collection
from ssoaudit.collect.databases import MASTER
from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.collect.sql.catalogue import BIZTALK, MESSAGE_BOX, MSDB, SESSION, SSODB
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.evidence import DatabaseEvidence, Evidence, Missing, Read, typed
from ssoaudit.facts import BIZTALK_TOPICS, MESSAGE_BOX_TOPICS, MSDB_TOPICS, SSODB_TOPICS, SqlFact
from ssoaudit.facts.external_credential_secrets import ExternalCredentialSecrets
from ssoaudit.inventory import SqlSettings
from ssoaudit.lab.estate import MANAGEMENT, SQL, LabEstate, healthy
from ssoaudit.lab.process import Lab
from ssoaudit.version import __version__
from tests.odbc import DRIVERS, needs

ENCRYPTED = ("ec_password_no_sync", "ec_password_with_sync", "wp_password", "ec_xa", "ec_xu")
WITHOUT_ODBC = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name == "pyodbc":
            raise ImportError("libodbc.so.2: cannot open shared object file: No such file or directory")
sys.meta_path.insert(0, Blocked())
from ssoaudit.cli import main
sys.exit(main(sys.argv[1:]))
"""


def small(estate: LabEstate) -> LabEstate:
    """The estate with one machine, for what concerns SSODB alone."""
    name = next(iter(estate.machines))
    return replace(estate, machines={name: estate.machines[name]})


def collect(lab: Lab, driver: str, password: Secret | None = None) -> Evidence:
    inventory = lab.inventory()
    assert inventory.biztalk is not None
    sections: tuple[SqlSettings, ...] = (inventory.sql, inventory.biztalk)
    sql, biztalk = (section.model_copy(update={"driver": driver}) for section in sections)
    login = SqlLogin(lab.sql_user, password or lab.password)
    inventory = inventory.model_copy(update={"sql": sql, "biztalk": biztalk})
    return Collection(inventory, Logon(lab.user, lab.password), sql_login=login, biztalk_login=login).collect()


def read(evidence: Evidence) -> DatabaseEvidence:
    assert evidence.ssodb is not None
    return evidence.ssodb


def facts(database: DatabaseEvidence, topics: Iterable[type[SqlFact]]) -> dict[str, SqlFact | Missing]:
    assert list(database.topics) == [topic.topic for topic in topics]
    return {topic.topic: typed(database.topics[topic.topic], topic) for topic in topics}


@pytest.mark.parametrize("encryption", ["off", "required"])
@pytest.mark.parametrize("name", DRIVERS)
def test_both_drivers_read_the_same(name: str, encryption: str) -> None:
    driver = needs(name)
    with Lab(small(healthy()), sql_encryption=encryption) as lab:
        evidence = collect(lab, driver)
        sessions = lab.sessions()

    assert facts(read(evidence), (*SSODB_TOPICS, *MSDB_TOPICS)) == lab.estate.database
    assert evidence.management is not None
    assert facts(evidence.management, BIZTALK_TOPICS) == lab.estate.management
    (box,) = evidence.message_boxes
    assert (box.server, box.database) == (SQL, "BizTalkMsgBoxDb")
    assert facts(box, MESSAGE_BOX_TOPICS) == {"sql_server": lab.estate.database["sql_server"]}
    assert {session["encrypted"] for session in sessions} == {encryption == "required"}


@pytest.mark.parametrize("name", DRIVERS)
def test_nothing_but_the_catalogue_crosses_the_wire(name: str) -> None:
    driver = needs(name)
    with Lab(small(healthy())) as lab:
        collect(lab, driver)
        sessions = lab.sessions()

    asked = {
        session["database"]: [" ".join(text.split()) for text in session["statements"] if "sp_datatype" not in text]
        for session in sessions
    }
    known = {"SSODB": SSODB, "msdb": MSDB, MANAGEMENT: BIZTALK, MASTER: MESSAGE_BOX}
    assert asked == {
        name: [" ".join(statement.text.split()) for statement in (*SESSION, *queries)]
        for name, queries in known.items()
    }
    assert len(sessions) == len(known)
    for session in sessions:
        assert session["transactions"] == 0
        assert session["read_only_intent"] is True
        assert session["app"] == f"ssoaudit {__version__}"
    named = {column for texts in asked.values() for text in texts for column in ENCRYPTED if column in text}
    assert named == {"ec_password_no_sync", "ec_password_with_sync", "wp_password"}, "asked for in audit_rights"


@pytest.mark.parametrize("name", DRIVERS)
def test_a_refused_login_is_tried_once_and_never_told(name: str) -> None:
    driver = needs(name)
    wrong = Secret("not-the-password-55d1")
    with Lab(small(healthy())) as lab:
        evidence = collect(lab, driver, wrong)
        logons = lab.rejected_logins()

    readings = read(evidence).topics.values()
    assert {reading.code for reading in readings if isinstance(reading, Missing)} == {"login-failed"}
    assert evidence.management is not None
    assert {each.code for each in evidence.management.topics.values() if isinstance(each, Missing)} == {"not-tried"}
    assert evidence.message_boxes == ()
    assert logons == 1
    assert wrong.reveal().encode() not in record.dump(evidence)


def test_the_address_comes_from_the_registry_where_the_inventory_is_silent() -> None:
    with Lab(small(healthy())) as lab:
        inventory = lab.inventory()
        silent = inventory.sql.model_copy(update={"server": None, "database": None, "address": None})
        inventory = inventory.model_copy(update={"sql": silent})
        evidence = Collection(inventory, Logon(lab.user, lab.password)).collect()

    assert (read(evidence).server, read(evidence).database) == ("sqlsso01", "SSODB")


def test_an_altered_fact_arrives_altered() -> None:
    driver = needs("freetds")
    estate = small(healthy()).alter_database(ExternalCredentialSecrets(rows=()))
    with Lab(estate) as lab:
        reading = read(collect(lab, driver)).topics[ExternalCredentialSecrets.topic]

    assert isinstance(reading, Read)
    assert reading.data == {"rows": []}


@pytest.mark.parametrize(("scenario", "code"), [("first-scan", 1), ("healthy", 3)])
def test_without_libodbc_the_demo_runs_to_the_end(scenario: str, code: int, tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", WITHOUT_ODBC, "demo", "--scenario", scenario, "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ended.returncode == code
    assert "libodbc2" in ended.stdout
    assert "database.is-configured" in ended.stdout
    assert "Traceback" not in ended.stderr
