import re
from importlib.resources import files
from typing import Any

import pytest
from pydantic import ValidationError

from ssoaudit.facts import Dns, EndpointMapper, Fact, Lacking, MsdtcFirewall, MsdtcSecurity, Nlb
from ssoaudit.lab.estate import NODES, SQL, healthy
from ssoaudit.lab.estate.network import ADDRESSES

MACHINES = healthy().machines


def answer(topic: type[Fact], **change: object) -> dict[str, Any]:
    return {**MACHINES[NODES[0]].facts[topic.topic].model_dump(mode="json"), **change}


def reader(topic: type[Fact]) -> str:
    return files("ssoaudit.facts").joinpath(f"{topic.topic}.ps1").read_text(encoding="ascii")


# MSDTC


def test_a_machine_without_a_cluster_tells_of_no_clustered_msdtc() -> None:
    fact = MACHINES[SQL].facts[MsdtcSecurity.topic]
    assert isinstance(fact, MsdtcSecurity)
    assert (fact.clustered, fact.mappings, fact.cluster_values) == (None, None, None)


def test_a_value_that_is_not_there_is_no_zero() -> None:
    data = answer(MsdtcSecurity)
    data["clustered"][0]["settings"] = dict.fromkeys(data["clustered"][0]["settings"])
    settings = MsdtcSecurity.read(data).clustered
    assert settings is not None
    assert settings[0].settings.network_dtc_access is None
    assert settings[0].settings.lu_transactions is None


@pytest.mark.parametrize("value", [-1, 4294967296, "1", True, 1.0])
def test_a_value_that_is_no_dword_is_refused(value: object) -> None:
    data = answer(MsdtcSecurity)
    data["local"]["network_dtc_access"] = value
    with pytest.raises(ValidationError):
        MsdtcSecurity.read(data)


def test_a_denied_hive_leaves_the_machines_own_settings() -> None:
    data = answer(MsdtcSecurity)
    lacking = dict.fromkeys(("clustered", "mappings", "cluster_values"), "HKLM\\Cluster cannot be read")
    fact = MsdtcSecurity.read({"local": data["local"]}, lacking)
    assert fact.local is not None
    with pytest.raises(Lacking, match="cannot be read"):
        _ = fact.clustered


def test_every_value_of_an_msdtc_is_read_by_its_own_name() -> None:
    named = re.findall(r"= Get-Registry(?:Number|Text) \$\w+ '(\w+)'", reader(MsdtcSecurity))
    assert len(named) == 15
    assert named.count("ServerTcpPort") == 2
    assert len(set(named)) == 14


# The firewall, Network Load Balancing


def test_the_rules_of_the_lab_are_as_windows_writes_them() -> None:
    fact = MsdtcFirewall.read(answer(MsdtcFirewall))
    assert {rule.rule_id for rule in fact.local_rules} >= {"MSDTC-In-TCP", "MSDTC-Out-TCP", "MSDTC-RPCSS-In-TCP"}
    for rule in fact.local_rules:
        assert re.fullmatch(r"v2\.\d+\|(\w+=[^|]*\|)+", rule.rule)
        assert rule.rule.endswith("|EmbedCtxt=@FirewallAPI.dll,-33502|")


def test_a_policy_with_too_many_rules_leaves_the_rest() -> None:
    data = answer(MsdtcFirewall)
    del data["policy_rules"]
    fact = MsdtcFirewall.read(data, {"policy_rules": "a policy has more than 500 rules"})
    assert fact.local_rules
    with pytest.raises(Lacking, match="more than 500"):
        _ = fact.policy_rules


def test_a_missing_namespace_of_nlb_is_told_apart_from_a_denied_one() -> None:
    assert Nlb.read(answer(Nlb, nodes=None)).nodes is None
    assert Nlb.read(answer(Nlb, nodes=[])).nodes == ()
    data = answer(Nlb)
    del data["nodes"]
    with pytest.raises(Lacking):
        _ = Nlb.read(data, {"nodes": "0x80041003"}).nodes


# Names


def test_every_name_of_the_lab_is_one_address_of_its_own() -> None:
    assert len(set(ADDRESSES.values())) == len(ADDRESSES)
    assert ADDRESSES["SSOMSS"] == "10.20.4.50"


def test_a_name_that_does_not_resolve_says_why() -> None:
    data = answer(Dns)
    data["forward"][0] |= {"addresses": [], "code": "0x80072AF9", "error": "No such host is known"}
    assert Dns.read(data).forward[0].code == "0x80072AF9"


@pytest.mark.parametrize(
    ("part", "cap"), [("forward", 300), ("reverse", 300), ("hosts_overrides", 100), ("own_addresses", 256)]
)
def test_names_and_addresses_are_capped(part: str, cap: int) -> None:
    one = {"address": "10.0.0.1", "name": "X"} if part == "hosts_overrides" else answer(Dns)[part][0]
    assert len(getattr(Dns.read(answer(Dns, **{part: [one] * cap})), part)) == cap
    with pytest.raises(ValidationError, match="at most"):
        Dns.read(answer(Dns, **{part: [one] * (cap + 1)}))


@pytest.mark.parametrize("topic", [Dns, EndpointMapper])
def test_every_wait_of_a_network_reader_has_an_end(topic: type[Fact]) -> None:
    text = reader(topic)
    assert text.count("::Begin") + text.count(".Begin") == len(re.findall(r"AsyncWaitHandle\.WaitOne\([23]000\)", text))


def test_a_connection_is_made_only_where_it_was_allowed() -> None:
    body = reader(EndpointMapper).split("function Read-EndpointMapper {\n")[1]
    assert body.startswith("    if (-not $Parameters.active_network) { throw ")


def test_a_port_is_open_or_says_why_not() -> None:
    refused = {"name": "SSOMSS", "is_open": False, "milliseconds": 2001, "code": "0x80131505", "error": "no answer"}
    assert not EndpointMapper.read({"connections": [refused]}).connections[0].is_open
    with pytest.raises(ValidationError):
        EndpointMapper.read({"connections": [{**refused, "is_open": 1}]})
