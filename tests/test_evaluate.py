from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle

from ssoaudit import evidence as evidence_file
from ssoaudit import record
from ssoaudit import result as result_file
from ssoaudit.documents import DocumentError
from ssoaudit.evaluate import evaluate
from ssoaudit.evidence import Evidence, Missing, Read, ReadStatus
from ssoaudit.facts import (
    OPT_IN_TOPICS,
    BizTalkGroup,
    ClusterView,
    EndpointMapper,
    EntssoRegistry,
    Env,
    MasterSecretIds,
    MessageBoxes,
    Services,
    SqlServer,
    SsodbBackups,
)
from ssoaudit.facts.cluster_view import GroupState
from ssoaudit.inventory import Inventory
from ssoaudit.lab.estate import BIZTALK, NODES, SQL, healthy
from ssoaudit.plugin import (
    ALL_PROFILES,
    Check,
    Grade,
    Outcome,
    PerBizTalkServer,
    PerMessageBox,
    PerNode,
    PerServer,
    Server,
    Severity,
    Stage,
    Step,
    Target,
    check,
    failed,
    not_applicable,
    not_verified,
    passed,
    powershell,
)
from ssoaudit.registry import Catalogue, Registered, find_checks
from ssoaudit.result import Finding, Result
from ssoaudit.vocabulary import ClusterRole, Profile, Status, Verdict

Decorator = Callable[..., Check[Any]]


def rule(each: Target = Target.ESTATE, severity: Severity = Severity.HIGH, **more: Any) -> Decorator:
    given = {"profiles": ALL_PROFILES, "stage": Stage.PLANNED, "grade": Grade.CONFIRMED, **more}
    return check(title="A rule", each=each, severity=severity, **given)


def judged(
    *checks: Check[Any], evidence: Evidence | None = None, problems: tuple[str, ...] = (), **more: Any
) -> Result:
    catalogue = Catalogue(tuple(Registered(f"test.{each.name}", each, "tests") for each in checks), problems)
    return evaluate(evidence or bundle(healthy()), catalogue, Profile.PREFLIGHT, sha256="0" * 64, **more)


def only_finding(result: Result) -> Finding:
    assert len(result.findings) == 1
    return result.findings[0]


def lose(evidence: Evidence, server: str, topic: str, missing: Missing | None = None) -> Evidence:
    servers = []
    for each in evidence.servers:
        topics = {name: reading for name, reading in each.topics.items() if (each.name, name) != (server, topic)}
        if missing is not None and each.name == server:
            topics[topic] = missing
        servers.append(each.model_copy(update={"topics": topics}))
    return evidence.model_copy(update={"servers": tuple(servers)})


def rewrite(evidence: Evidence, server: str, topic: str, **update: Any) -> Evidence:
    servers = []
    for each in evidence.servers:
        topics = dict(each.topics)
        reading = topics[topic]
        if each.name == server and isinstance(reading, Read):
            topics[topic] = reading.model_copy(update=update)
        servers.append(each.model_copy(update={"topics": topics}))
    return evidence.model_copy(update={"servers": tuple(servers)})


DENIED = Missing(status=ReadStatus.DENIED, code="0x80070005", stage="run", message="access denied", hint="ask for it")


@rule()
def fine(registry: PerServer[EntssoRegistry]) -> Outcome:
    return passed("all is well")


def test_a_check_that_raises_has_verified_nothing(caplog: pytest.LogCaptureFixture) -> None:
    @rule()
    def broken(inventory: Inventory) -> Outcome:
        raise ZeroDivisionError("of no concern to the operator")

    result = judged(broken)

    finding = only_finding(result)
    assert finding.status is Status.NOT_VERIFIED
    assert "Fault in the check" in finding.text
    assert "ZeroDivisionError" in finding.text
    assert result.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("said", [(), [], iter(())], ids=["tuple", "list", "iterator"])
def test_a_check_that_says_nothing_has_verified_nothing(said: object) -> None:
    @rule()
    def silent(inventory: Inventory) -> Any:
        return said

    finding = only_finding(judged(silent))

    assert finding.status is Status.NOT_VERIFIED
    assert "said nothing" in finding.text


@pytest.mark.parametrize("said", [True, None, ["pass"], "pass"], ids=repr)
def test_a_check_that_answers_something_else_has_verified_nothing(said: object) -> None:
    @rule()
    def strange(inventory: Inventory) -> Any:
        return said

    assert only_finding(judged(strange)).status is Status.NOT_VERIFIED


