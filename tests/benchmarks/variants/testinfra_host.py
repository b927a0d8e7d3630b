"""testinfra's winrm backend: a connection and a command of its own for every fact."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import quote

import testinfra  # type: ignore[import-untyped]

from tests.benchmarks.workload import FACT_BYTES, FACTS, Order


def collect(order: Order) -> int:
    """How many nodes answered about every fact."""
    with ThreadPoolExecutor(order.workers) as pool:
        return sum(pool.map(partial(_ask, order), order.ports))


def _ask(order: Order, port: int) -> bool:
    who = f"{quote(order.user, safe='')}:{quote(order.password, safe='')}"
    host = testinfra.get_host(f"winrm://{who}@127.0.0.1:{port}?no_ssl=true")
    replies = [host.run("powershell -Command Get-Service") for _ in range(FACTS)]
    return all(len(reply.stdout_bytes) == FACT_BYTES for reply in replies)
