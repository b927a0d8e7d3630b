"""The whole way, over the real wire: NTLM with message encryption, and Basic over TLS."""

import base64
import json
import traceback

import pytest

from ssoaudit import record
from ssoaudit.collect.collection import Collection, Options
from ssoaudit.collect.faults import Fault
from ssoaudit.collect.sql.address import SqlLogin
from ssoaudit.collect.winrm import shell
from ssoaudit.collect.winrm.endpoint import endpoint
from ssoaudit.collect.winrm.logon import Logon
from ssoaudit.credentials import Secret
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence, Missing, Read, digest
from ssoaudit.facts import TOPICS, MasterSecretIds
from ssoaudit.lab.estate import NODES, LabEstate, healthy
from ssoaudit.lab.process import Lab
from ssoaudit.lab.scenarios import SCENARIOS, unreachable_node
from ssoaudit.registry import find_checks, find_reports
from ssoaudit.vocabulary import Profile, Status, Verdict
from tests.odbc import any_driver

PLANTED = "planted-master-secret-bytes-7f3a"


def collect(lab: Lab, password: Secret | None = None, options: Options | None = None) -> Evidence:
    sql = SqlLogin(lab.sql_user, lab.password)
    logon = Logon(lab.user, password or lab.password)
    return Collection(lab.inventory(), logon, options or Options(), sql_login=sql, biztalk_login=sql).collect()


def verdict(evidence: Evidence) -> Verdict:
    data = record.dump(evidence)
    return evaluate(evidence, find_checks(), Profile.PREFLIGHT, sha256=digest(data)).verdict


@pytest.mark.parametrize("tls", [False, True], ids=["ntlm", "basic over tls"])
def test_every_topic_of_every_machine_arrives_as_it_is(tls: bool) -> None:
    with Lab(healthy(), tls=tls) as lab:
        evidence = collect(lab, options=Options(active_network=True))

    for machine in lab.estate.machines.values():
        readings = evidence.topics(machine.name)
        assert list(readings) == [topic.topic for topic in TOPICS]
        for topic in TOPICS:
            reading, fact = readings[topic.topic], machine.facts.get(topic.topic)
            assert (topic.read(reading.data) if isinstance(reading, Read) else None) == fact
    for server in evidence.servers:
        assert server.heard is not None
        assert server.started <= server.heard.asked < server.heard.received <= server.finished


def test_nobody_is_asked_about_a_connection_that_was_not_allowed() -> None:
    with Lab(healthy()) as lab:
        evidence = collect(lab)

    wanted = [topic.topic for topic in Options().wanted]
    assert "endpoint_mapper" not in wanted
    assert list(evidence.asked) == wanted
    assert all(list(server.topics) == wanted for server in evidence.servers)
    assert verdict(evidence) is Verdict.READY


def test_the_wire_is_real() -> None:
    with Lab(healthy()) as lab:
        collect(lab)
        counters = lab.counters()

    machines = len(lab.estate.machines)
    assert sum(each["logons"] for each in counters.values()) == machines + 1, "one each, and the first look"
    assert sum(each["shells_opened"] for each in counters.values()) == machines + 1
    assert all(each["open_shells"] == 0 for each in counters.values())
    assert all(each["plaintext_bodies"] == 0 for each in counters.values())
    assert all(each["encrypted_messages"] >= 6 for each in counters.values())


def test_a_host_that_leaves_input_empty_is_read_through_its_console() -> None:
    with Lab(healthy(), drains_stdin=False) as lab:
        evidence = collect(lab)
        counters = lab.counters()

    assert all(isinstance(evidence.topics(node)["env"], Read) for node in NODES)
    assert all(each["open_shells"] == 0 for each in counters.values())


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("first-scan", Verdict.NOT_READY), ("healthy", Verdict.READY), ("unreachable-node", Verdict.INCOMPLETE)],
)
def test_the_scenarios_get_their_verdicts(scenario: str, expected: Verdict) -> None:
    any_driver()
    with Lab(SCENARIOS[scenario]()) as lab:
        assert verdict(collect(lab)) is expected


def test_nothing_passes_on_a_node_that_cannot_be_reached() -> None:
    with Lab(unreachable_node()) as lab:
        evidence = collect(lab)
    result = evaluate(evidence, find_checks(), Profile.PREFLIGHT, sha256="")

    about_it = [finding for finding in result.findings if NODES[1] in (finding.target, *finding.servers)]
    assert about_it
    assert {finding.status for finding in about_it} == {Status.NOT_VERIFIED}
    assert {reading.code for reading in evidence.topics(NODES[1]).values() if isinstance(reading, Missing)} == {
        "refused"
    }


def test_a_wrong_password_is_tried_once_in_the_whole_estate() -> None:
    with Lab(healthy()) as lab:
        evidence = collect(lab, Secret("not the password"))
        counters = lab.counters()

    assert sum(each["authenticate_messages"] for each in counters.values()) == 1
    readings = [reading for server in evidence.servers for reading in server.topics.values()]
    assert {reading.stage for reading in readings if isinstance(reading, Missing)} == {"authenticate"}
    assert verdict(evidence) is Verdict.INCOMPLETE


class Leaky(MasterSecretIds):
    """What a careless reader would answer: the secret's bytes beside its ids."""

    value: str


def leaking() -> LabEstate:
    return healthy().alter(NODES[0], Leaky(is_present=True, names=("a",), value=PLANTED))


def forms(secret: str) -> list[bytes]:
    """A secret as it may hide in a file."""
    plain = secret.encode()
    encoded = (base64.b64encode(secret.encode(encoding)).rstrip(b"=") for encoding in ("utf-8", "utf-16-le"))
    return [plain, secret.encode("utf-16-le"), plain.hex().encode(), json.dumps(secret).encode(), *encoded]


def test_no_secret_reaches_evidence_report_log_or_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with Lab(leaking(), noise=PLANTED) as lab:
        evidence = collect(lab)
        wrong = Secret("a-password-that-is-refused-91c2")
        rejected = Collection(lab.inventory(), Logon(lab.user, wrong)).collect()
    kept = [record.dump(evidence), record.dump(rejected), caplog.text.encode()]
    for bundle in (evidence, rejected):
        result = evaluate(bundle, find_checks(), Profile.COMPLIANCE, sha256=digest(record.dump(bundle)))
        kept += [point.load().render(result) for point in find_reports().values()]
    everything = b"".join(kept)

    for secret in (lab.password.reveal(), PLANTED, wrong.reveal()):
        assert [form for form in forms(secret) if form in everything] == []
    malformed = evidence.topics(NODES[0])[MasterSecretIds.topic]
    assert isinstance(malformed, Missing)
    assert malformed.code == "malformed"


def test_a_fault_and_its_traceback_hold_no_password() -> None:
    password = Secret("a-password-that-is-refused-91c2")
    with Lab(healthy()) as lab:
        inventory = lab.inventory()
        server = inventory.servers[0]
        settings = inventory.winrm_of(server)
        with pytest.raises(Fault) as caught:
            shell.run(
                endpoint(server.name, server.address or "", settings), settings, Logon(lab.user, password), "x", (), b""
            )

    text = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert password.reveal() not in text
