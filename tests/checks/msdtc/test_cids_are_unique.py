from collections.abc import Iterable
from dataclasses import replace

import pytest

from ssoaudit.checks.msdtc.cids_are_unique import cids_are_unique
from ssoaudit.facts import Cid, ClusteredCid, MsdtcIdentities
from ssoaudit.inventory import Inventory, Server
from ssoaudit.lab.estate import BIZTALK, NODES, SQL, LabEstate, healthy
from ssoaudit.lab.scenarios import with_clones
from ssoaudit.plugin import Outcome, PerMachine
from ssoaudit.vocabulary import ClusterRole, Role, Severity, Stage, Status
from tests.checks.bundles import bundle, finding_of

CHECK = "msdtc.cids-are-unique"
KINDS = ("MSDTC", "MSDTCUIS", "MSDTCXATM", "MSDTCTIPGW")
CLUSTERED = "c1"


def guid(machine: str, kind: int) -> str:
    return f"{machine * 4}-1111-4222-8333-{kind:012x}"


def cids(machine: str, *kinds: int, described: bool = True) -> tuple[Cid, ...]:
    return tuple(
        Cid(guid=guid(machine, kind), description=KINDS[kind] if described else None) for kind in kinds or range(4)
    )


def standalone(*contact: Cid) -> MsdtcIdentities:
    return MsdtcIdentities(contact=contact, contact_32_bit=None, local=None, clustered=None)


def node(contact: tuple[Cid, ...], local: tuple[Cid, ...] | None, clustered: tuple[Cid, ...] | None) -> MsdtcIdentities:
    known = None
    if clustered is not None:
        known = tuple(ClusteredCid(resource_id="r", guid=cid.guid, description=cid.description) for cid in clustered)
    return MsdtcIdentities(contact=contact, contact_32_bit=None, local=local, clustered=known)


def member(machine: str) -> MsdtcIdentities:
    """A node whose programs use the clustered MSDTC."""
    return node(cids(CLUSTERED), cids(machine), cids(CLUSTERED))


def inventory(*hosts: str) -> Inventory:
    """Machines called N… are cluster nodes."""
    servers = tuple(Server(host=host, roles=(Role.CLUSTER,) if host[0] == "N" else ()) for host in hosts)
    return healthy().inventory().model_copy(update={"servers": servers})


def ask(**machines: MsdtcIdentities) -> list[Outcome]:
    said = cids_are_unique(PerMachine(machines), inventory(*machines))
    assert isinstance(said, Iterable)
    return list(said)


def first(**machines: MsdtcIdentities) -> Outcome:
    return ask(**machines)[0]


def test_machines_of_their_own_pass() -> None:
    outcome = first(N1=member("a1"), N2=member("a2"), A=standalone(*cids("b1")))

    assert (outcome.status, outcome.text) == (Status.PASS, "N1, N2, A have MSDTC identities of their own")
    assert len(outcome.evidence) == 3


def test_machines_that_share_all_identities_fail() -> None:
    outcome = first(A=standalone(*cids("b1")), B=standalone(*cids("b1")), C=standalone(*cids("b2")))

    assert (outcome.status, outcome.severity, outcome.servers) == (Status.FAIL, None, ("A", "B"))
    assert outcome.text == f"A and B share the MSDTC identity {guid('b1', 0)} and 3 more"
    assert [row.observed for row in outcome.evidence] == [f"{kind} {guid('b1', at)}" for at, kind in enumerate(KINDS)]
    assert outcome.fix[0].on == "B"


def test_machines_that_share_one_identity_fail() -> None:
    outcome = first(A=standalone(*cids("b1")), B=standalone(*cids("b2", 1, 2, 3), *cids("b1", 0)))

    assert outcome.text == f"A and B share the MSDTC identity {guid('b1', 0)}"


def test_braces_and_case_make_no_other_identity() -> None:
    spelt = Cid(guid=f"{{{guid('b1', 1).upper()}}}", description="MSDTCUIS")

    assert first(A=standalone(*cids("b1", 1)), B=standalone(spelt)).status is Status.FAIL


def test_identities_without_description_are_compared() -> None:
    outcome = first(A=standalone(*cids("b1", described=False)), B=standalone(*cids("b1", described=False)))

    assert outcome.status is Status.FAIL
    assert "without description" in outcome.observed


def test_each_group_of_clones_is_told_and_keeps_one_machine() -> None:
    outcome = first(
        A=standalone(*cids("b1")), C=standalone(*cids("b2")), B=standalone(*cids("b1")), D=standalone(*cids("b2"))
    )

    assert "A and B share" in outcome.text
    assert "C and D share" in outcome.text
    assert outcome.fix[0].on == "B, D"


def test_nodes_are_compared_by_what_is_local() -> None:
    outcome = first(N1=member("a1"), N2=member("a1"))

    assert outcome.status is Status.FAIL
    assert outcome.text.startswith("N1 and N2 share")


