import pytest
from bundles import bundle, judge
from faults import FAULTS, HARMLESS, Change, Fault

from ssoaudit.lab.estate import LabEstate, healthy
from ssoaudit.registry import find_checks
from ssoaudit.result import Finding
from ssoaudit.vocabulary import Profile, Status, Verdict


def findings(estate: LabEstate) -> dict[tuple[str, str], Finding]:
    """What all profiles together say: a check says the same in each that it is in."""
    evidence = bundle(estate)
    return {
        (finding.check, finding.target): finding for profile in Profile for finding in judge(evidence, profile).findings
    }


def outcomes(estate: LabEstate) -> dict[tuple[str, str], Change]:
    return {
        (check, target): (check, target, finding.status.value, finding.severity.value)
        for (check, target), finding in findings(estate).items()
    }


@pytest.mark.parametrize("profile", Profile)
def test_the_healthy_estate_passes_every_check(profile: Profile) -> None:
    result = judge(bundle(healthy()), profile)

    assert {finding.status for finding in result.findings} == {Status.PASS}
    assert result.verdict is Verdict.READY


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_one_fault_changes_exactly_the_right_findings(fault: Fault) -> None:
    sound, faulty = outcomes(healthy()), outcomes(fault.alter(healthy()))

    assert faulty.keys() == sound.keys()
    assert {change for key, change in faulty.items() if change != sound[key]} == set(fault.changes)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_text_names_what_is_wrong(fault: Fault) -> None:
    check, target, _, _ = fault.changes[0]
    text = findings(fault.alter(healthy()))[check, target].text

    assert [word for word in fault.says if word not in text] == []


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: fault.name)
def test_what_is_no_fault_changes_nothing(fault: Fault) -> None:
    assert outcomes(fault.alter(healthy())) == outcomes(healthy())


def test_every_check_has_a_fault_that_it_fails() -> None:
    failed = {change[0] for fault in FAULTS for change in fault.changes if change[2] == "fail"}

    assert failed == {registered.id for registered in find_checks().checks}
