"""What a server's PowerShell printed: the frames of the node script, among whatever else stands on stdout."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.evidence import Missing, MissingStatus, Read, Reading, ReadStatus, typed
from ssoaudit.facts import Fact

MAXIMUM_FRAME = 4 * 1024 * 1024
MAXIMUM_DEPTH = 32
MAXIMUM_MESSAGE = 500

_FRAME = re.compile(
    rb"SSOAUDIT/1 ([a-z0-9_]{1,64}) (ok|partial|denied|absent|error|too_large) (\d{1,9})"
    rb" ([0-9a-f]{64}) ([A-Za-z0-9+/=]*)"
)
_END = re.compile(rb"SSOAUDIT/1 END (\d{1,4})")
_REFUSED = re.compile(rb"SSOAUDIT/1 REFUSED ([a-z-]{1,32}(?: [A-Za-z]{1,32})?)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Frame:
    """One topic's answer as it came: the node's word for it, milliseconds, and the data or why there is none."""

    status: ReadStatus
    milliseconds: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Transcript:
    """All frames of a server; `ended` tells that the script came to its end, `refused` why it did not run."""

    frames: Mapping[str, Frame] = field(default_factory=dict)
    ended: bool = False
    refused: str | None = None


def read_transcript(stdout: bytes) -> Transcript:
    """The frames in what was printed.

    Lines of anything else are passed over; of two frames of a topic the first counts. A frame whose hash, base64 or
    JSON is wrong stands as `malformed`, one over 4 MiB as `too_large`, as the node says itself of a larger answer.
    """
    frames: dict[str, Frame] = {}
    ended = False
    for line in stdout.splitlines():
        match = _FRAME.fullmatch(line)
        if match:
            frames.setdefault(match.group(1).decode("ascii"), _frame(match))
        elif _END.fullmatch(line):
            ended = True
    return Transcript(frames, ended, refusal(stdout))


def refusal(stdout: bytes) -> str | None:
    """Why the bootstrap did not run the script, if it says so; of two refusals the last counts."""
    matches = [match for line in stdout.splitlines() if (match := _REFUSED.fullmatch(line))]
    return matches[-1].group(1).decode("ascii") if matches else None


def readings(
    server: str, topics: Sequence[type[Fact]], transcript: Transcript, cut: Fault | None
) -> dict[str, Reading]:
    """What a server answered about each topic; `cut` is the fault that ended the conversation, if one did."""
    if transcript.refused is not None:
        refusal = missing(_refusal(server, transcript.refused))
        return {topic.topic: refusal for topic in topics}
    silence = missing(cut or _silence(server, ended=transcript.ended))
    return {
        topic.topic: _reading(server, topic, transcript.frames[topic.topic])
        if topic.topic in transcript.frames
        else silence
        for topic in topics
    }


def missing(fault: Fault) -> Missing:
    """A fault as it stands in the evidence."""
    statuses: dict[str, MissingStatus] = {
        "deadline": ReadStatus.DEADLINE,
        "too-large": ReadStatus.TOO_LARGE,
        "unfinished": ReadStatus.MALFORMED,
        "language-mode": ReadStatus.DENIED,
        "offline": ReadStatus.NOT_COLLECTED,
    }
    status = statuses.get(fault.code, ReadStatus.UNREACHABLE)
    return Missing(status=status, code=fault.code, stage=fault.stage.value, message=fault.message, hint=fault.hint)


def _frame(match: "re.Match[bytes]") -> Frame:
    status, milliseconds = ReadStatus(match.group(2).decode("ascii")), int(match.group(3))
    if len(match.group(5)) > MAXIMUM_FRAME:
        return Frame(ReadStatus.TOO_LARGE, milliseconds, {})
    try:
        text = base64.b64decode(match.group(5), validate=True)
        if hashlib.sha256(text).hexdigest().encode("ascii") != match.group(4):
            return Frame(ReadStatus.MALFORMED, milliseconds, {})
        data = _data(text.decode("utf-8"))
    except (binascii.Error, ValueError, RecursionError):
        return Frame(ReadStatus.MALFORMED, milliseconds, {})
    if not isinstance(data, dict):
        return Frame(ReadStatus.MALFORMED, milliseconds, {})
    return Frame(status, milliseconds, data)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _data(text: str) -> object:
    """What JSON says: no deeper than it may be, and without lone surrogates, which no file can hold."""
    data = json.loads(text, parse_constant=_refuse_constant)
    _check_depth(data)
    # Decoded from UTF-8, the text has no surrogate of its own: one can only come from an escape.
    return _whole(data) if _ESCAPED_SURROGATE.search(text) else data


def _check_depth(value: object) -> None:
    """Refuse a value with others at the depth that is too deep. A level at a time, as a call for each value is slow."""
    level = [value]
    for _ in range(MAXIMUM_DEPTH - 1):
        level = [part for each in level for part in _parts(each) if isinstance(part, dict | list)]
    if any(map(_parts, level)):
        raise ValueError("the JSON is too deep")


def _parts(value: object) -> Collection[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _whole(value: object) -> object:
    """The value with lone surrogates replaced."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(part) for part in value]
    if isinstance(value, dict):
        return {_LONE_SURROGATE.sub("\ufffd", key): _whole(part) for key, part in value.items()}
    return value


