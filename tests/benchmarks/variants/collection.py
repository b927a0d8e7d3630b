"""The product: its own collection, first look included, up to the evidence in memory."""

from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.evidence import Read, Reading, ReadStatus
from ssoaudit.inventory import Inventory, Server, WinrmSettings
from ssoaudit.vocabulary import Role, Stage
from tests.benchmarks import workload
from tests.benchmarks.workload import Order


def collect(order: Order) -> int:
    """How many servers answered about every topic, if only that they have nothing of the kind."""
    workload.pad_script()
    servers = tuple(
        Server(host=f"NODE{number:04}", address="127.0.0.1", port=port, roles=(Role.CLUSTER,))
        for number, port in enumerate(order.ports)
    )
    # Before the configuration there is no SSODB to be read.
    inventory = Inventory(
        name="Benchmark",
        stage=Stage.PLANNED,
        change="new",
        winrm=WinrmSettings(auth="ntlm", user=order.user),
        servers=servers,
    )
    logon = Logon(order.user, Secret(order.password))
    evidence = Collection(inventory, logon, Options(workers=order.workers)).collect()
    return sum(all(map(_is_answered, server.topics.values())) for server in evidence.servers)


def _is_answered(reading: Reading) -> bool:
    return isinstance(reading, Read) or reading.status is ReadStatus.ABSENT
