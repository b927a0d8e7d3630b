import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ssoaudit.collect import frames
from ssoaudit.collect.faults import Fault, FaultStage
from ssoaudit.collect.frames import Transcript, read_transcript, readings
from ssoaudit.evidence import Missing, MissingStatus, Read, Reading, ReadStatus
from ssoaudit.facts import TOPICS, ClusterView, MasterSecretIds, Services
from ssoaudit.lab.estate import healthy

GOLDEN = (Path(__file__).parents[1] / "data" / "frames.txt").read_bytes()
PLANTED = "planted-secret"
SECRETS = {"is_present": True, "names": ["{a}"]}


def frame(topic: str, data: object, status: str = "ok", milliseconds: int = 7) -> bytes:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return frame_of(topic, status, milliseconds, hashlib.sha256(text).hexdigest(), base64.b64encode(text).decode())


def frame_of(topic: str, status: str, milliseconds: int, digest: str, encoded: str) -> bytes:
    return f"SSOAUDIT/1 {topic} {status} {milliseconds} {digest} {encoded}".encode()


def end(count: int = 1) -> bytes:
    return f"SSOAUDIT/1 END {count}".encode()


def stdout(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def reading(*lines: bytes, cut: Fault | None = None) -> Reading:
    """What was made of the master secret ids in these lines."""
    return readings("NODE1", (MasterSecretIds,), read_transcript(stdout(*lines)), cut)["master_secret_ids"]


def status_of(*lines: bytes) -> ReadStatus:
    return reading(*lines).status


def test_what_a_real_powershell_printed() -> None:
    transcript = read_transcript(GOLDEN)
    assert {topic: frame.status.value for topic, frame in transcript.frames.items()} == {
        "good": "ok",
        "noisy": "error",
        "throws": "error",
        "denied": "denied",
        "null": "error",
        "nothing": "error",
        "slow": "ok",
        "nonterm": "error",
    }
    assert transcript.ended
    assert transcript.refused is None
    assert transcript.frames["good"].data == {"names": ["a"], "empty": [], "one": 4294967295}
    assert transcript.frames["throws"].data["message"] == "boom"
    assert transcript.frames["slow"].milliseconds == 302


def test_line_ends_and_noise_do_not_matter() -> None:
    noisy = GOLDEN.replace(b"\n", b"\r\n\x00\xff SSOAUDIT/1 good ok\r\n")
    assert read_transcript(noisy) == read_transcript(GOLDEN)


@pytest.mark.parametrize("cut", range(0, len(GOLDEN), 97))
def test_a_truncated_transcript_keeps_the_frames_before_the_cut(cut: int) -> None:
    whole, part = read_transcript(GOLDEN), read_transcript(GOLDEN[:cut])
    lines = GOLDEN[:cut].count(b"\n")
    for topic, kept in list(part.frames.items())[: max(lines - 1, 0)]:
        assert kept == whole.frames[topic]
    assert set(part.frames) <= set(whole.frames)
    assert not part.ended


def test_each_flipped_byte_of_a_frame_is_noticed() -> None:
    line = frame("master_secret_ids", SECRETS)
    before_digest = line.index(b" ok 7 ") + len(b" ok 7 ")
    for position in range(before_digest, len(line)):
        flipped = line[:position] + bytes([line[position] ^ 1]) + line[position + 1 :]
        found = reading(flipped, end())
        # The last character before base64's padding has bits that stand for nothing.
        assert isinstance(found, Missing) or found.data == SECRETS, position


def test_a_good_frame_is_read_as_it_came() -> None:
    found = reading(frame("master_secret_ids", SECRETS), end())
    assert found == Read(status=ReadStatus.OK, milliseconds=7, lacking={}, data=SECRETS)


@pytest.mark.parametrize(
    "line",
    [
        frame_of("master_secret_ids", "ok", 7, "0" * 64, base64.b64encode(b"{}").decode()),
        frame_of("master_secret_ids", "ok", 7, hashlib.sha256(b"").hexdigest(), ""),
        frame_of("master_secret_ids", "ok", 7, hashlib.sha256(b"{}").hexdigest(), "e30"),
        frame_of("master_secret_ids", "ok", 7, hashlib.sha256(b"{}").hexdigest(), "e3=0"),
        frame_of("master_secret_ids", "ok", 7, hashlib.sha256(b"{}").hexdigest(), "===="),
        frame("master_secret_ids", b"{"),
        frame("master_secret_ids", b"\xff"),
        frame("master_secret_ids", b"\xef\xbb\xbf{}"),
        frame("master_secret_ids", []),
        frame("master_secret_ids", None),
        frame("master_secret_ids", b'{"is_present": NaN, "names": []}'),
        frame("master_secret_ids", b'{"is_present": -Infinity, "names": []}'),
        frame("master_secret_ids", b'{"is_present": 1e999, "names": []}'),
        frame("master_secret_ids", b'{"is_present": ' + b"9" * 5000 + b', "names": []}'),
        frame("master_secret_ids", b'{"is_present": true, "names": ' + b"[" * 33 + b"]" * 33 + b"}"),
        frame("master_secret_ids", b"[" * 100_000),
        frame("master_secret_ids", b'{"a":' * 100_000),
        frame("master_secret_ids", {**SECRETS, "lacking": {}}),
        frame("master_secret_ids", {**SECRETS, "more": 1}),
        frame("master_secret_ids", {**SECRETS, "is_present": "True"}),
        frame("master_secret_ids", {"names": []}),
        frame("master_secret_ids", {}),
        frame("master_secret_ids", {"is_present": True, "lacking": {"unheard": "denied"}}, "partial"),
        frame("master_secret_ids", {**SECRETS, "lacking": {"names": "denied"}}, "partial"),
        frame("master_secret_ids", {"is_present": True, "lacking": ["names"]}, "partial"),
    ],
)
def test_a_damaged_or_senseless_frame_is_missing(line: bytes) -> None:
    found = reading(line, end())
    assert isinstance(found, Missing)
    assert found.status is ReadStatus.MALFORMED
    assert found.milliseconds == 7


@pytest.mark.parametrize("text", [b'{"a": NaN}', b'{"a": [Infinity]}', b'{"a": {"b": -Infinity}}'])
def test_numbers_that_json_does_not_know_are_malformed(text: bytes) -> None:
    assert read_transcript(frame("x", text)).frames["x"].status is ReadStatus.MALFORMED


def test_the_deepest_json_that_is_read() -> None:
    data: object = 1
    for _ in range(frames.MAXIMUM_DEPTH - 1):
        data = {"a": data}
    assert read_transcript(frame("x", data)).frames["x"].status is ReadStatus.OK
    assert read_transcript(frame("x", {"a": data})).frames["x"].status is ReadStatus.MALFORMED


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        (rb"a\ud800b", "a\ufffdb"),
        (rb"\uD9ff", "\ufffd"),
        (rb"\udAFF", "\ufffd"),
        (rb"\uDbff", "\ufffd"),
        (rb"\udC00", "\ufffd"),
        (rb"\uDFFF", "\ufffd"),
        (rb"\ud83d\ude00", "\U0001f600"),
    ],
)
def test_a_lone_surrogate_becomes_the_replacement_character(escaped: bytes, name: str) -> None:
    found = reading(frame("master_secret_ids", b'{"is_present": true, "names": ["' + escaped + b'"]}'), end())
    assert isinstance(found, Read)
    assert found.data["names"] == [name]
    found.model_dump_json()


