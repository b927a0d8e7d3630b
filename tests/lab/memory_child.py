"""A client whose memory is watched: two collections as JSON on stdin, the growth of its peak in bytes on stdout."""

import json
import sys
from pathlib import Path

from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Missing
from ssoaudit.inventory import Inventory


def peak() -> int:
    """The most memory that this process ever had resident, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def main() -> None:
    order = json.loads(sys.stdin.read())
    logon, options = Logon(order["user"], Secret(order["password"])), Options(limits=Limits(deadline=order["deadline"]))
    healthy, faulty = (Inventory.model_validate_json(text) for text in order["inventories"])
    Collection(healthy, logon, options).collect()
    before = peak()
    evidence = Collection(faulty, logon, options).collect()
    readings = [reading for each in evidence.servers for reading in each.topics.values()]
    codes = sorted({reading.code for reading in readings if isinstance(reading, Missing)})
    print(json.dumps({"growth": peak() - before, "codes": codes}))  # noqa: T201 - stdout is the line to the test


if __name__ == "__main__":
    main()
