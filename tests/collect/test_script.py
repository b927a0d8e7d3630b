import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoaudit.cli import cli
from ssoaudit.collect import script as node_script
from ssoaudit.collect.frames import MAXIMUM_FRAME, read_transcript
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
from ssoaudit.evidence import ReadStatus
from ssoaudit.facts import PILOT_TOPICS, TOPICS
from ssoaudit.lab.estate import healthy
from ssoaudit.reports import html
from ssoaudit.reports import json as json_report
from tests.checks.bundles import bundle, judge
from tests.collect import allowed, compiled, readonly
from tests.collect.readonly import violations

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


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_script_is_the_same_in_every_process(seed: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from ssoaudit.collect.script import sha256; print(sha256())"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == sha256()


def test_the_script_is_small_enough_for_every_server() -> None:
    assert len(SCRIPT) <= 150_000


def test_every_report_shows_the_scripts_hash() -> None:
    evidence = bundle(healthy())
    result = judge(evidence.model_copy(update={"run": evidence.run.model_copy(update={"script_sha256": sha256()})}))
    assert sha256() in json_report.render(result).decode("utf-8")
    assert sha256() in html.render(result).decode("utf-8")


def test_the_script_cuts_an_answer_where_the_collector_would() -> None:
    (most,) = re.findall(r"\$bytes\.Length -gt (\d+)", SCRIPT)
    assert -(-int(most) // 3) * 4 == MAXIMUM_FRAME


def test_the_collector_knows_every_status_of_the_script() -> None:
    own = SCRIPT[: SCRIPT.index("function Get-LogSettings")] + SCRIPT[SCRIPT.index("$Readers = ") :]
    said = set(re.findall(r"'([a-z_]+)'", own)) & {status.value for status in ReadStatus}
    assert said == {"ok", "partial", "denied", "absent", "error", "too_large"}
    digest = hashlib.sha256(b"{}").hexdigest()
    for status in said:
        assert "x" in read_transcript(f"SSOAUDIT/1 x {status} 1 {digest} e30=".encode()).frames


def test_the_script_has_every_reader_once_in_the_order_of_the_topics() -> None:
    topics = [topic.topic for topic in (*TOPICS, *PILOT_TOPICS)]
    assert re.findall(r"(?m)^function (Read-\w+) \{", SCRIPT) == [reader_name(topic) for topic in topics]
    table = re.findall(r"(?m)^    (\w+) = \$\{function:(Read-\w+)\}$", SCRIPT)
    assert table == [(topic, reader_name(topic)) for topic in topics]


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
    "Get-WinEvent -LogName Security",
    "Get-WinEvent -LogName System -MaxEvents 1",
    "Get-Events 'Security' 'EventID=4624'",
    "Get-OldestTime 'Security' $watch",
    "Get-LogReader $Log 'x' $true",
    "Get-LogSettings 'Security'",
    "New-Object Diagnostics.Eventing.Reader.EventLogQuery $Log, 'LogName', $Query",
    "New-Object Diagnostics.Eventing.Reader.EventLogReader $asked",
    "New-Object Diagnostics.Eventing.Reader.EventLogReader 'Security'",
    "New-Object Diagnostics.Eventing.Reader.EventLogConfiguration 'Security'",
    "$record.FormatDescription()",
    "$record.ToXml()",
    "$settings.SaveChanges()",
    "$settings.IsEnabled = $false",
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
    "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Process -Property 'CommandLine' -OperationTimeoutSec 1",
    "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Product -OperationTimeoutSec 1",
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
    r"Get-KeySecurity 'SOFTWARE\Microsoft\ENTSSO\SSOSS'",
    r"Get-KeySecurity 'SOFTWARE\Microsoft\ENTSSO\SSOSS\x'",
    "[Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')",
    "$opened.DeleteSubKey('x')",
    "$opened.GetAccessControl('All')",
    "$File.Delete()",
    "$File.OpenRead()",
    "New-Object IO.DirectoryInfo 'x'",
    "New-Object Security.AccessControl.FileSecurity 'x'",
    "[Diagnostics.FileVersionInfo]::GetVersionInfo('x')",
    "[IO.File]::ReadAllLines('x')",
    "[IO.File]::ReadAllLines([Environment]::SystemDirectory + '\\drivers\\etc\\hosts')",
    "[IO.File]::WriteAllText('x', 'y')",
    "New-Object IO.FileInfo 'x'",
    "New-Object Net.Sockets.TcpClient",
    "$client.BeginConnect($Name, 445, $null, $null)",
    "$client.GetStream()",
    "[Net.Dns]::BeginGetHostAddresses('x', $null, $null)",
    "Select-Object -ExpandProperty x",
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
    "$Resource.ResourceData",
    "$row.CommandLine",
    "Get-PrivateProperty $row 'ResourceData'",
    "Get-PrivateProperty $row 'CreatingDC'",
    "Get-PrivateProperty $row $x",
    "Get-PrivateProperty -Name 'Name' -Resource $row",
    "Get-RegistryText $key 'DefaultPassword'",
    "Get-RegistryBytes $key 'Server' 'x'",
    "Get-RegistryNumber $key $x",
    "Get-RegistryStrings $key",
    "Get-RegistryText $Key $Name",
    "Get-PartText $key 'DefaultPassword' $lacking 'x'",
    "Get-PartNumber $key $x $lacking 'x'",
    "Get-PartText $key 'Server'",
    "Get-AliasTarget $key 'DefaultPassword'",
    "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_Service -Filter 'x' -OperationTimeoutSec 1",
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
    "statement", ["$x = 1", "# Remove-Item x", "$y = @(Get-Cids $x)", "'Remove-Item x'", "$x.Name", "$x.name_of_ours"]
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
        ("'ReadPermissions'", "'FullControl'"),
        ("'ReadSubTree', ", "'ReadWriteSubTree', "),
        ("'Access, Owner').Get", "'All').Get"),
        ("function Get-KeySecurity", "function Get-Security"),
        ("function Get-FolderFiles", "function Get-Files"),
        (" -Property 'ProcessId', 'CreationDate'", ""),
        ("'ProcessId', 'CreationDate'", "'ProcessId', 'CommandLine'"),
        ("Get-KeySecurity 'SOFTWARE", "Get-RegistryText 'SOFTWARE"),
        ("$Name, 135, ", "$Name, 445, "),
        ("$Log, 'LogName', $Query", "$Log, 'FilePath', $Query"),
        ("$Log, 'LogName', $Query", "'Security', 'LogName', $Query"),
        ("Get-LogReader $Log '*'", "Get-LogReader 'Security' '*'"),
        ("EventLogConfiguration $Log", "EventLogConfiguration 'Security'"),
        ("function Get-PartText", "function Get-Text"),
        ("function Get-AliasTarget", "function Get-Target"),
        ("function Get-LogReader", "function Get-Reader"),
        ("BeginConnect($Name, ", "BeginConnect($env:COMPUTERNAME, "),
        ("ReadAllLines([Environment]::SystemDirectory + ", "ReadAllLines($x + "),
        ("function Get-HostsLines", "function Get-Lines"),
        ("function Invoke-EndpointMapper", "function Invoke-Connection"),
        ("MSDTC\\Security'", "Security'"),
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


@pytest.mark.parametrize(
    "function", sorted({each.function for each in (*allowed.CONFINED.values(), *allowed.ONE_LINERS.values())})
)
def test_what_does_more_than_read_has_its_one_place(function: str) -> None:
    assert violations(SCRIPT.replace(function, "Get-Elsewhere")) != []


def test_the_proof_takes_ascii_alone() -> None:
    assert violations(SCRIPT + "\n# \u2013") == ["the script is not ASCII"]


ENTRIES = [
    (table, entry)
    for table in (
        "CIM_CLASSES",
        "CIM_METHODS",
        "COMMANDS",
        "CONFINED",
        "FILTERS",
        "KEYS",
        "LOGS",
        "MEMBERS",
        "MESSAGES",
        "NEW_OBJECTS",
        "PATTERNS",
        "PRIVATE_PROPERTIES",
        "PROJECTED",
        "SET_MEMBERS",
        "TYPES",
        "VALUES",
    )
    for entry in getattr(allowed, table)
]


@pytest.mark.parametrize(("table", "entry"), ENTRIES)
def test_the_script_needs_every_entry_of_the_allow_list(
    table: str, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {known: reason for known, reason in getattr(allowed, table).items() if known != entry}
    monkeypatch.setattr(allowed, table, rest)
    assert violations(SCRIPT) != []


@pytest.mark.parametrize(
    ("command", "parameter"),
    [(name, parameter) for name, command in allowed.COMMANDS.items() for parameter in command.parameters],
)
def test_the_script_needs_every_parameter_that_is_allowed(
    command: str, parameter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = allowed.COMMANDS[command]
    rest = known._replace(parameters=tuple(each for each in known.parameters if each != parameter))
    monkeypatch.setattr(allowed, "COMMANDS", {**allowed.COMMANDS, command: rest})
    assert violations(SCRIPT) != []


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in allowed.PROPERTIES.items() for name in names]
)
def test_the_script_needs_every_property_that_is_allowed(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = tuple(each for each in allowed.PROPERTIES[kind] if each != name)
    monkeypatch.setattr(allowed, "PROPERTIES", {**allowed.PROPERTIES, kind: rest})
    assert violations(SCRIPT) != []


def test_every_entry_of_the_allow_list_has_its_reason_and_no_wildcard() -> None:
    tables = [getattr(allowed, table) for table in {table for table, _ in ENTRIES}]
    for entry, reason in ((entry, reason) for table in tables for entry, reason in table.items()):
        assert all(reason if isinstance(reason, str) else reason[1:]), entry
        assert "*" not in entry


@pytest.mark.parametrize("call", allowed.EXACT.values())
def test_a_call_that_reaches_far_has_these_arguments_alone(call: str) -> None:
    assert SCRIPT.count(call) == 1
    begin, _, end = call.rpartition("(")
    assert violations(SCRIPT.replace(call, f"{begin}($x, {end}")) != []


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


@pytest.mark.parametrize("function", [each.function for each in allowed.ONE_LINERS.values()])
def test_what_never_ran_off_windows_stands_on_one_line(function: str) -> None:
    assert (
        re.findall(rf"(?m)^function {function}(?:\((?:(?:, )?\[(?:string|bool)\]\$\w+)+\))? \{{ .+ \}}$", SCRIPT) != []
    )


def test_the_master_secrets_are_named_to_list_their_names_and_to_ask_who_may_read_them() -> None:
    assert re.findall(r".*SSOSS.*", SCRIPT) == [
        r"    $found = Get-RegistryKeyNames 'SOFTWARE\Microsoft\ENTSSO\SSOSS'",
        r"    $descriptor = Get-KeySecurity 'SOFTWARE\Microsoft\ENTSSO\SSOSS'",
    ]
    body = SCRIPT[SCRIPT.index("function Get-RegistryKeyNames") :].split("\nfunction ")[0]
    assert re.findall(r"Invoke-Registry (\w+)", body) == ["EnumKey"]


# That the page says the same


def test_the_page_names_every_entry_of_the_allow_list_with_its_reason() -> None:
    rows = [line.split(" | ") for line in READ_ONLY_PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    shown = {row[0].removeprefix("| ") for row in rows if row[-1].removesuffix(" |")}
    tables = {table for table, _ in ENTRIES} - {"PROJECTED"}
    assert [entry for table in tables for entry in getattr(allowed, table) if f"`{entry}`" not in shown] == []
    properties = {name for row in rows for name in re.findall(r"`(\w+)`", row[-1])}
    assert [name for names in allowed.PROPERTIES.values() for name in names if name not in properties] == []


def test_the_page_lists_the_functions_of_windows() -> None:
    assert [row[0] for row in page_table("Functions of Windows")] == list(compiled.IMPORTS)


def test_the_page_lists_the_options_that_leave_something_out() -> None:
    told = {row[0] for row in page_table("What can be left out")}
    assert told == {"--no-compile", "--no-s4u", "--allow-temp-files", "--active-network"}
    assert told <= {name for parameter in cli.commands["collect"].params for name in parameter.opts}


def test_the_page_shows_the_grants() -> None:
    shown = READ_ONLY_PAGE.read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
    assert shown == grant_script("CONTOSO\\SSO Auditors") + login_script("CONTOSO\\SSO Auditors")


def test_the_page_lists_every_topic() -> None:
    section = READ_ONLY_PAGE.read_text(encoding="utf-8").split("\n## What is read\n")[1].split("\n## ")[0]
    listed = re.findall(r"(?m)^\| `(\w+)` \| .+ \| (.+) \| (.+) \|$", section)
    assert listed == [(topic.topic, topic.source, topic.privilege) for topic in (*TOPICS, *PILOT_TOPICS)]


def test_the_page_shows_the_command_line() -> None:
    shown = READ_ONLY_PAGE.read_text(encoding="utf-8")
    assert f"\n{BOOTSTRAP}\n" in shown
    assert " ".join(ARGUMENTS[:-1]) in shown


def test_the_modules_own_files_are_the_script() -> None:
    *parts, wrapper = sorted((Path(node_script.__file__).parent).glob("*.ps1"))
    assert [part.name for part in (*parts, wrapper)] == ["loop.ps1", "prologue.ps1", "standalone.ps1"]
    for part in parts:
        assert part.read_text(encoding="ascii").strip() in SCRIPT
