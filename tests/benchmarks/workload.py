"""What is collected in the benchmark of WinRM, from how far away, and how long that takes at least.

A node is 40 ms away. Starting PowerShell takes 350 ms there, and each of twelve facts 46 ms: 902 ms for the script that
asks for all of them, and 396 ms for each of twelve commands that ask for one. The first look is for four facts.
"""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ssoaudit.collect import script
from ssoaudit.collect.collection import FIRST_LOOK, Options
from ssoaudit.facts import Identities
from ssoaudit.lab.command import Command
from ssoaudit.lab.estate import DOMAIN_SID, NODES, healthy
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.process import answers
from ssoaudit.lab.shells import RECEIVE_BYTES

ROUND_TRIP = 0.040
START = 0.350
FACTS = 12
FACT = 0.046
FACT_BYTES = 10_000
SCRIPT_BYTES = 97_000
JSON_BYTES = 120_000
EVERYTHING = tuple(topic.topic for topic in Options().topics)
LOOK = tuple(topic.topic for topic in FIRST_LOOK)
_LOGON_REQUESTS = 3
_SHELL_REQUESTS = 3  # Create, Command, Delete


@dataclass(frozen=True)
class Order:
    """What a client is told: which nodes, as whom, and how many of them at once."""

    variant: str
    ports: tuple[int, ...]
    user: str
    password: str
    workers: int


def pad_script() -> None:
    """Make the node script as long as it may become, in this process."""
    text = script.script()
    padded = text + "\n#" + "." * (SCRIPT_BYTES - len(text) - 2)
    script.sha256.cache_clear()
    script.script = cache(lambda: padded)


def stdin(topics: tuple[str, ...]) -> bytes:
    """What the collector sends to a node's PowerShell."""
    return script.stdin({"topics": list(topics)})


@cache
def collector() -> Command:
    """A node's answer to the collector, made once for all nodes."""
    return cache(powershell(_answers(), script.BOOTSTRAP))


def seconds(sent: bytes) -> float:
    """How long PowerShell takes for the script: all topics are the twelve facts, however many topics there are."""
    topics = json.loads(base64.b64decode(sent.partition(b"\n")[0].split(b" ")[3]))["topics"]
    return START + FACT * (FACTS if len(topics) == len(EVERYTHING) else len(topics))


def bound(nodes: int, workers: int, *, ours: bool) -> float:
    """The seconds below which no client with so many workers comes, that asks in this way.

    Ours makes a first look; another makes none, and signals that it knows of the command's end, a request more.
    """
    look, signal = (visit(LOOK), 0.0) if ours else (0.0, ROUND_TRIP)
    return look + math.ceil(nodes / workers) * (visit(EVERYTHING) + signal)


def requests(topics: tuple[str, ...]) -> int:
    """How many requests one visit takes: the last Receive has the exit code alone."""
    sent = stdin(topics)
    printed = collector()(script.COMMAND, script.ARGUMENTS, sent).stdout
    sends = math.ceil(len(sent) / RECEIVE_BYTES)
    receives = math.ceil(len(printed) / RECEIVE_BYTES) + 1
    return _LOGON_REQUESTS + _SHELL_REQUESTS + sends + receives


def visit(topics: tuple[str, ...]) -> float:
    """Connecting, all requests but the first Receive, which waits while the script runs, and the script."""
    connecting, overlapped = 1, 1
    return ROUND_TRIP * (connecting + requests(topics) - overlapped) + seconds(stdin(topics))


def _answers() -> Mapping[str, Answer]:
    """A cluster node's answers, with as many groups in the tokens of two accounts as make them long."""
    machine = healthy().machines[NODES[0]]
    identities = machine.facts[Identities.topic]
    told: Mapping[str, Any] = answers(machine)
    known = {topic: Answer(**answer) for topic, answer in told.items()}
    lacking = JSON_BYTES - sum(len(_json(answer.data)) for answer in known.values())
    count = lacking // (len(_json(_group(0))) + 1)
    data = identities.model_dump(mode="json")
    (token,) = data["tokens"]
    data["tokens"] = [{**token, "group_sids": [_group(number) for number in range(half, count, 2)]} for half in (0, 1)]
    return {**known, Identities.topic: Answer("ok", data)}


def _group(number: int) -> str:
    return f"{DOMAIN_SID}-{10_000 + number}"


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))
