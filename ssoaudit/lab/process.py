"""The lab as a child process: pyspnego's acceptor takes its accounts from a variable of the whole process."""

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from ssoaudit.collect.databases import MASTER
from ssoaudit.credentials import Secret
from ssoaudit.facts import MESSAGE_BOX_TOPICS, MSDB_TOPICS, PILOT_TOPICS, TOPICS, SqlFact
from ssoaudit.inventory import Inventory, Server, WinrmSettings
from ssoaudit.lab.__main__ import LOOPBACK, SQL_PORT
from ssoaudit.lab.estate import DATABASE, MANAGEMENT, LabEstate, Machine
from ssoaudit.lab.tables import table

USER = "CONTOSO\\auditor"
SQL_USER = "ssoaudit"


if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _NEW_GROUP = 0


class LabError(Exception):
    """The lab's process did not come up, or is gone."""


class Lab:
    """A running lab; a context manager. Its password is new each time, and never leaves the two processes.

    `noise` is a line that every machine's PowerShell prints between its frames. With `tls` the machines speak Basic
    over HTTPS, else NTLM with message encryption over HTTP. `sql_encryption` is what SQL Server does about TLS: off,
    on or required. Without `drains_stdin` PowerShell's `$input` stays empty.
    """

    def __init__(
        self,
        estate: LabEstate,
        *,
        tls: bool = False,
        noise: str = "",
        sql_encryption: str = "required",
        drains_stdin: bool = True,
    ) -> None:
        self.estate = estate
        self.user = USER
        self.sql_user = SQL_USER
        self._sql_encryption = sql_encryption
        self.password = Secret(secrets.token_urlsafe(24))
        self._noise = noise
        self._drains_stdin = drains_stdin
        self._tls = tls
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[str] | None = None
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="ssoaudit-lab-")
        # A group of its own: the operator's Ctrl-C is for the auditor, which then ends the lab.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ssoaudit.lab"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            creationflags=_NEW_GROUP,
            start_new_session=True,
        )
        try:
            self._ports = self._ask(json.dumps(self._order()))["ports"]
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def inventory(self) -> Inventory:
        """The estate's inventory, with the ports on which the lab listens."""
        inventory = self.estate.inventory()
        servers = tuple(
            Server(host=server.host, roles=server.roles, address=LOOPBACK, port=self._ports[server.name])
            for server in inventory.servers
        )
        winrm = WinrmSettings(auth="ntlm", user=self.user)
        if self._tls:
            winrm = WinrmSettings(scheme="https", auth="basic", user=self.user, ca_file=str(self._ca_file()))
        reached = {
            "address": f"{LOOPBACK},{self._ports[SQL_PORT]}",
            "user": self.sql_user,
            "encrypt": "optional" if self._sql_encryption == "off" else "mandatory",
            "trust_server_certificate": True,
        }
        sql = inventory.sql.model_copy(update=reached)
        biztalk = inventory.biztalk.model_copy(update=reached) if inventory.biztalk else None
        return inventory.model_copy(update={"servers": servers, "winrm": winrm, "sql": sql, "biztalk": biztalk})

    def counters(self) -> dict[str, dict[str, int]]:
        """What each machine has seen since the lab started: `ssoaudit.lab.counters.Counters`, by machine."""
        return self._ask("counters")

    def sessions(self) -> list[dict[str, Any]]:
        """Every session that SQL Server has seen: `ssoaudit.lab.tds.session.Session`."""
        sessions: list[dict[str, Any]] = self._ask("sessions")["sessions"]
        return sessions

    def rejected_logins(self) -> int:
        """How many logins SQL Server has rejected."""
        rejected: int = self._ask("sessions")["rejected"]
        return rejected

    def _order(self) -> dict[str, object]:
        inventory = self.estate.inventory()
        return {
            "user": self.user,
            "password": self.password.reveal(),
            "noise": self._noise,
            "drains_stdin": self._drains_stdin,
            "ca_file": str(self._ca_file()),
            "tls": self._tls,
            "sql_name": inventory.sql.server,
            "sql_user": self.sql_user,
            "sql_encryption": self._sql_encryption,
            "databases": databases(self.estate, inventory),
            "machines": [
                {
                    "name": machine.name,
                    "unreachable": machine.name in self.estate.unreachable,
                    "answers": answers(machine),
                }
                for machine in self.estate.machines.values()
            ],
        }

    def _ca_file(self) -> Path:
        if self._directory is None:
            raise LabError("The lab is not running.")
        return Path(self._directory.name, "ca.pem")

    def _ask(self, line: str) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise LabError("The lab is not running.")
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise LabError("The lab's process ended; what it said stands above.")
        decoded: dict[str, Any] = json.loads(answer)
        return decoded

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate()
        if self._directory is not None:
            self._directory.cleanup()


def databases(estate: LabEstate, inventory: Inventory) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What each database answers, by its name, SSODB's first: `ssoaudit.lab.tables.table`, by statement."""
    msdb = {topic.topic for topic in MSDB_TOPICS}
    box = {topic.topic for topic in MESSAGE_BOX_TOPICS}
    facts: dict[str, list[SqlFact]] = {
        inventory.sql.database or DATABASE: [fact for topic, fact in estate.database.items() if topic not in msdb],
        "msdb": [fact for topic, fact in estate.database.items() if topic in msdb],
        MANAGEMENT: list(estate.management.values()),
        MASTER: [fact for topic, fact in estate.database.items() if topic in box],
    }
    return {name: [table(fact) for fact in each] for name, each in facts.items()}


def answers(machine: Machine) -> Mapping[str, Mapping[str, object]]:
    """What a machine's PowerShell answers, by topic; what the machine lacks is absent."""
    return {
        topic.topic: {**_answer(machine, topic.topic), "hangs": topic.topic == machine.hangs_at}
        for topic in (*TOPICS, *PILOT_TOPICS)
    }


def _answer(machine: Machine, topic: str) -> Mapping[str, object]:
    fact = machine.facts.get(topic)
    if fact is None:
        message = f"{machine.name} has nothing of the kind"
        return {"status": "absent", "data": {"type": "", "code": "", "message": message, "where": ""}}
    return {"status": "ok", "data": fact.model_dump(mode="json")}
