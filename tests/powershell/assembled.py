"""The node script with the stand-ins in it: what is sent instead of the real one, with a header of its own."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ssoaudit.collect.script import script

STAND_INS = Path(__file__).with_name("windows.ps1")
BEHIND = "$LocalMachine = [uint32]2147483650\n"
"""The last of the script's first lines: what stands before it is needed by the stand-ins."""

REPLACED_FUNCTIONS = (
    "Get-AccountKind",
    "Get-Addresses",
    "Get-FileSecurity",
    "Get-FileVersion",
    "Get-FolderFiles",
    "Get-HostName",
    "Get-HostsLines",
    "Get-HostsSize",
    "Get-KeySecurity",
    "Get-LogReader",
    "Get-LogSettings",
    "Get-RightHolders",
    "Get-Sid",
    "Get-TokenSids",
    "Invoke-EndpointMapper",
)
"""The functions of one line that are taken out of the script: the stand-ins have them instead."""

REPLACED_EXPRESSIONS: Mapping[str, str] = {
    "[Security.Principal.WindowsIdentity]::GetCurrent()": "(Get-StandInIdentity)",
    "[DateTime]::UtcNow": "(Get-StandInClock)",
    "[TimeZoneInfo]::Local.Id": "(Get-StandInTimeZone)",
}
"""What is asked of .NET directly and is not the same everywhere."""


def with_stand_ins(source: str | None = None) -> str:
    """The script with the stand-ins in it; raises `ValueError` where it lacks what they replace."""
    text = script() if source is None else source
    for name in REPLACED_FUNCTIONS:
        lines = [line for line in text.splitlines() if line.startswith((f"function {name} ", f"function {name}("))]
        if len(lines) != 1 or not lines[0].endswith("}"):
            raise ValueError(f"the script has no function {name} of one line")
        text = text.replace(f"{lines[0]}\n", "")
    for expression, stand_in in REPLACED_EXPRESSIONS.items():
        if expression not in text:
            raise ValueError(f"the script has no {expression}")
        text = text.replace(expression, stand_in)
    if text.count(BEHIND) != 1:
        raise ValueError(f"the script has no line {BEHIND.strip()}")
    return text.replace(BEHIND, BEHIND + "\n" + STAND_INS.read_text(encoding="ascii") + "\n")


def stdin_of(text: str, parameters: Mapping[str, object]) -> bytes:
    """What is sent for a script of any text, as the collector sends its own."""
    encoded = base64.b64encode(json.dumps(parameters).encode("ascii")).decode("ascii")
    return f"{header(text, encoded)}\n{text}\n".encode()


def header(text: str, encoded: str) -> str:
    """The first line, which the bootstrap compares the script with."""
    body = text.encode()
    return f"SSOAUDIT-IN/1 {len(body)} {hashlib.sha256(body).hexdigest()} {encoded}"
