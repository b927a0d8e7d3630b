"""pywinrm as its documentation shows it: a session per node, and a command of its own for every fact."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import winrm

from tests.benchmarks.workload import FACT_BYTES, FACTS, Order


def collect(order: Order) -> int:
    """How many nodes answered about every fact."""
    with ThreadPoolExecutor(order.workers) as pool:
        return sum(pool.map(partial(_ask, order), order.ports))


def _ask(order: Order, port: int) -> bool:
    session = winrm.Session(
        f"http://127.0.0.1:{port}/wsman",
        auth=(order.user, order.password),
        transport="ntlm",
        message_encryption="always",
    )
    replies = [session.run_ps("Get-Service -Name ENTSSO | ConvertTo-Json") for _ in range(FACTS)]
    return all(len(reply.std_out) == FACT_BYTES for reply in replies)
