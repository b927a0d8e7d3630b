"""The lab's own process: it serves what it is told on stdin, tells where on stdout, and ends when stdin does.

The first line of stdin is a JSON object (see `ssoaudit.lab.process`), answered by one with the ports. After that
each line `counters` is answered by what the nodes have seen.
"""

import asyncio
import json
import socket
import ssl
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ssoaudit.collect.script import BOOTSTRAP, FALLBACK_BOOTSTRAP
from ssoaudit.credentials import Secret
from ssoaudit.lab.certificate import Authority
from ssoaudit.lab.powershell import Answer, powershell
from ssoaudit.lab.tds.answers import Answers, Column, Table
from ssoaudit.lab.tds.server import SqlServer
from ssoaudit.lab.winrm import Node

LOOPBACK = "127.0.0.1"
SQL_PORT = "SSODB"


async def serve(order: Mapping[str, Any]) -> None:
    """Serve the machines of an order until stdin ends."""
    context = _tls(Path(order["ca_file"]))
    node_context = context if order["tls"] else None
    nodes, ports, closed = {}, {}, []
    for machine in order["machines"]:
        name = machine["name"]
        if machine["unreachable"]:
            unserved = _refuse()
            closed.append(unserved)
            ports[name] = unserved.getsockname()[1]
            continue
        nodes[name] = _node(machine, order, node_context)
        ports[name] = await nodes[name].start(LOOPBACK)
    sql = _sql_server(order, context)
    ports[SQL_PORT] = await sql.start(LOOPBACK)
    _say({"ports": ports})
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "counters":
            _say({name: node.counters.as_dict() for name, node in nodes.items()})
        elif line.strip() == "sessions":
            _say({"sessions": [session.as_dict() for session in sql.sessions], "rejected": sql.rejected_logins})
    for node in nodes.values():
        await node.stop()
    await sql.stop()
    for unserved in closed:
        unserved.close()


def _node(machine: Mapping[str, Any], order: Mapping[str, Any], context: ssl.SSLContext | None) -> Node:
    topics = {topic: Answer(**answer) for topic, answer in machine["answers"].items()}
    run = powershell(
        topics,
        BOOTSTRAP,
        fallback=FALLBACK_BOOTSTRAP,
        noise=order["noise"].encode(),
        drains_stdin=order["drains_stdin"],
    )
    schemes = ("basic",) if context else ("ntlm",)
    return Node(machine["name"], run, order["user"], Secret(order["password"]), schemes=schemes, ssl_context=context)


def _sql_server(order: Mapping[str, Any], context: ssl.SSLContext) -> SqlServer:
    databases = {name: answers(tables) for name, tables in order["databases"].items()}
    database, *others = databases
    return SqlServer(
        order["sql_name"],
        databases[database],
        order["sql_user"],
        Secret(order["password"]),
        database=database,
        encryption=order["sql_encryption"],
        ssl_context=context if order["sql_encryption"] != "off" else None,
        others={name: databases[name] for name in others},
    )


def answers(tables: Iterable[Mapping[str, Any]]) -> Answers:
    """What a database of the lab answers: `ssoaudit.lab.tables.table`, by statement."""
    return {
        each["statement"]: Table(tuple(Column(**column) for column in each["columns"]), _rows(each)) for each in tables
    }


def _rows(answer: Mapping[str, Any]) -> tuple[tuple[object | None, ...], ...]:
    """The rows, with the times that JSON holds as text."""
    kinds = [column["type"] for column in answer["columns"]]
    return tuple(
        tuple(
            datetime.fromisoformat(value) if kind == "datetime" and value is not None else value
            for kind, value in zip(kinds, row, strict=True)
        )
        for row in answer["rows"]
    )


def _tls(ca_file: Path) -> ssl.SSLContext:
    authority = Authority()
    ca_file.write_bytes(authority.pem)
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
