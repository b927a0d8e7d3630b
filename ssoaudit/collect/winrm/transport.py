"""pywinrm's transport, with the doors closed that it leaves open.

Stock pywinrm sends SOAP in clear when it is used again after a failed handshake, believes an unencrypted answer in an
encrypted session, follows redirects, takes proxies and passwords from the environment, and reads without bound.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.transport import Transport

from ssoaudit.collect.text import one_line
from ssoaudit.collect.winrm.classify import RefusedError, code_of
from ssoaudit.collect.winrm.connection import Address, BoundedAdapter, Line
from ssoaudit.collect.winrm.credssp import CredsspAuth, CredsspEncryption
from ssoaudit.collect.winrm.endpoint import Endpoint, Method
from ssoaudit.collect.winrm.envelope import screened, unseal
from ssoaudit.collect.winrm.identity import ClientCertificate
from ssoaudit.collect.winrm.limits import Limits
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.ntlm import require_strength
from ssoaudit.collect.winrm.ticket import fetch_ticket
from ssoaudit.collect.winrm.watchdog import Guard

# Below CRITICAL these log tokens, headers and tracebacks.
for _name in ("requests_ntlm", "spnego", "urllib3", "winrm.vendor.requests_kerberos"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

T = TypeVar("T")

_NTLM_PROOF = "TlRMTVNTUAAD"  # of the third message: NTLMSSP, a zero byte, 3
_OK, _UNAUTHORIZED, _FORBIDDEN, _FAULT = 200, 401, 403, 500
_SCHEMES: Mapping[Method, tuple[str, ...]] = {
    "basic": ("basic",),
    "ntlm": ("ntlm", "negotiate"),
    "kerberos": ("negotiate", "kerberos"),
}


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
        identity: ClientCertificate | None = None,
        addresses: Sequence[Address],
        guard: Guard,
        limits: Limits,
    ) -> None:
        kerberos = method == "kerberos"
        super().__init__(
            endpoint=where.url,
            username=logon.principal if kerberos else logon.user,
            password=None if kerberos else logon.password.reveal(),
            cert_pem=identity.certificate if identity else None,
            cert_key_pem=identity.key if identity else None,
            service="HTTP",
            ca_trust_path=certificates,  # type: ignore[arg-type]  # None is "no further CA", as its documentation says
            server_cert_validation="ignore" if where.scheme == "https" and certificates is None else "validate",
            kerberos_delegation=False,
            kerberos_hostname_override=where.kerberos_hostname,
            # Where CredSSP is meant, pywinrm's session is only the frame for an authentication of our own.
            auth_method="ntlm" if method == "credssp" else method,
            message_encryption="always" if where.scheme == "http" else "auto",
            send_cbt=True,
            proxy=None,
        )
        self._method = method
        self._is_heard = False
        self._gave_password = False
        self._credssp = CredsspAuth(logon, where.host) if method == "credssp" else None
        self._service_host = where.service_host
        self._addresses = addresses
        self._guard = guard
        self._limits = limits
        self._line: Line | None = None

    @property
    def gave_password(self) -> bool:
        """Whether the machine was given the password, or proof of it: a wrong one is then a failed logon."""
        return self._gave_password or (self._credssp is not None and self._credssp.gave_proof)

    def connect(self) -> None:
        """Connect, and have the ticket at hand, before anyone logs on.

        Raises:
            Exception: `RefusedError`, and what the Kerberos library raises.
        """
        self._line = self._new_line()
        self._line.prepare()
        if self._method == "kerberos":
            fetch_ticket(self._service_host, self.username, self._guard, self._limits.connect)

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
        if self._credssp:
            self.encryption = CredsspEncryption(session, _required(self._credssp.context))
        elif self._method == "ntlm":
            security = _required(getattr(session.auth, "session_security", None))
            require_strength(security._context)  # noqa: SLF001 - watched by a contract test
        if self._line is not None:
            self._line.seal()

    def discard(self) -> None:
        """Forget session, security context and connections; the next message logs on anew."""
        self.encryption = None
        self._line = None
        if self._credssp:
            self._credssp.context = None
        self.close_session()
        self._guard.close()

    def _harden(self, session: requests.Session) -> None:
        """Cut the session off from the environment (proxies, .netrc, CA files) and put it on a guarded line."""
        if not session.trust_env:
            return
        session.trust_env = False
        session.auth = self._credssp or session.auth
        session.headers["Accept-Encoding"] = "identity"
        self._line = self._line or self._new_line()
        adapter = BoundedAdapter(self._line, self._guard, self._limits)
        session.mount("http://", adapter)
        session.mount("https://", adapter)

    def _new_line(self) -> Line:
        return Line(self._addresses, self._guard, self._limits.connect, self._note)

    def _note(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        self._gave_password |= scheme == "Basic" or token.startswith(_NTLM_PROOF)

    def _send_message_request(
        self, session: requests.Session, prepared_request: requests.PreparedRequest
    ) -> requests.Response:
        """The reply to one request, if its status and its seal are what they have to be."""
        if self.encryption is not None:
            prepared_request.hooks["response"] = []  # a forged 401 must not start another logon
        response = self._reply(session, prepared_request)
        body = response.content
        if response.status_code == _UNAUTHORIZED and self.encryption is not None:
            raise RefusedError("conn-lost", "asked to log on again")
        if response.status_code == _UNAUTHORIZED:
            raise _rejection(response, self._method)
        if response.status_code == _FORBIDDEN and self._method == "certificate":
            raise RefusedError("certificate-rejected", "HTTP 403")
        if response.status_code not in (_OK, _FAULT) or (response.status_code == _FAULT and not body):
            raise WinRMTransportError("http", response.status_code, "")
        if response.status_code == _FAULT:
            raise WinRMTransportError("http", _FAULT, self._get_message_response_text(response).decode())
        return response

    def _reply(self, session: requests.Session, request: requests.PreparedRequest) -> requests.Response:
        try:
            response = session.send(request, stream=True, allow_redirects=False)
        except requests.RequestException as error:
            is_first = self._method == "certificate" and not self._is_heard
            if is_first and self._line and self._line.is_secure and code_of(error) == "conn-lost":
                raise RefusedError("certificate-cut", type(error).__name__) from None
            raise
        self._is_heard = True
        return response

    def _get_message_response_text(self, response: requests.Response) -> bytes:
        """The SOAP in a reply, deciphered where the session is sealed, and safe to parse."""
        if not response.content:
            raise RefusedError("protocol", "empty reply")
        if self.encryption is None:
            return screened(response.content)
        if isinstance(self.encryption, CredsspEncryption):
            return screened(self.encryption.unseal(response.headers.get("Content-Type", ""), response.content))
        host = urlsplit(self.endpoint).hostname
        decrypt = partial(self.encryption._decrypt_message, host=host)  # noqa: SLF001 - watched by a contract test
        return screened(unseal(response.headers.get("Content-Type", ""), response.content, decrypt))


def _required(security: T | None) -> T:
    """What seals the messages; there is none where nobody asked who we are."""
    if security is None:
        raise RefusedError("downgrade", "logged on without being asked for credentials")
    return security


def _rejection(response: requests.Response, method: Method) -> Exception:
    """Whether the credentials were refused, or this way of giving them was never on offer."""
    offered = response.headers.get("WWW-Authenticate", "")
    if method == "certificate":
        return RefusedError("certificate-rejected", f"HTTP 401, offered: {one_line(offered, 100) or 'nothing'}")
    if response.history or any(scheme in offered.lower() for scheme in _SCHEMES.get(method, ())):
        return RefusedError("krb-rejected") if method == "kerberos" else InvalidCredentialsError()
    return RefusedError("auth-scheme", f"offered: {one_line(offered, 100) or 'nothing'}")
