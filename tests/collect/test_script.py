import base64
import hashlib
import json
import re
from pathlib import Path

import compiled
import pytest
import readonly
from hypothesis import given
from hypothesis import strategies as st
from readonly import violations

from ssoaudit.cli import cli
from ssoaudit.collect import script as node_script
from ssoaudit.collect.script import (
    ARGUMENTS,
    BOOTSTRAP,
    COMMAND,
    FALLBACK_ARGUMENTS,
    FALLBACK_BOOTSTRAP,
    reader_name,
    script,
    sha256,
    stdin,
)
from ssoaudit.collect.sql.grants import grant_script, login_script
from ssoaudit.facts import TOPICS

BOOTSTRAP_SHA256 = "a751c2ae8d840b447e251ebcbd5283096bb7c0eeeaffa1007ce6298d0633667e"
READ_ONLY_PAGE = Path(__file__).parents[2] / "docs" / "read-only.md"

SCRIPT = script()
CSHARP = SCRIPT.split("@'\n")[1].split("\n'@")[0]
REMOVE = "Remove-Item -LiteralPath $export, $log"
SET_LOG = "$log = [IO.Path]::GetTempFileName()"
PLACES = {
    "at the end": len(SCRIPT),
    "in a block": SCRIPT.index("ForEach-Object { ConvertTo-Resource $_ }") + len("ForEach-Object {"),
}


