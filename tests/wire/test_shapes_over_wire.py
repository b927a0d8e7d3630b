"""Every shape of a healthy estate, collected over the real wire."""

import pytest

from ssoaudit import record
from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.names import names_to_ask
from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence, Read, digest
from ssoaudit.facts import TOPICS
from ssoaudit.facts.dns import Dns
from ssoaudit.facts.endpoint_mapper import EndpointMapper
from ssoaudit.lab.estate.shapes import SHAPES
from ssoaudit.lab.process import Lab
from ssoaudit.registry import find_checks
from ssoaudit.vocabulary import Profile, Verdict
from tests.odbc import any_driver


def collect(lab: Lab) -> Evidence:
    sql = SqlLogin(lab.sql_user, lab.password)
    options = Options(active_network=True)
    return Collection(
        lab.inventory(), Logon(lab.user, lab.password), options, sql_login=sql, biztalk_login=sql
    ).collect()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_arrives_as_it_is_and_is_ready(shape: str) -> None:
    any_driver()
    with Lab(SHAPES[shape]()) as lab:
        evidence = collect(lab)

    for machine in lab.estate.machines.values():
        for topic in TOPICS:
            reading, fact = evidence.topics(machine.name)[topic.topic], machine.facts.get(topic.topic)
            assert (topic.read(reading.data) if isinstance(reading, Read) else None) == fact
    assert evidence.ssodb is not None
    names = names_to_ask(evidence.inventory, evidence.servers, evidence.ssodb)
    for machine in lab.estate.machines.values():
        found, connected = machine.facts[Dns.topic], machine.facts[EndpointMapper.topic]
        assert isinstance(found, Dns)
        assert isinstance(connected, EndpointMapper)
        assert sorted(each.name for each in found.forward) == sorted(names.hosts)
        assert tuple(each.name for each in connected.connections) == names.network_names
    for profile in Profile:
        result = evaluate(evidence, find_checks(), profile, sha256=digest(record.dump(evidence)))
        assert result.verdict is Verdict.READY
