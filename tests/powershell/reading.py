"""Machines of the lab, read by the real readers: what comes back must be the facts that they were told from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff

from pydantic import ValidationError

from ssoaudit.collect.frames import Frame, Transcript, read_transcript
from ssoaudit.evidence import ReadStatus
from ssoaudit.facts import (
    TOPICS,
    ClusterMoves,
    ClusterSettings,
    ClusterView,
    EndpointMapper,
    EntssoRegistry,
    Env,
    Fact,
    LogonRights,
    SelfTest,
)
from ssoaudit.lab.estate import NODES, Machine, healthy
from tests.powershell.assembled import with_stand_ins
from tests.powershell.bench import Bench, Outcome
from tests.powershell.machine import tell_self_test, windows
from tests.powershell.process import Ran
from tests.powershell.shapes import shapes
from tests.powershell.shown import parameters, shown
from tests.powershell.troubles import Trouble, troubles
from tests.powershell.windows import ENTSSO, Windows

MAY_BE_ABSENT = (EntssoRegistry, ClusterView, ClusterSettings, ClusterMoves)
"""The topics that a reader calls absent; of the others a machine of the lab without the fact is not asked."""
LONGEST_DIFF = 40
PADDING = "x" * 200_000
NAMES = (("SQL", "SSOSS"), ("ProductName", "ProductVersion", "InstallPath"))
"""The keys and values below ENTSSO's own key on a node of the lab."""

ANSWERS = {
    "Get-Sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "Get-TextOrNull": "abc",
    "Get-Text": "7",
    "Get-Number": "4294967295",
    "Get-Bounded": "5",
    "Get-ShortText": "1024",
    "Get-Flag": "True",
    "ConvertTo-Failure": "absent",
    "ConvertTo-Capped": "list",
    "Get-RegistryNumber": "2849",
    "Get-PartNumber": "2849",
    "Get-FileVersion": "10",
    "Get-HostName": "SSONODE1",
    "Get-MachineSid": "S-1-5-21-100000001-100000002-100000003",
    "Get-AccountKind": "5",
    "Get-TokenSids": "2",
}
"""What the trials answer whose answer is known."""

OF_THE_COMPILER = frozenset({"Initialize-Lsa", "Get-AccountKind", "Get-RightHolders"})
SELF_TESTS: Mapping[str, tuple[Mapping[str, object], frozenset[str]]] = {
    "everything works": ({}, frozenset()),
    "without the compiler": ({"compile": False}, OF_THE_COMPILER),
    "without the logons": ({"s4u": False}, frozenset({"Get-TokenSids"})),
}


def outcomes(bench: Bench) -> Iterator[Outcome]:
    """Each topic of each machine, and each trouble of a topic."""
    for name, machine in shapes():
        yield from read_machine(bench, name, shown(machine))
    node = shown(healthy().machines[NODES[0]])
    for trouble in troubles():
        yield Outcome(f"{trouble.topic.topic}: {trouble.name}", read_trouble(bench, node, trouble))
    for name, (asked, left_out) in SELF_TESTS.items():
        yield Outcome(f"self_test: {name}", read_self_test(bench, node, asked, left_out))


def read_machine(bench: Bench, name: str, machine: Machine) -> Iterator[Outcome]:
    """Ask a machine about everything that it has, in one conversation."""
    topics = topics_of(machine)
    rights = machine.facts.get(LogonRights.topic)
    exports = isinstance(rights, LogonRights) and rights.method == "secedit"
    ran = _ask(bench, windows(machine), topics, {**parameters(machine), "allow_temp_files": exports})
    transcript = read_transcript(ran.stdout)
    for topic in topics:
        yield Outcome(f"{name}: {topic.topic}", difference(machine.facts.get(topic.topic), topic, transcript, ran))
    yield Outcome(f"{name}: the end", "" if transcript.ended else f"expected SSOAUDIT/1 END\ngot {ran}")


def topics_of(machine: Machine) -> list[type[Fact]]:
    """The topics that a machine of the lab can be asked about."""
    return [topic for topic in TOPICS if topic.topic in machine.facts or topic in MAY_BE_ABSENT]


def read_trouble(bench: Bench, machine: Machine, trouble: Trouble) -> str:
    """Ask a machine about one topic that is in trouble."""
    told = windows(machine)
    trouble.change(told)
    ran = _ask(bench, told, [trouble.topic], {**parameters(machine), **trouble.asked})
    frame = read_transcript(ran.stdout).frames.get(trouble.topic.topic)
    expected = f"expected {trouble.status} {trouble.code} {' '.join(sorted(trouble.lacking))}".rstrip()
    if frame is None:
        return f"{expected}\ngot {ran}"
    lacking = frame.data.get("lacking", {})
    as_expected = frame.status.value == trouble.status and frozenset(lacking) == trouble.lacking
    if not as_expected or (trouble.code and frame.data.get("code") != trouble.code):
        return f"{expected}\ngot {_told(frame)}"
    return _misfit(trouble.topic, frame)


