"""The files that the stand-alone script writes: checked, and read as the answers of the servers they name.

A file guards itself by hashes without a key: they find what was cut, mistyped or mixed up, and not a forger.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ssoaudit.collect import script
from ssoaudit.collect.collection import Options
from ssoaudit.collect.frames import Transcript, read_transcript, readings
from ssoaudit.collect.parameters import ParameterError
from ssoaudit.collect.standalone import decoded
from ssoaudit.documents import DocumentError, Problem, read_bytes, visible
from ssoaudit.evidence import Missing, Read, Reading, ReadStatus, ServerEvidence, typed
from ssoaudit.facts import TOPICS, Env, Fact
from ssoaudit.facts.env import NETBIOS_LENGTH
from ssoaudit.inventory import Inventory, Server
from ssoaudit.record import AnswerFile, Moment
from ssoaudit.vocabulary import Source

SUFFIX = ".ssofacts"
MAXIMUM_BYTES = 32 * 1024 * 1024
TOLERANCE = timedelta(hours=1)
"""How far in the future a file may be: a server without network has a clock of its own."""

DEFAULTS = Options()

_FORMAT = re.compile(rb"SSOFACTS/(\d{1,4})\r?\n")
_HEADER = re.compile(
    rb"SSOFACTS/1\r?\n"
    rb"script ([0-9a-f]{64})\r?\n"
    rb"computer ([^\s\x00-\x1f\x7f]{1,63})\r?\n"
    rb"started ([0-9TZ:.+-]{19,40})\r?\n"
    rb"parameters ([A-Za-z0-9+/=]{4,})\r?\n"
)
_FOOTER = re.compile(
    rb"\r?\nSSOAUDIT/1 END (\d{1,4})\r?\n(?:(?!SSOAUDIT/1 )[^\n]*\n)*?finished ([0-9TZ:.+-]{19,40})\r?\n\Z"
)
_LAST_LINE = re.compile(rb"(?<=\n)sha256 ([0-9a-f]{64})\r?\n?\Z")
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
_AGAIN = "run the stand-alone script there again, and copy its file as it is"


class RefusedFileError(Exception):
    """A file is not taken as a server's answers; the message says why, the hint what to do."""

    def __init__(self, message: str, hint: str = _AGAIN) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class FactsFile:
    """What a file says: of which computer, when by that computer's clock, for which topics, and the frames."""

    computer: str
    started: datetime
    finished: datetime
    topics: tuple[str, ...]
    transcript: Transcript
    sha256: str


