import base64
import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.lab.command import Command, Reply
from ssoaudit.lab.powershell import Answer, clixml, powershell

BOOTSTRAP = "$l=@($input);& ([ScriptBlock]::Create($s)) $h[3]"
FALLBACK = "$l=[Console]::In.ReadToEnd();& ([ScriptBlock]::Create($s)) $h[3]"
ARGUMENTS = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", BOOTSTRAP)
CONSOLE = ("-NoLogo", "-NoProfile", "-NonInteractive", "-InputFormat", "None", "-Command", FALLBACK)
SCRIPT = "function Read-A {}\nRead-A"
ANSWERS = {"a": Answer("ok", {"one": 1}), "b": Answer("denied", {"code": "0x80070005"}, 12)}


def sent(script: str = SCRIPT, parameters: object = None, **changes: object) -> bytes:
    """The header line and the script, as the collector sends them."""
    body = script.encode()
    encoded = base64.b64encode(json.dumps(parameters or {"topics": ["a"]}).encode()).decode()
    fields = {
        "magic": "SSOAUDIT-IN/1",
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "parameters": encoded,
    }
    return " ".join(str(value) for value in {**fields, **changes}.values()).encode() + b"\n" + body


def with_parameters(encoded: str) -> bytes:
    header, script = sent().split(b"\n", 1)
    return b" ".join([*header.split(b" ")[:3], encoded.encode()]) + b"\n" + script


def answer(stdin: bytes, command: Command | None = None) -> Reply:
    return (command or powershell(ANSWERS, BOOTSTRAP))("powershell.exe", ARGUMENTS, stdin)


def frames(reply: Reply) -> list[tuple[str, str, int, Any]]:
    """The frames before END, each checked against its digest."""
    *lines, end = [line.split(" ") for line in reply.stdout.decode().split("\r\n") if line.startswith("SSOAUDIT/1 ")]
    assert end == ["SSOAUDIT/1", "END", str(len(lines))]
    found = []
    for _, topic, status, milliseconds, digest, encoded in lines:
        data = base64.b64decode(encoded)
        assert hashlib.sha256(data).hexdigest() == digest
        found.append((topic, status, int(milliseconds), json.loads(data)))
    return found


def test_topics_are_answered_in_the_order_asked() -> None:
    reply = answer(sent(parameters={"topics": ["b", "a", "b"]}))
    denied = ("b", "denied", 12, {"code": "0x80070005"})
    assert frames(reply) == [denied, ("a", "ok", 3, {"one": 1}), denied]
    assert (reply.stderr, reply.exit_code) == (b"", 0)


def test_no_topics_are_an_end_alone() -> None:
    assert answer(sent(parameters={"topics": []})).stdout == b"SSOAUDIT/1 END 0\r\n"


def test_a_topic_without_an_answer_is_an_error_frame() -> None:
    ((topic, status, _, data),) = frames(answer(sent(parameters={"topics": ["unheard"]})))
    assert (topic, status) == ("unheard", "error")
    assert data["type"] == "System.Management.Automation.CommandNotFoundException"
    assert set(data) == {"type", "code", "message", "where"}


def test_noise_stands_between_frames_on_lines_of_its_own() -> None:
    reply = answer(sent(parameters={"topics": ["a", "b"]}), powershell(ANSWERS, BOOTSTRAP, noise=b"profile says hi"))
    assert [line.split(b" ")[0] for line in reply.stdout.split(b"\r\n")] == [
        b"SSOAUDIT/1",
        b"profile",
        b"SSOAUDIT/1",
        b"profile",
        b"SSOAUDIT/1",
        b"",
    ]
    assert [frame[0] for frame in frames(reply)] == ["a", "b"]


def test_a_topic_that_hangs_is_the_end_of_what_is_printed() -> None:
    hanging = {**ANSWERS, "b": Answer("ok", {}, hangs=True)}
    reply = answer(sent(parameters={"topics": ["a", "b", "a"]}), powershell(hanging, BOOTSTRAP, noise=b"noise"))
    assert [frame[0] for frame in frames(Reply(reply.stdout + b"SSOAUDIT/1 END 1\r\n"))] == ["a"]
    assert not reply.ended
    assert answer(sent(parameters={"topics": ["b", "a"]}), powershell(hanging, BOOTSTRAP)).stdout == b""
    assert answer(sent(parameters={"topics": ["a"]}), powershell(hanging, BOOTSTRAP)).ended


@pytest.mark.parametrize(
    "stdin",
    [
        sent(),
        sent() + b"\n",
        sent() + b"\r\n",
        sent().replace(b"\n", b"\r\n"),
        sent("x"),
        sent("y" * 400_000),
        sent("'K\u00f6ln'"),
        sent("a\n\n\nb"),
    ],
    ids=["LF", "final LF", "final CRLF", "CRLF", "one byte", "one long line", "UTF-8", "blank lines"],
)
def test_a_whole_script_runs(stdin: bytes) -> None:
    assert frames(answer(stdin)) == [("a", "ok", 3, {"one": 1})]


