"""What the stand-alone script wrote is taken whole, or refused with one sentence that names the file."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.collect.collection import Options
from ssoaudit.collect.facts_file import FactsFile, RefusedFileError, read, read_folder
from ssoaudit.collect.parameters import of_inventory
from ssoaudit.collect.script import sha256
from ssoaudit.collect.standalone import standalone
from ssoaudit.documents import DocumentError
from ssoaudit.evidence import Missing, Read, ServerEvidence, digest
from ssoaudit.facts import EndpointMapper, Env, LogonRights
from ssoaudit.inventory import Inventory, Server
from ssoaudit.lab.estate import BIZTALK, NODES, healthy
from ssoaudit.lab.powershell import Answer, facts_file
from ssoaudit.lab.process import answers
from ssoaudit.vocabulary import Role

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
DAY = timedelta(hours=24)
ESTATE = healthy()
INVENTORY = ESTATE.inventory()
NODE = NODES[0]


def written(name: str = NODE, *, of: str | None = None, options: Options | None = None, at: datetime = NOW) -> bytes:
    """What the script leaves on a machine of the lab; `of` is the machine whose answers it really holds."""
    machine = ESTATE.machines[of or name]
    answered = {topic: Answer(**answer) for topic, answer in answers(machine).items()}  # type: ignore[arg-type]
    return facts_file(standalone(of_inventory(INVENTORY, options or Options())), name, answered, at)


def of_32_bits() -> bytes:
    """What the script would leave if a 32-bit PowerShell went on."""
    told = {topic: Answer(**answer) for topic, answer in answers(ESTATE.machines[NODE]).items()}  # type: ignore[arg-type]
    env = told[Env.topic]
    told[Env.topic] = Answer(env.status, {**env.data, "is_64_bit": False})
    return facts_file(standalone(of_inventory(INVENTORY, Options())), NODE, told, NOW)


WHOLE = written()
ASKED = [topic.topic for topic in Options().topics]
END = f"\r\nSSOAUDIT/1 END {len(ASKED)}\r\n".encode()


def sealed(data: bytes) -> bytes:
    """The file with its last line made right again, as somebody would who wants to deceive."""
    body = data[: data.rindex(b"sha256 ")]
    return body + f"sha256 {hashlib.sha256(body).hexdigest()}\r\n".encode()


def changed(old: bytes, new: bytes) -> bytes:
    assert old in WHOLE
    return sealed(WHOLE.replace(old, new, 1))


Folder = Callable[..., dict[str, ServerEvidence]]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes files, and reads them as --from does."""

    def call(
        inventory: Inventory = INVENTORY, *, now: datetime = NOW, max_age: timedelta = DAY, **files: bytes
    ) -> dict[str, ServerEvidence]:
        for name, data in files.items():
            Path(tmp_path, f"{name}.ssofacts").write_bytes(data)
        return read_folder(tmp_path, inventory, now, max_age)

    return call


def test_a_file_is_read_as_it_was_written() -> None:
    file = read(WHOLE)
    assert isinstance(file, FactsFile)
    assert (file.computer, file.started, file.finished) == (NODE, NOW, NOW)
    assert list(file.topics) == ASKED
    assert file.sha256 == digest(WHOLE)


def test_the_answers_and_where_they_came_from(folder: Folder) -> None:
    ((name, evidence),) = folder(a=WHOLE).items()
    assert (name, evidence.name, evidence.source) == (NODE, NODE, "file")
    assert evidence.file is not None
    assert (evidence.file.name, evidence.file.sha256, evidence.file.written) == ("a.ssofacts", digest(WHOLE), NOW)
    assert set(evidence.topics) == {topic.topic for topic in Options().wanted}
    for topic in Options().wanted:
        reading = evidence.topics[topic.topic]
        fact = topic.read(reading.data) if isinstance(reading, Read) else None
        assert fact == ESTATE.machines[NODE].facts.get(topic.topic)


def test_line_ends_may_be_those_of_another_system_where_the_script_wrote_them_so() -> None:
    assert read(sealed(WHOLE.replace(b"\r\n", b"\n"))).computer == NODE


def test_noise_between_the_frames_does_not_matter() -> None:
    noisy = WHOLE.replace(b"\r\nSSOAUDIT/1 END", b"\r\nPS> hello\r\n\xff\x00\r\nSSOAUDIT/1 END")
    noisy = noisy.replace(b"\r\nfinished ", b"\r\nmore\r\nfinished ")
    assert len(read(sealed(noisy)).transcript.frames) == len(ASKED)