def test_of_several_outcomes_the_worst_counts_and_all_of_it_is_told() -> None:
    @rule()
    def several(inventory: Inventory) -> Iterator[Outcome]:
        yield passed("one is well")
        yield failed("two is wrong", why="a", expected="x", observed="y", servers=("A",), severity=Severity.LOW)
        yield failed("three is wrong", why="b", expected="x", observed="z", servers=("B",))

    finding = only_finding(judged(several))

    assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
    assert finding.text == "two is wrong; three is wrong"
    assert finding.servers == ("A", "B")


def test_an_outcome_may_be_lower_than_its_check_but_not_higher() -> None:
    @rule(severity=Severity.MEDIUM)
    def raised(inventory: Inventory) -> Outcome:
        return failed("wrong", why="", expected="", observed="", severity=Severity.CRITICAL)

    @rule(severity=Severity.MEDIUM)
    def lowered(inventory: Inventory) -> Outcome:
        return failed("wrong", why="", expected="", observed="", severity=Severity.LOW)

    assert only_finding(judged(raised)).severity is Severity.MEDIUM
    assert only_finding(judged(lowered)).severity is Severity.LOW


def test_a_missing_fact_keeps_the_check_from_being_called() -> None:
    @rule(each=Target.NODE)
    def called(server: Server, secrets: MasterSecretIds) -> Outcome:
        assert server.name != NODES[1]
        return passed("seen")

    result = judged(called, evidence=lose(bundle(healthy()), NODES[1], MasterSecretIds.topic, DENIED))
    findings = {finding.target: finding for finding in result.findings}

    assert findings[NODES[0]].status is Status.PASS
    assert findings[NODES[1]].status is Status.NOT_VERIFIED
    (reason,) = findings[NODES[1]].reasons
    assert (reason.server, reason.topic, reason.code) == (NODES[1], "master_secret_ids", "0x80070005")
    assert reason.hint == "ask for it"


def test_a_pass_on_some_servers_holds_for_those_only() -> None:
    finding = only_finding(judged(fine, evidence=lose(bundle(healthy()), NODES[1], EntssoRegistry.topic, DENIED)))

    assert finding.status is Status.NOT_VERIFIED
    assert finding.text == "Holds on SSONODE1, BTSAPP01, BTSAPP02; not read: SSONODE2: access denied"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Nothing listens on SSONODE2.", "Nothing listens on SSONODE2."),
        ("nothing listens on ssonode2", "nothing listens on ssonode2"),
        ("SSONODE20 is asked first.", "SSONODE2: SSONODE20 is asked first."),
    ],
)
def test_a_reason_is_told_once_and_names_its_server_once(message: str, told: str) -> None:
    @rule(each=Target.NODE)
    def called(server: Server, secrets: MasterSecretIds, registry: EntssoRegistry) -> Outcome:
        return passed("seen")

    why = DENIED.model_copy(update={"message": message})
    lost = lose(lose(bundle(healthy()), NODES[1], MasterSecretIds.topic, why), NODES[1], EntssoRegistry.topic, why)
    findings = {finding.target: finding for finding in judged(called, evidence=lost).findings}

    assert findings[NODES[1]].text == told
    assert len(findings[NODES[1]].reasons) == 2


def test_not_applicable_on_some_servers_is_not_known_of_the_others() -> None:
    @rule()
    def irrelevant(registry: PerServer[EntssoRegistry]) -> Outcome:
        return not_applicable("nothing of the kind")

    evidence = lose(bundle(healthy()), NODES[1], EntssoRegistry.topic, DENIED)

    assert only_finding(judged(irrelevant, evidence=evidence)).status is Status.NOT_VERIFIED


def test_a_fail_on_some_servers_stands() -> None:
    @rule()
    def wrong(registry: PerServer[EntssoRegistry]) -> Outcome:
        return failed("wrong", why="", expected="", observed="")

    finding = only_finding(judged(wrong, evidence=lose(bundle(healthy()), NODES[1], EntssoRegistry.topic, DENIED)))

    assert finding.status is Status.FAIL


def test_a_check_may_take_missing_for_an_answer() -> None:
    @rule(each=Target.NODE)
    def tolerant(secrets: MasterSecretIds | Missing) -> Outcome:
        return passed("seen" if isinstance(secrets, MasterSecretIds) else secrets.message)

    @rule()
    def patient(secrets: PerNode[MasterSecretIds | Missing]) -> Outcome:
        return passed(", ".join(type(each).__name__ for each in secrets.values()))

    evidence = lose(bundle(healthy()), NODES[1], MasterSecretIds.topic, DENIED)

    assert {finding.text for finding in judged(tolerant, evidence=evidence).findings} == {"seen", "access denied"}
    assert only_finding(judged(patient, evidence=evidence)).text == "MasterSecretIds, Missing"


