"""What powershell.exe of a node answers to the collector: the bootstrap's refusals, frames, errors on stderr."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from xml.sax.saxutils import escape

from ssoaudit.lab.command import Command, Reply

_SWITCHES = "-NoLogo -NoProfile -NonInteractive "
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEADER_FIELDS = 4


@dataclass(frozen=True)
class Answer:
    """What one topic answers: a frame's status, its data as JSON will hold it, and how long it took.

    One that `hangs` answers nothing, and no topic after it does.
    """

    status: str
    data: Mapping[str, object]
    milliseconds: int = 3
    hangs: bool = False


class _RefusedError(Exception):
    """The bootstrap runs no script; the text says why."""


class _ThrownError(Exception):
    """The script, or PowerShell before it, ends with an error."""


def powershell(
    answers: Mapping[str, Answer],
    bootstrap: str,
    *,
    fallback: str = "",
    language_mode: str = "FullLanguage",
    noise: bytes = b"",
    drains_stdin: bool = True,
) -> Command:
    """A command that answers as powershell.exe does when it runs `bootstrap` with a collector script on stdin.

    The script itself is not run: `answers` holds what each topic says. A topic without an answer is an `error`
    frame. `noise` is a line that something else prints between the frames. `fallback` is the bootstrap that reads the
    console's input; the other one finds nothing where the host does not drain stdin into `$input`.
    """

    def run(command: str, arguments: tuple[str, ...], stdin: bytes) -> Reply:
        try:
            reads_console = _reads_console(command, arguments, bootstrap, fallback)
            parameters = _admit(stdin if drains_stdin or reads_console else b"", language_mode)
            lines, ended = _frames(parameters, answers)
        except _RefusedError as refusal:
            return Reply(f"SSOAUDIT/1 REFUSED {refusal}\r\n".encode())
        except _ThrownError as error:
            return Reply(b"", clixml(str(error)), 1)
        between = b"\r\n" + noise + b"\r\n" if noise else b"\r\n"
        return Reply(between.join(lines) + b"\r\n" if lines else b"", ended=ended)

    return run


def facts_file(script: bytes, computer: str, answers: Mapping[str, Answer], now: datetime) -> bytes:
    """What the stand-alone script leaves on a machine that answers so, with `now` for its clock.

    As above the script is not run: what it asks for and the node script's SHA-256 are taken from its text.
    """
    text = script.decode("ascii")
    parameters, digest = (_assigned(name, text) for name in ("Parameters", "ScriptHash"))
    clock = f"{now:%Y-%m-%dT%H:%M:%S.%f}0Z"
    header = ("SSOFACTS/1", f"script {digest}", f"computer {computer}", f"started {clock}", f"parameters {parameters}")
    lines = [*(line.encode() for line in header), *_frames(parameters, answers)[0], f"finished {clock}".encode()]
    content = b"".join(line + b"\r\n" for line in lines)
    return content + f"sha256 {hashlib.sha256(content).hexdigest()}\r\n".encode()


def _assigned(name: str, text: str) -> str:
    found = re.search(rf"(?m)^\${name} = '([^']*)'\r$", text)
    if found is None:
        raise ValueError(f"the script does not set ${name}")
    return found[1]


def clixml(error: str) -> bytes:
    """An error record as powershell.exe writes it to a redirected stderr."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", f"{error}\r\n")
    text = re.sub(r"[\x00-\x1f]", lambda sign: f"_x{ord(sign[0]):04X}_", text)
    return (
        '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
        f'<S S="Error">{escape(text)}</S></Objs>'
    ).encode()


def _reads_console(command: str, arguments: tuple[str, ...], bootstrap: str, fallback: str) -> bool:
    """Whether the command line is that of the fallback."""
    switches = " ".join(arguments)
    if command.lower() == "powershell.exe" and switches == f"{_SWITCHES}-Command {bootstrap}":
        return False
    if command.lower() == "powershell.exe" and switches == f"{_SWITCHES}-InputFormat None -Command {fallback}":
        return True
    raise _ThrownError("The command line is not the collector's.")


def _admit(stdin: bytes, language_mode: str) -> str:
    """The header's parameters, if the bootstrap finds the script whole."""
    if language_mode != "FullLanguage":
        raise _RefusedError(f"language-mode {language_mode}")
    lines = _LINE_END.split(stdin.decode("utf-8", "replace"))
    if not lines[-1]:
        lines.pop()
    if len(lines) < 2:  # noqa: PLR2004 - a header and a script
        raise _RefusedError("truncated")
    header = lines[0].split(" ")
    script = "\n".join(lines[1:]).encode()
    digest = hashlib.sha256(script).hexdigest()
    if len(header) != _HEADER_FIELDS or header[:3] != ["SSOAUDIT-IN/1", str(len(script)), digest]:
        raise _RefusedError("altered")
    return header[3]


def _topics(parameters: str) -> Sequence[str]:
    try:
        topics = json.loads(base64.b64decode(parameters, validate=True))["topics"]
    except (binascii.Error, ValueError, LookupError, TypeError):
        raise _ThrownError("The parameters are not Base64 of a JSON object with topics.") from None
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise _ThrownError("The topics are not a list of names.")
    return topics


def _frames(parameters: str, answers: Mapping[str, Answer]) -> tuple[list[bytes], bool]:
    """The lines that the node script prints, and whether it comes to its end."""
    asked = [(topic, answers.get(topic) or _unknown(topic)) for topic in _topics(parameters)]
    answered = list(takewhile(lambda pair: not pair[1].hangs, asked))
    lines = [_frame(topic, answer) for topic, answer in answered]
    ended = len(answered) == len(asked)
    return ([*lines, f"SSOAUDIT/1 END {len(lines)}".encode()] if ended else lines), ended


def _unknown(topic: str) -> Answer:
    return Answer(
        "error",
        {
            "type": "System.Management.Automation.CommandNotFoundException",
            "code": "",
            "message": f"The lab has no answer for the topic {topic}.",
            "where": "",
        },
    )


def _frame(topic: str, answer: Answer) -> bytes:
    text = json.dumps(answer.data, ensure_ascii=False, separators=(",", ":"))
    # PowerShell's strings are UTF-16: a surrogate without its other half becomes U+FFFD in the bytes.
    data = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    digest, encoded = hashlib.sha256(data).hexdigest(), base64.b64encode(data).decode()
    return f"SSOAUDIT/1 {topic} {answer.status} {answer.milliseconds} {digest} {encoded}".encode()
