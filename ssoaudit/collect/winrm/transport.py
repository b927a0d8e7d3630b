"""pywinrm's transport, with the doors closed that it leaves open.

Stock pywinrm sends SOAP in clear when it is used again after a failed handshake, believes an unencrypted answer in an
encrypted session, follows redirects, takes proxies and passwords from the environment, and reads without bound.
"""

import logging
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

import requests
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.transport import Transport

from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.connection import Address, BoundedAdapter, Line
from ssoaudit.collect.winrm.endpoint import Endpoint, Method
from ssoaudit.collect.winrm.envelope import screened, unseal
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.text import one_line
from ssoaudit.collect.winrm.watchdog import Guard

# Below CRITICAL these log tokens, headers and tracebacks.
for _name in ("requests_ntlm", "spnego", "urllib3", "winrm.vendor.requests_kerberos"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_OK, _UNAUTHORIZED, _FAULT = 200, 401, 500
# MS-NLMP 2.2.2.5: SIGN, SEAL, EXTENDED_SESSIONSECURITY, 128, KEY_EXCH. Who alters the challenge can leave them out,
# and a client that takes that seals its messages under 40 bits.
_STRONG = 0x00000010 | 0x00000020 | 0x00080000 | 0x20000000 | 0x40000000


class SafeTransport(Transport):
    """One machine's transport: for one thread and one conversation, not used again after that.

    Its attributes hold the password in clear, as pywinrm's do: it is never printed, logged or kept.
    """

    def __init__(
        self,
        where: Endpoint,
        *,
        method: Method,
        logon: Logon,
        certificates: str | None,
        addresses: Sequence[Address],
        guard: Guard,
        limits: Limits,
    ) -> None:
        kerberos = method == "kerberos"
        super().__init__(
            endpoint=where.url,
            username=logon.principal if kerberos else logon.user,
            password=None if kerberos else logon.password.reveal(),
            service="HTTP",
            ca_trust_path=certificates,  # type: ignore[arg-type]  # None is "no further CA", as its documentation says
            server_cert_validation="ignore" if where.scheme == "https" and certificates is None else "validate",
            kerberos_delegation=False,
            auth_method=method,
            message_encryption="always" if where.scheme == "http" else "auto",
            send_cbt=True,
            proxy=None,
        )
        self._addresses = addresses
        self._guard = guard
        self._limits = limits
        self._line: Line | None = None
        self.answered = False
        """Whether the machine has taken a request of ours, so that it is there and knows who asks."""

    def build_session(self) -> requests.Session:
        """The session, logged on; after a failed handshake there is none, so that nothing is ever sent over it.

        Raises:
            Exception: Whatever pywinrm and the authentication libraries raise, and `RefusedError`.
        """
        if self.session is not None:
            return self.session
        try:
            session = super().build_session()
        except BaseException:
            self.discard()
            raise
        self._harden(session)
        return session

    def setup_encryption(self, session: requests.Session) -> None:
        """Log on with an empty request, and go on only if the messages will be sealed well."""
        self._harden(session)
        super().setup_encryption(session)
        if self.auth_method == "ntlm":
            _require_strong_ntlm(session)
        if self._line is not None:
            self._line.seal()

    def discard(self) -> None:
        """Forget session, security context and connections; the next message logs on anew."""
        self.encryption = None
        self.close_session()
        self._guard.close()

    def _harden(self, session: requests.Session) -> None:
        """Cut the session off from the environment (proxies, .netrc, CA files) and put it on a guarded line."""
        if not session.trust_env:
            return
        session.trust_env = False
        session.headers["Accept-Encoding"] = "identity"
        self._line = Line(self._addresses, self._guard, self._limits.connect)
        adapter = BoundedAdapter(self._line, self._guard, self._limits)
        session.mount("http://", adapter)
        session.mount("https://", adapter)

    def _send_message_request(
        self, session: requests.Session, prepared_request: requests.PreparedRequest
    ) -> requests.Response:
        """The reply to one request, if its status and its seal are what they have to be."""
        if self.encryption is not None:
            prepared_request.hooks["response"] = []  # a forged 401 must not start another logon
        response = session.send(prepared_request, stream=True, allow_redirects=False)
        body = response.content
        if response.status_code == _UNAUTHORIZED and self.encryption is not None:
            raise RefusedError("conn-lost", "asked to log on again")
        if response.status_code == _UNAUTHORIZED:
            raise _rejection(response, self.auth_method)
        if response.status_code not in (_OK, _FAULT) or (response.status_code == _FAULT and not body):
            raise WinRMTransportError("http", response.status_code, "")
        self.answered = True
        if response.status_code == _FAULT:
            raise WinRMTransportError("http", _FAULT, self._get_message_response_text(response).decode())
        return response

    def _get_message_response_text(self, response: requests.Response) -> bytes:
        """The SOAP in a reply, deciphered where the session is sealed, and safe to parse."""
        if not response.content:
            raise RefusedError("protocol", "empty reply")
        if self.encryption is None:
            return screened(response.content)
        host = urlsplit(self.endpoint).hostname
        decrypt = partial(self.encryption._decrypt_message, host=host)  # noqa: SLF001 - watched by a contract test
        return screened(unseal(response.headers.get("Content-Type", ""), response.content, decrypt))


def _require_strong_ntlm(session: requests.Session) -> None:
    security = getattr(session.auth, "session_security", None)
    if security is None:
        raise RefusedError("downgrade", "logged on without being asked for credentials")
    if security._context._context_attr & _STRONG != _STRONG:  # noqa: SLF001 - watched by a contract test
        raise RefusedError("auth-weak")


def _rejection(response: requests.Response, method: str) -> Exception:
    """Whether the credentials were refused, or this way of giving them was never on offer."""
    offered = response.headers.get("WWW-Authenticate", "")
    schemes = {"basic": ("basic",), "ntlm": ("ntlm", "negotiate"), "kerberos": ("negotiate", "kerberos")}[method]
    if response.history or any(scheme in offered.lower() for scheme in schemes):
        return InvalidCredentialsError()
    return RefusedError("auth-scheme", f"offered: {one_line(offered, 100) or 'nothing'}")
