"""An estate of two healthy nodes of the lab and a faulty one, and a real collection of it."""

from pathlib import Path

from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.evidence import Evidence, Missing, Read, ReadStatus
from ssoaudit.inventory import Inventory, Server, WinrmSettings
from ssoaudit.lab.estate import healthy
from ssoaudit.lab.process import Lab
from ssoaudit.vocabulary import Role, Stage
from tests.lab.faulty import NAME
from tests.lab.faulty_process import Running
from tests.lab.wire_faults import AMPLE, BASIC

LOOPBACK = "127.0.0.1"


def limits(deadline: float = AMPLE) -> Limits:
    return Limits(
        connect=1.0,
        operation=1.0,
        grace=AMPLE,
        deadline=deadline,
        stdout_bytes=1_000_000,
        stderr_bytes=100_000,
    )


def server(node: Running, scheme: str, directory: Path) -> Server:
    """The faulty node as an inventory has it."""
    settings = WinrmSettings(auth="ntlm")
    if scheme == BASIC:
        trusted = directory / "ca.pem"
        trusted.write_text(node.authority)
        settings = WinrmSettings(scheme="https", auth="basic", ca_file=str(trusted))
    return Server(host=NAME, address=LOOPBACK, port=node.port, roles=(Role.CLUSTER,), winrm=settings)


def inventory(lab: Lab, *servers: Server) -> Inventory:
    """These servers, with the lab's settings. SSODB is still to be made, so that no database is asked."""
    return Inventory(name="Wire", servers=servers, winrm=lab.inventory().winrm, change="new", stage=Stage.PLANNED)


def collected(estate: Inventory, logon: Logon, deadline: float = AMPLE) -> Evidence:
    return Collection(estate, logon, Options(limits=limits(deadline))).collect()


def is_whole(evidence: Evidence, name: str, like: str) -> bool:
    """Whether each topic is there that the lab's machine has."""
    facts = healthy().machines[like].facts
    return all(
        isinstance(reading, Read)
        if topic in facts
        else isinstance(reading, Missing) and reading.status is ReadStatus.ABSENT
        for topic, reading in evidence.topics(name).items()
    )


def codes(evidence: Evidence, name: str) -> set[tuple[str, str]]:
    """Code and stage of what of a server is missing."""
    readings = evidence.topics(name).values()
    return {(reading.code, reading.stage) for reading in readings if isinstance(reading, Missing)}
