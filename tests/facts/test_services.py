import base64
import re
import struct
from datetime import datetime, timezone
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ssoaudit.facts import Lacking, Process, Service, Services
from ssoaudit.lab.estate import BIZTALK, NODES, SQL, healthy

STARTED = datetime(2026, 11, 11, 4, 40, tzinfo=timezone.utc)


def services(machine: str) -> Services:
    found = healthy().machines[machine].facts[Services.topic]
    assert isinstance(found, Services)
    return found


def entsso(**update: object) -> Service:
    found = services(NODES[0]).entsso
    assert found is not None
    return found.model_copy(update=update)


def failure_actions(*actions: tuple[int, int], count: int | None = None) -> str:
    """The registry's value for actions of a kind after a delay (ms), reset after a day."""
    header = struct.pack("<5I", 86400, 0, 0, len(actions) if count is None else count, 20)
    return base64.b64encode(header + b"".join(struct.pack("<2I", *action) for action in actions)).decode("ascii")


@pytest.mark.parametrize(
    ("value", "actions"),
    [
        (None, ()),
        (failure_actions(), ()),
        (failure_actions((1, 60000)), (1,)),
        (failure_actions((1, 0), (1, 0), (0, 0)), (1, 1, 0)),
        (failure_actions((3, 0), (2, 0)), (3, 2)),
        (failure_actions((1, 0), (2, 0), count=1), (1,)),
        (failure_actions((1, 0), count=2), None),
        (failure_actions(count=4294967295), None),
        ("", None),
        ("AAAA", None),
    ],
)
def test_what_happens_when_the_service_fails(value: str | None, actions: tuple[int, ...] | None) -> None:
    assert entsso(failure_actions=value).recovery_actions == actions


@given(st.binary(max_size=1024))
def test_any_value_has_actions_or_none_that_are_known(value: bytes) -> None:
    actions = entsso(failure_actions=base64.b64encode(value).decode("ascii")).recovery_actions
    assert actions is None or len(actions) <= len(value) // 8


def test_the_value_may_be_as_long_as_the_reader_sends_it() -> None:
    prologue = files("ssoaudit.collect").joinpath("prologue.ps1").read_text(encoding="ascii")
    assert re.findall(r"uValue \| .+ \| Select-Object -First (\d+)\)", prologue) == ["1024"]
    data = services(NODES[0]).model_dump(mode="json")
    data["services"][0]["failure_actions"] = base64.b64encode(bytes(1024)).decode("ascii")
    assert Services.read(data).services[0].recovery_actions == ()
    data["services"][0]["failure_actions"] = base64.b64encode(bytes(1027)).decode("ascii")
    with pytest.raises(ValidationError):
        Services.read(data)


def test_a_service_started_when_its_process_did() -> None:
    processes = (Process(id=0, started=STARTED), Process(id=7, started=STARTED), Process(id=8, started=None))
    known = Services(services=(), processes=processes, own_accounts=())
    assert known.started(entsso(process_id=7)) == STARTED
    assert known.started(entsso(process_id=8)) is None
    assert known.started(entsso(process_id=9)) is None
    assert known.started(entsso(process_id=0)) is None


def test_start_times_that_could_not_be_read_are_lacking() -> None:
    data = services(NODES[0]).model_dump(mode="json", exclude={"processes"})
    known = Services.read(data, {"processes": "denied"})
    assert known.entsso is not None
    with pytest.raises(Lacking, match="services: processes: denied"):
        known.started(known.entsso)


def test_a_service_may_not_depend_on_any_number_of_others() -> None:
    data = services(NODES[0]).model_dump(mode="json")
    data["services"][0]["depends_on"] = ["RpcSs"] * 65
    with pytest.raises(ValidationError):
        Services.read(data)


@pytest.mark.parametrize("machine", [*NODES, *BIZTALK, SQL])
def test_in_the_lab_what_runs_has_a_process_and_nothing_else_does(machine: str) -> None:
    known = services(machine)
    for service in known.services:
        assert (known.started(service) is not None) is (service.state == "Running")
    assert {process.id for process in known.processes} == {service.process_id for service in known.services} - {0}
