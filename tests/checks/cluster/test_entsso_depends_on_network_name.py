import pytest

from ssoaudit.checks.cluster.entsso_depends_on_network_name import entsso_depends_on_network_name
from ssoaudit.facts import ClusterView, Lacking
from ssoaudit.lab.estate import NODES, healthy
from ssoaudit.lab.scenarios import without_dependency
from ssoaudit.plugin import Outcome
from ssoaudit.vocabulary import ClusterRole, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of
from tests.checks.views import OTHER_ID, altered, another_name, depends, view

CHECK = "cluster.entsso-depends-on-network-name"


def ask(cluster: ClusterView, network_name: str | None = "SSOMSS") -> Outcome:
    inventory = healthy().inventory().model_copy(update={"network_name": network_name})
    outcome = entsso_depends_on_network_name(cluster, inventory)
    assert isinstance(outcome, Outcome)
    return outcome


def on(expression: str | None) -> ClusterView:
    return depends(view(), "ENTSSO", expression)


@pytest.mark.parametrize(
    "expression",
    [
        "[SSOMSS]",
        "([SSOMSS])",
        "[SSOMSS] and [Cluster Disk 2]",
        "([Cluster Disk 2] or [MSDTC-SSOMSS]) and [SSOMSS]",
        "[ssomss]",
    ],
)
def test_the_name_as_a_part_of_its_own_passes(expression: str) -> None:
    outcome = ask(on(expression))

    assert outcome.status is Status.PASS
    assert outcome.text.startswith("ENTSSO depends on SSOMSS")


def test_ids_are_compared_without_case() -> None:
    cluster = on("[SSOMSS]")
    name = cluster.resource("SSOMSS")
    assert name is not None

    assert ask(altered(cluster, "SSOMSS", id=name.id.upper())).status is Status.PASS


def test_a_disk_without_a_dependency_is_a_note() -> None:
    assert ask(on("[SSOMSS]")).text == "ENTSSO depends on SSOMSS; it needs no dependency on Cluster Disk 2"
    assert ask(on("[SSOMSS] and [Cluster Disk 2]")).text == "ENTSSO depends on SSOMSS"


def test_no_dependency_fails_with_the_command() -> None:
    outcome = ask(on(None))

    assert outcome.status is Status.FAIL
    assert outcome.text == "ENTSSO does not depend on its network name"
    assert outcome.observed == "no dependency"
    assert [step.command.render() for step in outcome.fix if step.command] == [
        ("Add-ClusterResourceDependency -Resource 'ENTSSO' -Provider 'SSOMSS'", True),
        ("Stop-ClusterResource 'ENTSSO'; Start-ClusterResource 'ENTSSO'", True),
    ]


def test_the_disk_alone_fails() -> None:
    outcome = ask(on("[Cluster Disk 2]"))

    assert (outcome.status, outcome.observed) == (Status.FAIL, "Cluster Disk 2")


@pytest.mark.parametrize("expression", ["([SSOMSS] or [Cluster Disk 2])", "([Cluster Disk 2] or [SSOMSS])"])
def test_one_of_several_alternatives_is_a_medium_fail(expression: str) -> None:
    outcome = ask(on(expression))

    assert (outcome.status, outcome.severity) == (Status.FAIL, Severity.MEDIUM)
    assert outcome.text == ("ENTSSO depends on SSOMSS only as one of several alternatives: Cluster Disk 2 or SSOMSS")


def test_a_distributed_network_name_is_no_network_name() -> None:
    cluster = another_name("SSODNN", type="Distributed Network Name", network_name=None, dns_name=None)
    outcome = ask(depends(cluster, "ENTSSO", "[SSODNN]"))

    assert outcome.status is Status.FAIL
    assert "SSODNN, a distributed network name" in outcome.text


def test_the_name_of_another_group_does_not_count() -> None:
    outcome = ask(depends(another_name("SQLVS", group="SQL"), "ENTSSO", "[SQLVS]"))

    assert outcome.status is Status.FAIL
    assert outcome.text == "ENTSSO does not depend on its network name, but on SQLVS of another group, SQL"


def test_another_name_of_the_group_does_not_count() -> None:
    cluster = depends(another_name("SQLVS"), "ENTSSO", "[SQLVS]")
    outcome = ask(cluster)

    assert outcome.status is Status.FAIL
    assert outcome.text == "ENTSSO does not depend on its network name, but on SQLVS, which is not the inventory's"
    assert ask(cluster, network_name=None).status is Status.PASS


