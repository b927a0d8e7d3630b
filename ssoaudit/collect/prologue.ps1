param([string]$EncodedParameters)

# ssoaudit: reads facts, changes nothing. What may be called here is listed in docs/read-only.md.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$Utf8 = New-Object Text.UTF8Encoding $false
$Parameters = ConvertFrom-Json ($Utf8.GetString([Convert]::FromBase64String($EncodedParameters)))
$LocalMachine = [uint32]2147483650

function Get-Sha256([byte[]]$Bytes) {
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($Bytes)
    [BitConverter]::ToString($hash).Replace('-', '').ToLower()
}

function Write-Frame([string]$Topic, [string]$Status, [int64]$Milliseconds, $Data) {
    $bytes = $Utf8.GetBytes((ConvertTo-Json -InputObject $Data -Depth 8 -Compress))
    $line = 'SSOAUDIT/1 {0} {1} {2} {3} {4}' -f $Topic, $Status, $Milliseconds, (Get-Sha256 $bytes), [Convert]::ToBase64String($bytes)
    [Console]::Out.WriteLine($line)
    [Console]::Out.Flush()
}

function Get-TextOrNull($Value) {
    if ($null -eq $Value -or [string]$Value -eq '') { return $null }
    [string]$Value
}

# A bare cast makes '' or 0 of what was not told, and 0 is a state (online, up): nothing stays nothing here.
function Get-Text($Value) {
    if ($null -eq $Value) { return $null }
    [string]$Value
}

function Get-Number($Value) {
    if ($null -eq $Value) { return $null }
    [int64]$Value
}

function Stop-Absent([string]$What) {
    throw @{ absent = $What }
}

function ConvertTo-Failure($Record) {
    $thrown = $Record.TargetObject
    if ($thrown -is [Collections.IDictionary] -and $thrown.Contains('absent')) {
        return [ordered]@{ status = 'absent'; type = ''; code = ''; message = [string]$thrown.absent; where = '' }
    }
    $exception = $Record.Exception
    while ($null -ne $exception.InnerException) { $exception = $exception.InnerException }
    # A CIM failure's HResult is always the same number; the code of WMI stands in MessageId.
    $code = '0x{0:X8}' -f $exception.HResult
    if ([string]$exception.MessageId -match '0x[0-9A-Fa-f]{8}') { $code = '0x' + $Matches[0].Substring(2).ToUpper() }
    # So is that of a Win32 error. CIM has a NativeErrorCode too, which counts otherwise: the type decides.
    if ($exception -is [ComponentModel.Win32Exception]) { $code = '0x8007{0:X4}' -f $exception.NativeErrorCode }
    $denied = $code -eq '0x80070005' -or $code -eq '0x80041003'
    [ordered]@{
        status = if ($denied) { 'denied' } else { 'error' }
        type = [string]$exception.GetType().FullName
        code = $code
        message = [string]$exception.Message
        where = [string]$Record.InvocationInfo.ScriptLineNumber
    }
}

# Registry reads go through StdRegProv below HKEY_LOCAL_MACHINE: 0 is an answer, 1 and 2 mean that there is nothing, 5 is denied.
function Invoke-Registry([string]$Method, [string]$Key, [hashtable]$More) {
    $arguments = @{ hDefKey = $LocalMachine; sSubKeyName = $Key } + $More
    $answer = Invoke-CimMethod -Namespace root/cimv2 -ClassName StdRegProv -MethodName $Method -Arguments $arguments -OperationTimeoutSec 10
    $code = $answer.ReturnValue
    if ($code -eq 5) { throw (New-Object UnauthorizedAccessException "HKLM\$Key cannot be read") }
    if ($code -eq 1 -or $code -eq 2) { return $null }
    if ($code -ne 0) { throw "StdRegProv.$Method of HKLM\$Key gave $code" }
    $answer
}

function Get-RegistryKeyNames([string]$Key) {
    $answer = Invoke-Registry EnumKey $Key @{}
    if ($null -eq $answer) { return $null }
    @{ Names = @($answer.sNames | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ }) }
}

function Get-RegistryValueNames([string]$Key) {
    $answer = Invoke-Registry EnumValues $Key @{}
    if ($null -ne $answer) { $answer.sNames | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ } }
}

function Get-RegistryText([string]$Key, [string]$Name) {
    $answer = Invoke-Registry GetStringValue $Key @{ sValueName = $Name }
    if ($null -eq $answer) { return $null }
    Get-TextOrNull $answer.sValue
}

function Get-RegistryStrings([string]$Key, [string]$Name) {
    $answer = Invoke-Registry GetMultiStringValue $Key @{ sValueName = $Name }
    if ($null -ne $answer) { $answer.sValue | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_ } }
}
