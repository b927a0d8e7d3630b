"""The collector's self-test on one server: the node script with one topic, and messages that are very long."""

import logging
from dataclasses import dataclass, field
from typing import Literal

from ssoaudit.collect import script
from ssoaudit.collect.caller import Caller
from ssoaudit.collect.collection import Options, internal, parameters
from ssoaudit.collect.faults import Fault
from ssoaudit.collect.frames import Transcript, read_transcript, readings, refusal
from ssoaudit.collect.names import Names
from ssoaudit.collect.paths import told
from ssoaudit.collect.winrm.budget import Budget
from ssoaudit.facts import SelfTest
from ssoaudit.inventory import Server
from ssoaudit.pilot import PathFault, SelfTestRun

logger = logging.getLogger(__name__)

PADDING = 200_000
"""More than the 150 KB that the oldest servers take in one message."""

OVERSIZE = 600_000
"""More than the 500 KB that servers take in one message."""

_MOST_PIECES = 1000


@dataclass
class _Heard:
    """What came back, piece by piece."""

    printed: bytearray = field(default_factory=bytearray)
    pieces: list[int] = field(default_factory=list)

    def take(self, piece: bytes) -> None:
        self.printed.extend(piece)
        self.pieces.append(len(piece))


def self_test(caller: Caller, server: Server, options: Options) -> SelfTestRun:
    """Let the collector try itself on a server that takes the logon. Raises nothing."""
    asked = parameters(options, (SelfTest,), Names()) | {"padding": "x" * PADDING}
    stdin = script.stdin(asked)
    budget = Budget(options.limits)
    bootstrap: Literal["input", "console"] | None = "input"
    heard, output, fault = _Heard(), None, None
    try:
        output = caller.run(server, script.ARGUMENTS, stdin, budget, heard.take)
        if refusal(bytes(heard.printed)) == script.TRUNCATED:
            bootstrap, heard, output = "console", _Heard(), None
            output = caller.run(server, script.FALLBACK_ARGUMENTS, stdin, budget, heard.take)
    except Fault as error:
        fault = error
    except Exception as error:  # one server never spoils the run
        logger.exception("fault in the self-test", extra={"target": server.name})
        fault = internal(server.name, error)
    transcript = read_transcript(bytes(heard.printed)) if heard.printed else Transcript()
    return SelfTestRun(
        server=server.name,
        bootstrap=bootstrap if transcript.frames else None,
        sent=len(stdin),
        pieces=tuple(heard.pieces[:_MOST_PIECES]),
        ended_with_output=output.ended_with_output if output else None,
        exit_code=output.exit_code if output else None,
        seconds=round(output.seconds, 3) if output else None,
        stderr=output.stderr if output else "",
        topics=readings(server.name, (SelfTest,), transcript, fault),
        oversize=_oversize(caller, server, options) if fault is None and server.transport == "winrm" else None,
    )


def _oversize(caller: Caller, server: Server, options: Options) -> PathFault | None:
    """How a message is refused that is too large, sent once; its command, if it comes to that, is a comment."""
    arguments = (*script.ARGUMENTS[:-1], "#" * OVERSIZE)
    try:
        caller.run(server, arguments, b"", Budget(options.limits), lambda _: None, most=1)
    except Fault as fault:
        return told(fault)
    except Exception as error:  # one server never spoils the run
        logger.exception("fault in the self-test", extra={"target": server.name})
        return told(internal(server.name, error))
    return None
