import base64
import json
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ssoaudit.facts import BackupFiles, Fact, RpcPolicy, SecretKeyAcl, Services
from ssoaudit.lab.estate import NODES, healthy


def fact(topic: type[Fact]) -> dict[str, object]:
    data: dict[str, object] = json.loads(healthy().machines[NODES[0]].facts[topic.topic].model_dump_json())
    return data


@given(st.binary(max_size=200))
def test_bytes_are_base64(content: bytes) -> None:
    text = base64.b64encode(content).decode("ascii")
    assert SecretKeyAcl.read({"is_present": True, "security_descriptor": text}).security_descriptor == text


@pytest.mark.parametrize(
    "text", ["AQ", "AQ=", "AQ==\n", "A Q==", "AQ==AQ==", "\u00e9\u00e9\u00e9\u00e9", "-_-_", "AQ==" * 22_501]
)
def test_other_text_is_no_security_descriptor(text: str) -> None:
    with pytest.raises(ValidationError):
        SecretKeyAcl.read({"is_present": True, "security_descriptor": text})


@pytest.mark.parametrize(
    ("number", "fits"), [(0, True), (2, True), (4294967295, True), (4294967296, False), (-1, False)]
)
def test_a_number_of_the_registry_has_32_bits(number: int, *, fits: bool) -> None:
    data = {**fact(RpcPolicy), "restrict_remote_clients": number}
    if fits:
        assert RpcPolicy.read(data).restrict_remote_clients == number
    else:
        with pytest.raises(ValidationError):
            RpcPolicy.read(data)


@pytest.mark.parametrize(("length", "fits"), [(1024, True), (1025, False)])
def test_shown_text_is_short(length: int, *, fits: bool) -> None:
    data = {**fact(RpcPolicy), "use_internet_ports": "x" * length}
    if fits:
        assert RpcPolicy.read(data).use_internet_ports == "x" * length
    else:
        with pytest.raises(ValidationError):
            RpcPolicy.read(data)


def test_the_reader_cuts_where_the_model_stops() -> None:
    prologue = files("ssoaudit.collect").joinpath("prologue.ps1").read_text(encoding="ascii")
    body = prologue[prologue.index("function Get-ShortText") :].split("\n}\n")[0]
    assert re.findall(r"\b\d{2,}\b", body) == ["1024", "1024"]


@pytest.mark.parametrize(
    ("topic", "part", "cap"),
    [
        (Services, "services", 200),
        (Services, "processes", 200),
        (Services, "own_accounts", 200),
        (BackupFiles, "files", 200),
        (RpcPolicy, "ports", 64),
    ],
)
def test_a_list_has_its_cap_in_the_reader_and_in_the_model(topic: type[Fact], part: str, cap: int) -> None:
    reader = files("ssoaudit.facts").joinpath(f"{topic.topic}.ps1").read_text(encoding="ascii")
    assert re.search(rf"{part} = {cap}\b|\.Count -gt {cap}\b", reader)
    data = fact(topic)
    entry = "5000-5100" if part == "ports" else data[part][0]  # type: ignore[index]
    assert len(getattr(topic.read({**data, part: [entry] * cap}), part)) == cap
    with pytest.raises(ValidationError):
        topic.read({**data, part: [entry] * (cap + 1)})