def test_a_topic_that_was_not_asked_for_was_left_out(folder: Folder) -> None:
    evidence = folder(a=written(options=Options(compile=False)))[NODE]
    reading = evidence.topics[LogonRights.topic]
    assert isinstance(reading, Missing)
    assert (reading.code, reading.message) == (
        "left-out",
        f"The stand-alone script that ran on {NODE} was made without logon_rights.",
    )


def test_a_file_is_as_old_as_its_end(folder: Folder) -> None:
    evidence = folder(a=changed(b"finished 2026-11-21T12:00:", b"finished 2026-11-21T12:07:"))[NODE]
    assert evidence.file is not None
    assert (evidence.started, evidence.file.written) == (NOW, NOW + timedelta(minutes=7))
    assert evidence.finished == evidence.file.written


def test_a_topic_that_was_opted_in_to_later_was_left_out(folder: Folder, tmp_path: Path) -> None:
    assert EndpointMapper.topic not in folder(a=WHOLE)[NODE].topics
    wanted = Options(active_network=True).wanted
    (evidence,) = read_folder(tmp_path, INVENTORY, NOW, DAY, wanted).values()
    reading = evidence.topics[EndpointMapper.topic]
    assert isinstance(reading, Missing)
    assert reading.code == "left-out"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "this is no file of the stand-alone script"),
        (b"PK\x03\x04", "this is no file of the stand-alone script"),
        (b"\xef\xbb\xbf" + WHOLE, "this is no file of the stand-alone script"),
        (WHOLE.replace(b"SSOFACTS/1", b"SSOFACTS/2"), "the file has format version 2, this ssoaudit reads 1"),
        (WHOLE[:-20], "the file is cut short: "),
        (WHOLE[: len(WHOLE) // 2], "the file is cut short: "),
        (WHOLE + b"x", "the file is cut short: "),
        (WHOLE.replace(b"computer SSONODE1", b"computer SSONODE2"), "the file was altered: "),
        (WHOLE.replace(b"\r\n", b"\n"), "the file was altered: "),
        (changed(sha256().encode(), b"0" * 64), "it was written by the script of another version of ssoaudit"),
        (changed(END, b"\r\nSSOAUDIT/1 END 3\r\n"), f"3 topics were answered there, and {len(ASKED)} stand in it"),
        (changed(b"\r\nSSOAUDIT/1 services ok ", b"\r\nservices "), f"and {len(ASKED) - 1} stand in it"),
        (changed(END, b"\r\n"), "the script did not come to its end there"),
        (changed(b"finished ", b"began "), "the script did not come to its end there"),
        (changed(b"computer SSONODE1\r\n", b""), "its first lines are not what the stand-alone script writes"),
        (changed(b"computer SSONODE1\r\n", b"computer \x1b[2J\r\n"), "its first lines are not what"),
        (changed(b"started 2026", b"started 1026"), "its first lines are not what"),
        (changed(b"started 2026", b"started 26"), "its first lines are not what"),
        (changed(b"parameters ", b"parameters AAAA"), "its first lines are not what"),
        (changed(b"computer SSONODE1", b"computer OTHER"), "it is of OTHER, which is no server of this inventory"),
        (changed(b"computer SSONODE1", b"computer SSONODE2"), "name SSONODE2, and its answers are of SSONODE1"),
        (written(of=BIZTALK[0]), f"its first lines name {NODE}, and its answers are of {BIZTALK[0]}"),
        (of_32_bits(), "it was written by a 32-bit PowerShell, which is shown another registry"),
        (changed(b"SSOAUDIT/1 env ok", b"SSOAUDIT/1 env error"), "do not tell that they are of SSONODE1: env"),
        (written(at=NOW - DAY - timedelta(minutes=1)), "it is of 2026-11-20 11:59 UTC by that server's clock, more "),
        (
            written(at=NOW + timedelta(hours=2)),
            "it is of 2026-11-21 14:00 UTC by that server's clock, which is in the ",
        ),
        (changed(b"finished 2026", b"finished 2025"), "it says that it ended before it began"),
    ],
)
def test_what_is_refused(folder: Folder, data: bytes, sentence: str) -> None:
    with pytest.raises(DocumentError) as refused:
        folder(a=data)
    (problem,) = refused.value.problems
    assert sentence in problem.message
    assert problem.path.name == "a.ssofacts"
    assert problem.hint
    assert "\n" not in str(problem)


