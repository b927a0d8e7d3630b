import pytest

from ssoaudit.checks.cluster.entsso_uses_network_name import entsso_uses_network_name
from ssoaudit.facts import ClusterView
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Stage, Status
from tests.checks.bundles import bundle, finding_of
from tests.checks.views import another_name, view

CHECK = "cluster.entsso-uses-network-name"


def ask(cluster: ClusterView) -> Outcome:
    outcome = entsso_uses_network_name(cluster)
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_ticked_box_passes_and_names_the_name() -> None:
    outcome = ask(view())

    assert outcome.status is Status.PASS
    assert outcome.text == "ENTSSO is set to use the network name of its group, SSOMSS"


def test_all_names_of_the_group_are_told() -> None:
    assert ask(another_name("SQLVS", network_name=None)).text.endswith("of its group, SSOMSS, SQLVS")


def test_a_group_without_a_name_is_not_promised_one() -> None:
    outcome = ask(view(group="Orders"))

    assert (outcome.status, outcome.text) == (Status.PASS, "ENTSSO is set to use the network name")


def test_an_unticked_box_fails_with_the_node_and_the_commands() -> None:
    outcome = ask(view(name="SSO's service", use_network_name=0))

    assert outcome.status is Status.FAIL
    assert outcome.text == (
        "SSO's service does not use the network name: it runs under the name of its node, now SSONODE1"
    )
    assert outcome.observed == "UseNetworkName = 0"
    assert [step.command.render() for step in outcome.fix if step.command] == [
        ("Get-ClusterResource 'SSO''s service' | Set-ClusterParameter UseNetworkName 1", True),
        ("Stop-ClusterResource 'SSO''s service'; Start-ClusterResource 'SSO''s service'", True),
    ]


def test_an_unreadable_box_is_not_verified() -> None:
    outcome = ask(view(use_network_name=None))

    assert (outcome.status, outcome.text) == (Status.NOT_VERIFIED, "UseNetworkName of ENTSSO could not be read")


@pytest.mark.parametrize("update", [{"stage": Stage.PLANNED}, {"cluster_role": ClusterRole.HOSTS_ONLY}])
def test_it_does_not_concern_a_cluster_without_a_clustered_entsso(update: dict[str, object]) -> None:
    estate = healthy()
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert finding.status is Status.NOT_APPLICABLE


def test_without_a_view_of_the_cluster_nothing_is_verified() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(node, "cluster_view") for node in NODES}))

    assert finding.status is Status.NOT_VERIFIED
    assert finding.blocked_by == "cluster.entsso-is-generic-service"
    assert f"{NODES[0]}: Access is denied." in finding.text


def test_it_waits_for_the_resource_to_be_there() -> None:
    estate = healthy().alter_cluster(lambda _: view(service_name="W3SVC"))
    finding = finding_of(CHECK, bundle(estate))

    assert (finding.status, finding.blocked_by) == (Status.NOT_VERIFIED, "cluster.entsso-is-generic-service")