def read_self_test(bench: Bench, machine: Machine, asked: Mapping[str, object], left_out: frozenset[str]) -> str:
    """Let the collector try itself on a machine where every function has an answer; some may be left out."""
    told = windows(machine)
    tell_self_test(told)
    ran = _ask(bench, told, [SelfTest], {**parameters(machine), "padding": PADDING, **asked})
    frame = read_transcript(ran.stdout).frames.get(SelfTest.topic)
    if frame is None:
        return f"expected an answer\ngot {ran}"
    if frame.status is not ReadStatus.OK:
        return f"expected ok\ngot {_told(frame)}"
    try:
        got = SelfTest.read(frame.data)
    except ValidationError:
        return _misfit(SelfTest, frame)
    failed = {trial.name for trial in got.trials if not trial.works}
    answers = {trial.name: trial.answer for trial in got.trials}
    below = {each.key: (each.keys, each.values) for each in got.names_below}
    known = {name: answer for name, answer in ANSWERS.items() if name not in left_out}
    wrong = {name: answers.get(name) for name, answer in known.items() if answers.get(name) != answer}
    if failed != left_out or wrong or got.padding != len(PADDING) or below.get(ENTSSO) != NAMES:
        expected = f"{sorted(left_out)} to fail, {known}, {len(PADDING)} characters, {NAMES} below {ENTSSO}"
        return f"expected {expected}\ngot {sorted(failed)} failed, {wrong}; {_told(frame)}"
    return ""


def _ask(bench: Bench, told: Windows, topics: Sequence[type[Fact]], asked: Mapping[str, object]) -> Ran:
    names = [topic.topic for topic in topics]
    return bench.run_script(with_stand_ins(), {**asked, "topics": names, "primitives": told.primitives()})


def difference(expected: Fact | None, topic: type[Fact], transcript: Transcript, ran: Ran) -> str:
    """How an answer differs from a machine's fact, or from none where it has none; nothing where it does not."""
    frame = transcript.frames.get(topic.topic)
    if frame is None:
        return f"expected an answer\ngot {ran}"
    if expected is None:
        return "" if frame.status is ReadStatus.ABSENT else f"expected absent\ngot {_told(frame)}"
    if frame.status is not ReadStatus.OK:
        return f"expected ok\ngot {_told(frame)}"
    try:
        got = topic.read(frame.data)
    except ValidationError:
        return _misfit(topic, frame)
    wanted = _as_here(expected, got)
    if got == wanted:
        return ""
    lines = unified_diff(_lines(wanted), _lines(got), "expected", "got", lineterm="", n=2)
    return "\n".join(list(lines)[:LONGEST_DIFF])


def _as_here(expected: Fact, got: Fact) -> Fact:
    """The expected fact, with what depends on the PowerShell and on how long it took."""
    if isinstance(expected, Env) and isinstance(got, Env):
        return expected.model_copy(
            update={
                "powershell_version": got.powershell_version,
                "culture": got.culture,
                "is_64_bit": got.is_64_bit,
            }
        )
    if isinstance(expected, EndpointMapper) and isinstance(got, EndpointMapper):
        took = {each.name: each.milliseconds for each in got.connections}
        connections = tuple(
            each.model_copy(update={"milliseconds": took.get(each.name, each.milliseconds)})
            for each in expected.connections
        )
        return expected.model_copy(update={"connections": connections})
    return expected


def _misfit(topic: type[Fact], frame: Frame) -> str:
    """Why an answer is not what the topic's model says; nothing where it is, or where there is no answer."""
    if frame.status not in {ReadStatus.OK, ReadStatus.PARTIAL}:
        return ""
    data = {name: value for name, value in frame.data.items() if name != "lacking"}
    try:
        topic.read(data, frame.data.get("lacking"))
    except ValidationError as error:
        return f"expected an answer that is a {topic.__name__}\ngot {_told(frame)}\n{error}"
    return ""


def _told(frame: Frame) -> str:
    return f"{frame.status.value} {json.dumps(frame.data)[:2000]}"


def _lines(fact: Fact) -> list[str]:
    return json.dumps(fact.model_dump(mode="json"), indent=1).splitlines()
