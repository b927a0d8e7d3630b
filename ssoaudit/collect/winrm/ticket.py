"""The Kerberos ticket for a machine's WinRM service, fetched before anyone logs on with it."""

import contextlib
import queue
import threading
import time

from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.connection import check
from ssoaudit.collect.winrm.watchdog import Guard

try:
    # Whichever library pywinrm has found: pykerberos, or winkerberos.
    from winrm.vendor.requests_kerberos.kerberos_ import kerberos  # type: ignore[attr-defined]
except ImportError:
    kerberos = None

_GLANCE = 0.1


def fetch_ticket(host: str, principal: str | None, guard: Guard, seconds: float) -> None:
    """Have Kerberos put the ticket for HTTP/host into its cache, so that logging on asks no KDC.

    In a thread of its own, because the library waits half a minute for a silent KDC and cannot be interrupted; a
    thread that never comes back is left behind.

    Args:
        host: The service's host.
        principal: Whose ticket, as user@REALM; None for that of the cache.
        guard: Ends the wait at its deadline.
        seconds: How long to wait for the KDC.

    Raises:
        RefusedError: `krb-kdc` where the KDC is silent; `cancelled` or `deadline`.
        kerberos.GSSError: There is no such ticket.
    """
    outcomes: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def ask() -> None:
        flags = kerberos.GSS_C_MUTUAL_FLAG | kerberos.GSS_C_SEQUENCE_FLAG
        try:
            _, context = kerberos.authGSSClientInit(f"HTTP@{host}", principal=principal, gssflags=flags)
            kerberos.authGSSClientStep(context, "")
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            outcomes.put(error)
        else:
            outcomes.put(None)

    threading.Thread(target=ask, name=f"ticket for {host}", daemon=True).start()
    patience = time.monotonic() + seconds
    while True:
        check(guard)
        if time.monotonic() >= patience:
            raise RefusedError("krb-kdc", f"silent for {seconds:g} s")
        with contextlib.suppress(queue.Empty):
            outcome = outcomes.get(timeout=min(_GLANCE, seconds))
            break
    if outcome is not None:
        raise outcome
