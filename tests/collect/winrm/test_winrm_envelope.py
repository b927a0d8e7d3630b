import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.collect.winrm.classify import RefusedError
from ssoaudit.collect.winrm.envelope import screened, unseal

SPNEGO = "application/HTTP-SPNEGO-session-encrypted"
MEDIA_TYPE = f'multipart/encrypted;protocol="{SPNEGO}";boundary="Encrypted Boundary"'
SIGNATURE = b"S" * 16


def sealed(message: bytes, *, tab: str = "\t", end: bytes = b"--Encrypted Boundary--\r\n", length: int = -1) -> bytes:
    head = (
        f"--Encrypted Boundary\r\n{tab}Content-Type: {SPNEGO}\r\n"
        f"{tab}OriginalContent: type=application/soap+xml;charset=UTF-8;"
        f"Length={len(message) if length < 0 else length}\r\n"
        f"--Encrypted Boundary\r\n{tab}Content-Type: application/octet-stream\r\n"
    )
    return head.encode() + b"\x10\0\0\0" + SIGNATURE + message[::-1] + end


def decrypt(content: bytes) -> bytes:
    assert content[:20] == b"\x10\0\0\0" + SIGNATURE
    return content[20:][::-1]


def refused(media_type: str, body: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        unseal(media_type, body, decrypt)
    return caught.value.code


@given(st.binary(max_size=300))
def test_windows_form(message: bytes) -> None:
    assert unseal(MEDIA_TYPE, sealed(message), decrypt) == message


@pytest.mark.parametrize("end", [b"--Encrypted Boundary--\r\n\r\n", b"\r\n--Encrypted Boundary--\r\n"])
def test_the_form_of_other_servers(end: bytes) -> None:
    media_type = f'Multipart/Encrypted; protocol="{SPNEGO.lower()}"; boundary="encrypted boundary"'
    assert unseal(media_type, sealed(b"<a/>", tab="", end=end), decrypt) == b"<a/>"


def test_a_boundary_within_the_ciphertext_is_ciphertext() -> None:
    message = sealed(b"inner")[::-1]
    assert unseal(MEDIA_TYPE, sealed(message), decrypt) == message


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "application/soap+xml;charset=UTF-8",
        'multipart/encrypted;protocol="application/soap+xml";boundary="Encrypted Boundary"',
        f'multipart/mixed;protocol="{SPNEGO}";boundary="Encrypted Boundary"',
        f'application/soap+xml; x="multipart/encrypted;protocol="{SPNEGO}";boundary="Encrypted Boundary"',
    ],
)
def test_a_reply_in_clear_is_a_downgrade(media_type: str) -> None:
    assert refused(media_type, b"<s:Envelope/>") == "downgrade"


@pytest.mark.parametrize(
    "body",
    [
        b"<s:Envelope/>",
        b"x" + sealed(b"<a/>"),
        sealed(b"<a/>") + b"<b/>",
        sealed(b"<a/>") + sealed(b"<a/>"),
        sealed(b"<a/>", length=3),
        sealed(b"<a/>", length=5),
        sealed(b"<a/>", length=999_999_999),
        sealed(b"<a/>").replace(b"\x10\0\0\0", b"\xff\xff\xff\xff"),
        sealed(b"<a/>").replace(b"\x10\0\0\0", b"\0\0\0\0"),
        sealed(b"<a/>").replace(b"SPNEGO", b"CredSSP"),
        sealed(b"<a/>")[:-10],
    ],
)
def test_what_is_not_one_whole_sealed_part_is_refused(body: bytes) -> None:
    assert refused(MEDIA_TYPE, body) == "integrity"


def test_whatever_the_security_package_raises_is_a_damaged_reply() -> None:
    def fail(_: bytes) -> bytes:
        raise IndexError

    with pytest.raises(RefusedError) as caught:
        unseal(MEDIA_TYPE, sealed(b"<a/>"), fail)
    assert caught.value.code == "integrity"


def test_a_message_of_another_length_than_announced_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        unseal(MEDIA_TYPE, sealed(b"<a/>"), lambda content: content[20:] + b" ")
    assert caught.value.code == "integrity"


@pytest.mark.parametrize(
    "soap",
    [
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b'<?xml version="1.0"?> <!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a/>".encode("utf-16"),
        "<a/>".encode("utf-16-le"),
        b'<?xml version="1.0" encoding="cp037"?><a/>',
        b"\xef\xbb\xbf<?xml version='1.0' encoding = 'latin-1'?><a/>",
        b"<a>\xff</a>",
    ],
)
def test_a_reply_that_could_harm_its_parser_is_refused(soap: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        screened(soap)
    assert caught.value.code == "hostile"


@pytest.mark.parametrize("soap", [b"<a/>", b'<?xml version="1.0" encoding="UTF-8"?><a>\xc3\xb6</a>'])
def test_ordinary_soap_passes(soap: bytes) -> None:
    assert screened(soap) == soap