def test_the_name_is_known_by_its_dns_name_and_its_domain_too() -> None:
    cluster = altered(on("[SSOMSS]"), "SSOMSS", network_name="CONTOSO-SSO-MAS", dns_name="contoso-sso-master")

    assert ask(cluster, "contoso-sso-master.contoso.com").status is Status.PASS
    assert ask(cluster, "CONTOSO-SSO-MAS").text.startswith("ENTSSO depends on SSOMSS (CONTOSO-SSO-MAS)")


def test_a_name_that_could_not_be_read_may_be_the_one() -> None:
    assert ask(altered(on("[SSOMSS]"), "SSOMSS", network_name=None), "SSO").status is Status.PASS


def test_the_inventory_and_the_group_have_different_names() -> None:
    outcome = ask(on("[SSOMSS]"), "SSOPROD")

    assert outcome.status is Status.FAIL
    assert outcome.text == (
        "ENTSSO cannot depend on SSOPROD, the inventory's network name: the group SSO-MSS has SSOMSS"
    )


def test_a_group_without_a_name_fails_and_says_so() -> None:
    outcome = ask(altered(on("[Cluster Disk 2]"), "SSOMSS", group="Orders"))

    assert outcome.status is Status.FAIL
    assert outcome.text == "ENTSSO has no network name in its group to depend on"
    assert outcome.fix[0].command is None


@pytest.mark.parametrize(
    ("expression", "through"),
    [
        ("[MSDTC-SSOMSS]", "MSDTC-SSOMSS"),
        ("[Cluster Disk 2] and [MSDTC-SSOMSS]", "MSDTC-SSOMSS"),
        ("([MSDTC-SSOMSS] or [Share])", "Share or MSDTC-SSOMSS"),
    ],
)
def test_a_name_reached_through_others_is_not_verified(expression: str, through: str) -> None:
    cluster = another_name("Share", type="File Share", network_name=None, dns_name=None)
    cluster = depends(depends(cluster, "Share", "[MSDTC-SSOMSS]"), "ENTSSO", expression)
    outcome = ask(cluster)

    assert outcome.status is Status.NOT_VERIFIED
    assert set(outcome.text.removeprefix("ENTSSO depends on the network name only through ").split(" or ")) == set(
        through.split(" or ")
    )


def test_what_the_name_itself_depends_on_need_not_be_known() -> None:
    outcome = ask(depends(on("[MSDTC-SSOMSS]"), "SSOMSS", None, error="Access denied"))

    assert outcome.status is Status.NOT_VERIFIED


def test_a_circle_of_dependencies_ends() -> None:
    outcome = ask(depends(on("[Cluster Disk 2]"), "Cluster Disk 2", "[ENTSSO]"))

    assert outcome.status is Status.FAIL


def test_a_dependency_on_what_is_not_listed_is_not_verified() -> None:
    outcome = ask(on(f"[{OTHER_ID}]"))

    assert outcome.status is Status.NOT_VERIFIED
    assert OTHER_ID in outcome.text


@pytest.mark.parametrize(
    "cluster",
    [
        depends(view(), "ENTSSO", None, error="Access denied"),
        on("[SSOMSS] nor"),
        view().model_copy(update={"dependencies": ()}),
        depends(on("[MSDTC-SSOMSS]"), "MSDTC-SSOMSS", None, error="Access denied"),
    ],
    ids=["denied", "no expression", "not told", "further down"],
)
def test_what_was_not_read_is_lacking(cluster: ClusterView) -> None:
    with pytest.raises(Lacking):
        ask(cluster)


@pytest.mark.parametrize("update", [{"stage": Stage.PLANNED}, {"cluster_role": ClusterRole.HOSTS_ONLY}])
def test_it_does_not_concern_a_cluster_without_a_clustered_entsso(update: dict[str, object]) -> None:
    estate = healthy().alter_cluster(without_dependency)
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert finding.status is Status.NOT_APPLICABLE


def test_a_member_needs_the_dependency_too() -> None:
    estate = healthy().alter_cluster(without_dependency)
    inventory = estate.inventory().model_copy(update={"cluster_role": ClusterRole.MEMBER})

    assert finding_of(CHECK, bundle(estate, inventory=inventory)).status is Status.FAIL


def test_without_a_view_of_the_cluster_nothing_is_verified() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(node, "cluster_view") for node in NODES}))

    assert finding.status is Status.NOT_VERIFIED
    assert f"{NODES[0]}: Access is denied." in finding.text


def test_an_unread_dependency_is_not_verified_with_its_reason() -> None:
    estate = healthy().alter_cluster(lambda cluster: depends(cluster, "ENTSSO", None, error="Access denied"))
    finding = finding_of(CHECK, bundle(estate))

    assert finding.status is Status.NOT_VERIFIED
    assert "ENTSSO: Access denied" in finding.text