@pytest.mark.parametrize(
    ("stdin", "why"),
    [
        (b"", "truncated"),
        (sent().split(b"\n")[0], "truncated"),
        (sent().split(b"\n")[0] + b"\n", "truncated"),
        (sent().replace(b"Read-A {}", b"Read-B {}"), "altered"),
        (sent()[:-1], "altered"),
        (sent() + b"\n\n", "altered"),
        (sent() + b" ", "altered"),
        (sent("a\rb"), "altered"),
        (sent()[:-1] + b"\xff", "altered"),
        (sent(bytes=len(SCRIPT) + 1), "altered"),
        (sent(bytes=f"0{len(SCRIPT)}"), "altered"),
        (sent(magic="SSOAUDIT-IN/2"), "altered"),
        (sent(magic="ssoaudit-in/1"), "altered"),
        (sent(sha256=hashlib.sha256(SCRIPT.encode()).hexdigest().upper()), "altered"),
        (with_parameters("e30= more"), "altered"),
    ],
)
def test_a_script_that_is_not_whole_is_refused(stdin: bytes, why: str) -> None:
    assert answer(stdin) == Reply(f"SSOAUDIT/1 REFUSED {why}\r\n".encode())


@pytest.mark.parametrize("stdin", [sent(), b""])
def test_a_constrained_language_mode_is_said_before_all_else(stdin: bytes) -> None:
    command = powershell(ANSWERS, BOOTSTRAP, language_mode="ConstrainedLanguage")
    assert answer(stdin, command) == Reply(b"SSOAUDIT/1 REFUSED language-mode ConstrainedLanguage\r\n")


@pytest.mark.parametrize("drains", [True, False])
def test_the_consoles_input_is_there_either_way(drains: bool) -> None:
    command = powershell(ANSWERS, BOOTSTRAP, fallback=FALLBACK, drains_stdin=drains)
    assert frames(command("powershell.exe", CONSOLE, sent())) == [("a", "ok", 3, {"one": 1})]


def test_where_stdin_is_not_drained_input_is_empty() -> None:
    command = powershell(ANSWERS, BOOTSTRAP, fallback=FALLBACK, drains_stdin=False)
    assert answer(sent(), command) == Reply(b"SSOAUDIT/1 REFUSED truncated\r\n")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("cmd.exe", ARGUMENTS),
        ("powershell.exe", (*CONSOLE[:6], BOOTSTRAP)),
        ("powershell.exe", (*CONSOLE[:3], *ARGUMENTS[3:4], FALLBACK)),
        ("powershell.exe", ()),
        ("powershell.exe", (*ARGUMENTS, "more")),
        ("powershell.exe", (*ARGUMENTS[:4], BOOTSTRAP + ";Remove-Item x")),
        ("powershell.exe", ("-ExecutionPolicy", "Bypass", *ARGUMENTS)),
        ("powershell.exe", (*ARGUMENTS[:3], "-EncodedCommand", "JAA=")),
    ],
)
def test_another_command_line_is_an_error(command: str, arguments: tuple[str, ...]) -> None:
    reply = powershell(ANSWERS, BOOTSTRAP)(command, arguments, sent())
    assert (reply.stdout, reply.exit_code) == (b"", 1)
    assert reply.stderr.startswith(b"#< CLIXML\r\n")


def test_arguments_are_joined_by_blanks() -> None:
    whole = powershell(ANSWERS, BOOTSTRAP)("PowerShell.exe", (" ".join(ARGUMENTS),), sent())
    split = powershell(ANSWERS, BOOTSTRAP)("powershell.exe", tuple(" ".join(ARGUMENTS).split(" ")), sent())
    assert whole == split == answer(sent())


@pytest.mark.parametrize(
    "parameters",
    ["###", "e30=", base64.b64encode(b"[1]").decode(), base64.b64encode(b'{"topics":[1]}').decode()]
    + [base64.b64encode(text).decode() for text in (b"not JSON", b"\xff", b'{"topics":"a"}')],
)
def test_senseless_parameters_end_the_script_with_an_error(parameters: str) -> None:
    reply = answer(with_parameters(parameters))
    assert (reply.stdout, reply.exit_code) == (b"", 1)
    assert b'S="Error"' in reply.stderr


def test_an_error_is_one_clixml_record() -> None:
    start, document = clixml("a <b> & _x0041_ \x1b[31m\nline").split(b"\r\n", 1)
    (record,) = ET.fromstring(document)  # noqa: S314 - our own
    assert start == b"#< CLIXML"
    assert (record.get("S"), record.text) == ("Error", "a <b> & _x005F_x0041_ _x001B_[31m_x000A_line_x000D__x000A_")


texts = st.text(st.characters(exclude_categories=()), max_size=20)


@given(st.dictionaries(st.text(max_size=5), texts | st.integers() | st.booleans() | st.none() | st.lists(texts)))
def test_data_survives_the_frame(data: Mapping[str, object]) -> None:
    ((_, _, _, found),) = frames(answer(sent(), powershell({"a": Answer("ok", data)}, BOOTSTRAP)))
    assert found == json.loads(as_utf16(json.dumps(data, ensure_ascii=False)))


def as_utf16(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    ((_, _, _, found),) = frames(
        answer(sent(), powershell({"a": Answer("ok", {"x": "\ud83d!\ud83d\ude00"})}, BOOTSTRAP))
    )
    assert found == {"x": "\ufffd!\U0001f600"}