def _reading(server: str, topic: type[Fact], frame: Frame) -> Reading:
    if frame.status is ReadStatus.OK or frame.status is ReadStatus.PARTIAL:
        return _read(server, topic, frame)
    if frame.status in (ReadStatus.MALFORMED, ReadStatus.TOO_LARGE):
        return _damaged(server, topic.topic, frame, _HOW[frame.status])
    return Missing(
        status=frame.status,
        code=_text(frame.data.get("code")) or frame.status.value,
        stage=FaultStage.RUN.value,
        message=_text(frame.data.get("message")) or f"{topic.topic} could not be read",
        hint=_HINTS[frame.status].format(server=server, topic=topic.topic),
        milliseconds=frame.milliseconds,
    )


_HOW = {ReadStatus.MALFORMED: "arrived damaged", ReadStatus.TOO_LARGE: "is larger than 4 MiB"}
_HINTS = {
    ReadStatus.DENIED: "Let the auditing account read {topic} on {server}: docs/read-only.md names what it needs.",
    ReadStatus.ABSENT: "Nothing to do where {server} is not meant to have it.",
    ReadStatus.ERROR: "Look at the message; the log has the server's own words.",
    ReadStatus.MALFORMED: "Collect again; if it stays so, look for what prints on the server's standard output.",
    ReadStatus.TOO_LARGE: "Look on {server} at what there is so much of; none of it was kept.",
}


def _damaged(server: str, topic: str, frame: Frame, how: str) -> Missing:
    too_large = frame.status is ReadStatus.TOO_LARGE
    status: MissingStatus = ReadStatus.TOO_LARGE if too_large else ReadStatus.MALFORMED
    return Missing(
        status=status,
        code=status.value.replace("_", "-"),
        stage=FaultStage.READ.value,
        message=f"The answer about {topic} {how}.",
        hint=_HINTS[status].format(server=server),
        milliseconds=frame.milliseconds,
    )


def _read(server: str, topic: type[Fact], frame: Frame) -> Reading:
    data = dict(frame.data)
    lacking = data.pop("lacking", None) if frame.status is ReadStatus.PARTIAL else {}
    if not isinstance(lacking, dict) or bool(lacking) is not (frame.status is ReadStatus.PARTIAL):
        return _damaged(server, topic.topic, frame, "does not say what it lacks")
    reading = Read(
        status=ReadStatus.PARTIAL if frame.status is ReadStatus.PARTIAL else ReadStatus.OK,
        milliseconds=frame.milliseconds,
        lacking={str(part): _text(reason) or "not read" for part, reason in lacking.items()},
        data=data,
    )
    fact = typed(reading, topic)
    if not isinstance(fact, Missing):
        return reading
    # What is not as the model says is not kept: it may be anything, a secret included.
    if fact.status is ReadStatus.NOT_COLLECTED:
        # Such evidence is older than its check; an answer of this very version is not.
        return _damaged(server, topic.topic, frame, "lacks a part and does not say so")
    return fact.model_copy(update={"milliseconds": frame.milliseconds})


def _text(value: object) -> str:
    return value[:MAXIMUM_MESSAGE] if isinstance(value, str) else ""


def _refusal(server: str, why: str) -> Fault:
    if why.startswith("language-mode"):
        return Fault(
            FaultStage.RUN,
            "language-mode",
            f"{server} runs PowerShell in {why.removeprefix('language-mode').strip() or 'a restricted language mode'}.",
            "An application control policy forbids the collector there; it is not worked around. Let the site sign the "
            f"stand-alone script (ssoaudit collector -o), run it on {server}, and collect with --from.",
        )
    return Fault(
        FaultStage.RUN,
        "altered",
        f"The script arrived at {server} {why}, and was not run.",
        "Collect again; if it stays so, something between here and there changes what is sent.",
        retryable=True,
    )


def _silence(server: str, *, ended: bool) -> Fault:
    what = "came to its end without an answer" if ended else "ended before it had answered"
    return Fault(
        FaultStage.RUN,
        "unfinished",
        f"The collector on {server} {what}.",
        "Look at the log for what PowerShell said, and collect again.",
        retryable=True,
    )
