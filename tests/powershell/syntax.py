"""What PowerShell's own parser, its analyser and its C# compiler say of the texts that are sent to it."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

from ssoaudit.collect.collection import Options
from ssoaudit.collect.parameters import of_inventory
from ssoaudit.collect.script import ARGUMENTS, script
from ssoaudit.collect.standalone import standalone
from tests.powershell.assembled import STAND_INS, stdin_of, with_stand_ins
from tests.powershell.bench import Bench, Outcome

SETTINGS = Path(__file__).parents[2] / "PSScriptAnalyzerSettings.psd1"
VARIABLE = "SSOAUDIT_PSSCRIPTANALYZER"
DONE = "done"

_GIVEN = """param([string]$Encoded)
$parameters = ConvertFrom-Json ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Encoded)))
$text = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($parameters.text))
"""
PARSE = f"""{_GIVEN}
$tokens = $null
$errors = $null
$null = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
foreach ($each in $errors) {{ "line $($each.Extent.StartLineNumber): $($each.Message)" }}
'{DONE}'
"""
ANALYSE = f"""{_GIVEN}
Import-Module $parameters.module
foreach ($each in @(Invoke-ScriptAnalyzer -ScriptDefinition $text -Settings $parameters.settings)) {{
    "line $($each.Line): $($each.RuleName): $($each.Message)"
}}
'{DONE}'
"""
COMPILE = f"""{_GIVEN}
Add-Type -TypeDefinition $text
[SsoAuditLsa].GetMethods() | Where-Object {{ $_.IsStatic }} | ForEach-Object {{ $_.Name }}
'{DONE}'
"""


def outcomes(bench: Bench) -> Iterator[Outcome]:
    """The parser on every text, the compiler on the C#, and the analyser where there is one."""
    alone = standalone(of_inventory(None, Options())).decode("ascii")
    ours = {"the node script": script(), "the stand-alone script": alone}
    texts = {**ours, "the stand-ins": STAND_INS.read_text(encoding="ascii")}
    for name, text in {**texts, "the script with stand-ins": with_stand_ins()}.items():
        yield Outcome(f"parser: {name}", _problem(bench, PARSE, text, []))
    yield Outcome("compiler: the C# of the logon rights", _problem(bench, COMPILE, csharp(), ["Holders", "Kind"]))
    module = os.environ.get(VARIABLE)
    if module:
        settings = {"module": module, "settings": str(SETTINGS)}
        for name, text in ours.items():
            yield Outcome(f"analyser: {name}", _problem(bench, ANALYSE, text, [], **settings))


def csharp() -> str:
    """The C# in the node script."""
    return script().split("@'\n")[1].split("\n'@")[0]


def _problem(bench: Bench, asks: str, text: str, expected: list[str], **more: str) -> str:
    encoded = base64.b64encode(text.encode()).decode("ascii")
    ran = bench.run(stdin_of(asks.rstrip("\n"), {"text": encoded, **more}), ARGUMENTS)
    lines = ran.stdout.decode("utf-8", "replace").splitlines()
    if lines != [*expected, DONE] or ran.exit_code != 0:
        return f"expected {[*expected, DONE]}\ngot {ran}"
    return ""
