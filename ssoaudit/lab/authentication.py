"""Who may speak to a node of the lab: NTLM (for the connection) and Basic (for each request)."""

import base64
import hmac
import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import spnego
from spnego.exceptions import SpnegoError

from ssoaudit.credentials import Secret
from ssoaudit.lab.counters import Counters

_AUTHENTICATE = b"NTLMSSP\0\3\0\0\0"
_BAD_TOKEN = (SpnegoError, ValueError, struct.error, LookupError)


def _acceptor() -> spnego.ContextProxy:
    """The acceptor of pyspnego itself: on Windows it would else be SSPI's, which knows no account of the lab."""
    return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)


class Account:
    """The one account of a node, between `open` and `close` also as the file that pyspnego's acceptor reads.

    pyspnego takes that file's name from NTLM_USER_FILE, which is the whole process's. It is set for the moment
    of a step only, so that nodes with different accounts share a process; a client that logs on in the same
    process from another thread could still meet it, which is why the lab has a process of its own.
    """

    def __init__(self, user: str, password: Secret) -> None:
        if any(sign in user + password.reveal() for sign in ":\r\n"):
            raise ValueError("The lab's user name and password cannot hold a colon or a line break.")
        self.user = user
        self._password = password
        self._file: Path | None = None

    def open(self) -> None:
        """Write the file, readable by its owner alone."""
        descriptor, name = tempfile.mkstemp(prefix="ssoaudit-lab-")
        domain, _, user = self.user.rpartition("\\")
        os.write(descriptor, f"{domain}:{user}:{self._password.reveal()}\n".encode())
        os.close(descriptor)
        self._file = Path(name)

    def close(self) -> None:
        """Remove the file."""
        if self._file:
            self._file.unlink(missing_ok=True)
            self._file = None

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """While pyspnego makes a context or takes a step."""
        before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = str(self._file)
        try:
            yield
        finally:
            del os.environ["NTLM_USER_FILE"]
            if before is not None:
                os.environ["NTLM_USER_FILE"] = before

    def matches(self, credentials: bytes) -> bool:
        """Whether these are the account's `user:password`, in UTF-8."""
        return hmac.compare_digest(credentials, f"{self.user}:{self._password.reveal()}".encode())


class Logon:
    """Who a connection is. `context` seals and unseals once NTLM has succeeded."""

    def __init__(self, account: Account, schemes: Sequence[str], counters: Counters) -> None:
        self._account = account
        self._offers = tuple({"ntlm": "NTLM", "basic": 'Basic realm="WSMAN"'}[scheme] for scheme in schemes)
        self._accept = {scheme: {"ntlm": self._accept_ntlm, "basic": self._accept_basic}[scheme] for scheme in schemes}
        self._counters = counters
        self._handshake: spnego.ContextProxy | None = None
        self._basic = False
        self.context: spnego.ContextProxy | None = None

    def challenges(self, authorization: str) -> tuple[str, ...]:
        """What to ask for in a 401, given the request's Authorization header; empty if the client is known."""
        if not authorization:
            return () if self.context else self._offers
        self.context = None
        scheme, _, text = authorization.partition(" ")
        accept = self._accept.get(scheme.lower())
        if not accept:
            return self._offers
        try:
            return accept(base64.b64decode(text, validate=True))
        except ValueError:
            return self._rejected()

    def _accept_basic(self, credentials: bytes) -> tuple[str, ...]:
        if not self._account.matches(credentials):
            return self._rejected()
        if not self._basic:
            self._counters.logons += 1
        self._basic = True
        return ()

    def _accept_ntlm(self, token: bytes) -> tuple[str, ...]:
        last = token.startswith(_AUTHENTICATE)
        self._counters.authenticate_messages += last
        handshake, self._handshake = self._handshake, None
        try:
            with self._account.at_hand():
                handshake = handshake if handshake and last else _acceptor()
                answer = handshake.step(token)
        except _BAD_TOKEN:
            return self._rejected()
        if not handshake.complete:
            self._handshake = handshake
            return (f"NTLM {base64.b64encode(answer or b'').decode()}",)
        self._counters.logons += 1
        self.context = handshake
        return ()

    def _rejected(self) -> tuple[str, ...]:
        self._counters.rejected_logons += 1
        return self._offers