def test_a_frame_that_is_not_what_its_hash_says_is_refused() -> None:
    frame = next(line for line in WHOLE.splitlines() if line.startswith(b"SSOAUDIT/1 services "))
    data = base64.b64encode(json.dumps({"services": []}).encode())
    with pytest.raises(RefusedFileError, match="the answer about services does not have the SHA-256"):
        read(changed(frame, b" ".join((*frame.split(b" ")[:-1], data))))


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_every_changed_byte_is_noticed(position: int, flip: int) -> None:
    altered = WHOLE[:position] + bytes([WHOLE[position] ^ flip]) + WHOLE[position + 1 :]
    if altered.rstrip(b"\r\n") != WHOLE.rstrip(b"\r\n"):
        with pytest.raises(RefusedFileError):
            read(altered)


@given(st.integers(1, len(WHOLE) - 3))
def test_every_cut_is_noticed(length: int) -> None:
    with pytest.raises(RefusedFileError):
        read(WHOLE[:length])


@given(st.binary(max_size=200))
def test_anything_else_is_refused(noise: bytes) -> None:
    for data in (noise, b"SSOFACTS/1\n" + noise, sealed(b"SSOFACTS/1\r\n" + noise + b"\r\nsha256 ")):
        with pytest.raises(RefusedFileError):
            read(data)


def test_of_two_files_of_a_server_none_is_taken(folder: Folder) -> None:
    with pytest.raises(DocumentError, match=f"b.ssofacts: a.ssofacts is of {NODE}, too; keep the one that is meant"):
        folder(a=WHOLE, b=written(at=NOW - timedelta(hours=1)))


def test_every_refused_file_is_told_at_once(folder: Folder) -> None:
    with pytest.raises(DocumentError) as refused:
        folder(a=WHOLE, b=b"", c=WHOLE[:-9])
    assert [problem.path.name for problem in refused.value.problems] == ["b.ssofacts", "c.ssofacts"]


def test_how_old_a_file_may_be_can_be_said(folder: Folder) -> None:
    assert list(folder(a=written(at=NOW - timedelta(hours=47)), max_age=timedelta(hours=48))) == [NODE]


def test_a_clock_that_is_a_little_ahead_is_no_matter(folder: Folder) -> None:
    assert list(folder(a=written(at=NOW + timedelta(minutes=50)))) == [NODE]


def named(*hosts: str) -> Inventory:
    return Inventory(name="x", servers=tuple(Server(host=host, roles=(Role.CLUSTER,)) for host in hosts))


@pytest.mark.parametrize("host", ["ssonode1", "SsoNode1.contoso.com"])
def test_the_name_may_be_written_in_any_case_and_with_its_domain(folder: Folder, host: str) -> None:
    assert list(folder(named(host), a=WHOLE)) == ["SSONODE1"]


def test_windows_cuts_a_name_to_fifteen_characters(tmp_path: Path) -> None:
    machine = ESTATE.machines[NODE]
    env = machine.facts["env"].model_dump(mode="json")
    long = {"env": Answer("ok", {**env, "computer_name": "SSO-PRODUCTION-"})}
    data = facts_file(standalone(of_inventory(INVENTORY, Options())), "SSO-PRODUCTION-", long, NOW)
    Path(tmp_path, "a.SsoFacts").write_bytes(data)
    assert list(read_folder(tmp_path, named("sso-production-node1"), NOW, DAY)) == ["SSO-PRODUCTION-NODE1"]
    with pytest.raises(DocumentError, match="which may be SSO-PRODUCTION-NODE1 and SSO-PRODUCTION-NODE2"):
        read_folder(tmp_path, named("sso-production-node1", "sso-production-node2"), NOW, DAY)


def test_other_files_of_the_folder_are_left_alone(folder: Folder, tmp_path: Path) -> None:
    Path(tmp_path, "notes.txt").touch()
    Path(tmp_path, "SSONODE1.ssofacts.1.tmp").touch()
    assert list(folder(a=WHOLE)) == [NODE]


def test_a_folder_without_files_and_none(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"no \.ssofacts file is in this directory"):
        folder()
    with pytest.raises(DocumentError, match="the directory cannot be read: "):
        read_folder(tmp_path / "missing", INVENTORY, NOW, DAY)


def test_what_is_no_file_is_refused(folder: Folder, tmp_path: Path) -> None:
    Path(tmp_path, "b.ssofacts").mkdir()
    with pytest.raises(DocumentError, match="this is a directory, not a file"):
        folder(a=WHOLE)
