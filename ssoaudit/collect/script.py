"""What is sent to a server: the bootstrap on the command line, the node script and its parameters on stdin.

The script is the same for every server and every run of a version, so that a site can allow-list its SHA-256.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ssoaudit.facts import PILOT_TOPICS, TOPICS

COMMAND = "powershell.exe"
TRUNCATED = "truncated"
"""Why the bootstrap refuses where less than a script and its header came."""

_ADMISSION = (
    "$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';"
    "$m=[string]$ExecutionContext.SessionState.LanguageMode;"
    "if($m -ne 'FullLanguage'){'SSOAUDIT/1 REFUSED language-mode '+$m;exit 0};"
    "$l=@(%s);if($l.Count -lt 2){'SSOAUDIT/1 REFUSED truncated';exit 0};"
    "$h=$l[0] -split ' ';$s=[string]::Join([string][char]10,$l[1..($l.Count-1)]);"
    "$b=[Text.Encoding]::UTF8.GetBytes($s);"
    "$d=[BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($b)).Replace('-','').ToLower();"
    "if($h.Count -ne 4 -or $h[0] -cne 'SSOAUDIT-IN/1' -or $h[1] -ne $b.Length -or $h[2] -cne $d)"
    "{'SSOAUDIT/1 REFUSED altered';exit 0};"
    "& ([ScriptBlock]::Create($s)) $h[3]"
)

BOOTSTRAP = _ADMISSION % "$input"
"""Reads the script from stdin, and runs it only if it arrived whole. One line, without double quotes or runs of
blanks, so that it survives the command line unquoted."""

SHARED = ("event_log",)
"""The readers of `ssoaudit.facts` that several topics are read by, and that are no topic themselves."""

ARGUMENTS = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", BOOTSTRAP)

FALLBACK_BOOTSTRAP = (
    _ADMISSION % "[Console]::In.ReadToEnd().Replace([string][char]13,'').TrimEnd([char]10).Split([char]10)"
)
"""The same for a host that does not hand its stdin to `$input`: it reads the console's own input."""

FALLBACK_ARGUMENTS = (
    "-NoLogo", "-NoProfile", "-NonInteractive", "-InputFormat", "None", "-Command", FALLBACK_BOOTSTRAP,
)  # fmt: skip


@cache
def script() -> str:
    """The node script: prologue, every topic's reader, and the loop that runs those asked for. Pure ASCII, LF only."""
    topics = (*TOPICS, *PILOT_TOPICS)
    names = (*SHARED, *(topic.topic for topic in topics))
    readers = "\n".join(_text("ssoaudit.facts", f"{name}.ps1") for name in names)
    table = "\n".join(f"    {topic.topic} = ${{function:{reader_name(topic.topic)}}}" for topic in topics)
    parts = (
        _text("ssoaudit.collect", "prologue.ps1"),
        readers,
        f"$Readers = @{{\n{table}\n}}\n",
        _text("ssoaudit.collect", "loop.ps1"),
    )
    return "\n".join(parts).rstrip("\n")


@cache
def sha256() -> str:
    """The SHA-256 of the node script, as it stands in every report."""
    return hashlib.sha256(script().encode("ascii")).hexdigest()


def reader_name(topic: str) -> str:
    """The function that a topic's reader defines: `Read-LogonRights` for `logon_rights`."""
    return "Read-" + "".join(word.capitalize() for word in topic.split("_"))


def stdin(parameters: Mapping[str, object]) -> bytes:
    """What is sent on stdin: a line with length, hash and parameters, then the script. Parameters never enter code."""
    encoded = base64.b64encode(json.dumps(parameters, ensure_ascii=True).encode("ascii")).decode("ascii")
    text = script()
    return f"SSOAUDIT-IN/1 {len(text)} {sha256()} {encoded}\n{text}\n".encode("ascii")


def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="ascii").replace("\r\n", "\n")