def test_of_two_frames_of_a_topic_the_first_counts() -> None:
    second = frame("master_secret_ids", {"is_present": False, "names": []})
    found = reading(frame("master_secret_ids", SECRETS), second, end())
    assert isinstance(found, Read)
    assert found.data == SECRETS


def test_a_damaged_first_frame_is_not_made_good_by_a_second() -> None:
    assert status_of(frame("master_secret_ids", b"{"), frame("master_secret_ids", SECRETS)) is ReadStatus.MALFORMED


def test_a_frame_that_is_too_large() -> None:
    found = reading(frame("master_secret_ids", {"names": ["x" * 4 * 1024 * 1024]}), end())
    assert isinstance(found, Missing)
    assert (found.status, found.code) == (ReadStatus.TOO_LARGE, "too-large")
    assert "larger than 4 MiB" in found.message


def test_an_answer_that_the_node_did_not_send_for_its_size() -> None:
    found = reading(frame("master_secret_ids", {}, "too_large"), end())
    assert isinstance(found, Missing)
    assert (found.status, found.code, found.milliseconds) == (ReadStatus.TOO_LARGE, "too-large", 7)
    assert found.hint == "Look on NODE1 at what there is so much of; none of it was kept."


def test_a_restricted_language_mode_is_told_with_the_way_out() -> None:
    found = reading(b"SSOAUDIT/1 REFUSED language-mode ConstrainedLanguage")
    assert isinstance(found, Missing)
    assert found.message == "NODE1 runs PowerShell in ConstrainedLanguage."
    assert "Let the site sign the stand-alone script (ssoaudit collector -o), run it on NODE1" in found.hint
    assert "collect with --from" in found.hint


