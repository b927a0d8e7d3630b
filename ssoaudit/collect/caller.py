"""Who asks servers: one account, with a guard of its own for each way to log on."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from ssoaudit.collect import local, script
from ssoaudit.collect.faults import Fault
from ssoaudit.collect.guard import LogonGuard
from ssoaudit.collect.winrm import attempts
from ssoaudit.collect.winrm.budget import Budget
from ssoaudit.collect.winrm.endpoint import Endpoint, endpoint, logon_method
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.shell import Output
from ssoaudit.inventory import Inventory, Server, WinrmSettings


@dataclass
class Caller:
    """Runs PowerShell on the servers of an inventory, over WinRM or on the spot; one wrong password is used once."""

    inventory: Inventory
    logon: Logon
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._guards: dict[str, LogonGuard] = {}

    def run(
        self,
        server: Server,
        arguments: Sequence[str],
        stdin: bytes,
        budget: Budget,
        on_stdout: Callable[[bytes], None],
        *,
        most: int = attempts.MOST,
    ) -> Output:
        """What PowerShell with these arguments left when it ended; its standard output is handed on as it comes.

        `most` is how often it is tried where the connection fails before anything runs. Raises a `Fault` where the
        server does not let it come to that.
        """
        if server.transport == "local":
            return local.run(
                server.name,
                arguments,
                stdin,
                limits=budget.left,
                cancelled=self.cancelled,
                on_stdout=on_stdout,
            )
        settings = self.inventory.winrm_of(server)
        where = endpoint(server.name, server.address or server.host, settings)
        guard = self._guards.setdefault(_credential(where, settings), LogonGuard())
        try:
            return attempts.run(
                where,
                settings,
                self.logon,
                script.COMMAND,
                arguments,
                stdin,
                limits=budget.left,
                cancelled=self.cancelled,
                turn=budget.uncounted(partial(guard.logon, server.name)),
                on_stdout=on_stdout,
                most=most,
            )
        except Fault as fault:
            guard.learn(server.name, fault)
            raise


def _credential(where: Endpoint, settings: WinrmSettings) -> str:
    """What is logged on with there. The password is one and the same for NTLM, Basic and CredSSP.

    Raises a `Fault` where the method cannot be had.
    """
    method = logon_method(where, settings)
    if method == "certificate":
        return f"certificate {settings.client_cert}"
    return "ticket" if method == "kerberos" else "password"
