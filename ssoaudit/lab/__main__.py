"""The lab's own process: it serves what it is told on stdin, tells where on stdout, and ends when stdin does.

The first line of stdin is a JSON object (see `ssoaudit.lab.process`), answered by one with the ports. After that
each line `counters` is answered by what the nodes have seen.
"""

import asyncio
import json
import socket
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ssoaudit.collect.script import BOOTSTRAP
from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.winrm import Node

LOOPBACK = "127.0.0.1"


async def serve(order: Mapping[str, Any]) -> None:
    """Serve the machines of an order until stdin ends."""
    context = _tls(order["ca_file"]) if order["ca_file"] else None
    nodes, ports, closed = {}, {}, []
    for machine in order["machines"]:
        name = machine["name"]
        if machine["unreachable"]:
            unserved = _refuse()
            closed.append(unserved)
            ports[name] = unserved.getsockname()[1]
            continue
        nodes[name] = _node(machine, order, context)
        ports[name] = await nodes[name].start(LOOPBACK)
    _say({"ports": ports})
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "counters":
            _say({name: node.counters.as_dict() for name, node in nodes.items()})
    for node in nodes.values():
        await node.stop()
    for unserved in closed:
        unserved.close()


def _node(machine: Mapping[str, Any], order: Mapping[str, Any], context: ssl.SSLContext | None) -> Node:
    answers = {topic: Answer(**answer) for topic, answer in machine["answers"].items()}
    run = powershell(answers, BOOTSTRAP, noise=order["noise"].encode())
    schemes = ("basic",) if context else ("ntlm",)
    return Node(machine["name"], run, order["user"], Secret(order["password"]), schemes=schemes, ssl_context=context)


def _tls(ca_file: str) -> ssl.SSLContext:
    authority = Authority()
    Path(ca_file).write_bytes(authority.pem)
    return authority.server_context(LOOPBACK)


def _refuse() -> socket.socket:
    """A port that nobody else can take and on which nothing listens."""
    unserved = socket.socket()
    unserved.bind((LOOPBACK, 0))
    return unserved


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