@pytest.mark.parametrize(
    "line",
    [
        b" " + frame("master_secret_ids", SECRETS),
        frame("master_secret_ids", SECRETS) + b" ",
        frame("master_secret_ids", SECRETS).replace(b"SSOAUDIT/1", b"SSOAUDIT/2"),
        frame("master_secret_ids", SECRETS).replace(b"SSOAUDIT/1", b"ssoaudit/1"),
        frame("Master_Secret_Ids", SECRETS),
        frame("master_secret_ids", SECRETS, "unheard"),
        frame("master_secret_ids", SECRETS, "unreachable"),
        frame("master_secret_ids", SECRETS, milliseconds=10**9),
        frame("master_secret_ids", SECRETS, milliseconds=-1),
    ],
)
def test_what_only_looks_like_a_frame_is_noise(line: bytes) -> None:
    assert read_transcript(stdout(line)).frames == {}


def test_a_script_that_ended_early_says_so() -> None:
    found = reading(frame("env", {}))
    assert isinstance(found, Missing)
    assert (found.status, found.code) == (ReadStatus.MALFORMED, "unfinished")
    assert found.message == "The collector on NODE1 ended before it had answered."


def test_a_script_that_ended_without_an_answer_says_so() -> None:
    found = reading(end(0))
    assert isinstance(found, Missing)
    assert found.message == "The collector on NODE1 came to its end without an answer."


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("deadline", ReadStatus.DEADLINE),
        ("too-large", ReadStatus.TOO_LARGE),
        ("language-mode", ReadStatus.DENIED),
        ("auth", ReadStatus.UNREACHABLE),
        ("anything", ReadStatus.UNREACHABLE),
    ],
)
def test_what_cut_the_conversation_is_why_a_topic_is_missing(code: str, status: MissingStatus) -> None:
    cut = Fault(FaultStage.RUN, code, "NODE1 fell silent.", "Wait.")
    assert reading(cut=cut) == Missing(
        status=status, code=code, stage="run", message="NODE1 fell silent.", hint="Wait."
    )


def test_what_came_before_the_cut_stays() -> None:
    cut = Fault(FaultStage.RUN, "deadline", "NODE1 fell silent.", "Wait.")
    assert isinstance(reading(frame("master_secret_ids", SECRETS), cut=cut), Read)


@pytest.mark.parametrize(
    ("line", "code", "status", "word"),
    [
        (b"language-mode ConstrainedLanguage", "language-mode", ReadStatus.DENIED, "ConstrainedLanguage"),
        (b"truncated", "altered", ReadStatus.UNREACHABLE, "truncated"),
        (b"altered", "altered", ReadStatus.UNREACHABLE, "altered"),
    ],
)
def test_a_refused_script_is_why_every_topic_is_missing(line: bytes, code: str, status: ReadStatus, word: str) -> None:
    transcript = read_transcript(stdout(b"SSOAUDIT/1 REFUSED " + line))
    found = readings("NODE1", TOPICS, transcript, None)
    assert set(found) == {topic.topic for topic in TOPICS}
    for refusal in found.values():
        assert isinstance(refusal, Missing)
        assert (refusal.code, refusal.status) == (code, status)
        assert word in refusal.message
        assert "NODE1" in refusal.message


@pytest.mark.parametrize(
    "line", [b"", b"altered\x1b[31m", b"language-mode Full Language", b"x" * 40, b"language-mode " + b"x" * 40]
)
def test_a_refusal_in_other_words_is_noise(line: bytes) -> None:
    assert read_transcript(stdout(b"SSOAUDIT/1 REFUSED " + line)).refused is None


@pytest.mark.parametrize("status", ["denied", "absent", "error"])
def test_the_node_tells_why_there_is_nothing(status: str) -> None:
    told = {"type": "T", "code": "0x80070005", "message": "no access", "where": "12"}
    found = reading(frame("master_secret_ids", told, status, 12), end())
    assert isinstance(found, Missing)
    assert (found.status.value, found.code, found.stage) == (status, "0x80070005", "run")
    assert (found.message, found.milliseconds) == ("no access", 12)
    assert found.hint
    assert "{" not in found.hint


@pytest.mark.parametrize("told", [{}, {"code": 5, "message": ["x"]}, {"code": None, "message": None}, {"code": ""}])
def test_a_reason_that_says_nothing_is_replaced(told: object) -> None:
    found = reading(frame("master_secret_ids", told, "error"), end())
    assert isinstance(found, Missing)
    assert (found.code, found.message) == ("error", "master_secret_ids could not be read")


def test_a_reason_is_cut_to_a_length_for_reading() -> None:
    found = reading(frame("master_secret_ids", {"message": "x" * 10_000, "code": "y" * 10_000}, "error"), end())
    assert isinstance(found, Missing)
    assert (len(found.message), len(found.code)) == (frames.MAXIMUM_MESSAGE, frames.MAXIMUM_MESSAGE)