def test_the_lacking_part_of_a_fact_is_not_verified() -> None:
    @rule(each=Target.NODE)
    def careless(secrets: MasterSecretIds) -> Outcome:
        return passed("no ids") if not secrets.names else passed("ids")

    evidence = bundle(healthy())
    for node in NODES:
        lacking = {"names": "the hive is locked"}
        parts = {"status": ReadStatus.PARTIAL, "data": {"is_present": True}, "lacking": lacking}
        evidence = rewrite(evidence, node, "master_secret_ids", **parts)

    for finding in judged(careless, evidence=evidence).findings:
        assert finding.status is Status.NOT_VERIFIED
        assert "the hive is locked" in finding.text


def test_a_required_check_that_did_not_pass_blocks_and_is_named() -> None:
    @rule(each=Target.NODE)
    def first(server: Server) -> Outcome:
        if server.name == NODES[0]:
            return passed("well")
        return failed(f"{server.name} is wrong", why="", expected="", observed="")

    @rule(each=Target.NODE, requires=("test.first",))
    def second(server: Server) -> Outcome:
        return passed("well")

    @rule(requires=("test.first",))
    def third(inventory: Inventory) -> Outcome:
        return passed("well")

    findings = {(each.check, each.target): each for each in judged(first, second, third).findings}

    assert findings["test.second", NODES[0]].status is Status.PASS, "the same target passed"
    blocked = findings["test.second", NODES[1]]
    assert (blocked.status, blocked.blocked_by) == (Status.NOT_VERIFIED, "test.first")
    assert "SSONODE2 is wrong" in blocked.text
    assert findings["test.third", "estate"].blocked_by == "test.first"


def test_what_requires_an_unknown_check_or_itself_is_not_verified() -> None:
    @rule(requires=("test.nobody",))
    def orphan(inventory: Inventory) -> Outcome:
        return passed("well")

    @rule(requires=("test.circle",))
    def circle(inventory: Inventory) -> Outcome:
        return passed("well")

    assert {finding.status for finding in judged(orphan, circle).findings} == {Status.NOT_VERIFIED}


def test_stage_and_cluster_role_make_a_check_not_applicable() -> None:
    @rule(stage=Stage.CLUSTERED)
    def late(inventory: Inventory) -> Outcome:
        return passed("well")

    @rule(cluster_roles={ClusterRole.MASTER})
    def masterly(inventory: Inventory) -> Outcome:
        return passed("well")

    inventory = healthy().inventory().model_copy(update={"stage": Stage.BUILT, "cluster_role": ClusterRole.MEMBER})
    result = judged(late, masterly, evidence=bundle(healthy(), inventory=inventory))

    assert {finding.status for finding in result.findings} == {Status.NOT_APPLICABLE}


def test_a_kind_of_server_that_the_inventory_does_not_name_is_not_applicable_and_listed() -> None:
    @rule()
    def about_biztalk(registry: PerBizTalkServer[EntssoRegistry]) -> Outcome:
        return passed("vacuously")

    @rule(each=Target.BIZTALK_SERVER)
    def on_biztalk(registry: EntssoRegistry) -> Outcome:
        return passed("vacuously")

    inventory = healthy().inventory()
    servers = tuple(server for server in inventory.servers if server.name not in BIZTALK)
    narrow = inventory.model_copy(update={"servers": servers})
    result = judged(about_biztalk, on_biztalk, evidence=bundle(healthy(), inventory=narrow))

    assert {finding.status for finding in result.findings} == {Status.NOT_APPLICABLE}
    assert result.not_covered == ("The inventory names no BizTalk servers.",)


def test_a_broken_plugin_keeps_the_verdict_from_ready() -> None:
    assert judged(fine).verdict is Verdict.READY
    assert judged(fine, problems=("acme.check: cannot be used",)).verdict is Verdict.INCOMPLETE


def test_no_check_at_all_is_no_readiness() -> None:
    assert judged().verdict is Verdict.INCOMPLETE


def test_a_narrowed_run_never_says_ready() -> None:
    @rule()
    def other(inventory: Inventory) -> Outcome:
        return failed("wrong", why="", expected="", observed="")

    result = judged(fine, other, only=("test.fine",))

    assert result.verdict is Verdict.PASSED
    assert result.narrowed is not None
    assert (result.narrowed.evaluated, result.narrowed.known) == (1, 2)
    assert judged(fine, other, skip=("test.other",)).verdict is Verdict.PASSED
    assert judged(fine, other, only=("test.other",)).verdict is Verdict.NOT_READY


def test_a_requirement_outside_a_narrowed_run_still_counts() -> None:
    @rule()
    def ground(inventory: Inventory) -> Outcome:
        return failed("wrong", why="", expected="", observed="")

    @rule(requires=("test.ground",))
    def above(inventory: Inventory) -> Outcome:
        return passed("well")

    result = judged(ground, above, only=("test.above",))

    assert only_finding(result).status is Status.NOT_VERIFIED