def read(data: bytes) -> FactsFile:
    """The content of a file whose hashes are right and whose script is this version's. Raises `RefusedFileError`."""
    _check_format(data)
    body = _body(data)
    header, footer = _HEADER.match(body), _FOOTER.search(body)
    if header is None:
        raise RefusedFileError("its first lines are not what the stand-alone script writes")
    if header[1].decode("ascii") != script.sha256():
        hint = f"make the script with this version (ssoaudit collector -o), and {_AGAIN}"
        raise RefusedFileError("it was written by the script of another version of ssoaudit", hint)
    if footer is None:
        raise RefusedFileError("the script did not come to its end there")
    transcript = read_transcript(body[header.end() :])
    _check_frames(transcript, int(footer[1]))
    try:
        asked = decoded(header[4].decode("ascii"))["topics"]
        started, finished = (_MOMENT.validate_python(each.decode("ascii")) for each in (header[3], footer[2]))
    except (ParameterError, ValidationError):
        raise RefusedFileError("its first lines are not what the stand-alone script writes") from None
    return FactsFile(
        computer=header[2].decode("utf-8", "replace"),
        started=started,
        finished=finished,
        topics=tuple(asked) if isinstance(asked, list) else (),
        transcript=transcript,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _check_format(data: bytes) -> None:
    found = _FORMAT.match(data)
    if found is None:
        hint = "give the files that the stand-alone script wrote, and them alone"
        raise RefusedFileError("this is no file of the stand-alone script", hint)
    if found[1] != b"1":
        version = found[1].decode("ascii")
        hint = "use the version of ssoaudit whose script wrote it"
        raise RefusedFileError(f"the file has format version {version}, this ssoaudit reads 1", hint)


def _body(data: bytes) -> bytes:
    last = _LAST_LINE.search(data)
    if last is None:
        raise RefusedFileError("the file is cut short: its last line with the SHA-256 is missing")
    body = data[: last.start()]
    if hashlib.sha256(body).hexdigest().encode("ascii") != last[1]:
        raise RefusedFileError("the file was altered: its content does not have the SHA-256 of its last line")
    return body


def _check_frames(transcript: Transcript, told: int) -> None:
    if len(transcript.frames) != told:
        raise RefusedFileError(f"{told} topics were answered there, and {len(transcript.frames)} stand in it")
    damaged = [topic for topic, frame in transcript.frames.items() if frame.status is ReadStatus.MALFORMED]
    if damaged:
        raise RefusedFileError(
            f"the answer about {visible(damaged[0])} does not have the SHA-256 that stands beside it"
        )


def read_folder(
    folder: Path,
    inventory: Inventory,
    now: datetime,
    max_age: timedelta,
    wanted: Sequence[type[Fact]] = DEFAULTS.wanted,
) -> dict[str, ServerEvidence]:
    """The answers in all files of a folder, by the inventory's name of the server. `now` is the auditor's time.

    Of the topics that are `wanted`, those that a script was made without are told as such. Raises `DocumentError` with
    every file that is not taken; then none is.
    """
    taken: dict[str, tuple[Path, ServerEvidence]] = {}
    problems: list[Problem] = []
    for path in files(folder):
        evidence = _evidence(path, inventory, now, max_age, wanted)
        if isinstance(evidence, Problem):
            problems.append(evidence)
        elif evidence.name in taken:
            other = visible(taken[evidence.name][0].name)
            problems.append(Problem(path, f"{other} is of {evidence.name}, too", "keep the one that is meant"))
        else:
            taken[evidence.name] = path, evidence
    if problems:
        raise DocumentError(*problems)
    return {name: evidence for name, (_, evidence) in taken.items()}


def files(folder: Path) -> Sequence[Path]:
    """The files of the kind in a folder, in the order of their names. Raises `DocumentError` where there is none."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.casefold() == SUFFIX)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DocumentError(Problem(folder, f"the directory cannot be read: {reason}", "check the path")) from None
    if not found:
        raise DocumentError(Problem(folder, f"no {SUFFIX} file is in this directory", "copy the servers' files there"))
    return found


def _evidence(
    path: Path, inventory: Inventory, now: datetime, max_age: timedelta, wanted: Sequence[type[Fact]]
) -> ServerEvidence | Problem:
    """The answers in a file, or why they are not taken."""
    try:
        file = read(read_bytes(path, MAXIMUM_BYTES))
        server = _server(file.computer, inventory)
        answers = dict(_answers(server, file, wanted))
        _check_computer(file.computer, answers)
        _check_age(file, now, max_age)
    except DocumentError as error:
        return error.problems[0]
    except RefusedFileError as error:
        return Problem(path, error.message, error.hint)
    return ServerEvidence(
        name=server.name,
        started=file.started,
        finished=file.finished,
        topics=answers,
        source=Source.FILE,
        file=AnswerFile(name=visible(path.name), sha256=file.sha256, written=file.finished),
    )


def _server(computer: str, inventory: Inventory) -> Server:
    """The server of that name, which Windows cuts to 15 characters."""
    wanted = computer.casefold()
    names = {server.name.casefold(): server for server in inventory.servers}
    if wanted in names:
        return names[wanted]
    alike = [server for name, server in names.items() if name[:NETBIOS_LENGTH] == wanted]
    if len(alike) == 1:
        return alike[0]
    if alike:
        both = " and ".join(server.name for server in alike[:2])
        raise RefusedFileError(
            f"it is of {visible(computer)}, which may be {both}", "leave it out, and ask both over WinRM"
        )
    hint = "add the server to the inventory, or take the file away"
    raise RefusedFileError(f"it is of {visible(computer)}, which is no server of this inventory", hint)


def _answers(server: Server, file: FactsFile, wanted: Sequence[type[Fact]]) -> Iterator[tuple[str, Reading]]:
    asked = [topic for topic in TOPICS if topic.topic in file.topics]
    answered = readings(server.name, asked, file.transcript, None)
    for topic in TOPICS:
        if topic in asked or topic in wanted:
            yield topic.topic, answered.get(topic.topic) or _not_asked(topic.topic, server)


def _not_asked(topic: str, server: Server) -> Missing:
    return Missing(
        status=ReadStatus.NOT_COLLECTED,
        code="left-out",
        stage="configure",
        message=f"The stand-alone script that ran on {server.name} was made without {topic}.",
        hint="Make it again with that topic, and run it there.",
    )


def _check_computer(computer: str, answers: dict[str, Reading]) -> None:
    """The first lines are a claim; the answers must say the same."""
    reading = answers[Env.topic]
    env = typed(reading, Env) if isinstance(reading, Read) else None
    if not isinstance(env, Env):
        raise RefusedFileError(f"its answers do not tell that they are of {visible(computer)}: env was not read")
    if not env.is_64_bit:
        hint = "run the stand-alone script there again, in the 64-bit PowerShell"
        raise RefusedFileError("it was written by a 32-bit PowerShell, which is shown another registry", hint)
    if env.computer_name.casefold() != computer.casefold():
        told = visible(env.computer_name)
        raise RefusedFileError(f"its first lines name {visible(computer)}, and its answers are of {told}")


def _check_age(file: FactsFile, now: datetime, max_age: timedelta) -> None:
    if file.finished < file.started:
        raise RefusedFileError(
            "it says that it ended before it began", "set that server's clock, and run the script again"
        )
    when = f"{file.started:%Y-%m-%d %H:%M} UTC by that server's clock"
    if now - file.started > max_age:
        hours = int(max_age.total_seconds() // 3600)
        hint = "run the stand-alone script there again, or allow more with --max-age"
        raise RefusedFileError(f"it is of {when}, more than {hours} hours ago", hint)
    if file.finished - now > TOLERANCE:
        hint = "set the clock that is wrong, and run the script there again"
        raise RefusedFileError(f"it is of {when}, which is in the future", hint)
