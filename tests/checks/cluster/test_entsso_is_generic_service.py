import pytest

from ssoaudit.checks.cluster.entsso_is_generic_service import entsso_is_generic_service
from ssoaudit.facts import ClusterView
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, finding_of
from tests.checks.views import another_service, view

CHECK = "cluster.entsso-is-generic-service"


def ask(cluster: ClusterView) -> Outcome:
    outcome = entsso_is_generic_service(cluster)
    assert isinstance(outcome, Outcome)
    return outcome


@pytest.mark.parametrize("service", ["ENTSSO", "entsso"])
def test_one_resource_of_the_service_passes(service: str) -> None:
    outcome = ask(view(service_name=service))

    assert (outcome.status, outcome.text) == (Status.PASS, "ENTSSO in group SSO-MSS runs the service ENTSSO")


def test_none_fails_with_what_looks_like_it() -> None:
    outcome = ask(view(name="SSO Service", service_name="SSOPS"))

    assert outcome.status is Status.FAIL
    assert outcome.text == (
        "No Generic Service resource of SSOCLU01 runs ENTSSO; "
        "there is SSO Service, a Generic Service of the service SSOPS"
    )
    assert outcome.fix[0].text.split(",")[0] == "Take SSO Service offline"


@pytest.mark.parametrize("kind", ["Generic Application", "Generic Script"])
def test_another_type_of_the_name_fails(kind: str) -> None:
    outcome = ask(view(type=kind, service_name=None))

    assert outcome.status is Status.FAIL
    assert f"ENTSSO, a {kind}" in outcome.text


def test_the_display_name_of_the_service_is_not_its_name() -> None:
    outcome = ask(view(name="Secrets", service_name="Enterprise Single Sign-On Service"))

    assert outcome.status is Status.FAIL
    assert "Enterprise Single Sign-On Service" in outcome.observed


def test_a_service_that_only_contains_the_letters_is_no_lookalike() -> None:
    outcome = ask(view(name="Message Processor", service_name="MsgProcessor"))

    assert (outcome.status, outcome.observed) == (Status.FAIL, "none")
    assert "Processor" not in outcome.text


def test_two_resources_fail_and_are_named() -> None:
    outcome = ask(another_service(name="ENTSSO (2)", group="Orders"))

    assert (outcome.status, outcome.text) == (Status.FAIL, "2 resources run ENTSSO: ENTSSO, ENTSSO (2)")
    assert [row.observed for row in outcome.evidence] == ["group SSO-MSS", "group Orders"]


def test_an_unreadable_service_may_be_entsso() -> None:
    outcome = ask(view(name="New Generic Service", service_name=None))

    assert outcome.status is Status.NOT_VERIFIED
    assert "New Generic Service" in outcome.text


def test_an_unreadable_service_may_be_a_second_entsso() -> None:
    outcome = ask(another_service(name="New Generic Service", service_name=None))

    assert outcome.status is Status.NOT_VERIFIED
    assert outcome.text.startswith("A second ENTSSO beside ENTSSO is not ruled out")


def test_the_command_makes_the_whole_resource() -> None:
    text, complete = next(step.command for step in ask(view(service_name="W3SVC")).fix if step.command).render()

    assert complete
    assert text == (
        "Add-ClusterResource -Name ENTSSO -ResourceType 'Generic Service' -Group ROLE"
        " | Set-ClusterParameter -Multiple @{ServiceName='ENTSSO'; UseNetworkName=1}"
    )


@pytest.mark.parametrize("update", [{"stage": Stage.PLANNED}, {"cluster_role": ClusterRole.HOSTS_ONLY}])
def test_it_does_not_concern_a_cluster_without_a_clustered_entsso(update: dict[str, object]) -> None:
    estate = healthy()
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert finding.status is Status.NOT_APPLICABLE


def test_without_a_view_of_the_cluster_nothing_is_verified() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(node, "cluster_view") for node in NODES}))

    assert finding.status is Status.NOT_VERIFIED
    assert [(reason.server, reason.message) for reason in finding.reasons] == [
        (node, "Access is denied.") for node in NODES
    ]


def test_what_one_node_sees_is_not_known_of_the_other() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(NODES[0], "cluster_view")}))

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "Holds on SSONODE2; not read: SSONODE1: Access is denied."