@pytest.mark.parametrize(
    ("severity", "verdict"), [(Severity.HIGH, Verdict.NOT_READY), (Severity.MEDIUM, Verdict.READY)]
)
def test_the_gate_of_the_profile_decides(severity: Severity, verdict: Verdict) -> None:
    @rule(severity=severity)
    def wrong(inventory: Inventory) -> Outcome:
        return failed("wrong", why="", expected="", observed="")

    assert judged(fine, wrong).verdict is verdict


def test_undecided_keeps_its_hint() -> None:
    @rule()
    def unsure(inventory: Inventory) -> Outcome:
        return not_verified("cannot tell", hint="look yourself")

    finding = only_finding(judged(unsure))

    assert finding.reasons[0].hint == "look yourself"


def test_every_fix_ends_with_the_proof() -> None:
    @rule()
    def wrong(inventory: Inventory) -> Outcome:
        step = Step("Mend it.", on=SQL, command=powershell("Repair {what}", what="it’s"))
        return failed("wrong", why="", expected="", observed="", fix=(step,))

    mend, proof = only_finding(judged(wrong)).fix

    assert mend.command is not None
    assert mend.command.text == "Repair 'it’’s'"
    assert proof.command is not None
    assert proof.command.text.endswith("--profile preflight --only test.wrong --out proof")


def test_a_check_that_ends_the_program_ends_nothing() -> None:
    @rule()
    def leaving(inventory: Inventory) -> Outcome:
        raise SystemExit(0)

    assert only_finding(judged(leaving)).status is Status.NOT_VERIFIED


def test_an_outcome_that_is_none_of_ours_ends_nothing() -> None:
    @rule()
    def wordless(inventory: Inventory) -> Outcome:
        return passed(None)  # type: ignore[arg-type]

    assert only_finding(judged(wordless)).status is Status.NOT_VERIFIED


def test_a_run_without_a_pass_is_not_ready() -> None:
    @rule()
    def irrelevant(inventory: Inventory) -> Outcome:
        return not_applicable("nothing of the kind")

    assert judged(irrelevant).verdict is Verdict.INCOMPLETE


def test_a_present_master_that_is_not_audited_is_named() -> None:
    @rule(each=Target.MASTER)
    def on_master(secrets: MasterSecretIds) -> Outcome:
        return passed("well")

    inventory = healthy().inventory().model_copy(update={"stage": Stage.BUILT, "present_master": "OLDMASTER"})
    finding = only_finding(judged(on_master, evidence=bundle(healthy(), inventory=inventory)))

    assert finding.status is Status.NOT_APPLICABLE
    assert finding.text == "OLDMASTER, the present master, is not among the servers of the inventory."


def test_what_holds_in_part_does_not_hide_a_fail_that_requires_it() -> None:
    @rule(each=Target.CLUSTER)
    def ground(cluster: ClusterView) -> Outcome:
        return passed("well")

    @rule(each=Target.CLUSTER, requires=("test.ground",))
    def above(cluster: ClusterView) -> Outcome:
        return failed("wrong", why="", expected="", observed="")

    evidence = lose(bundle(healthy()), NODES[1], ClusterView.topic, DENIED)
    statuses = {finding.check: finding.status for finding in judged(ground, above, evidence=evidence).findings}

    assert statuses == {"test.ground": Status.NOT_VERIFIED, "test.above": Status.FAIL}


class TestIdentity:
    def test_a_machine_that_was_read_by_a_32_bit_powershell_is_not_believed(self) -> None:
        estate = healthy()
        narrow = estate.machines[NODES[1]].facts[Env.topic].model_copy(update={"is_64_bit": False})
        finding = only_finding(judged(fine, evidence=bundle(estate.alter(NODES[1], narrow))))

        assert finding.status is Status.NOT_VERIFIED
        assert "SSONODE2 was read by a 32-bit PowerShell" in finding.text

    def test_a_machine_that_answers_under_another_name_is_not_believed(self) -> None:
        estate = healthy()
        other = estate.machines[NODES[1]].facts[Env.topic].model_copy(update={"computer_name": "SSONODE9"})
        result = judged(fine, evidence=bundle(estate.alter(NODES[1], other)))

        assert "a machine called SSONODE9 answered" in only_finding(result).text
        assert result.verdict is Verdict.INCOMPLETE
        assert [server.name for server in result.servers if not server.answered] == [NODES[1]]

    def test_a_machine_that_did_not_say_who_it_is_is_not_believed(self) -> None:
        result = judged(fine, evidence=lose(bundle(healthy()), NODES[1], Env.topic, DENIED))

        assert "did not say who it is" in only_finding(result).text

    def test_a_long_name_is_compared_as_netbios_cuts_it(self) -> None:
        estate = healthy()
        name = "INTEGRATIONNODE01"
        env = estate.machines[NODES[1]].facts[Env.topic].model_copy(update={"computer_name": name[:15]})
        machine = replace(estate.machines[NODES[1]].alter(env), name=name)
        machines = {(name if key == NODES[1] else key): each for key, each in estate.machines.items()}
        machines[name] = machine

        assert judged(fine, evidence=bundle(replace(estate, machines=machines))).verdict is Verdict.READY

    def test_a_server_known_by_its_address_may_be_called_anything(self) -> None:
        estate = healthy()
        machines = dict(estate.machines)
        machines["10.20.4.11"] = replace(machines.pop(NODES[1]), name="10.20.4.11")

        assert judged(fine, evidence=bundle(replace(estate, machines=machines))).verdict is Verdict.READY


