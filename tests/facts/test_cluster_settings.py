import base64
import re
from importlib.resources import files
from typing import Any

import pytest
from annotated_types import MaxLen
from pydantic import ValidationError

from ssoaudit.facts import TOPICS, ClusterSettings, ClusterView, Dns, EndpointMapper, Fact, MsdtcSecurity, Nlb
from ssoaudit.lab.estate import NODES, healthy

SETTINGS = healthy().machines[NODES[0]].facts[ClusterSettings.topic]
assert isinstance(SETTINGS, ClusterSettings)


def data(**change: object) -> dict[str, Any]:
    return {**SETTINGS.model_dump(mode="json"), **change}


def reader(topic: type[Fact]) -> str:
    return files("ssoaudit.facts").joinpath(f"{topic.topic}.ps1").read_text(encoding="ascii")


def caps_of(topic: type[Fact]) -> dict[str, int]:
    """The caps that the reader keeps itself."""
    text = reader(topic)
    (table,) = re.findall(r"ConvertTo-Capped .* @\{\s*([^{}]*)\}\n\}\n?$", text)
    return {name: int(cap) for name, cap in re.findall(r"(\w+) = (\d+)", table)}


def lengths_of(topic: type[Fact]) -> dict[str, int]:
    """The caps that the model declares for its lists."""
    return {
        name: length.max_length
        for name, field in topic.model_fields.items()
        for length in field.metadata
        if isinstance(length, MaxLen) and "tuple" in str(field.annotation)
    }


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if "ConvertTo-Capped" in reader(topic)])
def test_a_reader_keeps_the_caps_of_its_model(topic: type[Fact]) -> None:
    assert caps_of(topic).items() <= lengths_of(topic).items()


@pytest.mark.parametrize("topic", [ClusterView, ClusterSettings, MsdtcSecurity, Nlb, Dns, EndpointMapper])
def test_every_list_of_such_a_model_is_capped_by_its_reader(topic: type[Fact]) -> None:
    assert caps_of(topic) == lengths_of(topic)


@pytest.mark.parametrize(("told", "meant"), [(4294967295, -1), (-1, -1), (3, 3), (2147483648, -2147483648)])
def test_minus_one_comes_as_an_unsigned_number(told: int, meant: int) -> None:
    settings = ClusterSettings.read(data(quorum_type_value=told))
    assert settings.quorum_type_value == meant
    assert ClusterSettings.read(settings.model_dump(mode="json")) == settings


def test_the_threshold_of_a_group_may_be_minus_one() -> None:
    answer = data()
    answer["groups"][0]["failover_threshold"] = 4294967295
    assert ClusterSettings.read(answer).groups[0].failover_threshold == -1


@pytest.mark.parametrize("text", ["not Base64!", "AAA", "\u202e", "A" * 90_004])
def test_a_descriptor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ClusterSettings.read(data(security_descriptor=text))


def test_the_longest_descriptor_that_there_is_fits() -> None:
    longest = base64.b64encode(bytes(65535)).decode("ascii")
    assert ClusterSettings.read(data(security_descriptor=longest)).security_descriptor == longest


def test_a_descriptor_that_was_not_shown_is_none() -> None:
    assert ClusterSettings.read(data(security_descriptor=None)).security_descriptor is None


@pytest.mark.parametrize(("part", "cap"), [("nodes", 64), ("resources", 200), ("groups", 200)])
def test_a_list_at_its_cap_is_read_and_beyond_it_refused(part: str, cap: int) -> None:
    one = data()[part][0]
    assert len(getattr(ClusterSettings.read(data(**{part: [one] * cap})), part)) == cap
    with pytest.raises(ValidationError, match="at most"):
        ClusterSettings.read(data(**{part: [one] * (cap + 1)}))


def test_a_windows_without_some_properties_has_none_of_them() -> None:
    old = data(functional_level=None, upgrade_version=None, witness_dynamic_weight=None)
    assert ClusterSettings.read(old).functional_level is None


@pytest.mark.parametrize("forbidden", ["ResourceData", "StartupParameters", "ObjectGUID"])
def test_no_other_private_property_is_named(forbidden: str) -> None:
    assert forbidden.casefold() not in reader(ClusterSettings).casefold()


def test_private_properties_are_taken_by_name_alone() -> None:
    named = re.findall(r"Get-PrivateProperty \$_ '(\w+)'", reader(ClusterSettings))
    assert reader(ClusterSettings).count("Get-PrivateProperty") == len(named)
    assert set(named) == {
        "Address",
        "DnsSuffix",
        "EnableDhcp",
        "EnableNetBIOS",
        "HostRecordTTL",
        "InstanceName",
        "Network",
        "PublishPTRRecords",
        "RegisterAllProvidersIP",
        "StatusDNS",
        "StatusKerberos",
        "StatusNetBIOS",
        "SubnetMask",
        "VirtualServerName",
    }