def test_a_clone_of_a_node_shares_with_the_clustered_msdtc() -> None:
    outcome = first(N1=member("a1"), N2=member("a2"), A=standalone(*cids(CLUSTERED)))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("A",))
    assert outcome.text == f"A and a clustered MSDTC share the MSDTC identity {guid(CLUSTERED, 0)} and 3 more"
    assert outcome.fix[0].on == "A"


def test_names_that_are_no_guids_are_no_identities() -> None:
    junk = Cid(guid="Local", description=None)

    outcome = first(A=standalone(*cids("b1"), junk), B=standalone(*cids("b2"), junk))

    assert outcome.status is Status.PASS


@pytest.mark.parametrize(
    "empty",
    [standalone(), standalone(Cid(guid="Local", description=None)), node(cids("b2"), (), ()), node((), cids("b2"), ())],
    ids=["nothing", "no guid", "nothing local", "no contact"],
)
def test_a_machine_without_identities_is_not_verified(empty: MsdtcIdentities) -> None:
    outcome = first(A=standalone(*cids("b1")), B=empty)

    assert (outcome.status, outcome.servers) == (Status.NOT_VERIFIED, ("B",))


def test_a_machine_without_identities_does_not_hide_clones() -> None:
    said = ask(A=standalone(*cids("b1")), B=standalone(*cids("b1")), C=standalone())

    assert said[0].status is Status.FAIL


def test_a_node_that_cannot_tell_its_own_from_the_clustered_is_not_verified() -> None:
    outcome = first(N1=member("a1"), N2=node(cids(CLUSTERED), None, cids(CLUSTERED)))

    assert (outcome.status, outcome.servers) == (Status.NOT_VERIFIED, ("N2",))


def test_a_contact_of_nobody_is_a_medium_fail() -> None:
    outcome = first(N1=member("a1"), N2=node(cids("dd"), cids("a2"), cids(CLUSTERED)))

    assert (outcome.status, outcome.severity, outcome.servers) == (Status.FAIL, Severity.MEDIUM, ("N2",))
    assert outcome.text == f"The MSDTC contact identity of N2, {guid('dd', 1)}, belongs to no MSDTC known there"


def test_a_node_whose_cluster_has_no_msdtc_cannot_borrow_one() -> None:
    outcome = first(N1=member("a1"), N2=node(cids(CLUSTERED), cids("a2"), ()))

    assert (outcome.status, outcome.servers) == (Status.FAIL, ("N2",))


def test_the_clustered_identity_is_known_in_any_spelling() -> None:
    spelt = tuple(Cid(guid=f"{{{cid.guid.upper()}}}", description=cid.description) for cid in cids(CLUSTERED))

    assert first(N1=node(cids(CLUSTERED), cids("a1"), spelt), N2=member("a2")).status is Status.PASS


def test_a_contact_without_descriptions_counts_as_a_whole() -> None:
    odd = node(cids("dd", described=False), cids("a2"), cids(CLUSTERED))

    assert first(N1=member("a1"), N2=odd).status is Status.FAIL
    local = node(cids("a2", described=False), cids("a2"), cids(CLUSTERED))
    assert first(N1=member("a1"), N2=local).status is Status.PASS


def test_the_other_nodes_know_the_cluster_for_one_that_could_not_tell() -> None:
    blind = node(cids(CLUSTERED), cids("a2"), None)

    assert first(N1=member("a1"), N2=blind).status is Status.PASS


def test_a_strange_contact_without_the_cluster_s_hive_is_not_verified() -> None:
    outcome = first(N1=node(cids(CLUSTERED), cids("a1"), None), A=standalone(*cids("b1")))

    assert (outcome.status, outcome.servers) == (Status.NOT_VERIFIED, ("N1",))


def test_one_machine_has_nothing_to_compare_with() -> None:
    assert first(N1=member("a1")).status is Status.NOT_APPLICABLE
    assert first(N1=node(cids("dd"), cids("a1"), ())).status is Status.FAIL


def _alone(estate: LabEstate) -> LabEstate:
    return replace(estate, machines={NODES[0]: estate.machines[NODES[0]]})


def test_an_inventory_of_one_machine_is_not_applicable() -> None:
    assert finding_of(CHECK, bundle(_alone(healthy()))).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("update", [{"stage": Stage.PLANNED}, {"cluster_role": ClusterRole.HOSTS_ONLY}])
def test_it_concerns_every_stage_and_kind_of_cluster(update: dict[str, object]) -> None:
    estate = with_clones(healthy(), *BIZTALK)
    finding = finding_of(CHECK, bundle(estate, inventory=estate.inventory().model_copy(update=update)))

    assert finding.status is Status.FAIL


def test_an_unread_machine_is_not_verified_with_its_reason() -> None:
    finding = finding_of(CHECK, bundle(healthy(), without={(SQL, "msdtc_identities")}))

    assert finding.status is Status.NOT_VERIFIED
    assert "SQLSSO01: Access is denied." in finding.text


def test_clones_fail_whatever_was_not_read() -> None:
    estate = with_clones(healthy(), *BIZTALK)
    finding = finding_of(CHECK, bundle(estate, without={(SQL, "msdtc_identities")}))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.CRITICAL)