@rule(each=Target.CLUSTER)
def owner(cluster: ClusterView) -> Outcome:
    return passed(f"{cluster.name} {cluster.entsso_group.owner}")


@pytest.mark.parametrize("name", ["INTEGRATIONNODE01", "10.20.4.11"])
def test_a_possible_owner_is_a_master_however_the_inventory_calls_it(name: str) -> None:
    estate = healthy()
    cut = name[:15] if name[0].isalpha() else NODES[1]
    view = estate.machines[NODES[0]].facts[ClusterView.topic]
    assert isinstance(view, ClusterView)
    owners = tuple(
        owner.model_copy(update={"node": cut if owner.node == NODES[1] else owner.node})
        for owner in view.possible_owners
    )
    estate = estate.alter_cluster(lambda each: each.model_copy(update={"possible_owners": owners}))
    env = estate.machines[NODES[1]].facts[Env.topic].model_copy(update={"computer_name": cut})
    machine = replace(estate.machines[NODES[1]].alter(env), name=name)
    estate = replace(estate, machines={**{k: v for k, v in estate.machines.items() if k != NODES[1]}, name: machine})

    @rule(each=Target.MASTER)
    def on_master(secrets: MasterSecretIds) -> Outcome:
        return passed("seen")

    targets = {finding.target for finding in judged(on_master, evidence=bundle(estate)).findings}

    assert targets == {NODES[0], name}


class TestClusterViews:
    def test_one_view_is_asked_once(self) -> None:
        assert only_finding(judged(owner)).target == "cluster"

    def test_momentary_states_are_the_owners(self) -> None:
        estate = healthy()
        view = estate.machines[NODES[0]].facts[ClusterView.topic]
        assert isinstance(view, ClusterView)
        role, *others = view.groups
        moved = role.model_copy(update={"state": GroupState.PENDING})
        moving = view.model_copy(update={"groups": (moved, *others)})
        estate = estate.alter(NODES[0], moving)

        @rule(each=Target.CLUSTER)
        def state(cluster: ClusterView) -> Outcome:
            return passed(str(int(cluster.entsso_group.state)))

        assert only_finding(judged(state, evidence=bundle(estate))).text == "4"

    def test_the_owner_is_found_by_the_name_that_the_cluster_cuts(self) -> None:
        estate, long = healthy(), "INTEGRATIONNODE01"
        view = estate.machines[NODES[0]].facts[ClusterView.topic]
        assert isinstance(view, ClusterView)
        still = view.model_copy(update={"groups": (view.groups[0].model_copy(update={"owner": long[:15]}),)})
        moving = still.model_copy(
            update={"groups": (still.groups[0].model_copy(update={"state": GroupState.PENDING}),)}
        )
        env = estate.machines[NODES[1]].facts[Env.topic].model_copy(update={"computer_name": long[:15]})
        machine = replace(estate.machines[NODES[1]].alter(env).alter(moving), name=long)
        others = {key: each for key, each in estate.alter(NODES[0], still).machines.items() if key != NODES[1]}

        @rule(each=Target.CLUSTER)
        def state(cluster: ClusterView) -> Outcome:
            return passed(cluster.entsso_group.state.name)

        evidence = bundle(replace(estate, machines={**others, long: machine}))
        assert only_finding(judged(state, evidence=evidence)).text == "PENDING"

    def test_each_distinct_view_is_asked(self) -> None:
        estate = healthy()
        view = estate.machines[NODES[1]].facts[ClusterView.topic]
        estate = estate.alter(NODES[1], view.model_copy(update={"name": "OTHER"}))

        texts = {finding.target: finding.text for finding in judged(owner, evidence=bundle(estate)).findings}

        assert texts == {
            "cluster as SSONODE1 sees it": "SSOCLU01 SSONODE1",
            "cluster as SSONODE2 sees it": "OTHER SSONODE1",
        }

    @pytest.mark.parametrize("reason", [DENIED, DENIED.model_copy(update={"status": ReadStatus.ABSENT})])
    def test_a_node_that_does_not_tell_how_it_sees_the_cluster_keeps_it_from_passing(self, reason: Missing) -> None:
        finding = only_finding(judged(owner, evidence=lose(bundle(healthy()), NODES[1], ClusterView.topic, reason)))

        assert finding.status is Status.NOT_VERIFIED
        assert finding.text == "Holds on SSONODE1; not read: SSONODE2: access denied"

    def test_without_any_view_each_node_says_why(self) -> None:
        evidence = bundle(healthy())
        for node in NODES:
            evidence = lose(evidence, node, ClusterView.topic, DENIED)

        finding = only_finding(judged(owner, evidence=evidence))

        assert finding.status is Status.NOT_VERIFIED
        assert [reason.server for reason in finding.reasons] == list(NODES)


