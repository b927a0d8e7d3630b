import inspect

import pytest
import requests
import spnego
import spnego.tls
from requests.adapters import HTTPAdapter
from requests_ntlm import HttpNtlmAuth
from requests_ntlm.requests_ntlm import ShimSessionSecurity
from spnego._ntlm import NTLMProxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import PoolManager
from urllib3.response import HTTPResponse
from winrm.encryption import Encryption
from winrm.protocol import Protocol
from winrm.transport import Transport

EXPECTED = {
    Transport: {
        "build_session": ["self"],
        "close_session": ["self"],
        "setup_encryption": ["self", "session"],
        "_send_message_request": ["self", "session", "prepared_request"],
        "_get_message_response_text": ["self", "response"],
    },
    Encryption: {"_decrypt_ntlm_message": ["self", "encrypted_data", "host"]},
    Protocol: {
        "get_command_output_raw": ["self", "shell_id", "command_id"],
        "cleanup_command": ["self", "shell_id", "command_id"],
        "close_shell": ["self", "shell_id", "close_session"],
        "send_command_input": ["self", "shell_id", "command_id", "stdin_input", "end"],
    },
    HTTPConnection: {"_new_conn": ["self"], "putheader": ["self", "header", "values"]},
    HTTPSConnection: {"_new_conn": ["self"]},
    HTTPAdapter: {"build_response": ["self", "req", "resp"]},
    HTTPResponse: {"read1": ["self", "amt", "decode_content"]},
}


@pytest.mark.parametrize(("owner", "names"), EXPECTED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_the_client_overrides_or_calls_is_still_there(owner: type, names: dict[str, list[str]]) -> None:
    for name, parameters in names.items():
        method = getattr(owner, name, None)
        assert method is not None, f"{owner.__module__}.{owner.__name__}.{name} is gone: review collect/winrm"
        assert list(inspect.signature(method).parameters) == parameters, (
            f"{owner.__module__}.{owner.__name__}.{name} takes other parameters: review collect/winrm"
        )


def test_attributes_that_the_client_reads_are_still_there() -> None:
    transport = Transport(
        "http://unused.invalid/wsman",
        "u",
        "p",
        auth_method="ntlm",
        ca_trust_path="ca",
        proxy=None,
        message_encryption="never",
    )
    assert {"session", "encryption", "endpoint", "auth_method"} <= set(vars(transport)), "review SafeTransport"
    assert hasattr(PoolManager(), "pool_classes_by_scheme"), "review BoundedAdapter"
    auth = HttpNtlmAuth("u", "p")
    assert auth.session_security is None, "review SafeTransport.setup_encryption"
    session = Encryption(transport.build_session(), "ntlm")
    assert hasattr(session, "_decrypt_message"), "review SafeTransport"
    transport.close_session()


def test_negotiated_ntlm_flags_can_still_be_read() -> None:
    context = NTLMProxy("u", "p", hostname="h", service="http")
    assert isinstance(context._context_attr, int), "review require_strength"
    assert ShimSessionSecurity(context)._context is context, "review SafeTransport.setup_encryption"


def test_credssp_can_still_be_built_from_parts() -> None:
    ntlm = spnego.client("u", "p", protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    tls = spnego.tls.default_tls_context()
    context = spnego.client("u", "p", protocol="credssp", credssp_negotiate_context=ntlm, credssp_tls_context=tls)
    assert isinstance(ntlm, NTLMProxy), "review require_strength"
    assert context.get_extra_info("sslcontext") is tls.context, "review _tls"
    encryption = Encryption(requests.Session(), "credssp")
    assert encryption._build_message.__name__ == "_build_credssp_message", "review CredsspEncryption"
