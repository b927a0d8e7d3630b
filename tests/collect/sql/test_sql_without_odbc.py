"""On a machine without ODBC everything else works, and SSODB is told to be unreadable and why."""

import json
import subprocess
import sys

from ssoaudit.collect.sql.catalogue import CATALOGUE

READ = """
import json, sys

sys.modules["pyodbc"] = None  # as if it could not be imported
import ssoaudit.collect.sql.reader as reader
from ssoaudit.collect.sql.address import Address
from ssoaudit.inventory import SqlSettings

reading = reader.read(Address("SQL01", "SSODB"), SqlSettings())
missing = {topic: each.model_dump(mode="json") for topic, each in reading.readings.items()}
json.dump({"driver": reading.driver, "missing": missing, "notes": reading.notes}, sys.stdout)
"""
IMPORTED = """
import sys
import ssoaudit.collect.sql.reader
import ssoaudit.collect.sql.grants
sys.exit("pyodbc" in sys.modules)
"""


def python(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def test_without_odbc_every_topic_is_missing_with_what_to_install() -> None:
    ended = python(READ)

    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    told = json.loads(ended.stdout)
    assert told["driver"] is None
    assert sorted(told["missing"]) == sorted(query.model.topic for query in CATALOGUE)
    for each in told["missing"].values():
        assert (each["code"], each["stage"], each["status"]) == ("odbc-missing", "configure", "not_collected")
        assert "apt-get install libodbc2" in each["hint"]


def test_pyodbc_is_imported_only_to_read() -> None:
    assert python(IMPORTED).returncode == 0