def test_older_evidence_lacks_a_field_and_says_so() -> None:
    services = healthy().machines[NODES[0]].facts[Services.topic].model_dump(mode="json")
    old = [{key: value for key, value in service.items() if key != "depends_on"} for service in services["services"]]

    @rule(each=Target.NODE)
    def asks(services: Services) -> Outcome:
        return passed("well")

    result = judged(asks, evidence=rewrite(bundle(healthy()), NODES[0], Services.topic, data={"services": old}))
    finding = next(each for each in result.findings if each.target == NODES[0])

    assert finding.status is Status.NOT_VERIFIED
    assert "older than this check" in finding.text


class TestTime:
    def test_the_result_is_as_of_the_end_of_the_evidence(self) -> None:
        evidence = bundle(healthy())

        assert judged(fine).as_of == evidence.run.finished
        assert (judged(fine).expires - evidence.run.finished).total_seconds() == 24 * 3600

    def test_or_as_of_a_given_time(self) -> None:
        given = datetime(2027, 1, 1, tzinfo=timezone.utc)

        assert judged(fine, as_of=given).as_of == given


class TestFile:
    def test_what_was_saved_gives_the_same_result(self, tmp_path: Path) -> None:
        evidence = bundle(healthy())
        path = tmp_path / "evidence.json"
        path.write_bytes(record.dump(evidence))
        loaded, digest = evidence_file.load(path)

        assert loaded == evidence
        one = evaluate(evidence, find_checks(), Profile.PREFLIGHT, sha256=digest)
        other = evaluate(loaded, find_checks(), Profile.PREFLIGHT, sha256=digest)
        assert record.dump(one) == record.dump(other)

    @pytest.mark.parametrize(
        "change",
        [
            lambda servers: (*servers, servers[0]),
            lambda servers: (servers[0].model_copy(update={"name": "STRANGER"}), *servers[1:]),
        ],
        ids=["twice", "stranger"],
    )
    def test_a_server_stands_in_the_evidence_once_and_is_the_inventorys(self, tmp_path: Path, change: Any) -> None:
        evidence = bundle(healthy())
        forged = evidence.model_copy(update={"servers": change(evidence.servers)})

        with pytest.raises(DocumentError, match="every server of the evidence"):
            evidence_file.parse(record.dump(forged), tmp_path / "e.json")

    @pytest.mark.parametrize("update", [{"status": ReadStatus.PARTIAL}, {"lacking": {"names": "denied"}}])
    def test_a_reading_in_part_says_what_it_lacks(self, tmp_path: Path, update: dict[str, Any]) -> None:
        forged = rewrite(bundle(healthy()), NODES[0], MasterSecretIds.topic, **update)

        with pytest.raises(DocumentError):
            evidence_file.parse(record.dump(forged), tmp_path / "e.json")

    @pytest.mark.parametrize(
        "update",
        [
            {"verdict": Verdict.PASSED},
            {"verdict": Verdict.INCOMPLETE},
            {"problems": ("acme: cannot be used",)},
            {"servers": ()},
            {"ssodb": None},
            {"management": None},
            {"findings": ()},
        ],
        ids=lambda update: next(iter(update)),
    )
    def test_a_result_whose_verdict_is_not_what_it_says_is_refused(
        self, tmp_path: Path, update: dict[str, Any]
    ) -> None:
        path = tmp_path / "result.json"
        path.write_bytes(record.dump(judged(fine).model_copy(update=update)))

        with pytest.raises(DocumentError):
            result_file.load(path)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "no JSON"),
            (b'{\n "schema_version": 1,\n oops', ":3:2: "),
            (b"[]", "no evidence bundle"),
            (b'{"schema_version": 99}', "schema version 99"),
            (b'{"schema_version": 1}', "not whole: run"),
            (b'"\xff"', "no evidence bundle"),
            (b"[" * 100_000, "no evidence bundle"),
        ],
        ids=["empty", "syntax", "list", "version", "parts", "bytes", "depth"],
    )
    def test_what_is_no_evidence_is_said_in_one_sentence(self, tmp_path: Path, data: bytes, message: str) -> None:
        path = tmp_path / "evidence.json"
        path.write_bytes(data)

        with pytest.raises(DocumentError) as caught:
            evidence_file.load(path)

        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