def test_a_partial_answer_keeps_what_is_lacking() -> None:
    data = {"is_present": True, "lacking": {"names": "denied: 0x80070005"}}
    assert reading(frame("master_secret_ids", data, "partial"), end()) == Read(
        status=ReadStatus.PARTIAL, milliseconds=7, lacking={"names": "denied: 0x80070005"}, data={"is_present": True}
    )


def test_a_part_that_is_lacking_without_a_reason_is_not_read() -> None:
    data = {"is_present": True, "lacking": {"names": None}}
    found = reading(frame("master_secret_ids", data, "partial"), end())
    assert isinstance(found, Read)
    assert found.lacking == {"names": "not read"}


Planting = Callable[[dict[str, object]], dict[str, object]]


@pytest.mark.parametrize(
    "plant",
    [
        lambda data: {**data, "is_present": PLANTED},
        lambda data: {**data, "names": PLANTED},
        lambda data: {**data, "names": [{"deep": PLANTED}]},
        lambda data: {**data, "more": PLANTED},
        lambda _: {"names": [PLANTED]},
        lambda data: {**data, "lacking": {"names": "denied"}, "names": [PLANTED]},
        lambda data: {**data, "lacking": PLANTED, "is_present": 1},
    ],
)
@pytest.mark.parametrize("status", ["ok", "partial"])
def test_what_is_not_as_the_model_says_is_not_kept(plant: Planting, status: str) -> None:
    found = reading(frame("master_secret_ids", plant(SECRETS), status), end())
    assert isinstance(found, Missing)
    assert PLANTED not in found.model_dump_json()


def test_the_name_of_an_unknown_field_is_not_kept() -> None:
    found = reading(frame("master_secret_ids", {**SECRETS, PLANTED: 1}), end())
    assert isinstance(found, Missing)
    assert PLANTED not in found.model_dump_json()


def test_a_state_that_is_no_number_is_not_kept() -> None:
    view = next(machine.facts["cluster_view"] for machine in healthy().machines.values() if machine.facts)
    data = json.loads(view.model_dump_json())
    data["nodes"][0]["state"] = PLANTED
    transcript = read_transcript(stdout(frame("cluster_view", data), end()))
    found = readings("NODE1", (ClusterView,), transcript, None)["cluster_view"]
    assert isinstance(found, Missing)
    assert PLANTED not in found.model_dump_json()


@given(st.binary() | st.lists(st.binary()).map(lambda lines: stdout(*lines)))
@example(b"SSOAUDIT/1 END 99999\r\n")
@example(b"SSOAUDIT/1 END \xd9\xa3\r\n")
def test_arbitrary_bytes_raise_nothing(data: bytes) -> None:
    found = readings("NODE1", TOPICS, read_transcript(data), None)
    assert all(isinstance(reading, Missing) for reading in found.values())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({name for topic in TOPICS for name in topic.model_fields} | {"lacking", "code", "message"})


@given(
    st.sampled_from(TOPICS),
    st.sampled_from(["ok", "partial", "denied", "absent", "error", "too_large"]),
    st.dictionaries(st.sampled_from(NAMES), json_values, max_size=4) | json_values,
)
def test_arbitrary_frames_are_read_or_missing(topic: type[Services], status: str, data: object) -> None:
    transcript = read_transcript(stdout(frame(topic.topic, json.dumps(data).encode(), status), end()))
    found = readings("NODE1", (topic,), transcript, None)[topic.topic]
    found.model_dump_json()
    if isinstance(found, Read):
        topic.read(found.data, found.lacking)


@given(st.binary(max_size=300), st.integers(0, len(GOLDEN)))
def test_noise_before_a_frame_takes_no_frame_away(noise: bytes, cut: int) -> None:
    start = GOLDEN.rfind(b"\n", 0, cut) + 1
    before = GOLDEN[:start] + noise.replace(b"SSOAUDIT", b"") + b"\n" + GOLDEN[start:]
    assert read_transcript(before) == read_transcript(GOLDEN)


def test_nothing_printed_is_an_empty_transcript() -> None:
    assert read_transcript(b"") == Transcript({}, ended=False, refused=None)


@pytest.mark.parametrize("lacking", [{}, None, "access denied", ["names"]], ids=["empty", "null", "text", "list"])
def test_a_partial_answer_that_does_not_say_what_it_lacks_is_malformed(lacking: object) -> None:
    data = {"is_present": True, "names": [], "lacking": lacking}
    assert status_of(frame("master_secret_ids", data, "partial"), end()) is ReadStatus.MALFORMED
