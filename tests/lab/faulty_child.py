"""The process of the faulty nodes: JSON requests on stdin, one reply each on stdout, until stdin ends.

One faulty node at a time: the acceptor's accounts stand in a variable of the whole process.
"""

import contextlib
import json
import socket
import ssl
import sys

from ssoaudit.collect.script import BOOTSTRAP, FALLBACK_BOOTSTRAP
from ssoaudit.credentials import Secret
from ssoaudit.lab.authentication import Account
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.process import answers
from tests.lab.faulty import FaultyNode
from tests.lab.wire_faults import BASIC, FAULTS, WireFault

LOOPBACK = "127.0.0.1"
BACKLOG = 4


class Faulty:
    """The nodes by their port; those that talk are `nodes`, the others hold a port and say nothing."""

    def __init__(self) -> None:
        self.authority = Authority()
        self.nodes: dict[int, FaultyNode] = {}
        self.held: dict[int, contextlib.ExitStack] = {}
        machine = healthy().machines[NODES[1]]
        told = {topic: Answer(**answer) for topic, answer in json.loads(json.dumps(answers(machine))).items()}
        self.powershell = powershell(told, BOOTSTRAP, fallback=FALLBACK_BOOTSTRAP)

    def start(self, fault: str, scheme: str, user: str, password: str) -> dict[str, object]:
        wanted = FAULTS[fault]
        stack = contextlib.ExitStack()
        if wanted.listens == "yes":
            node = FaultyNode(
                Account(user, Secret(password)),
                wanted.tricks,
                run=wanted.runs(self.powershell),
                line=wanted.line,
                context=self._context(wanted, scheme),
                negotiate=wanted.negotiate,
            )
            port = stack.enter_context(node).port
            self.nodes[port] = node
        else:
            port = _hold(stack, full=wanted.listens == "full")
        self.held[port] = stack
        return {"port": port, "authority": self.authority.pem.decode()}

    def seen(self, port: int) -> dict[str, object]:
        node = self.nodes.get(port)
        if node is None:
            return {"connections": 0, "actions": [], "counters": {}}
        return {"connections": node.connections, "actions": node.actions, "counters": node.counters.as_dict()}

    def wait(self, port: int, action: str, seconds: float) -> dict[str, object]:
        return {"asked": self.nodes[port].wait_for(action, seconds)}

    def stop(self, port: int) -> dict[str, object]:
        self.held.pop(port).close()
        self.nodes.pop(port, None)
        return {}

    def _context(self, fault: WireFault, scheme: str) -> ssl.SSLContext | None:
        if (scheme == BASIC) is fault.swaps_tls:
            return None
        authority = Authority("another CA") if fault.certificate == "untrusted" else self.authority
        return authority.server_context("node8" if fault.certificate == "other-name" else LOOPBACK)


def _hold(stack: contextlib.ExitStack, *, full: bool) -> int:
    """A port on which nothing listens; or one whose queue is full, so that it does not even answer."""
    held = stack.enter_context(socket.socket())
    held.bind((LOOPBACK, 0))
    port: int = held.getsockname()[1]
    if full:
        held.listen(0)
        for _ in range(BACKLOG):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((LOOPBACK, port))
    return port


def main() -> None:
    faulty = Faulty()
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(faulty, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)  # noqa: T201 - stdout is the line to the test
    for port in list(faulty.held):
        faulty.stop(port)


if __name__ == "__main__":
    main()