@rule(Target.MANAGEMENT_DATABASE)
def named(group: BizTalkGroup) -> Outcome:
    return passed(group.rows[0].SSOServerName)


@rule(Target.DATABASE)
def used(group: BizTalkGroup) -> Outcome:
    return passed(group.rows[0].SSOServerName)


@rule(Target.MANAGEMENT_DATABASE)
def asked(inventory: Inventory) -> Outcome:
    return passed(inventory.name)


@rule(Target.DATABASE)
def placed(boxes: PerMessageBox[SqlServer]) -> Outcome:
    return passed(", ".join(f"{name}: {fact.rows[0].physical_node}" for name, fact in boxes.items()))


@rule(Target.DATABASE)
def saved(backups: SsodbBackups) -> Outcome:
    return passed(backups.rows[0].type or "")


class TestDatabases:
    def test_their_facts_are_supplied(self) -> None:
        result = judged(named, placed, saved)
        said = {finding.check: (finding.target, finding.text) for finding in result.findings}

        assert said == {
            "test.named": ("BizTalkMgmtDb", "SSOMSS"),
            "test.placed": ("SSODB", "BizTalkMsgBoxDb on SQLSSO01: SQLNODE1"),
            "test.saved": ("SSODB", "D"),
        }
        assert result.verdict is Verdict.READY

    def test_without_biztalk_there_is_nothing_to_ask(self) -> None:
        estate = healthy()
        inventory = estate.inventory()
        servers = tuple(server for server in inventory.servers if server.name not in BIZTALK)
        inventory = inventory.model_copy(update={"biztalk": None, "servers": servers})
        result = judged(fine, named, used, asked, placed, evidence=bundle(estate, inventory=inventory))

        assert {finding.check: finding.status for finding in result.findings} == {
            "test.fine": Status.PASS,
            "test.named": Status.NOT_APPLICABLE,
            "test.used": Status.NOT_APPLICABLE,
            "test.asked": Status.NOT_APPLICABLE,
            "test.placed": Status.NOT_APPLICABLE,
        }
        assert result.not_covered == ("The inventory names no BizTalk management database.",)
        assert (result.management, result.message_boxes, result.verdict) == (None, (), Verdict.READY)

    @pytest.mark.parametrize(
        ("place", "check"),
        [
            (("BizTalkMgmtDb", BizTalkGroup.topic), named),
            (("BizTalkMgmtDb", MessageBoxes.topic), placed),
            (("BizTalkMsgBoxDb", SqlServer.topic), placed),
            (("SSODB", SsodbBackups.topic), saved),
        ],
    )
    def test_what_was_denied_is_not_verified(self, place: tuple[str, str], check: Check[Any]) -> None:
        finding = only_finding(judged(check, evidence=bundle(healthy(), without=(place,))))

        assert (finding.status, finding.reasons[0].topic) == (Status.NOT_VERIFIED, place[1])

    @pytest.mark.parametrize(
        ("place", "named"),
        [
            (("SSODB", SsodbBackups.topic), "SSODB"),
            (("BizTalkMgmtDb", BizTalkGroup.topic), "BizTalkMgmtDb"),
            (("BizTalkMsgBoxDb", SqlServer.topic), "BizTalkMsgBoxDb on SQLSSO01"),
        ],
    )
    def test_a_database_that_was_not_read_in_full_is_not_ready(self, place: tuple[str, str], named: str) -> None:
        result = judged(fine, evidence=bundle(healthy(), without=(place,)))

        assert result.verdict is Verdict.INCOMPLETE
        assert f"Not read in full: {named}." in result.subline

    @pytest.mark.parametrize("update", [{"management": None}, {"message_boxes": ()}, {"ssodb": None}])
    def test_a_database_that_the_evidence_lacks_is_not_ready(self, update: dict[str, Any]) -> None:
        result = judged(fine, named, placed, evidence=bundle(healthy()).model_copy(update=update))

        assert result.verdict is Verdict.INCOMPLETE

    def test_a_group_without_a_message_box_is_not_verified(self) -> None:
        estate = healthy().alter_database(MessageBoxes(rows=()))
        finding = only_finding(judged(placed, evidence=bundle(estate)))

        assert (finding.status, finding.reasons[0].code) == (Status.NOT_VERIFIED, "no-message-box")

    def test_a_message_box_that_is_not_in_the_evidence_is_told_beside_the_others(self) -> None:
        boxes = healthy().management[MessageBoxes.topic]
        assert isinstance(boxes, MessageBoxes)
        other = boxes.rows[0].model_copy(update={"Id": 2, "DBName": "Box2"})
        estate = healthy().alter_database(MessageBoxes(rows=(*boxes.rows, other)))
        finding = only_finding(judged(placed, evidence=bundle(estate)))

        assert finding.status is Status.NOT_VERIFIED
        assert finding.text.startswith("Holds on BizTalkMsgBoxDb on SQLSSO01; not read: Box2 on SQLSSO01: ")

    def test_a_message_box_that_is_not_in_the_evidence_is_told_by_name(self) -> None:
        evidence = bundle(healthy()).model_copy(update={"message_boxes": ()})
        result = judged(fine, evidence=evidence)

        assert "Not read in full: BizTalkMsgBoxDb on SQLSSO01." in result.subline
        (box,) = result.message_boxes
        assert [topic.status for topic in box.topics] == ["not_collected"]

    def test_message_boxes_whose_names_read_alike_are_kept_apart(self) -> None:
        boxes = healthy().management[MessageBoxes.topic]
        assert isinstance(boxes, MessageBoxes)
        places = (("X", "A on B"), ("B on X", "A"), ("X", "A on B"))
        rows = tuple(
            boxes.rows[0].model_copy(update={"Id": number, "DBServerName": server, "DBName": name})
            for number, (server, name) in enumerate(places)
        )
        result = judged(fine, evidence=bundle(healthy().alter_database(MessageBoxes(rows=rows))))

        assert [(box.server, box.database) for box in result.message_boxes] == list(places[:2])
        finding = only_finding(judged(placed, evidence=bundle(healthy().alter_database(MessageBoxes(rows=rows)))))
        assert (finding.status, len(finding.reasons)) == (Status.NOT_VERIFIED, 2)


