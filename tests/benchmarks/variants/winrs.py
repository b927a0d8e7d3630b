"""pypsrp with the product's command and script, one shell per node; the answers are neither checked nor read."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from ssoaudit.collect import script
from tests.benchmarks import workload
from tests.benchmarks.workload import Order


def collect(order: Order) -> int:
    """How many nodes answered to the end."""
    workload.pad_script()
    with ThreadPoolExecutor(order.workers) as pool:
        return sum(pool.map(partial(_ask, order), order.ports))


def _ask(order: Order, port: int) -> bool:
    client = WSMan(
        "127.0.0.1",
        port=port,
        username=order.user,
        password=order.password,
        ssl=False,
        auth="ntlm",
        encryption="always",
    )
    with client, WinRS(client, codepage=65001) as shell:
        process = Process(shell, script.COMMAND, list(script.ARGUMENTS), no_shell=True)
        process.begin_invoke()
        process.send(workload.stdin(workload.EVERYTHING))
        process.end_invoke()
        process.signal(SignalCode.TERMINATE)
    return b"SSOAUDIT/1 END" in process.stdout
