"""The stand-alone script, run as a file: what it writes, and when it writes nothing."""

import base64
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ssoaudit.collect import facts_file
from ssoaudit.collect.facts_file import FactsFile, RefusedFileError
from ssoaudit.collect.script import script
from ssoaudit.collect.standalone import standalone
from ssoaudit.lab.estate import NODES, Machine, healthy
from tests.powershell.assembled import with_stand_ins
from tests.powershell.bench import Bench, Outcome
from tests.powershell.machine import windows
from tests.powershell.process import Ran
from tests.powershell.reading import difference, topics_of
from tests.powershell.shown import parameters, shown

FILE = ("-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File")
NAME = "Collect-SsoFacts.ps1"
CALL = "& $NodeScript $Parameters"
FIRST_LINE = "\r\n$mode = "
END = "# ssoaudit node script: end"
RESTRICT = "\r\n$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'"


def outcomes(bench: Bench) -> Iterator[Outcome]:
    """A first run, a second that finds the file of the first, one that may replace it, and one that is restricted."""
    machine = shown(healthy().machines[NODES[0]])
    text = with_machine(machine)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        file = here / f"{machine.name}{facts_file.SUFFIX}"
        ran = _run(bench, here, text.replace(FIRST_LINE, RESTRICT + FIRST_LINE))
        yield Outcome("stand-alone: a constrained language mode", _refusal(ran, "ConstrainedLanguage", None, file))
        ran = _run(bench, here, text.replace(END, f"throw 'on purpose'\r\n{END}"))
        yield Outcome("stand-alone: a node script that throws", _refusal(ran, "on purpose", None, file))
        ran = _run(bench, here, text)
        yield from _read(machine, ran, file)
        written = file.read_bytes() if file.exists() else b""
        ran = _run(bench, here, text)
        yield Outcome("stand-alone: a second run", _refusal(ran, "is there already", written, file))
        ran = _run(bench, here, text, "-Force")
        yield Outcome("stand-alone: a run that may replace the file", _replacement(ran, written, file))


def with_machine(machine: Machine) -> str:
    """The stand-alone script with the stand-ins in it, as on that machine; the file that it writes tells of neither."""
    asked: Mapping[str, object] = {**parameters(machine), "topics": [topic.topic for topic in topics_of(machine)]}
    fed = json.dumps({**asked, "primitives": windows(machine).primitives()}).encode("ascii")
    text = standalone(asked).decode("ascii")
    for part, instead in {
        script().replace("\n", "\r\n"): with_stand_ins().replace("\n", "\r\n"),
        CALL: f"& $NodeScript '{base64.b64encode(fed).decode('ascii')}'",
        FIRST_LINE: f"\r\n$env:COMPUTERNAME = '{machine.name}'{FIRST_LINE}",
    }.items():
        if text.count(part) != 1:
            raise ValueError(f"the stand-alone script has not one place for {instead[:40]!r}")
        text = text.replace(part, instead)
    return text


def _run(bench: Bench, folder: Path, text: str, *switches: str) -> Ran:
    path = folder / NAME
    path.write_bytes(text.encode("ascii"))
    return bench.run(b"", (*FILE, str(path), *switches), folder=folder)


def _refusal(ran: Ran, says: str, kept: bytes | None, file: Path) -> str:
    """What is wrong where the script should say why it does not run, and leave the file as it is."""
    found = file.read_bytes() if file.exists() else None
    left = {path.name for path in file.parent.iterdir()} - {NAME, file.name}
    if ran.exit_code == 1 and says.encode() in ran.stdout + ran.stderr and found == kept and not left:
        return ""
    return f"expected exit code 1, {says!r}, and no other file\ngot {sorted(left)}; {ran}"


def _replacement(ran: Ran, old: bytes, file: Path) -> str:
    """What is wrong where the script should put another file in the place of the old one, and leave nothing else."""
    left = sorted(path.name for path in file.parent.iterdir())
    if ran.exit_code == 0 and left == sorted((NAME, file.name)) and file.read_bytes() != old:
        return ""
    return f"expected exit code 0, another {file.name} and nothing beside it\ngot {left}; {ran}"


def _read(machine: Machine, ran: Ran, file: Path) -> Iterator[Outcome]:
    found = _facts(ran, file)
    if isinstance(found, str):
        yield Outcome("stand-alone: a first run", found)
        return
    named = found.computer == machine.name
    yield Outcome("stand-alone: a first run", "" if named else f"expected {machine.name}\ngot {found.computer}")
    for topic in topics_of(machine):
        problem = difference(machine.facts.get(topic.topic), topic, found.transcript, ran)
        yield Outcome(f"stand-alone: {topic.topic}", problem)


def _facts(ran: Ran, file: Path) -> FactsFile | str:
    expected = f"expected exit code 0 and {file.name}"
    if ran.exit_code != 0 or not file.exists():
        return f"{expected}\ngot {ran}"
    try:
        return facts_file.read(file.read_bytes())
    except RefusedFileError as error:
        return f"{expected} that is taken\ngot {error.message}; {ran}"