@rule(each=Target.SERVER)
def reaches(mapper: EndpointMapper) -> Outcome:
    """A check of a topic that takes an option to be asked about."""
    return passed("reached") if mapper.connections else failed("nothing", why="w", expected="e", observed="o", fix=())


@rule()
def all_reach(mappers: PerServer[EndpointMapper]) -> Outcome:
    """The same of all servers."""
    return passed(f"{len(mappers)} reached")


@rule(requires=("test.never_passes",))
def reaches_afterwards(mappers: PerServer[EndpointMapper]) -> Outcome:
    """The same, with a requirement that does not pass."""
    return passed(f"{len(mappers)} reached")


@rule()
def does_without(mappers: PerServer[EndpointMapper | Missing]) -> Outcome:
    """The same, where the topic may be missing."""
    return passed(f"{len(mappers)} asked")


@rule()
def never_passes() -> Outcome:
    """A requirement."""
    return not_verified("never", hint="")


def opted_out() -> Evidence:
    """The evidence of a collection in which no option was given."""
    evidence, gone = bundle(healthy()), {topic.topic for topic in OPT_IN_TOPICS}
    servers = tuple(
        server.model_copy(
            update={"topics": {topic: reading for topic, reading in server.topics.items() if topic not in gone}}
        )
        for server in evidence.servers
    )
    asked = tuple(topic for topic in evidence.asked if topic not in gone)
    return evidence.model_copy(update={"asked": asked, "servers": servers})


@pytest.mark.parametrize("asking", [reaches, all_reach, reaches_afterwards])
def test_a_check_that_nobody_opted_in_to_is_out_of_scope(asking: Check[Any]) -> None:
    result = judged(asking, never_passes, evidence=opted_out())
    found = [finding for finding in result.findings if finding.check != "test.never_passes"]
    assert {finding.status for finding in found} == {Status.NOT_APPLICABLE}
    assert all("endpoint_mapper" in finding.text for finding in found)


def test_one_that_was_opted_in_to_is_not_verified_where_nobody_answered() -> None:
    gone = {(server.name, EndpointMapper.topic) for server in bundle(healthy()).servers}
    result = judged(reaches, all_reach, evidence=bundle(healthy(), without=gone))
    assert {finding.status for finding in result.findings} == {Status.NOT_VERIFIED}


def test_one_that_does_without_the_topic_is_asked() -> None:
    assert only_finding(judged(does_without, evidence=opted_out())).status is Status.PASS
