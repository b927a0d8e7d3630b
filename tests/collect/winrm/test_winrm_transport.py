import io

import pytest
import requests
import urllib3
from winrm.exceptions import WinRMTransportError
from winrm_servers import Server, Wire

from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.connection import BoundedResponse, resolve
from ssoaudit.collect.winrm.endpoint import Endpoint
from ssoaudit.collect.winrm.limits import DEFAULTS
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.collect.winrm.transport import SafeTransport
from ssoaudit.collect.winrm.watchdog import Guard
from ssoaudit.credentials import Secret

LOGON = Logon("CONTOSO\\auditor", Secret("password"))


def transport(port: int, guard: Guard) -> SafeTransport:
    where = Endpoint("NODE1", "127.0.0.1", port, "http")
    return SafeTransport(
        where,
        method="ntlm",
        logon=LOGON,
        certificates=None,
        addresses=resolve(where, guard, 5),
        guard=guard,
        limits=DEFAULTS,
    )


def test_used_again_after_a_failed_handshake_it_still_sends_no_soap() -> None:
    seen = []

    def serve(wire: Wire) -> None:
        while request := wire.request():
            seen.append(request)
            wire.reply(503)

    with Server(serve) as server, Guard(10) as guard:
        ours = transport(server.port, guard)
        for _ in range(2):
            with pytest.raises(WinRMTransportError):
                ours.send_message("<soap/>")
            assert ours.session is None
            assert ours.encryption is None
    assert [request.body for request in seen] == [b"", b""]
    assert {request.headers["accept-encoding"] for request in seen} == {"identity"}


def test_over_http_messages_are_encrypted_or_not_sent() -> None:
    with Guard(10) as guard:
        assert transport(1, guard).message_encryption == "always"


def test_the_credentials_are_not_delegated_and_bound_to_the_channel() -> None:
    with Guard(10) as guard:
        ours = transport(1, guard)
        assert (ours.kerberos_delegation, ours.send_cbt, ours.proxy) == (False, True, None)


@pytest.mark.parametrize(("seconds", "limit", "code"), [(-1, 100, "deadline"), (60, 5, "too-large")])
def test_a_body_is_read_within_time_and_size(seconds: float, limit: int, code: str) -> None:
    reply = requests.Response()
    reply.raw = urllib3.HTTPResponse(io.BytesIO(b"0123456789"), preload_content=False)
    bounded = BoundedResponse(reply, limit, Guard(seconds))
    with pytest.raises(RefusedError) as caught:
        _ = bounded.content
    assert caught.value.code == code
    assert reply.raw.closed


@pytest.mark.parametrize(
    ("user", "principal"),
    [("auditor@contoso.example", "auditor@CONTOSO.EXAMPLE"), ("CONTOSO\\auditor", None), ("auditor", None), ("", None)],
)
def test_principal(user: str, principal: str | None) -> None:
    assert Logon(user, Secret("")).principal == principal
