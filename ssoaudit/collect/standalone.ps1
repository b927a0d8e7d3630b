# Reads what an audit of the master secret server needs to know of this computer, and writes it to one file in the
# current directory, named after the computer. Run it as a local administrator, from a directory that may be written to:
#
#     powershell.exe -NoProfile -File Collect-SsoFacts.ps1 [-Force]
#
# -Force replaces a file that is there already. What is read, and with which commands: docs/read-only.md.
param([switch]$Force)

$mode = [string]$ExecutionContext.SessionState.LanguageMode
if ($mode -ne 'FullLanguage') {
    "PowerShell runs in $mode here. Sign this script with a certificate that the application control policy trusts, and run it again."
    exit 1
}
if (-not [Environment]::Is64BitProcess) {
    'This PowerShell is a 32-bit one, which is shown another registry. Run this script in the 64-bit PowerShell.'
    exit 1
}
$ErrorActionPreference = 'Stop'
$file = [IO.Path]::Combine((Get-Location -PSProvider FileSystem).ProviderPath, "$env:COMPUTERNAME.ssofacts")
if ([IO.File]::Exists($file) -and -not $Force) {
    "$file is there already. Move it away, or run this script with -Force."
    exit 1
}

# What is asked for: @ASKED@
$Parameters = '@PARAMETERS@'
$ScriptHash = '@SHA256@'
$NodeScript = {
# ssoaudit node script: begin
@SCRIPT@
# ssoaudit node script: end
}

$console = [Console]::Out
$utf8 = New-Object Text.UTF8Encoding $false
$temporary = "$file.$PID.tmp"
try {
    # What cannot be written need not be read.
    [IO.File]::WriteAllText($temporary, '')
    "Reading $env:COMPUTERNAME. This may take some minutes."
    $text = New-Object IO.StringWriter
    $text.WriteLine('SSOFACTS/1')
    $text.WriteLine("script $ScriptHash")
    $text.WriteLine("computer $env:COMPUTERNAME")
    $text.WriteLine('started ' + [DateTime]::UtcNow.ToString('o'))
    $text.WriteLine("parameters $Parameters")
    [Console]::SetOut($text)
    try { $null = & $NodeScript $Parameters } finally { [Console]::SetOut($console) }
    $text.WriteLine('finished ' + [DateTime]::UtcNow.ToString('o'))
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($utf8.GetBytes($text.ToString()))
    $text.WriteLine('sha256 ' + [BitConverter]::ToString($hash).Replace('-', '').ToLower())
    [IO.File]::WriteAllBytes($temporary, $utf8.GetBytes($text.ToString()))
    $isWhole = $true
    if ($Force -and [IO.File]::Exists($file)) {
        [IO.File]::Replace($temporary, $file, [NullString]::Value)
    } else {
        [IO.File]::Move($temporary, $file)
    }
    "Written: $file"
} finally {
    if (-not $isWhole) { [IO.File]::Delete($temporary) }
}