def page_table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading of docs/read-only.md, cells without backticks."""
    section = READ_ONLY_PAGE.read_text(encoding="utf-8").split(f"\n### {heading}\n")[1].split("\n#")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in row] for row in rows[2:]]


# What is sent


def test_the_bootstrap_is_the_text_that_was_tried() -> None:
    assert len(BOOTSTRAP) == 658
    assert hashlib.sha256(BOOTSTRAP.encode("ascii")).hexdigest() == BOOTSTRAP_SHA256


def test_the_fallback_differs_in_where_it_reads_alone() -> None:
    console = "[Console]::In.ReadToEnd().Replace([string][char]13,'').TrimEnd([char]10).Split([char]10)"
    assert FALLBACK_BOOTSTRAP.replace(console, "$input") == BOOTSTRAP
    assert ARGUMENTS[:3] == FALLBACK_ARGUMENTS[:3]
    assert FALLBACK_ARGUMENTS[3:] == ("-InputFormat", "None", "-Command", FALLBACK_BOOTSTRAP)


@pytest.mark.parametrize("bootstrap", [BOOTSTRAP, FALLBACK_BOOTSTRAP], ids=["input", "console"])
def test_a_bootstrap_survives_a_command_line_without_quotes(bootstrap: str) -> None:
    assert '"' not in bootstrap
    assert "\n" not in bootstrap
    assert "\t" not in bootstrap
    assert "  " not in bootstrap
    assert bootstrap.strip() == bootstrap
    assert not re.search(r"\\(?:\"|$)", bootstrap)


@pytest.mark.parametrize("bootstrap", [BOOTSTRAP, FALLBACK_BOOTSTRAP], ids=["input", "console"])
def test_a_bootstrap_is_powershell(bootstrap: str) -> None:
    assert readonly.is_powershell(bootstrap)


def test_the_command_line_hides_nothing_and_lifts_no_policy() -> None:
    assert COMMAND == "powershell.exe"
    assert ARGUMENTS == ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", BOOTSTRAP)


def test_the_script_is_ascii_with_line_feeds() -> None:
    assert SCRIPT.isascii()
    assert "\r" not in SCRIPT
    assert "\t" not in SCRIPT
    assert not SCRIPT.endswith("\n")
    assert SCRIPT.startswith("param([string]$EncodedParameters)\n")


def test_the_script_is_the_same_every_time() -> None:
    script.cache_clear()
    assert script() == SCRIPT
    assert sha256() == hashlib.sha256(SCRIPT.encode("ascii")).hexdigest()


def test_the_script_has_every_reader_once_in_the_order_of_the_topics() -> None:
    assert re.findall(r"(?m)^function (Read-\w+) \{", SCRIPT) == [reader_name(topic.topic) for topic in TOPICS]
    table = re.findall(r"(?m)^    (\w+) = \$\{function:(Read-\w+)\}$", SCRIPT)
    assert table == [(topic.topic, reader_name(topic.topic)) for topic in TOPICS]


@pytest.mark.parametrize(
    ("topic", "name"), [("env", "Read-Env"), ("logon_rights", "Read-LogonRights"), ("a_b_c", "Read-ABC")]
)
def test_the_name_of_a_reader(topic: str, name: str) -> None:
    assert reader_name(topic) == name


@given(st.dictionaries(st.text(st.characters(), max_size=5), st.lists(st.text(st.characters(), max_size=5))))
def test_parameters_stand_in_the_header_and_nowhere_else(parameters: dict[str, list[str]]) -> None:
    header, _, rest = stdin(parameters).partition(b"\n")
    magic, length, digest, encoded = header.decode("ascii").split(" ")
    assert (magic, int(length), digest) == ("SSOAUDIT-IN/1", len(SCRIPT), sha256())
    assert json.loads(base64.b64decode(encoded, validate=True)) == parameters
    assert rest == SCRIPT.encode("ascii") + b"\n"


# That it only reads


def test_the_script_only_reads() -> None:
    assert violations(SCRIPT) == []


WRITES = [
    r"Remove-Item C:\x",
    r"Set-ItemProperty HKLM:\SOFTWARE\X -Name a -Value 1",
    "Set-ClusterParameter UseNetworkName 1",
    "New-Item x",
    "New-Object IO.FileStream 'x', 'Create'",
    "New-Object -ComObject WScript.Shell",
    "Start-Service ENTSSO",
    "Start-Process notepad",
    "Invoke-Expression $x",
    "Invoke-Command { 1 }",
    "Add-Type 'class A {}'",
    "Add-Type -TypeDefinition 'class A {}'",
    "Add-Type -TypeDefinition $x",
    "Add-Type -TypeDefinition $CSharp",
    "Add-Type -TypeDefinition @'\nclass A { }\n'@",
    'Add-Type -TypeDefinition @"\nclass A { $x }\n"@',
    "Add-Type -Path x",
    "Add-Type -AssemblyName System.Web",
    "Remove-Item -LiteralPath $export, $log",
    "Remove-Item -LiteralPath $file",
    "Get-Content -LiteralPath $export",
    "$export = 'x'",
    "$Export = [IO.Path]::GetTempFileName()",
    "$log += 'x'",
    "foreach ($export in 'x') { 1 }",
    "$x, $export = 1, 2",
    "[IO.Path]::GetRandomFileName()",
    "secedit.exe /configure /db x",
    "secedit.exe /export /areas USER_RIGHTS /cfg $export /log $log /quiet",
    "secedit /export",
    "secedit.exe",
    "[SsoAuditLsa]::Kind('x')",
    "[SsoAuditLsa]::Holders('x')",
    "New-Object Security.Principal.WindowsIdentity 'x'",
    "New-Object Security.Principal.NTAccount 'x'",
    "$Compiled.other = 1",
    "function Initialize-Lsa { 1 }",
    "Import-Module FailoverClusters",
    "Get-Content x",
    "rm x",
    "iex $x",
    "notepad.exe",
    "& notepad",
    "& 'notepad'",
    "& $x",
    "& { 1 }",
    ". $x",
    r"C:\x.exe",
    "$x.Delete()",
    "$service.StopService()",
    "$found | ForEach-Object Delete",
    "$found | ForEach-Object -MemberName Delete",
    "$found | Where-Object Name -eq x",
    "[IO.File]::Delete('x')",
    "[System.IO.File]::WriteAllText('x', 'y')",
    "[Diagnostics.Process]::Start('x')",
    "[Environment]::Exit(1)",
    "[Environment]::SetEnvironmentVariable('a', 'b', 'Machine')",
    "[Console]::OutputEncoding = $Utf8",
    "[ScriptBlock]::Create('x')",
    "$ExecutionContext.InvokeCommand.InvokeScript('x')",
    "${function:Read-Env}.Invoke()",
    "$x::Delete('x')",
    "$x = [type]'IO.File'",
    "[wmi]'x'",
    "$env:PATH = 'x'",
    "$env:PATH",
    "$function:x = { 1 }",
    "${c:x} = 1",
    "$global:x = 1",
    "$service.StartMode = 'Disabled'",
    "1 > x",
    "Get-Cids x > y",
    "Get-Cids x >> y",
    "Get-Cids x 2>y",
    "Get-Cids x *> y",
    "Get-Cids $x 3>y",
    "function Get-CimInstance { 1 }",
    "function Read-Env { 1 }",
    "function Remove-X { 1 }",
    "Get-CimInstance @x",
    "Get-CimInstance -Query 'x' -Namespace root/cimv2 -ClassName Win32_Service -OperationTimeoutSec 1",
    "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service",
    "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Process -OperationTimeoutSec 1",
    "Get-CimInstance -Namespace root/cimv2 -ClassName $Class -OperationTimeoutSec 1",
    "Get-CimInstance -ComputerName x -Namespace root/cimv2 -ClassName Win32_Service -OperationTimeoutSec 1",
    "Invoke-CimMethod -InputObject $Resource -MethodName TakeOffline -OperationTimeoutSec 1",
    "Invoke-CimMethod -InputObject $Resource -MethodName $Method -OperationTimeoutSec 1",
    "Invoke-CimMethod -InputObject $x -MethodName GetDependencies -OperationTimeoutSec 1",
    "Invoke-CimMethod -InputObject $Resource -MethodName GetDependencies",
    "Invoke-CimMethod -ClassName StdRegProv -MethodName SetStringValue -OperationTimeoutSec 1",
    "Invoke-CimMethod -ClassName StdRegProv -Method EnumKey -OperationTimeoutSec 1",
    "Invoke-Registry DeleteKey 'x' @{}",
    "Invoke-Registry $Method 'x' @{}",
    "Invoke-Registry -Method EnumKey 'x' @{}",
    "Invoke-Registry",
    "$Method = 'DeleteKey'",
    "$class = 'Win32_Process'",
    "foreach ($method in 'DeleteKey') { 1 }",
    r"Get-RegistryText 'SOFTWARE\Microsoft\ENTSSO\SSOSS' 'x'",
    r"Get-RegistryKeyNames 'SOFTWARE\Microsoft\ENTSSO\SSOSS\x'",
    r"Get-RegistryKeyNames 'SOFTWARE\Microsoft\ENTSSO\SSOSS'",
    "'ssoss'",
    "'SECURITY\\Policy'",
    r"'SAM\x'",
    "'ResourceData'",
    r"'C:\Windows'",
    r'"$env:TEMP\x"',
    '"$(Remove-Item x)"',
    "@{ a = Remove-Item x }",
    "if (Remove-Item x) { 1 }",
    "$x = if (1) { Remove-Item x }",
    "try { 1 } catch { Remove-Item x }",
    "switch -file x { 1 { 2 } }",
    "trap { 1 }",
    "ls && rm x",
]
NEWER = [
    "[Text.UTF8Encoding]::new()",
    "class A { }",
    "enum A { B }",
    "$x ?? 1",
    "$x ??= 1",
    "$y = $x ? 1 : 2",
    "$x?.Name",
    "$x = 123L",
    "Get-Cids x && Get-Cids y",
    "using namespace System.IO",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("statement", WRITES + NEWER)
def test_the_proof_notices_what_is_put_into_the_script(statement: str, place: str) -> None:
    at = PLACES[place]
    assert violations(f"{SCRIPT[:at]}\n{statement}\n{SCRIPT[at:]}") != []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "statement", ["$x = 1", "# Remove-Item x", "$y = @(Get-Cids $x)", "'Remove-Item x'", "$x.Delete"]
)
def test_the_proof_lets_harmless_statements_be(statement: str, place: str) -> None:
    at = PLACES[place]
    assert violations(f"{SCRIPT[:at]}\n{statement}\n{SCRIPT[at:]}") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("EnumKey", "DeleteKey"),
        ("EnumKey", "EnumerateKey"),
        ("GetStringValue", "SetStringValue"),
        ("GetDependencies -Arg", "SetDependencies -Arg"),
        ("-MethodName $Method", "-MethodName DeleteValue"),
        ("-OperationTimeoutSec 10", ""),
        ("-OperationTimeoutSec 15", ""),
        (
            "Get-RegistryKeyNames 'SOFTWARE\\Microsoft\\ENTSSO\\SSOSS'",
            "Get-RegistryStrings 'SOFTWARE\\Microsoft\\ENTSSO\\SSOSS' x",
        ),
        ("3>$null", "3>out"),
        ("& $Readers[[string]$topic]", "& $topic"),
        ("$env:COMPUTERNAME", "$env:USERNAME"),
        (REMOVE, "Remove-Item -LiteralPath $export, $log -Recurse"),
        (REMOVE, "Remove-Item -LiteralPath $export, $x"),
        (REMOVE, f"{REMOVE}; {REMOVE}"),
        (SET_LOG, f"{SET_LOG}; {SET_LOG}"),
        ("Get-Content -LiteralPath $export", "Get-Content -LiteralPath $x"),
        ("$export = [IO.Path]::GetTempFileName()", "$export = $x"),
        (SET_LOG, "$log = [IO.Path]::GetTempPath()"),
        ("secedit.exe /export", "secedit.exe /configure"),
        ("secedit.exe /export", "notepad.exe /export"),
        ("/areas USER_RIGHTS", "/areas SECURITYPOLICY"),
        ("/log $log", "/log $x"),
        ("$log /quiet", "$log /quiet /overwrite"),
        ("function Get-ExportedRights", "function Get-Rights"),
        ("function Initialize-Lsa", "function Initialize-Type"),
        ("function Get-RightHolders", "function Get-Holders"),
        ("function Get-TokenSids", "function Get-Sids"),
        ("New-Object Security.Principal.WindowsIdentity", "New-Object Security.Principal.WindowsIdentities"),
        ("Add-Type -TypeDefinition @'", "Add-Type -OutputAssembly x -TypeDefinition @'"),
        ("using System.Text;\n", "using System.IO;\n"),
        ("using System.Text;\n", "using System.Text;\nusing Marshal = System.IO.File;\n"),
        ("0x801, out", "0xF0FFF, out"),
        ("0x801, out", "0x801 | 2, out"),
        ("0x801, out", "0x802, out"),
        ("0x801, out", "0x801 + 0x801, out"),
        ("0x801, out", "count, out"),
        ("static extern uint LsaClose", "static extern uint LsaDelete"),
        ("static extern uint LsaClose(IntPtr policy);", "static extern uint LsaClose(IntPtr buffer);"),
        ('[DllImport("advapi32.dll")]', '[DllImport("ntdll.dll")]'),
        ('[DllImport("advapi32.dll")]', '[DllImport("advapi32.dll", EntryPoint = "LsaDelete")]'),
        (
            "    static void Check",
            '    [DllImport("advapi32.dll")]\n    static extern uint LsaDelete(IntPtr policy);\n    static void Check',
        ),
        (
            "    static void Check",
            '    [DllImport("advapi32.dll")]\n    static extern uint LsaClose(IntPtr policy);\n    static void Check',
        ),
        ("    static void Check", "    static extern uint Check(uint i);\n    static void Check"),
        ("LsaClose(policy); }", "LsaClose(policy); System.IO.File.Delete(right); }"),
        ("LsaClose(policy); }", "LsaClose(policy); Marshal.WriteInt32(policy, 0); }"),
        ("LsaClose(policy); }", "LsaClose(policy); LsaOpenPolicy(policy, ref attributes, 2, out policy); }"),
        ("LsaClose(policy); }", "LsaClose(policy); \\u004csaClose(policy); }"),
        ("LsaClose(policy); }", "LsaClose(policy); @policy = policy; }"),
        ("LsaClose(policy); }", 'LsaClose(policy); name = "x"; }'),
        ("using System;", "#define X\nusing System;"),
        ("using System;", "using System; /* x */"),
        ("}", ""),
    ],
)
def test_the_proof_notices_what_is_changed_in_the_script(old: str, new: str) -> None:
    assert old in SCRIPT
    assert violations(SCRIPT.replace(old, new, 1)) != []


@pytest.mark.parametrize("function", sorted({function for function, _ in readonly.CONFINED.values()}))
def test_what_does_more_than_read_has_its_one_place(function: str) -> None:
    assert violations(SCRIPT.replace(function, "Get-Elsewhere")) != []


def test_the_proof_takes_ascii_alone() -> None:
    assert violations(SCRIPT + "\n# \u2013") == ["the script is not ASCII"]


@pytest.mark.parametrize("name", ["TYPES", "MEMBERS", "KEYS", "MESSAGES", "PATTERNS", "SET_MEMBERS"])
def test_the_allow_list_names_nothing_that_is_not_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: frozenset[str] = getattr(readonly, name)
    for entry in allowed:
        if entry.endswith("SSOSS"):
            continue
        monkeypatch.setattr(readonly, name, allowed - {entry})
        assert violations(SCRIPT) != [], entry


@pytest.mark.parametrize("name", ["LANGUAGE", "LIBRARY", "OWN", "NUMBERS"])
def test_the_words_of_the_compiled_type_are_all_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: frozenset[str] = getattr(compiled, name)
    for word in allowed:
        monkeypatch.setattr(compiled, name, allowed - {word})
        assert compiled.violations(CSHARP) != [], word


@pytest.mark.parametrize("function", compiled.IMPORTS)
def test_the_functions_of_windows_are_all_called(function: str) -> None:
    assert len(re.findall(rf"\b{function}\(", CSHARP)) > 1


def test_a_comment_in_the_compiled_type_says_what_it_likes() -> None:
    assert compiled.violations(f"// File.Delete\n{CSHARP}") == []


@pytest.mark.parametrize("function", readonly.ONE_LINERS.values())
def test_what_never_ran_off_windows_stands_on_one_line(function: str) -> None:
    assert re.findall(rf"(?m)^function {function}\(\[string\]\$\w+\) \{{ .+ \}}$", SCRIPT) != []


@pytest.mark.parametrize("name", [*readonly.COMMANDS, *readonly.CONFINED, *readonly.BARE_WORDS])
def test_every_allowed_word_stands_in_the_script(name: str) -> None:
    assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", SCRIPT)


def test_the_master_secrets_are_named_once_to_list_their_names() -> None:
    assert re.findall(r".*SSOSS.*", SCRIPT) == [r"    $found = Get-RegistryKeyNames 'SOFTWARE\Microsoft\ENTSSO\SSOSS'"]
    body = SCRIPT[SCRIPT.index("function Get-RegistryKeyNames") :].split("\nfunction ")[0]
    assert re.findall(r"Invoke-Registry (\w+)", body) == ["EnumKey"]


# That the page says the same


@pytest.mark.parametrize(
    ("heading", "allowed"),
    [
        (".NET types", readonly.TYPES | readonly.NEW_OBJECTS),
        (".NET members and methods", readonly.MEMBERS),
        ("CIM classes", readonly.CIM_CLASSES),
        ("CIM methods", readonly.CIM_METHODS),
    ],
)
def test_the_page_lists_what_is_allowed(heading: str, allowed: frozenset[str]) -> None:
    assert sorted(row[0] for row in page_table(heading)) == sorted(allowed)


def test_the_page_lists_the_commands_and_their_parameters() -> None:
    listed = {row[0]: frozenset(re.findall(r"-\w+", row[1])) for row in page_table("PowerShell commands")}
    assert listed == dict(readonly.COMMANDS)


def test_the_page_lists_what_does_more_than_read() -> None:
    listed = {row[0]: (row[2], row[1]) for row in page_table("Commands that do more than read")}
    assert listed == dict(readonly.CONFINED)


def test_the_page_lists_the_functions_of_windows() -> None:
    assert [row[0] for row in page_table("Functions of Windows")] == list(compiled.IMPORTS)


def test_the_page_lists_what_never_ran_off_windows() -> None:
    assert sorted(row[0] for row in page_table("Never run off Windows")) == sorted(readonly.ONE_LINERS.values())


def test_the_page_lists_the_options_that_leave_something_out() -> None:
    told = {row[0] for row in page_table("What can be left out")}
    assert told == {"--no-compile", "--no-s4u", "--allow-temp-files"}
    assert told <= {name for parameter in cli.commands["collect"].params for name in parameter.opts}


def test_the_page_shows_the_grants() -> None:
    shown = READ_ONLY_PAGE.read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
    assert shown == grant_script("CONTOSO\\SSO Auditors") + login_script("CONTOSO\\SSO Auditors")


def test_the_page_lists_every_topic() -> None:
    section = READ_ONLY_PAGE.read_text(encoding="utf-8").split("\n## What is read\n")[1].split("\n## ")[0]
    assert re.findall(r"(?m)^\| `(\w+)`", section) == [topic.topic for topic in TOPICS]


def test_the_page_shows_the_command_line() -> None:
    shown = READ_ONLY_PAGE.read_text(encoding="utf-8")
    assert f"\n{BOOTSTRAP}\n" in shown
    assert " ".join(ARGUMENTS[:-1]) in shown


def test_the_modules_own_files_are_the_script() -> None:
    parts = sorted((Path(node_script.__file__).parent).glob("*.ps1"))
    assert [part.name for part in parts] == ["loop.ps1", "prologue.ps1"]
    for part in parts:
        assert part.read_text(encoding="ascii").strip() in SCRIPT
